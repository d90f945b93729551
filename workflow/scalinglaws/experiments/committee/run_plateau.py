"""Plateau and escape of the committee machine from the site-symmetric order parameters.

arXiv 2410.09005, section 4 and figure 5. Kinds of members (K = M throughout):
"growth", almost unbroken symmetry: height of the plateau and growth rate of r^(1);
"length", typical start without eta^2 term: where the plateau is left, over N and sigma_J;
"curve", typical start: the learning curves of figure 5.
"""

import math
from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import numpy as np
from scipy.optimize import brentq

from scalinglaws.canonical import member_name
from scalinglaws.columns import Columns, stack
from scalinglaws.data.dataset import Dataset
from scalinglaws.theory.committee_symmetric import (
    relaxation_rate,
    seeded_start,
    solve,
    typical_start,
)
from scalinglaws.theory.plateau import escape_time, length_in_escape_times
from scalinglaws.theory.power_law_spectrum import eigenvalues
from scalinglaws.training.session import Session

NO_DIMENSION = 0  # almost unbroken symmetry stands for N -> infinity
# r^(1) while its growth rate is measured: far below the overlap rho of the plateau (0.01 at
# M = 64), so that the escape is linear; r^(1) is a variable of its own and has no rounding floor.
GROWTH_WINDOW = (1e-9, 1e-7)
# Weighted share of blocks that may still be off the plateau when r^(1) enters that window.
UNSETTLED = 1e-4
# Curves of "length" end at this multiple of the formula's length with D = 0, far beyond D.
BEYOND_LENGTH = 2.0

QUANTITIES = {"growth": ("eps_g", "split", "growth_rate"), "length": ("eps_g",)}
QUANTITIES["curve"] = ("eps_g",)
Identity = Mapping[str, Any]


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """Integrate every member; a resumed run goes on with the first one that is not done.

    Returns columns member, kind, hidden, levels, beta, eta, noise (1 with the eta^2 term),
    dimension, sigma_j (both 0 for "growth"), alpha, quantity (eps_g, 0 below 1e-13; split = r^(1);
    growth_rate = d ln r^(1) / d alpha), value.
    """
    members = identities(settings)[settings["part"] :: settings["parts"]]
    state = session.load() or {}
    for number, identity in enumerate(members):
        if f"member{number}" not in state:
            curves = integrated(identity, settings)
            state[f"member{number}"] = np.stack([curves[n] for n in QUANTITIES[identity["kind"]]])
            session.save(state)
        session.progress(number + 1, len(members))
    return stack(
        [
            part
            for number, identity in enumerate(members)
            for part in rows(identity, settings, state[f"member{number}"])
        ]
    )


