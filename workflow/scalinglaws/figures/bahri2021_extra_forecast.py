"""Curves of arXiv:2102.06701 forecast from their smaller half, held against what followed."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.curves.size_laws import SizeLaw, size_laws
from scalinglaws.figures.forecast_panels import (
    Rows,
    error_strip,
    held_out_curve,
    interval_text,
)
from scalinglaws.figures.style import (
    ROLES,
    WIDE,
    Drawing,
    below,
    dress,
    new_figure,
    plotted_rows,
    points_with_intervals,
    theory_line,
)
from scalinglaws.forecast.curve import mean_of_seeds
from scalinglaws.forecast.held_out import HeldOut
from scalinglaws.forecast.scores import held_out

Fits = Mapping[str, Mapping[str, Any]]
Tried = tuple[SizeLaw, HeldOut]
SHOWN = ("random features", "Gaussian features")  # panels a and b: where there is a theory


def draw(
    tables: Mapping[str, pd.DataFrame], fits: Mapping[str, Fits], settings: Mapping[str, Any]
) -> Drawing:
    """Panels: a, b curves with a theory; c every curve's held-out errors in half-widths."""
    laws = size_laws(tables)
    tried = [(law, held_out(law.sizes, law.values)) for law in laws]
    made = [(law, one) for law, one in tried if not isinstance(one, str)]
    figure, axes = new_figure(1, 3, width=WIDE, height=3.6)
    parts: Rows = []
    for axis, panel, group in zip(axes, "ab", SHOWN, strict=False):
        own = [pair for pair in tried if pair[0].group == group and pair[0].letter == "D"]
        parts += curve_panel(axis, panel, own)
        dress(axis, "$D$", "loss", title=f"{panel}  {group}", **below())
    grouped: dict[str, list[HeldOut]] = {}
    for law, one in made:
        grouped.setdefault(law.group, []).append(one)
    parts += error_strip(axes[2], "c", grouped)
    return Drawing(figure, plotted_rows(*parts), caption(fits["size_forecasts"], made, len(laws)))


def curve_panel(axes: Axes, panel: str, pairs: Sequence[tuple[SizeLaw, HeldOut | str]]) -> Rows:
    """The first and the last curve of a group; one of few sizes without a forecast."""
    parts: Rows = []
    ends = [pairs[0], pairs[-1]] if len(pairs) > 1 else list(pairs)
    for number, (law, one) in enumerate(ends):
        if isinstance(one, str):
            parts.append(bare_curve(axes, panel, law))
            continue
        parts += held_out_curve(axes, panel, law.name, one, number)
        if law.theory is not None:
            parts.append(theory_of(axes, panel, law, one.x[-1], "theory" if number == 0 else None))
    return parts


def theory_of(axes: Axes, panel: str, law: SizeLaw, last: float, label: str | None) -> pd.DataFrame:
    assert law.theory is not None
    kept, name = law.sizes <= last, f"{law.name}, theory"
    at, values = law.sizes[kept], law.theory[kept]
    return theory_line(axes, at, values, panel=panel, series=name, style=":", label=label)


def bare_curve(axes: Axes, panel: str, law: SizeLaw) -> pd.DataFrame:
    name, colour = f"{law.name}: few sizes", ROLES["reference"]
    values = mean_of_seeds(law.values)
    return points_with_intervals(
        axes, law.sizes, values, panel=panel, series=name, label=name, colour=colour
    )


def caption(found: Fits, made: Sequence[Tried], count: int) -> str:
    n_points = sum(len(one.x) for _, one in made)
    errors = [found[name]["estimate"] for name in ("error_all", "line_error_all")]
    text = [
        f"{len(made)} of {count} curves have sizes enough: their smaller half (filled) forecasts "
        f"the rest (open, {n_points} points in all), with 90 % intervals that rest on the smaller "
        "half alone (bands). (a, b) Curves whose theory is known (dotted). (c) Every held-out "
        "point's error in units of its half-width: inside the dashed lines the interval held it.",
        f"The intervals hold {interval_text(found['coverage_all'])} of a curve's points.",
    ]
    if None not in errors:
        text.append(
            f"Typical error of the logarithm {errors[0]:.2g}, of a straight line through the same "
            f"points {errors[1]:.2g}."
        )
    if found["truth_coverage"]["estimate"] is not None:
        share = interval_text(found["truth_coverage"])
        text.append(f"The theory's own value lies in {share} of the intervals.")
    return " ".join(text)
