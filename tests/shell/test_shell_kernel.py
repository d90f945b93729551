import csv
import io
import json
import math

import numpy as np
import pytest

from command_line import answer, assert_refused, options_of

KERNEL = ["theory", "kernel", "--alpha-k", "0.6", "--size", "100000", "--samples", "10,100,1000"]


def test_kernel_answers_solve_the_self_consistent_equation(capsys):
    status, shown = answer(capsys, *KERNEL)
    rows = list(csv.DictReader(io.StringIO(shown.out)))
    assert status == 0
    assert list(rows[0]) == ["D", "kappa", "loss"]
    assert [float(row["D"]) for row in rows] == [10, 100, 1000]
    eigenvalues = np.arange(1, 100001) ** -1.6
    for row in rows:
        samples, kappa = float(row["D"]), float(row["kappa"])
        assert np.sum(eigenvalues / (kappa + samples * eigenvalues)) == pytest.approx(1, rel=1e-9)
        assert float(row["loss"]) == pytest.approx(kappa / 2, rel=1e-10)


def test_many_eigenvalues_approach_the_closed_form(capsys):
    arguments = ["--alpha-k", "1", "--size", "1000000", "--samples", "1000"]
    _, shown = answer(capsys, "theory", "kernel", *arguments, "--json")
    (record,) = json.loads(shown.out)
    assert record["kappa"] == pytest.approx((math.pi / 2) ** 2 / 1000, rel=0.005)


def test_help_names_units_and_source(capsys):
    status, shown = answer(capsys, "theory", "kernel", "--help")
    assert status == 0
    assert "columns: D (examples), kappa, loss (half mean squared error" in shown.out
    assert "source: Bahri" in shown.out


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"--alpha-k": "0"}, "--alpha-k is 0"),
        ({"--alpha-k": "nan"}, "--alpha-k is nan"),
        ({"--alpha-k": "1000"}, "--alpha-k is 1000; expected at most 10"),
        ({"--size": "1"}, "--size is 1; expected 2 to 10000000"),
        ({"--samples": "10,100"}, "--samples is 100; expected 1 or more and less than --size 100"),
        ({"--samples": "0"}, "--samples is 0"),
        ({"--samples": "nan"}, "--samples is nan"),
        ({"--samples": "ten"}, "'ten' is not a list of numbers"),
    ],
)
def test_impossible_parameters_are_refused_in_one_sentence(capsys, changed, named):
    asked = {"--alpha-k": "0.6", "--size": "100", "--samples": "10", **changed}
    assert_refused(capsys, ["theory", "kernel", *options_of(asked)], named)
