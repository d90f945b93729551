import json
import time

import numpy as np
import pytest

from command_line import answer
from scalinglaws.statistics.residuals import exponent_of_curve

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


def written(folder, text, encoding="utf-8"):
    path = folder / "curve.csv"
    path.write_text(text, encoding=encoding)
    return str(path)


def of_columns(x, y):
    lines = [f"{float(a)!r},{float(b)!r}" for a, b in zip(x, y, strict=True)]
    return "D,loss\n" + "\n".join(lines) + "\n"


POINTS = 10.0 * 2.0 ** np.arange(8)


def test_a_curve_rounded_to_four_digits_has_an_interval_that_holds_the_truth(capsys, tmp_path):
    # Ends were points of a grid 0.17 % apart: width zero, beside the truth.
    text = of_columns(POINTS, [float(f"{2 * x**-0.5 + 0.1:.4f}") for x in POINTS])
    status, out, _ = fitted(capsys, written(tmp_path, text), "--x", "D", "--y", "loss", "--offset")
    low, high = json.loads(out)["interval"]
    assert status == 0
    assert (low, high) == pytest.approx((0.49980, 0.50040), abs=2e-5)


@pytest.mark.parametrize("offset", [False, True])
def test_exact_values_leave_an_interval_as_wide_as_their_rounding(offset):
    for exponent in (0.05, 0.5, 1.0, 2.0):
        values = 2 * POINTS**-exponent + 0.1 * offset
        low, high = exponent_of_curve(POINTS, values, offset=offset)["interval"]
        assert low < exponent < high
        assert high - low < 1e-11


def test_curves_over_hundreds_of_decades_are_fitted_with_an_offset():
    # Powers of x overflowed: an IndexError, and an OverflowError.
    for x in (10.0 ** np.arange(-40, 41, 5), 10.0 ** np.arange(-100, 101, 20)):
        low, high = exponent_of_curve(x, 2 * x**-0.05 + 0.1, offset=True)["interval"]
        assert low < 0.05 < high
        assert high - low < 1e-12


@pytest.mark.parametrize("scale", [1e-290, 1e-160, 1e160, 1e300])
def test_values_of_any_size_have_the_same_exponent(scale):
    # Squares of such values are no numbers.
    for offset in (False, True):
        usual = exponent_of_curve(POINTS, 2 * POINTS**-0.5 + 0.1, offset=offset)
        scaled = exponent_of_curve(POINTS, scale * (2 * POINTS**-0.5 + 0.1), offset=offset)
        assert scaled["estimate"] == pytest.approx(usual["estimate"], rel=1e-9)


def test_an_amplitude_beyond_double_precision_is_refused():
    x = 1e200 * POINTS
    found = exponent_of_curve(x, 2 * (x / x[0]) ** -2.0 + 0.1, offset=True)
    assert "divide x by a number of its own size" in found["why"]


SEEDS = np.array([1.0, 1.1, 0.9, 1.05, 0.3])


def seed_text(x_of_last):
    """Five seeds of other levels and exponents; x of the last one may be written otherwise."""
    lines = ["seed,D,loss"]
    for seed, level in enumerate(SEEDS):
        for x, shown in zip(POINTS, x_of_last if seed == 4 else POINTS, strict=True):
            value = level * x ** -(1.5 if seed == 4 else 0.5) * (1 + 0.01 * np.sin(x * (seed + 1)))
            lines.append(f"{seed},{float(shown)!r},{value:.6g}")
    return "\n".join(lines) + "\n"


OVER_SEEDS = ["--x", "D", "--y", "loss", "--seed-column", "seed"]


def test_a_seed_whose_x_differ_by_rounding_is_one_of_the_seeds(capsys, tmp_path):
    # It shared no abscissa with the others and left the fit without a word.
    control = fitted(capsys, written(tmp_path, seed_text(POINTS)), *OVER_SEEDS)
    for factor in (1 + 2e-16, 1 + 5e-9, float(np.float32(1.0000001))):
        text = seed_text(POINTS * factor)
        assert fitted(capsys, written(tmp_path, text), *OVER_SEEDS) == control
    assert json.loads(control[1])["n_seeds"] == 5


