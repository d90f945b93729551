"""One claim on the ledger's page: verdict, statement, numbers, drawing, and all that led there."""

from collections.abc import Mapping
from html import escape
from typing import Any

from scalinglaws.claims.distance import margins_off
from scalinglaws.claims.markup import markup
from scalinglaws.claims.strip import strips
from scalinglaws.claims.verdict import STRADDLES
from scalinglaws.claims.wording import (
    KINDS,
    command,
    flips_text,
    fragility_text,
    margins_text,
    ours_text,
    p_text,
    percent,
    published_text,
)
from scalinglaws.rounding import with_interval
from scalinglaws.spelling import distinct_names, quantity_name

Record = Mapping[str, Any]

SIGNS = {"reproduced": "✓", "differs": "✗", "undecided": "?", "not run": "–"}
# The kinds of wording.KINDS in one word.
TAGS = {
    "printed": "printed",
    "stated": "stated",
    "sign": "sign",
    "literature": "literature",
    "ours": "self-check",
}


def claim_entry(row: Record, register: Record, scale: str, number: int) -> str:
    """One claim; ``number`` is its place in config/claims, by which a reader may sort."""
    why = row["why"] if row["why"] != STRADDLES else None
    said = f'<p class="why">{markup(why)}</p>' if why else ""
    return (
        f'<article class="claim" id="{escape(row["id"])}" tabindex="-1"{data(row, number)}>\n'
        f'<div class="mark">{badges(row)}</div>\n'
        f'<div class="text"><h3><a href="#{escape(row["id"])}">{escape(row["id"])}</a>'
        f'{star(row)}</h3>\n<p class="statement">{markup(row["statement"])}</p>{said}</div>\n'
        f'<div class="values">{values(row)}</div>\n'
        f'<div class="foot">{details(row, register, scale)}'
        f'<p class="links">{links(row)}</p></div>\n</article>'
    )


def data(row: Record, number: int) -> str:
    """What the page's script filters and sorts by."""
    off = margins_off(row)
    facts = {
        "verdict": row["verdict"],
        "paper": str(row["id"]).partition("_")[0],
        "kind": row["provenance"],
        "figure": row["figure"],
        "primary": "yes" if row["primary"] else "no",
        "number": number,
        "off": "" if off is None else f"{off:.4g}",
    }
    return "".join(f' data-{key}="{escape(str(value))}"' for key, value in facts.items())


def css(verdict: str) -> str:
    return verdict.replace(" ", "-")


def badge(verdict: str) -> str:
    return (
        f'<span class="verdict {css(verdict)}"><span aria-hidden="true">{SIGNS[verdict]} </span>'
        f"{verdict}</span>"
    )


def badges(row: Record) -> str:
    exploratory = '<span class="tag exploratory">exploratory</span>' if row["exploratory"] else ""
    return f'{badge(row["verdict"])}<span class="tag">{TAGS[row["provenance"]]}</span>{exploratory}'


def star(row: Record) -> str:
    return ' <span class="primary">★<span class="hidden"> primary</span></span>' * row["primary"]


def values(row: Record) -> str:
    """Published and ours, a line each, with its drawing."""
    names = distinct_names([judged["name"] for judged in row["judged"]])
    told = [("published", published_text(row))]
    told += [
        (name or "ours", ours_text(judged))
        for name, judged in zip(names, row["judged"], strict=True)
    ]
    items = "".join(
        f'<dt>{markup(name)}</dt><dd>{markup(text)}</dd><dd class="lane">{drawing}</dd>'
        for (name, text), drawing in zip(told, strips(row), strict=True)
    )
    notes = [text for text in (margins_text(margins_off(row)), stays(row)) if text]
    said = f'<p class="note">{escape("; ".join(notes))}</p>' if notes else ""
    return f"<dl>{items}</dl>{said}"


def stays(row: Record) -> str:
    counted = fragility_text(row)
    return f"verdict stays in {counted} other choices" if counted else ""


