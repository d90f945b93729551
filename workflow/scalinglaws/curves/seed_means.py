"""Means over seeds of one number per seed, and deterministic fits, as quantities."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from scalinglaws.statistics.bootstrap import bootstrap, bootstrap_quantity
from scalinglaws.statistics.quantity import NUMERICAL, Quantity, quantity, unavailable
from scalinglaws.streams import generator

Array = np.ndarray
Statistic = Callable[[Array], float]


def bootstrapped(
    statistic: Statistic, n_seeds: int, settings: Mapping[str, Any], name: str, **facts: Any
) -> Quantity:
    """A statistic of seed indices with its interval over seeds; settings: draws, seed."""
    identity = {"name": name}
    stream = generator(settings["seed"], "worschech2024", "linear", identity, "bootstrap")
    interval = bootstrap(statistic, n_seeds, draws=settings["draws"], generator=stream)
    return bootstrap_quantity(
        interval,
        n_seeds=n_seeds,
        why="one seed has no spread over seeds" if n_seeds < 2 else None,
        **facts,
    )


def mean_over_seeds(
    values: Array, settings: Mapping[str, Any], name: str, **facts: Any
) -> Quantity:
    """Mean of one value per seed; a value that is not finite leaves the quantity unavailable."""
    values = np.asarray(values, dtype=float)
    if lost := int((~np.isfinite(values)).sum()):
        why = f"{lost} of {len(values)} seeds diverged or lack points in the window"
        return unavailable(why, n_seeds=len(values), **facts)
    scan = (values.min(), values.max())
    return bootstrapped(
        lambda chosen: float(values[chosen].mean()), len(values), settings, name, scan=scan, **facts
    )


def computed(estimate: float, error: float, **facts: Any) -> Quantity:
    """A deterministic number with a bound on its numerical error."""
    ends = (estimate - error, estimate + error)
    return quantity(estimate, ends, interval_kind=NUMERICAL, **facts)


def thinned(x: Array, y: Array, measure: Callable[[Array, Array], float], floor: float) -> Any:
    """(measure, its change when every second point is left out, at least `floor`)."""
    full = measure(x, y)
    return full, max(abs(full - measure(x[::2], y[::2])), floor)


def tag(value: float) -> str:
    """A number as part of a name: 0.25 -> 025, 1.0 -> 1, 1.5 -> 15."""
    return f"{value:g}".replace(".", "")
