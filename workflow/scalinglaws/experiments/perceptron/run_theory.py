"""Replica-symmetric curve epsilon(lambda), its optimum and its limits, for several alpha."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from scalinglaws.canonical import member_name
from scalinglaws.columns import Columns, stack
from scalinglaws.data.dataset import Dataset
from scalinglaws.experiments.perceptron.settings import Theory
from scalinglaws.records import as_record
from scalinglaws.theory import perceptron
from scalinglaws.training.session import Session

UNDEFINED = float("nan")  # Bayes and Gibbs rules belong to no lambda


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """Rows member, alpha, lambda, quantity, value.

    Quantity ``epsilon`` is the fixed-norm curve; the limits sit at their own lambda (0 for Hebb,
    infinity for maximum stability, lambda_opt for the optimum, NaN for Bayes and Gibbs).
    """
    own = as_record(Theory, settings)
    lambdas = np.geomspace(*own.lambda_grid)
    parts: list[dict[str, Any]] = []
    for done, alpha in enumerate(own.alphas, start=1):
        parts += rows_of(alpha, lambdas)
        session.progress(done, len(own.alphas))
    return stack(parts)


def rows_of(alpha: float, lambdas: np.ndarray) -> list[dict[str, Any]]:
    """Row groups of one alpha."""
    optimal_lambda, optimal_error = perceptron.optimum(alpha)
    stable_error, stability = perceptron.maximum_stability(alpha)
    groups = [
        ("epsilon", lambdas, perceptron.fixed_norm_error(alpha, lambdas)),
        ("epsilon_hebb", 0.0, perceptron.hebb_error(alpha)),
        ("epsilon_maximum_stability", float("inf"), stable_error),
        ("stability", float("inf"), stability),
        ("epsilon_optimum", optimal_lambda, optimal_error),
        ("lambda_optimum", optimal_lambda, optimal_lambda),
        ("epsilon_bayes", UNDEFINED, perceptron.bayes_error(alpha)),
        ("epsilon_gibbs", UNDEFINED, perceptron.gibbs_error(alpha)),
    ]
    member = member_name({"alpha": alpha})
    return [
        {"member": member, "alpha": alpha, "lambda": lam, "quantity": name, "value": value}
        for name, lam, value in groups
    ]
