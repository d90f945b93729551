"""Which plotted curves carry which fitted exponents, found by fitting the plotted points again.

A figure's csv holds points and a fit's file exponents with their windows; that the points of a
curve in a quantity's window give the quantity's very number is what joins them. So a curve that is
shown to move its window over is one whose fit can be repeated from what is shown.
"""

import csv
import io
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np

from scalinglaws.errors import InputError
from scalinglaws.statistics.exponents import INVERSION_KIND, MOVES
from scalinglaws.statistics.power_law import slope_weights
from scalinglaws.statistics.quantity import NUMERICAL
from scalinglaws.statistics.seed_lines import LEAST_POINTS, signed_exponent
from scalinglaws.statistics.windows import select

Array = np.ndarray
Fits = Mapping[str, Mapping[str, Mapping[str, Any]]]
Exponent = Callable[[str, int, int], float | None]  # of a mean and the places of first and last
OUTSIDE, FIT = " outside the window", " fit"  # how figures end names of series that are no curves
SAME = 1e-6  # relative: csv files hold ten digits
SMALLEST = 0.01  # exponents below it are compared absolutely


class Curve(NamedTuple):
    """One plotted series: `x` increasing, `low` and `high` NaN where a point has no bar."""

    panel: str
    series: str
    x: Array
    y: Array
    low: Array
    high: Array


class Derived(NamedTuple):
    """A quantity that is ``factor * exponent``, or ``factor / exponent`` where `inverse`."""

    name: str
    factor: float
    inverse: bool


class Line(NamedTuple):
    """A curve with an exponent fitted to it.

    - `mean`: "log" where a straight line through logarithms is fitted, "signed" where a power law
      through the values themselves (statistics/seed_lines.py); `sign` -1 of a growth exponent
    - `name`, `quantity`: as claims name it (fit.quantity), and what the fit wrote
    - `window`: places of the first and last fitted point
    - `stored`: (first, last, [estimate, low, high]) of windows whose interval the fit wrote too
    - `derived`: all quantities that follow from the exponent, itself first
    """

    curve: Curve
    mean: str
    sign: int
    name: str
    quantity: Mapping[str, Any]
    window: tuple[int, int]
    stored: tuple[tuple[int, int, list[float]], ...]
    derived: tuple[Derived, ...]


def curves_of(text: str) -> list[Curve]:
    """The curves of a figure's csv, points inside and outside a window together."""
    rows: dict[tuple[str, str], dict[float, list[float]]] = {}
    for row in csv.DictReader(io.StringIO(text)):
        series = row["series"].removesuffix(OUTSIDE)
        if series.endswith(FIT) or not row["x"] or not row["y"]:
            continue
        numbers = [float(row[name] or "nan") for name in ("x", "y", "y_low", "y_high")]
        if math.isfinite(numbers[0]) and math.isfinite(numbers[1]):
            rows.setdefault((row["panel"], series), {})[numbers[0]] = numbers
    found = []
    for (panel, series), points in rows.items():
        columns = np.array([points[x] for x in sorted(points)]).T
        found.append(Curve(panel, series, *columns))
    return found


def lines_of(curves: Iterable[Curve], fits: Fits) -> list[Line]:
    """Every curve of LEAST_POINTS points or more with the exponents fitted to it, by window.

    `fits`: fit -> quantity name -> quantity.
    """
    usable = {
        f"{fit}.{key}": quantity
        for fit, named in fits.items()
        for key, quantity in named.items()
        if quantity["estimate"] is not None and quantity["window"] is not None
    }
    lines: dict[tuple[Any, ...], Line] = {}
    for curve in curves:
        exponent = cache(partial(exponent_at, curve))
        for name, quantity in usable.items():
            line = matched(curve, name, quantity, exponent)
            if line is not None:
                key = (curve.panel, curve.series, line.window, line.sign)
                kept = lines.setdefault(key, line)
                if kept is not line:
                    same = Derived(name, 1.0, False)
                    lines[key] = kept._replace(derived=(*kept.derived, same))
    return [line._replace(derived=followed(line, usable)) for line in lines.values()]


