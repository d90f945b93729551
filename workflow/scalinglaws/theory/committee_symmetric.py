"""Site-symmetric order parameters of the erf committee machine: any M = K at the cost of M = 2.

Worschech & Rosenow (arXiv 2410.09005), equations and notation of `theory.committee`, for
R_in,k = R_k delta_in + S_k (1 - delta_in), Q_ij,k = Q_k delta_ij + C_k (1 - delta_ij) and
T_nm,k = delta_nm, which the equations preserve. Integrated in the eigenvectors of such matrices,

    d = R - S,  s = R + (M-1) S,  e = Q - C,  q = Q + (M-1) C    (a state is (L, 4), in this order)

    dd/dalpha = eta lam_k (A_d d + g_d)    de/dalpha = 2 eta lam_k (A_d e + g_d d) + eta^2 lam_k G_d
    ds/dalpha = eta lam_k (A_s s + g_s)    dq/dalpha = 2 eta lam_k (A_s q + g_s s) + eta^2 lam_k G_s

where A_d, A_s are the eigenvalues of A, and so on. d is a variable of its own because it starts
tiny and grows by many orders of magnitude on the plateau: as a difference of R and S it would
drown in their rounding.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from scalinglaws.theory.committee import (
    ABSOLUTE_TOLERANCE,
    PADDED_LEVELS,
    RELATIVE_TOLERANCE,
    curves,
    four_point,
    integrate,
    padded,
)
from scalinglaws.theory.plateau import plateau_overlap
from scalinglaws.theory.power_law_spectrum import eigenvalues, moment

# d may start far below the others; its equation is linear, so its own scale sets its tolerance.
DIFFERENCE_TOLERANCE = 1e-8


class Entries(NamedTuple):
    """Distinct entries of the field covariance: x_i x_i, x_i x_j, x_i y_i, x_i y_n (scalars)."""

    Q: Any
    C: Any
    R: Any
    S: Any


class Averages(NamedTuple):
    """Eigenvalues of A, Gamma and G: suffix d on vectors of zero sum, s on (1, ..., 1).

    On the plateau A_d = 0 (tests: to 1e-14): d does not feed on itself but through g_d, which is
    proportional to its mean over blocks, so that all blocks escape at one rate.
    """

    A_d: Any
    A_s: Any
    g_d: Any
    g_s: Any
    G_d: Any
    G_s: Any


def four_point_terms() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The I4(i, j, p, q) of G_00 and G_01 on eight representative fields x_0..x_3, y_0..y_3.

    Units 0 and 1 are i and j; 2 and 3 stand for any two others. Returns fields (4, n), numbered
    0..7, signs (n,) of w_p w_q, and counts (n,): place in `counts_of` of how many terms of the
    full sum each stands for. The first 20 belong to G_00.
    """
    # (p, q) as units: i and j themselves, or the lowest numbers that stand for others. For i = j:
    # both i, one of them, both the same other (M - 1 each), two different others.
    alike = {(0, 0): 0, (0, 1): 1, (1, 0): 1, (1, 1): 1, (1, 2): 3}
    # For i = 0, j = 1: four pairs within, one outside (M - 2), both the same other, two others.
    unlike = {(first, second): 0 for first in (0, 1) for second in (0, 1)}
    unlike |= {(0, 2): 2, (1, 2): 2, (2, 0): 2, (2, 1): 2, (2, 2): 2, (2, 3): 4}
    terms = [
        ((0, j, first + p, second + q), 1.0 if p == q else -1.0, count)
        for j, pairs in ((0, alike), (1, unlike))
        for (first, second), count in pairs.items()
        for p in (0, 4)
        for q in (0, 4)
    ]
    fields, signs, counts = zip(*terms, strict=True)
    return np.array(fields).T, np.array(signs), np.array(counts)


def counts_of(units: Any) -> jax.Array:
    """1, M-1, M-2, (M-1)(M-2), (M-2)(M-3): choices of one or two different units to sum over."""
    others, rest = units - 1, units - 2
    return jnp.stack([jnp.ones_like(others), others, rest, others * rest, rest * (units - 3)])


def entry_numbers() -> np.ndarray:
    """(8, 8): which of (Q, C, R, S, T_nn = 1, T_nm = 0) is the covariance of two fields."""
    same = np.eye(4, dtype=bool)
    student, mixed, teacher = (np.where(same, first, first + 1) for first in (0, 2, 4))
    return np.block([[student, mixed], [mixed, teacher]])


