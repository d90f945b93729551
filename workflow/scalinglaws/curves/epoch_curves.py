"""Test error against time: does it collapse over training sizes as it does against the norm?

Epochs are a time that every size passes equally fast; the number of updates (epochs times P over
the batch size) is the other natural time. Both are compared with the norm on the same runs.
"""

import numpy as np

from scalinglaws.curves.norm_curves import Runs, finite_mean, means_of
from scalinglaws.statistics.norm_laws import (
    Window,
    branch,
    early_spread,
    log10_of,
    median_where,
    spread,
)

Array = np.ndarray
UPDATES = 60  # points of the common axis of updates


def epoch_over_norm(runs: Runs, window: Window, counts: Array) -> dict[str, Array]:
    """(...) log10 of the spread over the fitted sizes of log10(error) at equal epoch, and at equal
    number of updates, each divided by that at equal norm: 0 where the norm does no better.

    The stretch of time corresponds to that of the norm: from where the first size starts to
    descend to where the first size has its optimum.
    """
    by_norm = early_spread(means_of(runs, counts), window)
    curves = finite_mean(runs.by_epoch, np.asarray(counts, dtype=float))
    fitted = window.used(runs.sizes)
    sizes, curves = runs.sizes[fitted], curves[..., fitted, :]
    against_updates = on_updates(runs.epochs, sizes, curves)
    return {
        "epoch_over_norm_spread": log10_of(time_spread(curves, window)) - log10_of(by_norm),
        "updates_over_norm_spread": log10_of(time_spread(against_updates, window))
        - log10_of(by_norm),
    }


def time_spread(curves: Array, window: Window) -> Array:
    start, best = branch(curves, window)
    places = np.arange(curves.shape[-1])
    first, last = start.min(axis=-1)[..., None], best.min(axis=-1)[..., None]
    return median_where(spread(log10_of(curves)), (places >= first) & (places <= last))


def on_updates(epochs: Array, sizes: Array, curves: Array) -> Array:
    """The curves (..., P, n) over the logarithm of the examples seen; NaN outside a run.

    All sizes share the batch size, so examples stand for updates.
    """
    logs = np.log10(epochs)
    low, high = np.log10(sizes.min()) + logs[0], np.log10(sizes.max()) + logs[-1]
    common = np.linspace(low, high, UPDATES)
    flat = curves.reshape(-1, *curves.shape[-2:])
    moved = [
        [
            np.interp(common - np.log10(size), logs, row, np.nan, np.nan)
            for size, row in zip(sizes, draw, strict=True)
        ]
        for draw in flat
    ]
    return np.array(moved).reshape(*curves.shape[:-1], UPDATES)
