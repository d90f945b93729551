import json
import re
from collections import Counter

import pytest
import yaml

from made_ledger import made_fits, made_rows, whole_fits
from scalinglaws.claims import templates
from scalinglaws.claims.findings import findings
from scalinglaws.claims.forest import forest_rows
from scalinglaws.claims.needs import OBSTACLES, needs
from scalinglaws.claims.summary import markdown, terminal_findings
from scalinglaws.claims.templates import Evidence, read_findings, sentence
from scalinglaws.claims.verdict import DIFFERS, NOT_RUN, REPRODUCED, UNDECIDED, VERDICTS
from scalinglaws.claims.wording import of_paper
from scalinglaws.config import CONFIG, PAPERS, read_paper
from scalinglaws.errors import InputError
from scalinglaws.statistics.quantity import quantity

NO_WORDS = re.compile(r"\b(nan|None|inf)\b|[{}]")


def record(verdicts=None, default=REPRODUCED, papers=PAPERS):
    rows, fits = {}, {}
    for paper in papers:
        fits[paper] = whole_fits(paper, verdicts or {}, default)
        rows[paper] = made_rows(paper, fits[paper])
    return findings(
        rows,
        fits,
        {paper: read_findings(paper) for paper in papers},
        {paper: read_paper(paper) for paper in papers},
        "quick",
    )


def all_told(found):
    for paper in found["papers"]:
        for part in ("sentences", "differs", "undecided"):
            yield from (one["text"] for one in paper[part])
        yield from (one["needs"] for one in paper["undecided"])


@pytest.fixture(scope="module")
def by_verdict():
    return {verdict: record(default=verdict) for verdict in VERDICTS}


@pytest.mark.parametrize("verdict", [REPRODUCED, DIFFERS, UNDECIDED])
def test_every_sentence_has_words_for_every_verdict_and_all_blanks_are_filled(by_verdict, verdict):
    found = by_verdict[verdict]
    told = {paper["slug"]: len(paper["sentences"]) for paper in found["papers"]}
    assert told == {paper: len(read_findings(paper)["sentences"]) for paper in PAPERS}
    assert min(told.values()) >= 5
    assert max(told.values()) <= 8
    assert not [text for text in all_told(found) if NO_WORDS.search(text)]


def test_what_is_not_run_is_left_out_rather_than_told_without_numbers(by_verdict):
    found = by_verdict[NOT_RUN]
    assert not [text for text in all_told(found) if NO_WORDS.search(text)]
    assert all(paper["differs"] == paper["undecided"] == [] for paper in found["papers"])


def test_the_record_has_the_fields_that_others_read(by_verdict):
    found = json.loads(json.dumps(by_verdict[DIFFERS], allow_nan=False))
    assert {"scale", "headline", "papers", "forest"} <= set(found)
    for paper in found["papers"]:
        assert {"slug", "title", "authors", "counts", "sentences", "differs", "undecided"} <= set(
            paper
        )
        assert all(set(one) == {"text", "claims", "figure"} for one in paper["sentences"])
        assert all(set(one) == {"text", "claim", "figure"} for one in paper["differs"])
        assert sum(paper["counts"]["ours"].values()) > 0
    names = {"claim", "paper", "verdict", "kind", "primary", "exploratory", "low", "centre", "high"}
    assert all(names <= set(row) for row in found["forest"])
    undecided = record({"bahri2021_C9": UNDECIDED})["papers"][0]["undecided"]
    assert [set(one) for one in undecided] == [{"text", "claim", "figure", "needs", "obstacle"}]


def test_a_verdict_that_changes_changes_its_sentence_and_no_other():
    before = record(papers=["bahri2021"])["papers"][0]["sentences"]
    after = record({"bahri2021_C9": DIFFERS}, papers=["bahri2021"])["papers"][0]["sentences"]
    changed = [old["claims"] for old, new in zip(before, after, strict=True) if old != new]
    assert len(changed) == 1
    assert "bahri2021_C9" in changed[0]


def test_a_claim_of_a_clause_changes_its_part_of_the_sentence():
    before, after = (
        record(verdicts, papers=["worschech2024"])["papers"][0]["sentences"][1]["text"]
        for verdicts in ({}, {"worschech2024_F1h": DIFFERS})
    )
    assert before != after
    assert before.partition(";")[0] == after.partition(";")[0]


