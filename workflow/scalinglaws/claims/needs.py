"""What it would take to decide a claim that is undecided."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.claims.verdict import REPRODUCED

Record = Mapping[str, Any]


def needs_text(row: Record) -> str:
    """In a few words."""
    open_ones = [one for one in row["judged"] if one["verdict"] != REPRODUCED]
    for one in open_ones:
        if one["interval"] is None:
            return str(one["why"])
    if any((one.get("bend") or {}).get("bent") for one in open_ones):
        return "the law bends inside its window: more seeds will not help, a wider window would"
    return "more seeds"
