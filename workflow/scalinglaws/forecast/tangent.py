"""What stands around a fitted law: how sure its other parameters are, where it does not fit, which
points carry it, and whether neighbouring points say the same thing twice.

Near its minimum a law is linear in its parameters, so all of this follows from the derivatives of
log law by (exponent, log amplitude, offset): one matrix, whatever the length of the curve.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import stdtr, stdtrit

from scalinglaws.statistics.power_law import ROUNDING, PowerLaw

Array = np.ndarray
HUBER = 1.345  # robust standard deviations: 95 % efficiency for normal noise
HUBER_STEPS = 60
DRAWS, SEED = 1000, 0  # of the block bootstrap: the same answer every time
FEWEST_FOR_CORRELATION = 10
CORRELATED = 2.33  # standard errors, 1 / sqrt(n): one in a hundred uncorrelated curves
SURE = 0.01  # a law is said not to fit where so few curves of the law would bend as much


@dataclass(frozen=True)
class Tangent:
    """Points (n,), the law through them, residuals log y - log law (n,), and the derivatives of
    log law (n, p) by exponent, log amplitude and, with a free offset, by the offset."""

    x: Array
    residuals: Array
    slopes: Array
    law: PowerLaw

    @property
    def free(self) -> int:
        """Degrees of freedom of the residuals."""
        return len(self.x) - self.slopes.shape[1]

    @property
    def lines(self) -> Array:
        """(p, n) vectors l with parameter change = l @ (change of log y)."""
        norms = np.linalg.norm(self.slopes, axis=0)
        return np.asarray(np.linalg.pinv(self.slopes / norms) / norms[:, None])

    @property
    def spread(self) -> float:
        """Standard deviation of a point around the law, at least its rounding."""
        return float(np.sqrt(self.residuals @ self.residuals / max(self.free, 1))) + ROUNDING


def tangent(x: Array, y: Array, law: PowerLaw, *, offset: bool) -> Tangent:
    """`offset`: the offset is a parameter of the fit, not held."""
    values = law(x)
    share = (values - law.offset) / values
    columns = [-np.log(x) * share, share]
    if offset:
        columns.append(1 / values)
    return Tangent(x, np.log(y) - np.log(values), np.stack(columns, axis=1), law)


def other_intervals(at: Tangent, level: float) -> dict[str, tuple[float, float]]:
    """Intervals of amplitude and offset to first order, Student with n - p degrees of freedom."""
    if at.free < 1:
        return {}
    reach = float(stdtrit(at.free, (1 + level) / 2)) * at.spread
    errors = reach * np.sqrt(np.sum(at.lines**2, axis=1))
    # The search for the law stops at 1e-8 of its parameters.
    least = [1.0, 1.0, abs(at.law.offset)][: len(errors)]
    errors = np.maximum(errors, 1e-7 * np.array(least))
    with np.errstate(over="ignore"):
        ends = at.law.amplitude * np.exp(np.array([-errors[1], errors[1]]))
    found = {"amplitude": (float(ends[0]), float(ends[1]))}
    if len(errors) == 3:
        found["offset"] = (at.law.offset - float(errors[2]), at.law.offset + float(errors[2]))
    return found


class Bend(NamedTuple):
    """Test of the curvature in log x that the law does not have: Student's t and its p-value."""

    t: float
    degrees: int
    p_value: float
    kind: str


def bend_of(at: Tangent, samples: Array | None = None) -> Bend | None:
    """None where too few points or seeds are left to tell.

    `samples`: (seeds, n) values; with two or more complete seeds the test is over them, whatever
    the correlation along a curve, otherwise from the residuals.
    """
    direction = np.log(at.x) ** 2
    direction = direction - at.slopes @ np.linalg.lstsq(at.slopes, direction, rcond=None)[0]
    size = float(np.linalg.norm(direction))
    if at.free < 2 or size < 1e-9 * float(np.linalg.norm(np.log(at.x) ** 2)):
        return None
    direction /= size
    if samples is not None:
        whole = samples[np.all(np.isfinite(samples) & (samples > 0), axis=1)]
        if len(whole) < 2:
            return None
        bends = (np.log(whole) - np.log(at.law(at.x))) @ direction
        error = float(np.std(bends, ddof=1)) / np.sqrt(len(bends)) + ROUNDING
        return bend_test(float(bends.mean()) / error, len(bends) - 1, "curvature, over seeds")
    bend = float(direction @ at.residuals)
    rest = at.residuals - bend * direction
    error = float(np.sqrt(rest @ rest / (at.free - 1))) + ROUNDING * np.sqrt(len(at.x))
    return bend_test(bend / error, at.free - 1, "curvature, from residuals")


def bend_test(t: float, degrees: int, kind: str) -> Bend:
    return Bend(t, degrees, float(2 * stdtr(degrees, -abs(t))), kind)


class PointInfluence(NamedTuple):
    """Change of the exponent without the point, also in standard errors of the exponent."""

    x: float
    shift: float
    standard_errors: float


