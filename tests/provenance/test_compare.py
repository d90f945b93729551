import json

import numpy as np
import pytest

from compared_runs import ERROR, measured, run
from scalinglaws.errors import InputError
from scalinglaws.provenance.compare import compare, comparison_record, comparison_text
from scalinglaws.shell.cli import verb_status
from scalinglaws.statistics.quantity import NUMERICAL, quantity
from scalinglaws.storage import write_table


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
    assert said.endswith("verdicts flipped: 1\n")
    assert verb_status(["compare", str(first), str(second), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["opposite"] == ["damico2025_s"]
    assert told["claims"]["damico2025_s"]["flipped"]
    assert told["claims"]["damico2025_s"]["errors"] == pytest.approx(20, rel=0.01)


def test_numbers_moved_beyond_chance_are_a_status_only_when_asked_for(tmp_path, capsys):
    first = run(tmp_path / "a", s=measured(1.0, 0.01))
    second = run(tmp_path / "b", s=measured(1.1, 0.01))
    both = [str(first), str(second)]
    assert verb_status(["compare", *both]) == 0
    said = capsys.readouterr().out
    assert "numbers: 1 moved further than chance allows\nthe same verdicts" in said
    assert verb_status(["compare", *both, "--numbers"]) == 1


def test_a_verdict_that_one_run_leaves_open_has_not_flipped(tmp_path, capsys):
    first, second = run(tmp_path / "a", s=measured(1.0)), run(tmp_path / "b", s=measured(1.0, 2.0))
    assert verb_status(["compare", str(first), str(second)]) == 0
    assert "damico2025_s: reproduced -> undecided, +0.0 errors\n" in capsys.readouterr().out


def test_versions_precision_and_code_that_differ_are_named(tmp_path):
    first = run(tmp_path / "a", s=measured(1.0), code={"scalinglaws.errors": "0.1", "same": "1.2"})
    second = run(tmp_path / "b", s=measured(1.0), code={"scalinglaws.errors": "1.1", "same": "1.3"})
    for folder, precision, torch in ((first, "float32", "2.0"), (second, "bf16", "2.1")):
        packages = {"torch": torch, "numpy": "1"}
        (folder / "environment.json").write_text(json.dumps({"packages": packages}))
        header = {"station": "runs", "name": "x", "settings": {"precision": precision}}
        write_table(folder / "runs/p/scan/block.parquet", {"value": np.ones(1)}, header)
    found = compare(first, second)
    assert found.inputs == {
        "version.torch": ("2.0", "2.1"),
        "precision.scan": ("float32", "bf16"),
        "code.scalinglaws.errors": ("0", "1"),
    }
    said = comparison_text(found, ["a", "b"])
    assert 'precision.scan: "float32" against "bf16"' in said
    assert "code that differs: scalinglaws.errors" in said
    assert found.agree


def test_runs_that_judge_no_claim_in_common_are_refused(tmp_path):
    folders = run(tmp_path / "a", s=measured(1.0)), run(tmp_path / "b", t=measured(1.0))
    with pytest.raises(InputError, match=r"judge no claim in common; expected two runs"):
        compare(*folders)


def test_json_has_no_infinity(tmp_path):
    one = quantity(1.0, (1.0, 1.0), n_seeds=3, interval_kind="bootstrap over seeds")
    two = quantity(1.5, (1.5, 1.5), n_seeds=3, interval_kind="bootstrap over seeds")
    found = compare(run(tmp_path / "a", s=one), run(tmp_path / "b", s=two))
    assert not found.agree
    json.dumps(comparison_record(found), allow_nan=False)


def test_a_folder_without_a_ledger_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(InputError, match=r"holds no ledger/\*\.json; expected a folder"):
        compare(tmp_path, tmp_path)
