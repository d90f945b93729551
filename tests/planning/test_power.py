"""Chances of a decision, against runs that are drawn and judged; what the terminal shows."""

import json
from dataclasses import replace

import numpy as np
import pytest
from made_pilot import BAND, FAMILY, claim, found, measured, part, write_pilot
from statsmodels.stats.multitest import multipletests

from command_line import answer, assert_refused
from scalinglaws.claims.ledger import judge_paper
from scalinglaws.claims.multiplicity import BENJAMINI_HOCHBERG, HOLM
from scalinglaws.claims.verdict import UNDECIDED, Band, judge_quantity
from scalinglaws.config import SCALES
from scalinglaws.planning.chances import Chances, chances, student
from scalinglaws.planning.pilot import (
    Part,
    claims_of,
    piloted_of,
    read_pilot,
)
from scalinglaws.planning.plan import assemble
from scalinglaws.planning.power import (
    WANTED,
    claim_chances,
    foreseen,
    powers,
    size_needed,
    sizes_needed,
)
from scalinglaws.planning.prices import Prices
from scalinglaws.planning.table import plan_record
from scalinglaws.planning.units import times, units_of

DRAWS = 2000


@pytest.fixture(scope="module")
def quick():
    return assemble({"scale": "quick"})


@pytest.fixture(scope="module")
def prices(quick):
    return Prices(quick)


def ran(truth, scatter, seeds, extra, generator):
    """p values of a run, as the ledger finds them; `extra` widens the interval on each side."""
    one = measured(truth, scatter, seeds, generator)
    low, high = one["interval"]
    judged = judge_quantity({**one, "interval": [low - extra, high + extra]}, BAND)
    return judged.p_equivalence, judged.p_difference


@pytest.mark.parametrize("extra", [0.0, 0.05])
@pytest.mark.parametrize(
    ("truth", "scatter", "seeds"), [(0.05, 0.2, 8), (0.3, 0.2, 6), (0.1, 0.1, 24)]
)
def test_a_known_truth_is_decided_as_often_as_the_ledger_decides_it(truth, scatter, seeds, extra):
    generator = np.random.default_rng(5)
    equivalence, difference = 0.01, 0.02
    pilot = piloted_of(found(truth, scatter / 2, 4), BAND)
    pilot = replace(pilot, fixed_below=extra, fixed_above=extra)
    told = chances(pilot, seeds, equivalence, difference, known=True)
    drawn = np.array([ran(truth, scatter, seeds, extra, generator) for _ in range(DRAWS)])
    assert told.reproduced == pytest.approx(np.mean(drawn[:, 0] <= equivalence), abs=0.03)
    assert told.differs == pytest.approx(np.mean(drawn[:, 1] <= difference), abs=0.03)


@pytest.mark.parametrize(("pilot_seeds", "seeds"), [(2, 8), (3, 6), (6, 6), (12, 48)])
def test_what_a_pilot_leaves_open_is_integrated_over(pilot_seeds, seeds):
    """Truth and scatter from what the pilot leaves open, the run from these; then its p values."""
    generator = np.random.default_rng(6)
    estimate, error, degrees = 0.08, 0.03, pilot_seeds - 1
    told = chances(piloted_of(found(estimate, error, pilot_seeds), BAND), seeds, 0.01, 0.02)
    sigma = error * np.sqrt(degrees / generator.chisquare(degrees, DRAWS))
    truths = generator.normal(estimate, sigma)
    drawn = np.array([
        ran(truth, spread * np.sqrt(pilot_seeds), seeds, 0.0, generator)
        for truth, spread in zip(truths, sigma, strict=True)
    ])  # fmt: skip
    assert told.reproduced == pytest.approx(np.mean(drawn[:, 0] <= 0.01), abs=0.03)
    assert told.differs == pytest.approx(np.mean(drawn[:, 1] <= 0.02), abs=0.03)


