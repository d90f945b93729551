"""The answer of ``fit --law joint``: the joint law of runs in a csv, with intervals."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from scalinglaws.errors import InputError
from scalinglaws.forecast.joint import (
    DRAWS,
    FEWEST,
    FLOPS,
    JointLaw,
    Runs,
    allocation,
    bootstrap_laws,
    check_runs,
    fit_joint,
    ranked_runs,
)
from scalinglaws.statistics.curve_file import read_columns

NAMES = ("E", "A", "alpha", "B", "beta")
LEVEL = 0.95
SEED = 0  # of the bootstrap: the same answer every time
SHOWN = 6  # influential runs at least


def joint_fit(
    file: str,
    n: str,
    d: str,
    loss: str,
    budgets: Sequence[float] | None = None,
    leave_out: int = 0,
) -> dict[str, Any]:
    """Parameters with 95 % intervals, influential runs, allocations. Raises InputError.

    `budgets`: compute 6 N D of the allocations, the largest of the runs by default; `leave_out`:
    so many of the most influential runs are not fitted.
    """
    if len({n, d, loss}) < 3:
        raise InputError("--n, --d and --y name one column twice; expected three columns.")
    columns = read_columns(file, [n, d, loss], None)
    finite = np.all(np.isfinite([columns[name] for name in (n, d, loss)]), axis=0)
    runs = Runs(*(columns[name][finite] for name in (n, d, loss)))
    check_runs(runs)
    count = len(runs.loss)
    if not 0 <= leave_out <= count - FEWEST:
        raise InputError(
            f"--leave-out is {leave_out}; expected 0 to {count - FEWEST} of the {count} runs."
        )
    ranked = ranked_runs(runs, max(SHOWN, leave_out))
    fitted = runs.of(np.delete(np.arange(count), [one.run for one in ranked[:leave_out]]))
    law = fit_joint(fitted)
    laws = bootstrap_laws(fitted, np.random.default_rng(SEED))
    rows = np.flatnonzero(finite) + 1
    largest = float(np.max(FLOPS * runs.n * runs.d))
    return {
        "law": f"{loss} = E + A {n}^-alpha + B {d}^-beta",
        "parameters": {
            name: with_ends(law[place], [one[place] for one in laws])
            for place, name in enumerate(NAMES)
        },
        "interval_kind": f"bootstrap over runs, {DRAWS} draws, percentiles at {LEVEL:.0%}",
        "n_runs": len(fitted.loss),
        "n_masked": int(np.sum(~finite)),
        "left_out": [int(rows[one.run]) for one in ranked[:leave_out]],
        "influence": [
            {
                "row": int(rows[one.run]),
                n: float(runs.n[one.run]),
                d: float(runs.d[one.run]),
                loss: float(runs.loss[one.run]),
                "residual_in_sd": one.spread,
                "shift_in_standard_errors": one.shift,
            }
            for one in ranked
        ],
        "optimal": [optimum(law, laws, budget) for budget in budgets or [largest]],
    }


def optimum(law: JointLaw, laws: Sequence[JointLaw], budget: float) -> dict[str, Any]:
    best = allocation(law, budget)
    drawn = [allocation(one, budget) for one in laws]
    return {
        "compute": budget,
        "N": with_ends(best.n, [one.n for one in drawn]),
        "D": with_ends(best.d, [one.d for one in drawn]),
        "loss": with_ends(best.loss, [one.loss for one in drawn]),
    }


def with_ends(value: float, drawn: Sequence[float]) -> list[float | None]:
    """[value, low, high] at LEVEL; ends are None where draws ran away."""
    low, high = np.percentile(drawn, [50 * (1 - LEVEL), 50 * (1 + LEVEL)])
    return [float(part) if np.isfinite(part) else None for part in (value, low, high)]
