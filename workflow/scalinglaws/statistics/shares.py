"""Shares: numbers between 0 and 1 whose seeds may all agree.

Seeds that all show a share of 1 have no variance, but do not prove it: an interval of width zero
would "reproduce" any claim below. The exact binomial interval (Clopper and Pearson 1934) knows
this. Where trials within a seed are alike, there are fewer independent ones than trials: their
effective number is the binomial variance over that found over the seeds, and Student's quantile
for few seeds lowers it further (Korn and Graubard 1998, Survey Methodology 24, 193).
"""

from typing import Any

import numpy as np
from scipy.special import betaincinv

from scalinglaws.statistics.quantity import Quantity, quantity, unavailable
from scalinglaws.statistics.student import LEVEL, critical

Array = np.ndarray
KIND = "exact binomial, effective number of trials"


def share_over_seeds(values: Array, trials: int, **facts: Any) -> Quantity:
    """Mean of the shares (seeds,) with its interval.

    `trials`: independent trials of all seeds together, at most: what counts where all seeds agree.
    """
    values = np.asarray(values, dtype=float)
    n_seeds = len(values)
    known = {"n_seeds": n_seeds, **facts}
    if not np.all(np.isfinite(values)) or not n_seeds:
        return unavailable("a seed has no share", **{**known, "n_seeds": n_seeds})
    share = float(values.mean())
    low, high = exact_binomial(share, effective_trials(values, trials))
    error = float(values.std(ddof=1) / np.sqrt(n_seeds)) if n_seeds > 1 else None
    degrees = n_seeds - 1 if n_seeds > 1 else None
    kinds: dict[str, Any] = {"interval_kind": KIND, "degrees": degrees, "standard_error": error}
    return quantity(share, (low, high), **{**known, **kinds})


def effective_trials(values: Array, trials: int) -> float:
    share, n_seeds = float(values.mean()), len(values)
    if n_seeds < 2:
        return 1.0
    variance = float(values.var(ddof=1)) / n_seeds
    if variance <= 0 or not 0 < share < 1:
        return float(trials)
    ratio = (critical(trials, LEVEL) if trials > 1 else critical(2, LEVEL)) / critical(
        n_seeds, LEVEL
    )
    return min(float(trials), share * (1 - share) / variance * ratio**2)


def exact_binomial(share: float, trials: float, level: float = LEVEL) -> tuple[float, float]:
    """Clopper and Pearson's interval for share * trials successes, which need not be whole."""
    tail, successes = (1 - level) / 2, share * trials
    failures = trials - successes
    low = betaincinv(successes, failures + 1, tail) if successes > 0 else 0.0
    high = betaincinv(successes + 1, failures, 1 - tail) if failures > 0 else 1.0
    return float(min(low, share)), float(max(high, share))
