"""Claims that a scale cannot decide, named before the run: shown, not judged, counted both ways."""

import pytest

from scalinglaws import config
from scalinglaws.claims.findings import findings
from scalinglaws.claims.ledger import judge_paper
from scalinglaws.claims.registration import drawn_seed, terms_of
from scalinglaws.claims.summary import markdown, terminal_findings
from scalinglaws.claims.verdict import NOT_RUN, REPRODUCED, UNDECIDED
from scalinglaws.claims.wording import facts_text
from scalinglaws.errors import InputError
from scalinglaws.stations import registration as station
from scalinglaws.statistics.quantity import quantity

SLUG = "damico2025"
WHY = "the law bends in its window"


def measured(half_width):
    ends = (1 - half_width, 1 + half_width)
    return quantity(1.0, ends, interval_kind="bootstrap over seeds", n_points=6, n_seeds=8)


WIDTHS = {"sharp": 0.02, "near": 0.0794, "vague": 0.3, "bent": 0.5}
FITS = {"laws": {name: measured(half_width) for name, half_width in WIDTHS.items()}}


def claim(name):
    return {
        "id": f"{SLUG}_{name}", "statement": f"The slope of {name} is 1.", "source": "section 1",
        "provenance": "printed", "primary": True, "kind": "equals", "quantities": [f"laws.{name}"],
        "published": 1.0, "published_error": None, "published_decimals": 1, "margin": 0.1,
        "margin_reason": "width of a line", "figure": f"{SLUG}_fig1", "departures": [],
    }  # fmt: skip


CLAIMS = [claim(name) for name in FITS["laws"]]


def judged(**beyond):
    reach = {f"{SLUG}_{name}": why for name, why in beyond.items()}
    return judge_paper(CLAIMS, FITS, [], out_of_reach=reach)


def test_a_claim_beyond_reach_keeps_its_numbers_and_gets_no_verdict():
    row = judged(bent=WHY)[-1]
    assert row["verdict"] == NOT_RUN
    assert row["out_of_reach"] == WHY
    assert WHY in row["why"]
    assert row["judged"][0]["interval"] == [0.5, 1.5]
    assert set(row["fragility"].values()) == {NOT_RUN}


def test_a_claim_beyond_reach_leaves_its_family():
    whole, without = judged(), judged(bent=WHY)
    assert [row["family"] for row in without] == [*3 * ["primary"], None]
    assert [row["verdict"] for row in whole] == [REPRODUCED, *3 * [UNDECIDED]]
    assert [row["verdict"] for row in without] == [REPRODUCED, REPRODUCED, UNDECIDED, NOT_RUN]


def test_what_is_decided_is_counted_of_those_in_reach_and_of_all():
    assert "reach" not in facts_text(judged())
    assert (
        "of the claims with sampling error 2 of 3 (67 %) in reach, 2 of 4 (50 %) of all that are "
        "run are decided, 1 being beyond this scale's reach: shown, not judged"
    ) in facts_text(judged(bent=WHY))


def said(rows):
    template = {
        "sentences": [
            {
                "claims": ["bent"],
                "figure": f"{SLUG}_fig1",
                "undecided": "The slope is {bent ours}.",
                "not run": "It was not run.",
            }
        ],
        "reasons": {},
    }
    paper = {"title": "Laws", "authors": "D"}
    return findings({SLUG: rows}, {SLUG: FITS}, {SLUG: template}, {SLUG: paper}, "quick")


def test_findings_tell_what_was_seen_of_it_and_why_it_is_not_judged():
    found = said(judged(bent=WHY))
    (paper,) = found["papers"]
    assert found["headline"].count("1 is not run, 1 of these shown but beyond its reach") == 1
    assert [one["text"] for one in paper["sentences"]] == ["The slope is 1.0 [0.5, 1.5]."]
    assert [one["claim"] for one in paper["undecided"]] == [f"{SLUG}_vague"]
    (beyond,) = paper["beyond"]
    assert beyond["why"] == WHY
    assert "ours 1.0 [0.5, 1.5]" in beyond["text"]
    assert f"Why: {WHY}." in markdown(found)
    assert "beyond this scale's reach, shown but not judged: 1" in terminal_findings(found)


def test_where_all_are_in_reach_nothing_is_said_of_it():
    found = said(judged())
    assert found["papers"][0]["beyond"] == []
    assert "beyond" not in markdown(found)


def registration(number, **changes):
    terms = {"claims": {}, "fits": {}, "sizes": {"quick": {}, "laptop": {}}, "ladder": "0"}
    return {"number": number, "seed": number, **terms, **changes}


def test_a_run_is_held_against_the_list_of_its_own_registration(monkeypatch):
    later = registration(2, reach={"quick": {f"{SLUG}_P1": WHY}})
    monkeypatch.setattr(station, "registrations", lambda: [registration(1), later])
    assert station.out_of_reach({"seed": 1, "scale": "quick"}) == {}
    assert station.out_of_reach({"seed": 2, "scale": "quick"}) == {f"{SLUG}_P1": WHY}
    assert station.out_of_reach({"seed": 2, "scale": "laptop"}) == {}


def test_planning_one_scale_anew_gives_no_other_a_new_root_seed():
    anew = {"quick": {}, "laptop": {"experiment": "1"}}
    first, second = registration(1), registration(2, sizes=anew)
    third = registration(3, sizes=anew, reach={"laptop": {f"{SLUG}_P1": WHY}})
    known = [first, second, third]
    assert config.registration_for(known, "quick") is first
    assert config.registration_for(known[:2], "laptop") is second
    assert config.registration_for(known, "laptop") is third
    assert config.registration_for([], "quick") is None


def test_an_edit_that_is_taken_back_does_not_bring_back_an_older_root_seed():
    known = [registration(1), registration(2, ladder="1"), registration(3)]
    assert config.registration_for(known, "quick") is known[2]


def test_the_list_enters_the_root_seed():
    terms = ({}, {}, {}, [])
    assert drawn_seed(terms_of(*terms, {})) == drawn_seed(terms_of(*terms))
    assert drawn_seed(terms_of(*terms, {"quick": {"a": WHY}})) != drawn_seed(terms_of(*terms))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("quick: {damico2025_P1: 7}", "damico2025_P1"),
        ("quick: {damico2025_P0: it bends}", "names damico2025_P0 at scale quick; expected claims"),
        ("quack: {damico2025_P1: it bends}", "quack"),
        ("quick", "reach.yaml holds a str"),
    ],
)
def test_a_list_that_names_nothing_is_refused(tmp_path, monkeypatch, text, told):
    (tmp_path / "schemas").symlink_to(config.CONFIG / "schemas")
    (tmp_path / "claims").symlink_to(config.CONFIG / "claims")
    (tmp_path / "scales").symlink_to(config.CONFIG / "scales")
    (tmp_path / "reach.yaml").write_text(text)
    monkeypatch.setattr(config, "CONFIG", tmp_path)
    with pytest.raises(InputError, match=told):
        config.read_reach()


def test_the_shipped_list_names_claims():
    assert config.read_reach()
