from pathlib import Path

import pytest

from gpu.panel_figure import curves_of

TESTS = Path(__file__).resolve().parents[1]


def test_networks_trained_on_a_card_reach_the_released_errors_as_the_profiles_page_says():
    curves = curves_of(TESTS / "gpu" / "h200")
    page = (TESTS.parent / "workflow" / "profiles" / "README.md").read_text(encoding="utf-8")
    said = " ".join(page.split())
    assert "six seeds of two root seeds" in said
    assert {len(one.seeds) for one in curves} == {6}
    assert "at the six training sizes that both have" in said
    assert len(curves) == 6
    assert "within 1.1 % of the released ones" in said
    for one in curves:
        ours, theirs = one.smallest
        assert ours == pytest.approx(theirs, rel=0.011)
