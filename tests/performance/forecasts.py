"""Forecasts held against public learning curves and published forecasters.

    python tests/performance/forecasts.py FOLDER [--output FILE.csv]

FOLDER holds `curves.csv` (columns Domain, Task, Model, Seen Examples, Loss, Training: 1 to fit, 0
held out), curves of Alabdulmohsin, Neyshabur and Zhai 2022 (arXiv:2209.06640), and optionally
`chinchilla.csv` (N, D, loss). None of it belongs to the project. Errors are root mean squares of
log forecast - log value over a curve's points, then means over curves; coverage is the mean over
curves of the share of points inside. Exit status 1 if a bound is missed.
"""

import argparse
import csv
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from scalinglaws.errors import InputError
from scalinglaws.files import write_whole
from scalinglaws.forecast.forecasts import Forecaster, forecaster
from scalinglaws.forecast.joint import Runs, bootstrap_laws, fit_joint, ranked_runs
from scalinglaws.statistics.power_law import fit_power_law

Array = np.ndarray
FACTORS = (2.0, 4.0, 10.0)  # ends of the bins of distance, x / last x
BINS = ("1 to 2", "2 to 4", "4 to 10", "above 10")
FEW = (6, 8, 12)  # points, evenly spaced in log x over the fit part
# Mean held-out error of log y on all 92 curves, of which the folder holds 43: no like for like.
PUBLISHED = (
    ("M2, Alabdulmohsin et al. 2022, their code, all 92 curves", 0.068),
    ("M3, Alabdulmohsin et al. 2022, their code, all 92 curves", 0.052),
    ("M4, Alabdulmohsin et al. 2022, their code, all 92 curves", 0.035),
    ("broken law, Caballero et al. 2022, bounded multi-start, all 92 curves", 0.033),
)
EPOCH = {"E": 1.8172, "A": 478.0, "alpha": 0.347, "B": 2143.0, "beta": 0.367}


class Split(NamedTuple):
    """A curve's points to fit, (n,), and those to forecast, (m,)."""

    kind: str
    x: Array
    y: Array
    later_x: Array
    later_y: Array


class Score(NamedTuple):
    kind: str
    error: float
    coverage: float
    half_width: float
    seconds: float
    distance: Array
    inside: Array
    supported: Array


