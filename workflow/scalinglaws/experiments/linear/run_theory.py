"""Closed forms of the linear network (arXiv 2410.09005, section 4): curves, tails, critical rates.

Parts: "any_eta" (figure 2, left: small-eta sum, order-parameter theory and exact mean at finite
N), "scaling" (figure 2, right: sum, incomplete-gamma form, power law), "law" (the sum at many
levels and several beta), "gamma" (sum and incomplete-gamma form), "tail" (loss that N_l trained
directions leave, alpha = infinity) and "critical" (largest stable learning rates).
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from scalinglaws.canonical import member_name
from scalinglaws.columns import Columns, stack
from scalinglaws.data.dataset import Dataset
from scalinglaws.theory import linear
from scalinglaws.theory.critical_rate import power_law_shares, sgd_critical_rate
from scalinglaws.theory.power_law_spectrum import eigenvalues
from scalinglaws.training.session import Session

Array = np.ndarray
Rows = list[dict[str, Any]]
Settings = Mapping[str, Any]
NOT_LEARNING = 0.0  # eta of rows that hold a limit or a rate, not a curve
BRACKET = (0.5, 4.0)  # learning rates between which the order-parameter theory turns unstable


def run(settings: Settings, data: dict[str, Dataset], session: Session) -> Columns:
    """All parts.

    Returns columns member, part, dimension (= levels), beta, eta, sigma_j, n_trainable, alpha,
    quantity, value. n_trainable is the dimension where all directions learn.
    """
    makers: list[Callable[[Settings], Rows]] = [any_eta, scaling, laws, tails, critical]
    parts: Rows = []
    for done, make in enumerate(makers, start=1):
        parts += make(settings)
        session.progress(done, len(makers))
    return stack(parts)


def row(
    part: str,
    setting: Mapping[str, Any],
    alpha: Any,
    quantity: str,
    value: Any,
    trainable: int | None = None,
) -> dict[str, Any]:
    identity = {
        "part": part,
        "dimension": int(setting["dimension"]),
        "beta": float(setting["beta"]),
        "eta": float(setting["eta"]),
        "sigma_j": float(setting["sigma_j"]),
        "n_trainable": int(setting["dimension"] if trainable is None else trainable),
    }
    shown = {"alpha": alpha, "quantity": quantity, "value": value}
    return {"member": member_name(identity), **identity, **shown}


def spectrum_of(setting: Mapping[str, Any]) -> tuple[Array, Array]:
    """Eigenvalues and typical first squares."""
    size = setting["dimension"]
    return eigenvalues(size, setting["beta"]), linear.first_squares(size, setting["sigma_j"])


def curve_alphas(setting: Mapping[str, Any]) -> Array:
    return np.geomspace(setting["alpha_min"], setting["alpha_max"], setting["points"])


def any_eta(settings: Settings) -> Rows:
    """Figure 2, left. The exact mean is taken at whole numbers of examples."""
    setting = settings["any_eta"]
    (variances, squares), eta, alphas = spectrum_of(setting), setting["eta"], curve_alphas(setting)
    steps = np.unique(np.maximum(np.rint(alphas * len(variances)), 1.0))
    finite = linear.finite_size_error(variances / len(variances), squares, steps, eta)
    small = linear.small_eta_error(variances, squares, alphas, eta)
    general = linear.general_eta_error(variances, squares, alphas, eta)
    return [
        row("any_eta", setting, alphas, "small_eta", small),
        row("any_eta", setting, alphas, "general_eta", general),
        row("any_eta", setting, steps / len(variances), "finite_size", finite),
    ]


def scaling(settings: Settings) -> Rows:
    """Figure 2, right, at the paper's N."""
    setting = settings["scaling"]
    (variances, squares), alphas = spectrum_of(setting), curve_alphas(setting)
    arguments = (len(variances), setting["beta"], alphas, setting["eta"], setting["sigma_j"])
    small = linear.small_eta_error(variances, squares, alphas, setting["eta"])
    return [
        row("scaling", setting, alphas, "small_eta", small),
        row("scaling", setting, alphas, "gamma", linear.incomplete_gamma_error(*arguments)),
        row("scaling", setting, alphas, "power_law", linear.power_law_error(*arguments)),
    ]


def laws(settings: Settings) -> Rows:
    """Sums and incomplete-gamma forms inside the window, at many levels and at fewer."""
    parts: Rows = []
    for part in ("law", "gamma"):
        for beta in settings["betas"]:
            setting = {**settings["law"], "dimension": settings[f"{part}_levels"], "beta": beta}
            parts += law_rows(part, setting)
    return parts


def law_rows(part: str, setting: Mapping[str, Any]) -> Rows:
    levels, beta, eta, sigma_j = (setting[k] for k in ("dimension", "beta", "eta", "sigma_j"))
    first, last = linear.power_law_range(levels, beta, eta)
    low, high = setting["window"]
    alphas = np.geomspace(low * first, high * last, setting["points"])
    exact = linear.small_eta_error(*spectrum_of(setting), alphas, eta)
    form = linear.incomplete_gamma_error(levels, beta, alphas, eta, sigma_j)
    return [
        row(part, setting, alphas, "small_eta", exact),
        row(part, setting, alphas, "gamma", form),
    ]


def tails(settings: Settings) -> Rows:
    """What is left after training N_l of N directions for ever, in the limit of small eta."""
    parts: Rows = []
    for size in settings["tail_dimensions"]:
        for beta in settings["tail_betas"]:
            fixed = {"eta": NOT_LEARNING, "sigma_j": settings["law"]["sigma_j"]}
            setting = {"dimension": size, "beta": beta, **fixed}
            spectrum = spectrum_of(setting)
            for count in settings["tail_trainable"]:
                left = linear.untrained_error(*spectrum, count)
                parts.append(row("tail", setting, math.inf, "tail", left, count))
    return parts


def critical(settings: Settings) -> Rows:
    """Largest stable eta: order-parameter theory by its eigenvalue, and SGD at finite N."""
    parts: Rows = []
    for beta in settings["critical_betas"]:
        fixed = {"beta": beta, "eta": NOT_LEARNING, "sigma_j": settings["law"]["sigma_j"]}
        for levels in settings["critical_levels"]:
            found = unstable_rate(eigenvalues(levels, beta))
            parts.append(row("critical", {"dimension": levels, **fixed}, 0.0, "theory", found))
        for size in settings["critical_dimensions"]:
            found = sgd_critical_rate(power_law_shares(size, beta))
            parts.append(row("critical", {"dimension": size, **fixed}, 0.0, "sgd", found))
    return parts


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
