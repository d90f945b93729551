"""What simulation and theory of the committee machine share: first weights and abscissae."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from scalinglaws.streams import generator
from scalinglaws.theory.power_law_spectrum import multiplicity

PAPER = "worschech2024"


def identities(settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Members of a block, in the order in which they are trained."""
    return [
        {"levels": levels, "seed": seed, "dimension": settings["dimension"]}
        for levels in settings["levels"]
        for seed in settings["seeds"]
    ]


def draw_weights(settings: Mapping[str, Any], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Student J ~ N(0, sigma_J^2) and teacher B ~ N(0, 1), both (hidden, N).

    The stream does not know L: the same seed has the same weights at every L, so that curves of
    one seed differ by the spectrum alone.
    """
    identity = {"dimension": settings["dimension"], "hidden": settings["hidden"], "seed": seed}
    stream = generator(settings["seed"], PAPER, "committee", identity, "weights")
    normals = stream.standard_normal((2, settings["hidden"], settings["dimension"]))
    return settings["sigma_j"] * normals[0], normals[1]


def block_overlaps(first: np.ndarray, second: np.ndarray, levels: int) -> np.ndarray:
    """(L/N) first^(k) . second^(k) for each block k of equal eigenvalues, (L, units, units)."""
    size = multiplicity(levels, first.shape[1])
    blocks = [weights.reshape(len(weights), levels, size) for weights in (first, second)]
    return np.einsum("ikn,jkn->kij", *blocks) / size


def observation_steps(settings: Mapping[str, Any]) -> np.ndarray:
    """Numbers of examples after which eps_g is recorded: geometric in alpha, all different.

    Always `points` of them, so that the theory's integrator is compiled for one length.
    """
    alphas = np.geomspace(settings["alpha_min"], settings["alpha_max"], settings["points"])
    steps = np.maximum(np.rint(alphas * settings["dimension"]).astype(np.int64), 1)
    # Early abscissae may round to the same step; spread them over the following steps.
    order = np.arange(len(steps))
    return np.maximum.accumulate(steps - order) + order
