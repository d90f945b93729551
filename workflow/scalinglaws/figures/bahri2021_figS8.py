"""Figure S8 of arXiv 2102.06701: random against learned features, teachers against labels."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.size_curves import scan
from scalinglaws.figures.scan_lines import Rows, draw_fitted, draw_scan, seeds_of
from scalinglaws.figures.short_axes import power_of_two_ticks
from scalinglaws.figures.style import COLOURS, Drawing, below, dress, new_figure, plotted_rows

Fits = Mapping[str, Any]
KERNELS = {
    "learned": ("trained network", "red", "o"),
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
FLOOR = 1e-8  # losses below are rounding errors of the minimum-norm solution


def draw(
    tables: Mapping[str, pd.DataFrame], fits: Mapping[str, Fits], settings: Mapping[str, Any]
) -> Drawing:
    """Panels: a and b losses against D, c eigenvalues, d label coefficients."""
    table, found = tables["pretrained_features"], fits["pretrained_laws"]
    figure, axes = new_figure(2, 2, width=7.2, height=7.8)
    parts: Rows = []
    for place, record, title in zip(axes, PANELS, TITLES, strict=True):
        parts += panel(place, table, found, record, title[0])
        if record[4] is None and title[0] == "d":
            place.axhline(1.0, color="#7a7a7a", linestyle="--", lw=1.0)
        legend = title[0] != "d"
        dress(place, record[5], record[6], title=title, legend=legend, **below(0.17))
        if record[4] is not None:
            power_of_two_ticks(place, *place.get_xlim())
    return Drawing(figure, plotted_rows(*parts), caption(table, found))


def panel(
    axes: Axes, table: pd.DataFrame, found: Fits, record: tuple[Any, ...], letter: str
) -> Rows:
    quantity, target, name, ridge, fit = record[:5]
    parts: Rows = []
    for kernel, (text, colour, marker) in KERNELS.items():
        rows = table[(table["features"] == kernel) & (table["target"] == target)]
        rows = rows[(rows["ridge"] == ridge) & ~(rows["value"] < floor_of(quantity))]
        if rows.empty:
            continue
        curve = scan(rows, quantity, scan=name)
        look: dict[str, Any] = {"panel": letter, "series": text}
        look |= {"colour": COLOURS[colour], "marker": marker}
        if fit:
            parts += draw_fitted(axes, curve, found[f"{fit}_{kernel}"], **look)
        else:
            parts += draw_scan(axes, curve, line=True, label=text, **look)
    return parts


def floor_of(quantity: str) -> float:
    return FLOOR if quantity == "loss" else 0.0


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
        f"{seeds_of(table)} seeds with 95 % t intervals; losses below {FLOOR:g} (rounding errors "
        "once D exceeds the number of features) are left out."
    )
