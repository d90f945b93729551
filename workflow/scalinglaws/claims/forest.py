"""All claims on one axis: of each the quantity that decides, in units of the claim's margin."""

from collections.abc import Mapping, Sequence
from typing import Any

from scalinglaws.claims.table import worst
from scalinglaws.claims.verdict import band_of

Record = Mapping[str, Any]
NOTHING: dict[str, float | None] = {"low": None, "centre": None, "high": None}


def forest_rows(rows: Sequence[Record]) -> list[dict[str, Any]]:
    """Per claim the interval of its decisive quantity less the published value, over the margin.

    Of a range the middle is the published value, and half of its width belongs to the margin.
    ``low``, ``centre`` and ``high`` are null without a margin or an estimate. ``beyond`` is for
    claims that are bounds without a margin: the distance of the estimate from the bound in half
    widths of the interval on that side, positive where the bound is kept; elsewhere null.
    """
    return [
        {
            "claim": row["id"],
            "paper": str(row["id"]).partition("_")[0],
            "verdict": row["verdict"],
            "kind": row["provenance"],
            "primary": row["primary"],
            "exploratory": row["exploratory"],
            "bound": row["kind"] in ("at_least", "at_most"),
            **in_margins(row),
            "beyond": beyond(row),
        }
        for row in rows
    ]


def in_margins(row: Record) -> dict[str, float | None]:
    one, unit = worst(row), band_of(row, row["margin"]).margin
    if unit <= 0 or one["estimate"] is None:
        return dict(NOTHING)
    middle = (row["published"] + row["upper"]) / 2 if row["kind"] == "within" else row["published"]
    low, high = one["interval"] or (None, None)
    return {
        name: None if value is None else (value - middle) / unit
        for name, value in (("low", low), ("centre", one["estimate"]), ("high", high))
    }


def beyond(row: Record) -> float | None:
    """See `forest_rows`; an interval of no width is infinitely far, which JSON has no word for."""
    one = worst(row)
    if row["margin"] or row["kind"] not in ("at_least", "at_most") or one["interval"] is None:
        return None
    low, high = one["interval"]
    kept = one["estimate"] - row["published"]
    kept = kept if row["kind"] == "at_least" else -kept
    towards_low = (row["kind"] == "at_least") == (kept >= 0)
    half = one["estimate"] - low if towards_low else high - one["estimate"]
    return kept / half if half > 0 else None