FIELDS, SIGNS, COUNTS = four_point_terms()
TERMS_ALIKE = 20  # five pairs (p, q) of units, each with a student or a teacher at either place
DIAGONAL = entry_numbers()[FIELDS, FIELDS]
# In the order of `four_point`: 12, 13, 14, 23, 24, 34.
PAIRS = np.array([entry_numbers()[FIELDS[a], FIELDS[b]] for a in range(4) for b in range(a + 1, 4)])


def entries(modes: Any, units: Any) -> Entries:
    """Q, C, R, S of a vector of modes (d, s, e, q)."""
    d, s, e, q = modes
    return Entries(
        Q=(q + (units - 1) * e) / units,
        C=(q - e) / units,
        R=(s + (units - 1) * d) / units,
        S=(s - d) / units,
    )


def modes_of(of: Entries, units: Any) -> tuple[Any, Any, Any, Any]:
    """(d, s, e, q) of Q, C, R, S."""
    others = units - 1
    return of.R - of.S, of.R + others * of.S, of.Q - of.C, of.Q + others * of.C


def noise_averages(c: Entries, units: Any) -> tuple[jax.Array, jax.Array]:
    """G_ii and G_ij: 60 averages I4 for any M, where the full sums have 4 M^2 each. Scalars."""
    values = jnp.stack([*c, jnp.ones_like(c.Q), jnp.zeros_like(c.Q)])
    terms = four_point(list(1 + values[DIAGONAL]), list(values[PAIRS]))
    counts = counts_of(units)[COUNTS]
    # For small M some representatives do not exist, and their covariance need not be positive.
    # (sqrt(M)/K)^2 |w_p w_q| = 1/M^2 for K = M; the sign is that of w_p w_q.
    terms = jnp.where(counts == 0, 0.0, SIGNS * counts * terms) / units**2
    return jnp.sum(terms[:TERMS_ALIKE]), jnp.sum(terms[TERMS_ALIKE:])


def drift_averages(modes: Any, units: Any) -> Averages:
    """Eigenvalues of A, Gamma, G for field covariances with modes (d, s, e, q) and T = delta.

    The closed forms of `committee.drift_averages` with sqrt(M)/K = 1/sqrt(M). All scalars.
    """
    c, d = entries(modes, units), modes[0]
    D, others = 1 + c.Q, units - 1
    # Roots of D_x D_y - C_xy^2: with a teacher D_y = 2, of x_i with itself it is 1 + 2 Q.
    root_R, root_S = jnp.sqrt(2 * D - c.R**2), jnp.sqrt(2 * D - c.S**2)
    P_same, P_other = 1 / jnp.sqrt(1 + 2 * c.Q), 1 / jnp.sqrt(D**2 - c.C**2)
    # sum_p w_p H(x_i, z_p), up to the common factors 2 / (pi D sqrt M).
    student = c.Q * P_same + others * c.C * P_other
    teacher = c.R / root_R + others * c.S / root_S
    scale = 2 / (jnp.pi * units)
    a, b = scale * (-P_same + (student - teacher) / D), -scale * P_other
    # Gamma_ii - Gamma_in, written without the difference of two nearly equal numbers.
    g_d = scale * d * (c.R + c.S) / (root_R * root_S * (root_R + root_S))
    g_s = scale * (1 / root_R + others / root_S)
    G_same, G_other = noise_averages(c, units)
    return Averages(a - b, a + others * b, g_d, g_s, G_same - G_other, G_same + others * G_other)


def generalisation_error(modes: Any, units: Any) -> jax.Array:
    """eps_g of field covariances with modes (d, s, e, q). A floor near 1e-15 is left."""
    c = entries(modes, units)
    D, others = 1 + c.Q, units - 1
    # As in `committee.error_of_covariance`, one row of the sum standing for M equal ones. The last
    # term is the teacher's own <g(y)^2> / 2 = arcsin(1/2) / pi.
    student = jnp.arcsin(c.Q / D) + others * jnp.arcsin(c.C / D)
    mixed = jnp.arcsin(c.R / jnp.sqrt(2 * D)) + others * jnp.arcsin(c.S / jnp.sqrt(2 * D))
    return (student - 2 * mixed) / jnp.pi + 1 / 6


