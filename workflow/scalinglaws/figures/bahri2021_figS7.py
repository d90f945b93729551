"""Figure S7 of arXiv 2102.06701: the four regimes of learned features, low and tuned ridge."""

from collections.abc import Mapping
from itertools import product
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.size_curves import scan
from scalinglaws.figures.mean_points import MEANING
from scalinglaws.figures.scan_lines import Rows, fitted_line, law_above, published, seeds_of
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
# ridge, colour, marker: a column each
RIDGES = (("low", "purple", "o"), ("tuned", "green", "s"))
# scan, fitted exponent, abscissa, ordinate, what is limited: a row each
PANELS = (
    ("data_variance", "variance_data", r"$D$", r"$L(D, P) - L(P)$", "variance, data"),
    ("data", "resolution_data", r"$D$", r"$L(D)$", "resolution, data"),
    ("parameters", "resolution_parameters", r"$P$", r"$L(P)$", "resolution, features"),
    ("parameters_variance", "variance_parameters", r"$P$", r"$L(D, P) - L(D)$", "variance, features"),
)


def draw(
    tables: Mapping[str, pd.DataFrame], fits: Mapping[str, Fits], settings: Mapping[str, Any]
) -> Drawing:
    """Panels: the four regimes of figure 2a in rows, low ridge on the left, tuned on the right."""
    table, found = tables["pretrained_features"], fits["pretrained_laws"]
    rows = table[(table["features"] == "learned") & (table["target"] == "real")]
    figure, axes = new_figure(len(PANELS), len(RIDGES), width=WIDE)
    parts: Rows = []
    places = zip(axes, "abcdefgh", product(PANELS, RIDGES), strict=True)
    for place, letter, ((name, fit, xlabel, ylabel, limited), look) in places:
        drawn = panel(place, rows, found[f"{fit}_{look[0]}"], name, letter, look)
        if name.endswith("variance"):
            exponent = published(settings, "variance")
            drawn.append(law_above(place, drawn, exponent, panel=letter))
        title = f"{letter}  {limited}: {look[0]} ridge"
        dress(place, xlabel, ylabel, title=title, **under(ncols=2))
        parts += drawn
    fit_height(figure, 1.1)
    return Drawing(figure, plotted_rows(*parts), caption(table, found, settings))


def panel(
    axes: Axes,
    rows: pd.DataFrame,
    slope: Mapping[str, Any],
    name: str,
    letter: str,
    look: tuple[str, str, str],
) -> Rows:
    ridge, colour, marker = look
    variance = name.endswith("variance")
    curve = scan(rows, "excess" if variance else "loss", scan=name, ridge=ridge)
    return fitted_line(
        axes,
        curve,
        slope,
        panel=letter,
        series=f"{ridge} ridge",
        colour=COLOURS[colour],
        marker=marker,
        mean="arithmetic" if variance else "log",
        label="",
    )


def caption(table: pd.DataFrame, found: Fits, settings: Mapping[str, Any]) -> str:
    return (
        "Regression of labels (centred one-hot) on the features of a network trained on the other "
        f"half of {table['dataset'].iloc[0]}, {table['count'].iloc[0]} features; losses in units "
        "of that of predicting zero; left: low ridge, right: tuned on a validation set. (a, b, g, "
        f"h) The growing size is drawn with replacement, the other fixed at {settings['fixed']}; "
        "excess over the regression on all examples or features; balanced draws, arithmetic means. "
        "(c to f) The other size as large as can be; geometric means; with low ridge the loss of c "
        f"peaks at D = P. {seeds_of(table)} seeds, 95 % t intervals. Lines: fits "
        f"(a, b, g, h: {found['variance_data_low']['rule']}; c to f: "
        f"{found['resolution_data_low']['rule']}); {MEANING}. Slopes with 95 % intervals over "
        "seeds; dashed: the exponents that the paper gives."
    )
