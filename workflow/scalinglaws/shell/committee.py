"""Theory on the terminal: learning curves and plateau of the erf committee machine, K = M."""

import argparse
import math
from collections.abc import Mapping, Sequence
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.shell.verbs import (
    add_answer,
    number,
    numbers,
    require,
    require_alphas,
    require_positive,
    whole,
)

SIGMA_J = 0.01  # the paper's, in all its figures but one
MOST_LEVELS = 4096  # half an hour at alpha = 1000: explicit steps grow as L, their cost as well
MOST_UNITS = 1000
# Relative tolerance of a step; the plateau amplifies errors a thousandfold, so eps_g has 8 digits.
PRECISION, DIGITS = 1e-12, 8
DIMENSION = 1024  # the paper's
LEFT_AT = 0.5  # plateau heights below which the plateau counts as left
POINTS = 1200  # abscissae in up to four times the law's length: 0.03 escape times apart
BEYOND_LENGTH = 4.0


def add_committee(names: Any) -> None:
    added = add_answer(
        names,
        "committee",
        committee,
        "generalisation error of the erf committee machine under one-pass SGD, power-law inputs",
        "columns: alpha, eps_g = <(teacher - student)^2> / 2, with 8 digits and an absolute error\n"
        "  of 5e-15; empty (json: null) where it is below 1e-13\n"
        "source: Worschech and Rosenow, arXiv 2410.09005, sections 2 and 4, K = M:\n"
        "  order-parameter equations, block by block, from Q_ii = sigma_J^2,\n"
        "  R_ii = sigma_J sqrt(mu_2 / N), all else 0;\n"
        "  teacher M^(-1/2) sum erf(y / sqrt 2), step (eta / sqrt N) delta xi",
    )
    add_machine(added)
    text = "examples per input dimension, comma-separated"
    added.add_argument("--alpha", type=numbers, required=True, help=text)


def add_plateau(names: Any) -> None:
    added = add_answer(
        names,
        "plateau",
        plateau,
        "symmetric plateau of the erf committee machine: height, escape time, length",
        "columns: hidden, levels, beta, eta, height (eps_g), escape_time and length (in examples\n"
        "  per input dimension), constant (D)\n"
        "source: Worschech and Rosenow, arXiv 2410.09005, symmetric plateau, K = M, small eta:\n"
        "  height = 1/6 - (M/pi) arcsin(1/(2M)),\n"
        "  escape_time = pi sqrt(2M-1) (2M+1)^(3/2) / (2 eta mu_2), mu_2 = mean lambda^2,\n"
        "  length = escape_time (D + ln(N)/2 - ln(sigma_J)); unless it is given, D is such that\n"
        "  eps_g of the integrated equations falls below half the height at alpha = length",
    )
    add_machine(added)
    text = "D of the length; otherwise the equations are integrated"
    added.add_argument("--constant", type=number, default=None, help=text)


def add_machine(added: argparse.ArgumentParser) -> None:
    added.add_argument("--hidden", type=whole, required=True, help="K = M, hidden units")
    added.add_argument("--levels", type=whole, required=True, help="L, distinct eigenvalues")
    text = "lambda_l ~ l^-(1 + beta), mean 1; above 0"
    added.add_argument("--beta", type=number, required=True, help=text)
    added.add_argument("--eta", type=number, required=True, help="learning rate, above 0")
    text = "standard deviation of the student's first weights (teacher: 1; default %(default)s)"
    added.add_argument("--sigma-j", type=number, default=SIGMA_J, help=text)
    text = "N, inputs (default %(default)s)"
    added.add_argument("--dimension", type=whole, default=DIMENSION, help=text)


