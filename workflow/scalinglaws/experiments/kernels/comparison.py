"""Random against learned features: teachers on a kernel, real labels, spectra, coefficients.

Bahri et al. (arXiv:2102.06701), figure S8: kernels of infinitely wide networks, of a random
network's and of a trained network's last hidden layer.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from scalinglaws.experiments.kernels.scans import PENALTIES
from scalinglaws.theory.relu_kernels import relu_kernels
from scalinglaws.theory.ridge import kernel_predictions, relative_errors, unexplained
from scalinglaws.training.groups import Arrays

Array = np.ndarray
RESOLVED = 1e-13  # of the largest eigenvalue: below it, rounding errors
BINS = 24  # of ranks, evenly spaced in log rank


class Inputs(NamedTuple):
    """One representation of the train, validation and test examples, (n, features) each."""

    train: Array
    validation: Array
    test: Array


class Kernel(NamedTuple):
    """gram (D, D), crossed with validation and test (n, D), and K(x, x) of the test points."""

    gram: Array
    validation: Array
    test: Array
    variances: Array


def linear_kernel(inputs: Inputs) -> Kernel:
    train, validation, test = inputs
    return Kernel(train @ train.T, validation @ train.T, test @ train.T, np.sum(test**2, axis=1))


def relu_kernel(inputs: Inputs, hidden_layers: int, which: str) -> Kernel:
    """which: "nngp" or "ntk"."""
    number = ("nngp", "ntk").index(which)
    train, validation, test = (
        relu_kernels(part, inputs.train, hidden_layers)[number] for part in inputs
    )
    # Of one point with itself: correlation 1, so each layer keeps the variance, 2 |x|^2 / d.
    own = 2.0 * np.mean(inputs.test**2, axis=1)
    return Kernel(train, validation, test, own * (1 if which == "nngp" else hidden_layers + 1))


def kernel_scans(
    kernel: Kernel, targets: tuple[Array, Array, Array], sizes: Sequence[int]
) -> Arrays:
    """Losses against D in units of predicting zero: `teacher`, `real/low`, `real/tuned`."""
    train, validation, test = targets
    found: dict[str, list[float]] = {"teacher": [], "real/low": [], "real/tuned": []}
    for size in sizes:
        gram = kernel.gram[:size, :size]
        crossed = [kernel.validation[:, :size], kernel.test[:, :size]]
        predictions = kernel_predictions(gram, train[:size], crossed, PENALTIES)
        chosen = np.argmin(relative_errors(predictions[0], validation))
        losses = relative_errors(predictions[1], test)
        found["real/low"].append(losses[0])
        found["real/tuned"].append(losses[chosen])
        found["teacher"].append(unexplained(gram, crossed[1], kernel.variances, PENALTIES[0]))
    return {name: np.array(values) for name, values in found.items()}


def spectrum(kernel: Kernel, targets: Array, population: int) -> Arrays:
    """Means over bins of ranks: `eigenvalue` (shares of the trace) and `coefficient`.

    Coefficients are those of the labels in the kernel's own features, (phi_i . y)^2 / lambda_i,
    summed over classes, in units of their mean over all bins; a teacher on the kernel has 1.
    """
    values, vectors = np.linalg.eigh(kernel.gram[:population, :population])
    values, vectors = values[::-1] / values.sum(), vectors[:, ::-1]
    power = np.sum((vectors.T @ targets[:population]) ** 2, axis=1)
    found: dict[str, list[float]] = {"eigenvalue": [], "coefficient": []}
    edges = bin_edges(population)
    for low, high in pairwise(edges):
        inside = slice(low - 1, high - 1)
        mean = values[inside].mean()
        positive = mean > RESOLVED * values[0]
        found["eigenvalue"].append(mean if positive else np.nan)
        found["coefficient"].append(np.mean(power[inside]) / mean if positive else np.nan)
    coefficients = np.array(found["coefficient"])
    scale = np.exp(np.nanmean(np.log(coefficients)))
    return {"eigenvalue": np.array(found["eigenvalue"]), "coefficient": coefficients / scale}


def bin_edges(population: int) -> list[int]:
    return np.unique(np.rint(np.geomspace(1, population // 4, BINS + 1)).astype(int)).tolist()


def bin_centres(population: int) -> list[float]:
    edges = np.array(bin_edges(population), dtype=float)
    # The bin holds the ranks edge .. next edge - 1.
    return np.sqrt(edges[:-1] * (edges[1:] - 1)).tolist()
