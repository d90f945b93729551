"""The perceptron with many examples per weight, and with the square loss: predictions.

Errors are given over that of the Hebb rule (``early_*``) or times alpha (``scaling_*``,
``scaled_*``): these are the combinations that have a limit for alpha -> infinity, which is written
as alpha = infinity.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from scalinglaws.canonical import member_name
from scalinglaws.columns import Columns, stack
from scalinglaws.data.dataset import Dataset
from scalinglaws.experiments.perceptron.settings import Limits
from scalinglaws.records import as_record
from scalinglaws.theory import perceptron, perceptron_flow, perceptron_scaling, perceptron_square
from scalinglaws.training.session import Session

INFINITE = float("inf")
Groups = list[tuple[float, str, Any, Any]]


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """Rows member, alpha, abscissa (lambda or lambda / alpha), quantity, value.

    Against lambda: ``early_fixed_norm``, ``early_gradient_flow``, ``early_square_loss`` (over
    Hebb's error). Against lambda / alpha: ``scaling_function`` (alpha = infinity) and
    ``scaled_error`` (finite alpha). One row each: ``scaling_optimum``, ``square_optimum_lambda``,
    ``square_optimum_error`` (over Hebb's).
    """
    own = as_record(Limits, settings)
    lambdas, ratios = np.geomspace(*own.lambda_grid), np.geomspace(*own.ratio_grid)
    groups = limits(lambdas, ratios)
    for done, alpha in enumerate(own.collapse_alphas, start=1):
        groups += [(alpha, "scaled_error", ratios, scaled_error(alpha, ratios))]
        session.progress(done, len(own.collapse_alphas))
    for alpha in own.square_alphas:
        groups += square_loss(alpha, lambdas)
    return stack([row(*group) for group in groups])


def limits(lambdas: np.ndarray, ratios: np.ndarray) -> Groups:
    """Everything at alpha = infinity."""
    ratio, smallest = perceptron_scaling.scaling_optimum()
    best_lambda, best_error = perceptron_square.BEST_LAMBDA, perceptron_square.BEST_ERROR
    curves = [
        ("early_fixed_norm", lambdas, perceptron_scaling.early_error(lambdas)),
        ("early_gradient_flow", lambdas, perceptron_flow.flow_error(lambdas)),
        ("early_square_loss", lambdas, perceptron_square.early_error(lambdas)),
        ("scaling_function", ratios, perceptron_scaling.scaling_function(ratios)),
        ("scaling_optimum", ratio, smallest),
        ("square_optimum_lambda", best_lambda, best_lambda),
        ("square_optimum_error", best_lambda, best_error),
    ]
    return [(INFINITE, *curve) for curve in curves]


def scaled_error(alpha: float, ratios: np.ndarray) -> np.ndarray:
    return alpha * perceptron.fixed_norm_error(alpha, ratios * alpha)


def square_loss(alpha: float, lambdas: np.ndarray) -> Groups:
    hebb = perceptron.hebb_error(alpha)
    lam, error = perceptron_square.optimum(alpha)
    curve = perceptron_square.square_loss_error(alpha, lambdas)
    return [
        (alpha, "early_square_loss", lambdas, curve / hebb),
        (alpha, "square_optimum_lambda", lam, lam),
        (alpha, "square_optimum_error", lam, error / hebb),
    ]


def row(alpha: float, quantity: str, abscissa: Any, value: Any) -> dict[str, Any]:
    member = member_name({"alpha": "infinite" if np.isinf(alpha) else alpha})
    return {
        "member": member,
        "alpha": alpha,
        "abscissa": abscissa,
        "quantity": quantity,
        "value": value,
    }
