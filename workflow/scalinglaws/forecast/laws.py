"""Laws of forecasts, y = E + A (x + s)^-a with E, A and s of 0 or more, many fits at once.

For given exponent a and shift s the law is linear in E and A, so both are projected out (variable
projection, Golub and Pereyra 1973) with their bounds, which two unknowns allow in closed form. A
grid over (a, s) is common to all fits, so its sums are matrix products; around each fit's best
point the grid is then refined. Residuals are relative, with Huber's weights: single spikes of a
training curve do not bend the law.

Bounds hold what a curve alone does not determine: an exponent above 2 or a shift beyond 0.3 of
the last x makes the law an exponential, whose forecasts over long distances are far too low.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from scalinglaws.statistics.power_law import power_of_two

Array = np.ndarray
EXPONENTS = np.geomspace(0.02, 2.0, 40)
SHIFTS = (0.03, 0.3)  # from this share of the first x to this share of the last x of the fit
N_SHIFTS = 12
HUBER = 1.345  # robust standard deviations: 95 % efficiency for normal noise (Huber 1981)
PASSES, REFINEMENTS = 3, 3
EXPONENT_STEPS, SHIFT_STEPS = np.linspace(-1.0, 1.0, 7), np.linspace(-1.0, 1.0, 5)


class Family(NamedTuple):
    """How a law is fitted.

    `recency` r weights points by (x / last x)^r; `spaced` makes the weight a point's share of
    log x, so that a crowd of points counts no more than the range it covers. Without `offset`,
    E is held at its floor.
    """

    name: str
    shifted: bool = False
    spaced: bool = False
    recency: float = 0.0
    offset: bool = True


RECENT = Family("recent", spaced=True, recency=2.0)
SHIFTED = Family("recent, x shifted", shifted=True, spaced=True, recency=2.0)
EVEN = Family("all points alike")
FAMILIES = (RECENT, SHIFTED, EVEN)


class Bound(NamedTuple):
    """Offsets of `least` or more; not `free`: of exactly that."""

    least: float
    free: bool


class Laws(NamedTuple):
    """(k,) laws; x is in units of `x_unit`, y in units of `y_unit`."""

    offset: Array
    amplitude: Array
    exponent: Array
    shift: Array
    x_unit: float
    y_unit: float

    def __call__(self, x: Array) -> Array:
        """(k, m) values at abscissae (m,)."""
        u = np.asarray(x, dtype=float) / self.x_unit
        with np.errstate(over="ignore", under="ignore"):
            powers = (u[None, :] + self.shift[:, None]) ** -self.exponent[:, None]
        return self.y_unit * (self.offset[:, None] + self.amplitude[:, None] * powers)


def fit_laws(
    x: Array, y: Array, ends: Sequence[int] | Array, family: Family, floor: float = 0.0
) -> Laws:
    """One law per number in `ends` (k,): through the first so many points of x, y (n,), sorted.

    `floor` is the least offset. Deterministic: no start is drawn.
    """
    x_unit, y_unit = float(np.exp(np.mean(np.log(x)))), power_of_two(y)
    u, v = x / x_unit, y / y_unit
    bound = Bound(floor / y_unit, family.offset)
    weights = law_weights(u, ends, family)
    last = u[np.asarray(ends) - 1]
    grid = grid_of(u, shift_grid(u, family), EXPONENTS)
    fitted, robust = np.broadcast_to(v, weights.shape), np.ones(weights.shape)
    laws = None
    for _ in range(PASSES):
        relative = weights * robust / fitted**2
        start = on_grid(grid, v, relative, last, bound)
        laws = Laws(*near(u, v, relative, *start, family.shifted, last, bound), 1.0, 1.0)
        fitted = laws(u)
        robust = huber_weights(np.log(v) - np.log(fitted), weights > 0)
    assert laws is not None
    return laws._replace(x_unit=x_unit, y_unit=y_unit)


def law_weights(u: Array, ends: Sequence[int] | Array, family: Family) -> Array:
    """(k, n) weights with sum 1 over the points of each fit, 0 beyond its end."""
    logs = np.log(u)
    weights = np.zeros((len(ends), len(u)))
    for row, end in zip(weights, ends, strict=True):
        inside = logs[:end]
        share = np.gradient(inside) if family.spaced else np.ones(end)
        row[:end] = share * np.exp(-family.recency * (inside[-1] - inside))
        row /= row.sum()
    return weights


def shift_grid(u: Array, family: Family) -> Array:
    if not family.shifted:
        return np.zeros(1)
    low, high = SHIFTS[0] * u[0], SHIFTS[1] * u[-1]
    return np.concatenate([[0.0], np.geomspace(low, max(high, 2 * low), N_SHIFTS)])


class Grid(NamedTuple):
    """Shifts and exponents (g,) of a grid and their powers (x + s)^-a, (g, n)."""

    s: Array
    a: Array
    powers: Array


def grid_of(u: Array, shifts: Array, exponents: Array) -> Grid:
    s, a = (part.ravel() for part in np.meshgrid(shifts, exponents, indexing="ij"))
    with np.errstate(over="ignore", under="ignore"):
        powers = np.exp(-a[:, None] * np.log(u[None, :] + s[:, None]))
    return Grid(s, a, powers)


def on_grid(grid: Grid, v: Array, weights: Array, last: Array, bound: Bound) -> tuple[Array, Array]:
    """Exponent and shift (k,) that are best on the common grid, for weights (k, n)."""
    losses = grid_losses(grid, v, weights, bound)
    losses[grid.s[:, None] > SHIFTS[1] * last[None, :]] = np.inf
    best = np.argmin(losses, axis=0)
    return grid.a[best], grid.s[best]


def grid_losses(grid: Grid, v: Array, weights: Array, bound: Bound) -> Array:
    """(g, k) least sums of squares on the grid, for weights (k, n)."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        first = grid.powers @ np.concatenate([weights, weights * v]).T
        sums = Sums(
            weights.sum(axis=1)[None, :],
            first[:, : len(weights)],
            np.square(grid.powers) @ weights.T,
            (weights @ v)[None, :],
            first[:, len(weights) :],
            (weights @ v**2)[None, :],
        )
    return projected(sums, bound)[2]