def forecast_and_outcome(generator, pilot_seeds, widest, papers, size=60):
    """Of papers with claims drawn at random: the chances told, and what the ledger then decides."""
    told, decided = [], []
    for _ in range(papers):
        claims, records, full = [], [], {}
        for number in range(size):
            truth, scatter = generator.uniform(-widest, widest), 0.15 * np.exp(generator.normal())
            seeds = int(generator.choice(pilot_seeds))
            planned = seeds * int(generator.choice([1, 2, 4, 8]))
            pilot, name = measured(truth, scatter, seeds, generator), f"paper_{number}"
            claims.append(claim(part(pilot, planned), name=name))
            records.append(record(name, f"fit.value{number}"))
            full[f"value{number}"] = measured(truth, scatter, planned, generator)
        told += [each.decided for each in foreseen(claims, {})]
        rows = judge_paper(records, {"fit": full}, [])
        decided += [row["verdict"] != UNDECIDED for row in rows]
    return np.array(told), np.array(decided)


def record(name, *quantities):
    return {
        "id": name, "kind": "equals", "published": 0.0, "published_error": None,
        "published_decimals": None, "margin": 0.15, "margin_reason": "made up",
        "quantities": list(quantities), "departures": [], "primary": True, "provenance": "printed",
    }  # fmt: skip


def test_chances_are_calibrated_through_pilot_run_and_ledger():
    told, decided = forecast_and_outcome(np.random.default_rng(8), [3, 4, 6, 12], 1.0, papers=20)
    for low, high in ((0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1.01)):
        inside = (low <= told) & (told < high)
        assert inside.sum() > 50
        assert decided[inside].mean() == pytest.approx(told[inside].mean(), abs=0.08)


def test_of_claims_given_80_percent_most_are_decided_where_all_truths_are_near_the_band():
    told, decided = forecast_and_outcome(np.random.default_rng(9), [4, 6, 12], 0.3, papers=15)
    likely = told >= WANTED
    assert likely.sum() > 50
    assert decided[likely].mean() > 0.7


@pytest.mark.parametrize(("correction", "method"), [(HOLM, "holm"), (BENJAMINI_HOCHBERG, "fdr_bh")])
def test_a_claim_needs_what_its_correction_leaves_it(correction, method):
    generator = np.random.default_rng(10)
    for _ in range(20):  # each takes statsmodels a tenth of a second
        p = generator.uniform(size=12) ** generator.choice([1, 3, 8])
        rejected = multipletests(p, 0.05, method=method)[0]
        for number, value in enumerate(p):
            others = rejected.sum() - rejected[number]
            assert rejected[number] == (value <= 0.05 * size_needed(correction, len(p), others))


def test_families_are_corrected_apart():
    alone = claim(part(found(0.0, 0.01, 6), 6))
    crowd = [replace(alone, name=f"paper_{number}") for number in range(9)]
    other = replace(alone, family=FAMILY._replace(name="primary"))
    none = [Chances(0.0, 0.0)] * 10
    assert sizes_needed([*crowd, other], none)[0].equivalence == pytest.approx(0.025 / 9)
    assert sizes_needed([*crowd, other], none)[9].equivalence == pytest.approx(0.025)
    spent = [replace(each, family=FAMILY._replace(share=0.7)) for each in crowd]
    assert sizes_needed(spent, none[:9])[0].difference == pytest.approx(0.05 * 0.7 / 9)
    half = [Chances(0.5, 0.25)] * 9
    assert sizes_needed(crowd, half)[0].equivalence == pytest.approx(0.025 / 5)
    assert sizes_needed(crowd, half)[0].difference == pytest.approx(0.05 / 7)


def test_all_parts_must_be_reproduced_and_one_that_differs_suffices():
    sizes = sizes_needed([claim()], [Chances(0.0, 0.0)])[0]
    good, bad = part(found(0.0, 0.001, 6), 6), part(found(1.0, 0.001, 6), 6)
    missing = Part("fit.lost", ("runs",), 6, why="too many draws failed")
    assert claim_chances(claim(good, good), sizes, {}).reproduced > 0.99
    assert claim_chances(claim(good, bad), sizes, {}).differs > 0.99
    close = part(found(0.2, 0.01, 6), 6)
    alone = chances(close.piloted, 6, sizes.equivalence, sizes.difference / 2).differs
    assert claim_chances(claim(close, missing), sizes, {}).differs == pytest.approx(alone)
    assert claim_chances(claim(good, missing), sizes, {}) == pytest.approx(Chances(0, 0), abs=1e-3)
    assert claim_chances(claim(good, Part("f.x", verdict="differs")), sizes, {}).differs == 1
    assert claim_chances(claim(good, Part("f.x", verdict=UNDECIDED)), sizes, {}).reproduced == 0


