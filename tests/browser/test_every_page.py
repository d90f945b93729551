"""What holds for every page that a run writes, at three widths, light and dark.

A new kind of page joins by a line in ``PAGES``: a function that makes it in a folder.
"""

import page_checks
import pytest
from chromium import SCHEMES, WIDTHS
from made_cards import made_card, made_gallery
from made_pages import made_ledger

PAGES = {"ledger.html": made_ledger, "card": made_card, "gallery": made_gallery}


@pytest.fixture(scope="module", params=PAGES)
def page(request, tmp_path_factory):
    return PAGES[request.param](tmp_path_factory.mktemp("pages"))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_a_page_is_whole(browser, page, width, scheme):
    browser.open(page, width=width, scheme=scheme)
    assert page_checks.problems(browser) == {}
    browser.run("for (const one of document.querySelectorAll('details')) one.open = true")
    assert page_checks.problems(browser) == {}


@pytest.mark.parametrize("width", WIDTHS)
def test_a_page_is_whole_without_scripts(browser, page, width):
    browser.open(page, width=width, scripts=False)
    assert page_checks.problems(browser) == {}


def test_every_link_leads_somewhere(browser, page):
    browser.open(page)
    assert page_checks.dead_links(browser, page.parent) == []


def test_the_keyboard_reaches_everything_and_shows_where_it_is(browser, page):
    browser.open(page)
    assert page_checks.unreached(browser) == []