def check_machine(options: argparse.Namespace, fewest: int) -> None:
    """Raises InputError when a number cannot be a committee machine's."""
    units, levels = options.hidden, options.levels
    require("hidden", units, fewest <= units <= MOST_UNITS, f"{fewest} to {MOST_UNITS}")
    require("levels", levels, 1 <= levels <= MOST_LEVELS, f"1 to {MOST_LEVELS}")
    require_positive(beta=options.beta, eta=options.eta, sigma_j=options.sigma_j)
    # N enters through the start alone, so L need not divide it.
    dimension = options.dimension
    require("dimension", dimension, dimension >= levels, f"--levels {levels} or more")


def committee(options: argparse.Namespace) -> Mapping[str, Sequence[float | None]]:
    check_machine(options, fewest=1)
    require_alphas(options.alpha)
    # Two abscissae at least, and one beyond 0: the solver needs a way to go.
    alphas = sorted({0.0, *options.alpha} if max(options.alpha) > 0 else {0.0, 1.0})
    errors = dict(zip(alphas, integrated(options, alphas, noise=True), strict=True))
    for alpha in options.alpha:
        if not errors[alpha] == errors[alpha]:
            raise InputError(
                f"the equations could not be integrated to --alpha {alpha:g}: they diverge at "
                f"--eta {options.eta:g}, or the range is too long; take a smaller one."
            )
    return {"alpha": options.alpha, "eps_g": [supported(errors[alpha]) for alpha in options.alpha]}


def supported(error: float) -> float | None:
    """eps_g with the digits that the integration leaves it, None below the smallest."""
    from scalinglaws.theory.committee import CANCELLATION, SMALLEST_ERROR

    if error < SMALLEST_ERROR:
        return None
    digits = min(DIGITS, math.floor(math.log10(error / CANCELLATION)))
    return float(f"{error:.{digits}g}")


def integrated(
    options: argparse.Namespace, alphas: Sequence[float], noise: bool
) -> Sequence[float]:
    """eps_g from the typical start."""
    import numpy as np

    from scalinglaws.theory.committee_symmetric import solve, typical_start

    levels, beta = options.levels, options.beta
    start = typical_start(levels, beta, options.sigma_j, options.dimension)
    found = solve(
        start,
        np.array(alphas),
        units=options.hidden,
        levels=levels,
        beta=beta,
        eta=options.eta,
        noise=noise,
        relative=PRECISION,
        absolute=PRECISION / 1000,
    )["eps_g"]
    return [float(error) for error in found]


def plateau(options: argparse.Namespace) -> Mapping[str, Sequence[float]]:
    from scalinglaws.theory.plateau import escape_time, length_in_escape_times, plateau_height

    check_machine(options, fewest=2)
    tau = escape_time(options.hidden, options.eta, options.levels, options.beta)
    logarithm = length_in_escape_times(options.dimension, options.sigma_j)
    require("sigma-j", options.sigma_j, logarithm > 0, "less than sqrt(N)")
    constant = options.constant
    if constant is None:
        constant = measured_length(options, tau * logarithm) / tau - logarithm
    least = -logarithm
    require("constant", constant, constant > least, f"more than {least:g}, a length above 0")
    return {
        "hidden": [options.hidden],
        "levels": [options.levels],
        "beta": [options.beta],
        "eta": [options.eta],
        "height": [plateau_height(options.hidden)],
        "escape_time": [tau],
        "length": [tau * (constant + logarithm)],
        "constant": [constant],
    }


def measured_length(options: argparse.Namespace, expected: float) -> float:
    """Where eps_g of the equations without eta^2 term falls below half the plateau's height."""
    import numpy as np

    from scalinglaws.statistics.crossings import crossing
    from scalinglaws.theory.plateau import plateau_height

    alphas = np.linspace(0.0, BEYOND_LENGTH * expected, POINTS + 1)[1:]
    errors = np.array(integrated(options, [float(alpha) for alpha in alphas], noise=False))
    length = crossing(alphas, errors, LEFT_AT * plateau_height(options.hidden))
    if not np.isfinite(length):
        raise InputError(
            "the equations show no plateau that ends within "
            f"{BEYOND_LENGTH:g} times its expected length; give D as --constant."
        )
    return length
