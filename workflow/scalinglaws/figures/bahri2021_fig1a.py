"""Figure 1a of arXiv 2102.06701, the column of the data size: both regimes of L against D."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy.stats import t as student

from scalinglaws.estimates.resolution_slopes import Curves, curves
from scalinglaws.figures.style import (
    COLOURS,
    Drawing,
    dress,
    new_figure,
    plotted_rows,
    points_with_intervals,
    reference_slope,
    series_colours,
    slope_label,
    theory_line,
)

Fits = Mapping[str, Mapping[str, Any]]
Rows = list[pd.DataFrame]
NAMES = {
    "teacher": "teacher-student",
    "digits": "MNIST digits",
    "fashion": "Fashion-MNIST",
    "cifar10": "CIFAR-10",
    "cifar100": "CIFAR-100",
}
LINE_COLOURS = {
    "teacher": COLOURS["blue"],
    "digits": COLOURS["orange"],
    "fashion": COLOURS["green"],
    "cifar10": COLOURS["purple"],
    "cifar100": COLOURS["brown"],
}
LINE_MARKERS = {"teacher": "o", "digits": "s", "fashion": "^", "cifar10": "v", "cifar100": "P"}
LEVEL = 0.95
SIZE = r"training examples $D$"


def draw(
    tables: Mapping[str, pd.DataFrame],
    fits: Mapping[str, Mapping[str, Any]],
    settings: Mapping[str, Any],
) -> Drawing:
    """Panels: a variance-limited, L(D) - L(infinity); b resolution-limited, L(D)."""
    found = {**fits["four_regimes"], **fits["teacher_student_laws"]}
    figure, (left, right) = new_figure(1, 2, width=7.2, height=3.9)
    parts = variance_panel(left, tables["variance_limited"], found, settings)
    parts += resolution_panel(right, tables, found, settings)
    return Drawing(figure, plotted_rows(*parts), caption(tables, found, settings))


def variance_panel(
    axes: Axes, table: pd.DataFrame, found: Fits, settings: Mapping[str, Any]
) -> Rows:
    parts: Rows = []
    for task, rows in table.groupby("task", sort=True):
        line = settings["lines"][task]
        look = {"colour": LINE_COLOURS[line], "marker": LINE_MARKERS[line]}
        excess = curves(rows, "excess")
        means = arithmetic_means(excess)
        name = NAMES[line]
        parts += measured_line(
            axes, excess.sizes, means, found[f"variance_slope_{line}"], "a", name, look
        )
    highest = max(part["y"].max() for part in parts)
    ends = (float(table["data_size"].min()), float(table["data_size"].max()))
    parts.append(
        reference_slope(
            axes, ends, 2 * highest, -1.0, panel="a", series="theory", label=r"theory, $D^{-1}$"
        )
    )
    excess_label = r"test loss $L(D) - L(\infty)$ (nats)"
    dress(axes, SIZE, excess_label, title="a  variance-limited in data", **below())
    return parts


def resolution_panel(
    axes: Axes, tables: Mapping[str, pd.DataFrame], found: Fits, settings: Mapping[str, Any]
) -> Rows:
    parts: Rows = []
    by_dimension = dict(list(tables["teacher_student"].groupby("dimension", sort=True)))
    drawn = [dimension for dimension in settings["dimensions"] if dimension in by_dimension]
    colours = series_colours(len(drawn))
    for dimension, colour in zip(drawn, colours, strict=True):
        loss = curves(by_dimension[dimension], "test_loss_best")
        means = geometric_means(loss)
        slope, name = found[f"resolution_slope_d{dimension}"], f"teacher-student, d = {dimension}"
        look = {"colour": colour, "marker": "o"}
        parts += measured_line(axes, loss.sizes, means, slope, "b", name, look)
        # The predicted slope starts at the first point, where the measured line starts too.
        ends = (float(loss.sizes[0]), float(loss.sizes[-1]))
        theory = r"theory, $D^{-4/d}$" if dimension == drawn[-1] else None
        parts.append(
            reference_slope(
                axes,
                ends,
                float(means[0][0]),
                -4.0 / dimension,
                panel="b",
                series=f"theory 4/{dimension}",
                label=theory,
            )
        )
    for task, rows in tables["digits_mlp"].groupby("task", sort=True):
        line = settings["lines"][task]
        look = {"colour": LINE_COLOURS[line], "marker": LINE_MARKERS[line]}
        loss = curves(rows, "test_loss_best")
        slope = found[f"resolution_slope_{line}"]
        means = geometric_means(loss)
        parts += measured_line(axes, loss.sizes, means, slope, "b", NAMES[line], look)
    dress(axes, SIZE, r"test loss $L(D)$", title="b  resolution-limited in data", **below())
    return parts


def below() -> dict[str, Any]:
    """Legends with slopes and intervals are wide: they stand under the panels."""
    return {"loc": "upper center", "bbox_to_anchor": (0.5, -0.19), "fontsize": 7}


def measured_line(
    axes: Axes,
    sizes: np.ndarray,
    means: tuple[np.ndarray, np.ndarray, np.ndarray],
    slope: Mapping[str, Any],
    panel: str,
    name: str,
    look: Mapping[str, str],
) -> Rows:
    """Points inside the fit window with the fitted law; those outside as crosses."""
    low, high = slope["window"] or (-np.inf, np.inf)
    inside = (sizes >= low) & (sizes <= high) & (slope["estimate"] is not None)
    label = f"{name}: {slope_label(chr(0x3B1), slope)}"
    parts: Rows = []
    for chosen, shape, suffix, text in (
        (inside, look["marker"], "", label),
        (~inside, "X", " outside the window", None if inside.any() else label),
    ):
        if chosen.any():
            points = (sizes[chosen], *(values[chosen] for values in means))
            look_here: dict[str, Any] = {"colour": look["colour"], "marker": shape, "label": text}
            parts.append(
                points_with_intervals(axes, *points, panel=panel, series=name + suffix, **look_here)
            )
    if inside.any():
        x, y = sizes[inside], means[0][inside]
        fitted = np.exp(np.mean(np.log(y))) * (x / np.exp(np.mean(np.log(x)))) ** -slope["estimate"]
        series = f"{name} fit"
        parts.append(
            theory_line(axes, x, fitted, panel=panel, series=series, colour=look["colour"])
        )
    return parts


def arithmetic_means(line: Curves) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean over seeds and its 95 % t interval, each (sizes,); NaN values are left out."""
    count = np.isfinite(line.values).sum(axis=0)
    mean = np.nanmean(line.values, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = np.nanstd(line.values, axis=0) / np.sqrt(count - 1)
        reach = student.ppf((1 + LEVEL) / 2, count - 1) * spread
    return mean, mean - reach, mean + reach


def geometric_means(line: Curves) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """As `arithmetic_means`, of the logarithms."""
    mean, low, high = arithmetic_means(Curves(line.sizes, np.log(line.values)))
    return np.exp(mean), np.exp(low), np.exp(high)


def caption(tables: Mapping[str, pd.DataFrame], found: Fits, settings: Mapping[str, Any]) -> str:
    """What is drawn, with the numbers of these very tables."""
    small, teacher, images = (
        tables[name] for name in ("variance_limited", "teacher_student", "digits_mlp")
    )
    rules = {key: quantity["rule"] for key, quantity in found.items() if quantity["rule"]}
    variance_rule = next(rule for key, rule in rules.items() if key.startswith("variance"))
    resolution_rule = next(rule for key, rule in rules.items() if key.startswith("resolution"))
    masked = sum(int(table["value"].isna().sum()) for table in (small, teacher, images))
    return (
        f"(a) Networks of fixed small size ({listed(small['parameters'])} parameters) after "
        f"{listed(small['step'])} full-batch steps on random training sets of D examples: excess "
        f"test loss over training on the whole population. {small['seed'].nunique()} seeds, each "
        f"with its own initialisation and {small['draw'].nunique()} balanced training sets per D. "
        f"(b) Over-parameterised networks, smallest test loss on the way: teacher-student "
        f"regression in d dimensions ({teacher['seed'].nunique()} seeds, mean squared error in "
        f"units of the target's variance, {listed(teacher['step'])} steps) and real images "
        f"({images['seed'].nunique()} seeds, cross-entropy in nats, {listed(images['step'])} "
        f"steps). Points: arithmetic (a) and geometric (b) means over seeds with "
        f"{100 * LEVEL:.0f} % t intervals, which hold the differences between teachers or "
        f"initialisations that all D of a seed share. Lines: fits in windows fixed in advance "
        f"(a: {variance_rule}; b: {resolution_rule}); crosses lie outside the window. Slopes: "
        f"estimate and 95 % interval over seeds. Dashed: predicted exponents. "
        f"Values masked as not finite: {masked}."
    )


def listed(values: pd.Series) -> str:
    return " and ".join(f"{value:,}" for value in sorted(set(values.tolist())))
