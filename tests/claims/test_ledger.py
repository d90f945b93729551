import copy
import io
import json
import re
from html.parser import HTMLParser

import pytest
from scipy.stats import t as student

from scalinglaws.claims.distance import margins_off
from scalinglaws.claims.ledger import judge_paper
from scalinglaws.claims.page import ledger_html
from scalinglaws.claims.strip import strips
from scalinglaws.claims.table import verdict_table
from scalinglaws.claims.wording import published_text
from scalinglaws.config import validate
from scalinglaws.errors import InputError
from scalinglaws.stations.ledger import terminal_table
from scalinglaws.statistics.quantity import NUMERICAL, quantity, unavailable
from scalinglaws.storage import FORMAT, write_json

VOID = {"meta", "br", "link", "img", "input", "rect", "line", "circle"}
DEPARTURES = [
    {
        "id": "DP1",
        "paper": "damico2025",
        "what": "N is 300 <not> infinite.",
        "why": "Cost & time.",
        "claims": ["damico2025_one"],
        "scales": ["quick"],
    },
    {
        "id": "WS2",
        "paper": "worschech2024",
        "what": "Another paper's matter.",
        "why": "Elsewhere.",
        "claims": [],
        "scales": ["quick", "paper"],
    },
]
META = {
    "scale": "quick",
    "papers": {"damico2025": {"title": "Bias & laws", "authors": "D", "arxiv": "2505.13230"}},
    "departures": DEPARTURES,
}

HEADER = {"format": FORMAT, "station": "ledger", "name": "damico2025", "code": {}}


def claim(name, **changes):
    return {
        "id": f"damico2025_{name}",
        "statement": f"Statement {name}: the exponent is 1 where 1 <x & y> 2, as far as seen.",
        "source": "section 1",
        "provenance": "printed",
        "primary": True,
        "kind": "equals",
        "quantities": ["laws.one"],
        "published": 1.0,
        "published_error": None,
        "published_decimals": 1,
        "margin": 0.1,
        "margin_reason": "width of a line",
        "figure": "damico2025_fig1",
        "departures": [],
        **changes,
    }


def measured(estimate, half_width):
    return quantity(
        estimate,
        (estimate - half_width, estimate + half_width),
        interval_kind="bootstrap over seeds, Student t",
        n_points=6,
        n_seeds=8,
        n_masked=1,
        window=(1, 100),
        rule="first decade",
        scan=(0.8, 1.2),
    )


FITS = {
    "laws": {
        "one": measured(1.0, 0.02),
        "far": measured(2.0, 0.02),
        "vague": measured(1.0, 0.5),
        "edge": measured(1.055, 0.04),
        "none": unavailable("2 points, at least 3 are needed"),
        "exact": quantity(1.0, (0.999, 1.001), interval_kind=NUMERICAL),
    }
}
CLAIMS = [
    claim("one"),
    claim("far", quantities=["laws.far"], departures=["DP1"]),
    claim("vague", quantities=["laws.vague"]),
    claim("none", quantities=["laws.one", "laws.none"]),
    claim("both", quantities=["laws.one", "laws.far"]),
    claim("exact", quantities=["laws.exact"], kind="at_most", published=1.2),
    claim("bound", quantities=["laws.far"], kind="at_least", published_error=0.3),
]


def rows():
    return judge_paper(CLAIMS, FITS, DEPARTURES)


def by_name():
    return {row["id"].removeprefix("damico2025_"): row for row in rows()}


def test_each_claim_gets_its_verdict_in_order():
    assert [(row["id"].split("_")[1], row["verdict"]) for row in rows()] == [
        ("one", "reproduced"),
        ("far", "differs"),
        ("vague", "undecided"),
        ("none", "undecided"),
        ("both", "differs"),
        ("exact", "reproduced"),
        ("bound", "reproduced"),
    ]


def test_rows_hold_everything_that_led_to_the_verdict():
    row = by_name()["one"]
    for key in CLAIMS[0]:
        assert key in row
    assert row["band"] == [pytest.approx(0.9), pytest.approx(1.1)]
    assert (row["n_points"], row["n_seeds"], row["n_masked"]) == (6, 8, 1)
    assert row["judged"][0]["scan"] == [0.8, 1.2]
    assert row["judged"][0]["estimate"] == 1.0
    assert row["power"] > 0.99
    assert 0 < row["p_equivalence"] < row["p_equivalence_adjusted"] < 0.025
    assert row["why"] is None


