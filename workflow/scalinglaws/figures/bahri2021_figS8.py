"""Figure S8 of arXiv 2102.06701: random against learned features, teachers against labels."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.size_curves import scan
from scalinglaws.figures.mean_points import MEANING, mean_points
from scalinglaws.figures.scan_lines import Rows, dashed, fitted_line, seeds_of
from scalinglaws.figures.short_axes import power_of_two_ticks
from scalinglaws.figures.style import (
    COLOURS,
    WIDE,
    Drawing,
    dress,
    fit_height,
    new_figure,
    plotted_rows,
    under,
)

Fits = Mapping[str, Any]
KERNELS = {
    "learned": ("trained network", "purple", "o"),
    "random": ("same network, untrained", "brown", "s"),
    "nngp1": ("infinite, 1 hidden layer", "sky", "^"),
    "nngp3": ("infinite, 3 hidden layers", "blue", "v"),
    "ntk3": ("tangent, 3 hidden layers", "green", "P"),
}
# quantity, target, scan, ridge, fitted exponent, abscissa, ordinate, title
PANELS = (
    ("loss", "teacher", "kernel", "low", "alpha_teacher", r"$D$", "loss / prior variance"),
    ("loss", "real", "kernel", "tuned", "alpha_real", r"$D$", "loss / loss of zero"),
    ("eigenvalue", "real", "spectrum", "none", None, r"rank $i$", r"share of the trace"),
    ("coefficient", "real", "spectrum", "none", None, r"rank $i$", r"$\bar\omega_i^2$ / mean"),
)
TITLES = ("a  teachers on the kernel", "b  labels, tuned ridge", "c  spectra", "d  coefficients")
FINITE = ("learned", "random")  # kernels of as many features as the table counts


def draw(
    tables: Mapping[str, pd.DataFrame], fits: Mapping[str, Fits], settings: Mapping[str, Any]
) -> Drawing:
    """Panels: a and b losses against D, c eigenvalues, d label coefficients."""
    table, found = tables["pretrained_features"], fits["pretrained_laws"]
    figure, axes = new_figure(2, 2, width=WIDE)
    parts: Rows = []
    for place, record, title in zip(axes, PANELS, TITLES, strict=True):
        parts += panel(place, table, found, record, title[0])
        if title[0] == "d":
            ranks = parts[-1]["x"].agg(["min", "max"])
            drawn = {"panel": "d", "series": "constant", "label": "constant coefficients"}
            parts += dashed(place, ranks, [1.0, 1.0], **drawn)
        dress(place, record[5], record[6], title=title, **under(fontsize=6.5))
        if record[4] is not None:
            power_of_two_ticks(place, *place.get_xlim())
    fit_height(figure, 2.2)
    return Drawing(figure, plotted_rows(*parts), caption(table, found))


def panel(
    axes: Axes, table: pd.DataFrame, found: Fits, record: tuple[Any, ...], letter: str
) -> Rows:
    quantity, target, name, ridge, fit = record[:5]
    parts: Rows = []
    for kernel, (text, colour, marker) in KERNELS.items():
        rows = table[(table["features"] == kernel) & (table["target"] == target)]
        rows = rows[(rows["ridge"] == ridge) & (rows["scan"] == name)]
        if target == "teacher" and kernel in FINITE:
            rows = rows[rows["size"] < rows["count"]]  # from there on nothing is left to learn
        if rows.empty:
            continue
        curve = scan(rows, quantity)
        look: dict[str, Any] = {"panel": letter, "series": text}
        look |= {"colour": COLOURS[colour], "marker": marker}
        if fit:
            parts += fitted_line(axes, curve, found[f"{fit}_{kernel}"], **look)
        else:
            parts += mean_points(axes, curve, line=True, label=text, **look)
    return parts


def caption(table: pd.DataFrame, found: Fits) -> str:
    rule = found["alpha_teacher_learned"]["rule"]
    ranks = found["coefficients_growth_learned"]["rule"]
    return (
        f"Kernels on {table['dataset'].iloc[0]}: {table['count'].iloc[0]} features of a network "
        "before and after training on the other half of the data, and of infinitely wide fully "
        "connected networks. (a) Test loss on teachers drawn from the kernel, minimum norm; (b) on "
        f"labels with the ridge of the smallest validation loss. Lines: fits ({rule}). (c) "
        "Eigenvalues, (d) squared coefficients of the labels in the kernel's features, in units of "
        f"their mean; means over bins of ranks; growth fitted over {ranks}. Geometric means over "
        f"{seeds_of(table)} seeds with 95 % t intervals; {MEANING}. (a) ends where D reaches the "
        "number of features: the rank of these kernels is exhausted, nothing is left to learn."
    )
