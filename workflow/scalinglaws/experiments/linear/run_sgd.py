"""One-pass SGD of the linear student on Gaussian inputs with a power-law spectrum, L = N.

Worschech & Rosenow (arXiv 2410.09005): figure 2, right (all directions learn) and figure 3, left
(only the first N_l learn; experiment feature_scaling runs this module too).
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from scalinglaws.columns import Columns, stack
from scalinglaws.data.dataset import Dataset
from scalinglaws.experiments.committee.start import PAPER
from scalinglaws.streams import generator
from scalinglaws.theory.power_law_spectrum import eigenvalues
from scalinglaws.training.linear_descent import Run, descend, first_errors
from scalinglaws.training.session import Session


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """Train every seed and number of trainable directions.

    Returns columns member, dimension, beta, eta, seed, n_trainable, direction, alpha, quantity,
    value; quantities as in linear_descent.descend.
    """
    runs = [gaussian_run(settings, seed) for seed in settings["seeds"]]
    return stack(descend(settings, runs, session))


def gaussian_run(settings: Mapping[str, Any], seed: int) -> Run:
    dimension = settings["dimension"]
    shares = eigenvalues(dimension, settings["beta"]) / dimension
    # Neither beta nor eta: the same seed has the same teacher and examples at every value.
    stream = partial(
        generator, settings["seed"], PAPER, "linear_sgd", {"dimension": dimension, "seed": seed}
    )
    return Run(
        identity={
            **{key: settings[key] for key in ("dimension", "beta", "eta")},
            "seed": seed,
        },
        shares=shares,
        start=first_errors(settings, "linear_sgd", dimension, seed),
        scale=np.sqrt(shares),
        fill=normals,
        stream=stream,
    )


def normals(stream: np.random.Generator, slab: np.ndarray) -> None:
    stream.standard_normal(out=slab, dtype=np.float32)
