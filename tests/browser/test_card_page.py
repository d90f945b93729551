"""A card's window and sliders, in a browser, against the fits and the theory in Python."""

import itertools

import numpy as np
import pytest
from made_cards import NAME, SIZES, WINDOWS, claims, fits, made_card, samples, the_card
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from scalinglaws.cards.card import card_html
from scalinglaws.cards.formulas import FORMULAS
from scalinglaws.errors import InputError
from scalinglaws.rounding import plain, with_interval
from scalinglaws.statistics.exponents import exponent_over_seeds
from scalinglaws.statistics.seed_lines import exponent_of
from scalinglaws.theory.kernel_learning_curve import variance_limited_excess
from scalinglaws.theory.linear import feature_error, power_law_error
from scalinglaws.theory.perceptron import NoSolution, hebb_error
from scalinglaws.theory.perceptron_square import overlap
from scalinglaws.theory.power_law_spectrum import eigenvalues
from scalinglaws.theory.resolution import resolution_exponent

MEANS = ("log", "signed")
CARDS = {"two_regimes": NAME, "linear_student": "worschech2024_fig2"}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return made_card(tmp_path_factory.mktemp("card"))


@pytest.fixture
def card(browser, page):
    browser.open(page)
    return browser


def part(browser, name):
    return browser.one(f"#window [data-part={name}]")


def choose(browser, mean):
    browser.run(
        "const choice = document.querySelector('[data-part=choice]');"
        "choice.value = arguments[0]; choice.dispatchEvent(new Event('change'))",
        MEANS.index(mean),
    )


@pytest.mark.parametrize("mean", MEANS)
def test_every_window_has_the_exponent_that_the_fit_gives_it(card, mean):
    values = samples()[mean]
    compared = 0
    for first, last in itertools.combinations(range(len(SIZES)), 2):
        if last - first < 2:
            continue
        inside = slice(first, last + 1)
        try:
            expected = exponent_of(SIZES[inside], values[:, inside], mean).value
        except InputError:
            expected = None
        script = (
            "const f = laws.windowed(explorer.lines[arguments[0]], arguments[1], arguments[2]);"
        )
        found = card.run(script + "return f && f.value", MEANS.index(mean), first, last)
        assert (found is None) == (expected is None), (first, last)
        if expected is not None:
            assert found == pytest.approx(expected, rel=1e-7, abs=1e-8), (first, last)
            compared += 1
    assert compared > 20


@pytest.mark.parametrize("mean", MEANS)
def test_the_registered_window_shows_what_the_fit_wrote(card, mean):
    choose(card, mean)
    quantity = fits()["made_laws"][mean]
    text = with_interval(quantity["estimate"], quantity["interval"])
    assert part(card, "exponent").text == text
    assert part(card, "state").text == "The registered window."
    assert part(card, "back").get_attribute("disabled")
    low, high = WINDOWS[mean]
    assert part(card, "ends").text == f"{low:g} to {high:g}"


def test_verdicts_of_the_registered_window_are_those_of_the_intervals(card):
    shown = [row.text for row in card.all("#window .claims li")]
    one, two, _ = claims()
    assert len(shown) == 3  # the exponent, and two numbers that follow from it
    for text, judged, row in zip(
        shown, [*one["judged"], *two["judged"]], [one, two, two], strict=True
    ):
        assert text.startswith(judged["verdict"])
        assert with_interval(judged["estimate"], judged["interval"]) in text
        assert text.endswith(f"the ledger says {row['verdict']}")


def test_arrow_keys_move_the_window_and_the_verdict_stands(card):
    before = [link.get_attribute("href") for link in card.all("#window .claims a")]
    first = part(card, "first")
    first.send_keys(Keys.ARROW_RIGHT)
    quantity = fits()["made_laws"]["log"]
    moved = quantity["variants"]["window starts one point later"]
    assert part(card, "exponent").text == with_interval(moved[0], moved[1:])
    assert part(card, "from").text == "interval of the fit"
    assert part(card, "state").text.startswith("Exploration: the verdict stands by the registered")
    first.send_keys(Keys.ARROW_RIGHT)
    assert part(card, "from").text == "rough interval"
    assert [link.get_attribute("href") for link in card.all("#window .claims a")] == before
    assert before[0].endswith("ledger.html#bahri2021_one")
    part(card, "back").click()
    assert part(card, "state").text == "The registered window."


def test_an_edge_is_dragged(card):
    grip, *_ = card.all("#window .grip")
    card.run("arguments[0].scrollIntoView({block: 'center'})", grip)
    ActionChains(card.driver).drag_and_drop_by_offset(grip, -200, 0).perform()
    assert part(card, "first").get_attribute("value") == "0"
    assert part(card, "last").get_attribute("value") == "6"
    assert part(card, "state").text.startswith("Exploration")


def test_edges_keep_three_points_between_them(card):
    part(card, "first").send_keys(Keys.END)
    assert int(part(card, "last").get_attribute("value")) == 6
    assert int(part(card, "first").get_attribute("value")) == 4


