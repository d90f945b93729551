"""Order parameters of the erf committee machine under one-pass SGD with power-law inputs.

Worschech & Rosenow (arXiv 2410.09005), block form: one group of order parameters per distinct
eigenvalue lambda_k of the input covariance,
R_k = (L/N) J^(k) B^(k)^T (K x M), Q_k = (L/N) J^(k) J^(k)^T, T_k = (L/N) B^(k) B^(k)^T.
Student sigma = (sqrt(M)/K) sum_i g(x_i), teacher zeta = M^(-1/2) sum_n g(y_n), g = erf(x/sqrt 2),
loss (zeta - sigma)^2 / 2, alpha = examples / N. float64 throughout, everything dimensionless.

Why blocks and not the hierarchy R^(l) = J Sigma^l B^T / N that the characteristic polynomial of
Sigma closes: both are related by a Vandermonde matrix of the eigenvalues, whose condition number
passes 10^18 at L = 12, where the hierarchy's eps_g is already wrong by a tenth (tests: L <= 8).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import diffrax
import jax
import jax.numpy as jnp
import numpy as np

from scalinglaws.theory.power_law_spectrum import eigenvalues, moment, multiplicity

# Before the first array: the plateau amplifies rounding by exp(alpha_P / tau) ~ 1e3.
jax.config.update("jax_enable_x64", True)

# Tight for the same reason: an error made at the start of the plateau leaves it 10^3 times larger.
RELATIVE_TOLERANCE = 1e-9
ABSOLUTE_TOLERANCE = 1e-12
# With LONGEST_STEP below, room for eta lambda_1 alpha of 10^7.
MAX_STEPS = 4_000_000
# Longest step, over 1 / (eta lambda_1). Explicit steps grow until they are unstable, and there the
# error of the fastest block stays at the tolerance however small eps_g has become: it came out
# negative, to -5e-10. Steps below that limit, twice as many, damp it down to rounding.
LONGEST_STEP = 3.0
# Absolute error of eps_g, a sum that cancels (measured: 4e-15), and the value below which it leaves
# no digit.
CANCELLATION = 5e-15
SMALLEST_ERROR = 1e-13
# A step below this means that the solution has blown up; without it the solver would not give up.
SMALLEST_STEP = 1e-13
# Blocks are padded to one of these sizes, so that all L up to 64 share one compilation and the
# numbers of a member do not depend on which others are integrated beside it.
PADDED_LEVELS = (64, 256, 1024, 4096)


class Overlaps(NamedTuple):
    """Block order parameters: R (L, K, M), Q (L, K, K), T (L, M, M)."""

    R: Any
    Q: Any
    T: Any


def output_weights(student_units: int, teacher_units: int) -> np.ndarray:
    """w_p with zeta - sigma = sum_p w_p g(z_p), z = (x_1..x_K, y_1..y_M): shape (K+M,).

    This scaling keeps eps_g of order one at any K, M, and it is the one that gives the published
    tau_esc ~ M^2 / (eta L); with plain sums the plateau would end after ~ M / (eta L).
    """
    student = np.full(student_units, -math.sqrt(teacher_units) / student_units)
    return np.concatenate([student, np.full(teacher_units, 1 / math.sqrt(teacher_units))])


def field_covariance(overlaps: Overlaps, block_weights: Any) -> jax.Array:
    """Covariance of z = (x, y), (K+M, K+M): blocks summed with weights lambda_k / L, (L,)."""
    R, Q, T = (jnp.tensordot(block_weights, blocks, 1) for blocks in overlaps)
    return jnp.block([[Q, R], [R.T, T]])


def mean_gg(C: Any) -> jax.Array:
    """I2(a, b) = <g(a) g(b)> for all pairs of fields with covariance C, (n, n) to (n, n).

    The averages of this file are those of Saad & Solla (1995) for g = erf(x / sqrt 2), with
    D_a = 1 + C_aa throughout.
    """
    D = 1 + jnp.diagonal(C)
    return (2 / jnp.pi) * jnp.arcsin(C / jnp.sqrt(jnp.outer(D, D)))


def mean_slopes(C: Any) -> jax.Array:
    """P(a, b) = <g'(a) g'(b)> for all pairs, (n, n); its diagonal is <g'(a)^2>."""
    D = 1 + jnp.diagonal(C)
    # One formula for both: at a = b the root holds D_a^2 - C_aa^2 = 1 + 2 C_aa.
    return (2 / jnp.pi) / jnp.sqrt(jnp.outer(D, D) - C**2)


