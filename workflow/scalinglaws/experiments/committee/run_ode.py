"""Order-parameter theory of the committee machine (arXiv 2410.09005, figure 1).

Three starts per L: "realised" (the overlaps of the very weights that committee_sgd trains),
"typical" (the root mean square start at the paper's dimension) and "noiseless" (almost unbroken
symmetry and no eta^2 term: shows plateau height and escape time as the formulas mean them).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from scalinglaws.canonical import member_name
from scalinglaws.columns import Columns, stack
from scalinglaws.data.dataset import Dataset
from scalinglaws.experiments.committee.start import (
    block_overlaps,
    draw_weights,
    observation_steps,
)
from scalinglaws.theory.committee import Overlaps, diagonal_start, solve, typical_start
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
Curves = dict[str, np.ndarray]


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """Integrate every member; a resumed run goes on with the first one that is not done.

    Returns columns member, levels, seed, dimension, start, alpha, quantity (eps_g, 0 below 1e-13;
    local_slope = d ln eps_g / d ln alpha where resolved; split = r^(1);
    growth_rate = d ln r^(1) / d alpha), value. seed is -1 where nothing is drawn.
    """
    members = identities(settings)
    state = session.load() or {}
    for number, identity in enumerate(members):
        if f"member{number}" not in state:
            curves = integrated(settings, identity)
            shown = [curves[name] for name in QUANTITIES[identity["start"]]]
            state[f"member{number}"] = np.stack(shown)
            session.save(state)
        session.progress(number + 1, len(members))
    curves_of = [state[f"member{number}"] for number in range(len(members))]
    pairs = zip(members, curves_of, strict=True)
    return stack([part for identity, found in pairs for part in rows(settings, identity, found)])


def identities(settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    reference = {"seed": NO_SEED, "dimension": settings["reference_dimension"]}
    realised = [
        {"levels": levels, "seed": seed, "dimension": settings["dimension"], "start": "realised"}
        for levels in settings["levels"]
        for seed in settings["seeds"]
    ]
    typical = [{"levels": n, **reference, "start": "typical"} for n in settings["levels"]]
    noiseless = [
        {"levels": n, **reference, "start": "noiseless"} for n in settings["plateau_levels"]
    ]
    return realised + typical + noiseless


def abscissae(settings: Mapping[str, Any], identity: Mapping[str, Any]) -> np.ndarray:
    """A realised start is observed where the simulation is, the others on a longer range."""
    if identity["start"] == "realised":
        return observation_steps(settings) / settings["dimension"]
    return reference_alphas(settings)


def integrated(settings: Mapping[str, Any], identity: Mapping[str, Any]) -> Curves:
    return solve(
        first_overlaps_of(settings, identity),
        abscissae(settings, identity),
        beta=settings["beta"],
        eta=settings["eta"],
        noise=identity["start"] != "noiseless",
    )


def first_overlaps_of(settings: Mapping[str, Any], identity: Mapping[str, Any]) -> Overlaps:
    levels, hidden = identity["levels"], settings["hidden"]
    if identity["start"] == "realised":
        return realised_start(settings, identity)
    if identity["start"] == "typical":
        shape = (identity["dimension"], hidden, hidden)
        return typical_start(levels, settings["beta"], settings["sigma_j"], *shape)
    start = (NOISELESS_SELF_OVERLAP, NOISELESS_ALIGNMENT)
    return diagonal_start(levels, hidden, hidden, *start)


def realised_start(settings: Mapping[str, Any], identity: Mapping[str, Any]) -> Overlaps:
    """Block overlaps of the weights with which the simulation of this seed starts."""
    student, teacher = draw_weights(settings, identity["seed"])
    pairs = [(student, teacher), (student, student), (teacher, teacher)]
    return Overlaps(*(block_overlaps(*pair, identity["levels"]) for pair in pairs))


def reference_alphas(settings: Mapping[str, Any]) -> np.ndarray:
    """As many abscissae as the simulation has: one compilation serves both."""
    alphas = np.geomspace(
        settings["alpha_min"], settings["reference_alpha_max"], settings["points"]
    )
    alphas[-1] = settings["reference_alpha_max"]  # geomspace may overshoot by an ulp
    return alphas


def rows(
    settings: Mapping[str, Any], identity: Mapping[str, Any], found: np.ndarray
) -> list[dict[str, Any]]:
    """One group per quantity; `found` is (quantities, points)."""
    name, alphas = member_name(identity), abscissae(settings, identity)
    names = QUANTITIES[identity["start"]]
    unresolved = found[names.index("eps_g")] < RESOLVED_ERROR
    parts = []
    for quantity, values in zip(names, found, strict=True):
        kept = ~unresolved if quantity == "local_slope" else np.full(len(values), True)
        shown = {"alpha": alphas[kept], "quantity": quantity, "value": values[kept]}
        parts.append({"member": name, **identity, **shown})
    return parts
