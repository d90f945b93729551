"""All that ``fit`` tells about a curve in a csv: the exponent, and how far it can be trusted."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from scalinglaws.errors import InputError
from scalinglaws.forecast.comparison import Comparison, compare_models
from scalinglaws.forecast.shifted import fit_shifted
from scalinglaws.forecast.tangent import (
    SURE,
    Tangent,
    autocorrelation,
    bend_of,
    block_interval,
    huber_fit,
    is_correlated,
    other_intervals,
    point_influences,
    tangent,
)
from scalinglaws.statistics.curve_file import by_seed, fit_file, read_columns
from scalinglaws.statistics.power_law import PowerLaw, fit_power_law
from scalinglaws.statistics.windows import fitted_window, select

Array = np.ndarray
LEVEL = 0.95
SHOWN = 3  # influential points
MASKED = (
    "{n} values are missing or not finite: the mean over seeds is over fewer of them there, which "
    "bends the curve where seeds differ in level"
)
FLOOR = (
    "the offset is held at {floor:g} or more, as losses and errors cannot be lower (--floor lifts "
    "this bound)"
)
AT_FLOOR = (
    "without the bound the offset would be {offset:.4g}, so it is held at {floor:g}: the law is a "
    "straight line in log (y - {floor:g}) (--floor none lifts the bound)"
)
BENT = (
    "the curve bends away from the law (p = {p:.2g}): the exponent is that of this window, see "
    "scan and --model auto"
)
CORRELATED = (
    "neighbouring residuals are correlated (r = {r:.2f}), as points of one run are: the interval "
    "is the wider of that from residuals and a block bootstrap; several runs (--seed-column) give "
    "a better one"
)


def whole_fit(
    file: str,
    x: str,
    y: str,
    *,
    model: str = "line",
    floor: float | None = 0.0,
    seed_column: str | None = None,
    window: Sequence[float] | None = None,
    huber: bool = False,
) -> dict[str, Any]:
    """Answer of the verb ``fit``, ready for json. Raises InputError for what cannot be fitted.

    `model`: "line", "offset", "shifted" or "auto" (the simplest that forecasts the curve's later
    points as well as the best); `floor`: least offset, None for no bound.
    """
    curve = Points(file, x, y, seed_column, window)
    compared = None
    if model == "auto":
        compared = compare_models(curve.x, curve.y, floor or 0.0)
        model = compared.chosen
    if huber and seed_column:
        raise InputError(
            "--huber is for one curve; with --seed-column the mean over seeds is fitted: leave one "
            "of the two out."
        )
    answer = (
        shifted_answer(curve, floor)
        if model == "shifted"
        else law_answer(curve, model, floor, huber)
    )
    return {**answer, **compared_part(compared)}


class Points:
    """The curve that is fitted, sorted: x, y (n,), and samples (seeds, n) where there are seeds."""

    def __init__(
        self,
        file: str,
        x: str,
        y: str,
        seed_column: str | None,
        window: Sequence[float] | None,
    ) -> None:
        self.request = (file, x, y, seed_column)
        self.window = window
        if x == y:
            raise InputError(f"--x and --y both name column {x!r}; expected two columns.")
        columns = read_columns(file, [x, y], seed_column)
        if seed_column is None:
            order = np.argsort(columns[x], kind="stable")
            abscissae, self.samples = columns[x][order], columns[y][order][None, :]
        else:
            abscissae, self.samples = by_seed(file, columns, x, y, seed_column)
        inside = np.full(len(abscissae), True) if window is None else select(abscissae, *window)
        enough = 1 if seed_column is None else min(2, len(self.samples))
        inside &= np.isfinite(self.samples).sum(axis=0) >= enough
        self.x, self.samples = abscissae[inside], self.samples[:, inside]

    @property
    def seeds(self) -> Array | None:
        return self.samples if self.request[3] is not None else None

    @property
    def y(self) -> Array:
        """Arithmetic mean over the finite values."""
        return np.asarray(np.nanmean(self.samples, axis=0))

    def mean(self, model: str) -> Array:
        """As the fit averages: geometric for a line, arithmetic next to an offset."""
        if model != "line" or self.seeds is None:
            return self.y
        with np.errstate(all="ignore"):
            return np.asarray(np.exp(np.nanmean(np.log(self.samples), axis=0)))


def law_answer(curve: Points, model: str, floor: float | None, huber: bool) -> dict[str, Any]:
    """For a line, or a line and an offset."""
    notes = []
    held = 0.0
    offset = model == "offset"
    if offset and floor is not None:
        check_floor(curve, floor)
        free = fit_power_law(curve.x, curve.y, offset=True)
        notes.append(FLOOR.format(floor=floor))
        if free.offset < floor:
            offset, held = False, floor
            notes = [AT_FLOOR.format(offset=free.offset, floor=floor)]
    file, x, y, seed_column = curve.request
    found = fit_file(file, x, y, seed_column, offset, curve.window, held)
    if found["estimate"] is None:
        raise InputError(f"{file}: {found['why']}")
    kept = ("interval", "window", "scan", "standard_error", "interval_kind", "n_points", "n_seeds")
    answer = {"exponent": found["estimate"], **{name: found[name] for name in kept}}
    answer |= {name: found[name] for name in ("n_masked", "left_out")}
    values = curve.mean("offset" if offset else "line") - held
    law = fit_power_law(curve.x, values, offset=offset)
    at = tangent(curve.x, values, law, offset=offset)
    answer |= parameters(curve, at, offset, held)
    answer |= around(curve, at, answer, held, notes)
    if huber:
        robust, interval = huber_fit(
            curve.x,
            values,
            law,
            offset=offset,
            floor=-np.inf if floor is None else floor - held,
            level=LEVEL,
        )
        answer["huber"] = {
            "exponent": robust.exponent,
            "interval": ends_of(interval),
            "amplitude": robust.amplitude,
            "offset": robust.offset + held,
        }
    if found["n_masked"]:
        notes.append(MASKED.format(n=found["n_masked"]))
    answer["model"] = model
    answer |= {"note": "; ".join(notes)} if notes else {}
    answer |= {"why": found["why"]} if found["why"] else {}
    return answer


def check_floor(curve: Points, floor: float) -> None:
    lowest = float(np.nanmin(curve.samples)) if curve.samples.size else np.inf
    if not floor < lowest:
        raise InputError(
            f"--floor is {floor:g}; expected less than every value (the lowest is {lowest:g}), or "
            "none for no bound."
        )


def parameters(curve: Points, at: Tangent, offset: bool, held: float) -> dict[str, Any]:
    """Amplitude and offset with intervals: to first order, or over seeds left out in turn."""
    found = other_intervals(at, LEVEL)
    if curve.seeds is not None:
        found = over_seeds_left_out(curve, at.law, offset, held)
    low_high = found.get("offset")
    answer: dict[str, Any] = {
        "amplitude": at.law.amplitude,
        "amplitude_interval": ends_of(found.get("amplitude")),
        "offset": at.law.offset + held,
        "offset_interval": ends_of(low_high) if offset else None,
    }
    return answer


def over_seeds_left_out(
    curve: Points, law: PowerLaw, offset: bool, held: float
) -> dict[str, tuple[float, float]]:
    """Jackknife over seeds, Student; nothing where a seed cannot be spared."""
    from scipy.special import stdtrit

    n_seeds = len(curve.samples)
    laws = []
    for seed in range(n_seeds):
        rest = np.delete(curve.samples, seed, axis=0) - held
        if len(rest) == 0 or not np.all(np.isfinite(rest).any(axis=0)) or np.any(rest <= 0):
            return {}
        mean = np.nanmean(rest, axis=0) if offset else np.exp(np.nanmean(np.log(rest), axis=0))
        try:
            laws.append(fit_power_law(curve.x, mean, offset=offset))
        except InputError:
            return {}
    reach = float(stdtrit(n_seeds - 1, (1 + LEVEL) / 2))

    def error(values: Array) -> float:
        return reach * float(np.sqrt((n_seeds - 1) * np.var(values)))

    amplitude = error(np.log(np.array([one.amplitude for one in laws])))
    spread = error(np.array([one.offset for one in laws]))
    with np.errstate(over="ignore"):
        ends = law.amplitude * np.exp(np.array([-amplitude, amplitude]))
    return {
        "amplitude": (float(ends[0]), float(ends[1])),
        "offset": (law.offset - spread, law.offset + spread),
    }


def around(
    curve: Points, at: Tangent, answer: dict[str, Any], held: float, notes: list[str]
) -> dict[str, Any]:
    """Lack of fit, influence of points, autocorrelation, and the interval that asks for."""
    seeds = None if curve.seeds is None else curve.seeds - held
    bend = bend_of(at, seeds)
    if bend is not None and bend.p_value < SURE:
        notes.append(BENT.format(p=bend.p_value))
    found: dict[str, Any] = {
        "lack_of_fit": bend and bend._asdict(),
        "influence": [one._asdict() for one in point_influences(at, SHOWN)],
        "autocorrelation": autocorrelation(at),
    }
    if seeds is None and is_correlated(at) and answer["interval"] is not None:
        low, high = block_interval(at, LEVEL)
        found["interval"] = [min(low, answer["interval"][0]), max(high, answer["interval"][1])]
        found["interval_kind"] = f"{answer['interval_kind']}, widened by a block bootstrap"
        found["standard_error"] = None
        notes.append(CORRELATED.format(r=found["autocorrelation"]))
    return found


def shifted_answer(curve: Points, floor: float | None) -> dict[str, Any]:
    """For a shifted law, whose offset always has a floor (0 unless another is given)."""
    least = floor or 0.0
    check_floor(curve, least)
    if np.any(curve.x <= 0):
        raise InputError(f"{curve.request[0]}: a value of {curve.request[1]} is not positive.")
    found = fit_shifted(curve.x, curve.y, least, LEVEL)
    notes = [FLOOR.format(floor=least)]
    answer: dict[str, Any] = {
        "exponent": found.exponent,
        "interval": found.interval and list(found.interval),
        "interval_kind": "profile of the sum of squares of the mean curve",
        "window": fitted_window(curve.x),
        "n_points": len(curve.x),
        "n_seeds": len(curve.samples),
        "amplitude": found.amplitude,
        "offset": found.offset,
        "shift": found.shift,
        "model": "shifted",
        "note": "; ".join(notes),
    }
    if found.interval is None:
        answer["why"] = "the points do not bound exponent, offset and shift together"
    return answer


def compared_part(compared: Comparison | None) -> dict[str, Any]:
    if compared is None:
        return {}
    return {
        "comparison": {
            "chosen": compared.chosen,
            "origins": compared.origins,
            "error_of_log_forecast": compared.errors,
            "rule": "the simplest law whose error at rolling origins is within 10 % of the best",
        }
    }


def ends_of(pair: tuple[float, float] | None) -> list[float] | None:
    return list(pair) if pair is not None and bool(np.all(np.isfinite(pair))) else None