@pytest.mark.parametrize(
    ("factor", "sentence"),
    [
        (1.001, "D is 10 for some seeds and 10.0"),
        (1.3, "seed '4' shares no D with another seed: it has 13, 26, 52, ..., the others 10, 20"),
    ],
)
def test_a_seed_with_abscissae_of_its_own_is_refused(capsys, tmp_path, factor, sentence):
    status, _, error = fitted(
        capsys, written(tmp_path, seed_text(np.round(POINTS * factor, 6))), *OVER_SEEDS
    )
    assert status == 2
    assert sentence in error


def test_one_seed_in_two_spellings_is_refused(capsys, tmp_path):
    text = seed_text(POINTS).replace("\n4,10.0,", "\n4.0,10.0,")
    status, _, error = fitted(capsys, written(tmp_path, text), *OVER_SEEDS)
    assert status == 2
    assert "'4' and '4.0', one number in two spellings" in error


def test_the_window_is_what_was_fitted_and_what_was_left_out_is_told(capsys, tmp_path):
    text = seed_text(POINTS) + "0,2560,0.02\n1,2560,nan\n0,5120,0.014\n"
    found = json.loads(fitted(capsys, written(tmp_path, text), *OVER_SEEDS)[1])
    assert found["window"] == [10, 1280]
    assert (found["n_points"], found["left_out"], found["n_masked"]) == (8, [2560, 5120], 8)
    assert found["note"].startswith("8 values are missing or not finite")
    asked = ["--window", "15", "400"]
    found = json.loads(fitted(capsys, written(tmp_path, text), *OVER_SEEDS, *asked)[1])
    assert (found["window"], found["left_out"], found["n_masked"]) == ([20, 320], [], 0)
    assert "note" not in found


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("D,loss\n10,12,649\n20,8,944\n", "line 2: the row has 3 values, the header has 2"),
        ("D,loss\n10,1\n\n2,560,0.8\n", "line 4: the row has 3 values, the header has 2"),
        ("D,loss\n10,1\n20\n", "line 3: the row has 1 value, the header has 2"),
        ("D,loss,loss\n10,1,2\n", "has 2 columns 'loss'; expected one"),
        ("D,loss\n10,1\n2_0,2\n", "line 3: column 'D' holds '2_0'; expected a number"),
        ("D,loss\n10,1\n１０,2\n", "line 3: column 'D' holds '１０'; expected a number"),
        ("D,loss\n10,1e400\n", "line 2: column 'loss' holds '1e400'; expected a number within"),
        ("D,loss\n10,1e-400\n", "line 2: column 'loss' holds '1e-400'; expected a number within"),
        ("D,loss\nnan,1\n", "line 2: D is not finite; expected a number"),
        ("D,loss\n10,0.6\n\n\n\n20,0.4\n40,abc\n", "line 7: column 'loss' holds 'abc'"),
        ('D,loss,note\n10,1,"two\nlines\nhere"\n20,1,ok\n40,oops,ok\n', "line 6: column 'loss'"),
        ("", "is empty; expected a header line"),
        ("D;loss\n10;1\n", "has no column 'D'; it has: D;loss"),
    ],
)
def test_a_damaged_table_is_refused_with_its_line(capsys, tmp_path, text, sentence):
    status, out, error = fitted(capsys, written(tmp_path, text), "--x", "D", "--y", "loss")
    assert (status, out, error.count("\n")) == (2, "", 1)
    assert sentence in error


def test_a_byte_order_mark_blanks_and_empty_rows_are_no_part_of_a_table(capsys, tmp_path):
    plain = of_columns(POINTS, POINTS**-0.5)
    asked = ["--x", "D", "--y", "loss"]
    usual = fitted(capsys, written(tmp_path, plain), *asked)
    excel = plain.replace("D,loss", "D, loss ").replace("\n", "\r\n") + ",\r\n"
    assert usual[0] == 0
    assert fitted(capsys, written(tmp_path, excel, "utf-8-sig"), *asked) == usual


