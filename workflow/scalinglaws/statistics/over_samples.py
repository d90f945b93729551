"""Numbers of simulated perceptrons, whose independent units are samples of data and teacher."""

from collections.abc import Callable
from typing import Any

import numpy as np

from scalinglaws.statistics.exponents import STUDENT_KIND
from scalinglaws.statistics.extremes import largest_of
from scalinglaws.statistics.over_seeds import Draws, mean_of_seeds, mean_over_seeds, over_seeds
from scalinglaws.statistics.quantity import NEW_SAMPLES, Quantity, quantity, unavailable
from scalinglaws.streams import generator

Array = np.ndarray
KIND = "bootstrap over samples, Student t, corrected for skewness"
MEAN_KIND = "Student t over samples, corrected for skewness"
TOO_FEW = "fewer than 2 samples have all values"


def sample_draws(count: int, root: int) -> Draws:
    """Draws whose streams are named by their purpose, the same for all fits of perceptrons."""
    return Draws(
        count, lambda purpose: generator(root, "damico2025", "perceptron_laws", {}, purpose)
    )


def whole_samples(values: Array) -> tuple[Array, dict[str, Any]]:
    """The samples of (samples, points) that have all values, and facts of all."""
    whole = values[np.all(np.isfinite(values), axis=1)]
    masked = int(np.sum(~np.isfinite(values)))
    return whole, {"n_points": values.shape[1], "n_masked": masked, "target": NEW_SAMPLES}


def over_samples(
    values: Array, purpose: str, draws: Draws, reduce: Callable[[Array], float]
) -> Quantity:
    """Bootstrap a reduction of (samples, points); samples with a value missing are left out."""
    whole, facts = whole_samples(values)
    if len(whole) < 2:
        return unavailable(TOO_FEW, **facts)
    return over_seeds(
        lambda units: reduce(whole[units]), len(whole), draws, purpose, interval_kind=KIND, **facts
    )


def mean_over_samples(values: Array) -> Quantity:
    """Mean of (samples, points); samples with a value missing are left out."""
    whole, facts = whole_samples(values)
    if len(whole) < 2:
        return unavailable(TOO_FEW, **facts)
    found = mean_over_seeds(whole.mean(axis=1), interval_kind=MEAN_KIND, **facts)
    return {**found, "scan": None}


def largest_mean(values: Array) -> Quantity:
    """Largest over points of the mean over samples of (samples, points)."""
    whole, facts = whole_samples(values)
    if len(whole) < 2:
        return unavailable(TOO_FEW, **facts)
    parts = [mean_of_seeds(column) for column in whole.T]
    value, low, high = largest_of(np.eye(len(parts)), parts)
    facts |= {"n_seeds": len(whole), "degrees": len(whole) - 1}
    return quantity(
        value, (low, high), interval_kind=f"largest of several: {STUDENT_KIND}", **facts
    )


def gap_at(gaps: Array, norms: Array, at: float) -> Quantity:
    """Mean of gaps (samples, norms) between free and fixed norm at one of the norms (norms,)."""
    place = np.flatnonzero(np.isclose(norms, at, rtol=1e-6))
    if not len(place):
        return unavailable(f"no fixed-norm minimiser was computed at lambda = {at:g} at this scale")
    return mean_over_samples(gaps[:, place])