@pytest.mark.parametrize("mean", MEANS)
def test_rough_intervals_are_near_those_of_the_fit(card, mean):
    """Of windows whose interval the fit did not write, some of which a bend makes longer."""
    ratios = []
    for first, last in itertools.combinations(range(len(SIZES)), 2):
        window = (SIZES[first], SIZES[last])
        found = card.run(
            "return laws.windowed(explorer.lines[arguments[0]], arguments[1], arguments[2])",
            *(MEANS.index(mean), first, last),
        )
        exact = exponent_over_seeds(SIZES, samples()[mean], mean=mean, window=window)
        if found and found["from"] == "rough" and found["interval"] and exact["interval"]:
            ratios.append(np.ptp(found["interval"]) / np.ptp(exact["interval"]))
    assert len(ratios) > 10
    assert 0.5 < np.median(ratios) < 2


def test_the_rough_interval_of_the_registered_window_is_the_fits_own(card):
    quantity = fits()["made_laws"]["signed"]
    assert quantity["interval"] == quantity["seed_interval"]  # no bend in it
    ends = card.run(
        "const line = explorer.lines[1];"
        "return laws.windowed({...line, stored: []}, ...line.window).interval"
    )
    assert ends == pytest.approx(quantity["interval"], rel=1e-6)


def test_numbers_are_rounded_as_everywhere(card):
    source = np.random.default_rng(5)
    for _ in range(200):
        value = float(source.normal() * 10.0 ** source.integers(-3, 4))
        half = float(abs(source.normal()) * abs(value) * 10.0 ** source.integers(-5, 1))
        ends = [value - half, value + 1.3 * half]
        assert card.run("return laws.text(...arguments)", value, ends) == plain(value, ends)
        assert card.run("return laws.text(...arguments)", value, None) == plain(value, None)


def test_without_scripts_a_card_says_all_but_what_moves(browser, page):
    browser.open(page, scripts=False)
    assert not browser.one("#window").is_displayed()
    assert not browser.one("#formula").is_displayed()
    text = browser.one("main").text
    assert "Made after figure 1a of Bahri" in text
    for row in claims():
        assert row["verdict"] in text
    assert f"snakemake --cores all {NAME} --config scale=quick" in text
    assert "4 / d" in text


def test_the_command_is_copied(card):
    card.allow("clipboardReadWrite")
    button = card.one("button[data-copy]")
    button.click()
    assert "copied" in [button.text, card.one("button[data-copy]").text]


def test_sliders_redraw_the_theory(card):
    facts = card.one("#formula [data-part=facts]").text
    card.one("#formula input[name=dimension]").send_keys(Keys.ARROW_RIGHT)
    moved = card.one("#formula [data-part=facts]").text
    assert moved != facts
    assert f"{resolution_exponent(5):g}" in moved


def formula(browser, tmp_path, name):
    page = tmp_path / "card.html"
    page.write_text(card_html(the_card(formula=FORMULAS[CARDS.get(name, name)])))
    browser.open(page)


def test_two_regimes_follow_the_theory(browser, tmp_path):
    formula(browser, tmp_path, "two_regimes")
    found = browser.run("return formulas.two_regimes({dimension: 6, fixed: 5})")
    resolution, excess = found["curves"]
    x, y = (np.array(resolution[name]) for name in ("x", "y"))
    slopes = -np.diff(np.log(y)) / np.diff(np.log(x))
    assert slopes == pytest.approx(resolution_exponent(6), rel=1e-9)
    known = [place for place, value in enumerate(excess["y"]) if value is not None]
    expected = variance_limited_excess(1.0, 32, x[known])
    assert np.array(excess["y"], dtype=float)[known] == pytest.approx(expected, rel=1e-12)
    assert len(known) > 50


@pytest.mark.parametrize(("beta", "halvings"), [(0.3, 0), (1.0, 3), (2.0, 11)])
def test_the_linear_student_follows_the_theory(browser, tmp_path, beta, halvings):
    formula(browser, tmp_path, "linear_student")
    terms = {"beta": beta, "levels": 8, "halvings": halvings, "eta": 0.3}
    whole, law = browser.run("return formulas.linear_student(arguments[0])", terms)["curves"]
    alphas, variances = np.array(whole["x"]), eigenvalues(256, beta)
    trained = max(256 // 2**halvings, 1)
    expected = feature_error(variances, np.ones(256), trained, alphas, 0.3)
    assert whole["y"] == pytest.approx(expected, rel=1e-10)
    expected = power_law_error(256, beta, alphas, 0.3, 0.0)
    known = [place for place, value in enumerate(law["y"]) if value is not None]
    assert np.array(law["y"], dtype=float)[known] == pytest.approx(expected[known], rel=1e-10)
    assert len(known) > 10


@pytest.mark.parametrize("alpha", [0.5, 3.0, 200.0])
def test_the_square_loss_follows_the_theory(browser, tmp_path, alpha):
    formula(browser, tmp_path, "damico2025_appendix_mse")
    for lam in (0.05, 0.8, 3.0):
        found = browser.run("return formulas.overlap(...arguments)", alpha, lam)
        try:
            expected = overlap(alpha, lam)
        except NoSolution:
            expected = None
        assert found == (expected and pytest.approx(expected, rel=1e-12))
    assert browser.run("return formulas.hebb(arguments[0])", alpha) == pytest.approx(
        hebb_error(alpha), rel=1e-12
    )
    found = browser.run("return formulas.square_loss({alpha: Math.log10(arguments[0])})", alpha)
    errors = [value for value in found["curves"][0]["y"] if value is not None]
    assert len(errors) > 50
