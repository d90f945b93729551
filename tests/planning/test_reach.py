"""Which claims a scale cannot decide, by a pilot, and how the list is kept."""

import pytest
import yaml
from made_pilot import claim, found, part

from command_line import assert_refused
from scalinglaws.planning import reach
from scalinglaws.planning.chances import Chances
from scalinglaws.planning.pilot import Part
from scalinglaws.planning.power import AT_THE_EDGE, BENDS, UNCLEAR, WANTED, Power, powers

WHOLE = 100.0  # seconds of the made scale


class MadePrices:
    """A scale of one experiment, whose cost is in proportion to its seeds."""

    def total(self, design):
        return WHOLE * max(design.values(), default=1.0)

    def of(self, experiment, multiple=1.0):
        return WHOLE * multiple

    def doublings(self, experiment, most):
        return most


def foretold(why="", *, enough=None, more=0.0, given=False):
    own = Part("fit.value", p_values=(0.5, 0.5)) if given else part(found(0.0, 0.1, 8), 8)
    return Power(claim(own), Chances(0.1, 0.0), 8, enough, more, why)


def listed(one):
    return reach.out_of_reach(MadePrices(), [one])


@pytest.mark.parametrize("why", [BENDS, AT_THE_EDGE])
def test_what_no_number_of_seeds_decides_is_beyond_reach(why):
    assert listed(foretold(why)) == {"paper_one": why}


def test_a_claim_that_would_be_decided_if_the_pilot_were_right_stays_in_reach():
    assert listed(foretold(UNCLEAR)) == {}


def test_seeds_that_cost_more_than_the_whole_scale_are_beyond_reach():
    assert listed(foretold(enough=4.0, more=0.9 * WHOLE)) == {}
    told = listed(foretold(enough=4.0, more=1.1 * WHOLE))["paper_one"]
    assert "takes 32 seeds instead of 8" in told


def test_what_released_data_leave_open_is_beyond_no_scale():
    assert listed(foretold(BENDS, given=True)) == {}


def test_a_pilot_decides_what_is_listed():
    """From estimates: inside the band, on its edge with many seeds, and far off."""
    claims = [
        claim(part(found(estimate, 0.01, 8), 8), name=f"paper_{name}")
        for name, estimate in (("inside", 0.0), ("edge", 0.15), ("far", 0.5))
    ]
    told = reach.out_of_reach(MadePrices(), powers(MadePrices(), claims))
    assert told == {"paper_edge": AT_THE_EDGE}


def test_the_list_of_one_scale_leaves_the_others(tmp_path, monkeypatch):
    (tmp_path / "reach.yaml").write_text("{}")
    monkeypatch.setattr(reach, "CONFIG", tmp_path)
    monkeypatch.setattr(reach, "read_reach", lambda: {"quick": {"a": "it bends"}})

    class Planned:
        config = {"scale": "laptop"}  # noqa: RUF012

    class Read:
        folder = "results/pilot"

    said = reach.write_reach(Planned(), Read(), {"b": "it bends: by far"})
    assert "one claim that scale laptop cannot decide" in said
    lists = yaml.safe_load((tmp_path / "reach.yaml").read_text())
    assert lists == {"laptop": {"b": "it bends: by far"}, "quick": {"a": "it bends"}}


def test_a_list_is_made_of_all_claims_and_with_power_alone(capsys):
    assert_refused(capsys, ["plan", "--reach"], "--reach is for --power")
    assert_refused(
        capsys, ["plan", "--power", "--reach", "bahri2021_fig1a"], "neither figures nor --json"
    )


def test_the_shipped_lists_give_the_reasons_of_their_rule():
    for claims in reach.read_reach().values():
        for why in claims.values():
            assert why in reach.FIXED or why.startswith(f"a chance of {100 * WANTED:.0f} % takes ")