def test_rows_are_json():
    assert json.loads(json.dumps(rows(), allow_nan=False)) == rows()


def test_the_effective_margin_and_its_reason_are_recorded():
    row = by_name()["bound"]
    assert (row["margin"], row["margin_reason"]) == (0.3, "the authors' own error")
    assert row["band"] == [pytest.approx(0.7), None]


def test_what_is_missing_is_said():
    assert "laws.none: 2 points" in by_name()["none"]["why"]
    assert "neither inside" in by_name()["vague"]["why"]


def test_deterministic_claims_stay_out_of_the_family():
    alone = judge_paper(CLAIMS[:1], FITS, DEPARTURES)[0]
    beside_exact = judge_paper([CLAIMS[0], CLAIMS[5]], FITS, DEPARTURES)
    beside_measured = judge_paper([CLAIMS[0], CLAIMS[2]], FITS, DEPARTURES)
    assert beside_exact[0]["p_equivalence_adjusted"] == alone["p_equivalence_adjusted"]
    assert beside_exact[1]["p_equivalence_adjusted"] is None
    assert beside_measured[0]["p_equivalence_adjusted"] == pytest.approx(2 * alone["p_equivalence"])


def test_an_unavailable_quantity_still_counts_in_the_family():
    missing = claim("gone", quantities=["laws.none"])
    alone, beside = (judge_paper(c, FITS, [])[0] for c in (CLAIMS[:1], [CLAIMS[0], missing]))
    assert beside["p_equivalence_adjusted"] == pytest.approx(2 * alone["p_equivalence_adjusted"])


def test_holm_can_take_back_what_an_interval_alone_would_decide():
    edge = claim("edge", quantities=["laws.edge"])
    alone = judge_paper([edge], FITS, [])[0]
    among = judge_paper([edge, *CLAIMS[:4]], FITS, DEPARTURES)[0]
    assert alone["verdict"] == among["interval_verdict"] == "reproduced"
    assert among["verdict"] == "undecided"
    assert "Holm" in among["why"]


def test_departures_come_from_the_claim_and_from_the_register():
    assert by_name()["one"]["departures"] == ["DP1"]
    assert by_name()["far"]["departures"] == ["DP1"]
    assert by_name()["vague"]["departures"] == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"quantities": ["laws.slope"]}, ["damico2025_bad", "laws.slope", "laws.far, laws.none"]),
        ({"quantities": ["lines.one"]}, ["lines.one", "laws.one"]),
        ({"departures": ["DP9"]}, ["damico2025_bad", "DP9", "DP1, WS2"]),
    ],
)
def test_a_claim_that_names_something_unknown_is_refused(changes, words):
    with pytest.raises(InputError) as problem:
        judge_paper([claim("bad", **changes)], FITS, DEPARTURES)
    for word in words:
        assert word in str(problem.value)


def test_inputs_are_not_changed():
    before = copy.deepcopy((CLAIMS, FITS, DEPARTURES))
    rows()
    assert before == (CLAIMS, FITS, DEPARTURES)


def line_of(name, text):
    return next(line for line in text.splitlines() if line.split(" ")[0] == name)


def test_the_table_shows_what_the_rows_say():
    text = verdict_table(rows(), titles={"damico2025": "Bias & laws"}, width=110)
    lines = text.splitlines()
    assert max(map(len, lines)) <= 110
    assert "damico2025: Bias & laws" in lines
    assert text.count("damico2025") == 1
    first = line_of("one", text)
    assert first.endswith("reproduced")
    assert "1.000 [0.980, 1.020]" in first
    assert "1.0 ± 0.1" in first
    assert line_of("far", text).endswith("differs")
    counts = "7 claims: 3 reproduced, 2 differs, 2 undecided (1 without an estimate)"
    assert f"numbers the authors printed, {counts}" in lines


def test_each_kind_of_claim_is_counted_apart_and_self_checks_are_in_no_sum():
    kinds = ("printed", "stated", "sign", "ours")
    claims = [claim(f"c{n}", provenance=kind, primary=False) for n, kind in enumerate(kinds)]
    judged = judge_paper([*claims, claim("c4", quantities=["laws.far"])], FITS, [])
    text = verdict_table(judged, width=150)
    assert "numbers the authors printed, 2 claims: 1 reproduced, 1 differs" in text
    assert "laws and constants of their text, 1 claim: 1 reproduced" in text
    assert "self-checks: ours against ours, 1 claim: 1 reproduced" in text
    assert "1 primary (1 decided), 0 deterministic, none exploratory" in text
    page = Page(ledger_html({"damico2025": judged}, META))
    assert "4 claims: 3 reproduced, 1 differs (without self-checks)" in page.text


