"""Verdicts by equivalence, not by absence of a difference.

A claim sets a band around the published value. An estimate whose interval lies inside the band
has *reproduced* it, one whose interval lies wholly outside *differs*, anything else is
*undecided*. So little data end undecided and never reproduced; two one-sided tests say the same.

The p values here are exactly those for which "interval inside" means p_equivalence <= 0.025 and
"interval outside" means p_difference <= 0.05 (at level 0.95): each side of the interval is read
as a multiple of Student's quantile, with the degrees of freedom that the quantity names or, where
it names none, n_seeds - 1.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scipy.special import ndtr, ndtri, stdtr, stdtrit

from scalinglaws.statistics.bend import significant
from scalinglaws.statistics.quantity import NUMERICAL

REPRODUCED, DIFFERS, UNDECIDED = "reproduced", "differs", "undecided"
NOT_RUN = "not run"  # at this scale: no evidence, no verdict, no member of a family of tests
VERDICTS = (REPRODUCED, DIFFERS, UNDECIDED, NOT_RUN)
SIGN = "sign"  # the provenance of a claim that something grows, falls or is larger
STRADDLES = "the interval lies neither inside the band nor wholly outside it"


@dataclass(frozen=True)
class Band:
    """The values that count as the published one; an inequality has one infinite end.

    ``margin`` is the distance of an end from the value at which power is computed: the published
    one, of a range its middle.
    """

    low: float
    high: float
    margin: float


@dataclass(frozen=True)
class Judgement:
    """One quantity against its band. Deterministic numbers have no p values and no power."""

    verdict: str
    p_equivalence: float | None
    p_difference: float | None
    power: float | None


def margin_of(claim: Mapping[str, Any]) -> tuple[float, str]:
    """The largest of authors' error, half their last printed digit, declared margin; its reason."""
    decimals = claim["published_decimals"]
    candidates = [(float(claim["margin"]), claim["margin_reason"])]
    if claim["published_error"] is not None:
        candidates.append((float(claim["published_error"]), "the authors' own error"))
    if decimals is not None:
        candidates.append((0.5 * 10.0**-decimals, "half of the last printed digit"))
    return max(candidates, key=lambda candidate: candidate[0])


def band_of(claim: Mapping[str, Any], margin: float) -> Band:
    """published -+ margin; for an inequality the margin extends only towards its violation, for
    kind ``within`` beyond both bounds.
    """
    kind, published = claim["kind"], claim["published"]
    upper = claim["upper"] if kind == "within" else published
    low = -math.inf if kind == "at_most" else published - margin
    high = math.inf if kind == "at_least" else upper + margin
    return Band(low, high, margin + (upper - published) / 2)


def interval_verdict(interval: Sequence[float] | None, band: Band) -> str:
    """Reproduced if inside (ends included), differs if wholly outside, else undecided."""
    if interval is None:
        return UNDECIDED
    low, high = interval
    if band.low <= low and high <= band.high:
        return REPRODUCED
    return DIFFERS if high < band.low or low > band.high else UNDECIDED


def as_claimed(claim: Mapping[str, Any], quantity: Any) -> Any:
    """The quantity with the interval that this claim is about.

    A sign is said of the curve as it was measured: it is judged within the window, in both of its
    halves where the law bends. A value is said of the law: there the bend is followed further.
    """
    if claim["provenance"] != SIGN:
        return quantity
    return {**quantity, "interval": quantity["window_interval"]}


