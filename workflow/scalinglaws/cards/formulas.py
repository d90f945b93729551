"""Which theory a card lets its reader play with: sliders over a closed form of `theory`.

The forms themselves are in formulas.js; the tests hold them against the functions named there.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from scalinglaws.rounding import with_interval


class Slider(NamedTuple):
    """`power`: the base whose power the slider sets, 0 where it sets the number itself."""

    key: str
    label: str
    low: float
    high: float
    step: float
    start: float
    power: int = 0


class Formula(NamedTuple):
    """`form` is its name in formulas.js; `legend` pairs of a line's look and what it is."""

    form: str
    title: str
    text: str
    axes: tuple[str, str]
    legend: tuple[tuple[str, str], ...]
    sliders: tuple[Slider, ...]
    measured: str = ""  # fit and quantity of ours by d, with {d}


LINEAR = Formula(
    form="linear_student",
    title="Error of the linear student",
    text="A linear student learns by online SGD, small η, from zero weights, inputs of L "
    "eigenvalues λ_l that fall with l as a power 1 + β, of mean 1: the error is 1 / 2L times the "
    "sum over l of λ_l exp(−2 η λ_l α) for the N_l directions that learn, and of λ_l for "
    "those that do not. "
    "Between 1 / (2 η λ_1) and 1 / (2 η λ_L) it approaches a power law of exponent β / (1+β).",
    axes=("examples per weight α", "generalisation error"),
    legend=(("ours", "sum over all directions"), ("law", "asymptotic power law")),
    sliders=(
        Slider("beta", "spectrum β", 0.1, 2.0, 0.05, 1.0),
        Slider("levels", "eigenvalues L", 3, 12, 1, 10, power=2),
        Slider("halvings", "halvings of the N_l = L directions that learn", 0, 11, 1, 0),
        Slider("eta", "learning rate η", 0.05, 1.0, 0.05, 0.5),
    ),
)
REGIMES = Formula(
    form="two_regimes",
    title="Resolution-limited and variance-limited",
    text="Resolution-limited: the loss falls with exponent 4 / d, d the dimension of the data. "
    "Variance-limited, for Gaussian designs of P features: the excess over its limit is "
    "P / (D − P − 1) of it, a power law of exponent 1 only for D far beyond P.",
    axes=("training examples D", "loss, or excess over its limit"),
    legend=(
        ("ours", "resolution-limited, 1 at D = 2"),
        ("law", "variance-limited, over the limit"),
    ),
    sliders=(
        Slider("dimension", "dimension d", 1, 16, 1, 4),
        Slider("fixed", "features P", 0, 12, 1, 6, power=2),
    ),
    measured="teacher_student_laws.resolution_slope_d{d}",
)
SQUARE = Formula(
    form="square_loss",
    title="Error of the perceptron with the square loss",
    text="Error arccos(R) / π of a student of fixed norm λ, with the overlap R that solves "
    "1 − R² = (π R² / 2α) (1 + λ² − 4 λ R / √(2π)). At small λ it is the Hebb rule's, "
    "arctan(√(π / 2α)) / π; beyond its optimum it rises again: no power law.",
    axes=("norm λ", "error"),
    legend=(
        ("ours", "error at this α"),
        ("law", "α to infinity, in units of the Hebb rule's"),
        ("level", "Hebb rule"),
    ),
    sliders=(Slider("alpha", "examples per weight α", -0.5, 4.0, 0.1, 1.0, power=10),),
)
FORMULAS: Mapping[str, Formula] = {
    "bahri2021_fig1a": REGIMES,
    "bahri2021_figS2": REGIMES,
    "worschech2024_fig2": LINEAR,
    "worschech2024_fig3": LINEAR,
    "damico2025_appendix_mse": SQUARE,
}


def terms(formula: Formula, fits: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What formulas.js reads; our exponents by d where the formula compares with them.

    `fits`: fit -> quantity name -> quantity.
    """
    found = {
        "formula": formula.form,
        "title": formula.title,
        "names": {"x": formula.axes[0], "y": formula.axes[1]},
        "powers": {slider.key: slider.power for slider in formula.sliders if slider.power},
    }
    fit, _, pattern = formula.measured.partition(".")
    if fit in fits:
        sliders = {slider.key: slider for slider in formula.sliders}
        dimensions = range(int(sliders["dimension"].low), int(sliders["dimension"].high) + 1)
        quantities = {d: fits[fit].get(pattern.format(d=d)) for d in dimensions}
        found["measured"] = {
            str(d): with_interval(quantity["estimate"], quantity["interval"])
            for d, quantity in quantities.items()
            if quantity is not None and quantity["estimate"] is not None
        }
    return found