@pytest.mark.parametrize(
    ("window", "sentence"),
    [
        (["nan", "100"], "--window is nan; expected a finite number"),
        (["10", "inf"], "--window is inf; expected a finite number"),
        (["1280", "10"], "--window is 1280 10; expected two numbers, LOW of 0 or more below HIGH"),
        (["-1e1", "10"], "--window is -10 10; expected two numbers, LOW of 0 or more below HIGH"),
        (["1_0", "100"], "--window is 1_0; expected a number"),
    ],
)
def test_a_window_that_is_none_is_refused(capsys, curve, window, sentence):
    status, out, error = fitted(capsys, curve(), "--x", "D", "--y", "loss", "--window", *window)
    assert (status, out) == (2, "")
    assert sentence in error


@pytest.mark.parametrize(("points", "seconds"), [(300, 2.0), (10_000, 10.0)])
@pytest.mark.parametrize("seeds", [0, 3])
def test_long_curves_are_fitted_in_seconds(capsys, tmp_path, points, seconds, seeds):
    # All windows of 300 points took 100 s, of 10,000 points hours, and there is nothing to see.
    generator = np.random.default_rng(1)
    lines = ["seed,D,loss"]
    for seed in range(max(seeds, 1)):
        noise = np.exp(0.02 * generator.standard_normal(points))
        values = (2 * np.arange(1, points + 1) ** -0.5 + 0.1) * noise
        lines += [f"{seed},{place},{value:.6g}" for place, value in enumerate(values, start=1)]
    path = written(tmp_path, "\n".join(lines) + "\n")
    asked = OVER_SEEDS if seeds else OVER_SEEDS[:4]
    before = time.process_time()
    found = json.loads(fitted(capsys, path, *asked, "--offset")[1])
    assert time.process_time() - before < seconds
    assert found["exponent"] == pytest.approx(0.5, abs=0.05)
    assert found["scan"][0] <= found["exponent"] <= found["scan"][1]


def whole(capsys, path, *more):
    status, out, error = fitted(capsys, path, "--x", "D", "--y", "loss", *more)
    assert (status, error) == (0, "")
    return json.loads(out)


def offset_values(x, noise, seed=0, offset=0.1):
    return (3 * x**-0.5 + offset) * np.exp(noise * np.random.default_rng(seed).normal(size=len(x)))


LONG = np.geomspace(10, 1e4, 67)


@pytest.mark.parametrize("more", [[], ["--seed-column", "seed"]])
@pytest.mark.parametrize("offset", [0.0, 0.05])
def test_amplitude_and_offset_come_with_intervals_that_hold_the_truth(capsys, curve, more, offset):
    model = "offset" if offset else "line"
    found = whole(capsys, curve(offset), "--model", model, *more)
    low, high = found["amplitude_interval"]
    assert low < 3 < high
    assert high / low < 3
    if offset:
        low, high = found["offset_interval"]
        assert low < offset < high
        assert high - low < 0.05
    else:
        assert (found["offset"], found["offset_interval"]) == (0.0, None)


def test_intervals_of_amplitude_and_offset_cover_as_often_as_they_say():
    from scalinglaws.forecast.tangent import other_intervals, tangent
    from scalinglaws.statistics.power_law import fit_power_law

    inside = []
    for seed in range(300):
        y = offset_values(POINTS, 0.01, seed)
        at = tangent(POINTS, y, fit_power_law(POINTS, y, offset=True), offset=True)
        found = other_intervals(at, 0.95)
        inside.append([found[name][0] < truth < found[name][1] for name, truth in TRUTHS])
    assert np.all(np.abs(np.mean(inside, axis=0) - 0.95) < 0.04)


TRUTHS = (("amplitude", 3.0), ("offset", 0.1))


def test_a_bend_that_the_law_lacks_is_told(capsys, tmp_path):
    path = written(tmp_path, of_columns(POINTS, offset_values(POINTS, 0.01)))
    line, offset = (whole(capsys, path, "--model", model) for model in ("line", "offset"))
    assert line["lack_of_fit"]["p_value"] < 1e-4
    assert "the curve bends away from the law" in line["note"]
    assert offset["lack_of_fit"]["p_value"] > 0.01
    assert "bends" not in offset["note"]


