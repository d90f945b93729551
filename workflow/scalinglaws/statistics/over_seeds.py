"""Any number of an experiment with its interval over seeds.

Means and smooth functions of means have Student's interval of what each seed contributes. Others
(places of minima, medians) are bootstrapped, from a random stream named after the quantity, so
that it stays as it is when others come or go.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from scalinglaws.errors import InputError
from scalinglaws.statistics.bootstrap import BOOTSTRAP_KIND, Interval, bootstrap, student_interval
from scalinglaws.statistics.exponents import STUDENT_KIND, why_no_interval
from scalinglaws.statistics.quantity import NEW_SEEDS, Quantity, quantity, unavailable
from scalinglaws.statistics.student import Estimate, influences_of
from scalinglaws.streams import generator

Array = np.ndarray


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
    return of_interval(found, n_seeds=n_seeds, **facts)


def mean_of_seeds(values: Array) -> Estimate:
    """The mean of one number per seed (seeds,)."""
    values = np.asarray(values, dtype=float)
    return Estimate(float(values.mean()), values - values.mean())


def mean_over_seeds(values: Array, *, lost: str = "diverged", **facts: Any) -> Quantity:
    """Mean of one number per seed (seeds,), with their range as its scan.

    A value that is not finite leaves the quantity unavailable; `lost` says how a seed gets there.
    """
    values = np.asarray(values, dtype=float)
    facts["n_seeds"] = len(values)
    if failed := int((~np.isfinite(values)).sum()):
        facts.pop("interval_kind", None)
        return unavailable(f"{failed} of {len(values)} seeds {lost}", **facts)
    facts["scan"] = (values.min(), values.max())
    return of_estimate(mean_of_seeds(values), **facts)


def smooth_over_seeds(statistic: Callable[[Array], float], n_seeds: int, **facts: Any) -> Quantity:
    """A smooth function of means over the seeds chosen by indices, with the jackknife's influences.

    InputError or a value that is not finite, with a seed left out, leaves it without interval.
    """
    try:
        value = float(statistic(np.arange(n_seeds)))
    except InputError as problem:
        return unavailable(str(problem), n_seeds=n_seeds, **facts)
    return of_estimate(Estimate(value, jackknife(statistic, n_seeds)), n_seeds=n_seeds, **facts)


def jackknife(statistic: Callable[[Array], float], n_seeds: int) -> Array:
    """(seeds,) influences on a smooth statistic, from leaving out each seed in turn."""
    if n_seeds < 2:
        return np.zeros(n_seeds)
    everyone = np.arange(n_seeds)
    try:
        values = np.array([float(statistic(np.delete(everyone, one))) for one in everyone])
    except InputError:
        return np.full(n_seeds, np.nan)
    return influences_of(values)


def of_estimate(found: Estimate, *, n_seeds: int, **facts: Any) -> Quantity:
    """The quantity of a statistic whose influences are known."""
    known = {
        "interval_kind": STUDENT_KIND,
        "n_seeds": n_seeds,
        "target": NEW_SEEDS,
        "degrees": n_seeds - 1 if n_seeds > 1 else None,
        "why": why_no_interval(n_seeds) if n_seeds < 2 else None,
    }
    return quantity(found.value, found.interval(), standard_error=found.error, **{**known, **facts})


def drawn_counts(n_seeds: int, count: int, source: np.random.Generator) -> Array:
    """(count, n_seeds) how often each seed is drawn, for chains that run for all draws at once."""
    return source.multinomial(n_seeds, np.full(n_seeds, 1 / n_seeds), size=count)


def of_drawn(estimate: float, drawn: Array, left_out: Array, **facts: Any) -> Quantity:
    """The quantity of an estimate, of its values (draws,) for the seeds of `drawn_counts` and
    (seeds,) with each seed left out.
    """
    return of_interval(student_interval(estimate, drawn, left_out), **facts)


def of_interval(found: Interval, *, n_seeds: int, **facts: Any) -> Quantity:
    known = {
        "interval_kind": BOOTSTRAP_KIND,
        "n_seeds": n_seeds,
        "target": NEW_SEEDS,
        "degrees": n_seeds - 1 if n_seeds > 1 else None,
        "why": "one seed has no spread over seeds" if n_seeds < 2 else None,
    }
    ends = (found.low, found.high)
    error = found.standard_error
    return quantity(found.estimate, ends, standard_error=error, **{**known, **facts})
