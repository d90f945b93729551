"""Learning curves of power-law kernels from their spectra: Bahri et al. (arXiv:2102.06701), C12."""

from collections.abc import Iterator, Mapping
from typing import Any

from scalinglaws.canonical import member_name
from scalinglaws.columns import Columns, stack
from scalinglaws.data.dataset import Dataset
from scalinglaws.experiments.kernels.settings import KernelTheory
from scalinglaws.records import as_record
from scalinglaws.theory.kernel_learning_curve import (
    gamma,
    infinite_gamma,
    infinite_kappa,
    kappa,
    power_law_eigenvalues,
)
from scalinglaws.training.session import Session


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """One row per (alpha_K, D, quantity), lambda_i = i^-(1 + alpha_K), i = 1..size.

    Quantities: `loss` = kappa / 2 and `gamma` of the finite spectrum; `loss_infinite` and
    `gamma_infinite` of the spectrum without end (closed forms).
    """
    return stack(list(rows(as_record(KernelTheory, settings))))


def rows(design: KernelTheory) -> Iterator[dict[str, Any]]:
    for alpha in design.alphas:
        eigenvalues = power_law_eigenvalues(alpha, design.size)
        for samples in design.samples:
            k = kappa(eigenvalues, samples)
            found = {
                "loss": 0.5 * k,
                "gamma": gamma(eigenvalues, samples, k),
                "loss_infinite": 0.5 * infinite_kappa(alpha, samples),
                "gamma_infinite": infinite_gamma(alpha),
            }
            identity = {"alpha_k": alpha, "samples": samples}
            for name, value in found.items():
                yield {
                    "member": member_name(identity),
                    **identity,
                    "eigenvalues": design.size,
                    "quantity": name,
                    "value": value,
                }
