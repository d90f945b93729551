"""Any number of an experiment with its interval over seeds, from a random stream of its own.

A stream is named after the quantity, so a quantity stays as it is when others come or go.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from scalinglaws.statistics.bootstrap import BOOTSTRAP_KIND, Interval, bootstrap, student_interval
from scalinglaws.statistics.quantity import Quantity, quantity, unavailable
from scalinglaws.streams import generator

Array = np.ndarray
LEVEL = 0.95


@dataclass(frozen=True)
class Draws:
    """How often seeds are drawn (2,000: 1.6 % Monte Carlo error of the standard error), and the
    random stream of the quantity of a given name.
    """

    count: int
    stream: Callable[[str], np.random.Generator]


def named_draws(count: int, root: int, paper: str, fit: str, key: str = "quantity") -> Draws:
    """Draws whose streams are (root seed, paper, fit, {key: name of the quantity})."""
    return Draws(count, lambda name: generator(root, paper, fit, {key: name}, "bootstrap"))


def over_seeds(
    statistic: Callable[[Array], float], n_seeds: int, draws: Draws, name: str, **facts: Any
) -> Quantity:
    """A statistic of seed indices (n_seeds,), bootstrapped over the seeds as `bootstrap` does.

    NaN or InputError marks a draw in which the statistic fails; `facts` as in `quantity`.
    """
    found = bootstrap(statistic, n_seeds, draws=draws.count, generator=draws.stream(name))
    return of_interval(found, n_seeds, **facts)


def mean_over_seeds(
    values: Array, draws: Draws, name: str, *, lost: str = "diverged", **facts: Any
) -> Quantity:
    """Mean of one number per seed (seeds,), with their range as its scan.

    A value that is not finite leaves the quantity unavailable; `lost` says how a seed gets there.
    """
    values = np.asarray(values, dtype=float)
    n_seeds = len(values)
    if failed := int((~np.isfinite(values)).sum()):
        return unavailable(f"{failed} of {n_seeds} seeds {lost}", n_seeds=n_seeds, **facts)
    facts["scan"] = (values.min(), values.max())
    return over_seeds(lambda chosen: float(values[chosen].mean()), n_seeds, draws, name, **facts)


def drawn_counts(n_seeds: int, count: int, source: np.random.Generator) -> Array:
    """(count, n_seeds) how often each seed is drawn, for chains that run for all draws at once."""
    return source.multinomial(n_seeds, np.full(n_seeds, 1 / n_seeds), size=count)


def of_drawn(estimate: float, drawn: Array, n_seeds: int, **facts: Any) -> Quantity:
    """The quantity of an estimate and its values (draws,) for the seeds of `drawn_counts`."""
    return of_interval(student_interval(estimate, drawn, n_seeds, LEVEL), n_seeds, **facts)


def of_interval(found: Interval, n_seeds: int, **facts: Any) -> Quantity:
    why = "one seed has no spread over seeds" if n_seeds < 2 else None
    known = {"interval_kind": BOOTSTRAP_KIND, "n_seeds": n_seeds, "why": why}
    ends = (found.low, found.high)
    error = found.standard_error
    return quantity(found.estimate, ends, standard_error=error, **{**known, **facts})
