"""Figure 2a of arXiv 2102.06701: the four regimes of random features, one colour per pool size."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.size_curves import Curves, scan
from scalinglaws.figures.mean_points import MEANING
from scalinglaws.figures.scan_lines import (
    Rows,
    fitted_line,
    law_above,
    listed,
    published,
    seeds_of,
)
from scalinglaws.figures.style import (
    WIDE,
    Drawing,
    dress,
    fit_height,
    new_figure,
    plotted_rows,
    series_colours,
    theory_line,
    under,
)

Fits = Mapping[str, Any]
DATA, PARAMETERS = r"examples $D$", r"features $P$"
# quantity, fitted exponent, abscissa, ordinate, title, mean over seeds
PANELS = (
    ("excess_data", "variance_d", DATA, r"$L(D, P) - L(P)$", "a  variance-limited in data"),
    ("loss_data", "alpha_d", DATA, r"$L(D)$", "b  resolution-limited in data"),
    ("loss_parameters", "alpha_p", PARAMETERS, r"$L(P)$", "c  resolution-limited in features"),
    (
        "excess_parameters",
        "variance_p",
        PARAMETERS,
        r"$L(D, P) - L(D)$",
        "d  variance-limited in features",
    ),
)

PUBLISHED = {"excess_data": "data", "excess_parameters": "features"}  # whose exponent is given


def draw(
    tables: Mapping[str, pd.DataFrame], fits: Mapping[str, Fits], settings: Mapping[str, Any]
) -> Drawing:
    """Panels as in the paper: variance-limited a and d, resolution-limited b and c."""
    table, found = tables["random_features"], fits["random_feature_laws"]
    figure, axes = new_figure(2, 2, width=WIDE)
    parts: Rows = []
    for place, (quantity, fit, xlabel, ylabel, title) in zip(axes, PANELS, strict=True):
        drawn = panel(place, table, found, quantity, fit, title[0])
        if quantity in PUBLISHED:
            exponent = published(settings, PUBLISHED[quantity])
            drawn.append(law_above(place, drawn, exponent, panel=title[0]))
        dress(place, xlabel, ylabel + " (half MSE)", title=title, **under())
        parts += drawn
    fit_height(figure, 2.25)
    return Drawing(figure, plotted_rows(*parts), caption(table, found))


def panel(axes: Axes, table: pd.DataFrame, found: Fits, quantity: str, fit: str, name: str) -> Rows:
    parts: Rows = []
    pools = sorted(set(table["pool"]))
    mean = "arithmetic" if quantity.startswith("excess") else "log"
    for pool, colour in zip(pools, series_colours(len(pools)), strict=True):
        curve, slope = scan(table, quantity, pool=pool), found[f"{fit}_pool{pool}"]
        series = f"pool {pool}"
        look: dict[str, Any] = {"panel": name, "colour": colour, "mean": mean}
        parts += fitted_line(axes, curve, slope, series=series, **look)
        if quantity == "loss_data":
            parts += prediction(
                axes, scan(table, "prediction", pool=pool), series, pool == pools[-1]
            )
    return parts


def prediction(axes: Axes, curve: Curves, series: str, labelled: bool) -> Rows:
    """kappa / 2 of the measured spectrum: no free parameter."""
    drawn = theory_line(
        axes,
        curve.sizes,
        curve.values.mean(axis=0),
        panel="b",
        series=f"{series} theory",
        style=":",
        label=r"theory, $\kappa/2$ of the spectrum" if labelled else None,
    )
    return [drawn]


def caption(table: pd.DataFrame, found: Fits) -> str:
    pools = sorted(set(table["pool"]))
    first = found[f"alpha_d_pool{pools[0]}"]["rule"]
    variance = found[f"variance_d_pool{pools[0]}"]["rule"]
    return (
        f"Linear regression on random ReLU features (second hidden layer) of "
        f"{listed(table['dataset'])} images averaged over pool x pool pixels; "
        f"{table['population'].iloc[0]:,} images and as many features, teachers averaged exactly, "
        f"{seeds_of(table)} seeds (own images, networks, orders). (a, d) Examples or features "
        "drawn with replacement from the population, the other size fixed; arithmetic means. "
        "(b, c) The other size unlimited; geometric means; dotted: self-consistent learning curve "
        "of the measured spectrum, without a free parameter. Bars: 95 % t intervals over seeds. "
        f"Solid: fits (b, c: {first}; a, d: {variance}); {MEANING}. Slopes with 95 % intervals "
        "over seeds; dashed: the exponents that the paper gives. "
        "The bend of b and c to the right of the window is where the population ends."
    )