def test_what_differs_says_by_how_many_margins_on_which_side_and_why():
    (one,) = record({"bahri2021_C9": DIFFERS}, papers=["bahri2021"])["papers"][0]["differs"]
    reason = read_findings("bahri2021")["reasons"]["C9"]
    assert one["claim"] == "bahri2021_C9"
    assert "the interval 4.9 margins outside the band, above it." in one["text"]
    assert one["text"].endswith(reason)


def test_what_differs_without_a_known_reason_names_the_departures_that_bear_on_it():
    (one,) = record({"bahri2021_C13_size": DIFFERS}, papers=["bahri2021"])["papers"][0]["differs"]
    assert "C13_size" not in read_findings("bahri2021")["reasons"]
    told = re.search(r"above it\. Departures from the paper that bear on it: (.+)\.$", one["text"])
    (row,) = [
        row
        for row in made_rows("bahri2021", made_fits("bahri2021", {}))
        if row["id"] == "bahri2021_C13_size"
    ]
    assert re.split(", | and ", told[1]) == row["departures"]


def test_what_lies_below_a_bound_says_so():
    for claim, told in (
        ("C13_bound", "4.9 margins outside the band, below it"),
        ("C17_width", "published ≥ 0, below the bound"),
    ):
        verdicts = {f"bahri2021_{claim}": DIFFERS}
        (one,) = record(verdicts, papers=["bahri2021"])["papers"][0]["differs"]
        assert told in one["text"]


def test_self_checks_are_counted_but_neither_differ_nor_are_undecided():
    found = record({"damico2025_N11": DIFFERS}, papers=["damico2025"])
    assert found["papers"][0]["counts"]["ours"][DIFFERS] == 1
    assert found["papers"][0]["differs"] == []
    assert "damico2025_N11" not in [row["claim"] for row in found["forest"]]


def test_the_headline_counts_what_the_ledger_says():
    found = record({"bahri2021_C9": DIFFERS, "bahri2021_C13_size": UNDECIDED})
    every = [row for paper in PAPERS for row in of_paper(made_rows(paper, made_fits(paper, {})))]
    primary = sum(row["primary"] for row in every)
    assert found["headline"] == (
        f"At scale quick, of {len(every)} claims {len(every) - 2} are reproduced, 1 differs, "
        f"1 is undecided and 0 are not run; of the {primary} primary ones, which the papers stand "
        f"for, {primary - 2} are reproduced and 1 differs."
    )


# --- templates ------------------------------------------------------------------------------------


def changed_templates(tmp_path, paper, change):
    found = yaml.safe_load((CONFIG / "findings" / f"{paper}.yaml").read_text())
    change(found)
    (tmp_path / "changed.yaml").write_text(yaml.safe_dump(found))
    return tmp_path / "changed.yaml"


def refused(tmp_path, change):
    with pytest.raises(InputError) as caught:
        read_findings("bahri2021", changed_templates(tmp_path, "bahri2021", change))
    return str(caught.value)


def test_a_claim_that_the_configuration_lost_is_named_with_its_sentence(tmp_path, monkeypatch):
    kept = [one for one in templates.read_claims("bahri2021") if one["id"] != "bahri2021_C13_size"]
    monkeypatch.setattr(templates, "read_claims", lambda slug: kept)
    with pytest.raises(InputError, match=r"bahri2021\.yaml, sentence 3.*C13_size"):
        read_findings("bahri2021")


def test_a_reason_for_a_claim_that_is_not_there_is_refused(tmp_path):
    told = refused(tmp_path, lambda found: found["reasons"].update(C99="Because."))
    assert "names the claim C99, which config/claims does not have" in told


@pytest.mark.parametrize("text", ["The exponent is 1.03.", "It is larger by 7 %.", "In 2 of 3."])
def test_a_number_that_no_claim_states_is_refused(tmp_path, text):
    told = refused(tmp_path, lambda found: found["sentences"][4].update(differs=text))
    assert "types the number" in told
    assert "sentence 5" in told


