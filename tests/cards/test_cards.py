"""Cards and gallery from result files: every figure, what a card says, what it joins to a fit."""

import json
import re

import pytest
from made_cards import NAME, PNG, SOURCE, csv_text, fits, the_card

from scalinglaws.cards.card import card_html
from scalinglaws.cards.formulas import FORMULAS
from scalinglaws.cards.lines import curves_of, lines_of
from scalinglaws.errors import InputError
from scalinglaws.planning.plan import assemble
from scalinglaws.stations.cards import write_cards
from scalinglaws.storage import FORMAT, write_json


@pytest.fixture(scope="module")
def plan():
    return assemble({"scale": "quick", "seed": 7})


def header(station, name):
    return {"format": FORMAT, "station": station, "name": name, "code": {}}


@pytest.fixture
def results(plan, tmp_path):
    """A whole run's files as far as cards read them, without numbers."""
    (tmp_path / "figures").mkdir()
    for slug, paper in plan.papers.items():
        write_json(tmp_path / f"ledger/{slug}.json", {"claims": []}, header("ledger", slug))
        for fit in paper["fits"]:
            file = tmp_path / "fits" / slug / f"{fit}.json"
            write_json(file, {"quantities": {}}, header("fits", fit))
        for name, record in paper["figures"].items():
            stem = tmp_path / "figures" / name
            stem.with_suffix(".png").write_bytes(PNG)
            stem.with_suffix(".csv").write_text("panel,series,x,y,y_low,y_high\n")
            caption = {"caption": f"Of {name}.", "departures": record["departures"]}
            write_json(stem.with_suffix(".json"), caption)
    write_json(tmp_path / "environment.json", {"python": "3.11.7", "packages": {"torch": "2.13"}})
    return tmp_path


def test_every_figure_has_a_card_with_its_picture(plan, results):
    write_cards(plan, results, SOURCE)
    gallery = (results / "figures" / "index.html").read_text()
    for name in plan.figures():
        card = (results / "figures" / f"{name}.html").read_text()
        shown = re.findall('<img src="([^"]+)"', card)
        assert shown == [f"{name}.png"]
        assert (results / "figures" / shown[0]).is_file()
        assert f'<a href="{name}.html"><img src="{name}.png"' in gallery
        assert f"snakemake --cores all {name} --config scale=quick" in card
        for part in (*plan.figure(name)["departures"], f"Of {name}.", "root seed", "torch 2.13"):
            assert part in card
    assert set(FORMULAS) <= set(plan.figures())


def test_links_to_code_lead_to_files(plan, results):
    write_cards(plan, results, SOURCE)
    for name in plan.figures():
        card = results / "figures" / f"{name}.html"
        modules = re.findall(r'<a href="([^"]+\.py)">', card.read_text())
        assert any(module.endswith(f"figures/{name}.py") for module in modules)
        assert len(modules) >= 1 + len(plan.figure(name)["fits"])
        assert all((card.parent / module).resolve().is_file() for module in modules), name


def test_the_same_results_make_the_same_bytes(plan, results):
    pages = []
    for _ in range(2):
        write_cards(plan, results, SOURCE)
        pages.append({page.name: page.read_bytes() for page in results.rglob("*.html")})
    assert pages[0] == pages[1]


def test_a_missing_result_is_named(plan, results):
    (results / "figures" / f"{NAME}.csv").unlink()
    with pytest.raises(InputError, match=rf"{NAME}\.csv does not exist; make it with"):
        write_cards(plan, results, SOURCE)
    assert not list(results.rglob("*.html"))


def test_a_card_says_what_rests_on_its_figure():
    page = card_html(the_card())
    for text in (
        "Made after figure 1a",
        "3 claims: ",
        *('href="../ledger.html#bahri2021_two"', f'href="{NAME}.csv"', f'href="{NAME}.pdf"'),
        *("../fits/bahri2021/made_laws.json", "0" * 40, "seeds 0 to 5", "61 s of one core"),
        *("N is 300 &lt;not&gt; infinite.", "L(D) &lt;falls&gt; as D"),
    ):
        assert text in page
    assert "<falls>" not in page
    assert "<made" not in page


def test_a_figure_without_original_claims_or_laws_has_a_plain_card():
    full = the_card()
    record = {key: value for key, value in full.record.items() if key != "original"}
    changes = {"record": record, "claims": [], "lines": (), "formula": None, "terms": None}
    page = card_html(type(full)(**{**vars(full), **changes}))
    assert "For Bahri" in page
    assert "No claim rests on this figure alone." in page
    assert "Move the fit window" not in page
    assert page.count("<script>") == 1


def test_curves_are_joined_to_the_exponents_fitted_to_them():
    log, signed = lines_of(curves_of(csv_text()), fits())
    assert (log.curve.series, log.name, log.mean) == ("made <log>", "made_laws.log", "log")
    assert (signed.name, signed.mean) == ("made_laws.signed", "signed")
    followed = {one.name: (one.factor, one.inverse) for one in log.derived}
    assert followed["made_laws.share"] == (pytest.approx(2.0), False)
    assert followed["made_laws.dimension"] == (pytest.approx(4.0), True)
    assert len(log.curve.x) == 10
    assert len(log.stored) == 5


def test_a_moved_window_has_the_axes_of_the_figure_where_it_names_them():
    page = card_html(the_card())
    records = json.loads(re.search(r'id="lines"[^>]*>(.*?)</script>', page, re.DOTALL)[1])
    assert [one["names"] for one in records] == [
        ["training examples D", "L(D) - L(∞)"],
        ["x of panel signed panel", "y of panel signed panel"],
    ]


def test_a_number_of_other_points_is_joined_to_nothing():
    others = json.loads(json.dumps(fits()))
    for quantity in others["made_laws"].values():
        quantity["estimate"] *= 1.0001
    assert lines_of(curves_of(csv_text()), others) == []