def near(
    u: Array,
    v: Array,
    weights: Array,
    exponents: Array,
    shifts: Array,
    shifted: bool,
    last: Array,
    bound: Bound,
) -> tuple[Array, Array, Array, Array]:
    """Offset, amplitude, exponent and shift (k,), refined around the grid's best points."""
    reach_a = np.log(EXPONENTS[1] / EXPONENTS[0])
    reach_s = 0.35 if shifted else 0.0
    steps_s = SHIFT_STEPS if shifted else np.zeros(1)
    step_s, step_a = (part.ravel() for part in np.meshgrid(steps_s, EXPONENT_STEPS, indexing="ij"))
    rows = np.arange(len(weights))
    columns = np.stack([weights, weights * v], axis=2)  # (k, n, 2)
    ones, ys = columns.sum(axis=1)[:, 0, None], columns.sum(axis=1)[:, 1, None]
    yys = (weights @ v**2)[:, None]
    for _ in range(REFINEMENTS):
        a = np.clip(exponents[:, None] * np.exp(reach_a * step_a), EXPONENTS[0], EXPONENTS[-1])
        s = np.minimum(shifts[:, None] * np.exp(reach_s * step_s), SHIFTS[1] * last[:, None])
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            # Exponentials of few logarithms: five times faster than as many powers.
            logs = np.log(u + s[:, :: len(EXPONENT_STEPS), None])  # (k, shifts, n)
            logs = np.repeat(logs, len(EXPONENT_STEPS), axis=1)
            powers = np.exp(-a[..., None] * logs)
            first = powers @ columns
            second = np.square(powers) @ columns[:, :, :1]
        sums = Sums(ones, first[..., 0], second[..., 0], ys, first[..., 1], yys)
        amplitude, offset, losses = projected(sums, bound)
        best = np.argmin(losses, axis=1)
        exponents, shifts = a[rows, best], s[rows, best]
        reach_a, reach_s = reach_a / 3, reach_s / 2
    return offset[rows, best], amplitude[rows, best], exponents, shifts


class Sums(NamedTuple):
    """Weighted sums of 1, p, p^2, y, p y and y^2 over the points, p = (x + s)^-a."""

    one: Array
    p: Array
    pp: Array
    y: Array
    py: Array
    yy: Array


def projected(sums: Sums, bound: Bound) -> tuple[Array, Array, Array]:
    """Best amplitude >= 0 and offset >= least, and the loss; infinite where powers overflow."""
    one, p, pp, y, py, yy = sums
    least = bound.least
    with np.errstate(all="ignore"):
        determinant = one * pp - p**2
        amplitude = (one * py - p * y) / determinant
        offset = (pp * y - p * py) / determinant
        # Where all powers are alike an offset cannot be told from the amplitude.
        held = ~(offset >= least) | ~(determinant > 1e-12 * one * pp) | (not bound.free)
        offset = np.where(held, least, offset)
        amplitude = np.where(held, (py - least * p) / pp, amplitude)
        rising = ~(amplitude >= 0)
        amplitude = np.where(rising, 0.0, amplitude)
        flat = np.maximum(y / one, least) if bound.free else least
        offset = np.where(rising, flat, offset)
        losses = (
            yy
            - 2 * amplitude * py
            - 2 * offset * y
            + amplitude**2 * pp
            + offset**2 * one
            + 2 * amplitude * offset * p
        )
    return amplitude, offset, np.where(np.isfinite(losses), np.maximum(losses, 0.0), np.inf)


def huber_weights(residuals: Array, inside: Array) -> Array:
    """(k, n) Huber weights, the scale of each fit from the median of its own |residuals|."""
    sizes = np.abs(residuals)
    scale = 1.4826 * np.nanmedian(np.where(inside, sizes, np.nan), axis=1) + 1e-12
    return np.minimum(1.0, HUBER * scale[:, None] / np.maximum(sizes, 1e-300))
