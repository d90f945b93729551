"""Plateau and escape of the committee machine from the site-symmetric order parameters.

arXiv 2410.09005, the symmetric plateau and figure 5. Kinds of members (K = M throughout):
"growth", almost unbroken symmetry: height of the plateau and growth rate of r^(1);
"length", typical start without eta^2 term: where the plateau is left, over N and sigma_J;
"curve", typical start: the learning curves of figure 5.
"""

import math
from collections.abc import Mapping
from functools import partial
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import brentq

from scalinglaws.canonical import member_name
from scalinglaws.columns import Columns, stack
from scalinglaws.data.dataset import Dataset
from scalinglaws.experiments.committee.settings import PlateauPart, PlateauScans
from scalinglaws.records import as_record
from scalinglaws.theory.committee_symmetric import (
    relaxation_rate,
    seeded_start,
    solve,
    typical_start,
)
from scalinglaws.theory.plateau import escape_time, length_in_escape_times
from scalinglaws.theory.power_law_spectrum import eigenvalues
from scalinglaws.training.groups import arrays_in_turn
from scalinglaws.training.session import Session

NO_DIMENSION = 0  # almost unbroken symmetry stands for N -> infinity
# r^(1) while its growth rate is measured: far below the overlap rho of the plateau (0.01 at
# M = 64), so that the escape is linear; r^(1) is a variable of its own and has no rounding floor.
GROWTH_WINDOW = (1e-9, 1e-7)
# Weighted share of blocks that may still be off the plateau when r^(1) enters that window.
UNSETTLED = 1e-4
# Curves of "length" end at this multiple of the formula's length with D = 0, far beyond D.
BEYOND_LENGTH = 2.0

QUANTITIES = {
    "growth": ("eps_g", "split", "growth_rate"),
    "length": ("eps_g",),
    "curve": ("eps_g",),
}


class Member(NamedTuple):
    """``noise`` is 1 with the eta^2 term; dimension and sigma_j are 0 for "growth"."""

    beta: float
    dimension: int
    eta: float
    hidden: int
    kind: str
    levels: int
    noise: int
    sigma_j: float


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """Integrate every member; a resumed run goes on with the first one that is not done.

    Returns columns member, kind, hidden, levels, beta, eta, noise (1 with the eta^2 term),
    dimension, sigma_j (both 0 for "growth"), alpha, quantity (eps_g, 0 below 1e-13; split = r^(1);
    growth_rate = d ln r^(1) / d alpha), value.
    """
    asked = as_record(PlateauPart, settings)
    members = members_of(asked)[asked.part :: asked.parts]
    found = arrays_in_turn(members, partial(integrated, asked), session)
    pairs = zip(members, found, strict=True)
    return stack([part for member, curves in pairs for part in rows(asked, member, curves)])


def members_of(scans: PlateauScans) -> list[Member]:
    """All members of the experiment, whichever block they are computed in; each once."""
    return list(dict.fromkeys([*growths(scans), *lengths(scans), *learning_curves(scans)]))


def growths(scans: PlateauScans) -> list[Member]:
    """Small machines on a grid; one scan over M and one over L; and one over eta with noise."""
    shapes = [
        *product(scans.grid_hidden, scans.grid_levels, scans.betas),
        *product(scans.scan_hidden, [1], [scans.scan_beta]),
        *product([scans.scan_levels_hidden], scans.scan_levels, scans.betas),
    ]
    quiet = [(*shape, scans.eta, 0) for shape in shapes]
    noisy = [*product(scans.rates_hidden, [1], [scans.scan_beta], scans.rates, [1])]
    return [
        Member(beta, NO_DIMENSION, eta, m, "growth", n, noise, 0.0)
        for m, n, beta, eta, noise in quiet + noisy
    ]


