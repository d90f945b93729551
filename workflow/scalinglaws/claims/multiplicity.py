"""Many claims, few wrong decisions: which claims are corrected together, and how.

Claims about quantities with sampling error form three families within a paper:
- *primary*: the few statements that the paper stands for, fixed by config. Holm's correction: the
  chance of any wrong decision among them is bounded.
- *secondary*: all others that the paper, or another, makes. Benjamini and Hochberg's correction:
  among the decisions the expected share of wrong ones is bounded.
- *self-check*: our derivations and earlier numbers, corrected like the secondary claims but apart,
  so that they neither weaken nor support what the paper says.

Deterministic numbers (closed forms, integrations: "numerical error") are in no family: there is no
chance in them to be corrected. Neither is what the scale does not run. A claim whose quantity was
run but could not be estimated stays in with p = 1: failures never make the rest look better.

In each family two kinds of decision are corrected separately, because a claim is either true or
false and can be judged wrongly in only one of the two ways:
- equivalence, one-sided at (1 - level) / 2: bounds false "reproduced" at 2.5 %;
- difference, two-sided at 1 - level: bounds false "differs" at 5 %.
A claim about several quantities is reproduced only if all are (the largest p: an intersection
test needs no correction) and differs if any does (the smallest p times their number).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from scalinglaws.claims.verdict import (
    DIFFERS,
    NOT_RUN,
    REPRODUCED,
    UNDECIDED,
    Judgement,
)

LEVEL = 0.95
PRIMARY, SECONDARY, SELF_CHECK = "primary", "secondary", "self-check"
HOLM, BENJAMINI_HOCHBERG = "Holm", "Benjamini-Hochberg"
CORRECTION = {PRIMARY: HOLM, SECONDARY: BENJAMINI_HOCHBERG, SELF_CHECK: BENJAMINI_HOCHBERG}


def family_of(claim: Mapping[str, Any]) -> str:
    """The family that a claim of config/claims belongs to, if there is chance in it."""
    if claim["primary"]:
        return PRIMARY
    return SELF_CHECK if claim["provenance"] == "ours" else SECONDARY


def claim_p_values(judgements: Sequence[Judgement]) -> tuple[float | None, float | None]:
    """p of equivalence and p of difference for a whole claim; None if all is deterministic, or
    one quantity is not run.
    """
    equivalence = [one.p_equivalence for one in judgements if one.p_equivalence is not None]
    difference = [one.p_difference for one in judgements if one.p_difference is not None]
    if not equivalence or any(one.verdict == NOT_RUN for one in judgements):
        return None, None
    return max(equivalence), min(1.0, len(difference) * min(difference))


def adjusted(p_values: Sequence[float | None], families: Sequence[str]) -> list[float | None]:
    """p values, each corrected within its family; None (in no family) stays None."""
    found: list[float | None] = [None] * len(p_values)
    for family, correction in CORRECTION.items():
        own = [p if name == family else None for p, name in zip(p_values, families, strict=True)]
        correct = holm if correction == HOLM else benjamini_hochberg
        for index, p in enumerate(correct(own)):
            found[index] = p if own[index] is not None else found[index]
    return found


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Holm-adjusted p values; None stays None.

    Tested against statsmodels' multipletests, whose import would cost every ledger job a second.
    """
    family = sorted((p, index) for index, p in enumerate(p_values) if p is not None)
    found: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for rank, (p, index) in enumerate(family):
        largest = max(largest, min(1.0, (len(family) - rank) * p))
        found[index] = largest
    return found


def benjamini_hochberg(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjusted p values that bound the false discovery rate; None stays None.

    Tested against statsmodels' multipletests ("fdr_bh"), as `holm` is.
    """
    family = sorted((p, index) for index, p in enumerate(p_values) if p is not None)
    found: list[float | None] = [None] * len(p_values)
    smallest = 1.0
    for rank, (p, index) in reversed(list(enumerate(family, start=1))):
        smallest = min(smallest, len(family) / rank * p)
        found[index] = smallest
    return found


def combine(verdicts: Sequence[str]) -> str:
    """One is not run: not run; any differs: differs; all reproduced: reproduced; else undecided."""
    for verdict in (NOT_RUN, DIFFERS):
        if verdict in verdicts:
            return verdict
    return REPRODUCED if set(verdicts) == {REPRODUCED} else UNDECIDED


def adjusted_verdict(
    judgements: Sequence[Judgement],
    equivalence: float | None,
    difference: float | None,
    share: float = 1.0,
) -> str:
    """The claim's verdict from its adjusted p values and its deterministic quantities.

    ``share`` is that of the error rate which this look at the data may spend.
    """
    verdicts = [one.verdict for one in judgements if one.p_equivalence is None]
    if equivalence is not None and difference is not None:
        verdicts.append(verdict_of(equivalence, difference, share))
    return combine(verdicts)


def verdict_of(equivalence: float, difference: float, share: float = 1.0) -> str:
    """Compare adjusted p values with the two sizes; at most one can be small."""
    if equivalence <= share * (1 - LEVEL) / 2:
        return REPRODUCED
    return DIFFERS if difference <= share * (1 - LEVEL) else UNDECIDED
