"""What the script of ledger.html adds: filters, search, order, permalinks, copying."""

import pytest
from made_pages import KINDS, PAPERS, judged, made_ledger
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

ROWS = [row for rows in judged().values() for row in rows]
SHOWN = """
return [...document.querySelectorAll(".claim")].filter((one) => one.checkVisibility())
  .map((one) => one.id);
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return made_ledger(tmp_path_factory.mktemp("ledger"))


@pytest.fixture
def opened(browser, page):
    browser.open(page)
    yield browser
    assert browser.log().errors == []


def shown(browser):
    return browser.run(SHOWN)


def claims(**wanted):
    """Names of the made-up claims with these fields."""
    return {row["id"] for row in ROWS if all(row[key] == is_ for key, is_ in wanted.items())}


def tick(browser, value):
    browser.run("arguments[0].click()", browser.one(f"input[value='{value}']"))


def choose(browser, name, value):
    Select(browser.one(f"select[name={name}]")).select_by_value(value)


def counted(browser):
    return browser.one(".controls output").text


def test_what_differs_is_first_and_all_is_shown(opened):
    for paper in PAPERS:
        own = [name for name in shown(opened) if name.startswith(paper)]
        assert set(own[:2]) == {f"{paper}_C2_far", f"{paper}_C8_range"}
    assert len(shown(opened)) == len(ROWS)
    assert counted(opened) == "18 of 18 claims, 2 of 2 self-checks"


def test_verdicts_are_filtered_and_the_address_says_so(opened):
    tick(opened, "differs")
    assert set(shown(opened)) == claims(verdict="differs")
    tick(opened, "not run")
    assert set(shown(opened)) == claims(verdict="differs") | claims(verdict="not run")
    assert opened.address() == "#verdict=differs,not+run"
    assert counted(opened) == "6 of 18 claims, 0 of 2 self-checks"


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("kind", "provenance", "stated"),
        ("kind", "provenance", "ours"),
        ("figure", "figure", "damico2025_fig3"),
    ],
)
def test_a_choice_filters(opened, name, field, value):
    choose(opened, name, value)
    assert set(shown(opened)) == claims(**{field: value})
    assert opened.address() == f"#{name}={value}"


def test_a_paper_and_primary_claims_can_be_shown_alone(opened):
    choose(opened, "paper", "bahri2021")
    assert shown(opened)
    assert all(name.startswith("bahri2021") for name in shown(opened))
    assert not opened.one("#damico2025").is_displayed()
    tick(opened, "yes")
    assert set(shown(opened)) == {"bahri2021_C1", "bahri2021_C2_far"}


def test_search_finds_claims_that_hold_all_words_also_among_their_evidence(opened):
    opened.one("input[type=search]").send_keys("weight DECAYS bahri")
    assert shown(opened) == ["bahri2021_C2_far"]
    assert opened.address() == "#search=weight+DECAYS+bahri"
    field = opened.one("input[type=search]")
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys("margin changed")
    assert set(shown(opened)) == {f"{paper}_C3_vague" for paper in PAPERS}
    field.send_keys(" nowhere")
    assert shown(opened) == []
    assert opened.one(".nothing").is_displayed()


def test_claims_are_sorted_by_their_distance_over_all_papers(opened):
    choose(opened, "order", "off")
    order = [name.partition("_")[2] for name in shown(opened)]
    assert order[:6] == ["C2_far", "C2_far", "C8_range", "C8_range", "C3_vague", "C3_vague"]
    assert set(order[-6:]) == {"C4_none", "C5_absent", "C6_bound"}  # no estimate or no margin
    choose(opened, "order", "number")
    assert shown(opened) == [f"{paper}_{name}" for paper in PAPERS for name in KINDS]
    choose(opened, "order", "")
    assert shown(opened)[0] == "bahri2021_C2_far"


def test_a_view_can_be_sent_to_somebody(browser, page):
    browser.open(page, address="#verdict=undecided,reproduced&paper=damico2025&order=number")
    wanted = {row["id"] for row in ROWS if row["verdict"] in ("undecided", "reproduced")}
    assert set(shown(browser)) == {name for name in wanted if name.startswith("damico2025")}
    assert browser.one("input[value=undecided]").is_selected()
    assert not browser.one("input[value=differs]").is_selected()
    opened = browser.one("button[type=reset]")
    opened.click()
    WebDriverWait(browser.driver, 5).until(lambda _: len(shown(browser)) == len(ROWS))


def test_an_address_of_no_filter_shows_all(browser, page):
    for address in ("#paper=nobody&verdict=odd", "#%E0%A4%A", "#no_such_part"):
        browser.open(page, address=address)
        assert len(shown(browser)) == len(ROWS), address
        assert browser.log().errors == [], address


def in_sight(browser, name):
    box = browser.run("return arguments[0].getBoundingClientRect()", browser.one(f"#{name}"))
    bar = browser.run("return arguments[0].getBoundingClientRect()", browser.one(".controls"))
    return bar["bottom"] <= box["top"] < browser.run("return innerHeight") - 50


def unfolded(browser):
    return browser.run("return [...document.querySelectorAll('.claim:has([open])')].map(c => c.id)")


def test_a_permalink_opens_its_claim(browser, page):
    browser.open(page, address="#damico2025_C3_vague")
    assert unfolded(browser) == ["damico2025_C3_vague"]
    assert in_sight(browser, "damico2025_C3_vague")
    assert browser.driver.switch_to.active_element.get_attribute("id") == "damico2025_C3_vague"
    assert len(shown(browser)) == len(ROWS)


def test_a_claim_that_is_asked_for_is_shown_where_a_filter_hides_it(opened):
    choose(opened, "paper", "damico2025")
    tick(opened, "not run")
    assert shown(opened) == ["damico2025_C5_absent"]
    opened.run("arguments[0].click()", opened.one(".findings a[href='#bahri2021_C1']"))
    WebDriverWait(opened.driver, 5).until(lambda _: "bahri2021_C1" in shown(opened))
    assert sorted(shown(opened)) == ["bahri2021_C1", "damico2025_C5_absent"]
    assert in_sight(opened, "bahri2021_C1")
    opened.driver.back()
    WebDriverWait(opened.driver, 5).until(lambda _: "bahri2021_C1" not in shown(opened))
    assert shown(opened) == ["damico2025_C5_absent"]


def test_a_number_of_the_counts_leads_to_its_claims(opened):
    opened.one(".counts td[data-kind=stated][data-verdict=differs] a").click()
    WebDriverWait(opened.driver, 5).until(lambda _: len(shown(opened)) < len(ROWS))
    assert set(shown(opened)) == claims(provenance="stated", verdict="differs")


def test_the_command_is_copied(opened):
    opened.allow("clipboardReadWrite")
    opened.allow("clipboardSanitizedWrite")
    opened.one("#bahri2021_C1 .copy").click()
    WebDriverWait(opened.driver, 5).until(
        lambda _: opened.one("#bahri2021_C1 .copy").text == "copied"
    )
    field = opened.one("input[type=search]")
    field.send_keys(Keys.CONTROL, "v")
    assert field.get_property("value") == (
        "snakemake --cores all bahri2021_fig2a --config scale=quick"
    )


def test_filters_work_by_keyboard_alone(opened):
    opened.run("document.querySelector('.controls input').focus()")
    opened.press(Keys.SPACE)
    assert set(shown(opened)) == claims(verdict="differs")
    opened.press(Keys.TAB, Keys.TAB, Keys.TAB, Keys.TAB, "d")
    assert opened.address() == "#verdict=differs&paper=damico2025"


def test_without_scripts_all_is_there_and_no_control_that_would_do_nothing(browser, page):
    browser.open(page, scripts=False)
    assert len(shown(browser)) == len(ROWS)
    assert not browser.one(".controls").is_displayed()
    assert browser.all(".copy") == []
    evidence = browser.one("#bahri2021_C1 details")
    browser.one("#bahri2021_C1 summary").click()
    assert "snakemake --cores all bahri2021_fig2a" in evidence.text
    assert "first decade" in evidence.text