def test_claims_say_what_they_are_in_json():
    judged = judge_paper(CLAIMS, FITS, DEPARTURES, exploratory={"damico2025_one": ["new"]})
    one, *_, exact, bound = json.loads(json.dumps(judged))
    assert (one["exploratory"], one["exploratory_why"]) == (True, ["new"])
    assert (bound["exploratory"], bound["deterministic"]) == (False, False)
    assert (exact["deterministic"], exact["family"]) == (True, None)
    assert (one["family"], one["correction"]) == ("primary", "Holm")
    assert {row["provenance"] for row in judged} == {"printed"}


def test_exploratory_and_primary_claims_are_marked_in_table_and_page():
    judged = judge_paper(CLAIMS[:2], FITS, DEPARTURES, exploratory={"damico2025_far": ["new"]})
    text = verdict_table(judged)
    assert line_of("one", text).startswith("one * ")
    assert line_of("far", text).startswith("far * e ")
    page = Page(ledger_html({"damico2025": judged}, META))
    assert "exploratorynew" in page.text  # the reason, among the evidence
    assert page.text.count("★ primary") == 2 + 1  # and once in the filters


def test_what_is_not_run_is_listed_so_and_weakens_nothing():
    absent = unavailable("this scale does not run it")
    fits = {"laws": {**FITS["laws"], "absent": absent}}
    alone = judge_paper(CLAIMS[:1], FITS, DEPARTURES)[0]
    beside, gone = judge_paper([CLAIMS[0], claim("gone", quantities=["laws.absent"])], fits, [])
    assert (gone["verdict"], gone["family"]) == ("not run", None)
    assert "this scale does not run it" in gone["why"]
    assert beside["p_equivalence_adjusted"] == alone["p_equivalence_adjusted"]
    assert "1 not run" in verdict_table([beside, gone])


def test_a_law_that_bends_is_shown_with_both_slopes_and_its_target():
    bend = {"early": [0.8, 0.7, 0.9], "late": [1.2, 1.1, 1.3], "difference": [0.4, 0.2, 0.6]}
    bend["beyond"] = [1.6, 1.3, 1.9]
    bent = {**FITS["laws"]["one"], "bend": {**bend, "bent": True}, "seed_interval": [0.99, 1.01]}
    fits = {"laws": {"one": {**bent, "target": "new seeds, given this test set"}}}
    text = ledger_html({"damico2025": judge_paper(CLAIMS[:1], fits, DEPARTURES)}, META)
    assert "new seeds, given this test set; bent: the slope is early 0.80 [0.70, 0.90]" in text
    assert "late 1.20 [1.10, 1.30]; over seeds alone 1.000 [0.990, 1.010]" in text


def bent_fits(early, late):
    """One slope, sharply known, of a law that bends: (estimate, half width) of its halves."""
    whole = quantity(0.5, (0.45, 0.55), n_seeds=6, interval_kind="over seeds")
    beyond = 2 * late[0] - early[0]
    ends = {"early": early, "late": late, "difference": (late[0] - early[0], 0.01)}
    bend = {name: [m, m - half, m + half] for name, (m, half) in ends.items()}
    bend |= {"beyond": [beyond, beyond - 0.1, beyond + 0.1], "bent": True}
    hull = [min(0.45, early[0], beyond - 0.1), max(0.55, early[0], beyond + 0.1)]
    within = [min(bend["late"][1], 0.45), max(bend["early"][2], 0.55)]
    made = {**whole, "bend": bend, "interval": hull, "window_interval": within}
    return {"laws": {"slope": made}}


def falls(**changes):
    kind = {"kind": "at_least", "published": 0.0, "published_decimals": None, "margin": 0.0}
    return claim("falls", quantities=["laws.slope"], **kind, **changes)


