"""What forecasts were worth, as quantities: coverage of the 90 % intervals, and errors.

Points of one curve share its law, and their forecasts one fit: a curve counts as one unit.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from scalinglaws.errors import InputError
from scalinglaws.forecast.curve import mean_of_seeds
from scalinglaws.forecast.held_out import HeldOut, forecast_rest, straight_line
from scalinglaws.statistics.quantity import NOT_RUN, Quantity, quantity, unavailable
from scalinglaws.statistics.shares import share_over_seeds

Array = np.ndarray
Found = dict[str, Quantity]
NEW_CURVES = "other curves of this kind"


def held_out(sizes: Array, values: Array) -> HeldOut | str:
    """The mean curve over seeds (seeds, n) forecast from its first half, or why it is not.

    Sizes at which no seed has a value are left out.
    """
    kept = np.isfinite(values).any(axis=0)
    try:
        tried = forecast_rest(sizes[kept], mean_of_seeds(values[:, kept]))
    except InputError as problem:
        return str(problem)
    return tried if len(tried.x) else "no later point is within what the first part supports"


def coverage(name: str, shares: Sequence[float], n_points: int) -> Found:
    """Mean share of held-out points inside their 90 % interval; `shares`: one per curve."""
    if not shares:
        why = f"no curve has sizes enough to forecast some from others: {NOT_RUN}"
        return {name: unavailable(why, target=NEW_CURVES)}
    facts = {"n_points": n_points, "target": NEW_CURVES}
    return {name: share_over_seeds(np.array(shares), len(shares), **facts)}


def scores(key: str, curves: Iterable[HeldOut]) -> Found:
    """`coverage_KEY`, and `error_KEY`, `line_error_KEY`: root mean square error of log y, mean over
    curves, of the forecast and of a straight line through the same points."""
    tried = list(curves)
    n_points = sum(len(one.x) for one in tried)
    found = coverage(f"coverage_{key}", [float(np.mean(one.covered)) for one in tried], n_points)
    rivals = {
        f"error_{key}": [one.errors for one in tried],
        f"line_error_{key}": [np.log(straight_line(one.made, one.x) / one.y) for one in tried],
    }
    for name, errors in rivals.items():
        found[name] = mean_error(errors, n_points)
    return found


def mean_error(errors: Sequence[Array], n_points: int) -> Quantity:
    if not errors:
        return unavailable(NOT_RUN, target=NEW_CURVES)
    typical = float(np.mean([np.sqrt(np.mean(one**2)) for one in errors]))
    why = "a description of these curves, no estimate of others"
    return quantity(typical, None, n_points=n_points, n_seeds=len(errors), why=why)
