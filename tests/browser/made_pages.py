"""Pages of a few made-up claims of every kind, beside the files they lead to."""

import re
from pathlib import Path

from made_claims import claim
from scalinglaws.claims.ledger import judge_paper
from scalinglaws.claims.page import ledger_html
from scalinglaws.config import read_departures, read_paper
from scalinglaws.statistics.quantity import NUMERICAL, quantity, unavailable


def measured(estimate, half_width, **facts):
    interval = (estimate - half_width, estimate + half_width)
    return quantity(
        estimate,
        interval,
        interval_kind="inverted t test over seeds, corrected for skewness",
        n_points=6,
        n_seeds=8,
        window=(1, 100),
        rule="first decade",
        scan=(0.8, 1.2),
        **facts,
    )


TINY = (6.29089e-4, 6.29109e-4)
FITS = {
    "laws": {
        "one": measured(1.0, 0.02),
        "far": measured(2.0, 0.02),
        "farther": measured(-3.0, 0.02),
        "vague": measured(1.1, 0.5),
        "a_rather_long_name_of_a_quantity": measured(0.98, 0.1),
        "none": unavailable("2 points, at least 3 are needed"),
        "absent": unavailable("this scale does not run it"),
        "exact": quantity(1.0, (0.999, 1.001), interval_kind=NUMERICAL),
        "tiny": quantity(6.29099e-4, TINY, interval_kind=NUMERICAL),
    }
}
LONG = (
    "Product law, the authors' data, three weight decays of three networks: predicted and measured "
    "exponents alpha_D and alpha_P differ by no more than P^-0.55 (sum of squares of 9 rows)."
)
KINDS = {
    "C1": {"quantities": ["laws.one"], "primary": True},
    "C2_far": {
        "quantities": ["laws.far", "laws.one", "laws.a_rather_long_name_of_a_quantity"],
        "statement": LONG,
        "primary": True,
    },
    "C3_vague": {"quantities": ["laws.vague"], "provenance": "stated"},
    "C4_none": {"quantities": ["laws.none", "laws.one"], "provenance": "stated"},
    "C5_absent": {"quantities": ["laws.absent"], "provenance": "literature"},
    "C6_bound": {
        "quantities": ["laws.exact"],
        "provenance": "sign",
        "kind": "at_most",
        "published": 1.2,
        "margin": 0.0,
    },
    "C7_tiny": {"quantities": ["laws.tiny"], "published": 6.29e-4, "margin": 1e-5},
    "C8_range": {
        "quantities": ["laws.farther"],
        "kind": "within",
        "published": 0.0,
        "upper": 1.0,
        "provenance": "stated",
        "figure": "{paper}_fig3",
    },
    "C9_own": {"quantities": ["laws.one"], "provenance": "ours", "figure": "{paper}_fig3"},
    "C10_a_long_name_that_has_to_wrap_on_a_telephone": {"quantities": ["laws.one"]},
}
PAPERS = ("bahri2021", "damico2025")


def made_claims(paper):
    for name, changes in KINDS.items():
        figure = changes.get("figure", "{paper}_fig2a").format(paper=paper)
        yield claim("x", **{**changes, "id": f"{paper}_{name}", "figure": figure})


def judged():
    rows = {}
    for paper in PAPERS:
        register = [entry for entry in read_departures() if entry["paper"] == paper]
        claims = [{**one, "departures": [register[0]["id"]]} for one in made_claims(paper)]
        changed = {f"{paper}_C3_vague": ["margin changed"]}
        rows[paper] = judge_paper(claims, FITS, register, exploratory=changed)
    return rows


def findings(paper):
    return {
        "slug": paper,
        "title": read_paper(paper)["title"],
        "authors": read_paper(paper)["authors"],
        "counts": {},
        "sentences": [
            {
                "text": "The exponent alpha_D is 1 within P^-1.",
                "claims": [f"{paper}_C1", f"{paper}_C2_far"],
                "figure": f"{paper}_fig2a",
            }
        ],
        "differs": [{"text": "It is 2.", "claim": f"{paper}_C2_far", "figure": None}],
        "undecided": [
            {"text": "Vague.", "claim": f"{paper}_C3_vague", "figure": None, "needs": "40 seeds"}
        ],
        "beyond": [{"text": "Bent.", "claim": f"{paper}_C1", "figure": None, "why": "it bends"}],
    }


def made_ledger(folder: Path) -> Path:
    """ledger.html of two papers, with findings and files for its links to lead to."""
    meta = {
        "scale": "quick",
        "papers": {paper: read_paper(paper) for paper in PAPERS},
        "departures": read_departures(),
        "registration": None,
        "findings": {
            "scale": "quick",
            "headline": "Of the claims most are reproduced.",
            "papers": [findings(paper) for paper in PAPERS],
            "forest": [],
        },
    }
    page = folder / "ledger.html"
    page.write_text(ledger_html(judged(), meta))
    for link in re.findall(r'href="((?:figures|fits|findings)/[^"]+)"', page.read_text()):
        (folder / link).parent.mkdir(parents=True, exist_ok=True)
        (folder / link).touch()
    return page