def parts_of(claim: Mapping[str, Any], quantity: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What must all lie in the band: the numbers whose intervals the claimed interval spans.

    Where a law bends, these are the slope of the window and those of its halves (of a sign), or
    the slope half a window beyond (of a value; the halves as they stand). Each has its own scatter,
    so each is tested for itself: read as one wide interval, their distances would count as scatter.
    """
    bend = quantity["bend"]
    if bend is None or quantity["interval"] is None or not significant(bend):
        return [quantity]

    def part(estimate: float, low: float, high: float) -> dict[str, Any]:
        return {**quantity, "estimate": estimate, "interval": [low, high]}

    whole = {**quantity, "interval": quantity["seed_interval"]}
    if claim["provenance"] == SIGN:
        return [whole, part(*bend["early"]), part(*bend["late"])]
    halves = [part(*3 * bend[name][:1]) for name in ("early", "late")]
    return [whole, *halves, part(*bend["beyond"])]


def judge_quantity(
    quantity: Mapping[str, Any], band: Band, parts: Sequence[Mapping[str, Any]] | None = None
) -> Judgement:
    """Judge one quantity by its plain interval and say how strong the evidence is.

    `parts`: what its interval spans, see `parts_of`; by default itself alone.
    """
    if quantity["not_run"]:
        return Judgement(NOT_RUN, None, None, None)
    verdict = interval_verdict(quantity["interval"], band)
    if is_deterministic(quantity):
        return Judgement(verdict, None, None, None)
    if quantity["interval"] is None:
        return Judgement(verdict, 1.0, 1.0, 0.0)
    tested = parts or [quantity]
    return Judgement(
        verdict,
        max(p_equivalence(part, band) for part in tested),
        p_difference(tested, band),
        power(quantity, band),
    )


def is_deterministic(quantity: Mapping[str, Any]) -> bool:
    """A number without sampling error: its interval is a bound, not a probability."""
    return quantity["interval_kind"] == NUMERICAL


def p_equivalence(quantity: Mapping[str, Any], band: Band) -> float:
    """The larger p of the two one-sided tests that the truth lies below, or above, the band."""
    estimate, below, above = one_sided_scales(quantity)
    return max(
        tail(estimate - band.low, below, quantity), tail(band.high - estimate, above, quantity)
    )


def p_difference(parts: Sequence[Mapping[str, Any]], band: Band) -> float:
    """Two-sided p of the test that the truth lies in the band (safe for any width of the band).

    All parts must lie beyond the same end: between two on either side the truth may be anywhere.
    """
    sides = zip(*(outside(part, band) for part in parts), strict=True)
    return min(1.0, 2 * min(map(max, sides)))


def outside(quantity: Mapping[str, Any], band: Band) -> tuple[float, float]:
    """One-sided p of the tests that the truth does not lie beneath, and not beyond, the band."""
    estimate, below, above = one_sided_scales(quantity)
    return tail(band.low - estimate, above, quantity), tail(estimate - band.high, below, quantity)


def power(quantity: Mapping[str, Any], band: Band) -> float:
    """Probability that the interval would lie inside, were the published value exactly true.

    It uses the precision that was reached; for an inequality the truth sits at the published
    bound, so without a margin the power is 2.5 %.
    """
    _, below, above = one_sided_scales(quantity)
    ends = sum(math.isfinite(end) for end in (band.low, band.high))
    missed = tail(band.margin, (below + above) / 2, quantity, shift=-reach(quantity))
    return max(0.0, 1 - ends * missed)


def one_sided_scales(quantity: Mapping[str, Any]) -> tuple[float, float, float]:
    """Estimate, and the standard errors that the lower and the upper half-width stand for."""
    estimate, (low, high) = quantity["estimate"], quantity["interval"]
    return estimate, (estimate - low) / reach(quantity), (high - estimate) / reach(quantity)


def reach(quantity: Mapping[str, Any]) -> float:
    """Student's quantile that made the half-width out of a standard error."""
    upper = (1 + quantity["level"]) / 2
    degrees = degrees_of_freedom(quantity)
    return float(ndtri(upper) if degrees is None else stdtrit(degrees, upper))


def degrees_of_freedom(quantity: Mapping[str, Any]) -> float | None:
    """Those behind the interval; None stands for many (the normal distribution)."""
    if quantity["degrees"]:
        return float(quantity["degrees"])
    return quantity["n_seeds"] - 1 if quantity["n_seeds"] > 1 else None


def tail(distance: float, scale: float, quantity: Mapping[str, Any], shift: float = 0.0) -> float:
    """Probability of a deviation beyond distance / scale + shift; 0 or 1 without any spread."""
    if math.isinf(distance) or scale <= 0:
        return 0.0 if distance >= 0 else 1.0
    degrees = degrees_of_freedom(quantity)
    standardised = distance / scale + shift
    return float(ndtr(-standardised) if degrees is None else stdtr(degrees, -standardised))