def test_given_data_are_decided_as_they_stand():
    sizes = sizes_needed([claim()], [Chances(0.0, 0.0)])[0]
    assert claim_chances(claim(Part("f.x", p_values=(0.001, 1.0))), sizes, {}) == Chances(1.0, 0.0)
    assert claim_chances(claim(Part("f.x", p_values=(0.2, 0.2))), sizes, {}).decided == 0


def foretold(prices, *parts):
    return powers(prices, [claim(*parts)])[0]


def test_the_seeds_that_suffice_are_the_fewest(prices):
    of = part(found(0.02, 0.08, 6), 6, experiments=("sphere_kernels",))
    told = foretold(prices, of)
    (sizes,) = sizes_needed([told.claim], [told.chances])
    seeds = round(told.enough * 6)
    own_block = prices.plan.requests["sphere_kernels"].sizes["seeds_per_block"]
    assert seeds > 6
    assert seeds % own_block == 0
    for count, enough in ((seeds, True), (seeds - own_block, False)):
        design = {"sphere_kernels": count / 6}
        assert (claim_chances(told.claim, sizes, design).decided >= WANTED) == enough
    cost = [prices.of("sphere_kernels", multiple) for multiple in (1.0, told.enough)]
    assert told.more_seconds == pytest.approx(cost[1] - cost[0])


def test_a_decided_claim_needs_no_more(prices):
    told = foretold(prices, part(found(0.0, 0.01, 6), 6, experiments=("sphere_kernels",)))
    assert (told.enough, told.more_seconds, told.why) == (1.0, 0.0, "")


def test_what_seeds_leave_of_an_interval_stays_however_many_there_are(prices):
    wide = {**found(0.0, 0.01, 6), "seed_interval": [-0.02, 0.02], "interval": [-0.2, 0.2]}
    told = foretold(prices, part(wide, 6, experiments=("sphere_kernels",)))
    assert told.enough is None
    assert told.why == "the model's term dominates"
    narrow = {**wide, "interval": [-0.06, 0.06]}
    assert foretold(prices, part(narrow, 6, experiments=("sphere_kernels",))).enough == 1.0


@pytest.mark.parametrize(
    ("of", "why"),
    [
        (part(found(0.15, 0.02, 6), 6, experiments=("sphere_kernels",)), "at the band's edge"),
        (part(found(0.11, 0.05, 3), 3, experiments=("sphere_kernels",)), "unclear side"),
        (replace(part(found(0.15, 0.02, 6), 6, experiments=("digits_mlp",)), bent=True), "bends"),
        (
            Part("f.x", ("digits_mlp",), 4, run=False, why="no such size"),
            "not run by the pilot: no",
        ),
        (Part("f.x", ("digits_mlp",), 4, why="not positive"), "no estimate: not positive"),
        (Part("f.x", p_values=(0.5, 0.5)), "no seeds: its data are given"),
    ],
)
def test_a_claim_that_no_number_of_seeds_decides_says_why(prices, of, why):
    hopeless = claim(Part("f.x", ("digits_mlp",), 4, why="never"))
    crowd = [replace(hopeless, name=f"paper_{number}") for number in range(9)]
    told = powers(prices, [claim(of), *crowd])[0]
    assert told.enough is None
    assert why in told.why


def test_degrees_of_freedom_that_a_quantity_names_go_before_its_seeds():
    plain = piloted_of(found(0.0, 0.05, 12), BAND)
    fewer = piloted_of({**found(0.0, 0.05, 12), "degrees": 3.0}, BAND)
    assert (plain.degrees, fewer.degrees) == (11, 3.0)
    assert fewer.degrees_of(23) == pytest.approx(6.0)


def test_an_inequality_is_open_on_one_side():
    pilot = piloted_of(found(0.5, 0.1, 6), Band(0.0, np.inf, 0.0))
    close = chances(pilot, 6, 0.025, 0.05)
    far = chances(replace(pilot, estimate=50.0), 6, 0.025, 0.05)
    assert close.reproduced < far.reproduced == pytest.approx(1.0)
    assert student(0.95, 5) == pytest.approx(2.5706, abs=1e-4)


