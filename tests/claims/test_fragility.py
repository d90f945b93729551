import re

import pytest

from made_claims import claim
from scalinglaws.claims.ledger import judge_paper
from scalinglaws.claims.page import ledger_html
from scalinglaws.claims.wording import flips_by_choice, flips_text, fragility_text
from scalinglaws.statistics.quantity import NUMERICAL, quantity


def measured(estimate, half_width, **variants):
    ends = (estimate - half_width, estimate + half_width)
    one = quantity(estimate, ends, n_seeds=20, interval_kind="bootstrap over seeds")
    return {**one, "variants": variants}


FITS = {
    "laws": {
        "steady": measured(1.0, 0.01, Huber=[1.01, 1.0, 1.02]),
        "narrow": measured(1.0, 0.06),
        "moved": measured(1.0, 0.01, Huber=[1.3, 1.29, 1.31]),
        "exact": quantity(1.0, (1.0, 1.0), interval_kind=NUMERICAL),
    }
}


def choices():
    rows = judge_paper([claim(name) for name in FITS["laws"]], FITS, [])
    return {row["id"].partition("_")[2]: row for row in rows}


def test_a_verdict_far_from_every_edge_stays():
    row = choices()["steady"]
    assert set(row["fragility"]) == {"half the margin", "twice the margin", "Huber"}
    assert set(row["fragility"].values()) == {"reproduced"}
    assert fragility_text(row) == "3 of 3"
    assert flips_text(row) == "none"


def test_a_verdict_that_hangs_on_the_margin_says_so():
    row = choices()["narrow"]
    assert row["fragility"] == {"half the margin": "undecided", "twice the margin": "reproduced"}
    assert fragility_text(row) == "1 of 2"
    assert flips_text(row) == "half the margin: undecided"


@pytest.mark.parametrize(("share", "verdict"), [(0.95, "reproduced"), (1.05, "undecided")])
def test_the_margins_are_halved_and_doubled_exactly(share, verdict):
    for name, factor in {"half the margin": 0.5, "twice the margin": 2.0}.items():
        fits = {"laws": {"near": measured(1.0, share * factor * 0.1)}}
        (row,) = judge_paper([claim("near")], fits, [])
        assert row["fragility"][name] == verdict


def test_a_verdict_that_another_estimator_turns_says_so():
    assert choices()["moved"]["fragility"]["Huber"] == "differs"


def test_deterministic_claims_can_be_fragile_by_their_margin_only():
    assert set(choices()["exact"]["fragility"]) == {"half the margin", "twice the margin"}


def test_a_claim_without_a_margin_is_not_tried_with_another():
    bound = claim("steady", kind="at_most", published=2.0, margin=0.0)
    (row,) = judge_paper([bound], FITS, [])
    assert set(row["fragility"]) == {"Huber"}


def test_margins_by_the_authors_error_and_digits_are_halved_too():
    other = claim("narrow", margin=0.0, published_error=0.1, published_decimals=1)
    (row,) = judge_paper([other], FITS, [])
    assert row["fragility"] == {"half the margin": "undecided", "twice the margin": "reproduced"}


def test_the_page_counts_what_hangs_on_each_choice_and_names_the_claims():
    rows = judge_paper([claim(name) for name in FITS["laws"]], FITS, [])
    assert flips_by_choice(rows) == {
        "half the margin": (1, 4),
        "twice the margin": (0, 4),
        "Huber": (1, 2),
    }
    page = ledger_html({"damico2025": rows}, {"scale": "quick"})
    named = re.sub(r"</?a[^>]*>", "", page)
    assert "<dt>damico2025_moved</dt><dd>reproduced; Huber: differs</dd>" in named
    assert "<dt>damico2025_steady</dt>" not in named
