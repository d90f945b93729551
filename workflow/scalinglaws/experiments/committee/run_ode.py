"""Order-parameter theory of the committee machine (arXiv 2410.09005, figure 1).

Three starts per L: "realised" (the overlaps of the very weights that committee_sgd trains),
"typical" (the root mean square start at the paper's dimension) and "noiseless" (almost unbroken
symmetry and no eta^2 term: shows plateau height and escape time as the formulas mean them).
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from scalinglaws.canonical import member_name
from scalinglaws.columns import Columns, stack
from scalinglaws.data.dataset import Dataset
from scalinglaws.experiments.committee.settings import OrderParameters
from scalinglaws.experiments.committee.start import (
    draw_weights,
    steps_of,
)
from scalinglaws.records import as_record
from scalinglaws.theory.committee import (
    Overlaps,
    diagonal_start,
    realised_start,
    solve,
    typical_start,
)
from scalinglaws.training.groups import arrays_in_turn
from scalinglaws.training.session import Session

NO_SEED = -1  # typical and noiseless starts are not drawn
# eps_g is a sum that cancels and rests on overlaps integrated to 1e-12: below this value slopes are
# off by 1 % and more (measured at 1e-12), so they are not results.
RESOLVED_ERROR = 1e-9
# Start of the noiseless curve: small enough for all blocks up to L = 8 to reach the plateau before
# r^(1) has grown to 1e-5, large enough to stand clear of rounding (about 1e-15 in all).
NOISELESS_ALIGNMENT = 1e-10
NOISELESS_SELF_OVERLAP = 1e-18

QUANTITIES = {
    "realised": ("eps_g",),
    "typical": ("eps_g", "local_slope"),
    "noiseless": ("eps_g", "local_slope", "split", "growth_rate"),
}


class Member(NamedTuple):
    levels: int
    seed: int
    dimension: int
    start: str


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """Integrate every member; a resumed run goes on with the first one that is not done.

    Returns columns member, levels, seed, dimension, start, alpha, quantity (eps_g, 0 below 1e-13;
    local_slope = d ln eps_g / d ln alpha where resolved; split = r^(1);
    growth_rate = d ln r^(1) / d alpha), value. seed is -1 where nothing is drawn.
    """
    asked = as_record(OrderParameters, settings)
    members = members_of(asked)
    found = arrays_in_turn(members, partial(integrated, asked), session)
    pairs = zip(members, found, strict=True)
    return stack([part for member, curves in pairs for part in rows(asked, member, curves)])


def members_of(asked: OrderParameters) -> list[Member]:
    realised = [
        Member(levels, seed, asked.dimension, "realised")
        for levels in asked.levels
        for seed in asked.seed_range
    ]
    reference = (NO_SEED, asked.reference_dimension)
    typical = [Member(n, *reference, "typical") for n in asked.typical_levels]
    return realised + typical + [Member(n, *reference, "noiseless") for n in asked.plateau_levels]


def abscissae(asked: OrderParameters, member: Member) -> np.ndarray:
    """A realised start is observed where the simulation is, the others on a longer range.

    As many abscissae in both: one compilation serves them.
    """
    if member.start == "realised":
        return steps_of(asked) / asked.dimension
    alphas = np.geomspace(asked.alpha_min, asked.reference_alpha_max, asked.points)
    alphas[-1] = asked.reference_alpha_max  # geomspace may overshoot by an ulp
    return alphas


def integrated(asked: OrderParameters, member: Member) -> np.ndarray:
    """One curve per quantity, (quantities, points)."""
    curves = solve(
        first_overlaps_of(asked, member),
        abscissae(asked, member),
        beta=asked.beta,
        eta=asked.eta,
        noise=member.start != "noiseless",
    )
    return np.stack([curves[name] for name in QUANTITIES[member.start]])


def first_overlaps_of(asked: OrderParameters, member: Member) -> Overlaps:
    units = (asked.hidden, asked.hidden)
    if member.start == "realised":
        return realised_start(*draw_weights(asked, member.seed), member.levels)
    if member.start == "typical":
        start = (asked.beta, asked.sigma_j, member.dimension)
        return typical_start(member.levels, *start, *units)
    return diagonal_start(member.levels, *units, NOISELESS_SELF_OVERLAP, NOISELESS_ALIGNMENT)


def rows(asked: OrderParameters, member: Member, found: np.ndarray) -> list[dict[str, Any]]:
    """One group per quantity; `found` is (quantities, points)."""
    identity, names = member._asdict(), QUANTITIES[member.start]
    name, alphas = member_name(identity), abscissae(asked, member)
    unresolved = found[names.index("eps_g")] < RESOLVED_ERROR
    parts = []
    for quantity, values in zip(names, found, strict=True):
        kept = ~unresolved if quantity == "local_slope" else np.full(len(values), True)
        shown = {"alpha": alphas[kept], "quantity": quantity, "value": values[kept]}
        parts.append({"member": name, **identity, **shown})
    return parts
