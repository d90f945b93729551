"""Theory of the specialised phase (arXiv 2410.09005, figure 6): learning curves beside the teacher.

Three kinds of curve, all from J = B + sigma_J noise: "realised" (the very students and teachers of
near_teacher_sgd, gradient flow), "formula" (the average over starts at the simulation's M and L,
with gradient noise; its sum over modes without noise beside it) and "window" (the formula over the
whole range of the power law, for the simulated size, for the paper's and for very many levels).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from scalinglaws.canonical import member_name
from scalinglaws.columns import Columns, stack
from scalinglaws.data.dataset import Dataset
from scalinglaws.experiments.committee.start import observation_steps
from scalinglaws.experiments.specialised.start import draw_deviation
from scalinglaws.theory.power_law_spectrum import input_variances
from scalinglaws.theory.specialised import (
    mode_window,
    near_teacher_error,
    noisy_error,
    realised_error,
)
from scalinglaws.training.session import Session

NO_SEED = -1
Identity = Mapping[str, Any]
Curves = dict[str, np.ndarray]


def identities(settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    rate = {"eta": settings["eta"]}
    simulated = {"units": settings["hidden"], "levels": settings["dimension"], **rate}
    paper = {"units": settings["paper_units"], "levels": settings["paper_levels"], **rate}
    endless = {**paper, "levels": settings["many_levels"]}
    kinds = [("formula", simulated), ("window", simulated), ("window", paper), ("window", endless)]
    undrawn = [
        {"kind": kind, "beta": beta, "seed": NO_SEED, **size}
        for beta in settings["betas"]
        for kind, size in kinds
    ]
    drawn = [
        {"kind": "realised", "beta": beta, "seed": seed, **simulated}
        for beta in settings["simulated_betas"]
        for seed in settings["seeds"]
    ]
    return undrawn + drawn


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """Compute every member; a resumed run goes on with the first one that is not done.

    Returns columns member, kind, beta, seed, units, levels, eta, alpha, quantity (eps_g;
    local_slope = d ln eps_g / d ln alpha of windows; eps_g_noiseless of formulas), value. seed is
    -1 where nothing is drawn.
    """
    members = identities(settings)
    state = session.load() or {}
    for number, identity in enumerate(members):
        if f"member{number}" not in state:
            state[f"member{number}"] = np.stack(list(curves_of(settings, identity).values()))
            session.save(state)
        session.progress(number + 1, len(members))
    parts = []
    for number, identity in enumerate(members):
        named = zip(quantities(identity), state[f"member{number}"][1:], strict=True)
        alphas = state[f"member{number}"][0]
        name = {"member": member_name(identity), **identity, "alpha": alphas}
        parts += [{**name, "quantity": quantity, "value": values} for quantity, values in named]
    return stack(parts)


def quantities(identity: Identity) -> tuple[str, ...]:
    beside = {"formula": ("eps_g_noiseless",), "window": ("local_slope",), "realised": ()}
    return ("eps_g", *beside[identity["kind"]])


def curves_of(settings: Mapping[str, Any], identity: Identity) -> Curves:
    """Abscissae first, then one array per quantity."""
    size = (identity["units"], identity["levels"], identity["beta"], settings["eta"])
    if identity["kind"] == "window":
        alphas = window_alphas(settings, identity)
        error, slope = near_teacher_error(alphas, *size, settings["sigma_j"])
        return {"alpha": alphas, "eps_g": error, "local_slope": slope}
    alphas = observation_steps(settings) / settings["dimension"]
    if identity["kind"] == "realised":
        variances = input_variances(identity["levels"], settings["dimension"], identity["beta"])
        start = draw_deviation(settings, identity["seed"])
        error = realised_error(alphas, *start, variances, settings["eta"])
        return {"alpha": alphas, "eps_g": error}
    noiseless, _ = near_teacher_error(alphas, *size, settings["sigma_j"])
    noisy = noisy_error(alphas, *size, settings["sigma_j"])
    return {"alpha": alphas, "eps_g": noisy, "eps_g_noiseless": noiseless}


def window_alphas(settings: Mapping[str, Any], identity: Identity) -> np.ndarray:
    """From before the fast mode's power law to after the slow one's."""
    size = (identity["units"], identity["levels"], identity["beta"], settings["eta"])
    first, _ = mode_window(*size, fast=True)
    _, last = mode_window(*size, fast=False)
    many = identity["levels"] == settings["many_levels"]
    points = settings["many_points" if many else "window_points"]
    return np.geomspace(first / 10, last * 3, points)
