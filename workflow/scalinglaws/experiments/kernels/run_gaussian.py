"""Linear regression on Gaussian features with a power-law spectrum: all four regimes, exactly.

Bahri et al. (arXiv:2102.06701), appendix E. Students see P random projections of
S features and learn D examples; population and teachers are averaged in closed form, so a seed
is one draw of examples and projections. Losses are half mean squared errors.
"""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import numpy as np

from scalinglaws.canonical import member_name
from scalinglaws.columns import Columns
from scalinglaws.data.dataset import Dataset
from scalinglaws.experiments.kernels.settings import GaussianFeatures
from scalinglaws.records import as_record
from scalinglaws.streams import generator
from scalinglaws.theory.kernel_learning_curve import power_law_eigenvalues
from scalinglaws.theory.random_features import (
    gaussian_excess,
    gaussian_losses,
    nested_gaussian_losses,
)
from scalinglaws.training.groups import Arrays, tabulated
from scalinglaws.training.session import Session

PAPER, EXPERIMENT = "bahri2021", "gaussian_features"
Array = np.ndarray
LOW = 1e-14  # penalty of the minimum-norm solution, relative to the squared singular values
PENALTIES = np.concatenate([[LOW], np.geomspace(1e-8, 1.0, 33)])


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """One row per (alpha_K, scan, D or P as `size`, seed, quantity).

    Scans: `data` and `parameters`: L(D) and L(P) with the other unlimited; `data_resonance` and
    `parameters_resonance`: L(D, P) with the other at `resonance`, quantities `loss_low` (minimum
    norm) and `loss_tuned` (best penalty of a grid); `data_variance`, `parameters_variance`: the
    other at `fixed`, quantities `excess` over the limit (mean over draws) and `limit`.
    """
    design = as_record(GaussianFeatures, settings)
    return tabulated(
        list(product(design.alphas, design.seed_range)),
        lambda group, inner, keep: of_group(*group, design),
        lambda group, result: rows(*group, result, design),
        session,
    )


def rows(
    alpha: float, seed: int, result: Arrays, design: GaussianFeatures
) -> Iterator[dict[str, Any]]:
    for key, values in result.items():
        scan, quantity = key.split("/")
        grid = design.variance_sizes if scan.endswith("_variance") else design.sizes
        for size, value in zip(grid, values, strict=True):
            identity = {"alpha_k": alpha, "scan": scan, "size": size, "seed": seed}
            yield {
                "member": member_name(identity),
                **identity,
                "features": design.features,
                "quantity": quantity,
                "value": value,
            }


def of_group(alpha: float, seed: int, design: GaussianFeatures) -> Arrays:
    """All scans of one spectrum and seed, keyed scan/quantity."""
    eigenvalues = power_law_eigenvalues(alpha, design.features)
    largest = max(*design.sizes, design.resonance)
    draws = {
        side: normals(design, alpha, seed, side, (largest, len(eigenvalues)))
        for side in ("data", "parameters")
    }
    found: Arrays = {}
    for side, other in (("data", "parameters"), ("parameters", "data")):
        curve = nested_gaussian_losses(draws[side], eigenvalues)
        found[f"{side}/loss"] = curve[np.array(design.sizes) - 1]
        fixed = draws[other][: design.resonance]
        resonance = np.array(
            [gaussian_losses(draws[side][:n], fixed, eigenvalues, PENALTIES) for n in design.sizes]
        )
        found[f"{side}_resonance/loss_low"] = resonance[:, 0]
        found[f"{side}_resonance/loss_tuned"] = resonance.min(axis=1)
        found |= variance_scan(alpha, seed, side, eigenvalues, design)
    return found


def variance_scan(
    alpha: float, seed: int, side: str, eigenvalues: Array, design: GaussianFeatures
) -> Arrays:
    """Mean excess over `draws` fresh draws of the growing side, the fixed side as it is."""
    scan, count, size = f"{side}_variance", design.draws, len(eigenvalues)
    fixed = normals(design, alpha, seed, f"{scan} fixed", (design.fixed, size))
    excess, limit = [], 0.0
    for growing in design.variance_sizes:
        examples = normals(design, alpha, seed, f"{scan} {growing}", (count, growing, size))
        pairs = [gaussian_excess(draw, fixed, eigenvalues) for draw in examples]
        limit = pairs[0][0]
        excess.append(np.mean([value for _, value in pairs]))
    return {
        f"{scan}/excess": np.array(excess),
        f"{scan}/limit": np.full(len(excess), limit),
    }


def normals(
    design: GaussianFeatures, alpha: float, seed: int, purpose: str, shape: tuple[int, ...]
) -> Array:
    identity = {"alpha_k": alpha, "features": design.features, "seed": seed}
    stream = generator(design.seed, PAPER, EXPERIMENT, identity, purpose)
    return stream.standard_normal(shape)
