"""Theory on the terminal: ``python -m scalinglaws theory NAME``, for parameters of one's own.

A theory registers itself with a function (names) -> None that adds its arguments and gives
``answer``: parsed options to columns of equal length, None for what cannot be told. Answers go to
stdout as tidy csv, or as json records. What a user can mend raises InputError; heavy imports stay
inside the answers.
"""

import argparse
import csv
import json
import math
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.rounding import number_of

Answer = Callable[[argparse.Namespace], Mapping[str, Sequence[float | None]]]
RATIOS = (1e-6, 1e6)  # of the perceptron: beyond, arccos(R) has lost its digits
MOST_DIGITS = 18  # of a whole number
WHOLE = re.compile(rf"[+-]?[0-9]{{1,{MOST_DIGITS}}}")
# The dense eigenvalue problem of the solution at any eta: 20 s and 400 MB at this size.
MOST_LEVELS = 4096
SIGMA_J = 0.01  # the paper's, in all its figures but one


def add_theory(verbs: Any) -> None:
    """Add the verb ``theory`` with one name per theory."""
    text = "predictions for parameters of your own: csv on stdout, --json for json"
    verb = verbs.add_parser("theory", help=text, description=text)
    names = verb.add_subparsers(required=True, metavar="NAME")
    # It builds on this module, so it is named only where its verbs are added.
    from scalinglaws.shell.committee import add_committee, add_plateau
    from scalinglaws.shell.kernel import add_kernel

    for register in (add_committee, add_plateau, add_linear, add_perceptron, add_kernel):
        register(names)


def add_answer(
    names: Any, name: str, answer: Answer, text: str, source: str
) -> argparse.ArgumentParser:
    """A theory's parser; ``source`` is shown under the arguments of --help."""
    added: argparse.ArgumentParser = names.add_parser(
        name,
        help=text,
        description=text,
        epilog=source,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    added.add_argument("--json", action="store_true", help="json records instead of csv")
    added.set_defaults(verb=print_answer, answer=answer)
    return added


def print_answer(options: argparse.Namespace) -> None:
    columns = answered(options)
    rows = list(zip(*columns.values(), strict=True))
    if options.json:
        records = [dict(zip(columns, row, strict=True)) for row in rows]
        print(json.dumps(records, indent=1, allow_nan=False))
        return
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([["" if value is None else f"{value:.12g}" for value in row] for row in rows])


def answered(options: argparse.Namespace) -> dict[str, list[float | None]]:
    """The answer's columns. Raises InputError where one is no finite number."""
    import numpy as np

    try:
        with np.errstate(all="ignore"):
            found = options.answer(options)
    except ArithmeticError as problem:
        raise InputError(beyond(str(problem.args[-1]))) from problem
    columns = {
        name: [None if value is None else float(value) for value in values]
        for name, values in found.items()
    }
    for name, values in columns.items():
        for value in values:
            if value is not None and not math.isfinite(value):
                raise InputError(beyond(f"{name} is {value}"))
    return columns


def beyond(found: str) -> str:
    return (
        f"these parameters lead beyond double precision ({found}); expected a finite answer: take "
        "values nearer to one."
    )


def number(text: str) -> float:
    """A finite number. Raises ArgumentTypeError."""
    try:
        value = number_of(text)
    except ValueError as expected:
        raise argparse.ArgumentTypeError(f"it is {shortened(text)}; expected {expected}") from None
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"it is {value}; expected a finite number")
    return value


def numbers(text: str) -> list[float]:
    """Comma-separated finite numbers, as 0.5,2,8. Raises ArgumentTypeError."""
    for part in text.split(","):
        try:
            number_of(part)
        except ValueError:
            raise argparse.ArgumentTypeError(
                f"{shortened(text)!r} is not a list of numbers; expected for example 1,10,100"
            ) from None
    return [number(part) for part in text.split(",")]


def whole(text: str) -> int:
    """A whole number. Raises ArgumentTypeError."""
    if not WHOLE.fullmatch(text.strip()):
        raise argparse.ArgumentTypeError(
            f"it is {shortened(text)}; expected a whole number of up to {MOST_DIGITS} digits"
        )
    return int(text)


def shortened(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}..."


def require(option: str, value: float, allowed: bool, expected: str) -> None:
    """Raises InputError, naming the option, unless the value is allowed."""
    if not allowed:  # a NaN fails every comparison, so it is refused too
        raise InputError(f"--{option} is {value:g}; expected {expected}.")


def require_positive(**options: float) -> None:
    for name, value in options.items():
        option = name.replace("_", "-")
        require(option, value, 0 < value < float("inf"), "a finite number above 0")


def require_alphas(alphas: Sequence[float]) -> None:
    for alpha in alphas:
        require("alpha", alpha, 0 <= alpha < float("inf"), "finite numbers of 0 or more")


def add_linear(names: Any) -> None:
    added = add_answer(
        names,
        "linear",
        linear,
        "generalisation error of the linear network under one-pass SGD, power-law inputs",
        "columns: alpha, small_eta, general_eta (both eps_g = <(teacher - student)^2> / 2)\n"
        "source: Worschech and Rosenow, arXiv 2410.09005, section 4, K = M; small_eta:\n"
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
    from scalinglaws.experiments.linear.checks import check_theory_rate
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