def lengths(scans: PlateauScans) -> list[Member]:
    """Scans over N and over sigma_J; one over M, L and beta; one over eta with noise."""
    usual = (scans.dimension, scans.sigma_j)
    starts = [(n, scans.sigma_j) for n in scans.length_dimensions]
    starts += [(scans.dimension, sigma) for sigma in scans.length_sigmas]
    quiet = [*product(scans.length_hidden, scans.law_levels, [scans.scan_beta], starts)]
    quiet += product(scans.length_hidden, scans.length_levels, scans.betas, [usual])
    noisy = product(scans.rates_hidden, [1], [scans.scan_beta], [usual], scans.rates)
    asked = [(*of, scans.eta, 0) for of in quiet] + [(*of, 1) for of in noisy]
    return [
        Member(beta, dimension, eta, m, "length", n, noise, sigma_j)
        for m, n, beta, (dimension, sigma_j), eta, noise in asked
    ]


def learning_curves(scans: PlateauScans) -> list[Member]:
    before, after = (scans.scan_beta, scans.dimension, scans.eta), (1, scans.sigma_j)
    return [
        Member(*before, m, "curve", n, *after)
        for m, n in product(scans.curve_hidden, scans.curve_levels)
    ]


def integrated(scans: PlateauScans, of: Member) -> np.ndarray:
    """One curve per quantity, (quantities, points)."""
    if of.kind == "growth":
        start = seeded_start(seed_of(of))
    else:
        start = typical_start(of.levels, of.beta, of.sigma_j, of.dimension)
    curves = solve(
        start,
        abscissae(scans, of),
        units=of.hidden,
        levels=of.levels,
        beta=of.beta,
        eta=of.eta,
        noise=bool(of.noise),
    )
    return np.stack([curves[name] for name in QUANTITIES[of.kind]])


def abscissae(scans: PlateauScans, of: Member) -> np.ndarray:
    """Always `points` of them, so that one compilation serves all members."""
    if of.kind == "curve":
        end = scans.curve_alpha_max
        alphas = np.geomspace(scans.curve_alpha_min, end, scans.points)
    else:
        end = growth_end(of) if of.kind == "growth" else length_end(of)
        alphas = np.linspace(0, end, scans.points + 1)[1:]
    alphas[-1] = end  # geomspace may overshoot by an ulp, which the solver refuses
    return alphas


def tau_of(of: Member) -> float:
    return escape_time(of.hidden, of.eta, of.levels, of.beta)


def seed_of(of: Member) -> float:
    """First r^(1), so small that the blocks settle before it reaches GROWTH_WINDOW.

    Ten per cent more than that: while blocks settle the growth may be that much faster.
    """
    settling = 1.1 * settling_alpha(of) / tau_of(of)
    return GROWTH_WINDOW[0] * math.exp(-max(settling, 3.0))


def settling_alpha(of: Member) -> float:
    """Where (1/L) sum_k lambda_k exp(-eta lambda_k w alpha) = UNSETTLED, w = relaxation rate."""
    lam = eigenvalues(of.levels, of.beta)

    def excess(logarithm: float) -> float:
        return float(np.mean(lam * np.exp(-lam * math.exp(logarithm)))) - UNSETTLED

    settled = math.exp(brentq(excess, 0.0, 60.0))
    return settled / (of.eta * relaxation_rate(of.hidden))


def growth_end(of: Member) -> float:
    """Past GROWTH_WINDOW, also where a large eta slows the growth by a tenth."""
    folds = math.log(GROWTH_WINDOW[1] / seed_of(of))
    return tau_of(of) * (1.15 * folds + 2.0) + 30.0 / of.eta


def length_end(of: Member) -> float:
    return BEYOND_LENGTH * tau_of(of) * length_in_escape_times(of.dimension, of.sigma_j)


def rows(scans: PlateauScans, of: Member, found: np.ndarray) -> list[dict[str, Any]]:
    """One group per quantity; `found` is (quantities, points)."""
    alphas, names, identity = abscissae(scans, of), QUANTITIES[of.kind], of._asdict()
    common = {"member": member_name(identity), **identity}
    return [
        {**common, "alpha": alphas, "quantity": quantity, "value": values}
        for quantity, values in zip(names, found, strict=True)
    ]
