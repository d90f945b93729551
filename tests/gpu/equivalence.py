"""Does a lower precision give the results of float32? Judged on paired members, not assumed.

Members of one seed differ in nothing but the precision of their products: they start from the same
weights and see the same images. For each quantity the differences of the logarithms are held
against a margin by two one-sided t-tests at 5 % (Schuirmann 1987): `equivalent` if the 90 %
interval of the mean difference lies within the margin, `different` if it lies outside, else
`undecided`.

The margins were fixed before any run. 5 % in a loss, an error or a norm: a shift that all sizes
share leaves an exponent as it is, and one that grows over a factor of ten in P from nothing to 5 %
moves it by .02, less than any margin of the claims about exponents.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy import stats

MARGIN = math.log(1.05)
LEVEL = 0.05  # of each one-sided test

Columns = Mapping[str, np.ndarray]
Run = Callable[[str], Columns]  # precision -> the columns of a run


def summaries(columns: Columns, quantities: Sequence[str]) -> dict[str, np.ndarray]:
    """Logarithm of each quantity, (seeds,), at the last step; of losses the smallest over time.

    A late loss of a network that fits its training set tells its norm again; where the loss is
    smallest is what the papers read off.
    """
    found = {}
    for name in quantities:
        rows = columns["quantity"] == name
        steps, seeds, values = (columns[key][rows] for key in ("step", "seed", "value"))
        series = [values[seeds == seed][np.argsort(steps[seeds == seed])] for seed in set(seeds)]
        lowest = "loss" in name
        found[name] = np.log([float(s.min() if lowest else s[-1]) for s in series])
    return found


def judged(differences: np.ndarray, margin: float = MARGIN) -> dict[str, Any]:
    """Verdict on the mean of paired differences (seeds,), with its 90 % interval."""
    count, mean = len(differences), float(np.mean(differences))
    error = float(np.std(differences, ddof=1)) / math.sqrt(count)
    half = float(stats.t.ppf(1 - LEVEL, count - 1)) * error
    low, high = mean - half, mean + half
    if -margin < low and high < margin:
        verdict = "equivalent"
    elif low > margin or high < -margin:
        verdict = "different"
    else:
        verdict = "undecided"
    return {"mean": mean, "low": low, "high": high, "seeds": count, "verdict": verdict}


def compared(
    run: Run, precisions: Sequence[str], quantities: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """precision -> quantity -> verdict against the same run in float32."""
    exact = summaries(run("float32"), quantities)
    table = {}
    for precision in precisions:
        other = summaries(run(precision), quantities)
        table[precision] = {name: judged(other[name] - exact[name]) for name in quantities}
    return table
