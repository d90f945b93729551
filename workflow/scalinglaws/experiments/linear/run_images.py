"""One-pass SGD of the linear student on inputs with the covariance of real images.

Worschech & Rosenow (arXiv 2410.09005), figure 3, right: a random linear teacher labels images,
only the N_l leading eigen-directions of their covariance learn. Inputs are the images themselves,
drawn with replacement, so that the covariance of the set is exactly theirs; or Gaussian vectors
with the same covariance.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from scalinglaws.columns import Columns, stack
from scalinglaws.data.dataset import Dataset
from scalinglaws.data.transforms import average_pool
from scalinglaws.errors import InputError
from scalinglaws.experiments.linear.run_sgd import PAPER, course_of, first_errors, normals
from scalinglaws.experiments.linear.settings import ImageDescent
from scalinglaws.records import as_record
from scalinglaws.streams import generator
from scalinglaws.theory.critical_rate import sgd_critical_rate
from scalinglaws.training.linear_descent import Run, descend
from scalinglaws.training.session import Session

Array = np.ndarray
LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601, the usual weights of red, green, blue
# Images turned to float64 at once: all of CIFAR-10 would take 400 MB.
BATCH = 5000


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """Train every kind of inputs, seed and number of trainable directions.

    Returns columns member, dataset, inputs ("images" or "gaussian"), dimension, eta, seed,
    n_trainable, direction, alpha, quantity, value; quantities as in linear_descent.descend.
    Raises InputError when eta is beyond the critical rate of the images' spectrum.
    """
    own = as_record(ImageDescent, settings)
    images = grey_pixels(data[own.dataset].train_images, own.pool)
    shares, coordinates = principal_coordinates(images)
    check_rate(own, shares)
    runs = [
        image_run(own, shares, coordinates, inputs, seed)
        for inputs in own.inputs
        for seed in own.seed_range
    ]
    return stack(descend(course_of(own, len(shares)), runs, session))


def grey_pixels(images: Array, pool: int) -> Array:
    """(n, N) float32 grey values in [0, 1] of uint8 images, averaged over pool x pixels."""
    pooled = average_pool(images, pool)
    grey = pooled @ LUMA.astype(np.float32) if pooled.ndim == 4 else pooled
    return grey.reshape(len(grey), -1)


def principal_coordinates(images: Array) -> tuple[Array, Array]:
    """Shares of the variance (N,), descending, sum 1, and coordinates of the centred images.

    Coordinates (n, N) float32 are along the eigenvectors of the covariance, scaled to total
    variance 1: the x = xi / sqrt(N) of linear_descent.
    """
    mean = images.mean(axis=0, dtype=np.float64)
    parts = [images[begin : begin + BATCH] for begin in range(0, len(images), BATCH)]
    covariance = np.sum([(part - mean).T @ (part - mean) for part in parts], axis=0) / len(images)
    variances, vectors = np.linalg.eigh(covariance)
    variances, vectors = np.clip(variances[::-1], 0.0, None), signed(vectors[:, ::-1])
    vectors = vectors / np.sqrt(variances.sum())
    coordinates = [((part - mean) @ vectors).astype(np.float32) for part in parts]
    return variances / variances.sum(), np.concatenate(coordinates)


def signed(vectors: Array) -> Array:
    """Columns with their largest entry positive: LAPACK leaves the sign open."""
    largest = np.argmax(np.abs(vectors), axis=0)
    return vectors * np.sign(vectors[largest, np.arange(vectors.shape[1])])


def check_rate(own: ImageDescent, shares: Array) -> None:
    critical = sgd_critical_rate(shares.tolist())
    if not own.eta < critical:
        raise InputError(
            f"image_features.eta is {own.eta}; expected less than {critical:.4g}, beyond "
            f"which SGD diverges on the spectrum of {own.dataset}: correct config/scales."
        )


def image_run(own: ImageDescent, shares: Array, coordinates: Array, inputs: str, seed: int) -> Run:
    dimension = len(shares)
    kind = {"dataset": own.dataset, "inputs": inputs, "dimension": dimension}
    drawn = inputs == "images"
    return Run(
        identity={**kind, "eta": own.eta, "seed": seed},
        shares=shares,
        start=first_errors(own, "image_features", dimension, seed),
        scale=np.ones(dimension) if drawn else np.sqrt(shares),
        fill=partial(draw_images, coordinates) if drawn else normals,
        stream=partial(generator, own.seed, PAPER, "image_features", {**kind, "seed": seed}),
    )


def draw_images(coordinates: Array, stream: np.random.Generator, slab: Array) -> None:
    chosen = stream.integers(len(coordinates), size=len(slab))
    np.take(coordinates, chosen, axis=0, out=slab)