def test_a_bend_is_claimed_as_seldom_as_its_p_value_says():
    from scalinglaws.forecast.tangent import bend_of, tangent
    from scalinglaws.statistics.power_law import fit_power_law

    values = []
    for seed in range(400):
        y = offset_values(POINTS, 0.02, seed, offset=0.0)
        at = tangent(POINTS, y, fit_power_law(POINTS, y), offset=False)
        values.append(bend_of(at).p_value)
    assert 0.02 < np.mean(np.array(values) < 0.05) < 0.08


def test_the_point_that_carries_the_exponent_is_named_with_its_shift(capsys, tmp_path):
    y = offset_values(POINTS, 0.005, offset=0.0)
    y[-1] *= 1.2
    found = whole(capsys, written(tmp_path, of_columns(POINTS, y)))
    rest = whole(capsys, written(tmp_path, of_columns(POINTS[:-1], y[:-1])))
    first = found["influence"][0]
    assert first["x"] == POINTS[-1]
    assert first["shift"] == pytest.approx(rest["exponent"] - found["exponent"], rel=1e-6)


def test_points_of_one_run_are_told_from_independent_ones(capsys, tmp_path):
    generator = np.random.default_rng(1)
    noise = np.zeros(67)
    for place in range(1, 67):
        noise[place] = 0.9 * noise[place - 1] + 0.01 * generator.normal()
    run = written(tmp_path, of_columns(LONG, 3 * LONG**-0.5 * np.exp(noise)))
    found = whole(capsys, run)
    assert found["autocorrelation"] > 0.5
    assert found["interval_kind"].endswith("widened by a block bootstrap")
    assert "neighbouring residuals are correlated" in found["note"]
    naive = exponent_of_curve(LONG, 3 * LONG**-0.5 * np.exp(noise))["interval"]
    assert found["interval"][1] - found["interval"][0] > 1.5 * (naive[1] - naive[0])
    apart = written(tmp_path, of_columns(LONG, offset_values(LONG, 0.02, offset=0.0)))
    found = whole(capsys, apart)
    assert abs(found["autocorrelation"]) < 0.3
    assert "block" not in found["interval_kind"]


def test_an_offset_below_the_floor_is_held_there_and_said(capsys, tmp_path):
    path = written(tmp_path, of_columns(POINTS, 3 * POINTS**-0.5 - 0.02))
    free = whole(capsys, path, "--offset", "--floor", "none")
    held = whole(capsys, path, "--offset")
    assert free["offset"] == pytest.approx(-0.02, abs=1e-6)
    assert held["offset"] == 0.0
    assert "would be -0.02, so it is held at 0" in held["note"]
    assert held["exponent"] == whole(capsys, path)["exponent"]
    above = written(tmp_path, of_columns(POINTS, 3 * POINTS**-0.5 + 0.02))
    found = whole(capsys, above, "--offset", "--floor", "0.03")
    assert found["offset"] == 0.03
    assert "the offset is held at 0 or more" in whole(capsys, above, "--offset")["note"]
    status, _, error = fitted(capsys, above, *OVER_SEEDS[:4], "--offset", "--floor", "0.2")
    assert status == 2
    assert "--floor is 0.2; expected less than every value (the lowest is 0.1" in error


@pytest.mark.parametrize(
    ("law", "model"),
    [
        (lambda x: 3 * x**-0.5, "line"),
        (lambda x: 3 * x**-0.5 + 0.1, "offset"),
        (lambda x: 3 * (x + 100) ** -0.5, "shifted"),
    ],
)
def test_the_law_that_forecasts_best_is_chosen(capsys, tmp_path, law, model):
    noise = np.exp(0.002 * np.random.default_rng(0).normal(size=67))
    path = written(tmp_path, of_columns(LONG, law(LONG) * noise))
    found = whole(capsys, path, "--model", "auto")
    assert found["model"] == found["comparison"]["chosen"] == model
    assert found["exponent"] == pytest.approx(0.5, abs=0.03)
    low, high = found["interval"]
    assert low <= 0.5 <= high
    errors = found["comparison"]["error_of_log_forecast"]
    assert errors[model] <= 1.1 * min(errors.values())
    if model == "shifted":
        assert found["shift"] == pytest.approx(100, rel=0.3)