def point_influences(at: Tangent, most: int) -> list[PointInfluence]:
    """The points whose absence would change the exponent most, to first order."""
    if at.free < 1:
        return []
    unit = np.linalg.svd(at.slopes / np.linalg.norm(at.slopes, axis=0), full_matrices=False)[0]
    leverage = np.clip(np.sum(unit**2, axis=1), 0.0, 1 - 1e-9)
    line = at.lines[0]
    shifts = -line * at.residuals / (1 - leverage)
    error = at.spread * float(np.linalg.norm(line))
    order = np.argsort(-np.abs(shifts), kind="stable")[:most]
    return [
        PointInfluence(float(at.x[k]), float(shifts[k]), float(shifts[k] / error)) for k in order
    ]


def autocorrelation(at: Tangent) -> float | None:
    """Correlation of neighbouring residuals; None on a curve too short to tell, or an exact one."""
    r = at.residuals
    if len(r) < FEWEST_FOR_CORRELATION or at.spread < 100 * ROUNDING:
        return None
    return float(r[1:] @ r[:-1] / (r @ r))


def is_correlated(at: Tangent) -> bool:
    found = autocorrelation(at)
    return found is not None and found > CORRELATED / np.sqrt(len(at.x))


def block_interval(at: Tangent, level: float) -> tuple[float, float]:
    """Interval of the exponent of one correlated curve: blocks of neighbouring residuals.

    Moving blocks, as long as an autoregression of the residuals' correlation asks for (Carlstein
    1986), to first order in the residuals; Student with the number of blocks less one.
    """
    n, r = len(at.x), at.residuals
    correlation = min(autocorrelation(at) or 0.0, 0.95)
    length = (2 * correlation / (1 - correlation**2)) ** (2 / 3) * n ** (1 / 3)
    length = int(np.clip(np.ceil(length), 1, n // 3))
    count = -(-n // length)
    generator = np.random.default_rng(SEED)
    errors = []
    line = at.lines[0]
    centred = r - r.mean()
    for _ in range(DRAWS):
        starts = generator.integers(n - length + 1, size=count)
        places = (starts[:, None] + np.arange(length)).ravel()[:n]
        errors.append(float(line @ centred[places]))
    widened = float(np.std(errors)) * np.sqrt(n / at.free)
    reach = float(stdtrit(max(count - 1, 1), (1 + level) / 2)) * widened
    return at.law.exponent - reach, at.law.exponent + reach


def huber_fit(
    x: Array, y: Array, start: PowerLaw, *, offset: bool, floor: float, level: float
) -> tuple[PowerLaw, tuple[float, float]]:
    """The law under Huber's loss of log y, and the exponent's interval (sandwich, Student).

    Gauss-Newton steps with Huber's weights from the least-squares law; an offset that falls below
    `floor` is held there.
    """
    law = start
    weights = np.ones(len(x))
    for _ in range(HUBER_STEPS):
        at = tangent(x, y, law, offset=offset)
        scale = 1.4826 * float(np.median(np.abs(at.residuals)))
        if scale < 100 * ROUNDING:
            break
        weights = np.minimum(1.0, HUBER * scale / np.maximum(np.abs(at.residuals), 1e-300))
        step = weighted_step(at, weights)
        law = moved(law, step, floor, float(np.min(y)))
        if np.all(np.abs(step) < 1e-12 * (1 + np.abs([law.exponent, 1.0, 1.0][: len(step)]))):
            break
    at = tangent(x, y, law, offset=offset)
    reach = float(stdtrit(max(at.free, 1), (1 + level) / 2)) * sandwich_error(at, weights)
    return law, (law.exponent - reach, law.exponent + reach)


def weighted_step(at: Tangent, weights: Array) -> Array:
    roots = np.sqrt(weights)
    norms = np.linalg.norm(at.slopes, axis=0)
    scaled = at.slopes / norms * roots[:, None]
    return np.asarray(np.linalg.lstsq(scaled, roots * at.residuals, rcond=None)[0] / norms)


def moved(law: PowerLaw, step: Array, floor: float, lowest: float) -> PowerLaw:
    """The law after a step, its offset kept between the floor and the lowest value."""
    offset = law.offset
    if len(step) == 3:
        offset = float(np.clip(law.offset + step[2], floor, max(0.999 * lowest, floor)))
    shorter = step / max(1.0, float(np.max(np.abs(step[:2]))))
    return PowerLaw(
        law.exponent + float(shorter[0]), law.amplitude * float(np.exp(shorter[1])), offset
    )


def sandwich_error(at: Tangent, weights: Array) -> float:
    norms = np.linalg.norm(at.slopes, axis=0)
    slopes = at.slopes / norms
    inside = weights >= 1.0
    bread = np.linalg.pinv(slopes[inside].T @ slopes[inside])
    pulls = slopes * (weights * at.residuals)[:, None]
    covariance = bread @ (pulls.T @ pulls) @ bread * len(weights) / max(at.free, 1)
    return float(np.sqrt(covariance[0, 0])) / float(norms[0]) + ROUNDING
