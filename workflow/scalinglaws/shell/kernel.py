"""Theory on the terminal: learning curve of a kernel with a power-law spectrum."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from scalinglaws.shell.verbs import (
    add_answer,
    number,
    numbers,
    require,
    require_positive,
    whole,
)

MOST_EIGENVALUES = 10_000_000  # 80 MB; a minute for each D


def add_kernel(names: Any) -> None:
    added = add_answer(
        names,
        "kernel",
        kernel,
        "loss of kernel regression on D examples, power-law spectrum, teachers on the kernel",
        "columns: D (examples), kappa, loss (half mean squared error = kappa / 2; units of the\n"
        "  spectrum: the loss without examples is sum lambda_i / 2)\n"
        "source: Bahri, Dyer, Kaplan, Lee and Sharma, arXiv 2102.06701, appendix E, for\n"
        "  independent target coefficients of variance 1 and no noise:\n"
        "  1 = sum_i lambda_i / (kappa + D lambda_i), lambda_i = i^-(1 + alpha_K), i = 1..size;\n"
        "  for size to infinity kappa = ((pi/a) / sin(pi/a))^a D^-alpha_K, a = 1 + alpha_K",
    )
    text = "decay of the loss: lambda_i = i^-(1 + alpha_K); above 0"
    added.add_argument("--alpha-k", type=number, required=True, help=text)
    text = "number of eigenvalues, more than any D"
    added.add_argument("--size", type=whole, required=True, help=text)
    text = "numbers of examples D, comma-separated, 1 or more each"
    added.add_argument("--samples", type=numbers, required=True, help=text)


def kernel(options: argparse.Namespace) -> Mapping[str, Sequence[float]]:
    from scalinglaws.theory.kernel_learning_curve import kappa, power_law_eigenvalues

    require_positive(alpha_k=options.alpha_k)
    require("alpha-k", options.alpha_k, options.alpha_k <= 10, "at most 10")
    size = options.size
    require("size", size, 2 <= size <= MOST_EIGENVALUES, f"2 to {MOST_EIGENVALUES}")
    for samples in options.samples:
        allowed = 1 <= samples < size
        require("samples", samples, allowed, f"1 or more and less than --size {size}")
    eigenvalues = power_law_eigenvalues(options.alpha_k, size)
    values = [kappa(eigenvalues, samples) for samples in options.samples]
    return {"D": options.samples, "kappa": values, "loss": [0.5 * value for value in values]}