def derivative(alpha: Any, state: Any, problem: Mapping[str, Any]) -> jax.Array:
    """d(state)/d alpha, (L, 4): the four equations at the top of this file.

    `problem` holds lam (L,), block_weights = lam / L, units = M, eta and noise (1, or 0 to drop
    the eta^2 term).
    """
    found = drift_averages(problem["block_weights"] @ state, problem["units"])
    d, s, e, q = state.T
    noise = problem["noise"] * problem["eta"]
    columns = [
        found.A_d * d + found.g_d,
        found.A_s * s + found.g_s,
        2 * (found.A_d * e + found.g_d * d) + noise * found.G_d,
        2 * (found.A_s * q + found.g_s * s) + noise * found.G_s,
    ]
    return (problem["eta"] * problem["lam"])[:, None] * jnp.stack(columns, axis=1)


def observables(state: Any, problem: Mapping[str, Any]) -> dict[str, jax.Array]:
    """eps_g and r^(1) = (1/L) sum_k lambda_k d_k, each with its rate; `state` is (L, 4)."""

    def measured(state: Any) -> tuple[jax.Array, jax.Array]:
        modes = problem["block_weights"] @ state
        return generalisation_error(modes, problem["units"]), modes[0]

    values, rates = jax.jvp(measured, (state,), (derivative(0.0, state, problem),))
    return {"eps_g": values[0], "eps_g_rate": rates[0], "split": values[1], "split_rate": rates[1]}


def solve(
    start: Entries,
    alphas: np.ndarray,
    *,
    units: int,
    levels: int,
    beta: float,
    eta: float,
    noise: bool = True,
    relative: float = RELATIVE_TOLERANCE,
    absolute: float = ABSOLUTE_TOLERANCE,
) -> dict[str, np.ndarray]:
    """Integrate from the same Q, C, R, S in every block, and observe.

    Arguments:
    - `start`: entries at alpha = 0; numbers, or arrays (L,) for blocks that differ.
    - `alphas`: increasing, positive, (points,). One compilation per number of points and padded
      number of levels (`committee.PADDED_LEVELS`), none per M, L, beta, eta.
    - `units`, `levels`, `beta`, `eta`: M = K, L, spectral exponent, learning rate.

    Returns:
    - as `committee.solve`: eps_g, local_slope, split = r^(1), growth_rate. NaN after a failure.
    """
    length = next(size for size in PADDED_LEVELS if size >= levels)
    lam = eigenvalues(levels, beta)
    problem = {
        "lam": padded(lam, length),
        "block_weights": padded(lam / levels, length),
        "units": jnp.asarray(float(units)),
        "eta": jnp.asarray(float(eta)),
        "noise": jnp.asarray(float(noise)),
    }
    first = np.stack([np.broadcast_to(part, levels) for part in modes_of(start, units)], axis=1)
    scale = min(absolute, DIFFERENCE_TOLERANCE * float(np.abs(first[:, 0]).max()))
    # A student without any alignment has d = 0 and keeps it; tolerance 0 would stop the solver.
    tolerances = jnp.asarray([scale or absolute, absolute, absolute, absolute])
    found = integrate(
        derivative,
        observables,
        padded(first, length),
        problem,
        jnp.asarray(alphas, dtype=float),
        jnp.asarray(relative),
        tolerances,
    )
    return curves(np.asarray(alphas), {name: np.asarray(values) for name, values in found.items()})


def typical_start(levels: int, beta: float, sigma_j: float, dimension: int) -> Entries:
    """Q_ii = sigma_J^2, R_ii = sigma_J sqrt(mu_2 / N) in every block, all else 0.

    The start of a typical random student, as `committee.typical_start`.
    """
    alignment = sigma_j * math.sqrt(moment(levels, beta, 2) / dimension)
    return Entries(Q=sigma_j**2, C=0.0, R=alignment, S=0.0)


def seeded_start(seed: float) -> Entries:
    """Almost unbroken symmetry: d = `seed` in every block, and next to no student.

    From there the plateau is reached long before d has grown: its height and escape rate show.
    """
    return Entries(Q=seed**2, C=0.0, R=seed, S=0.0)


def relaxation_rate(units: int) -> float:
    """-A_s on the plateau: blocks approach it at the rate eta lambda_k times this, M = K units.

    A plateau is only seen where even the slowest block arrives before r^(1) escapes.
    """
    rho = plateau_overlap(units)
    shared = units * rho**2
    found = drift_averages(modes_of(Entries(shared, shared, rho, rho), units), float(units))
    return -float(found.A_s)
