"""A figure's card of made curves: one law that bends, one through values of both signs."""

import json
from pathlib import Path

import numpy as np

from scalinglaws.cards.card import Card, Experiment, card_html
from scalinglaws.cards.formulas import FORMULAS, Formula, terms
from scalinglaws.cards.gallery import gallery_html
from scalinglaws.cards.lines import curves_of, lines_of
from scalinglaws.claims.ledger import judge_paper
from scalinglaws.curves.means import mean_with_interval
from scalinglaws.stations.cards import read_scripts
from scalinglaws.statistics.exponents import exponent_over_seeds
from scalinglaws.statistics.mapped import mapped, scaled

NAME = "bahri2021_fig1a"
SEEDS = 6
SIZES = 2.0 ** np.arange(4, 14)
WINDOWS = {"log": (32.0, 1024.0), "signed": (64.0, 4096.0)}
# The least of pictures: one white dot.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8ffff"
    "3f0005fe02fe0def46b80000000049454e44ae426082"
)
SOURCE = {"commit": "0" * 40, "modified": False}
RECORD = {
    "title": "Loss against alpha_D <and> size",
    "original": "figure 1a",
    "tables": ["teacher_student"],
    "fits": ["made_laws"],
    "settings": {},
    "departures": ["B1"],
}
AXES = {"log panel": [r"training examples $D$", r"$L(D) - L(\infty)$"]}
PAPER = {"title": "Explaining neural scaling laws", "authors": "Bahri", "arxiv": "2102.06701"}


def samples():
    """(seeds, sizes) of each kind of law, by the mean that it is fitted through."""
    source = np.random.default_rng(3)
    bent = SIZES**-0.7 * (1 + SIZES / 4000.0) ** -0.4
    log = bent * np.exp(0.05 * source.normal(size=(SEEDS, len(SIZES))))
    signed = 5 / SIZES + 0.004 * source.normal(size=(SEEDS, len(SIZES)))
    return {"log": log, "signed": signed}


def fits():
    """fit -> quantities, as rule fit_curves makes them of the samples."""
    found = {
        mean: exponent_over_seeds(
            SIZES, values, mean=mean, window=WINDOWS[mean], rule=f"sizes of the {mean} law"
        )
        for mean, values in samples().items()
    }
    found["share"] = scaled(found["log"], 2.0)
    found["dimension"] = mapped(found["log"], lambda value: 4.0 / value, above=0.0)
    return {"made_laws": found}


def csv_text():
    """The figure's csv, points outside the window as a series of their own."""
    rows = []
    for mean, values in samples().items():
        drawn = mean_with_interval(values, "log" if mean == "log" else "arithmetic")
        low, high = WINDOWS[mean]
        for x, *numbers in zip(SIZES, *drawn, strict=True):
            suffix = "" if low <= x <= high else " outside the window"
            texts = [f"{number:.10g}" for number in (x, *numbers)]
            rows.append([f"{mean} panel", f"made <{mean}>{suffix}", *texts])
    lines = [["panel", "series", "x", "y", "y_low", "y_high"], *rows]
    return "\n".join(",".join(line) for line in lines) + "\n"


def claims():
    """Judged: of the exponent itself, of what is proportional to it, and of the signed law."""
    common = {
        "source": "figure 1a",
        "provenance": "stated",
        "primary": True,
        "kind": "equals",
        "published_error": None,
        "published_decimals": None,
        "margin_reason": "a made one",
        "figure": NAME,
        "departures": [],
    }
    asked = [
        ("one", ["made_laws.log"], 0.72, 0.06),
        ("two", ["made_laws.share", "made_laws.dimension"], 1.5, 0.2),
        ("three", ["made_laws.signed"], 1.0, 0.3),
    ]
    return judge_paper(
        [
            {
                **common,
                "id": f"bahri2021_{name}",
                "statement": f"L(D) <falls> as D^(-alpha), {name}.",
                "quantities": quantities,
                "published": published,
                "margin": margin,
            }
            for name, quantities, published, margin in asked
        ],
        fits(),
        [],
    )


def the_card(root: str = "../../..", formula: Formula | None = None) -> Card:
    formula = formula or FORMULAS[NAME]
    return Card(
        name=NAME,
        scale="quick",
        record=RECORD,
        paper=PAPER,
        caption={
            "caption": "Made points <here>. Departures: B1.",
            "departures": ["B1"],
            "axes": AXES,
        },
        claims=claims(),
        experiments=[
            Experiment("teacher_student", "students < teachers", "seeds 0 to 5", (), 61.0, 0.0, "")
        ],
        modules=[f"workflow/scalinglaws/figures/{NAME}.py"],
        root=root,
        source=SOURCE,
        seed=7,
        environment={"python": "3.11.7", "packages": {"torch": "2.13.0"}, "gpus": []},
        departures=[{"id": "B1", "what": "N is 300 <not> infinite.", "why": "Cost & time."}],
        lines=lines_of(curves_of(csv_text()), fits()),
        formula=formula,
        terms=terms(formula, fits()),
        scripts=read_scripts(),
    )


def written(folder: Path) -> tuple[Path, Card]:
    """All that a card leads to, in a folder of results."""
    figures = folder / "results" / "quick" / "figures"
    figures.mkdir(parents=True)
    card = the_card()
    for path in (figures / f"{NAME}.pdf", figures.parent / "replication.pdf"):
        path.write_bytes(b"%PDF-1.7\n")
    (figures / f"{NAME}.png").write_bytes(PNG)
    (figures / f"{NAME}.csv").write_text(csv_text())
    (figures.parent / "ledger.html").write_text("<!DOCTYPE html>")
    fit = figures.parent / "fits" / "bahri2021" / "made_laws.json"
    fit.parent.mkdir(parents=True)
    fit.write_text(json.dumps({"quantities": fits()["made_laws"]}))
    for module in card.modules:
        (folder / module).parent.mkdir(parents=True, exist_ok=True)
        (folder / module).write_text("")
    (figures / f"{NAME}.html").write_text(card_html(card))
    (figures / "index.html").write_text(gallery_html([card], "quick", read_scripts()["style.css"]))
    return figures, card


def made_card(folder: Path) -> Path:
    """The page of one figure."""
    return written(folder)[0] / f"{NAME}.html"


def made_gallery(folder: Path) -> Path:
    """The page of all figures."""
    return written(folder)[0] / "index.html"
