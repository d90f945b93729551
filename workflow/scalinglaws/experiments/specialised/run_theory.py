"""Theory of the specialised phase (arXiv 2410.09005, figure 6): learning curves beside the teacher.

Three kinds of curve, all from J = B + sigma_J noise: "realised" (the very students and teachers of
near_teacher_sgd, gradient flow), "formula" (the average over starts at the simulation's M and L,
with gradient noise; its sum over modes without noise beside it) and "window" (the formula over the
whole range of the power law, for the simulated size, for the paper's and for very many levels).
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from scalinglaws.canonical import member_name
from scalinglaws.columns import Columns, stack
from scalinglaws.data.dataset import Dataset
from scalinglaws.experiments.committee.start import draw_weights, steps_of
from scalinglaws.experiments.specialised.settings import Asymptotics
from scalinglaws.records import as_record
from scalinglaws.theory.power_law_spectrum import input_variances
from scalinglaws.theory.specialised import (
    mode_window,
    near_teacher_error,
    noisy_error,
    realised_error,
)
from scalinglaws.training.groups import arrays_in_turn
from scalinglaws.training.session import Session

NO_SEED = -1
QUANTITIES = {
    "formula": ("eps_g", "eps_g_noiseless"),
    "window": ("eps_g", "local_slope"),
    "realised": ("eps_g",),
}


class Member(NamedTuple):
    kind: str
    beta: float
    seed: int
    units: int
    levels: int
    eta: float

    @property
    def modes(self) -> tuple[int, int, float, float]:
        """What the formulas ask for: M, L, beta and eta."""
        return self.units, self.levels, self.beta, self.eta


def members_of(asked: Asymptotics) -> list[Member]:
    simulated = (asked.hidden, asked.dimension)
    kinds = [
        ("formula", simulated),
        ("window", simulated),
        ("window", (asked.paper_units, asked.paper_levels)),
        ("window", (asked.paper_units, asked.many_levels)),
    ]
    undrawn = [
        Member(kind, beta, NO_SEED, *size, asked.eta)
        for beta in asked.betas
        for kind, size in kinds
    ]
    drawn = [
        Member("realised", beta, seed, *simulated, asked.eta)
        for beta in asked.simulated_betas
        for seed in asked.seed_range
    ]
    return undrawn + drawn


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """Compute every member; a resumed run goes on with the first one that is not done.

    Returns columns member, kind, beta, seed, units, levels, eta, alpha, quantity (eps_g;
    local_slope = d ln eps_g / d ln alpha of windows; eps_g_noiseless of formulas), value. seed is
    -1 where nothing is drawn.
    """
    asked = as_record(Asymptotics, settings)
    members, parts = members_of(asked), []
    found = arrays_in_turn(members, partial(curves_of, asked), session)
    for member, (alphas, *curves) in zip(members, found, strict=True):
        identity = member._asdict()
        name = {"member": member_name(identity), **identity, "alpha": alphas}
        named = zip(QUANTITIES[member.kind], curves, strict=True)
        parts += [{**name, "quantity": quantity, "value": values} for quantity, values in named]
    return stack(parts)


def curves_of(asked: Asymptotics, of: Member) -> np.ndarray:
    """Abscissae first, then one row per quantity, (1 + quantities, points)."""
    if of.kind == "window":
        alphas = window_alphas(asked, of)
        return np.stack([alphas, *near_teacher_error(alphas, *of.modes, asked.sigma_j)])
    alphas = steps_of(asked) / asked.dimension
    if of.kind == "realised":
        variances = input_variances(of.levels, asked.dimension, of.beta)
        start = draw_weights(asked, of.seed, "near_teacher")
        return np.stack([alphas, realised_error(alphas, *start, variances, asked.eta)])
    noiseless, _ = near_teacher_error(alphas, *of.modes, asked.sigma_j)
    return np.stack([alphas, noisy_error(alphas, *of.modes, asked.sigma_j), noiseless])


def window_alphas(asked: Asymptotics, of: Member) -> np.ndarray:
    """From before the fast mode's power law to after the slow one's."""
    first, _ = mode_window(*of.modes, fast=True)
    _, last = mode_window(*of.modes, fast=False)
    many = of.levels == asked.many_levels
    points = asked.many_points if many else asked.window_points
    return np.geomspace(first / 10, last * 3, points)