def test_numbers_in_names_are_those_of_the_quantity(tmp_path):
    name = "teacher_student_laws.share_of_prediction_d3"
    told = refused(tmp_path, lambda found: found["names"].update({name: "d = 37"}))
    assert "types the number 37" in told


@pytest.mark.parametrize(
    "blank", ["{C9 outs}", "{C99 ours}", "{ours}", "{C9}", "{C9 ours reproducd}", "{}"]
)
def test_a_blank_that_names_nothing_is_refused(tmp_path, blank):
    told = refused(tmp_path, lambda found: found["sentences"][4].update(differs=f"It is {blank}."))
    assert f"the blank {blank} is no clause" in told


def test_a_figure_that_is_not_there_is_refused(tmp_path):
    told = refused(tmp_path, lambda found: found["sentences"][0].update(figure="bahri2021_fig9"))
    assert "figure is 'bahri2021_fig9'" in told


def test_more_than_eight_sentences_are_refused(tmp_path):
    refused(tmp_path, lambda found: found["sentences"].append(found["sentences"][0]))


def evidence(*judged, kind="equals", published=1.0, names=None):
    row = {
        "id": "x_A",
        "quantities": [one["name"] for one in judged],
        "judged": list(judged),
        "verdict": REPRODUCED,
        "published": published,
        "published_decimals": None,
        "kind": kind,
        "margin": 0.2,
    }
    return Evidence({"A": row}, {"laws.q": judged[0]}, names or {})


def judged(name, estimate, half, verdict=REPRODUCED):
    interval = None if estimate is None else (estimate - half, estimate + half)
    return {**quantity(estimate, interval), "name": f"laws.{name}", "verdict": verdict}


THREE = (
    judged("slope_d3", 1.0, 0.01),
    judged("slope_d4", 1.13, 0.01),
    judged("slope_d6", 1.24, 0.01, DIFFERS),
)
NAMES = {f"laws.slope_d{d}": f"d = {d}" for d in (3, 4, 6)}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{A ours}", "1.000 to 1.240"),
        ("{A ours differs}", "1.240 [1.230, 1.250]"),
        ("{A names}", "d = 3, 4 and 6"),
        ("{A names reproduced}", "d = 3 and 4"),
        ("{A each reproduced}", "1.000 (d = 3) and 1.130 (d = 4)"),
        ("{A least} {A most} {A number differs}", "1.000 1.240 1"),
        ("{A percent reproduced} %", "13 %"),
        ("{A excess differs} %", "24 %"),
        ("{A excess} %", "0 to 24 %"),
        ("{A off}", "0.24"),
        ("{A published}, {A value}", "1 ± 0.2, 1"),
        ("{laws.q}; {laws.q estimate}", "1.000 [0.990, 1.010]; 1.000"),
        ("{A names undecided}", None),
        ("{A ours undecided}", None),
    ],
)
def test_a_blank_is_filled_with_what_it_asks_for(text, told):
    template = {"claims": ["A"], "reproduced": text}
    assert sentence(template, evidence(*THREE, names=NAMES)) == told


def test_a_text_without_its_numbers_gives_way_to_the_next():
    found = evidence(judged("q", None, 0.0, UNDECIDED))
    template = {"claims": ["A"], "reproduced": ["{A ours}.", "{laws.q}.", "No number."]}
    assert sentence(template, found) == "No number."


def test_a_quantity_that_no_fit_provides_is_refused():
    with pytest.raises(InputError, match=r"no fit provides laws\.gone"):
        sentence({"claims": ["A"], "reproduced": "{laws.gone}"}, evidence(*THREE))


# --- what is needed -------------------------------------------------------------------------------


def open_row(*quantities, margin=0.1, provenance="stated"):
    """A claim about 1 that these quantities leave open, in a family of its own."""
    from made_claims import claim
    from scalinglaws.claims.ledger import judge_paper

    one = claim(
        "one",
        quantities=[f"laws.q{n}" for n in range(len(quantities))],
        margin=margin,
        provenance=provenance,
    )
    fits = {"laws": {f"q{n}": each for n, each in enumerate(quantities)}}
    (row,) = judge_paper([one], fits, [])
    assert row["verdict"] == UNDECIDED
    return row