def identities(settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All members of the experiment, whichever block they are computed in; each once."""
    found = [*growths(settings), *lengths(settings), *learning_curves(settings)]
    return list({member_name(identity): identity for identity in found}.values())


def growths(settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Small machines on a grid; one scan over M and one over L; and one over eta with noise."""
    betas, eta, scan_beta = settings["betas"], settings["eta"], settings["scan_beta"]
    shapes = [
        *product(settings["grid_hidden"], settings["grid_levels"], betas),
        *product(settings["scan_hidden"], [1], [scan_beta]),
        *product([settings["scan_levels_hidden"]], settings["scan_levels"], betas),
    ]
    nothing = {"kind": "growth", "dimension": NO_DIMENSION, "sigma_j": 0.0}
    quiet = [{**shape(*of), "eta": eta, "noise": 0, **nothing} for of in shapes]
    noisy = [
        {**shape(m, 1, scan_beta), "eta": rate, "noise": 1, **nothing}
        for m, rate in product(settings["rates_hidden"], settings["rates"])
    ]
    return quiet + noisy


def lengths(settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Scans over N and over sigma_J; one over M, L and beta; one over eta with noise."""
    hidden, scan_beta = settings["length_hidden"], settings["scan_beta"]
    usual = (settings["dimension"], settings["sigma_j"])
    starts = [(n, settings["sigma_j"]) for n in settings["length_dimensions"]]
    starts += [(settings["dimension"], sigma) for sigma in settings["length_sigmas"]]
    quiet = [*product(hidden, settings["law_levels"], [scan_beta], starts)]
    quiet += product(hidden, settings["length_levels"], settings["betas"], [usual])
    noisy = product(settings["rates_hidden"], [1], [scan_beta], [usual], settings["rates"])
    members = [(*of, settings["eta"], 0) for of in quiet] + [(*of, 1) for of in noisy]
    return [
        {**shape(m, n, b), "eta": eta, "noise": noise, **of_start(*start), "kind": "length"}
        for m, n, b, start, eta, noise in members
    ]


def learning_curves(settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    start = of_start(settings["dimension"], settings["sigma_j"])
    physics = {"eta": settings["eta"], "noise": 1, "kind": "curve"}
    return [
        {**shape(m, n, settings["scan_beta"]), **physics, **start}
        for m, n in product(settings["curve_hidden"], settings["curve_levels"])
    ]


def of_start(dimension: int, sigma_j: float) -> dict[str, Any]:
    return {"dimension": dimension, "sigma_j": sigma_j}


def shape(hidden: int, levels: int, beta: float) -> dict[str, Any]:
    return {"hidden": hidden, "levels": levels, "beta": beta}


def integrated(identity: Identity, settings: Mapping[str, Any]) -> dict[str, np.ndarray]:
    levels, beta = identity["levels"], identity["beta"]
    if identity["kind"] == "growth":
        start = seeded_start(seed_of(identity))
    else:
        start = typical_start(levels, beta, identity["sigma_j"], identity["dimension"])
    return solve(
        start,
        abscissae(identity, settings),
        units=identity["hidden"],
        levels=levels,
        beta=beta,
        eta=identity["eta"],
        noise=bool(identity["noise"]),
    )


def abscissae(identity: Identity, settings: Mapping[str, Any]) -> np.ndarray:
    """Always `points` of them, so that one compilation serves all members."""
    if identity["kind"] == "curve":
        limits = (settings["curve_alpha_min"], settings["curve_alpha_max"])
        return spaced(np.geomspace(*limits, settings["points"]), limits[1])
    end = END_OF[identity["kind"]](identity)
    return spaced(np.linspace(0, end, settings["points"] + 1)[1:], end)


def spaced(alphas: np.ndarray, end: float) -> np.ndarray:
    alphas[-1] = end  # geomspace may overshoot by an ulp, which the solver refuses
    return alphas


def tau_of(identity: Identity) -> float:
    of = (identity["hidden"], identity["eta"], identity["levels"], identity["beta"])
    return escape_time(*of)


def seed_of(identity: Identity) -> float:
    """First r^(1), so small that the blocks settle before it reaches GROWTH_WINDOW.

    Ten per cent more than that: while blocks settle the growth may be that much faster.
    """
    settling = 1.1 * settling_alpha(identity) / tau_of(identity)
    return GROWTH_WINDOW[0] * math.exp(-max(settling, 3.0))


def settling_alpha(identity: Identity) -> float:
    """Where (1/L) sum_k lambda_k exp(-eta lambda_k w alpha) = UNSETTLED, w = relaxation rate."""
    lam = eigenvalues(identity["levels"], identity["beta"])

    def excess(logarithm: float) -> float:
        return float(np.mean(lam * np.exp(-lam * math.exp(logarithm)))) - UNSETTLED

    settled = math.exp(brentq(excess, 0.0, 60.0))
    return settled / (identity["eta"] * relaxation_rate(identity["hidden"]))


def growth_end(identity: Identity) -> float:
    """Past GROWTH_WINDOW, also where a large eta slows the growth by a tenth."""
    folds = math.log(GROWTH_WINDOW[1] / seed_of(identity))
    return tau_of(identity) * (1.15 * folds + 2.0) + 30.0 / identity["eta"]


def length_end(identity: Identity) -> float:
    of = (identity["dimension"], identity["sigma_j"])
    return BEYOND_LENGTH * tau_of(identity) * length_in_escape_times(*of)


END_OF: dict[str, Callable[[Identity], float]] = {"growth": growth_end, "length": length_end}


def rows(
    identity: Identity, settings: Mapping[str, Any], found: np.ndarray
) -> list[dict[str, Any]]:
    """One group per quantity; `found` is (quantities, points)."""
    alphas, names = abscissae(identity, settings), QUANTITIES[identity["kind"]]
    common = {"member": member_name(identity), **dict(sorted(identity.items()))}
    return [
        {**common, "alpha": alphas, "quantity": quantity, "value": values}
        for quantity, values in zip(names, found, strict=True)
    ]
