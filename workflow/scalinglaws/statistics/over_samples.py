"""Numbers of simulated perceptrons, whose independent units are samples of data and teacher."""

from collections.abc import Callable

import numpy as np

from scalinglaws.statistics.over_seeds import Draws, over_seeds
from scalinglaws.statistics.quantity import Quantity, unavailable
from scalinglaws.streams import generator

Array = np.ndarray
KIND = "bootstrap over samples, Student t"


def sample_draws(count: int, root: int) -> Draws:
    """Draws whose streams are named by their purpose, the same for all fits of perceptrons."""
    return Draws(
        count, lambda purpose: generator(root, "damico2025", "perceptron_laws", {}, purpose)
    )


def over_samples(
    values: Array,
    purpose: str,
    draws: Draws,
    reduce: Callable[[Array], float] = lambda chosen: float(np.mean(chosen)),
) -> Quantity:
    """Bootstrap a reduction of (samples, points); samples with a value missing are left out."""
    whole = values[np.all(np.isfinite(values), axis=1)]
    masked = int(np.sum(~np.isfinite(values)))
    if len(whole) < 2:
        return unavailable("fewer than 2 samples have all values", n_masked=masked)
    return over_seeds(
        lambda units: reduce(whole[units]),
        len(whole),
        draws,
        purpose,
        interval_kind=KIND,
        n_points=values.shape[1],
        n_masked=masked,
    )


def gap_at(gaps: Array, norms: Array, at: float, purpose: str, draws: Draws) -> Quantity:
    """Mean of gaps (samples, norms) between free and fixed norm at one of the norms (norms,)."""
    place = np.flatnonzero(np.isclose(norms, at, rtol=1e-6))
    if not len(place):
        return unavailable(f"no fixed-norm minimiser was computed at lambda = {at:g}")
    return over_samples(gaps[:, place], purpose, draws)
