"""Symmetric plateau of the erf committee machine, K = M, small eta (arXiv 2410.09005).

On the plateau every student unit has the same overlap with every teacher unit, in every block.
The paper gives its width in Eqs 12 and 15; the forms here come from the fixed point and its
linearisation. Plain numpy, so that fits and figures need not load JAX.
"""

import math

from scalinglaws.theory.power_law_spectrum import moment


def plateau_overlap(units: int) -> float:
    """rho: R_in = rho and Q_ij = M rho^2 on the plateau, in every block, for every i, n, j."""
    # Fixed point of the symmetric equations: all units alike, x_i = rho sum_n y_n in effect.
    return 1 / math.sqrt(units * (2 * units - 1))


def plateau_height(units: int) -> float:
    """eps_g on the plateau, 1/6 - (M/pi) arcsin(1/(2M)); the same for every L and beta.

    A finite eta raises it: by 2 % at eta = 0.1, by 26 % at eta = 1 (M = 2, L = 1).
    """
    return 1 / 6 - units / math.pi * math.asin(1 / (2 * units))


def escape_time(units: int, eta: float, levels: int, beta: float) -> float:
    """tau_esc in units of alpha: r^(1) grows like exp(alpha / tau_esc) on the plateau.

    tau_esc = pi sqrt(2M-1) (2M+1)^(3/2) / (2 eta mu_2), proportional to M^2 / (eta L) for large M
    and L. The perturbation r_k = R_k - S_k obeys dr_k/dalpha = eta lambda_k c r^(1): its own term
    vanishes, since <x g'(x) (zeta - sigma)> = 0 on the plateau, and the mean over blocks leaves
    the rate eta c mu_2. Holds where all blocks reach the plateau before the escape; at M = 2,
    beta = 1 it is 7 to 9 % off at L = 64.
    """
    speed = 2 * eta * moment(levels, beta, 2)
    return math.pi * math.sqrt(2 * units - 1) * (2 * units + 1) ** 1.5 / speed


def length_in_escape_times(dimension: int, sigma_j: float, constant: float = 0.0) -> float:
    """alpha_P / tau_esc = D + ln(N) / 2 - ln(sigma_J) (after Biehl et al. 1996).

    It is the logarithm of how much r^(1) must grow from sigma_J / sqrt(N); D, of order one,
    holds the overlap at which the plateau counts as left and the growth before it is reached.
    """
    return constant + math.log(dimension) / 2 - math.log(sigma_j)
