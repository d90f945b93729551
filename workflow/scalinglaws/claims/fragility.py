"""How fragile verdicts are: each judged again with one choice made otherwise.

The choices are the margin (half and twice) and what fits store under ``variants``: the window
moved by a point, one seed left out, another estimator. Nothing is computed anew but verdicts; a
choice is made otherwise for the whole paper at once, so that corrections stay comparable.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from scalinglaws.claims.verdict import margin_of
from scalinglaws.statistics.quantity import Quantity

Record = Mapping[str, Any]
Fits = Mapping[str, Mapping[str, Quantity]]
Judge = Callable[[Sequence[Record], Fits], Sequence[str]]
MARGINS = {"half the margin": 0.5, "twice the margin": 2.0}


def fragility(claims: Sequence[Record], fits: Fits, judge: Judge) -> list[dict[str, str]]:
    """Per claim, choice -> verdict with that choice made otherwise; choices that do not exist for a
    claim (no margin, no variant of its quantities) are left out.

    - `judge`: verdicts of claims by fits, as the ledger finds them.
    """
    found: list[dict[str, str]] = [{} for _ in claims]
    for name, factor in MARGINS.items():
        affected = [margin_of(claim)[0] > 0 for claim in claims]
        note(found, name, judge([scaled(claim, factor) for claim in claims], fits), affected)
    for name in variant_names(fits):
        affected = [
            any(has_variant(fits, key, name) for key in one["quantities"]) for one in claims
        ]
        note(found, name, judge(claims, varied(fits, name)), affected)
    return found


def note(
    found: Sequence[dict[str, str]], name: str, verdicts: Sequence[str], affected: Sequence[bool]
) -> None:
    for own, verdict, counts in zip(found, verdicts, affected, strict=True):
        if counts:
            own[name] = verdict


def scaled(claim: Record, factor: float) -> Record:
    """The claim with another margin, whatever its present one comes from."""
    margin = factor * margin_of(claim)[0]
    return {**claim, "margin": margin, "published_error": None, "published_decimals": None}


def variant_names(fits: Fits) -> list[str]:
    names = [name for fit in fits.values() for one in fit.values() for name in variants(one)]
    return list(dict.fromkeys(names))


def variants(quantity: Record) -> Mapping[str, Sequence[float]]:
    return quantity.get("variants") or {}


def has_variant(fits: Fits, key: str, name: str) -> bool:
    fit, _, quantity = key.partition(".")
    return name in variants(fits[fit][quantity])


def varied(fits: Fits, name: str) -> Fits:
    """The fits with the variant of every quantity that has it."""
    return {
        fit: {key: variant_of(one, name) for key, one in named.items()}
        for fit, named in fits.items()
    }


def variant_of(quantity: Quantity, name: str) -> Any:
    if name not in variants(quantity):
        return quantity
    estimate, *interval = variants(quantity)[name]
    within = quantity["window_variants"].get(name, variants(quantity)[name])[1:]
    ends: dict[str, Any] = {"interval": interval, "window_interval": within, "bend": None}
    if slopes := quantity["variant_slopes"].get(name):
        change = slopes["late"][0] - slopes["early"][0]
        ends |= {"seed_interval": slopes["whole"]}
        ends["bend"] = {**slopes, "difference": [change] * 3, "bent": True}
    return {**quantity, "estimate": estimate, **ends}
