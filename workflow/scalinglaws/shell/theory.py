"""Theory on the terminal: ``python -m scalinglaws theory NAME``, for parameters of one's own."""

import argparse
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.shell.committee import SIGMA_J, add_committee, add_plateau
from scalinglaws.shell.kernel import add_kernel
from scalinglaws.shell.verbs import (
    add_answer,
    number,
    numbers,
    require,
    require_alphas,
    require_positive,
    whole,
)

RATIOS = (1e-6, 1e6)  # of the perceptron: beyond, arccos(R) has lost its digits
# The dense eigenvalue problem of the solution at any eta: 20 s and 400 MB at this size.
MOST_LEVELS = 4096


def add_theory(verbs: Any) -> None:
    """Add the verb ``theory`` with one name per theory."""
    text = "predictions for parameters of your own: csv on stdout, --json for json"
    verb = verbs.add_parser("theory", help=text, description=text)
    names = verb.add_subparsers(required=True, metavar="NAME")
    for register in (add_committee, add_plateau, add_linear, add_perceptron, add_kernel):
        register(names)


def add_linear(names: Any) -> None:
    added = add_answer(
        names,
        "linear",
        linear,
        "generalisation error of the linear network under one-pass SGD, power-law inputs",
        "columns: alpha, small_eta, general_eta (both eps_g = <(teacher - student)^2> / 2)\n"
        "source: Worschech and Rosenow, arXiv 2410.09005, linear network, K = M; small_eta:\n"
        "  (1 + sigma_J^2) / (2 L) sum_k lambda_k exp(-2 eta lambda_k alpha);\n"
        "  general_eta: (1 + sigma_J^2) / (2 L) lambda.exp(A alpha).1 with\n"
        "  A = -2 eta diag(lambda) + (eta^2 / L) lambda lambda^T, stable for eta < 2",
    )
    added.add_argument("--levels", type=whole, required=True, help="L, distinct eigenvalues")
    text = "lambda_l ~ l^-(1 + beta), mean 1; above 0"
    added.add_argument("--beta", type=number, required=True, help=text)
    text = "learning rate, step (eta / sqrt N) delta xi; 0 to 2"
    added.add_argument("--eta", type=number, required=True, help=text)
    text = "examples per input dimension, comma-separated"
    added.add_argument("--alpha", type=numbers, required=True, help=text)
    text = "standard deviation of the student's first weights (teacher: 1; default %(default)s)"
    added.add_argument("--sigma-j", type=number, default=SIGMA_J, help=text)


def linear(options: argparse.Namespace) -> Mapping[str, Sequence[float]]:
    from scalinglaws.theory.critical_rate import check_theory_rate
    from scalinglaws.theory.linear import first_squares, general_eta_error, small_eta_error
    from scalinglaws.theory.power_law_spectrum import eigenvalues

    levels, alphas = options.levels, options.alpha
    require("levels", levels, 1 <= levels <= MOST_LEVELS, f"1 to {MOST_LEVELS}")
    require_positive(beta=options.beta, eta=options.eta)
    require("sigma-j", options.sigma_j, 0 <= options.sigma_j < float("inf"), "0 or more")
    require_alphas(alphas)
    check_theory_rate("--eta", options.eta)
    start = (eigenvalues(levels, options.beta), first_squares(levels, options.sigma_j))
    return {
        "alpha": alphas,
        "small_eta": list(small_eta_error(*start, alphas, options.eta)),
        "general_eta": list(general_eta_error(*start, alphas, options.eta)),
    }


def add_perceptron(names: Any) -> None:
    added = add_answer(
        names,
        "perceptron",
        perceptron,
        "generalisation error of the fixed-norm perceptron, replica symmetric",
        "columns: alpha, lambda, eps (probability of a wrong label = arccos(R) / pi)\n"
        "source: D'Amico, Bocchi and Negri, arXiv 2505.13230: minimum of\n"
        "  sum log(1 + exp(-2 lambda D)), D = y w.x / sqrt N, at |w|^2 = N, N and P to infinity;\n"
        "  --loss square: of sum (1 - lambda D)^2, the counter-example of their appendix",
    )
    text = "examples per weight P / N, comma-separated"
    added.add_argument("--alpha", type=numbers, required=True, help=text)
    text = "sharpness of the loss = |w| / sqrt(N) at unit sharpness, comma-separated"
    added.add_argument("--lam", type=numbers, required=True, help=text)
    text = "loss (default: %(default)s)"
    added.add_argument("--loss", choices=["logistic", "square"], default="logistic", help=text)


def perceptron(options: argparse.Namespace) -> Mapping[str, Sequence[float]]:
    from scalinglaws.theory.perceptron import NoSolution, fixed_norm_error
    from scalinglaws.theory.perceptron_square import square_loss_error

    predict = square_loss_error if options.loss == "square" else fixed_norm_error
    low, high = RATIOS
    for name, values in (("alpha", options.alpha), ("lam", options.lam)):
        for value in values:
            require_positive(**{name: value})
            require(name, value, low <= value <= high, f"{low:g} to {high:g}")
    lambdas = sorted(set(options.lam))
    found: dict[tuple[float, float], float] = {}
    for alpha in options.alpha:
        try:
            errors = predict(alpha, lambdas)
        except (NoSolution, ValueError) as problem:
            where = problem if isinstance(problem, NoSolution) else f"alpha {alpha:g}"
            raise InputError(
                f"the saddle-point equations have no solution found at {where}; give values "
                "nearer to the range alpha 0.01 to 1000, lambda 0.001 to 100."
            ) from problem
        found |= {(alpha, lam): error for lam, error in zip(lambdas, errors, strict=True)}
    pairs = list(product(options.alpha, options.lam))
    return {
        "alpha": [alpha for alpha, _ in pairs],
        "lambda": [lam for _, lam in pairs],
        "eps": [found[pair] for pair in pairs],
    }
