"""Random ReLU features of pooled images: Bahri et al. (arXiv:2102.06701), figures 2a and 2b.

Features are the second hidden layer of a randomly initialised ReLU network on images averaged over
pool x pool pixels. The chosen images are the population; the teacher is a random combination of
all features, averaged exactly. Losses are half mean squared errors.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from scalinglaws.canonical import member_name
from scalinglaws.columns import Columns
from scalinglaws.data.dataset import Dataset
from scalinglaws.data.transforms import average_pool, nested_subset, standardise
from scalinglaws.experiments.kernels.settings import RandomFeatures
from scalinglaws.records import as_record
from scalinglaws.streams import generator
from scalinglaws.theory.kernel_learning_curve import kappa
from scalinglaws.theory.random_features import excess_losses, nested_losses
from scalinglaws.training.groups import Arrays, tabulated
from scalinglaws.training.session import Session

PAPER, EXPERIMENT = "bahri2021", "random_features"
Array = np.ndarray
RANKS = 60  # of the recorded spectrum, evenly spaced in log rank


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """One row per (pool, quantity, size, seed); `size` is D, P or a rank.

    Quantities: `loss_data`, `loss_parameters` = L(D), L(P) with the other unlimited; `prediction`
    = kappa / 2 of the measured spectrum; `excess_data`, `excess_parameters` = L(D, P) - L(P) and
    L(D, P) - L(D), the other at `fixed`, with replacement from the population (mean over draws);
    `eigenvalue` and `tail` (sum over higher ranks) of the kernel.
    """
    design = as_record(RandomFeatures, settings)
    images = data[design.dataset].train_images
    return tabulated(
        list(product(design.pools, design.seed_range)),
        lambda group, inner, keep: of_group(*group, images, design),
        lambda group, result: rows(*group, result, design),
        session,
    )


def rows(pool: int, seed: int, result: Arrays, design: RandomFeatures) -> Iterator[dict[str, Any]]:
    for quantity, values in result.items():
        for size, value in zip(abscissae(quantity, design), values, strict=True):
            identity = {"dataset": design.dataset, "pool": pool, "size": size, "seed": seed}
            yield {
                "member": member_name(identity),
                **identity,
                "population": design.population,
                "quantity": quantity,
                "value": value,
            }


def abscissae(quantity: str, design: RandomFeatures) -> Sequence[int]:
    if quantity in ("eigenvalue", "tail"):
        return recorded_ranks(design.population)
    return design.variance_sizes if quantity.startswith("excess") else design.sizes


def recorded_ranks(population: int) -> list[int]:
    return np.unique(np.rint(np.geomspace(1, population // 2, RANKS)).astype(int)).tolist()


def of_group(pool: int, seed: int, images: Array, design: RandomFeatures) -> Arrays:
    count = design.population
    chosen = nested_subset(len(images), count, stream(design, {"seed": seed}, "population"))
    features = random_features(pooled(images[chosen], pool), pool, seed, design)
    kernels = {
        "data": features @ features.T / count,
        "parameters": features.T @ features / count,
    }
    spectrum = np.clip(np.linalg.eigvalsh(kernels["data"])[::-1] / count, 0.0, None)
    found = spectrum_rows(spectrum, design)
    identity = {"pool": pool, "seed": seed}
    for side, kernel in kernels.items():
        found[f"loss_{side}"] = mean_losses(kernel, stream(design, identity, side), design)
    found["excess_data"] = variance_scan(features, "data", identity, design)
    found["excess_parameters"] = variance_scan(features.T, "parameters", identity, design)
    return found


def mean_losses(kernel: Array, draws: np.random.Generator, design: RandomFeatures) -> Array:
    """Losses at `sizes`, averaged over random orders of the points."""
    largest = max(design.sizes)
    orders = [draws.permutation(len(kernel))[:largest] for _ in range(design.orders)]
    curves = [nested_losses(kernel, order) for order in orders]
    return np.asarray(np.mean(curves, axis=0)[np.array(design.sizes) - 1])


def spectrum_rows(spectrum: Array, design: RandomFeatures) -> Arrays:
    ranks = np.array(recorded_ranks(design.population)) - 1
    return {
        "eigenvalue": spectrum[ranks],
        "tail": (spectrum.sum() - np.cumsum(spectrum))[ranks],
        "prediction": np.array([0.5 * kappa(spectrum, size) for size in design.sizes]),
    }


def pooled(images: Array, pool: int) -> Array:
    """(n, inputs) float64, mean 0 and standard deviation 1 over all pixels of all images."""
    standard, _ = standardise(*[average_pool(images, pool)] * 2)
    return standard.reshape(len(images), -1).astype(np.float64)


def random_features(inputs: Array, pool: int, seed: int, design: RandomFeatures) -> Array:
    """(N, S) second hidden layer, weights N(0, 2 / fan-in), no biases; S = N."""
    draws = stream(design, {"pool": pool, "seed": seed}, "network")
    signal = inputs
    for units in (design.hidden, design.population):
        weights = draws.standard_normal((signal.shape[1], units))
        signal = np.maximum(signal @ weights * np.sqrt(2.0 / signal.shape[1]), 0.0)
    return signal


def variance_scan(
    features: Array, side: str, identity: Mapping[str, Any], design: RandomFeatures
) -> Array:
    """Mean excess per size; rows of `features` are drawn, `fixed` columns stay."""
    count, total = design.fixed, len(features)
    columns = stream(design, identity, f"{side} fixed").permutation(total)[:count]
    means = []
    for size in design.variance_sizes:
        draws = stream(design, {**identity, "size": size}, f"{side} drawn")
        counts = draws.multinomial(size, np.full(total, 1.0 / total), size=design.draws)
        means.append(np.mean(excess_losses(features, columns, counts)[1]))
    return np.array(means)


def stream(
    design: RandomFeatures, identity: Mapping[str, Any], purpose: str
) -> np.random.Generator:
    whole = {"dataset": design.dataset, "population": design.population, **identity}
    return generator(design.seed, PAPER, EXPERIMENT, whole, purpose)