def seeded(estimate, half, seeds=10, **facts):
    kind = {"interval_kind": "Student t over seeds", "n_seeds": seeds, "n_points": 5}
    return quantity(estimate, (estimate - half, estimate + half), **{**kind, **facts})


def test_seeds_needed_go_with_the_square_of_the_width():
    row = open_row(seeded(1.0, 0.3, seeds=101))
    (found,) = needs([row]).values()
    assert found.obstacle == "seeds"
    count = int(re.search(r"about (\d+) seeds instead of 101", found.text)[1])
    assert count == pytest.approx(9 * 101, rel=0.03)
    assert "the interval reaches 0.3" in found.text
    assert "the band leaves 0.1" in found.text


def test_an_estimate_outside_the_band_needs_the_seeds_that_show_the_difference():
    (found,) = needs([open_row(seeded(1.3, 0.4, seeds=101))]).values()
    count = int(re.search(r"about (\d+) seeds instead of 101", found.text)[1])
    assert count == pytest.approx(4 * 101, rel=0.03)
    assert "reaches 0.4 back towards a band that is 0.2 away" in found.text


def test_a_law_that_bends_needs_no_seeds_but_another_window():
    bend = {"early": (1.5, 1.4, 1.6), "late": (0.8, 0.7, 0.9), "difference": (-0.7, -0.8, -0.6)}
    bend["beyond"] = (0.1, -0.1, 0.3)
    (found,) = needs([open_row(seeded(1.1, 0.4, bend={**bend, "bent": True}))]).values()
    assert found.obstacle == "window"
    assert "bends from 1.50 to 0.80" in found.text


def test_a_sign_needs_seeds_even_where_its_law_bends():
    """Both halves lie in the band: what their intervals want is more seeds."""
    bend = {"early": (1.05, 0.8, 1.3), "late": (0.95, 0.8, 1.1), "difference": (-0.1, -0.15, -0.05)}
    bend |= {"beyond": (0.85, 0.6, 1.1), "bent": True}
    wide = seeded(1.0, 0.1, bend=bend, window_interval=(0.8, 1.3))
    (found,) = needs([open_row(wide, provenance="sign")]).values()
    assert found.obstacle == "seeds"


def test_an_estimate_on_the_edge_is_not_promised_any_seeds():
    assert needs([open_row(seeded(1.1, 0.4))])["damico2025_one"].obstacle == "edge"


def test_what_has_no_estimate_says_why():
    nothing = quantity(None, None, why="the seeds do not bound it", n_seeds=4)
    (found,) = needs([open_row(seeded(1.0, 0.01), nothing)]).values()
    assert (found.obstacle, found.text) == ("estimate", "an estimate: the seeds do not bound it")


def test_given_data_cannot_get_more_seeds():
    kind = "jackknife over training sizes, Student t"
    (found,) = needs([open_row(seeded(1.0, 0.3, interval_kind=kind))]).values()
    assert found.obstacle == "data"


def test_the_seeds_promised_do_decide_the_claim():
    from scalinglaws.claims.needs import sizes_of, with_seeds
    from scalinglaws.claims.verdict import band_of, p_equivalence

    row = open_row(seeded(1.02, 0.3, seeds=8))
    (found,) = needs([row]).values()
    count = int(re.search(r"about (\d+) seeds", found.text)[1])
    sizes, band = sizes_of(row, [row], 1.0), band_of(row, row["margin"])
    p_values = [
        p_equivalence(with_seeds(row["judged"][0], n / 8), band) for n in (count, count - 1)
    ]
    assert p_values[0] <= sizes.equivalence < p_values[1]


# --- the terminal ---------------------------------------------------------------------------------


@pytest.mark.parametrize("verdict", VERDICTS)
@pytest.mark.parametrize("ascii_only", [False, True])
def test_the_terminal_stays_within_its_columns_and_cuts_nothing(by_verdict, verdict, ascii_only):
    found = by_verdict[verdict]
    text = terminal_findings(found, width=80, ascii_only=ascii_only)
    assert max(map(len, text.splitlines())) <= 80
    flowing = " ".join(text.split())
    from scalinglaws.spelling import plain, readable

    for one in (one for paper in found["papers"] for one in paper["sentences"]):
        told = readable(one["text"])
        assert " ".join((plain(told) if ascii_only else told).split()) in flowing
    assert not ascii_only or text.isascii()