def mean_slope_field(C: Any) -> jax.Array:
    """H(a, c) = <a g'(a) g(c)> = -<g''(a) g(c)> for all pairs, (n, n); not symmetric."""
    D = 1 + jnp.diagonal(C)
    return (2 / jnp.pi) * C / (D[:, None] * jnp.sqrt(jnp.outer(D, D) - C**2))


def mean_four(C: Any, student_units: int) -> jax.Array:
    """I4(i, j, p, q) = <g'(x_i) g'(x_j) g(z_p) g(z_q)>, shape (K, K, K+M, K+M).

    One broadcast expression: unrolled over the indices it would compile for half a minute.
    """
    K = student_units
    D = 1 + jnp.diagonal(C)
    D1, D2 = D[:K, None, None, None], D[None, :K, None, None]
    D3, D4 = D[None, None, :, None], D[None, None, None, :]
    C12, C34 = C[:K, :K, None, None], C[None, None]
    C13, C14 = C[:K, None, :, None], C[:K, None, None, :]
    C23, C24 = C[None, :K, :, None], C[None, :K, None, :]
    return four_point((D1, D2, D3, D4), (C12, C13, C14, C23, C24, C34))


def four_point(D: Sequence[Any], C: Sequence[Any]) -> jax.Array:
    """I4(1, 2, 3, 4) = <g'(1) g'(2) g(3) g(4)> from (C12, C13, C14, C23, C24, C34), elementwise.

    D: D_a = 1 + C_aa of the four fields. The slopes are Gaussians themselves: they leave I2 of
    fields 3 and 4 in a narrower measure, L0 / L4 its covariance, L1 / L4 and L2 / L4 one plus its
    variances, with L4 the determinant of one plus the covariance of fields 1 and 2.
    """
    D1, D2, D3, D4 = D
    C12, C13, C14, C23, C24, C34 = C
    L4 = D1 * D2 - C12**2
    L0 = L4 * C34 - C23 * C24 * D1 - C13 * C14 * D2 + C12 * (C13 * C24 + C14 * C23)
    L1 = L4 * D3 - C23**2 * D1 - C13**2 * D2 + 2 * C12 * C13 * C23
    L2 = L4 * D4 - C24**2 * D1 - C14**2 * D2 + 2 * C12 * C14 * C24
    # Rounding may push the sine beyond one when a field coincides with another.
    sine = jnp.clip(L0 / jnp.sqrt(L1 * L2), -1, 1)
    return (4 / jnp.pi**2) / jnp.sqrt(L4) * jnp.arcsin(sine)


def drift_averages(C: Any, student_units: int) -> tuple[jax.Array, jax.Array, jax.Array]:
    """A_ij = <d delta_i/d x_j>, Gamma_im = <d delta_i/d y_m>, G_ij = <delta_i delta_j>.

    Stein's lemma, <delta u> = sum_p <u z_p> <d delta/d z_p>, turns the drift of every block into
    these three, which know nothing of the block.

    Arguments:
    - `C`: covariance of the fields, (K+M, K+M).

    Returns:
    - A (K, K), Gamma (K, M), G (K, K), with delta_i = (sqrt(M)/K) g'(x_i) (zeta - sigma).
    """
    K = student_units
    M = C.shape[0] - K
    gain, w = math.sqrt(M) / K, jnp.asarray(output_weights(K, M))
    P, H = mean_slopes(C), mean_slope_field(C)
    # The factor g'(x_i) of delta_i has a derivative with respect to x_i alone: H on the diagonal.
    A = -(gain**2) * P[:K, :K] - gain * jnp.diag(H[:K] @ w)
    G = gain**2 * jnp.einsum("ijpq,p,q->ij", mean_four(C, K), w, w)
    return A, P[:K, K:] / K, G


