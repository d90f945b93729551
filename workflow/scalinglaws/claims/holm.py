"""Holm's correction within a paper: many claims, one chance of a wrong decision.

The family is one paper's claims about quantities with sampling error. Deterministic numbers
(closed forms, integrations: "numerical error") are left out: there is no chance in them to be
corrected, and counting them would only weaken the others. A claim whose quantity could not be
estimated stays in with p = 1, so that missing data never make the rest look better.

Two families are corrected separately, because a claim is either true or false and can be judged
wrongly in only one of the two ways:
- equivalence, one-sided at (1 - level) / 2: the chance of any false "reproduced" is <= 2.5 %;
- difference, two-sided at 1 - level: the chance of any false "differs" is <= 5 %.
A claim about several quantities is reproduced only if all are (the largest p: an intersection
test needs no correction) and differs if any does (the smallest p times their number).
"""

from collections.abc import Sequence

from scalinglaws.claims.verdict import (
    DIFFERS,
    REPRODUCED,
    UNDECIDED,
    Judgement,
)

LEVEL = 0.95


def claim_p_values(judgements: Sequence[Judgement]) -> tuple[float | None, float | None]:
    """p of equivalence and p of difference for a whole claim; None if all is deterministic."""
    equivalence = [one.p_equivalence for one in judgements if one.p_equivalence is not None]
    difference = [one.p_difference for one in judgements if one.p_difference is not None]
    if not equivalence:
        return None, None
    return max(equivalence), min(1.0, len(difference) * min(difference))


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Holm-adjusted p values; None (not in the family) stays None.

    Tested against statsmodels' multipletests, whose import would cost every ledger job a second.
    """
    family = sorted((p, index) for index, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for rank, (p, index) in enumerate(family):
        largest = max(largest, min(1.0, (len(family) - rank) * p))
        adjusted[index] = largest
    return adjusted


def combine(verdicts: Sequence[str]) -> str:
    """All reproduced: reproduced; any differs: differs; else undecided."""
    if DIFFERS in verdicts:
        return DIFFERS
    return REPRODUCED if set(verdicts) == {REPRODUCED} else UNDECIDED


def adjusted_verdict(
    judgements: Sequence[Judgement], equivalence: float | None, difference: float | None
) -> str:
    """The claim's verdict from its adjusted p values and its deterministic quantities."""
    verdicts = [one.verdict for one in judgements if one.p_equivalence is None]
    if equivalence is not None and difference is not None:
        verdicts.append(verdict_of(equivalence, difference))
    return combine(verdicts)


def verdict_of(equivalence: float, difference: float) -> str:
    """Compare adjusted p values with the two sizes; at most one can be small."""
    if equivalence <= (1 - LEVEL) / 2:
        return REPRODUCED
    return DIFFERS if difference <= 1 - LEVEL else UNDECIDED
