import json

import numpy as np
import pytest

from command_line import answer
from scalinglaws.fitting.residuals import exponent_of_curve

SIZES = np.array([100, 200, 400, 800, 1600, 3200, 6400, 12800])


@pytest.fixture
def curve(tmp_path):
    """Writes a csv of five seeds around 3 D^-0.5 + offset and returns its path."""

    def write(offset=0.0, seeds=5, noise=0.02):
        generator = np.random.default_rng(4)
        lines = ["seed,D,loss"]
        for seed in range(seeds):
            values = (3 * SIZES**-0.5 + offset) * np.exp(noise * generator.normal(size=8))
            lines += [
                f"s{seed},{size},{loss:.17g}" for size, loss in zip(SIZES, values, strict=True)
            ]
        path = tmp_path / "curve.csv"
        path.write_text("\n".join(lines) + "\n")
        return str(path)

    return write


def fitted(capsys, *arguments):
    status, shown = answer(capsys, "fit", *arguments)
    return status, shown.out, shown.err


@pytest.mark.parametrize("seeds", [["--seed-column", "seed"], []])
@pytest.mark.parametrize("offset", [0.0, 0.05])
def test_a_known_exponent_comes_back_with_an_interval_around_it(capsys, curve, seeds, offset):
    extra = ["--offset"] if offset else []
    status, out, _ = fitted(capsys, curve(offset), "--x", "D", "--y", "loss", *seeds, *extra)
    found = json.loads(out)
    assert status == 0
    assert found["exponent"] == pytest.approx(0.5, abs=0.05)
    assert found["interval"][0] < 0.5 < found["interval"][1]
    assert found["interval"][1] - found["interval"][0] < 0.3
    assert found["window"] == [100, 12800]
    assert found["scan"][0] <= found["exponent"] <= found["scan"][1]


def test_only_the_window_is_fitted(capsys, curve):
    arguments = [curve(), "--x", "D", "--y", "loss", "--window", "400", "6400"]
    found = json.loads(fitted(capsys, *arguments, "--seed-column", "seed")[1])
    assert found["n_points"] == 5
    assert found["window"] == [400, 6400]


@pytest.mark.parametrize("offset", [0.0, 0.1])
def test_intervals_from_residuals_cover_as_often_as_they_say(offset):
    generator = np.random.default_rng(11)
    covered = []
    for _ in range(400):
        noise = np.exp(0.01 * generator.normal(size=8))
        found = exponent_of_curve(SIZES, (3 * SIZES**-0.5 + offset) * noise, offset=bool(offset))
        low, high = found["interval"] or (-np.inf, np.inf)
        covered.append(low <= 0.5 <= high)
    assert 0.92 <= np.mean(covered) <= 0.98


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--x", "P", "--y", "loss"], "has no column 'P'; it has: seed, D, loss"),
        (["--x", "D", "--y", "seed"], "line 2: column 'seed' holds 's0'; expected a number"),
        (["--x", "D", "--y", "loss", "--window", "1", "2"], "0 points, at least 3 are needed"),
        (["--x", "loss", "--y", "D", "--seed-column", "D"], "determines no power law"),
    ],
)
def test_what_cannot_be_fitted_is_one_sentence(capsys, curve, arguments, sentence):
    status, out, error = fitted(capsys, curve(), *arguments)
    assert (status, out) == (2, "")
    assert error.startswith("error: ")
    assert sentence in error
    assert error.count("\n") == 1


def test_two_values_of_one_seed_are_refused(capsys, tmp_path):
    path = tmp_path / "twice.csv"
    path.write_text("s,D,y\na,1,2\na,1,3\na,2,1\n")
    status, _, error = fitted(capsys, str(path), "--x", "D", "--y", "y", "--seed-column", "s")
    assert status == 2
    assert "a seed has two values at one D" in error


def test_a_missing_file_is_one_sentence(capsys):
    status, _, error = fitted(capsys, "nowhere.csv", "--x", "D", "--y", "y")
    assert status == 2
    assert "nowhere.csv cannot be read as csv" in error
