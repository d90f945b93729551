"""A page that shows a forecast with the record it rests on; everything is in the one file."""

import base64
import html
import io
from collections.abc import Sequence

import numpy as np

from scalinglaws.figures.forecast_panels import draw_forecast
from scalinglaws.forecast.forecasts import FAMILIES, Forecaster, Need, Point

RECORD = ("points", "up to x", "farthest (times)", "error", "inside")
PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>
body {{ font: 15px/1.45 sans-serif; max-width: 56em; margin: 2em auto; padding: 0 1em; }}
img {{ max-width: 100%; }}
table {{ border-collapse: collapse; margin: .8em 0; }}
th, td {{ padding: .2em .7em; text-align: right; border-bottom: 1px solid #ddd; }}
</style>
<h1>{title}</h1>
{forecasts}
<img alt="{caption}" src="data:image/png;base64,{image}">
<p>{caption}</p>
<h2>The record</h2>
<p>Each row: the curve was cut after so many points, the same procedure forecast the rest. The error
is the root mean square of log forecast - log value; "inside" is the share of later points that the
90 % half-width, as it is used beyond the last point, would have held.</p>
{record}
<p>Shares of the laws in the average: {shares}. Nothing is said beyond x = {farthest:.4g}.</p>
<p>Assumed: later points follow the law of the earlier ones. A new regime, repeated data or a
learning-rate schedule that is not finished break this, and no interval knows.</p>
</html>
"""


def picture(
    made: Forecaster, points: Sequence[Point], xlabel: str, ylabel: str
) -> tuple[bytes, str]:
    """A png and its caption."""
    drawing = draw_forecast(made, points, xlabel, ylabel)
    buffer = io.BytesIO()
    drawing.figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue(), drawing.caption


def page(
    file: str, made: Forecaster, found: Sequence[Point | Need], image: bytes, caption: str
) -> str:
    shares = ", ".join(
        f"{family.name} {share:.0%}" for family, share in zip(FAMILIES, made.shares, strict=True)
    )
    names = list(found[0]._fields)
    rows = [[cell(getattr(one, name)) for name in names] for one in found]
    return PAGE.format(
        title=html.escape(f"Forecast of {file}"),
        forecasts=table(names, rows),
        caption=html.escape(caption),
        image=base64.b64encode(image).decode(),
        record=table(
            ["points", "up to x", "farthest (times)", "error", "inside"], record_rows(made)
        ),
        shares=html.escape(shares),
        farthest=made.farthest,
    )


def record_rows(made: Forecaster) -> list[list[str]]:
    rows = []
    record = made.record
    for count in np.unique(record.n_points):
        of = record.n_points == count
        half = made.half_width(made.last * np.exp(record.distance[of]), 0.9)
        error = np.sqrt(np.average(record.error[of] ** 2, weights=record.weight[of]))
        rows.append(
            [
                f"{count}",
                f"{record.origin[of][0]:.4g}",
                f"{np.exp(record.distance[of].max()):.3g}",
                f"{error:.3g}",
                f"{np.mean(np.abs(record.error[of]) <= half):.0%}",
            ]
        )
    return rows


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    def line(tag: str, cells: Sequence[str]) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(one)}</{tag}>" for one in cells) + "</tr>"

    return "<table>" + line("th", head) + "".join(line("td", row) for row in rows) + "</table>"


def cell(value: float | str | None) -> str:
    return "" if value is None else value if isinstance(value, str) else f"{value:.4g}"
