"""What the sizes of one scale predict for the larger sizes of another, and how it turned out.

A scale's file may change more than sizes: training steps, a width, the data set. What differs is
named, and forecasts across such a difference are judged apart: they say what the change does, not
whether intervals hold.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scalinglaws.curves.scaling_curves import (
    ScalingCurve,
    line_at,
    planned_sizes,
    series_of,
    settings_at,
)
from scalinglaws.errors import InputError
from scalinglaws.forecast.curve import mean_of_seeds
from scalinglaws.forecast.forecasts import Point, forecaster, points_at

Array = np.ndarray
Sizes = Mapping[str, Any]
MOST_POINTS = 8  # forecast on one curve: the points of a learning curve are close and alike
DIGITS = 6  # significant, as written: the last bits are a machine's own
NEAR = 1e-6  # relative: so close, two abscissae are the same
# How often something is repeated and averaged, and how work is cut: of no expected value.
REPETITIONS = {"seeds", "samples", "orders", "draws", "sets"}
CUTS = {
    *("seeds_per_block", "samples_per_block", "variants_per_block", "sizes_per_block"),
    *("jobs", "blocks", "level_groups"),
}


@dataclass(frozen=True)
class Prediction:
    """Of one curve: forecasts at the sizes that the larger scale runs beyond the last one known.

    - `series`: as the larger scale calls it; `known` sizes up to `last` it rests on
    - `differences`: setting -> its value at both scales, None where one has it not
    - `points`: without numbers, but a reason, where the curve's own record supports none
    - `why`: there is no forecast at all, because ...
    """

    paper: str
    experiment: str
    series: str
    known: int
    last: float
    differences: Mapping[str, Sequence[Any]]
    points: Sequence[Point]
    why: str | None = None

    @property
    def name(self) -> str:
        return f"{self.paper}.{self.experiment}, {self.series}"


def predictions(
    curves: Sequence[ScalingCurve], own: Mapping[str, Sizes], larger: Mapping[str, Sizes]
) -> list[Prediction]:
    """Of all curves that the larger scale carries on; `own`, `larger`: sizes by experiment."""
    found = []
    for curve in curves:
        name = curve.recipe.experiment
        if name in larger and (made := predicted(curve, own[name], larger[name])):
            found.append(made)
    return found


def predicted(curve: ScalingCurve, own: Sizes, larger: Sizes) -> Prediction | None:
    """None where the larger scale has not the line, or no size beyond its last one."""
    if (where := line_at(curve, larger)) is None:
        return None
    known = known_sizes(curve)
    last = float(known[-1])
    beyond = planned_sizes(curve, larger, where)
    beyond = some(beyond[beyond > last * (1 + NEAR)])
    if not len(beyond):
        return None
    head = (curve.recipe.paper, curve.recipe.experiment, series_of(curve.recipe, where))
    at_both = settings_at(curve, own, curve.where), settings_at(curve, larger, where)
    changed = differences(*at_both) | tasks_apart(curve.where, where)
    rest = (len(known), last, changed)
    try:
        sizes, mean = mean_curve(curve)
        points = [written(point) for point in points_at(forecaster(sizes, mean), beyond)]
    except InputError as problem:
        return Prediction(*head, *rest, (), str(problem))
    return Prediction(*head, *rest, points)


def some(sizes: Array) -> Array:
    """At most MOST_POINTS of them, evenly, the last included."""
    count = min(len(sizes), MOST_POINTS)
    return sizes[np.linspace(len(sizes) - 1, 0, count).round().astype(int)[::-1]]


def known_sizes(curve: ScalingCurve) -> Array:
    """Those at which some seed has a value; where none has any, all that were run."""
    kept = np.isfinite(curve.values).any(axis=0)
    return curve.sizes[kept] if kept.any() else curve.sizes


def mean_curve(curve: ScalingCurve) -> tuple[Array, Array]:
    """Sizes at which some seed has a value, and the geometric mean over seeds. Raises InputError
    for values that are not positive."""
    kept = np.isfinite(curve.values).any(axis=0)
    return curve.sizes[kept], mean_of_seeds(curve.values[:, kept])


def written(point: Point) -> Point:
    x, *ends, why = point
    value, low_50, high_50, low_90, high_90 = (
        None if end is None else rounded(end) for end in ends
    )
    return Point(rounded(x), value, low_50, high_50, low_90, high_90, why)


def rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def tasks_apart(own: Sizes, larger: Sizes) -> dict[str, list[Any]]:
    return {key: [own[key], larger[key]] for key in own if own[key] != larger[key]}


def differences(own: Sizes, larger: Sizes) -> dict[str, list[Any]]:
    """Setting -> [value of the one, of the other scale], where they differ; of a record in a
    setting the dotted name. Repetitions and cuts are left out."""
    one, other = dict(flat(own)), dict(flat(larger))
    names = dict.fromkeys([*one, *other])
    return {
        name: [one.get(name), other.get(name)]
        for name in names
        if one.get(name) != other.get(name) and name.rpartition(".")[2] not in REPETITIONS | CUTS
    }


def flat(sizes: Sizes, before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in sizes.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


@dataclass(frozen=True)
class Outcome:
    """One forecast point held against the larger scale's run: the value found there."""

    point: Point
    found: float

    @property
    def error(self) -> float:
        """log of what was found over the forecast."""
        assert self.point.value is not None
        return float(np.log(self.found / self.point.value))

    @property
    def half_width(self) -> float:
        """Of the 90 % interval in log y, above the forecast: below it may end at a floor."""
        assert self.point.value is not None
        assert self.point.high_90 is not None
        return float(np.log(self.point.high_90 / self.point.value))

    @property
    def inside_50(self) -> bool:
        return between(self.point.low_50, self.found, self.point.high_50)

    @property
    def inside_90(self) -> bool:
        return between(self.point.low_90, self.found, self.point.high_90)


def between(low: float | None, value: float, high: float | None) -> bool:
    return low is not None and high is not None and low <= value <= high


@dataclass(frozen=True)
class Judged:
    """A prediction and what came of it; `missing`: its points without a result, `why` none has."""

    prediction: Prediction
    outcomes: Sequence[Outcome]
    missing: int
    why: str | None = None

    @property
    def share_50(self) -> float:
        return float(np.mean([one.inside_50 for one in self.outcomes]))

    @property
    def share_90(self) -> float:
        return float(np.mean([one.inside_90 for one in self.outcomes]))


def judged(prediction: Prediction, curve: ScalingCurve | None) -> Judged:
    """Hold a prediction against the larger scale's curve, None where it was not run."""
    asked = [point for point in prediction.points if point.value is not None]
    if curve is None:
        return Judged(prediction, (), len(asked), "it was not run")
    try:
        sizes, mean = mean_curve(curve)
    except InputError as problem:
        return Judged(prediction, (), len(asked), str(problem))
    values = [value_at(sizes, mean, point.x, curve.timed) for point in asked]
    outcomes = [
        Outcome(point, value)
        for point, value in zip(asked, values, strict=True)
        if value is not None
    ]
    return Judged(prediction, outcomes, len(asked) - len(outcomes))


def value_at(sizes: Array, values: Array, x: float, between_points: bool) -> float | None:
    """The value at x (n,), interpolated in both logarithms if so; None where there is none."""
    near = np.flatnonzero(np.isclose(sizes, x, rtol=10.0 ** (1 - DIGITS), atol=0))
    if len(near):
        return float(values[near[0]])
    if not between_points or not sizes[0] < x < sizes[-1]:
        return None
    return float(np.exp(np.interp(np.log(x), np.log(sizes), np.log(values))))