def test_hubers_fit_is_not_bent_by_one_point(capsys, tmp_path):
    for offset in ([], ["--offset"]):
        y = offset_values(LONG, 0.005, offset=0.1 * bool(offset))
        y[-3] *= 2
        path = written(tmp_path, of_columns(LONG, y))
        found = whole(capsys, path, "--huber", *offset)
        assert abs(found["huber"]["exponent"] - 0.5) < 0.2 * abs(found["exponent"] - 0.5)
        low, high = found["huber"]["interval"]
        assert low < 0.5 < high


@pytest.mark.parametrize("model", ["line", "offset", "shifted", "auto"])
def test_67_points_are_fitted_in_seconds(capsys, tmp_path, model):
    path = written(tmp_path, of_columns(LONG, offset_values(LONG, 0.01)))
    before = time.thread_time()
    whole(capsys, path, "--model", model)
    assert time.thread_time() - before < 3.0


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--offset", "--model", "line"], "--offset is --model offset, but --model is line"),
        (["--n", "N"], "--n belongs to --law joint"),
        (["--seed-column", "seed", "--huber"], "--huber is for one curve"),
        (["--floor", "low"], "--floor is low; expected a number"),
        (["--model", "auto", "--window", "100", "800"], "4 different x, at least 6 are needed"),
        (["--model", "shifted", "--window", "100", "800"], "no shifted law can be fitted"),
        (["--law", "joint"], "--law joint needs --n and --d"),
        (["--law", "joint", "--n", "D", "--d", "seed"], "--x does not belong to --law joint"),
    ],
)
def test_options_that_do_not_go_together_are_one_sentence(capsys, curve, more, sentence):
    path = curve(seeds=1) if "--seed-column" not in more else curve()
    status, out, error = fitted(capsys, path, "--x", "D", "--y", "loss", *more)
    assert (status, out, error.count("\n")) == (2, "", 1)
    assert sentence in error


def test_the_joint_law_of_runs_comes_with_intervals_influence_and_allocation(capsys, tmp_path):
    generator = np.random.default_rng(0)
    n, d = 10 ** generator.uniform(7.5, 10, 60), 10 ** generator.uniform(9, 11.5, 60)
    loss = (1.8 + 480 * n**-0.35 + 2100 * d**-0.37) * np.exp(0.003 * generator.normal(size=60))
    loss[7] *= 1.5
    path = tmp_path / "runs.csv"
    rows = [
        f"{a!r},{b!r},{c!r}" for a, b, c in zip(*map(np.ndarray.tolist, (n, d, loss)), strict=True)
    ]
    path.write_text("\n".join(["N,D,loss", *rows]) + "\n")
    asked = [str(path), "--law", "joint", "--n", "N", "--d", "D", "--y", "loss"]
    every = json.loads(fitted(capsys, *asked)[1])
    assert every["influence"][0]["row"] == 8
    assert every["optimal"][0]["compute"] == pytest.approx(float(np.max(6 * n * d)))
    found = json.loads(fitted(capsys, *asked, "--leave-out", "1", "--compute", "1e21,1e24")[1])
    assert (found["left_out"], found["n_runs"]) == ([8], 59)
    truth = {"E": 1.8, "A": 480, "alpha": 0.35, "B": 2100, "beta": 0.37}
    for name, (value, low, high) in found["parameters"].items():
        assert low <= value <= high
        assert 0.8 * low < truth[name] < 1.25 * high
    best = found["optimal"][1]
    assert 6 * best["N"][0] * best["D"][0] == pytest.approx(1e24)
    assert best["N"][1] < best["N"][0] < best["N"][2]
    status, _, error = fitted(capsys, *asked, "--leave-out", "60")
    assert (status, "--leave-out is 60; expected 0 to 52" in error) == (2, True)
