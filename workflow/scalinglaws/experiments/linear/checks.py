"""What the linear network's experiments refuse before anything runs."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.theory.critical_rate import (
    order_parameter_critical_rate,
    power_law_shares,
    sgd_critical_rate,
)


def check_positive(where: str, sizes: Mapping[str, Any], *keys: str) -> None:
    """Raises InputError for a key that is not above 0."""
    for key in keys:
        if not sizes[key] > 0:
            raise InputError(
                f"{where}.{key} is {sizes[key]}; expected a number above 0: correct it in "
                "config/scales."
            )


def check_alphas(where: str, sizes: Mapping[str, Any]) -> None:
    """Raises InputError unless 0 < alpha_min < alpha_max."""
    check_positive(where, sizes, "alpha_min")
    if not sizes["alpha_min"] < sizes["alpha_max"]:
        raise InputError(
            f"{where}.alpha_max is {sizes['alpha_max']}; expected more than alpha_min = "
            f"{sizes['alpha_min']}: correct it in config/scales."
        )


def check_trainable(where: str, trainable: list[int], dimension: int) -> None:
    """Raises InputError for N_l below 1, above N or given twice."""
    wrong = [count for count in trainable if not 1 <= count <= dimension]
    if wrong or not trainable or len(set(trainable)) != len(trainable):
        raise InputError(
            f"{where}.trainable is {trainable}; expected different numbers of directions between 1 "
            f"and the dimension {dimension}: correct it in config/scales."
        )


def check_simulated_rate(where: str, sizes: Mapping[str, Any]) -> None:
    """Raises InputError when one-pass SGD would diverge at this N, beta and eta."""
    critical = sgd_critical_rate(power_law_shares(sizes["dimension"], sizes["beta"]))
    if not sizes["eta"] < critical:
        raise InputError(
            f"{where}.eta is {sizes['eta']}; expected less than {critical:.4g}, the critical rate "
            f"of SGD for N = {sizes['dimension']} and beta = {sizes['beta']}, beyond which it "
            "diverges: correct it in config/scales."
        )


def check_theory_rate(where: str, eta: float) -> None:
    """Raises InputError when the order-parameter theory has no decaying solution at this eta."""
    critical = order_parameter_critical_rate()
    if not eta < critical:
        raise InputError(
            f"{where} is {eta}; expected less than {critical:g} (2 K / M), the critical learning "
            "rate beyond which the loss grows: give a smaller one."
        )