def curves(folder: Path) -> dict[tuple[str, ...], tuple[Array, Array, Array]]:
    """Of each curve: x, y and whether a point is to fit; values of one x are averaged."""
    found: dict[tuple[str, ...], dict[tuple[float, bool], list[float]]] = {}
    with open(folder / "curves.csv", newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            key = (row["Domain"], row["Task"], row["Model"])
            place = (float(row["Seen Examples"]), row["Training"] == "1")
            found.setdefault(key, defaultdict(list))[place].append(float(row["Loss"]))
    result = {}
    for key, points in found.items():
        places = sorted(points)
        y = np.array([np.mean(points[place]) for place in places])
        x, fit = (np.array(part) for part in zip(*places, strict=True))
        result[key] = (x, y, fit)
    return result


def splits(x: Array, y: Array, fit: Array) -> Iterator[Split]:
    """The official split, and harder ones: the fit part cut, or thinned to few points."""
    held = x[~fit], y[~fit]
    fit_x, fit_y = x[fit], y[fit]
    yield Split("official", fit_x, fit_y, *held)
    largest = max(fit_x[-1], held[0][-1])
    cuts = {
        "x up to a quarter of the largest": largest / 4,
        "x up to a quarter of the fit part": fit_x[-1] / 4,
        "x up to a tenth of the fit part": fit_x[-1] / 10,
        "first quarter of the points": fit_x[max(len(fit_x) // 4 - 1, 0)],
    }
    for kind, last in cuts.items():
        first = fit_x <= last
        later_x = np.append(fit_x[~first], held[0])
        yield Split(kind, fit_x[first], fit_y[first], later_x, np.append(fit_y[~first], held[1]))
    for few in FEW:
        targets = np.linspace(np.log(fit_x[0]), np.log(fit_x[-1]), few)
        chosen = np.unique([int(np.argmin(np.abs(np.log(fit_x) - one))) for one in targets])
        if len(chosen) >= min(few, FEW[0]):
            yield Split(f"{few} points", fit_x[chosen], fit_y[chosen], *held)


def scored(split: Split) -> Score | None:
    """None where the curve is too short to be forecast."""
    start = time.thread_time()
    try:
        made = forecaster(split.x, split.y)
    except InputError:
        return None
    error = np.log(made.values(split.later_x)) - np.log(split.later_y)
    seconds = time.thread_time() - start
    half = made.half_width(split.later_x, 0.9)
    return Score(
        split.kind,
        float(np.sqrt(np.mean(error**2))),
        float(np.mean(np.abs(error) <= half)),
        float(np.median(half)),
        seconds,
        split.later_x / made.last,
        np.abs(error) <= half,
        split.later_x <= made.farthest,
    )


def error_of(law: Callable[[Array], Array], split: Split) -> float:
    values = np.asarray(law(split.later_x))
    values = np.maximum(values, 1e-3 * np.min(split.later_y))  # where an offset went below zero
    return float(np.sqrt(np.mean((np.log(values) - np.log(split.later_y)) ** 2)))


def plain_law(x: Array, y: Array, offset: bool) -> Callable[[Array], Array]:
    """Without an offset where the points determine none."""
    try:
        return fit_power_law(x, y, offset=offset)
    except InputError:
        return fit_power_law(x, y)


def covered_by_bin(scores: Sequence[Score]) -> list[float]:
    """Coverage per bin of distance, mean over curves and splits, of the points supported."""
    parts: list[list[float]] = [[] for _ in BINS]
    for one in scores:
        place = np.digitize(one.distance, np.array(FACTORS) * (1 + 1e-4))
        for number, part in enumerate(parts):
            of = (place == number) & one.supported
            if np.any(of):
                part.append(float(np.mean(one.inside[of])))
    every = [value for part in parts for value in part]
    return [float(np.mean(part)) for part in parts] + [float(np.mean(every))]


class Row(NamedTuple):
    what: str
    value: float
    least: float | None = None
    most: float | None = None

    @property
    def kept(self) -> bool:
        above = self.least is None or self.value >= self.least
        return above and (self.most is None or self.value <= self.most)


def curve_rows(folder: Path) -> list[Row]:
    scores: dict[str, list[Score]] = defaultdict(list)
    refused: dict[str, int] = defaultdict(int)
    line, offset = [], []
    lowest = np.inf
    for x, y, fit in curves(folder).values():
        for split in splits(x, y, fit):
            found = scored(split)
            if found is None:
                refused[split.kind] += 1
                continue
            scores[split.kind].append(found)
            if split.kind == "official":
                line.append(error_of(plain_law(split.x, split.y, False), split))
                offset.append(error_of(plain_law(split.x, split.y, True), split))
                lowest = min(lowest, float(forecaster(split.x, split.y).values(1e3 * x).min()))
    rows = []
    bounds = {"official": 0.028, "x up to a quarter of the largest": 0.07}
    for kind, of in scores.items():
        name = f"{kind}: {{}} ({len(of)} curves, {refused[kind]} too short)"
        rows.append(Row(name.format("error"), mean(of, "error"), None, bounds.get(kind)))
        coverage = mean(of, "coverage")
        official = kind == "official"
        rows.append(Row(name.format("coverage at 90 %"), coverage, 0.86 if official else None))
        width = float(np.median([one.half_width for one in of]))
        rows.append(Row(name.format("median half-width"), width, None, 0.05 if official else None))
    rows.append(Row("official: refusals", refused["official"], None, 0))
    rows.append(Row("official: least value forecast up to 1000 times as far", lowest, 1e-12))
    seconds = [one.seconds for one in scores["official"]]
    rows.append(Row("seconds a curve, mean", float(np.mean(seconds)), None, 0.1))
    rows.append(Row("seconds a curve, largest", max(seconds)))
    cut = [one for kind, of in scores.items() if "points" not in kind for one in of]
    for name, value in zip([*BINS, "all"], covered_by_bin(cut), strict=True):
        least, most = (0.86, 0.97) if name == "all" else (0.85, None)
        rows.append(Row(f"coverage at {name} times the last x", round(value, 4), least, most))
    few = [one for kind, of in scores.items() if kind.endswith(" points") for one in of]
    few = [one for one in few if one.kind != "first quarter of the points"]
    rows.append(Row("6 to 12 points: coverage", mean(few, "coverage"), 0.88))
    width = float(np.median([one.half_width for one in few]))
    rows.append(Row("6 to 12 points: median half-width", width, None, 0.08))
    rows.append(Row("straight line, these curves: error", float(np.mean(line))))
    rows.append(Row("plain offset, these curves: error", float(np.mean(offset))))
    rows += [Row(f"{name}: error", value) for name, value in PUBLISHED]
    return rows


def mean(scores: Sequence[Score], field: str) -> float:
    return float(np.mean([getattr(one, field) for one in scores]))


def synthetic_rows(curves: int = 200, noise: float = 0.02) -> list[Row]:
    """Offset laws with noise: errors of the mean beside those of the plain offset fit."""
    generator = np.random.default_rng(0)
    ours, plain, inside = [], [], []
    for _ in range(curves):
        n, exponent = generator.choice([8, 12, 20, 40]), generator.choice([0.2, 0.35, 0.5, 1.0])
        offset, span = generator.choice([0.0, 0.05, 0.3, 1.0]), generator.choice([30.0, 100.0, 1e3])
        x = np.geomspace(1.0, span, n)
        y = (offset + x**-exponent) * np.exp(noise * generator.normal(size=n))
        at = np.array([2.0, 10.0]) * span
        truth = np.log(offset + at**-exponent)
        made: Forecaster = forecaster(x, y)
        ours.append(np.log(made.values(at)) - truth)
        law = plain_law(x, y, True)
        plain.append(np.log(np.maximum(law(at), 1e-3 * np.exp(truth))) - truth)
        inside.append(np.abs(ours[-1]) <= made.half_width(at, 0.9))
    rows = []
    for number, times in enumerate((2, 10)):
        # Medians: where the plain fit forecasts below zero its mean is what the cut makes it.
        ratio = np.median(np.abs(ours), axis=0)[number] / np.median(np.abs(plain), axis=0)[number]
        squares = (np.sqrt(np.mean(np.square(one), axis=0))[number] for one in (ours, plain))
        mine, theirs = squares
        name = f"synthetic offset laws, {times} times the last x"
        rows.append(Row(f"{name}: error", float(mine)))
        rows.append(Row(f"{name}: error / plain offset's", float(mine / theirs), None, 1.5))
        rows.append(Row(f"{name}: median |error| / plain offset's", float(ratio)))
        rows.append(Row(f"{name}: coverage at 90 %", float(np.mean(inside, axis=0)[number])))
    return rows


def joint_rows(folder: Path) -> list[Row]:
    if not (folder / "chinchilla.csv").is_file():
        return []
    with open(folder / "chinchilla.csv", newline="", encoding="utf-8") as stream:
        table = [
            [float(row[name]) for name in ("N", "D", "loss")] for row in csv.DictReader(stream)
        ]
    every = Runs(*np.array(table).T)
    highest = np.argsort(every.loss)[-5:]
    runs = every.of(np.delete(np.arange(len(every.loss)), highest))
    fit_joint(runs)
    start = time.thread_time()
    law = fit_joint(runs)
    seconds = time.thread_time() - start
    rows = [
        Row(f"joint law, {name}: ours / Epoch's", value / EPOCH[name], 0.99, 1.01)
        for name, value in zip(EPOCH, law, strict=True)
    ]
    rows.append(Row("joint law: seconds", seconds, None, 0.1))
    start = time.thread_time()
    bootstrap_laws(runs, np.random.default_rng(0))
    rows.append(Row("joint law: seconds of 300 draws", time.thread_time() - start, None, 15.0))
    named = {one.run for one in ranked_runs(every, 5)}
    same = len(named & set(highest.tolist()))
    rows.append(Row("joint law: of Epoch's five outliers, most influential", same, 5))
    return rows


def table_of(folder: Path) -> list[Row]:
    return [*curve_rows(folder), *synthetic_rows(), *joint_rows(folder)]


def main() -> int:
    reader = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    reader.add_argument("folder", type=Path)
    reader.add_argument("--output", type=Path)
    options = reader.parse_args()
    if not (options.folder / "curves.csv").is_file():
        print(f"error: {options.folder} holds no curves.csv; name its folder.", file=sys.stderr)
        return 2
    rows = table_of(options.folder)
    lines = ["what,value,least,most"]
    for row in rows:
        bounds = ["" if end is None else f"{end:g}" for end in (row.least, row.most)]
        lines.append(f'"{row.what}",{row.value:.4g},{",".join(bounds)}')
        mark = "" if row.kept else "  MISSED"
        span = f"[{bounds[0]}, {bounds[1]}]" if any(bounds) else ""
        print(f"{row.what:78s} {row.value:9.4f} {span}{mark}")
    if options.output:
        write_whole(options.output, ("\n".join(lines) + "\n").encode())
    return 0 if all(row.kept for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
