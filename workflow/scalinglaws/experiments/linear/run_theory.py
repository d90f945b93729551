"""Closed forms of the linear network (arXiv 2410.09005): curves, tails, critical rates.

Parts: "any_eta" (figure 2, left: small-eta sum, order-parameter theory and exact mean at finite
N), "scaling" (figure 2, right: sum, incomplete-gamma form, power law), "law" (the sum at many
levels and several beta), "gamma" (sum and incomplete-gamma form), "tail" (loss that N_l trained
directions leave, alpha = infinity) and "critical" (largest stable learning rates).
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from scalinglaws.canonical import member_name
from scalinglaws.columns import Columns, stack
from scalinglaws.data.dataset import Dataset
from scalinglaws.experiments.linear.settings import Curve, Law, Theory
from scalinglaws.records import as_record
from scalinglaws.theory import linear
from scalinglaws.theory.critical_rate import power_law_shares, sgd_critical_rate
from scalinglaws.theory.power_law_spectrum import eigenvalues
from scalinglaws.training.session import Session

Array = np.ndarray
Rows = list[dict[str, Any]]
NOT_LEARNING = 0.0  # eta of rows that hold a limit or a rate, not a curve
BRACKET = (0.5, 4.0)  # learning rates between which the order-parameter theory turns unstable


class Network(NamedTuple):
    """What rows are told apart by; L = N = dimension."""

    dimension: int
    beta: float
    eta: float
    sigma_j: float

    def spectrum(self) -> tuple[Array, Array]:
        """Eigenvalues (L,) and typical first squares (L,)."""
        size = self.dimension
        return eigenvalues(size, self.beta), linear.first_squares(size, self.sigma_j)


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """All parts.

    Returns columns member, part, dimension (= levels), beta, eta, sigma_j, n_trainable, alpha,
    quantity, value. n_trainable is the dimension where all directions learn.
    """
    own = as_record(Theory, settings)
    makers: list[Callable[[Theory], Rows]] = [any_eta, scaling, laws, tails, critical]
    parts: Rows = []
    for done, make in enumerate(makers, start=1):
        parts += make(own)
        session.progress(done, len(makers))
    return stack(parts)


def row(
    part: str,
    network: Network,
    alpha: Any,
    quantity: str,
    value: Any,
    trainable: int | None = None,
) -> dict[str, Any]:
    count = network.dimension if trainable is None else trainable
    identity = {"part": part, **network._asdict(), "n_trainable": count}
    shown = {"alpha": alpha, "quantity": quantity, "value": value}
    return {"member": member_name(identity), **identity, **shown}


def curve_of(curve: Curve) -> tuple[Network, Array]:
    """The network of a curve, and its alphas (points,)."""
    network = Network(curve.dimension, curve.beta, curve.eta, curve.sigma_j)
    return network, np.geomspace(curve.alpha_min, curve.alpha_max, curve.points)


def any_eta(own: Theory) -> Rows:
    """Figure 2, left. The exact mean is taken at whole numbers of examples."""
    network, alphas = curve_of(own.any_eta)
    (variances, squares), eta = network.spectrum(), network.eta
    steps = np.unique(np.maximum(np.rint(alphas * len(variances)), 1.0))
    finite = linear.finite_size_error(variances / len(variances), squares, steps, eta)
    small = linear.small_eta_error(variances, squares, alphas, eta)
    general = linear.general_eta_error(variances, squares, alphas, eta)
    return [
        row("any_eta", network, alphas, "small_eta", small),
        row("any_eta", network, alphas, "general_eta", general),
        row("any_eta", network, steps / len(variances), "finite_size", finite),
    ]


def scaling(own: Theory) -> Rows:
    """Figure 2, right, at the paper's N."""
    network, alphas = curve_of(own.scaling)
    power_law = linear.power_law_error(*arguments(network, alphas))
    return [
        *sum_and_form("scaling", network, alphas),
        row("scaling", network, alphas, "power_law", power_law),
    ]


def laws(own: Theory) -> Rows:
    """Sums and incomplete-gamma forms inside the window, at many levels and at fewer."""
    return [
        part
        for name, levels in (("law", own.law_levels), ("gamma", own.gamma_levels))
        for beta in own.betas
        for part in law_rows(name, Network(levels, beta, own.law.eta, own.law.sigma_j), own.law)
    ]


def law_rows(part: str, network: Network, law: Law) -> Rows:
    first, last = linear.power_law_range(network.dimension, network.beta, network.eta)
    low, high = law.window
    return sum_and_form(part, network, np.geomspace(low * first, high * last, law.points))


def sum_and_form(part: str, network: Network, alphas: Array) -> Rows:
    """The small-eta sum over levels, and the incomplete-gamma form that stands for it."""
    exact = linear.small_eta_error(*network.spectrum(), alphas, network.eta)
    form = linear.incomplete_gamma_error(*arguments(network, alphas))
    return [
        row(part, network, alphas, "small_eta", exact),
        row(part, network, alphas, "gamma", form),
    ]


def arguments(network: Network, alphas: Array) -> tuple[int, float, Array, float, float]:
    """Of the closed forms in alpha."""
    return network.dimension, network.beta, alphas, network.eta, network.sigma_j


def tails(own: Theory) -> Rows:
    """What is left after training N_l of N directions for ever, in the limit of small eta."""
    parts: Rows = []
    for size in own.tail_dimensions:
        for beta in own.tail_betas:
            network = Network(size, beta, NOT_LEARNING, own.law.sigma_j)
            spectrum = network.spectrum()
            for count in own.tail_trainable:
                left = linear.untrained_error(*spectrum, count)
                parts.append(row("tail", network, math.inf, "tail", left, count))
    return parts


def critical(own: Theory) -> Rows:
    """Largest stable eta: order-parameter theory by its eigenvalue, and SGD at finite N."""
    parts: Rows = []
    for beta in own.critical_betas:
        for levels in own.critical_levels:
            found = unstable_rate(eigenvalues(levels, beta))
            parts.append(critical_row(own, levels, beta, "theory", found))
        for size in own.critical_dimensions:
            found = sgd_critical_rate(power_law_shares(size, beta))
            parts.append(critical_row(own, size, beta, "sgd", found))
    return parts


def critical_row(own: Theory, size: int, beta: float, quantity: str, rate: float) -> dict[str, Any]:
    network = Network(size, beta, NOT_LEARNING, own.law.sigma_j)
    return row("critical", network, 0.0, quantity, rate)


def unstable_rate(variances: Array) -> float:
    """eta at which the largest eigenvalue of the drift changes sign, by bisection."""
    low, high = BRACKET
    for _ in range(60):
        middle = (low + high) / 2
        if np.linalg.eigvalsh(linear.drift(variances, middle))[-1] < 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2
