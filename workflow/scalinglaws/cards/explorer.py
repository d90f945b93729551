"""The two parts of a card that move: its fit window, and sliders over a formula.

Both are hidden until their script runs; the page is whole without them.
"""

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from scalinglaws.cards.formulas import Formula
from scalinglaws.cards.lines import Line
from scalinglaws.claims.markup import markup
from scalinglaws.claims.wording import published_text
from scalinglaws.spelling import quantity_name, readable, without_tex

Record = Mapping[str, Any]
Numbers = Sequence[float]

WINDOW = """
<section class="tool" id="window" aria-labelledby="window-title" hidden>
<h2 id="window-title">Move the fit window</h2>
<p>The points are those of the figure, the law is fitted again in your browser, as our fits do it.
Between the dashed lines lies the window that was registered before any result was seen: it alone
is what the verdict stands by.</p>
<p><label>Curve <select data-part="choice"></select></label></p>
<div class="plot" id="window-plot" data-part="plot"></div>
<div class="edges">
<label>first point of the window <input type="range" data-part="first" min="0" step="1"></label>
<label>last point of the window <input type="range" data-part="last" min="0" step="1"></label>
</div>
<div aria-live="polite">
<p class="state" data-part="state"></p>
<dl>
<dt>window</dt><dd data-part="ends"></dd>
<dt>exponent</dt><dd><span class="value" data-part="exponent"></span>
<small data-part="from"></small></dd>
<dt>quantity</dt><dd data-part="quantity"></dd>
<dt>registered rule</dt><dd data-part="rule"></dd>
</dl>
<ul class="claims" data-part="claims"></ul>
<p class="faint" data-part="none">No claim is judged by this exponent alone.</p>
</div>
<p><button type="button" data-part="back">Back to the registered window</button></p>
<p><small>Verdicts here are those of the interval alone, without the correction for the number of
claims that the ledger makes. In the registered window and its neighbours the interval is the one
that the fit wrote; elsewhere it is a rough one: errors of the points taken as independent and
scaled so that they give the fit's own interval in the registered window, with the slopes of the
window's halves in it where these differ by more than that.</small></p>
</section>
"""


def window_section(
    lines: Sequence[Line], claims: Sequence[Record], axes: Mapping[str, Sequence[str]]
) -> str:
    """The fit window's part, with its points; empty where no exponent is fitted to a curve.

    `claims`: all judged claims of the paper; `axes`: panel -> what the drawing calls x and y.
    """
    if not lines:
        return ""
    return WINDOW + embedded("lines", [line_record(line, claims, axes) for line in lines])


def line_record(
    line: Line, claims: Sequence[Record], axes: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """What explorer.js reads of one line."""
    curve, found = line.curve, line.quantity
    first, last = line.window
    fitted = f"{curve.x[first]:.4g} to {curve.x[last]:.4g}"
    unnamed = [f"x of panel {curve.panel}", f"y of panel {curve.panel}"]
    same = [one.name for one in line.derived if one.factor == 1 and not one.inverse]
    return {
        "name": f"{curve.panel}: {readable(curve.series)}",
        "names": [without_tex(name) for name in axes.get(curve.panel, unnamed)],
        "x": curve.x.tolist(),
        "y": curve.y.tolist(),
        "low": numbers(curve.low),
        "high": numbers(curve.high),
        "mean": line.mean,
        "sign": line.sign,
        "window": list(line.window),
        "rule": readable(found["rule"] or f"{fitted}, fixed in advance"),
        "quantity": ", ".join(map(spelt, same)),
        "estimate": found["estimate"],
        "seed_interval": found["seed_interval"],
        "bend": found["bend"] and found["bend"]["difference"],
        "stored": [list(window) for window in line.stored],
        "targets": targets(line, claims),
    }


def spelt(name: str) -> str:
    fit, _, key = name.partition(".")
    return f"{quantity_name(key)} ({fit})"


def numbers(values: Any) -> list[float | None]:
    return [float(value) if value == value else None for value in values]


def targets(line: Line, claims: Sequence[Record]) -> list[dict[str, Any]]:
    """The claims that the line's quantities are judged by."""
    named = {one.name: one for one in line.derived}
    return [
        {
            "claim": row["id"],
            "label": row["id"].partition("_")[2] + label_of(judged["name"], row),
            "factor": named[judged["name"]].factor,
            "inverse": named[judged["name"]].inverse,
            "band": row["band"],
            "published": published_text(row),
            "verdict": row["verdict"],
        }
        for row in claims
        for judged in row["judged"]
        if judged["name"] in named
    ]


def label_of(name: str, row: Record) -> str:
    """Which of a claim's quantities, where it has several."""
    several = len(row["judged"]) > 1
    return f", {quantity_name(name.rpartition('.')[2])}" if several else ""


def formula_section(formula: Formula | None, given: Mapping[str, Any] | None) -> str:
    """The formula in words, and its sliders where scripts run."""
    if formula is None:
        return ""
    sliders = "\n".join(
        f'<div><label for="slider-{one.key}">{markup(one.label)}</label>'
        f'<output for="slider-{one.key}" data-part="value-{one.key}"></output>'
        f'<input type="range" id="slider-{one.key}" name="{one.key}" min="{one.low:g}" '
        f'max="{one.high:g}" step="{one.step:g}" value="{one.start:g}"></div>'
        for one in formula.sliders
    )
    legend = "".join(f'<li class="{look}">{markup(text)}</li>' for look, text in formula.legend)
    return (
        f'<section aria-labelledby="formula-title">\n<h2 id="formula-title">{markup(formula.title)}'
        f"</h2>\n<p>{markup(formula.text)}</p>\n"
        f'<div class="tool" id="formula" hidden>\n<ul class="legend">{legend}</ul>\n'
        f'<div class="plot" id="formula-plot" data-part="plot"></div>\n'
        f'<div class="edges">\n{sliders}\n</div>\n<dl data-part="facts" aria-live="polite"></dl>\n'
        f"</div>\n</section>\n{embedded('formula-terms', given)}"
    )


def embedded(name: str, value: Any) -> str:
    """A record for a script; ``<`` is escaped, so that no text of it ends the element."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True)
    safe = text.replace("<", "\\u003c")
    return f'<script type="application/json" id="{escape(name)}">{safe}</script>\n'
