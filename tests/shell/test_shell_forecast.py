import csv
import io
import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from command_line import answer

PAGE = Path(__file__).parents[2] / "workflow" / "scalinglaws" / "forecast" / "README.md"
SIZES = np.array([100, 200, 400, 800, 1600, 3200, 6400, 12800])
VALUES = (0.05 + 3 * SIZES**-0.5) * (1 + 0.01 * np.cos(SIZES))
ASKED = ("--x", "D", "--y", "loss")


@pytest.fixture
def write(tmp_path):
    def write(x=SIZES, y=VALUES, head="D,loss"):
        rows = [f"{a},{b}" for a, b in zip(x, y, strict=True)]
        path = tmp_path / "curve.csv"
        path.write_text("\n".join([head, *rows]) + "\n")
        return str(path)

    return write


def told(capsys, *arguments):
    status, shown = answer(capsys, "forecast", *arguments)
    return status, shown.out, shown.err


def test_csv_and_json_tell_the_same(capsys, write):
    status, out, error = told(capsys, write(), *ASKED, "--at", "25600,1e5")
    records = json.loads(told(capsys, write(), *ASKED, "--at", "25600,1e5", "--json")[1])
    rows = list(csv.DictReader(io.StringIO(out)))
    assert (status, error) == (0, "")
    assert list(rows[0]) == ["x", "value", "low_50", "high_50", "low_90", "high_90"]
    for row, record in zip(rows, records, strict=True):
        assert list(record) == list(row)
        assert [float(one) for one in row.values()] == pytest.approx(list(record.values()), 1e-5)
        truth = 0.05 + 3 * record["x"] ** -0.5
        assert record["low_90"] < truth < record["high_90"]


def test_seeds_of_unequal_length_give_the_forecast_of_their_mean(capsys, write):
    x = np.concatenate([SIZES, SIZES[:5], SIZES[2:]])
    factors = np.concatenate([np.full(8, 1.0), np.full(5, 1.3), np.full(6, 1 / 1.3)])
    places = np.concatenate([np.arange(8), np.arange(5), np.arange(2, 8)])
    seeds = np.repeat(["a", "b", "c"], [8, 5, 6])
    y = [f"{value},{seed}" for value, seed in zip(factors * VALUES[places], seeds, strict=True)]
    path = write(x, y, "D,loss,seed")
    of_seeds = told(capsys, path, *ASKED, "--at", "25600", "--seed-column", "seed", "--json")[1]
    of_one = told(capsys, write(), *ASKED, "--at", "25600", "--json")[1]
    assert json.loads(of_seeds)[0] == pytest.approx(json.loads(of_one)[0], rel=1e-6)


def test_unsorted_and_repeated_rows_are_averaged_and_said(capsys, write):
    order = np.random.default_rng(0).permutation(16)
    x, y = np.tile(SIZES, 2)[order], np.concatenate([0.9 * VALUES, VALUES / 0.9])[order]
    status, out, error = told(capsys, write(x, y), *ASKED, "--at", "25600")
    assert status == 0
    assert error == "note: values of the same x were averaged at 8 x (geometric mean).\n"
    usual = float(told(capsys, write(), *ASKED, "--at", "25600")[1].splitlines()[1].split(",")[1])
    assert float(out.splitlines()[1].split(",")[1]) == pytest.approx(usual, rel=1e-5)


