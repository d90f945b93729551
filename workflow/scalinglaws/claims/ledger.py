"""The ledger: one row per claim, with everything that led to its verdict."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from scalinglaws.claims.holm import adjusted_verdict, claim_p_values, combine, holm
from scalinglaws.claims.verdict import (
    STRADDLES,
    UNDECIDED,
    Band,
    Judgement,
    band_of,
    judge_quantity,
    margin_of,
)
from scalinglaws.errors import InputError
from scalinglaws.statistics.quantity import Quantity

Record = Mapping[str, Any]
Row = dict[str, Any]


def judge_paper(
    claims: Sequence[Record],
    fits: Mapping[str, Mapping[str, Quantity]],
    departures: Sequence[Record],
) -> list[Row]:
    """Judge all claims of one paper; the order of the claims is kept.

    Arguments:
    - `claims`: rows of config/claims/{slug}.yaml, already validated.
    - `fits`: fit name -> quantity name -> quantity.
    - `departures`: the register.

    A row is JSON-safe: the claim's own fields (``margin`` becomes the effective one), and
    ``band``, ``judged`` (per quantity), ``interval_verdict`` (plain intervals), p values raw and
    Holm-adjusted, ``verdict``, ``power`` (of the weakest quantity) and ``why``.
    Raises InputError for a claim that names an unknown quantity or departure.
    """
    register = {entry["id"]: entry for entry in departures}
    drafts = [judge_claim(claim, fits, register) for claim in claims]
    raw = [claim_p_values(judgements) for _, judgements in drafts]
    equivalence = holm([pair[0] for pair in raw])
    difference = holm([pair[1] for pair in raw])
    for (row, judgements), pair, equal, unequal in zip(
        drafts, raw, equivalence, difference, strict=True
    ):
        row["p_equivalence"], row["p_difference"] = pair
        row["p_equivalence_holm"], row["p_difference_holm"] = equal, unequal
        row["verdict"] = adjusted_verdict(judgements, equal, unequal)
        row["why"] = explanation(row)
    return [row for row, _ in drafts]


def judge_claim(
    claim: Record, fits: Mapping[str, Mapping[str, Quantity]], register: Mapping[str, Record]
) -> tuple[Row, list[Judgement]]:
    """The row as far as it does not depend on the other claims, and its judgements."""
    margin, reason = margin_of(claim)
    band = band_of(claim["kind"], claim["published"], margin)
    quantities = [find_quantity(claim["id"], name, fits) for name in claim["quantities"]]
    judgements = [judge_quantity(quantity, band) for quantity in quantities]
    powers = [one.power for one in judgements if one.power is not None]
    row = {
        **claim,
        "margin": margin,
        "margin_reason": reason,
        "band": finite_band(band),
        "judged": [
            {"name": name, **quantity, **asdict(judgement)}
            for name, quantity, judgement in zip(
                claim["quantities"], quantities, judgements, strict=True
            )
        ],
        "interval_verdict": combine([one.verdict for one in judgements]),
        "power": min(powers) if powers else None,
        "n_points": min(quantity["n_points"] for quantity in quantities),
        "n_seeds": min(quantity["n_seeds"] for quantity in quantities),
        "n_masked": sum(quantity["n_masked"] for quantity in quantities),
        "departures": departures_of(claim, register),
    }
    return row, judgements


def find_quantity(claim: str, name: str, fits: Mapping[str, Mapping[str, Quantity]]) -> Quantity:
    fit, _, key = name.partition(".")
    if fit not in fits or key not in fits[fit]:
        known = sorted(f"{fit}.{key}" for fit, named in fits.items() for key in named)
        raise InputError(
            f"claim {claim} names the quantity {name}, which no fit provides; expected one of "
            f"{', '.join(known)}; correct config/claims."
        )
    return fits[fit][key]


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


def explanation(row: Row) -> str | None:
    """Why a claim is undecided, or why its verdict is weaker than its plain intervals suggest."""
    missing = [f"{one['name']}: {one['why']}" for one in row["judged"] if one["interval"] is None]
    if missing:
        return "; ".join(missing)
    if row["verdict"] != row["interval_verdict"]:
        return (
            f"the intervals alone say {row['interval_verdict']}; with Holm's correction for the "
            f"number of claims the verdict is {row['verdict']}"
        )
    if row["verdict"] == UNDECIDED:
        return STRADDLES
    return None
