import csv
import io
import json

import numpy as np
import pytest

from command_line import answer
from scalinglaws.theory.committee import solve, typical_start
from scalinglaws.theory.plateau import escape_time, plateau_height

COMMITTEE = ["theory", "committee", "--hidden", "3", "--levels", "5", "--beta", "0.7"]
COMMITTEE += ["--eta", "0.2", "--sigma-j", "0.02", "--dimension", "1024"]
PLATEAU = ["theory", "plateau", "--hidden", "4", "--levels", "8", "--beta", "0.5", "--eta", "0.1"]


def rows_of(shown):
    return [
        {name: float(value) for name, value in row.items()}
        for row in csv.DictReader(io.StringIO(shown.out))
    ]


def test_committee_answers_in_the_order_asked_with_the_block_equations(capsys):
    status, shown = answer(capsys, *COMMITTEE, "--alpha", "100,1,10,1,0")
    rows = rows_of(shown)
    assert status == 0
    assert [row["alpha"] for row in rows] == [100, 1, 10, 1, 0]
    start = typical_start(5, 0.7, 0.02, 1024, 3, 3)
    exact = solve(start, np.array([1.0, 10.0, 100.0]), beta=0.7, eta=0.2)["eps_g"]
    found = [rows[1]["eps_g"], rows[2]["eps_g"], rows[0]["eps_g"]]
    np.testing.assert_allclose(found, exact, rtol=1e-6)
    assert rows[4]["eps_g"] == pytest.approx(1 / 6, rel=1e-2)
    assert list(rows[0]) == ["alpha", "eps_g"]


def test_plateau_answers_with_the_formulas_and_a_measured_length(capsys):
    status, shown = answer(capsys, *PLATEAU)
    (row,) = rows_of(shown)
    tau = escape_time(4, 0.1, 8, 0.5)
    assert status == 0
    assert row["height"] == pytest.approx(plateau_height(4))
    assert row["escape_time"] == pytest.approx(tau)
    assert row["length"] / tau == pytest.approx(
        row["constant"] + np.log(1024) / 2 - np.log(0.01), rel=1e-9
    )
    assert -1 < row["constant"] < 1


def test_a_given_constant_needs_no_integration(capsys):
    _, shown = answer(capsys, *PLATEAU, "--constant", "0", "--dimension", "64")
    (row,) = rows_of(shown)
    law = escape_time(4, 0.1, 8, 0.5) * np.log(8 / 0.01)
    assert row["length"] == pytest.approx(law)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--beta", "0"], "--beta is 0; expected a finite number above 0"),
        (["--hidden", "0"], "--hidden is 0; expected 1 to 1000"),
        (["--levels", "9999"], "--levels is 9999; expected 1 to 4096"),
        (["--alpha", "-1"], "--alpha is -1"),
        (["--eta", "1e200"], "diverge at --eta 1e"),
        (["--dimension", "4"], "--dimension is 4; expected --levels 5 or more"),
    ],
)
def test_impossible_machines_are_refused_in_one_sentence(capsys, change, message):
    status, shown = answer(capsys, *COMMITTEE, "--alpha", "1", *change)
    assert status == 2
    assert message in shown.err
    assert shown.out == ""


def test_one_hidden_unit_has_no_plateau(capsys):
    status, shown = answer(capsys, *PLATEAU, "--hidden", "1")
    assert status == 2
    assert "--hidden is 1; expected 2 to 1000" in shown.err


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("nan", "--constant is nan; expected a finite number"),
        ("-100", "--constant is -100; expected more than -8.07"),
    ],
)
def test_a_constant_without_a_length_is_refused(capsys, given, sentence):
    # The length was printed as nan, or below zero.
    status, shown = answer(capsys, *PLATEAU, "--constant", given)
    assert status == 2
    assert sentence in shown.err


LATE = ["theory", "committee", "--levels", "1", "--beta", "1", "--hidden", "1", "--eta", "0.5"]


def test_late_errors_are_empty_where_no_digit_is_left(capsys):
    # They were printed with 12 digits, and negative.
    status, shown = answer(capsys, *LATE, "--alpha", "300,1,100,800")
    assert status == 0
    assert shown.out == "alpha,eps_g\n300,\n1,0.10302201\n100,3.55128e-08\n800,\n"
    _, shown = answer(capsys, *LATE, "--alpha", "800", "--json")
    assert json.loads(shown.out) == [{"alpha": 800.0, "eps_g": None}]


def test_the_answer_at_one_alpha_does_not_depend_on_the_others(capsys):
    _, alone = answer(capsys, *COMMITTEE, "--alpha", "50")
    _, among = answer(capsys, *COMMITTEE, "--alpha", "1,50,60,700")
    assert alone.out.splitlines()[1] in among.out.splitlines()