@pytest.mark.parametrize("scale", SCALES)
def test_units_are_what_more_seeds_are(scale):
    """Twice the units of any experiment are about twice its members; without units none change."""
    plan = assemble({"scale": scale})
    for name, request in plan.requests.items():
        doubled = times(request.sizes, 2)
        if units_of(request.sizes) is None:
            assert doubled == request.sizes, name
            settings = [block.settings for block in plan.of_experiment(name)]
            assert not any({"first_seed", "seeds"} & set(each) for each in settings), name
        else:
            assert units_of(doubled) == 2 * units_of(request.sizes), name
            assert times(doubled, 0.5) == request.sizes, name


def test_more_units_cost_what_their_plan_says(quick, prices):
    alone = sum(map(quick.machine.core_seconds, quick.of_experiment("digits_mlp")))
    assert prices.of("digits_mlp") == pytest.approx(alone)
    assert 1.5 * alone < prices.of("digits_mlp", 2.0) <= 2 * alone
    assert prices.of("digits_mlp", 1e6) is None  # more than its schema allows


@pytest.mark.parametrize(
    ("panel", "count"), [("CNN_MNIST", 4), ("CNN_CIFAR10", 6), ("CNN_CIFAR100", 3)]
)
def test_a_panel_of_its_own_number_of_seeds_counts_by_its_name(panel, count):
    sizes = {
        "shared": {"seeds": 4, "jobs": 2},
        "panels": {"CNN_MNIST": {}, "CNN_CIFAR10": {"seeds": 6}, "CNN_CIFAR100": {"seeds": 3}},
    }
    assert units_of(sizes, f"{panel}_gamma") == count
    assert units_of(sizes, "law_difference") == 3


def test_a_quantity_rests_on_the_experiments_with_its_number_of_seeds(quick, tmp_path):
    pilot = read_pilot(write_pilot(tmp_path / "pilot", quick), quick)
    parts = {one.name: one for each in claims_of(quick, pilot) for one in each.parts}
    wide = parts["four_regimes.variance_slope_teacher"]  # 64 seeds, the most that its fit reads
    assert wide.experiments == ("variance_limited_centred",)
    network = parts["implicit_bias_laws.ResNet_MNIST_gamma_measured"]
    assert network.experiments == ("resnet_curves",)


def test_a_pilot_of_other_seeds_is_known_by_its_own_plan_not_by_todays_config(quick, tmp_path):
    """Planning a scale anew from its last run is what pilots are for: config has moved on."""
    name = "variance_limited_centred"
    sizes = {**quick.requests[name].sizes, "seeds": 96, "seeds_per_block": 96}
    then = {**quick.requests, name: replace(quick.requests[name], sizes=sizes)}
    written = write_pilot(tmp_path / "pilot", replace(quick, requests=then))
    pilot = read_pilot(written, quick)
    parts = {one.name: one for each in claims_of(quick, pilot) for one in each.parts}
    wide = parts["four_regimes.variance_slope_teacher"]  # as many seeds as the most that ran
    assert (wide.experiments, wide.piloted.seeds) == ((name,), 96)
    assert wide.planned == units_of(quick.requests[name].sizes) == 32


def test_the_written_plan_tells_the_sizes_it_was_made_from(quick):
    sizes = json.loads(json.dumps(plan_record(quick)))["sizes"]
    assert sizes == {name: request.sizes for name, request in quick.requests.items()}


def test_a_pilot_whose_plan_tells_no_sizes_is_said_to_be_one(quick, tmp_path, capsys):
    folder = write_pilot(tmp_path / "pilot", quick)
    ask = ("plan", "--scale", "quick", "--power", "--pilot", str(folder))
    assert "tells no sizes" not in answer(capsys, *ask)[1].out
    (folder / "plan" / "plan.json").write_text('{"scale": "quick", "seed": 7}')
    shown = answer(capsys, *ask)[1].out
    assert "tells no sizes, so it is read as if it had run\nwhat quick is in config" in shown
    assert max(map(len, shown.splitlines()[1:])) <= 80


def test_deterministic_claims_are_left_out(quick, tmp_path):
    pilot = read_pilot(write_pilot(tmp_path / "pilot", quick), quick)
    names = {one.name for one in claims_of(quick, pilot)}
    assert "worschech2024_C4a" not in names  # plateau_theory has no seeds
    assert "bahri2021_C1_teacher" in names