def test_a_sign_is_judged_in_both_halves_of_the_window_and_a_value_beyond_it():
    fits = bent_fits(early=(0.8, 0.05), late=(0.2, 0.05))
    sign, value = judge_paper(
        [falls(provenance="sign"), falls(provenance="stated")], fits, DEPARTURES
    )
    assert sign["judged"][0]["interval"] == fits["laws"]["slope"]["window_interval"]
    assert (sign["interval_verdict"], value["interval_verdict"]) == ("reproduced", "undecided")


def test_a_curve_that_may_rise_in_one_half_has_no_sign():
    (row,) = judge_paper(
        [falls(provenance="sign")], bent_fits((0.8, 0.05), (0.04, 0.05)), DEPARTURES
    )
    assert row["verdict"] == "undecided"


def test_the_halves_of_a_bent_law_are_tested_each_by_its_own_scatter():
    """The late half lies eight standard errors above 0; read as one wide interval around 0.5, the
    whole would lie four above it.
    """
    reach = student.ppf(0.975, 5)
    fits = bent_fits(early=(0.8, 0.05), late=(0.2, 0.2 / 8 * reach))
    (row,) = judge_paper([falls(provenance="sign")], fits, DEPARTURES)
    assert row["p_equivalence"] == pytest.approx(student.sf(8, 5))


def test_a_bent_law_is_judged_slope_by_slope_with_another_choice_as_well():
    """Huber's line lies where the other does: it must not cost a sign its verdict."""
    fits = bent_fits(early=(0.8, 0.05), late=(0.2, 0.2 / 8 * student.ppf(0.975, 5)))
    slope = fits["laws"]["slope"]
    parts = {name: slope["bend"][name] for name in ("early", "late", "beyond")}
    slope["variants"] = {"Huber": [0.5, *slope["interval"]]}
    slope["window_variants"] = {"Huber": [0.5, *slope["window_interval"]]}
    slope["variant_slopes"] = {"Huber": {"whole": slope["seed_interval"], **parts}}
    many = [falls(provenance="sign")] + [
        claim(f"open{n}", quantities=["laws.wide"], published_decimals=None) for n in range(9)
    ]
    fits["laws"]["wide"] = quantity(1.0, (0.0, 2.0), n_seeds=6, interval_kind="over seeds")
    row = judge_paper(many, fits, [])[0]
    assert row["verdict"] == row["fragility"]["Huber"] == "reproduced"


def test_a_law_that_bends_across_the_band_does_not_differ():
    """Its halves lie above the band, and what it bends to below."""
    fits = bent_fits(early=(0.8, 0.01), late=(0.4, 0.01))
    (row,) = judge_paper([claim("through", quantities=["laws.slope"], published=0.2)], fits, [])
    assert row["verdict"] == "undecided"


def test_a_verdict_kept_back_for_later_looks_says_so():
    """p = 0.0234 by itself: enough for all of the error rate, not for 85 % of it."""
    near = quantity(0.0, (-1.0, 1.0), n_seeds=9, interval_kind="over seeds")
    reach = student.ppf(0.975, 8)
    margin = student.isf(0.0234, 8) / reach
    fits = {"laws": {"slope": near}}
    terms = {"published": 0.0, "published_decimals": None, "margin": margin}
    claims = [claim("near", quantities=["laws.slope"], **terms)]
    assert judge_paper(claims, fits, [])[0]["verdict"] == "reproduced"
    (row,) = judge_paper(claims, fits, [], share=0.85)
    assert row["verdict"] == "undecided"
    assert "and 15 % of the error rate kept for later looks the verdict is undecided" in row["why"]


def test_the_registration_is_named_in_table_and_page():
    registration = {"number": 2, "of": 3, "date": "2026-01-02", "commit": "ab" * 20, "seed": 7}
    words = "Registration 2 of 3: 2026-01-02, commit abababababab, root seed 7."
    assert words in verdict_table(rows(), registration=registration)
    assert words in ledger_html({"damico2025": rows()}, {**META, "registration": registration})
    assert "all of them are exploratory" in verdict_table(rows())


def test_of_several_quantities_the_table_shows_the_one_that_decides():
    text = verdict_table(rows())
    assert "2.000 [1.980, 2.020]" in line_of("both", text)
    assert "not estimated" in line_of("none", text)
    assert text.count("(+1 more)") == 2
    reversed_ = [claim("both", quantities=["laws.far", "laws.one"])]
    again = verdict_table(judge_paper(reversed_, FITS, DEPARTURES))
    assert "2.000 [1.980, 2.020]" in line_of("both", again)


