"""Overlaps and generalisation error of erf committee machines from their weights (numpy)."""

import math

import numpy as np


def first_overlaps(student: np.ndarray, teacher: np.ndarray, variances: np.ndarray) -> np.ndarray:
    """Covariance (K+M, K+M) of the pre-activations of student (K, N) and teacher (M, N).

    Inputs are normal with the diagonal covariance `variances` (N,), pre-activations are
    w . xi / sqrt(N).
    """
    weights = np.concatenate([student, teacher])
    return (weights * (variances / len(variances))) @ weights.T


def generalisation_error(covariance: np.ndarray, student_units: int) -> float:
    """<(zeta - sigma)^2> / 2 for g = erf(x / sqrt 2), from the pre-activations' covariance.

    zeta = M^(-1/2) sum_n g(y_n), sigma = (sqrt(M)/K) sum_i g(x_i), the model of arXiv 2410.09005;
    covariance: (K+M, K+M), students first. NaN when the weights have diverged. The sum cancels to
    5e-15: closer to the teacher use `theory.specialised.quadratic_error`.
    """
    if not np.all(np.isfinite(covariance)):
        return math.nan
    teacher_units = len(covariance) - student_units
    output = np.full(len(covariance), 1 / math.sqrt(teacher_units))
    output[:student_units] = -math.sqrt(teacher_units) / student_units
    scale = np.sqrt(1 + np.diagonal(covariance))
    # Rounding may push the correlation of large weights beyond one.
    sines = np.clip(covariance / np.outer(scale, scale), -1, 1)
    # <g(a) g(b)>, I2 of Saad & Solla (1995); the weights of zeta - sigma are on both sides.
    correlations = (2 / math.pi) * np.arcsin(sines)
    return float(output @ correlations @ output / 2)


def error_of_weights(student: np.ndarray, teacher: np.ndarray, variances: np.ndarray) -> float:
    """eps_g of student (K, N) and teacher (M, N); NaN for weights that have diverged."""
    with np.errstate(all="ignore"):  # large weights overflow here before they are NaN
        covariance = first_overlaps(student, teacher, variances)
    return generalisation_error(covariance, len(student))