@pytest.mark.parametrize(
    ("x", "y", "more", "sentence"),
    [
        ([100] * 8, VALUES, ["--at", "1e5"], "1 different x, at least 6 are needed"),
        (SIZES[:5], VALUES[:5], ["--at", "1e5"], "5 different x, at least 6 are needed"),
        (SIZES, -VALUES, ["--at", "1e5"], "y holds -0.3"),
        (SIZES, [*VALUES[:-1], 0], ["--at", "1e5"], "y holds 0; expected finite numbers above 0"),
        ([0, *SIZES[1:]], VALUES, ["--at", "1e5"], "x holds 0; expected finite numbers above 0"),
        (SIZES, 1 - VALUES, ["--at", "1e5"], "of an accuracy give 1 - accuracy"),
        (SIZES, ["35%"] * 8, ["--at", "1e5"], "column 'loss' holds '35%'; expected a number"),
        (SIZES, VALUES, ["--at", "500"], "x = 500 is no forecast: the data reach to 12800"),
        (SIZES, VALUES, ["--at", "1e12"], "nothing is said beyond"),
        (SIZES, VALUES, ["--at", "-5"], "--at is -5; expected numbers above 0"),
        (SIZES, VALUES, ["--at", "x"], "is not a list of numbers"),
        (SIZES, VALUES, ["--target", "0.2"], "the data reach it at x = "),
        (SIZES, VALUES, [], "give --at (x to forecast at) or --target"),
        (SIZES, VALUES, ["--at", "1e5", "--target", "0.06"], "one of the two"),
        (SIZES, VALUES, ["--at", "1e5", "--floor", "0.2"], "the floor is 0.2"),
        (SIZES, VALUES, ["--target", "0.03", "--floor", "0.04"], "more than the floor 0.04"),
        (SIZES, VALUES, ["--at", "1e5", "--y", "D"], "two columns"),
    ],
)
def test_what_cannot_be_forecast_is_one_sentence(capsys, write, x, y, more, sentence):
    status, out, error = told(capsys, write(x, y), *ASKED, *more)
    assert (status, out, error.count("\n")) == (2, "", 1)
    assert error.startswith("error: ")
    assert sentence in error


def test_json_says_why_instead_of_numbers(capsys, write):
    asked = [*ASKED, "--at", "500,25600,1e12", "--json"]
    near, good, far = json.loads(told(capsys, write(), *asked)[1])
    assert list(near) == list(far) == ["x", "why"]
    assert "value" in good
    short = json.loads(told(capsys, write(SIZES[:5], VALUES[:5]), *asked)[1])
    assert [list(record) for record in short] == [["x", "why"]] * 3


def test_a_target_gives_the_size_at_which_the_forecast_gets_there(capsys, write):
    found = json.loads(told(capsys, write(), *ASKED, "--target", "0.07", "--json")[1])[0]
    back = json.loads(told(capsys, write(), *ASKED, "--at", repr(found["x"]), "--json")[1])[0]
    assert back["value"] == pytest.approx(0.07, rel=1e-3)
    assert found["low_90"] < found["low_50"] < found["x"]


def test_the_page_holds_picture_and_record_in_one_file(capsys, write, tmp_path):
    page, picture = tmp_path / "page.html", tmp_path / "picture.png"
    asked = [*ASKED, "--at", "25600,1e5", "--html", str(page), "--png", str(picture)]
    assert told(capsys, write(), *asked)[0] == 0
    text = page.read_text()
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "data:image/png;base64," in text
    assert not re.findall(r"(?:src|href)=\"(?!data:)", text)
    assert text.count("<tr>") == 1 + 2 + 1 + 4  # two forecasts, four origins, and heads


def test_the_worked_example_says_what_the_program_says(capsys, tmp_path, monkeypatch):
    blocks = re.findall(r"```(\w*)\n(.*?)```", PAGE.read_text(), re.DOTALL)
    tables = [text for kind, text in blocks if kind == "csv"]
    commands = [text.strip() for kind, text in blocks if not kind]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "curve.csv").write_text(tables[0])
    for command, table in zip(commands[:2], tables[1:], strict=True):
        status, shown = answer(capsys, *shlex.split(command)[3:])
        found, printed = (list(csv.reader(io.StringIO(text))) for text in (shown.out, table))
        assert status == 0
        assert found[0] == printed[0]
        for one, two in zip(found[1:], printed[1:], strict=True):
            assert [float(x or "nan") for x in one] == pytest.approx(
                [float(x or "nan") for x in two], rel=1e-3, nan_ok=True
            )
    status, shown = answer(capsys, *shlex.split(commands[2])[3:])
    fit = json.loads(shown.out)
    low, high = fit["interval"]
    text = f"{fit['model']}: exponent {fit['exponent']:.2f} [{low:.2f}, {high:.2f}]"
    assert text in PAGE.read_text()