def links(row: Record) -> str:
    """The figure's card and the fits' files; paths are relative to the folder of results."""
    figure = escape(row["figure"])
    fits = "".join(
        f' <a href="{escape(fit)}">{escape(fit.rpartition("/")[2])}</a>' for fit in fit_files(row)
    )
    card = f'<span>figure <a href="figures/{figure}.html">{figure}</a></span>'
    return f"{card} <span>fit{fits}</span>"


def fit_files(row: Record) -> list[str]:
    paper = str(row["id"]).partition("_")[0]
    names = dict.fromkeys(name.partition(".")[0] for name in row["quantities"])
    return [f"fits/{paper}/{name}.json" for name in names]


def details(row: Record, register: Record, scale: str) -> str:
    """All that led to the verdict, folded away."""
    facts = [
        ("source", row["source"]),
        ("kind", KINDS[row["provenance"]] + ("; primary" if row["primary"] else "")),
        ("exploratory", "; ".join(row["exploratory_why"])),
        ("why undecided", STRADDLES if row["why"] == STRADDLES else None),
        ("margin", f"{row['margin']:.3g}: {row['margin_reason']}"),
        ("intervals alone", row["interval_verdict"]),
        ("power", percent(row["power"])),
        ("p, equivalence", with_correction(row, "p_equivalence")),
        ("p, difference", with_correction(row, "p_difference")),
        ("flips", flips_text(row)),
        *((fact_name(judged["name"]), evidence(judged)) for judged in row["judged"]),
    ]
    items = "".join(
        f"<dt>{markup(name)}</dt><dd>{markup(fact)}</dd>" for name, fact in facts if fact
    )
    run = f'<code class="command">{escape(command(row["figure"], scale))}</code>'
    items += "".join(departure_link(key, register) for key in row["departures"])
    hidden = f'<span class="hidden"> of {escape(row["id"])}</span>'
    return (
        f"<details><summary>evidence{hidden}</summary><dl>{items}<dt>made by</dt><dd>{run}</dd>"
        "</dl></details>"
    )


def departure_link(key: str, register: Record) -> str:
    """What is done otherwise; the reason stands once, in the register below."""
    if key not in register:
        return f"<dt>departure</dt><dd>{escape(key)}</dd>"
    link = f'<a href="#departure-{escape(key)}">{escape(key)}</a>'
    return f"<dt>departure {link}</dt><dd>{markup(register[key]['what'])}</dd>"


def fact_name(name: str) -> str:
    """``laws.slope_d3`` as ``slope d3 (laws)``."""
    fit, _, key = name.partition(".")
    return f"{quantity_name(key)} ({fit})"


def with_correction(row: Record, key: str) -> str:
    if row[key] is None:
        return p_text(None)
    return (
        f"{p_text(row[key])} ({p_text(row[f'{key}_adjusted'])} with {row['correction']}'s "
        f"correction among the {row['family']} claims)"
    )


def evidence(judged: Record) -> str:
    """One sentence about where an estimate comes from."""
    parts = [ours_text(judged), judged["interval_kind"], judged.get("target", "")]
    parts += bend_texts(judged)
    parts = [part for part in parts if part]
    names = [name for name in ("points", "seeds", "masked") if judged[f"n_{name}"]]
    parts += [f"{judged[f'n_{name}']} {name}" for name in names]
    if judged["window"]:
        parts.append("window {:.4g} to {:.4g}".format(*judged["window"]))
    if judged["rule"]:
        parts.append(f"rule: {judged['rule']}")
    if judged["scan"]:
        parts.append("over all windows {:.4g} to {:.4g}".format(*judged["scan"]))
    if judged["why"]:
        parts.append(judged["why"])
    return "; ".join(parts)


def bend_texts(judged: Record) -> list[str]:
    """Of a law that bends inside its window: both slopes, and the interval over seeds alone."""
    bend = judged.get("bend")
    if not bend or not bend["bent"]:
        return []
    slopes = ", ".join(
        f"{half} {with_interval(bend[half][0], bend[half][1:])}" for half in ("early", "late")
    )
    seeds = judged.get("seed_interval")
    alone = f"; over seeds alone {with_interval(judged['estimate'], seeds)}" if seeds else ""
    return [f"bent: the slope is {slopes}{alone}"]
