"""The ledger: one row per claim, with everything that led to its verdict."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from scalinglaws.claims.fragility import Fits, fragility
from scalinglaws.claims.multiplicity import (
    CORRECTION,
    adjusted,
    adjusted_verdict,
    claim_p_values,
    combine,
    family_of,
    verdict_of,
)
from scalinglaws.claims.verdict import (
    STRADDLES,
    UNDECIDED,
    Band,
    Judgement,
    as_claimed,
    band_of,
    is_deterministic,
    judge_quantity,
    margin_of,
    parts_of,
)
from scalinglaws.errors import InputError

Record = Mapping[str, Any]
Row = dict[str, Any]
OUT_OF_REACH = "shown, not judged: beyond this scale's reach, as registered by a pilot"


def judge_paper(
    claims: Sequence[Record],
    fits: Fits,
    departures: Sequence[Record],
    *,
    share: float = 1.0,
    exploratory: Mapping[str, Sequence[str]] | None = None,
    out_of_reach: Mapping[str, str] | None = None,
) -> list[Row]:
    """Judge all claims of one paper; the order of the claims is kept.

    Arguments:
    - `claims`: rows of config/claims/{slug}.yaml, already validated.
    - `fits`: fit name -> quantity name -> quantity.
    - `departures`: the register.
    - `share`: of the error rate which this look at the data may spend.
    - `exploratory`: claim -> what was changed since its registration; without it none is.
    - `out_of_reach`: claim that this scale cannot decide -> why, as registered; without it none is.
      Such a claim is shown with its numbers and counts as not run.

    A row is JSON-safe: the claim's own fields (``margin`` becomes the effective one), and
    ``band``, ``judged`` (per quantity), ``interval_verdict`` (plain intervals), ``deterministic``,
    ``family`` and its ``correction`` (null without chance), p values raw and adjusted,
    ``verdict``, ``power`` (of the weakest quantity), ``why``, ``exploratory`` with
    ``exploratory_why``, ``out_of_reach`` (why, or null), and ``fragility`` (choice -> verdict with
    that choice made otherwise).
    Raises InputError for a claim that names an unknown quantity or departure.
    """
    register = {entry["id"]: entry for entry in departures}
    unreached = out_of_reach or {}
    claims = [{**claim, "out_of_reach": unreached.get(claim["id"])} for claim in claims]
    rows = [judged_row(claim, fits, register) for claim in claims]
    for row, decision in zip(rows, decisions(claims, fits, share), strict=True):
        row |= decision
        changes = list((exploratory or {}).get(row["id"], ()))
        row |= {"exploratory": bool(changes), "exploratory_why": changes}
        row["why"] = explanation(row, share)

    def verdicts(claims: Sequence[Record], fits: Fits) -> list[str]:
        return [decision["verdict"] for decision in decisions(claims, fits, share)]

    for row, choices in zip(rows, fragility(claims, fits, verdicts), strict=True):
        row["fragility"] = choices
    return rows


def decisions(claims: Sequence[Record], fits: Fits, share: float) -> list[Row]:
    """Per claim its family, p values and verdict, corrected within families."""
    judged = [judgements(claim, fits) for claim in claims]
    families = [family_of(claim) for claim in claims]
    raw = [claim_p_values(found) for found in judged]
    equivalence = adjusted([pair[0] for pair in raw], families)
    difference = adjusted([pair[1] for pair in raw], families)
    return [
        {
            "family": None if pair[0] is None else family,
            "correction": None if pair[0] is None else CORRECTION[family],
            "p_equivalence": pair[0],
            "p_difference": pair[1],
            "p_equivalence_adjusted": equal,
            "p_difference_adjusted": unequal,
            "verdict": adjusted_verdict(found, equal, unequal, share),
        }
        for found, family, pair, equal, unequal in zip(
            judged, families, raw, equivalence, difference, strict=True
        )
    ]


def judgements(claim: Record, fits: Fits) -> list[Judgement]:
    return judged_each(claim, claimed_quantities(claim, fits))


def claimed_quantities(claim: Record, fits: Fits) -> list[Any]:
    return [find_quantity(claim, name, fits) for name in claim["quantities"]]


def judged_each(claim: Record, quantities: Sequence[Record]) -> list[Judgement]:
    band = band_of(claim, margin_of(claim)[0])
    return [judge_quantity(one, band, parts_of(claim, one)) for one in quantities]


def judged_row(claim: Record, fits: Fits, register: Mapping[str, Record]) -> Row:
    """The row as far as it does not depend on the other claims."""
    margin, reason = margin_of(claim)
    quantities = claimed_quantities(claim, fits)
    found = judged_each(claim, quantities)
    powers = [one.power for one in found if one.power is not None]
    return {
        **claim,
        "margin": margin,
        "margin_reason": reason,
        "band": finite_band(band_of(claim, margin)),
        "deterministic": all(map(is_deterministic, quantities)),
        "judged": [
            {"name": name, **quantity, **asdict(judgement)}
            for name, quantity, judgement in zip(
                claim["quantities"], quantities, found, strict=True
            )
        ],
        "interval_verdict": combine([one.verdict for one in found]),
        "power": min(powers) if powers else None,
        "n_points": min(quantity["n_points"] for quantity in quantities),
        "n_seeds": min(quantity["n_seeds"] for quantity in quantities),
        "n_masked": sum(quantity["n_masked"] for quantity in quantities),
        "departures": departures_of(claim, register),
    }


def find_quantity(claim: Record, name: str, fits: Fits) -> Any:
    """The quantity of a claim, with the interval that the claim is about. Raises InputError."""
    fit, _, key = name.partition(".")
    if fit not in fits or key not in fits[fit]:
        known = sorted(f"{fit}.{key}" for fit, named in fits.items() for key in named)
        raise InputError(
            f"claim {claim['id']} names the quantity {name}, which no fit provides; expected one "
            f"of {', '.join(known)}; correct config/claims."
        )
    found = as_claimed(claim, fits[fit][key])
    return {**found, "not_run": True} if claim.get("out_of_reach") else found


def departures_of(claim: Record, register: Mapping[str, Record]) -> list[str]:
    """Departures the claim names and those that name the claim."""
    unknown = sorted(set(claim["departures"]) - set(register))
    if unknown:
        raise InputError(
            f"claim {claim['id']} names the departure {', '.join(unknown)}, which the register "
            f"lacks; expected one of {', '.join(sorted(register)) or 'none'}; correct "
            "config/claims or config/departures.yaml."
        )
    naming = [key for key, entry in register.items() if claim["id"] in entry["claims"]]
    return list(dict.fromkeys([*claim["departures"], *naming]))


def finite_band(band: Band) -> list[float | None]:
    """The band's ends; null is an infinite one."""
    return [end if math.isfinite(end) else None for end in (band.low, band.high)]


def look_text(row: Row, share: float) -> str:
    """Names the looks still to come where they, not the correction, withhold a verdict."""
    equal, unequal = row["p_equivalence_adjusted"], row["p_difference_adjusted"]
    if equal is None or verdict_of(equal, unequal) == row["verdict"]:
        return ""
    return f" and {100 * (1 - share):.0f} % of the error rate kept for later looks"


def explanation(row: Row, share: float = 1.0) -> str | None:
    """Why a claim is undecided or not run, or why its verdict is weaker than plain intervals.

    - ``share``: of the error rate that this look at the data may spend.
    """
    if row["out_of_reach"]:
        return f"{OUT_OF_REACH}: {row['out_of_reach']}"
    missing = [f"{one['name']}: {one['why']}" for one in row["judged"] if one["interval"] is None]
    if missing:
        return "; ".join(missing)
    if row["verdict"] != row["interval_verdict"]:
        return (
            f"the intervals alone say {row['interval_verdict']}; with {row['correction']}'s "
            f"correction for the number of {row['family']} claims{look_text(row, share)} the "
            f"verdict is {row['verdict']}"
        )
    if row["verdict"] == UNDECIDED:
        return STRADDLES
    return None
