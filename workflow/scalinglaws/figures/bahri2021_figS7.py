"""Figure S7 of arXiv 2102.06701: the four regimes of learned features, low and tuned ridge."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.size_curves import scan
from scalinglaws.figures.scan_lines import Rows, draw_fitted, seeds_of
from scalinglaws.figures.style import COLOURS, Drawing, below, dress, new_figure, plotted_rows

Fits = Mapping[str, Any]
RIDGES = (("low", "red", "o"), ("tuned", "green", "s"))
PANELS = (
    ("data_variance", "variance_data", r"$D$", r"$L(D, P) - L(P)$", "a  variance-limited in data"),
    ("data", "resolution_data", r"$D$", r"$L(D)$", "b  resolution-limited in data"),
    ("parameters", "resolution_parameters", r"$P$", r"$L(P)$", "c  resolution-limited in features"),
    (
        "parameters_variance",
        "variance_parameters",
        r"$P$",
        r"$L(D, P) - L(D)$",
        "d  variance-limited in features",
    ),
)


def draw(
    tables: Mapping[str, pd.DataFrame], fits: Mapping[str, Fits], settings: Mapping[str, Any]
) -> Drawing:
    """Panels as in figure 2a, both ridges in each."""
    table, found = tables["pretrained_features"], fits["pretrained_laws"]
    rows = table[(table["features"] == "learned") & (table["target"] == "real")]
    figure, axes = new_figure(2, 2, width=7.2, height=6.6)
    parts: Rows = []
    for place, (name, fit, xlabel, ylabel, title) in zip(axes, PANELS, strict=True):
        parts += panel(place, rows, found, name, fit, title[0])
        dress(place, xlabel, f"{ylabel} / loss of zero", title=title, **below(0.19))
    return Drawing(figure, plotted_rows(*parts), caption(table, found, settings))


def panel(axes: Axes, rows: pd.DataFrame, found: Fits, name: str, fit: str, letter: str) -> Rows:
    parts: Rows = []
    variance = name.endswith("variance")
    mean = "arithmetic" if variance else "log"
    for ridge, colour, marker in RIDGES:
        curve = scan(rows, "excess" if variance else "loss", scan=name, ridge=ridge)
        slope = found[f"{fit}_{ridge}"]
        look: dict[str, Any] = {"panel": letter, "colour": COLOURS[colour], "marker": marker}
        series = f"{ridge} ridge"
        parts += draw_fitted(axes, curve, slope, series=series, mean=mean, **look)
    return parts


def caption(table: pd.DataFrame, found: Fits, settings: Mapping[str, Any]) -> str:
    return (
        "Regression of labels (centred one-hot) on the features of a network trained on the other "
        f"half of {table['dataset'].iloc[0]}, {table['count'].iloc[0]} features. (a, d) The "
        f"growing size is drawn with replacement, the other fixed at {settings['fixed']}; excess "
        "over the regression on all examples or features; balanced draws, arithmetic means. "
        "(b, c) The other size as large as can be; geometric means; with low ridge the loss of b "
        f"peaks at D = P. {seeds_of(table)} seeds, 95 % t intervals. Lines: fits "
        f"(a, d: {found['variance_data_low']['rule']}; b, c: "
        f"{found['resolution_data_low']['rule']}); slopes with 95 % intervals over seeds."
    )
