import csv
import io
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from command_line import answer, assert_refused, options_of
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
            [sys.executable, "-m", "scalinglaws", "theory", "committee", *asked],
            env={key: os.environ[key] for key in ("PATH", "PYTHONPATH") if key in os.environ}
            | variables,
            capture_output=True,
            text=True,
        )
        for variables in ({}, foreign)
    ]
    assert runs[1].stderr == runs[0].stderr == ""
    assert runs[1].stdout == runs[0].stdout != ""
