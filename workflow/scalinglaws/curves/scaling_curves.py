"""Every curve over a size that one scale may carry further than another, of all three papers.

What forecasts from one scale to the next are made of. Beside the curves of `curves.size_laws`
these are the other curves over data, width or time: kernels on spheres, distances from a limit,
networks' smallest test error, and what simulations of learning curves leave. Curves that are the
same at every scale (released ones, closed forms) have nothing to forecast and are left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from scalinglaws.config import read_paper
from scalinglaws.curves.norm_curves import means_of, optima_of_means
from scalinglaws.curves.panel_curves import MAIN_TABLES, panel_runs, panel_table
from scalinglaws.curves.size_curves import curves
from scalinglaws.errors import InputError

Array = np.ndarray
Sizes = Mapping[str, Any]  # of an experiment, as a scale's file has them
Table = pd.DataFrame
ALPHA = ("alpha_min", "alpha_max", "points")
PARTS = {"mnist5k": "mnist"}  # a set of images that is a part of another: the same line, told
PARAMETERS = "parameters"
LATE = "late"


class Axis(NamedTuple):
    """What a curve runs over: its letter, and the keys of a scale's file that say which sizes."""

    letter: str
    keys: tuple[str, ...]


class Recipe(NamedTuple):
    """How an experiment's table becomes curves.

    - `quantity` over the column `size`, one curve per value of the columns `lines`, each named as
      the key of a scale's file that lists its values
    - `chosen`: column -> the one value taken; `about`: what tells curves of one experiment apart
    - `scanned`: further keys that only list sizes or lines of other curves
    """

    paper: str
    experiment: str
    axis: Axis
    quantity: str
    size: str
    lines: Mapping[str, str] = {}
    chosen: Mapping[str, Any] = {}
    about: str = ""
    scanned: tuple[str, ...] = ()


class ScalingCurve(NamedTuple):
    """One line: `values` (seeds, n) over increasing `sizes` (n,), NaN for what is not there.

    `where`: key of a scale's file -> the value of it that this line belongs to.
    """

    recipe: Recipe
    where: Mapping[str, Any]
    sizes: Array
    values: Array

    @property
    def series(self) -> str:
        return series_of(self.recipe, self.where)

    @property
    def timed(self) -> bool:
        """Over alpha, which scales record at other places: between them it is interpolated."""
        return self.recipe.axis.keys == ALPHA


def series_of(recipe: Recipe, where: Mapping[str, Any]) -> str:
    """A line's name, in the words of config/scales."""
    parts = [f"{key} = {value}" for key, value in where.items()]
    return ", ".join([*parts, *filter(None, [recipe.about]), recipe.axis.letter])


B, D, W = "bahri2021", "damico2025", "worschech2024"
DATA = Axis("D", ("data_sizes",))
TIME = Axis("α", ALPHA)
WIDTHS = Axis("w", ("widths",))
TRAINED = Axis("P", ("training_sizes",))
TAILS = Axis("N_l", ("trainable",))
KERNELS = ("learned", "nngp1", "nngp3", "ntk3", "random")
PRETRAINED = ("data_sizes", "parameter_sizes", "kernel_sizes", "resonance_sizes", "variance_sizes")


def pretrained(features: str, scan: str, letter: str, key: str) -> Recipe:
    """As curves.size_laws: tuned ridges and labels only."""
    chosen = {"features": features, "scan": scan, "ridge": "tuned", "target": "real"}
    about = f"{features} features" + (", kernel" if scan == "kernel" else "")
    return Recipe(
        B, "pretrained_features", Axis(letter, (key,)), "loss", "size",
        chosen=chosen, about=about, scanned=PRETRAINED,
    )  # fmt: skip


def of_sides(experiment: str, **own: Any) -> list[Recipe]:
    """A loss over D and the same over P, both at the sizes of one list."""
    common = {"scanned": ("variance_sizes",), "size": "size"} | own
    quantities = common.pop("quantities")
    return [
        Recipe(
            B, experiment, Axis(letter, ("sizes",)), quantity,
            chosen={"scan": side} if "alpha_k" in own["lines"] else {}, **common,
        )
        for letter, side, quantity in zip("DP", ("data", "parameters"), quantities, strict=True)
    ]  # fmt: skip


