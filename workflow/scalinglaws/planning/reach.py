"""Claims that a scale cannot decide, found from a pilot and listed before the run is registered.

A claim is beyond reach where no number of seeds up to 2^DOUBLINGS times the planned ones brings a
decision about with chance WANTED because of what seeds do not change (the law bends in its window,
the model's term dominates, the estimate lies at the band's edge), or where the seeds that would
cost more than the whole scale. What the authors' released data leave open is not listed: no larger
scale would decide it.
"""

import os
from collections.abc import Mapping, Sequence

import yaml

from scalinglaws.config import CONFIG, read_reach
from scalinglaws.files import write_whole
from scalinglaws.planning.pilot import Pilot
from scalinglaws.planning.plan import Plan
from scalinglaws.planning.power import AT_THE_EDGE, BENDS, MODEL, WANTED, Power
from scalinglaws.planning.power_table import percent, span
from scalinglaws.planning.prices import Prices

FILE = "reach.yaml"
FIXED = (BENDS, MODEL, AT_THE_EDGE)  # obstacles that seeds do not remove
HEAD = """\
# Claims that a scale cannot decide, by scale, and why: found from a pilot with another root seed,
# registered before the run. They are shown there and not judged. Made by:
#   python -m scalinglaws plan --scale NAME --power --pilot FOLDER --reach
"""


def out_of_reach(prices: Prices, found: Sequence[Power]) -> dict[str, str]:
    """Claim -> why; in the claims' order."""
    whole = prices.total({})
    reasons = {one.claim.name: reason(one, whole) for one in found if one.claim.experiments}
    return {name: why for name, why in reasons.items() if why}


def reason(one: Power, whole: float) -> str:
    """Why seeds do not decide a claim; empty for one in reach. ``whole``: the scale's seconds."""
    if one.enough is None:
        return one.why if one.why in FIXED else ""
    if one.more_seconds <= whole:
        return ""
    return (
        f"a chance of {percent(WANTED)} takes {round(one.seeds * one.enough)} seeds instead of "
        f"{one.seeds}, which adds {span(one.more_seconds)} of core time; the whole scale takes "
        f"{span(whole)}"
    )


def write_reach(plan: Plan, pilot: Pilot, claims: Mapping[str, str]) -> str:
    """Put the list of one scale into config/reach.yaml; others stay. Says what was written."""
    scale = plan.config["scale"]
    lists = {**read_reach(), scale: dict(claims)}
    text = HEAD + yaml.safe_dump(
        {name: of for name, of in lists.items() if of}, sort_keys=True, width=100
    )
    write_whole(CONFIG / FILE, text.encode())
    path = os.path.relpath(CONFIG / FILE)
    counted = "one claim" if len(claims) == 1 else f"{len(claims)} claims"
    return (
        f"wrote {path}: {counted} that scale {scale} cannot decide, by the pilot "
        f"{pilot.folder}; it counts from the next registration on"
    )
