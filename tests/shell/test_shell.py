import csv
import io
import json
import os
import re
import shlex
import subprocess
import sys

import numpy as np
import pytest

from command_line import answer, assert_refused, options_of
from scalinglaws.config import REPOSITORY
from scalinglaws.errors import InputError
from scalinglaws.shell.cli import check_repository, parser
from scalinglaws.theory.perceptron import fixed_norm_error
from scalinglaws.theory.perceptron_square import square_loss_error
from scalinglaws.theory.power_law_spectrum import eigenvalues

LINEAR = ["theory", "linear", "--levels", "1024", "--beta", "1", "--eta", "0.01"]


def rows_of(text):
    return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(text)]


def test_linear_theory_answers_with_tidy_csv(capsys):
    status, shown = answer(capsys, *LINEAR, "--alpha", "1,10,100")
    rows = rows_of(io.StringIO(shown.out))
    assert status == 0
    assert list(rows[0]) == ["alpha", "small_eta", "general_eta"]
    assert [row["alpha"] for row in rows] == [1, 10, 100]
    variances = eigenvalues(1024, 1.0)
    for row in rows:
        exact = 1.0001 / 2048 * np.sum(variances * np.exp(-0.02 * variances * row["alpha"]))
        assert row["small_eta"] == pytest.approx(exact, rel=1e-9)
        assert row["general_eta"] == pytest.approx(exact / (1 - 0.005), rel=2e-3)


def test_json_holds_the_same_numbers(capsys):
    _, table = answer(capsys, *LINEAR, "--alpha", "1,10")
    _, records = answer(capsys, *LINEAR, "--alpha", "1,10", "--json")
    for row, record in zip(rows_of(io.StringIO(table.out)), json.loads(records.out), strict=True):
        assert row == pytest.approx(record, rel=1e-11)


def test_perceptron_answers_for_every_pair_in_the_order_asked(capsys):
    arguments = ["theory", "perceptron", "--alpha", "3.3,1", "--lam", "8,0.5"]
    status, shown = answer(capsys, *arguments)
    rows = rows_of(io.StringIO(shown.out))
    assert status == 0
    assert [(row["alpha"], row["lambda"]) for row in rows] == [
        (3.3, 8),
        (3.3, 0.5),
        (1, 8),
        (1, 0.5),
    ]
    exact = fixed_norm_error(3.3, [0.5, 8.0])
    assert [rows[1]["eps"], rows[0]["eps"]] == pytest.approx(list(exact), rel=1e-9)


def test_perceptron_answers_for_the_square_loss_and_says_where_it_has_no_single_minimum(capsys):
    asked = ["theory", "perceptron", "--loss", "square", "--lam", "0.8,5"]
    _, shown = answer(capsys, *asked, "--alpha", "2")
    rows = rows_of(io.StringIO(shown.out))
    assert [row["eps"] for row in rows] == pytest.approx(
        list(square_loss_error(2.0, [0.8, 5.0])), rel=1e-9
    )
    status, shown = answer(capsys, *asked, "--alpha", "0.5")
    assert status == 2
    assert "examples are fitted exactly" in shown.err


@pytest.mark.parametrize("name", ["linear", "perceptron"])
def test_help_names_units_and_source(capsys, name):
    status, shown = answer(capsys, "theory", name, "--help")
    assert status == 0
    assert "source: " in shown.out
    assert "arXiv" in shown.out
    assert "columns: alpha" in shown.out


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"--beta": "0"}, "--beta is 0"),
        ({"--beta": "nan"}, "--beta is nan"),
        ({"--eta": "2.5"}, "--eta is 2.5; expected less than 2 .* critical learning rate"),
        ({"--levels": "0"}, "--levels is 0; expected 1 to 4096"),
        ({"--alpha": "1,-3"}, "--alpha is -3"),
        ({"--alpha": "one"}, "'one' is not a list of numbers"),
        ({"--sigma-j": "-1"}, "--sigma-j is -1"),
    ],
)
def test_impossible_parameters_are_refused_in_one_sentence(capsys, changed, named):
    asked = {"--levels": "8", "--beta": "1", "--eta": "0.1", "--alpha": "1", **changed}
    assert_refused(capsys, ["theory", "linear", *options_of(asked)], named)


def test_perceptron_refuses_a_negative_number_of_examples(capsys):
    status, shown = answer(capsys, "theory", "perceptron", "--alpha=-1", "--lam", "1")
    assert status == 2
    assert "--alpha is -1" in shown.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--alpha", "-1,2"], "--alpha is -1; expected finite numbers of 0 or more"),
        (["--alpha", "1_0"], "'1_0' is not a list of numbers"),
        (["--alpha", "1", "--eta", "-1e-3"], "--eta is -0.001; expected a finite number above 0"),
        (["--alpha", "1", "--eta", "1e-310"], "--eta is 1e-310; expected a number within double"),
        (["--alpha", "1", "--beta", "-inf"], "--beta is -inf; expected a finite number"),
        (["--alpha", "1", "--levels", "9" * 400], "--levels is 999.*; expected a whole number of"),
        (["--alpha", "1", "--levels", "1_0"], "--levels is 1_0; expected a whole number of"),
        (["--alpha", "1", "--sigma-j", "1e200"], "lead beyond double precision"),
    ],
)
def test_numbers_no_theory_can_take_are_refused_in_one_sentence(capsys, arguments, sentence):
    # Among them: an OverflowError's traceback, Infinity in json, 1_0 taken for 10.
    base = ["theory", "linear", "--levels", "8", "--beta", "1", "--eta", "0.1"]
    assert_refused(capsys, [*base, *arguments], f"^error: .*{sentence}")


