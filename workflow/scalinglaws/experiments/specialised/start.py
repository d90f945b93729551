"""What simulation and theory of the specialised phase share: teacher and first deviations."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from scalinglaws.experiments.committee.start import PAPER
from scalinglaws.streams import generator


def draw_deviation(settings: Mapping[str, Any], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Deviation J - B ~ N(0, sigma_J^2) and teacher B ~ N(0, 1), both (hidden, N).

    The stream does not know beta: the same seed has the same weights for every spectrum.
    """
    identity = {"dimension": settings["dimension"], "hidden": settings["hidden"], "seed": seed}
    stream = generator(settings["seed"], PAPER, "near_teacher", identity, "weights")
    normals = stream.standard_normal((2, settings["hidden"], settings["dimension"]))
    return settings["sigma_j"] * normals[0], normals[1]