def error_of_covariance(C: Any, student_units: int) -> jax.Array:
    """eps_g = (1/2) sum_pq w_p w_q I2(p, q). Cancellation leaves a floor near 1e-15.

    `theory.specialised.quadratic_error` has no floor, close to the teacher.
    """
    w = jnp.asarray(output_weights(student_units, C.shape[0] - student_units))
    return w @ mean_gg(C) @ w / 2


def derivative(alpha: Any, state: tuple[Any, Any], problem: Mapping[str, Any]) -> tuple[Any, Any]:
    """d(R, Q)/d alpha in block form; A, Gamma and G do not depend on the block.

    dR_k = eta lambda_k (A R_k + Gamma T_k^T),
    dQ_k = eta lambda_k (A Q_k + Gamma R_k^T + transpose) + eta^2 lambda_k G.
    Derived for N / L -> infinity: left out is a fourth moment of relative size eta lambda_k / N.

    `problem` holds lam (L,), block_weights (L,), T (L, M, M), eta and noise (1, or 0 to drop the
    eta^2 term).
    """
    R, Q = state
    C = field_covariance(Overlaps(R, Q, problem["T"]), problem["block_weights"])
    A, Gamma, G = drift_averages(C, Q.shape[-1])
    rate = (problem["eta"] * problem["lam"])[:, None, None]
    dR = rate * (A @ R + Gamma @ problem["T"].mT)
    half = A @ Q + Gamma @ R.mT  # Q_ij moves with J_i and with J_j: the transpose is the other
    return dR, rate * (half + half.mT + problem["noise"] * problem["eta"] * G)


def observables(state: tuple[Any, Any], problem: Mapping[str, Any]) -> dict[str, jax.Array]:
    """eps_g, its derivative, and r^(1) = mean diagonal minus mean off-diagonal of R^(1) with rate.

    r^(1) is the order parameter whose growth ends the symmetric plateau (NaN if K = M = 1, which
    have no off-diagonal). `state` is (R, Q); all four values are scalars.
    """

    def measured(R: Any, Q: Any) -> tuple[jax.Array, jax.Array]:
        C = field_covariance(Overlaps(R, Q, problem["T"]), problem["block_weights"])
        K = Q.shape[-1]
        same = jnp.eye(K, C.shape[0] - K, dtype=bool)
        first = C[:K, K:]
        split = jnp.mean(first, where=same) - jnp.mean(first, where=~same)
        return error_of_covariance(C, K), split

    # Along the flow by the chain rule: differences between saved points would cost the digits of
    # growth rates, and tie them to the abscissae asked for.
    values, rates = jax.jvp(measured, state, derivative(0.0, state, problem))
    return {"eps_g": values[0], "eps_g_rate": rates[0], "split": values[1], "split_rate": rates[1]}


def largest_error(scaled: Any) -> jax.Array:
    """Norm of the step controller: unlike the root mean square it ignores padding.

    With the mean, blocks of zeros would dilute the error, and steps depend on the padded length.
    `scaled`: errors over tolerances, arrays of any shapes; returns one number.
    """
    return jnp.max(jnp.stack([jnp.max(jnp.abs(leaf)) for leaf in jax.tree.leaves(scaled)]))