@pytest.mark.parametrize("asked", ["--lam 1 --alpha 1e160", "--lam 1e160 --alpha 2 --loss square"])
def test_perceptrons_beyond_double_precision_are_refused(capsys, asked):
    assert_refused(capsys, ["theory", "perceptron", *asked.split()], "expected 1e-06 to 1e.06")


VERBS = [
    ["theory", *["kernel", "--alpha-k", "0.6", "--size", "100", "--samples", "1,2"]],
    ["theory", "linear", "--help"],
]
LONG_ANSWER = [*LINEAR[:3], "8", *LINEAR[4:], "--alpha", ",".join(map(str, range(1, 9000)))]


def run_in_shell(arguments, redirection):
    """Exit status of a verb and what it says, with its standard output sent elsewhere."""
    command = [sys.executable, "-m", "scalinglaws", *arguments]
    script = f"{shlex.join(command)} {redirection}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True)
    return done.returncode, done.stderr


@pytest.mark.parametrize("arguments", [VERBS[0], LONG_ANSWER])
def test_a_reader_that_leaves_early_hears_no_complaint(arguments):
    status, said = run_in_shell(arguments, "| true; exit ${PIPESTATUS[0]}")
    assert said == ""
    assert status in (0, 141)


@pytest.mark.parametrize("arguments", [*VERBS, LONG_ANSWER])
@pytest.mark.parametrize(
    ("redirection", "reason"),
    [("> /dev/full", "No space left on device"), (">&-", "it is closed")],
)
def test_output_that_cannot_be_written_is_one_sentence(arguments, redirection, reason):
    status, said = run_in_shell(arguments, redirection)
    assert status == 2
    assert said.startswith(f"error: standard output cannot be written ({reason})")
    assert said.count("\n") == 1


def test_variables_of_a_gpu_shell_and_of_a_notebook_decide_nothing():
    foreign = {
        "JAX_PLATFORMS": "cuda",
        "JAX_ENABLE_X64": "0",
        "JAX_NUMPY_DTYPE_PROMOTION": "strict",
        "XLA_FLAGS": "--xla_gpu_no_such_flag=true --xla_cpu_enable_fast_math=true",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }
    asked = [
        "theory",
        "committee",
        "--hidden",
        "1",
        "--levels",
        "1",
        "--beta",
        "1",
        "--eta",
        "0.1",
        "--alpha",
        "1",
    ]
    runs = [
        subprocess.run(
            [sys.executable, "-m", "scalinglaws", *asked],
            env={key: os.environ[key] for key in ("PATH", "PYTHONPATH") if key in os.environ}
            | variables,
            capture_output=True,
            text=True,
        )
        for variables in ({}, foreign)
    ]
    assert runs[1].stderr == runs[0].stderr == ""
    assert runs[1].stdout == runs[0].stdout != ""


def test_help_opens_with_what_a_person_can_do_and_its_examples_are_commands(capsys):
    status, shown = answer(capsys, "--help")
    assert status == 0
    begins = "  python -m scalinglaws "
    examples = [line for line in shown.out.splitlines() if line.startswith(begins)]
    verbs = {parser().parse_args(shlex.split(line)[3:]).verb.__name__ for line in examples}
    of_curves = {"print_answer", "print_fit", "print_forecast"}
    assert verbs == {"plan", "reproduce", "verdicts", "verify", "compare"} | of_curves
    assert shown.out.index(examples[-1]) < shown.out.index("\nverbs:")
    for verb in ("reproduce", "plan", "calibrate", "verdicts", "verify", "theory", "fit"):
        assert re.search(rf"^    {verb} +\w", shown.out, re.M)
    assert max(map(len, shown.out.splitlines())) <= 84


def test_verbs_of_rules_are_listed_apart(capsys):
    _, shown = answer(capsys, "--help")
    status, listed = answer(capsys, "--help-rules")
    assert status == 0
    named = set(re.findall(r"^  (\w+) +rules? \w+", listed.out, re.M))
    assert named == verbs_of_rules()
    assert not re.search(rf"^ +({'|'.join(named)}) ", shown.out, re.M)


def verbs_of_rules():
    """Verbs that the workflow's rules call and people need not."""
    rules = "".join(file.read_text() for file in REPOSITORY.glob("workflow/rules/*.smk"))
    return set(re.findall(r"-m scalinglaws (\w+)", rules)) - {"plan", "verify"}


def test_a_verb_that_is_none_is_refused_in_one_sentence(capsys):
    assert_refused(capsys, ["judgement"], r"^error: 'judgement' is no verb; .* --help' tells more")


def test_code_of_another_repository_is_refused(tmp_path, monkeypatch):
    """Its environment may be the one of the folder that it was copied from."""
    (tmp_path / "Snakefile").touch()
    (tmp_path / "workflow" / "scalinglaws").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "workflow")
    with pytest.raises(InputError, match=r"belongs to the repository .*, but the code that runs"):
        check_repository()
    monkeypatch.chdir(REPOSITORY)
    check_repository()