def test_the_table_of_a_plan_and_its_record_say_the_same(quick, tmp_path, capsys):
    folder = str(write_pilot(tmp_path / "pilot", quick))
    status, shown = answer(capsys, "plan", "--scale", "quick", "--power", "--pilot", folder)
    assert status == 0
    assert max(map(len, shown.out.splitlines()[1:])) <= 80
    _, as_json = answer(capsys, "plan", "--scale", "quick", "--power", "--pilot", folder, "--json")
    record = json.loads(as_json.out)
    assert f"{record['expected_decided']:.1f} decided on average" in shown.out
    assert {one["claim"] for one in record["claims"]} >= {"bahri2021_C1_teacher"}
    assert all(0 <= one["decided"] <= 1 for one in record["claims"])


def test_of_named_figures_only_their_claims_are_shown(quick, tmp_path, capsys):
    folder = str(write_pilot(tmp_path / "pilot", quick))
    options = ("plan", "--scale", "quick", "bahri2021_fig1a", "--power", "--pilot", folder)
    _, shown = answer(capsys, *options)
    assert " C1_teacher" in shown.out
    assert "damico2025" not in shown.out


def test_a_pilot_of_other_sizes_is_said_to_be_one(quick, tmp_path, capsys):
    folder = str(write_pilot(tmp_path / "pilot", quick))
    _, same = answer(capsys, "plan", "--scale", "quick", "--power", "--pilot", folder)
    _, other = answer(capsys, "plan", "--scale", "laptop", "--power", "--pilot", folder)
    assert "other sizes" not in same.out
    assert "one root seed" not in same.out
    assert "experiments have other sizes than in the pilot" in other.out


def test_a_pilot_with_the_root_seed_of_the_run_is_said_to_be_one(quick, tmp_path, capsys):
    folder = write_pilot(tmp_path / "pilot", quick, seed=quick.config["seed"])
    _, shown = answer(capsys, "plan", "--scale", "quick", "--power", "--pilot", str(folder))
    assert "both have one root seed" in shown.out


def test_what_is_no_pilot_is_refused_in_a_sentence(quick, tmp_path, capsys):
    ask = ("plan", "--scale", "quick", "--power", "--pilot")
    assert_refused(capsys, (*ask, str(tmp_path)), r"is no finished run, .*plan\.json .* --pilot")
    folder = write_pilot(tmp_path / "pilot", quick)
    fit = folder / "fits" / "bahri2021" / "four_regimes.json"
    content = json.loads(fit.read_text())
    del content["quantities"]["variance_slope_teacher"]
    fit.write_text(json.dumps(content))
    named = r"C1_teacher names the quantity four_regimes\.variance_slope_teacher, which .* lacks"
    assert_refused(capsys, (*ask, str(folder)), named)
    fit.write_text("{")
    assert_refused(capsys, (*ask, str(folder)), r"four_regimes\.json is damaged")
    fit.unlink()
    assert_refused(capsys, (*ask, str(folder)), r"four_regimes\.json does not exist, so .* says no")
    (folder / "plan" / "plan.json").write_text('{"scale": "gone", "seed": 7}')
    assert_refused(
        capsys, (*ask, str(folder)), r"run at scale 'gone', which config/scales does not"
    )
    (folder / "plan" / "plan.json").write_text('{"seed": 7}')
    assert_refused(capsys, (*ask, str(folder)), r"plan\.json is damaged .* scale and seed")


def test_options_that_belong_elsewhere_are_refused(capsys):
    assert_refused(capsys, ("plan", "--pilot", "results/quick"), "--pilot is for --power and")
    assert_refused(capsys, ("plan", "--power", "--write", "x.yaml"), "--write is for --budget")
    assert_refused(capsys, ("plan", "--power", "--budget", "2h"), "not allowed with")


def test_what_the_scale_leaves_out_weakens_no_claim_of_its_family():
    run = claim(part(found(0.0, 0.05, 6), 6), name="run")
    absent = replace(
        claim(Part("f.y", run=False, why="this scale"), name="absent"), in_family=False
    )
    alone, beside = sizes_needed([run], [SOME]), sizes_needed([run, absent], [SOME, NONE])
    assert beside[0] == alone[0]
    counted = replace(absent, in_family=True)
    assert sizes_needed([run, counted], [SOME, NONE])[0].equivalence < alone[0].equivalence


SOME, NONE = Chances(0.5, 0.0), Chances(0.0, 0.0)
