"""Largest of several numbers that share their seeds: spreads, largest differences.

The largest of noisy numbers is too large by noise, and its bootstrap distribution does not know it
(largest less smallest exponent of four equal ones: 95 % intervals cover 87 %). So the interval
comes from the numbers themselves. The largest is at least any of them, which gives the lower end,
Bonferroni-corrected over those that may be the largest; it is one of them, so the largest of
their upper ends holds it without a correction.
"""

from collections.abc import Sequence

import numpy as np
from scipy.special import ndtr

from scalinglaws.statistics.student import LEVEL, Estimate, reaches

Array = np.ndarray


def largest_of(
    contrasts: Array, parts: Sequence[Estimate], least: float = -np.inf
) -> tuple[float, float, float]:
    """Largest of the sums contrasts (m, k) @ the k parts, and the ends of its 95 % interval.

    `least`: what it cannot fall below. The ends are NaN with one seed.
    """
    values = contrasts @ np.array([part.value for part in parts])
    influences = contrasts @ np.array([part.influences for part in parts])
    plain = reaches(influences, LEVEL)
    high = float(np.max(values + plain.above))
    candidates = max(1, int(np.sum(values + plain.above >= np.max(values - plain.below))))
    corrected = reaches(influences, 1 - (1 - LEVEL) / candidates)
    low = float(np.max(values - corrected.below))
    return float(values.max()), max(least, low), high


def differences(count: int) -> Array:
    """(count (count - 1), count) contrasts: every one less every other one."""
    unit = np.eye(count)
    return np.array([unit[i] - unit[j] for i in range(count) for j in range(count) if i != j])


def mean_size(parts: Sequence[Estimate]) -> tuple[float, float, float]:
    """Mean of the absolute values of the parts, and the ends of its 95 % interval.

    Absolute values of noise do not average out: the lower end is lowered by how much noise adds
    to the estimate, were the parts exactly what was found.
    """
    values = np.array([part.value for part in parts])
    influences = np.array([part.influences for part in parts])
    signs = np.where(values < 0, -1.0, 1.0)
    estimate = float(np.mean(np.abs(values)))
    reach = reaches((signs[:, None] * influences).mean(axis=0), LEVEL)
    excess = float(np.mean(noise_in_size(np.abs(values), reaches(influences, LEVEL).error)))
    return estimate, max(0.0, estimate - excess - float(reach.below)), estimate + float(reach.above)


def noise_in_size(sizes: Array, errors: Array) -> Array:
    """(n,) E|size + error z| - size for a standard normal z: the mean of the folded normal."""
    ratio = sizes / np.where(errors > 0, errors, 1.0)
    folded = np.sqrt(2 / np.pi) * np.exp(-(ratio**2) / 2) + ratio * (1 - 2 * ndtr(-ratio)) - ratio
    return np.where(errors > 0, errors * folded, 0.0)