def test_among_equal_verdicts_the_one_closest_to_the_edge_is_shown():
    both = [claim("two", quantities=["laws.one", "laws.edge"])]
    assert "1.05 [1.01, 1.09]" in line_of("two", verdict_table(judge_paper(both, FITS, [])))


@pytest.mark.parametrize("width", [80, 99, 100, 120, 400])
def test_the_table_fits_the_terminal_and_statements_take_few_lines(width):
    tiny = quantity(7.96244e-4, (7.96234e-4, 7.96254e-4), interval_kind=NUMERICAL)
    long = "A statement that is far too long for one line of any terminal, " * 9
    claims = [claim("long", statement=long, quantities=["laws.tiny", "laws.one"])]
    judged = judge_paper(claims, {"laws": {**FITS["laws"], "tiny": tiny}}, [])
    lines = verdict_table(judged, width=width).splitlines()
    assert max(map(len, lines)) <= min(width, 160)
    assert len(lines) <= 5 + 4 + 2 + 8


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_statements_of_a_real_length_are_never_cut(width):
    # At 80 columns the table was 98 wide, and statements ended after 18 letters, all alike.
    words = "Law 1: the exponent of the generalisation error over the number of examples is that of"
    statements = [f"{words} {words[:60]} case {number}." for number in range(3)]
    claims = [claim(f"a_rather_long_name_{n}", statement=s) for n, s in enumerate(statements)]
    text = verdict_table(judge_paper(claims, FITS, []), width=width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    unbroken = " ".join(re.sub(r"[^A-Za-z0-9:. ]", " ", text).split())
    if width < 120:
        assert all(statement in unbroken for statement in statements)


def test_output_that_is_no_terminal_gets_eighty_columns(tmp_path, monkeypatch):
    def no_terminal(*_):
        raise OSError

    write_json(tmp_path / "damico2025.json", {"claims": rows()}, HEADER)
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr("os.get_terminal_size", no_terminal)
    lines = terminal_table([tmp_path / "damico2025.json"]).splitlines()
    assert max(map(len, lines)) == 80


def test_the_table_has_an_ascii_spelling():
    statement = "For alpha -> infinity the exponent is >= 1."
    judged = judge_paper([claim("one", statement=statement)], FITS, [])
    assert "For α → ∞ the exponent is ≥ 1." in verdict_table(judged, width=160)
    text = verdict_table(judged, width=160, ascii_only=True)
    assert text.isascii()
    assert statement in text
    assert "1.0 +- 0.1" in text
    assert verdict_table(judged, width=90, ascii_only=True).isascii()


def test_the_terminal_decides_about_width_letters_and_colour(tmp_path, monkeypatch):
    write_json(tmp_path / "damico2025.json", {"claims": rows()}, HEADER)
    monkeypatch.setenv("COLUMNS", "90")
    ascii_output = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    with monkeypatch.context() as patched:
        patched.setattr("sys.stdout", ascii_output)
        text = terminal_table([tmp_path / "damico2025.json"])
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 90
    assert "damico2025: Implicit bias produces neural scaling laws" in text
    monkeypatch.setenv("COLUMNS", "150")
    utf_output = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    utf_output.isatty = lambda: True
    monkeypatch.delenv("NO_COLOR", raising=False)
    with monkeypatch.context() as patched:
        patched.setattr("sys.stdout", utf_output)
        text = terminal_table([tmp_path / "damico2025.json"])
        patched.setenv("NO_COLOR", "1")
        plain = terminal_table([tmp_path / "damico2025.json"])
    assert "1.0 ± 0.1" in text
    assert "\033[32m" in text
    assert "\033" not in plain


def test_colour_only_when_asked_and_only_on_verdicts():
    plain, coloured = verdict_table(rows()), verdict_table(rows(), colour=True)
    assert "\033" not in plain
    assert coloured.count("\033[0m") == len(CLAIMS)
    for code in ("\033[31m", "\033[32m", "\033[33m", "\033[0m"):
        coloured = coloured.replace(code, "")
    assert coloured == plain


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.identities, self.text, self.labels = [], [], [], "", []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if "id" in dict(attrs):
            self.identities.append(dict(attrs)["id"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def page():
    return Page(ledger_html({"damico2025": rows()}, META))


def test_the_page_is_well_formed_and_its_identities_are_unique(page):
    assert page.open == []
    assert len(set(page.identities)) == len(page.identities)
    assert {f"damico2025_{name}" for name in by_name()} <= set(page.identities)


def test_the_page_needs_nothing_from_outside(page):
    assert not {"link", "img", "iframe"} & {tag for tag, _ in page.tags}
    for _, attributes in page.tags:
        assert "src" not in attributes
        assert re.fullmatch(r"(#|figures/|fits/).+", attributes.get("href", "#x"))
    assert "url(" not in page.text
    assert "@import" not in page.text
    policy = next(tag["content"] for _, tag in page.tags if "http-equiv" in tag)
    assert policy.startswith("default-src 'none'; ")
    assert "http" not in policy


def test_the_page_is_accessible(page):
    tags = [tag for tag, _ in page.tags]
    assert dict(page.tags)["html"] == {"lang": "en"}
    assert tags.count("main") == tags.count("h1") == 1
    assert "caption" in tags
    assert all("scope" in attributes for tag, attributes in page.tags if tag == "th")
    drawings = [attributes for tag, attributes in page.tags if tag == "svg"]
    # One beside each number, which says the same: screen readers pass them over.
    assert len(drawings) == sum(1 + len(entry["quantities"]) for entry in CLAIMS)
    assert all(drawing["aria-hidden"] == "true" for drawing in drawings)
    labels = {a["aria-labelledby"] for _, a in page.tags if "aria-labelledby" in a}
    assert labels <= set(page.identities)


def test_the_page_says_what_the_rows_say(page):
    for row in rows():
        assert row["statement"] in page.text
        assert row["source"] in page.text
        if row["why"]:
            assert row["why"] in page.text or row["why"].replace("laws.none", "none") in page.text
    assert "N is 300 <not> infinite. Reason: Cost & time." in page.text
    assert "Another paper's matter." not in page.text
    assert "How to read verdicts" in page.text
    assert (
        "7 claims: 3 reproduced, 2 differs, 2 undecided (1 without an estimate) (without"
        in page.text
    )
    assert "Claims ledger, scale quick" in page.text


def test_the_page_spells_symbols_as_people_write_them():
    statement = "For lambda_opt -> infinity <eps_g> falls as P^-0.55 or (2M)^(3/2) < 1."
    text = ledger_html(
        {"damico2025": judge_paper([claim("s", statement=statement)], FITS, [])}, META
    )
    assert (
        "For <i>λ</i><sub>opt</sub> → ∞ &lt;<i>ε</i><sub>g</sub>&gt; falls as "
        "P<sup>−0.55</sup> or (2M)<sup>3/2</sup> &lt; 1." in text
    )


def test_the_page_names_the_quantities_of_a_claim_apart():
    text = ledger_html({"damico2025": rows()}, META)
    plain = re.sub(r'(<dd class="lane">.*?</dd>|</?d[tdl]>)+', " ", text)
    assert "one 1.000 [0.980, 1.020] far 2.000" in plain


def test_small_margins_are_powers_of_ten():
    row = {"kind": "equals", "published": 0.0058054, "published_decimals": 7, "margin": 5.8e-7}
    assert published_text(row) == "0.0058054 ± 5.8 × 10^−7"
    assert published_text(
        {**row, "margin": 0.0, "published": -2.5e8, "published_decimals": None}
    ) == ("−2.5 × 10^8")


def test_the_page_is_the_same_every_time():
    assert ledger_html({"damico2025": rows()}, META) == ledger_html({"damico2025": rows()}, META)


def test_the_page_tells_what_gets_no_verdict_and_which_tests_stand_in():
    entry = {
        "claim": "C6",
        "statement": "Smooth losses only.",
        "why": "A theorem & no data.",
        "tests": ["tests/theory/test_smoothness_counterexamples.py"],
    }
    titles = {"damico2025": {**META["papers"]["damico2025"], "unjudged": [entry]}}
    page = Page(ledger_html({"damico2025": rows()}, {**META, "papers": titles}))
    assert page.open == []
    told = "Smooth losses only. A theorem & no data. " + entry["tests"][0]
    assert "Without a verdict" in page.text
    assert told in " ".join(page.text.split())


FINDINGS = {
    "scale": "quick",
    "headline": "The law P^-1 <holds>.",
    "papers": [
        {
            "slug": "damico2025",
            "title": "Bias & laws",
            "authors": "D",
            "counts": {},
            "sentences": [
                {
                    "text": "alpha_D is 1.",
                    "claims": ["damico2025_one", "damico2025_both"],
                    "figure": "damico2025_fig1",
                }
            ],
            "differs": [{"text": "Far.", "claim": "damico2025_far", "figure": None}],
            "undecided": [
                {
                    "text": "Vague.",
                    "claim": "damico2025_vague",
                    "figure": None,
                    "needs": "40 seeds",
                }
            ],
            "beyond": [
                {"text": "Bent.", "claim": "damico2025_one", "figure": None, "why": "it bends"}
            ],
        }
    ],
    "forest": [],
}


def test_findings_stand_above_the_claims_and_lead_to_them():
    text = ledger_html({"damico2025": rows()}, {**META, "findings": FINDINGS})
    page = Page(text)
    assert page.open == []
    assert "The law P<sup>−1</sup> &lt;holds&gt;." in text
    assert "<i>α</i><sub>D</sub> is 1." in text
    assert "Vague. vague Needed: 40 seeds." in page.text
    assert "Bent. one Why: it bends." in page.text
    above = text[text.index('id="findings"') : text.index('id="claims"')]
    assert set(re.findall(r'href="([^"]+)"', above)) == {
        *(f"#damico2025_{name}" for name in ("one", "both", "far", "vague")),
        "figures/damico2025_fig1.html",
        "findings/forest.pdf",
    }
    without = ledger_html({"damico2025": rows()}, META)
    assert "Findings" not in without
    assert 'href="#findings"' not in without


def test_within_a_paper_what_differs_comes_first():
    text = ledger_html({"damico2025": rows()}, META)
    verdicts = re.findall(r'data-verdict="([a-z ]+)" data-paper', text)
    assert verdicts == ["differs"] * 2 + ["undecided"] * 2 + ["reproduced"] * 3


def test_a_claim_leads_to_its_figure_its_fits_and_the_command():
    two = claim("two", quantities=["laws.one", "laws.far"])
    text = ledger_html({"damico2025": judge_paper([two], FITS, [])}, META)
    assert 'href="figures/damico2025_fig1.html"' in text
    assert text.count('href="fits/damico2025/laws.json"') == 1
    assert ">snakemake --cores all damico2025_fig1 --config scale=quick<" in text


def test_the_distance_counts_margins_from_the_published_value():
    made = {row["id"].removeprefix("damico2025_"): row for row in rows()}
    assert margins_off(made["one"]) == pytest.approx(0.0)
    assert margins_off(made["far"]) == margins_off(made["both"]) == pytest.approx(10.0)
    assert margins_off(made["none"]) is None
    # As an inequality it counts towards the violation.
    assert margins_off(made["exact"]) == pytest.approx(-2.0)
    assert margins_off(made["bound"]) == pytest.approx(-1 / 0.3)
    ranged = claim("range", quantities=["laws.far"], kind="within", published=0.0, upper=2.0)
    assert margins_off(judge_paper([ranged], FITS, [])[0]) == pytest.approx(1 / 1.1)
    exact = claim("sign", kind="at_least", published_decimals=None, margin=0.0)
    assert margins_off(judge_paper([exact], FITS, [])[0]) is None


def test_a_page_without_departures_or_titles_is_still_whole():
    short = Page(ledger_html({"damico2025": rows()}, {"scale": "laptop"}))
    assert short.open == []
    assert "Departures from the papers" not in short.text


def per_cent(text):
    return float(text.removesuffix("%"))


def drawn(row):
    shapes = Page("".join(strips(row))).tags
    band = next(attributes for tag, attributes in shapes if tag == "rect")
    dots = [per_cent(attributes["cx"]) for tag, attributes in shapes if tag == "circle"]
    left = per_cent(band["x"])
    return left, left + per_cent(band["width"]), dots


def test_a_drawing_puts_the_dot_inside_the_band_exactly_if_the_estimate_is():
    left, right, dots = drawn(by_name()["both"])
    assert left < dots[0] < right < dots[1]
    assert dots[0] == pytest.approx((left + right) / 2, abs=0.02)


def test_a_drawing_opens_the_band_of_an_inequality_and_skips_what_is_missing():
    assert drawn(by_name()["bound"])[1] == pytest.approx(100)
    assert len(drawn(by_name()["none"])[2]) == 1
    assert len(strips(by_name()["none"])) == 3


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"marging": 0.1}, "unknown key 'marging'"),
        ({"kind": "about"}, "kind is 'about'"),
        ({"margin": -0.1}, "margin"),
        ({"quantities": []}, "quantities"),
        ({"quantities": ["one"]}, "quantities"),
        ({"published": "1.0"}, "published"),
        ({"id": "C1"}, "id"),
    ],
)
def test_the_schema_of_claims_is_closed(changes, words):
    validate([claim("good")], "claims.schema", "config/claims/x.yaml")
    with pytest.raises(InputError, match=words):
        validate([claim("bad", **changes)], "claims.schema", "config/claims/x.yaml")