@partial(jax.jit, static_argnums=(0, 1))
def integrate(
    rates: Callable[..., Any],
    observe: Callable[..., dict[str, jax.Array]],
    start: Any,
    problem: Mapping[str, Any],
    alphas: Any,
    relative: Any,
    absolute: Any,
) -> dict[str, jax.Array]:
    """Integrate d(state)/d alpha = rates(alpha, state, problem) and observe it at `alphas`.

    - `observe`: maps (state, problem) to named arrays; each comes back with a leading axis of
      length (points,), not finite from where the integration failed.
    - `alphas`: (points,), increasing; `absolute`: a number or an array like the state's last axis.

    Explicit: per block the stiffness is eta lambda_k alpha alone, so steps grow as L, and the
    coupling of all blocks through A, Gamma, G would make an implicit step dense.
    """
    longest = LONGEST_STEP / (problem["eta"] * jnp.max(problem["lam"]))
    longest = jnp.maximum(longest, SMALLEST_STEP)
    controller = diffrax.PIDController(
        rtol=relative,
        atol=absolute,
        dtmax=longest,
        norm=largest_error,
        dtmin=SMALLEST_STEP,
        force_dtmin=False,
    )
    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(rates),
        # As fast as any pair of higher order at these tolerances, and a hundred times faster at
        # L = 64 than an implicit one, whose Jacobian couples all blocks.
        diffrax.Tsit5(),
        t0=0.0,
        # Beyond the last abscissa: a step that ended there would make what is seen before it
        # depend on which abscissae are asked for.
        t1=alphas[-1] + 2 * longest,
        dt0=None,  # chosen by the solver: the first scale is eta lambda_1, which depends on L
        y0=start,
        args=problem,
        saveat=diffrax.SaveAt(ts=alphas),
        stepsize_controller=controller,
        max_steps=MAX_STEPS,
        # A learning rate at which the student diverges is a result; what is not reached is inf.
        throw=False,
    )
    return jax.vmap(observe, in_axes=(0, None))(solution.ys, problem)


def padded(blocks: Any, length: int) -> jax.Array:
    """Append blocks of zeros, (L, ...) to (length, ...), float64.

    With zero eigenvalue and weight they never move nor count.
    """
    blocks = np.asarray(blocks, dtype=np.float64)
    return jnp.asarray(np.pad(blocks, [(0, length - len(blocks))] + [(0, 0)] * (blocks.ndim - 1)))


def solve(
    start: Overlaps,
    alphas: np.ndarray,
    *,
    beta: float,
    eta: float,
    noise: bool = True,
    relative: float = RELATIVE_TOLERANCE,
    absolute: float = ABSOLUTE_TOLERANCE,
) -> dict[str, np.ndarray]:
    """Integrate the block order parameters and observe them.

    Arguments:
    - `start`: overlaps at alpha = 0, one block per distinct eigenvalue, descending.
    - `alphas`: increasing, positive abscissae, (points,).
    - `beta`, `eta`: spectral exponent and learning rate; `noise` False drops the eta^2 term.

    Returns:
    - (points,) arrays: eps_g (0 below SMALLEST_ERROR), local_slope = d ln eps_g / d ln alpha
      (NaN there), split = r^(1) and growth_rate = d ln r^(1) / d alpha. Where the integration
      fails, NaN.
    """
    state, problem = posed(start, beta, eta, noise)
    tolerances = (jnp.asarray(relative), jnp.asarray(absolute))
    abscissae = jnp.asarray(alphas, dtype=float)
    found = integrate(derivative, observables, state, problem, abscissae, *tolerances)
    return curves(np.asarray(alphas), {name: np.asarray(values) for name, values in found.items()})


def posed(
    start: Overlaps, beta: float, eta: float, noise: bool
) -> tuple[tuple[jax.Array, jax.Array], dict[str, jax.Array]]:
    """State (R, Q) and problem of `derivative`, with blocks padded to a common number.

    Numbers become arrays: traced, they are no reason for `integrate` to compile again.
    """
    levels = len(start.R)
    length = next(size for size in PADDED_LEVELS if size >= levels)
    lam = eigenvalues(levels, beta)
    problem = {
        "lam": padded(lam, length),
        "block_weights": padded(lam / levels, length),
        "T": padded(start.T, length),
        "eta": jnp.asarray(eta, dtype=float),
        "noise": jnp.asarray(float(noise)),
    }
    return (padded(start.R, length), padded(start.Q, length)), problem


def overlaps_of_orders(state: tuple[Any, Any], problem: Mapping[str, Any]) -> dict[str, jax.Array]:
    """eps_g and R^(l) = (1/L) sum_k lambda_k^l R_k, (orders, K, M), l in problem["orders"]."""
    R, Q = state
    C = field_covariance(Overlaps(R, Q, problem["T"]), problem["block_weights"])
    # lambda^(l-1) times the weights lambda / L, which are zero where blocks are padding.
    weights = problem["lam"] ** (problem["orders"][:, None] - 1) * problem["block_weights"]
    overlaps = jnp.tensordot(weights, R, 1)
    return {"eps_g": error_of_covariance(C, Q.shape[-1]), "overlaps": overlaps}


