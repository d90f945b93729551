"""Seeds dealt out by a budget, and the scale file that says so."""

import itertools
import json
import re
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from made_pilot import claim, found, part, write_pilot

from command_line import answer, assert_refused
from scalinglaws import config
from scalinglaws.config import base_of, read_config, read_scale
from scalinglaws.errors import InputError
from scalinglaws.planning.budget import (
    FEW,
    Search,
    all_alike,
    allocate,
    allocation,
    design_of,
    lowest,
    seconds_of,
)
from scalinglaws.planning.chances import Chances
from scalinglaws.planning.pilot import claims_of, read_pilot
from scalinglaws.planning.plan import assemble
from scalinglaws.planning.power import sizes_needed
from scalinglaws.planning.prices import Prices
from scalinglaws.planning.table import departures
from scalinglaws.planning.units import times, units_of


@pytest.fixture(scope="module")
def quick():
    return assemble({"scale": "quick"})


@pytest.fixture(scope="module")
def piloted(quick, tmp_path_factory):
    """Claims of the quick scale whose estimates lie within their bands, not always far within."""
    folder = write_pilot(tmp_path_factory.mktemp("results") / "pilot", quick)
    return folder, claims_of(quick, read_pilot(folder, quick))


@pytest.mark.parametrize(("text", "seconds"), [("120min", 7200), ("2h", 7200), (" 1.5 h", 5400)])
def test_a_budget_is_core_time_with_its_unit(text, seconds):
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["120", "2 days", "-5min", "0h", "", "1e3s", "many"])
def test_another_budget_is_refused(text):
    with pytest.raises(InputError, match=r"--budget is .* expected core time above 0 .* 120min"):
        seconds_of(text)


@dataclass
class MadePrices:
    """Prices in the seconds of one doubling's start; every experiment can be doubled 4 times."""

    each: dict[str, float]
    known: dict = field(default_factory=dict)

    def of(self, experiment, multiple=1.0):
        return self.each[experiment] * multiple

    def total(self, design):
        return sum(self.of(one, design.get(one, 1.0)) for one in self.each)

    def doublings(self, _, most):
        return min(most, 4)


def made_claims(generator, experiments, primary=()):
    claims = []
    for number in range(8):
        behind = tuple(generator.choice(experiments, size=generator.integers(1, 3), replace=False))
        pilot = found(generator.uniform(-0.1, 0.1), generator.uniform(0.02, 0.1), 6)
        own = part(pilot, 6, experiments=behind, name=f"fit.value{number}")
        claims.append(claim(own, name=f"paper_{number}", primary=number in primary))
    return claims


def search_of(claims, prices, budget):
    floor = dict.fromkeys(prices.each, 0)
    sizes = sizes_needed(claims, [Chances(0.0, 0.0)] * len(claims))
    return Search(claims, prices, floor, budget, sizes)


@pytest.mark.parametrize("seed", range(8))
def test_steps_come_close_to_the_best_there_is(seed):
    generator, names = np.random.default_rng(seed), ["a", "b", "c", "d"]
    prices = MadePrices(dict(zip(names, generator.uniform(1, 5, 4), strict=True)))
    claims = made_claims(generator, names)
    search = search_of(claims, prices, 40.0)
    every = (
        dict(zip(names, steps, strict=True)) for steps in itertools.product(range(5), repeat=4)
    )
    best = max(search.value(steps) for steps in every if prices.total(design_of(steps)) <= 40.0)
    steps = search.dealt()
    assert prices.total(design_of(steps)) <= 40.0
    assert search.value(steps) >= 0.95 * best


def test_primary_claims_come_first():
    prices = MadePrices({"a": 2.0, "b": 1.0})
    weak = found(0.0, 0.08, 6)
    one = claim(part(weak, 6, experiments=("a",)), name="paper_1")
    others = [
        claim(part(weak, 6, experiments=("b",), name=f"fit.v{n}"), name=f"paper_{n}")
        for n in range(2, 5)
    ]
    budget = 9.0  # either 4 times a, or 4 times b and 2 times a
    plain = search_of([one, *others], prices, budget).dealt()
    first = search_of([replace(one, primary=True), *others], prices, budget).dealt()
    assert plain["b"] > first["b"]
    assert first["a"] > plain["a"]


@pytest.mark.parametrize("scale", ["quick", "laptop"])
def test_no_experiment_falls_below_few_seeds(scale):
    plan = assemble({"scale": scale})
    prices = Prices(plan)
    for name, request in plan.requests.items():
        seeds, step = units_of(request.sizes), lowest(plan, [], prices, name)
        if seeds:
            assert seeds * 2.0**step == round(seeds * 2.0**step)
            assert seeds * 2.0**step >= min(seeds, FEW), name
        else:
            assert step == 0


def test_what_primary_claims_are_measured_by_gets_few_seeds_at_least(quick):
    own = part(found(0.0, 0.01, 3), 3, experiments=("committee_sgd",))
    assert units_of(quick.requests["committee_sgd"].sizes) == 3
    assert lowest(quick, [claim(own)], Prices(quick), "committee_sgd") == 0
    assert lowest(quick, [claim(own, primary=True)], Prices(quick), "committee_sgd") == 1