@pytest.mark.parametrize("missing", sorted(claim("one")))
def test_no_key_of_a_claim_may_be_left_out(missing):
    entry = {key: value for key, value in claim("one").items() if key != missing}
    with pytest.raises(InputError, match=missing):
        validate([entry], "claims.schema", "config/claims/x.yaml")


@pytest.mark.parametrize(
    "changes", [{"scales": ["fast"]}, {"because": "x"}, {"paper": "other"}, {"id": "dp 1"}]
)
def test_the_schema_of_departures_is_closed(changes):
    validate(DEPARTURES, "departures.schema", "config/departures.yaml")
    with pytest.raises(InputError):
        validate([{**DEPARTURES[0], **changes}], "departures.schema", "config/departures.yaml")


PAPER = {
    "title": "t",
    "authors": "a",
    "arxiv": "2505.13230",
    "experiments": {"runs": {"family": "perceptron", "about": "What is trained."}},
    "fits": {"laws": {"tables": ["runs"], "settings": {"draws": 2000}}},
    "figures": {
        "damico2025_fig1": {
            "title": "f",
            "original": "figure 1",
            "brief": "What is seen.",
            "tables": ["runs"],
            "fits": ["laws"],
            "settings": {},
            "departures": ["DP1"],
        }
    },
}


