"""How far an estimate lies from what was published, in units of the claim's margin."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.claims.table import worst
from scalinglaws.claims.verdict import band_of

Record = Mapping[str, Any]


def margins_off(row: Record) -> float | None:
    """Distance of the decisive quantity from the published value; beyond 1 it lies off the band.

    Of a range it is measured from the middle, and half of the width belongs to the margin. Of an
    inequality it counts towards its violation, so that what holds easily is negative. None without
    an estimate or a margin.
    """
    estimate, unit = worst(row)["estimate"], band_of(row, row["margin"]).margin
    if estimate is None or unit <= 0:
        return None
    middle = (row["published"] + row["upper"]) / 2 if row["kind"] == "within" else row["published"]
    signed = (estimate - middle) / unit
    return float({"at_most": signed, "at_least": -signed}.get(row["kind"], abs(signed)))
