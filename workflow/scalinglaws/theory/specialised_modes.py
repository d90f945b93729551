"""Modes of the erf committee machine close to its teacher (arXiv 2410.09005, asymptotic phase).

K = M, teacher units uncorrelated with unit variance. A deviation J - B splits into the slow modes
(differences between units, M - 1 fold) and the fast one (their sum). Standard library only, so
that planning can refuse learning rates that the theory calls unstable.
"""

import math


def mode_weights(units: int) -> tuple[float, float]:
    """(w_slow, w_fast): both decay at eta w lambda_k / M in block k.

    Eigenvalues of W_ij = <g'(y_i) g'(y_j)>: (2/pi)/sqrt(3) on and 1/pi off the diagonal. The slow
    one is 0.049 for every M: the units' differences are hardly seen in the output.
    """
    same, other = 2 / math.pi / math.sqrt(3), 1 / math.pi
    return same - other, same + (units - 1) * other


def noise_matrix(units: int) -> tuple[float, float, float]:
    """(ss, sf, ff) of the symmetric matrix that turns deviations into gradient noise.

    In the coordinates f = (sqrt(M-1) e_slow, e_fast) of the deviations' covariance, the noise
    <delta_i delta_j> adds eta^2 lambda_k (noise matrix) mean_k(lambda_k f_k) to df_k / d alpha.
    Averages of four slopes: <g'_i g'_j g'_p g'_q> = (2/pi)^2 prod (1 + n)^(-1/2) over the units
    that occur n times among i, j, p, q.
    """
    M = units

    def slopes(*times: int) -> float:
        # 1 / M^2: a factor 1 / M of G_ij, for K = M, and another of the squared output weights.
        return (2 / math.pi) ** 2 / math.sqrt(math.prod(1 + n for n in times)) / M**2

    four, three_one, two_two = slopes(4), slopes(3, 1), slopes(2, 2)
    two_one_one, all_different = slopes(2, 1, 1), slopes(1, 1, 1, 1)
    # <delta_i^2> and <delta_i delta_j> from diagonal (d) and off-diagonal (o) covariance.
    # They sum <g'_i g'_j g'_p g'_q> <u_p u_q> over p and q: equal p, q see the diagonal.
    d_from_d = four + (M - 1) * two_two
    d_from_o = (M - 1) * (2 * three_one + (M - 2) * two_one_one)
    o_from_d = 2 * three_one + (M - 2) * two_one_one
    o_from_o = 2 * two_two + (M - 2) * (4 * two_one_one + (M - 3) * all_different)
    slow_from = (d_from_d - o_from_d, d_from_o - o_from_o)
    fast_from = (d_from_d + (M - 1) * o_from_d, d_from_o + (M - 1) * o_from_o)
    # d = (e_fast + (M-1) e_slow) / M, o = (e_fast - e_slow) / M.
    slow_slow = ((M - 1) * slow_from[0] - slow_from[1]) / M
    slow_fast = (slow_from[0] + slow_from[1]) / M
    fast_fast = (fast_from[0] + fast_from[1]) / M
    return slow_slow, math.sqrt(M - 1) * slow_fast, fast_fast


def critical_rate(units: int) -> float:
    """Learning rate above which deviations grow; the same for every spectrum of mean one.

    The slowest growth is marginal when (eta M / 2) noise_ab / sqrt(w_a w_b) has eigenvalue 1.
    """
    slow, fast = mode_weights(units)
    ss, sf, ff = noise_matrix(units)
    # Largest eigenvalue of the 2 x 2 matrix. The spectrum drops out: df_k = 0 makes f_k the same in
    # all blocks, and mean(lambda_k) = 1.
    a, b, c = ss / slow, sf / math.sqrt(slow * fast), ff / fast
    largest = (a + c) / 2 + math.hypot((a - c) / 2, b)
    return 2 / (units * largest)