RECIPES = (
    *of_sides(
        "random_features", lines={"pool": "pools"}, quantities=("loss_data", "loss_parameters")
    ),
    *of_sides("gaussian_features", lines={"alpha_k": "alphas"}, quantities=("loss", "loss")),
    *(
        Recipe(
            B, "sphere_kernels", Axis("D", ("sizes",)), "loss", "size",
            {"dimension": "dimensions"}, {"kernel": kernel}, kernel,
        )
        for kernel in ("nngp", "ntk")
    ),
    pretrained("learned", "data", "D", "data_sizes"),
    pretrained("learned", "parameters", "P", "parameter_sizes"),
    *(pretrained(features, "kernel", "D", "kernel_sizes") for features in KERNELS),
    Recipe(
        B, "teacher_student", DATA, "test_loss_best", "data_size", {"dimension": "dimensions"}
    ),
    Recipe(
        B, "model_size_scan", Axis("P", ("widths",)), "test_loss_best", PARAMETERS,
        {"dimension": "dimensions"},
    ),
    Recipe(B, "digits_mlp", DATA, "test_loss_best", "data_size", {"task": "tasks"}),
    Recipe(B, "image_data_scan", DATA, "best_test_loss", "D", {"task": "tasks"}),
    Recipe(B, "cnn_data_scan", DATA, "best_test_loss", "D", {"task": "tasks"}),
    Recipe(
        B, "variance_limited", DATA, "deviation", "data_size",
        {"task": "tasks", "loss": "losses"}, about="distance from the limit",
    ),
    Recipe(
        B, "variance_limited_width", WIDTHS, "deviation", "width",
        {"task": "tasks", "loss": "losses", "activation": "activations"},
        about="distance from the limit",
    ),
    *(
        Recipe(D, table, TRAINED, "smallest test error", "P", {"panel": "panels"})
        for table in MAIN_TABLES.values()
    ),
    Recipe(W, "linear_sgd", TIME, "eps_g", "alpha"),
    Recipe(W, "feature_scaling", TIME, "eps_g", "alpha", {"n_trainable": "trainable"}),
    Recipe(
        W, "image_features", TIME, "eps_g", "alpha",
        {"inputs": "inputs", "n_trainable": "trainable"},
    ),
    Recipe(
        W, "image_features", TAILS, "eps_g", "n_trainable", {"inputs": "inputs"}, about=LATE
    ),
    Recipe(W, "near_teacher_sgd", TIME, "eps_g", "alpha", {"beta": "betas"}),
    Recipe(W, "committee_sgd", TIME, "eps_g", "alpha", {"levels": "levels"}),
)  # fmt: skip


def experiments(papers: Sequence[str]) -> list[str]:
    """Experiments that have curves, of these papers."""
    return list(dict.fromkeys(one.experiment for one in RECIPES if one.paper in papers))


def scaling_curves(tables: Mapping[str, Table]) -> list[ScalingCurve]:
    """All curves of the tables that there are, in a fixed order."""
    return [
        curve
        for recipe in RECIPES
        if recipe.experiment in tables
        for curve in of_recipe(recipe, tables[recipe.experiment])
    ]


def of_recipe(recipe: Recipe, table: Table) -> Iterator[ScalingCurve]:
    if recipe.paper == D:
        yield from network_curves(recipe, table)
        return
    rows = table[table["quantity"] == recipe.quantity]
    for column, value in recipe.chosen.items():
        rows = rows[rows[column] == value]
    if recipe.about == LATE:
        rows = late_rows(rows)
    if rows.empty:
        return
    columns = list(recipe.lines)
    groups = rows.groupby(columns, sort=True) if columns else [((), rows)]
    for values, own in groups:
        line = curves(own, recipe.quantity, recipe.size)
        where = dict(zip(recipe.lines.values(), map(plain, values), strict=True))
        yield ScalingCurve(recipe, where, line.sizes, line.values)


def plain(value: Any) -> Any:
    """A value as YAML has it."""
    return value.item() if isinstance(value, np.generic) else value


def late_rows(rows: Table) -> Table:
    """What N_l trained directions leave: from the share of the last alpha that the paper's fit of
    feature scaling averages over."""
    share = read_paper(W)["fits"]["feature_laws"]["settings"]["late"]
    return rows[rows["alpha"] >= share * rows["alpha"].max()]


def network_curves(recipe: Recipe, table: Table) -> Iterator[ScalingCurve]:
    """Smallest error of each mean curve against the norm, as laws 1 and 2 are fitted to."""
    settings = read_paper(D)["fits"]["implicit_bias_laws"]["settings"]
    for panel in sorted(map(str, table["panel"].unique())):
        try:
            means = means_of(panel_runs(panel_table(table, panel), panel, settings))
        except InputError:
            continue
        errors = optima_of_means(means)[1]
        yield ScalingCurve(recipe, {"panels": panel}, means.sizes, errors[None, :])


def line_at(curve: ScalingCurve, sizes: Sizes) -> Mapping[str, Any] | None:
    """Where a scale with these sizes has the line: `curve.where`, but for a set of images that is a
    part of the scale's own; None where it has it not."""
    found = {}
    for key, value in curve.where.items():
        has = sizes.get(key, ())
        whole = PARTS.get(value, value) if key == "tasks" else value
        if value not in has and whole not in has:
            return None
        found[key] = value if value in has else whole
    return found


def settings_at(curve: ScalingCurve, sizes: Sizes, where: Mapping[str, Any]) -> dict[str, Any]:
    """A line's own settings among its experiment's: without what lists sizes and lines, which are
    scanned; of a panel its own with those that all panels share."""
    lists = {*curve.recipe.axis.keys, *curve.recipe.lines.values(), *curve.recipe.scanned}
    return {key: value for key, value in merged(sizes, where).items() if key not in lists} | {
        key: value for key, value in where.items() if value != curve.where[key]
    }


def merged(sizes: Sizes, where: Mapping[str, Any]) -> dict[str, Any]:
    if "panels" not in where:
        return dict(sizes)
    return {**sizes["shared"], **sizes["panels"][where["panels"]]}


def planned_sizes(curve: ScalingCurve, sizes: Sizes, where: Mapping[str, Any]) -> Array:
    """Sizes (m,) at which a scale runs the line, by its file."""
    recipe, own = curve.recipe, merged(sizes, where)
    if curve.timed:
        return np.geomspace(*(own[key] for key in ALPHA))
    listed = own[recipe.axis.keys[0]]
    if recipe.size == PARAMETERS:
        listed = [parameters(where["dimensions"], width) for width in listed]
    return np.array(sorted(listed), dtype=float)


def parameters(inputs: int, width: int) -> int:
    """Weights and biases of two hidden layers of equal width and one output."""
    return sum((left + 1) * right for left, right in pairwise([inputs, width, width, 1]))
