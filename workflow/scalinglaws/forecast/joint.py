"""The joint law of a loss in parameters N and data D: L = E + A N^-a + B D^-b.

As in Hoffmann et al. 2022 (arXiv:2203.15556, Eq. 10) the sum of Huber losses of log L is minimised,
with their threshold 1e-3. For given (a, b) the law is linear in E, A and B: a grid over the two
exponents by variable projection finds the valley, one polish of all five its floor; no start is
drawn. The compute-optimal allocation at C = 6 N D (their Eq. 4) is N = G (C/6)^(b/(a+b)),
D = (C/6)^(a/(a+b)) / G with G = (a A / (b B))^(1/(a+b)).
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from scalinglaws.errors import InputError

Array = np.ndarray
THRESHOLD = 1e-3  # of Huber's loss, in log L
GRID = np.geomspace(0.05, 2.0, 14)  # exponents a and b at which the other three are projected out
FLOPS = 6.0  # per parameter and token
FEWEST = 8  # runs: five unknowns, and something to judge them by
DRAWS = 300
GRADIENT = 1e-4  # of the cost at which the polish stops: parameters to 1e-6


class JointLaw(NamedTuple):
    """L = offset + a_n N^-alpha + a_d D^-beta (E, A, a, B, b of the papers)."""

    offset: float
    a_n: float
    alpha: float
    a_d: float
    beta: float

    def __call__(self, n: Array, d: Array) -> Array:
        """(m,) losses at n parameters and d data, both (m,)."""
        return np.asarray(
            self.offset
            + self.a_n * np.asarray(n) ** -self.alpha
            + self.a_d * np.asarray(d) ** -self.beta
        )


class Runs(NamedTuple):
    """Parameters, data and losses, each (m,), one entry per run."""

    n: Array
    d: Array
    loss: Array

    def of(self, places: Array) -> "Runs":
        return Runs(self.n[places], self.d[places], self.loss[places])


class Allocation(NamedTuple):
    """The least loss at a compute budget, and the parameters and data that give it."""

    compute: float
    n: float
    d: float
    loss: float


class Influence(NamedTuple):
    """How a run stands out: `residual` log L - log law, in robust standard deviations (`spread`)
    and as the change of the five parameters without it (`shift`, in their standard errors)."""

    run: int
    residual: float
    spread: float
    shift: float


class Scaled(NamedTuple):
    """Runs (m,) as logarithms in units in which the law is well conditioned."""

    u: Array
    w: Array
    target: Array
    n_unit: float
    d_unit: float

    def chosen(self, runs: Array) -> "Scaled":
        return self._replace(u=self.u[runs], w=self.w[runs], target=self.target[runs])

    def law(self, parameters: Array) -> JointLaw:
        e, a, b, alpha, beta = map(float, parameters)
        return JointLaw(
            float(np.exp(e)),
            float(np.exp(a + alpha * np.log(self.n_unit))),
            alpha,
            float(np.exp(b + beta * np.log(self.d_unit))),
            beta,
        )


def scaled(runs: Runs) -> Scaled:
    n, d, loss = runs
    n_unit, d_unit = (float(np.exp(np.mean(np.log(part)))) for part in (n, d))
    return Scaled(np.log(n / n_unit), np.log(d / d_unit), np.log(loss), n_unit, d_unit)


def fit_joint(runs: Runs) -> JointLaw:
    """Fit the joint law. Raises InputError where the runs cannot tell both exponents."""
    check_runs(runs)
    units = scaled(runs)
    return units.law(polished(units, valley(units))[0])


def bootstrap_laws(
    runs: Runs, generator: np.random.Generator, draws: int = DRAWS
) -> list[JointLaw]:
    """Laws of runs drawn with replacement, the run being the independent unit.

    Each starts from the minimum and the curvature of all runs.
    """
    units = scaled(runs)
    start, curvature = polished(units, valley(units))
    chosen = generator.integers(len(runs.loss), size=(draws, len(runs.loss)))
    return [units.law(polished(units.chosen(one), start, curvature)[0]) for one in chosen]


def check_runs(runs: Runs) -> None:
    n, d, loss = runs
    if len(loss) < FEWEST:
        raise InputError(
            f"no joint law: {len(loss)} runs, at least {FEWEST} are needed for its five parameters."
        )
    for name, values in (("N", n), ("D", d), ("the loss", loss)):
        wrong = ~(np.isfinite(values) & (values > 0))
        if np.any(wrong):
            raise InputError(
                f"no joint law: {name} is {values[int(np.argmax(wrong))]:g} in one run; expected "
                "finite numbers above 0."
            )
    for name, values in (("N", n), ("D", d)):
        if len(np.unique(values)) < 3:
            raise InputError(
                f"no joint law: {len(np.unique(values))} different {name}, at least 3 are needed; "
                "fit the other column alone, without --law."
            )
    logs = np.log(np.array([n, d]))
    if abs(np.corrcoef(logs)[0, 1]) > 1 - 1e-6:
        raise InputError(
            "no joint law: N and D change together in all runs, so nothing tells one exponent from "
            "the other; add runs of one N at several D."
        )


def valley(runs: Scaled) -> Array:
    """(log E, log A, log B, a, b), the best of the grid by least squares of relative residuals.

    Terms that come out negative are set to a small share of the loss: the polish starts there.
    """
    u, w, loss = runs.u, runs.w, np.exp(runs.target)
    alpha, beta = (part.ravel() for part in np.meshgrid(GRID, GRID, indexing="ij"))
    powers_n, powers_d = np.exp(-alpha[:, None] * u), np.exp(-beta[:, None] * w)
    terms = np.stack([np.ones_like(powers_n), powers_n, powers_d], axis=1) / loss  # (grid, 3, m)
    right = terms.sum(axis=2)
    gram = terms @ np.swapaxes(terms, 1, 2)
    gram += 1e-12 * np.trace(gram, axis1=1, axis2=2)[:, None, None] * np.eye(3)  # never singular
    parts = np.linalg.solve(gram, right[..., None])[..., 0]
    parts = np.maximum(parts, 1e-3 * np.min(loss))
    squares = np.sum((np.einsum("gt,gtm->gm", parts, terms) - 1) ** 2, axis=1)
    best = int(np.argmin(squares))
    return np.array([*np.log(parts[best]), alpha[best], beta[best]])


def polished(runs: Scaled, start: Array, curvature: Array | None = None) -> tuple[Array, Array]:
    """The minimum of the sum of Huber losses of log L near a start, by BFGS with its gradient.

    Returns it with the inverse curvature there, from which a fit to other draws of the same runs
    starts: the valley is narrow (condition about 1e4), and to learn it takes most of the steps.
    """

    u, w, target = runs.u, runs.w, runs.target

    def cost(parameters: Array) -> tuple[float, Array]:
        e, a, b, alpha, beta = parameters
        parts = np.exp(np.stack([np.full(len(u), e), a - alpha * u, b - beta * w]))
        law = parts.sum(axis=0)
        residual = target - np.log(law)
        slope = np.clip(residual, -THRESHOLD, THRESHOLD)
        value = np.sum(slope * residual - slope**2 / 2) / THRESHOLD
        share = parts / law
        gradient = -np.array(
            [
                slope @ share[0],
                slope @ share[1],
                slope @ share[2],
                -(slope @ (share[1] * u)),
                -(slope @ (share[2] * w)),
            ]
        )
        return float(value), gradient / THRESHOLD

    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        options = {"gtol": GRADIENT, "hess_inv0": curvature}
        found = minimize(cost, start, jac=True, method="BFGS", options=options)
    inverse = np.asarray(found.hess_inv)
    return np.asarray(found.x), (inverse + inverse.T) / 2


def influences(runs: Runs, law: JointLaw) -> list[Influence]:
    """Runs (m of them) from the most to the least influential on a fit by least squares.

    Cook's distance: the change of all parameters when a run is left out, to first order, in units
    of their covariance. Its scale is robust (median), or a few outliers would hide each other.
    """
    n, d, loss = runs
    residual = np.log(loss) - np.log(law(n, d))
    spread = max(1.4826 * float(np.median(np.abs(residual))), 1e-12)
    parts = np.stack([law.a_n * n**-law.alpha, law.a_d * d**-law.beta])
    slopes = np.stack(
        [np.full(len(loss), law.offset), *parts, -parts[0] * np.log(n), -parts[1] * np.log(d)]
    ) / law(n, d)
    orthonormal = np.linalg.svd(slopes.T / np.linalg.norm(slopes, axis=1), full_matrices=False)[0]
    leverage = np.clip(np.sum(orthonormal**2, axis=1), 0.0, 1 - 1e-9)
    shift = np.abs(residual / spread) * np.sqrt(leverage / len(slopes)) / (1 - leverage)
    order = np.argsort(-shift, kind="stable")
    return [
        Influence(int(k), float(residual[k]), float(residual[k] / spread), float(shift[k]))
        for k in order
    ]


def ranked_runs(runs: Runs, most: int) -> list[Influence]:
    """The `most` influential runs, one after another: each in the fit without those before it.

    Ranked all at once, a few far outliers hide the next: the law bends towards them.
    """
    kept = np.arange(len(runs.loss))
    found: list[Influence] = []
    while len(found) < most and len(kept) > FEWEST:
        rest = runs.of(kept)
        first = influences(rest, fit_joint(rest))[0]
        found.append(first._replace(run=int(kept[first.run])))
        kept = np.delete(kept, first.run)
    return found


def allocation(law: JointLaw, compute: float) -> Allocation:
    """Parameters and data of least loss at `compute` = 6 N D floating-point operations."""
    total = law.alpha + law.beta
    factor = (law.alpha * law.a_n / (law.beta * law.a_d)) ** (1 / total)
    size = compute / FLOPS
    n, d = factor * size ** (law.beta / total), size ** (law.alpha / total) / factor
    return Allocation(compute, n, d, float(law(np.array(n), np.array(d))))