def solve_overlaps(
    start: Overlaps, alphas: np.ndarray, orders: Sequence[int], *, beta: float, eta: float
) -> dict[str, np.ndarray]:
    """Integrate as `solve`; returns eps_g (points,) and R^(l) as overlaps (points, orders, K, M).

    R^(l) = J Sigma^l B^T / N for every l >= 1 in `orders`. NaN where the integration fails.
    """
    state, problem = posed(start, beta, eta, noise=True)
    problem["orders"] = jnp.asarray(orders, dtype=float)
    tolerances = (jnp.asarray(RELATIVE_TOLERANCE), jnp.asarray(ABSOLUTE_TOLERANCE))
    abscissae = jnp.asarray(alphas, dtype=float)
    found = integrate(derivative, overlaps_of_orders, state, problem, abscissae, *tolerances)
    values = {name: np.asarray(of) for name, of in found.items()}
    values["eps_g"] = resolved(values["eps_g"])
    return {name: np.where(np.isfinite(of), of, np.nan) for name, of in values.items()}


def resolved(errors: np.ndarray) -> np.ndarray:
    """eps_g, and 0 where rounding has left too little of it; NaN stays. Any shape.

    Zero rather than a small number of either sign: a logarithmic axis or fit leaves it out.
    """
    return np.where(errors < SMALLEST_ERROR, 0.0, errors)


def curves(alphas: np.ndarray, found: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What `solve` returns, from values and rates of eps_g and r^(1) at `alphas`, all (points,)."""
    errors = resolved(found["eps_g"])
    with np.errstate(all="ignore"):
        quantities = {
            "eps_g": errors,
            "local_slope": alphas * found["eps_g_rate"] / errors,
            "split": found["split"],
            "growth_rate": found["split_rate"] / found["split"],
        }
    return {name: np.where(np.isfinite(v), v, np.nan) for name, v in quantities.items()}


def diagonal_start(
    levels: int, student_units: int, teacher_units: int, self_overlap: float, alignment: float
) -> Overlaps:
    """Q_ij,k = self_overlap delta_ij, R_in,k = alignment delta_in, T_nm,k = delta_nm, all k.

    Without `alignment` a student is as far from every teacher unit as from any other, and nothing
    in the equations would ever break that symmetry: the plateau would last for ever.
    """

    def repeated(matrix: np.ndarray) -> np.ndarray:
        return np.repeat(matrix[None], levels, axis=0)

    R = repeated(alignment * np.eye(student_units, teacher_units))
    return Overlaps(
        R, repeated(self_overlap * np.eye(student_units)), repeated(np.eye(teacher_units))
    )


def block_overlaps(first: np.ndarray, second: np.ndarray, levels: int) -> np.ndarray:
    """(L/N) first^(k) . second^(k) for each block k of equal eigenvalues, (L, units, units)."""
    size = multiplicity(levels, first.shape[1])
    blocks = [weights.reshape(len(weights), levels, size) for weights in (first, second)]
    return np.einsum("ikn,jkn->kij", *blocks) / size


def realised_start(student: np.ndarray, teacher: np.ndarray, levels: int) -> Overlaps:
    """The start of drawn weights (K, N), (M, N)."""
    pairs = [(student, teacher), (student, student), (teacher, teacher)]
    return Overlaps(*(block_overlaps(*pair, levels) for pair in pairs))


def typical_start(
    levels: int,
    beta: float,
    sigma_j: float,
    dimension: int,
    student_units: int,
    teacher_units: int,
) -> Overlaps:
    """The start of a typical random student: r^(1) equals its standard deviation over draws.

    R_ii,k = sigma_J sqrt(mu_2/N) in every block, so that R_ii^(1) has the root mean square of
    (1/N) sum_j lambda_j J_j B_j.
    """
    alignment = sigma_j * math.sqrt(moment(levels, beta, 2) / dimension)
    return diagonal_start(levels, student_units, teacher_units, sigma_j**2, alignment)