def test_a_very_long_sentence_and_a_very_long_word_are_wrapped(by_verdict):
    found = json.loads(json.dumps(by_verdict[DIFFERS]))
    long = " ".join(["exponent", "0.50 [0.40, 0.60]", "alpha = 1 / 2"] * 60)
    found["papers"][0]["sentences"][0]["text"] = f"{long} {'x' * 200}"
    text = terminal_findings(found, width=80)
    assert max(map(len, text.splitlines())) <= 80
    assert "".join(readable_letters(long)) in "".join(readable_letters(text))
    assert "x" * 200 in text.replace("\n    ", "")


def readable_letters(text):
    from scalinglaws.spelling import readable

    return readable(text).split()


def test_what_belongs_together_stays_on_one_line(by_verdict):
    found = json.loads(json.dumps(by_verdict[DIFFERS]))
    for shift in range(80):
        found["papers"][0]["sentences"][0]["text"] = f"{'y' * shift} ours 0.50 [0.40, 0.60] end"
        assert "0.50 [0.40, 0.60]" in terminal_findings(found, width=80)


def test_the_terminal_ends_with_counts_headline_and_registration(by_verdict):
    text = terminal_findings(by_verdict[REPRODUCED], width=80)
    tail = text[text.index("claims   ") :]
    assert "self-checks: ours against ours" in tail
    assert " ".join(by_verdict[REPRODUCED]["headline"].split()) in " ".join(tail.split())


def test_undecided_claims_are_counted_by_what_they_need(by_verdict):
    found = by_verdict[UNDECIDED]
    text = " ".join(terminal_findings(found, width=80).split())
    for paper in found["papers"]:
        assert {one["obstacle"] for one in paper["undecided"]} <= set(OBSTACLES)
        counts = Counter(one["obstacle"] for one in paper["undecided"])
        told = [f"{OBSTACLES[name]} ({counts[name]})" for name in OBSTACLES if counts[name]]
        assert f"undecided: {len(paper['undecided'])}, in need of {'; '.join(told)}" in text


def test_the_text_file_tells_everything(by_verdict):
    for found in by_verdict.values():
        text = markdown(found)
        flowing = " ".join(text.split())
        for paper in found["papers"]:
            assert f"### {paper['title']}" in text
            for one in paper["undecided"]:
                assert f"Needed: {one['needs']}".replace("<", "&lt;") in flowing
        assert text.endswith("\n")
        assert not re.search(r"^#{1,2} ", text, re.M)


# --- the forest -----------------------------------------------------------------------------------


def test_the_forest_is_the_ledger_in_margins():
    rows = made_rows("bahri2021", made_fits("bahri2021", {"bahri2021_C9": DIFFERS}))
    by_claim = {row["id"]: row for row in rows}
    drawn = forest_rows(of_paper(rows))
    assert [row["claim"] for row in drawn] == [row["id"] for row in of_paper(rows)]
    for one in drawn:
        row = by_claim[one["claim"]]
        assert (one["verdict"], one["primary"]) == (row["verdict"], row["primary"])
        if one["centre"] is None or row["kind"] == "within":
            continue
        estimates = [part["estimate"] for part in row["judged"]]
        back = row["published"] + one["centre"] * row["margin"]
        assert any(back == pytest.approx(value) for value in estimates)
        inside = [end for end in (one["low"], one["high"]) if abs(end) <= 1]
        if row["kind"] == "equals":
            assert (len(inside) == 2) == (row["interval_verdict"] == REPRODUCED)


@pytest.mark.parametrize("bound", ["bahri2021_C17_width", "bahri2021_C19_no_peak"])  # >=, <=
def test_claims_without_a_margin_have_no_place_in_margins_but_a_side(bound):
    for verdict, kept in ((REPRODUCED, True), (DIFFERS, False)):
        rows = made_rows("bahri2021", made_fits("bahri2021", {bound: verdict}))
        (one,) = [row for row in forest_rows(rows) if row["claim"] == bound]
        assert (one["low"], one["centre"], one["high"]) == (None, None, None)
        assert (one["beyond"] > 1) if kept else (one["beyond"] < -1)
