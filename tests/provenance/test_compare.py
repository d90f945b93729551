import json

import numpy as np
import pytest

from made_claims import claim
from scalinglaws.claims.ledger import judge_paper
from scalinglaws.errors import InputError
from scalinglaws.provenance.compare import compare, comparison_record, comparison_text
from scalinglaws.shell.cli import verb_status
from scalinglaws.statistics.quantity import NUMERICAL, quantity

SEEDS, ERROR = 12, 0.1


def measured(estimate, error=ERROR):
    reach = 2.201 * error  # Student's quantile of 11 degrees of freedom
    ends = (estimate - reach, estimate + reach)
    return quantity(estimate, ends, n_seeds=SEEDS, interval_kind="bootstrap over seeds")


def run(folder, seed=1, **quantities):
    """A folder of results with these quantities, each judged by a claim of its name."""
    rows = judge_paper([claim(name, margin=0.5) for name in quantities], {"laws": quantities}, [])
    (folder / "ledger").mkdir(parents=True)
    header = {"format": 1, "station": "ledger", "name": "damico2025", "code": {"gone": "0"}}
    ledger = {"header": header, "claims": rows}
    (folder / "ledger" / "damico2025.json").write_text(json.dumps(ledger))
    manifest = {"scale": "quick", "seed": seed, "files": {}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def test_two_equal_runs_agree_whatever_code_made_them(tmp_path):
    folders = [run(tmp_path / name, slope=measured(1.0)) for name in "ab"]
    found = compare(*folders)
    assert found.agree
    assert found.inputs == {}
    assert found.shifts[0].errors == 0.0


def test_a_shift_is_in_joint_standard_errors(tmp_path):
    folders = run(tmp_path / "a", s=measured(1.0)), run(tmp_path / "b", s=measured(1.2, 0.2))
    (shift,) = compare(*folders).shifts
    assert shift.errors == pytest.approx(0.2 / np.hypot(0.1, 0.2), rel=1e-3)


def test_runs_of_one_truth_agree_and_one_shift_in_twenty_is_beyond_two(tmp_path):
    rng = np.random.default_rng(0)
    names = [f"s{n}" for n in range(400)]
    folders = [
        run(tmp_path / which, **{name: measured(rng.normal(1.0, ERROR)) for name in names})
        for which in "ab"
    ]
    found = compare(*folders)
    sizes = np.abs([one.errors for one in found.shifts])
    assert found.agree
    assert 0.02 < np.mean(sizes > 2) < 0.08


def test_a_verdict_turned_into_its_opposite_is_a_disagreement(tmp_path):
    folders = run(tmp_path / "a", s=measured(1.0, 0.01)), run(tmp_path / "b", s=measured(3.0))
    found = compare(*folders)
    assert found.opposite == ["damico2025_s"]
    assert not found.agree
    assert "damico2025_s: reproduced -> differs" in comparison_text(found, ["a", "b"])


def test_a_shift_beyond_chance_is_one_though_no_verdict_turns(tmp_path):
    folders = run(tmp_path / "a", s=measured(1.0, 0.01)), run(tmp_path / "b", s=measured(1.1, 0.01))
    found = compare(*folders)
    assert found.opposite == []
    assert [one.claim for one in found.beyond_chance] == ["damico2025_s"]


def test_deterministic_numbers_may_move_within_their_bounds_only(tmp_path):
    def exact(value):
        return quantity(value, (value - 1e-3, value + 1e-3), interval_kind=NUMERICAL)

    near = run(tmp_path / "a", s=exact(1.0)), run(tmp_path / "b", s=exact(1.0015))
    assert compare(*near).agree
    far = run(tmp_path / "c", s=exact(1.0)), run(tmp_path / "d", s=exact(1.0025))
    assert [one.beyond for one in compare(*far).beyond_chance] == [True]


def test_claims_of_one_run_only_are_named_and_no_disagreement(tmp_path):
    folders = (
        run(tmp_path / "a", s=measured(1.0), t=measured(1.0)),
        run(tmp_path / "b", s=measured(1.0)),
    )
    found = compare(*folders)
    assert found.alone == (["damico2025_t"], [])
    assert found.agree


def test_the_shell_says_what_differs_and_gives_scripts_a_status(tmp_path, capsys):
    first = run(tmp_path / "a", s=measured(1.0, 0.01))
    second = run(tmp_path / "b", seed=2, s=measured(3.0))
    assert verb_status(["compare", str(first), str(first)]) == 0
    capsys.readouterr()
    assert verb_status(["compare", str(first), str(second)]) == 1
    said = capsys.readouterr().out
    assert "seed: 1 against 2" in said
    assert "of 1 decided in the first 0 came again, 1 turned into the opposite" in said
    assert verb_status(["compare", str(first), str(second), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["opposite"] == ["damico2025_s"]


def test_json_has_no_infinity(tmp_path):
    one = quantity(1.0, (1.0, 1.0), n_seeds=3, interval_kind="bootstrap over seeds")
    two = quantity(1.5, (1.5, 1.5), n_seeds=3, interval_kind="bootstrap over seeds")
    found = compare(run(tmp_path / "a", s=one), run(tmp_path / "b", s=two))
    assert not found.agree
    json.dumps(comparison_record(found), allow_nan=False)


def test_a_folder_without_a_ledger_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(InputError, match=r"holds no ledger/\*\.json; expected a folder"):
        compare(tmp_path, tmp_path)