def test_a_budget_buys_more_decisions_than_the_same_multiple_of_all_seeds(quick, piloted):
    prices, (_, claims) = Prices(quick), piloted
    budget = 1.25 * prices.total({})
    dealt = allocate(quick, claims, prices, budget)
    alike = all_alike(claims, prices, budget)
    assert alike is not None
    assert dealt.core_seconds <= budget
    assert alike.core_seconds <= budget
    assert dealt.decided > alike.decided >= allocation(claims, prices, {}).decided
    assert dealt.design == allocate(quick, claims, prices, budget).design
    ratios = {round(np.log2(multiple), 9) for multiple in dealt.design.values()}
    assert all(ratio == int(ratio) for ratio in ratios)


def test_a_budget_below_the_fewest_seeds_is_refused(quick, piloted):
    with pytest.raises(InputError, match=r"--budget is 1 min, but scale quick takes .* at least"):
        allocate(quick, piloted[1], Prices(quick), 60.0)


def test_a_scale_of_gpus_has_no_budget_of_cores(piloted):
    paper = assemble({"scale": "paper"})
    with pytest.raises(InputError, match="--budget counts core time, but scale paper trains on"):
        allocate(paper, [], Prices(paper), 1e9)


def test_a_written_scale_is_run_like_any_other(own_config, piloted, capsys):
    target = own_config / "scales" / "longer.yaml"
    ask = ("plan", "--scale", "quick", "--budget", "28min", "--pilot", str(piloted[0]))
    status, shown = answer(capsys, *ask, "--write", str(target))
    assert status == 0, shown.err
    assert "--config scale=longer" in shown.out
    _, recorded = answer(capsys, *ask, "--json")
    design = json.loads(recorded.out)["designs"]["dealt"]
    before, after = read_scale("quick"), read_scale("longer")
    for paper, experiments in before.items():
        for name, sizes in experiments.items():
            assert after[paper][name] == times(sizes, design["multiples"][name])
    longer = assemble({"scale": "longer"})
    assert Prices(longer).total({}) == pytest.approx(design["core_seconds"])
    assert departures(longer) == departures(assemble({"scale": "quick"}))
    assert_refused(capsys, (*ask, "--write", str(target)), r"longer\.yaml exists; expected a new")


def test_every_change_has_its_reason_above_it(own_config, piloted, capsys):
    ask = ("plan", "--scale", "quick", "--budget", "28min", "--pilot", str(piloted[0]))
    _, shown = answer(capsys, *ask)
    lines = shown.out[shown.out.index("base: quick") :].splitlines()
    changes = [number for number, line in enumerate(lines) if line.startswith("  ")]
    assert len(changes) > 4
    for reason, change in zip(changes[::2], changes[1::2], strict=True):
        assert lines[reason].startswith("  # ")
        assert " before, " in lines[reason]
        assert lines[change].rstrip("}").endswith(tuple("0123456789"))


@pytest.mark.parametrize(
    "name", ["elsewhere/x.yaml", "config/scales/x.json", "config/scales/a b.yaml"]
)
def test_a_scale_is_written_where_scales_are_read(piloted, capsys, name):
    ask = ("plan", "--scale", "quick", "--budget", "28min", "--pilot", str(piloted[0]))
    assert_refused(capsys, (*ask, "--write", name), r"--write is .* config/scales/NAME\.yaml")


def test_a_budget_is_for_all_figures(piloted, capsys):
    ask = ("plan", "bahri2021_fig1a", "--budget", "28min", "--pilot", str(piloted[0]))
    assert_refused(capsys, ask, r"--budget deals out seeds for all figures, found bahri2021_fig1a")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("base: huge\n", "base is 'huge'; expected one of: quick, laptop, workstation, paper"),
        ("base: quick\ndevice: cuda\n", "has the section device; expected only: base, bahri2021"),
        ("base: quick\nbahri2021:\n  digits_mlp: {sedes: 3}\n", "unknown key 'sedes'"),
        ("base: quick\nbahri2021:\n  cold_fusion: {seeds: 3}\n", "cold_fusion: unknown experiment"),
        ("base: quick\nbahri2021:\n  digits_mlp: {seeds: many}\n", "seeds is 'many'; expected a w"),
        ("base: quick\nbahri2021: 7\n", "bahri2021 is 7; expected experiments"),
    ],
)
def test_differences_from_a_scale_are_checked_as_the_scale_is(own_config, text, named):
    (own_config / "scales" / "mine.yaml").write_text(text)
    with pytest.raises(InputError, match=named):
        read_scale("mine")


def test_a_scale_with_a_base_differs_from_it_where_it_says(own_config):
    text = "base: quick\ndamico2025:\n  cnn_curves: {shared: {seeds: 8}}\nbahri2021:\n"
    (own_config / "scales" / "mine.yaml").write_text(text)
    mine, base = read_scale("mine"), read_scale("quick")
    assert mine["damico2025"]["cnn_curves"]["shared"].pop("seeds") == 8
    assert base["damico2025"]["cnn_curves"]["shared"].pop("seeds") == 6
    assert mine == base
    assert (base_of("mine"), base_of("laptop")) == ("quick", "laptop")
    assert read_config({"scale": "mine"})["device"] == "cpu"
    with pytest.raises(
        InputError, match="expected one of: quick, laptop, workstation, paper, mine"
    ):
        read_config({"scale": "yours"})


def test_the_manual_shows_a_scale_that_is_one(own_config):
    manual = (config.REPOSITORY / "config" / "README.md").read_text()
    (shown,) = re.findall(r"```yaml\n(base: .*?)```", manual, re.S)
    (own_config / "scales" / "mine.yaml").write_text(shown)
    assert read_scale("mine")["bahri2021"]["teacher_student"]["seeds"] == 12