def matched(
    curve: Curve, name: str, quantity: Mapping[str, Any], exponent: Exponent
) -> Line | None:
    """The line if the curve's points in the quantity's window give its estimate."""
    places = np.flatnonzero(select(curve.x, *quantity["window"]) & (curve.x > 0))
    if len(places) < LEAST_POINTS or len(places) != quantity["n_points"]:
        return None
    window = (int(places[0]), int(places[-1]))
    mean = "signed" if quantity["interval_kind"] == INVERSION_KIND else "log"
    found = exponent(mean, *window)
    for sign in (1, -1):
        if found is not None and close(sign * found, quantity["estimate"]):
            stored = stored_windows(len(curve.x), exponent, mean, sign, window, quantity)
            own = (Derived(name, 1.0, False),)
            return Line(curve, mean, sign, name, quantity, window, stored, own)
    return None


def exponent_at(curve: Curve, mean: str, first: int, last: int) -> float | None:
    """Decay exponent of the points in places `first` to `last`; None where there is none."""
    part = slice(first, last + 1)
    x, y = curve.x[part], curve.y[part]
    if mean == "log":
        return float(-slope_weights(x, np.ones(len(x))) @ np.log(y)) if np.all(y > 0) else None
    reach = (curve.high[part] - curve.low[part]) / 2
    if not np.all(np.isfinite(reach)):
        return None
    try:
        # Two seeds with the mean and, up to a common factor, the scatter of all seeds: the fit
        # depends on nothing else.
        return float(signed_exponent(x, np.array([y - reach, y + reach])).value)
    except InputError:
        return None


def close(one: float, other: float) -> bool:
    return abs(one - other) <= SAME * max(abs(one), abs(other), SMALLEST)


def stored_windows(
    size: int,
    exponent: Exponent,
    mean: str,
    sign: int,
    window: tuple[int, int],
    quantity: Mapping[str, Any],
) -> tuple[tuple[int, int, list[float]], ...]:
    """The window's own interval and those of its neighbours, as far as the points repeat them."""
    found = []
    if quantity["interval"] is not None:
        found.append((*window, [quantity["estimate"], *quantity["interval"]]))
    for move, (start, end) in MOVES.items():
        first, last = window[0] + start, window[1] + end
        if move not in quantity["variants"] or first < 0 or last >= size:
            continue
        if last - first + 1 < LEAST_POINTS:
            continue
        moved = exponent(mean, first, last)
        if moved is not None and close(sign * moved, quantity["variants"][move][0]):
            found.append((first, last, list(quantity["variants"][move])))
    return tuple(found)


def followed(line: Line, quantities: Mapping[str, Mapping[str, Any]]) -> tuple[Derived, ...]:
    """The line's quantities and those of its fits that are proportional to it or its inverse."""
    found = list(line.derived)
    known = {one.name for one in found}
    fits = {name.partition(".")[0] for name in known}
    for name, quantity in quantities.items():
        if name in known or name.partition(".")[0] not in fits:
            continue
        for inverse in (False, True):
            factor = common_factor(line.quantity, quantity, inverse)
            if factor is not None:
                found.append(Derived(name, factor, inverse))
    return tuple(found)


def common_factor(one: Mapping[str, Any], other: Mapping[str, Any], inverse: bool) -> float | None:
    """c if every number of `other` is c times (over) that of `one`.

    One number alone is always a multiple of another: both must have an interval over seeds, which
    says more than the estimate does.
    """
    if one["window"] != other["window"] or not (sampled(one) and sampled(other)):
        return None
    mine, theirs = numbers_of(one), numbers_of(other)
    products = []
    for name in sorted(mine.keys() & theirs.keys()):
        values = mine[name]
        turned = [values[0], values[2], values[1]] if inverse else values
        pairs = zip(turned, theirs[name], strict=True)
        products += [b * a if inverse else b / a if a else math.inf for a, b in pairs]
    factor = products[0]
    if not math.isfinite(factor) or factor <= 0:
        return None
    return factor if all(abs(p - factor) <= SAME * factor for p in products) else None


def sampled(quantity: Mapping[str, Any]) -> bool:
    return quantity["interval"] is not None and quantity["interval_kind"] != NUMERICAL


def numbers_of(quantity: Mapping[str, Any]) -> dict[str, Sequence[float]]:
    own = [quantity["estimate"], *quantity["interval"]]
    moved = {move: quantity["variants"][move] for move in MOVES if move in quantity["variants"]}
    return {"": own, **moved}
