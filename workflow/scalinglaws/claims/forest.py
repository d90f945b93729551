"""All claims on one axis: the quantity that decides, in units of the claim's margin."""

from collections.abc import Mapping, Sequence
from typing import Any

from scalinglaws.claims.table import worst
from scalinglaws.claims.verdict import band_of

Record = Mapping[str, Any]


def forest_rows(rows: Sequence[Record]) -> list[dict[str, Any]]:
    """Per claim the interval of its decisive quantity less the published value, over the margin.

    Of a range the middle is the published value, and half of its width belongs to the margin.
    ``low``, ``centre`` and ``high`` are null without a margin or an estimate.
    """
    return [
        {
            "claim": row["id"],
            "paper": str(row["id"]).partition("_")[0],
            "verdict": row["verdict"],
            "kind": row["provenance"],
            "primary": row["primary"],
            "exploratory": row["exploratory"],
            **in_margins(row),
        }
        for row in rows
    ]


def in_margins(row: Record) -> dict[str, float | None]:
    one, unit = worst(row), band_of(row, row["margin"]).margin
    if unit <= 0 or one["estimate"] is None:
        return {"low": None, "centre": None, "high": None}
    middle = (row["published"] + row["upper"]) / 2 if row["kind"] == "within" else row["published"]
    low, high = one["interval"] or (None, None)
    return {
        name: None if value is None else (value - middle) / unit
        for name, value in (("low", low), ("centre", one["estimate"]), ("high", high))
    }