@pytest.mark.parametrize(
    ("place", "key", "value"),
    [
        ((), "tittle", "t"),
        ((), "arxiv", "12"),
        (("fits", "laws"), "window", [1, 2]),
        (("fits", "laws"), "tables", []),
        (("figures", "damico2025_fig1"), "panels", 3),
        (("figures",), "fig1", {}),
        ((), "unjudged", [{"claim": "C6", "statement": "s", "why": "w"}]),
        ((), "unjudged", [{"claim": "C6", "statement": "s", "why": "w", "tests": ["README.md"]}]),
    ],
)
def test_the_schema_of_papers_is_closed(place, key, value):
    validate(PAPER, "papers.schema", "config/papers/x.yaml")
    broken = copy.deepcopy(PAPER)
    inner = broken
    for step in place:
        inner = inner[step]
    inner[key] = value
    with pytest.raises(InputError):
        validate(broken, "papers.schema", "config/papers/x.yaml")


def test_a_ledger_is_known_by_what_it_says_not_by_its_name(tmp_path):
    write_json(tmp_path / "mycopy.json", {"claims": rows()}, HEADER)
    assert "damico2025: Implicit bias" in terminal_table([tmp_path / "mycopy.json"])
    with pytest.raises(InputError, match="is a second ledger of damico2025"):
        terminal_table([tmp_path / "mycopy.json"] * 2)


@pytest.mark.parametrize(
    "content",
    [b"<html></html>", b"[]", b"{}", b'{"header": {}, "claims": []}', b"\xff\xfe", b"3", b""],
)
def test_another_file_is_not_called_a_damaged_ledger(tmp_path, content):
    (tmp_path / "ledger.html").write_bytes(content)
    with pytest.raises(InputError, match=r"is not the ledger of a paper; .*/ledger/\*\.json"):
        terminal_table([tmp_path / "ledger.html"])


def test_a_folder_in_place_of_a_ledger_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match=r"could not be read \(Is a directory\)"):
        terminal_table([tmp_path])


def test_a_figure_that_the_scale_leaves_out_is_named_and_not_linked():
    left = rows()[0]["figure"]
    figures = {left: {"left_out": {"quick": "nothing to compare"}}}
    paper = {**META["papers"]["damico2025"], "figures": figures}
    meta = {**META, "scale": "quick", "papers": {"damico2025": paper}}
    page, linked = (ledger_html({"damico2025": rows()}, one) for one in (meta, META))
    assert f'href="figures/{left}.html"' in linked
    assert f'href="figures/{left}.html"' not in page
    assert left in page
