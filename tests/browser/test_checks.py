"""The checks of pages find what they are for, in a page that has every fault."""

import page_checks

FAULTY = """<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>faulty</title>
<style>.wide { width: 3000px } .low { height: 1em; overflow: hidden } .pale { color: #bbb }
a:focus-visible { outline: none } .veil { position: absolute; inset: 0; background: #fff }</style>
<body style="background: #fff"><main>
<div class="wide">too wide for the window</div>
<div class="low">one<br>two<br>three</div>
<p class="pale">can hardly be read</p>
<div style="position: relative"><svg width="50" height="50"><rect width="9" height="9"/></svg>
<div class="veil"></div></div>
<img src="http://192.0.2.1/picture.png" alt="from elsewhere">
<a href="missing.html">no file</a> <a href="#nowhere">no part</a> <a href="http://192.0.2.1/">out</a>
<button></button><span id="last" tabindex="0">last</span><i tabindex="5">first</i>
</main><script>console.error("told"); undefinedFunction();</script></body></html>"""


def test_every_fault_is_found(browser, tmp_path):
    page = tmp_path / "faulty.html"
    page.write_text(FAULTY)
    browser.open(page)
    found = page_checks.problems(browser)
    assert any(offender.endswith("in 1400") for offender in found["beyond the window"])
    cut = " ".join(found["cut"])
    assert "outside: div.wide" in cut
    assert "too low: div.low" in cut
    assert any("can hardly be read" in offender for offender in found["too little contrast"])
    unseen = " ".join(found["pictures out of sight"])
    assert "svg" in unseen
    assert "not loaded: http://192.0.2.1/picture.png" in unseen
    assert set(found["without a name"]) == {"button without a name", "image without a name"}
    assert found["asked of a network"] == ["http://192.0.2.1/picture.png"]
    console = " ".join(found["told by the console"])
    assert "told" in console
    assert "undefinedFunction is not defined" in console
    assert page_checks.dead_links(browser, tmp_path) == [
        "missing.html is no file",
        "#nowhere is no part of the page",
        "http://192.0.2.1/ leaves the folder of results",
    ]
    out_of_order, *ringless = page_checks.unreached(browser)
    assert "the order is" in out_of_order
    assert any("no file" in offender for offender in ringless)
