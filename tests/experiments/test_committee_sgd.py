import math

import numpy as np
import pytest
from scipy.special import erf

from interruption import resumed_after_reports, same_bytes
from planned_blocks import checked, cut, planned
from scalinglaws.config import read_scale
from scalinglaws.errors import InputError
from scalinglaws.experiments.committee import run_ode as committee_ode
from scalinglaws.experiments.committee import run_sgd as committee_sgd
from scalinglaws.experiments.committee.settings import Descents, OrderParameters
from scalinglaws.experiments.committee.start import draw_weights, members_of
from scalinglaws.measures.committee import first_overlaps, generalisation_error
from scalinglaws.records import as_record
from scalinglaws.theory.committee import block_overlaps
from scalinglaws.theory.power_law_spectrum import eigenvalues, input_variances
from scalinglaws.training.committee_descent import learn
from scalinglaws.training.session import Session

SETTINGS = {
    "dimension": 64,
    "hidden": 2,
    "beta": 1.0,
    "eta": 0.1,
    "sigma_j": 0.01,
    "alpha_min": 0.3,
    "alpha_max": 300.0,
    "points": 20,
    "levels": [1, 4],
    "first_seed": 0,
    "seeds": 2,
    "seed": 5,
}
SIZES = {key: value for key, value in SETTINGS.items() if key not in ("seed", "first_seed")}
SIZES |= {"seeds_per_block": 1, "level_groups": 2}
ODE_SIZES = {
    **SIZES,
    "plateau_levels": [1],
    "reference_dimension": 128,
    "reference_alpha_max": 500.0,
}
UNDRAWN = {
    "typical_levels": [1, 4],
    "plateau_levels": [1],
    "reference_dimension": 64,
    "reference_alpha_max": 300.0,
}


def plain_sgd(student, teacher, scale, normals, eta):
    student = student.copy()
    dimension = student.shape[1]
    gain = math.sqrt(len(teacher)) / len(student)
    for row in normals.astype(np.float64):
        xi = scale * math.sqrt(dimension) * row
        x, y = student @ xi / math.sqrt(dimension), teacher @ xi / math.sqrt(dimension)
        target = erf(y / math.sqrt(2)).sum() / math.sqrt(len(teacher))
        output = gain * erf(x / math.sqrt(2)).sum()
        delta = gain * math.sqrt(2 / math.pi) * np.exp(-(x**2) / 2) * (target - output)
        student += eta / math.sqrt(dimension) * np.outer(delta, xi)
    return student


@pytest.mark.parametrize(("hidden", "units"), [(2, 2), (3, 2)])
def test_compiled_sgd_equals_a_plain_loop(hidden, units):
    generator = np.random.default_rng(1)
    student, teacher = (
        generator.standard_normal((hidden, 33)),
        generator.standard_normal((units, 33)),
    )
    scale = generator.uniform(0.1, 0.3, 33)
    normals = generator.standard_normal((300, 33)).astype(np.float32)
    expected = plain_sgd(student, teacher, scale, normals, 0.3)
    learn(student, teacher, scale, normals, 0.3)
    np.testing.assert_allclose(student, expected, rtol=1e-10, atol=1e-12)


def test_generalisation_error_agrees_with_fresh_examples():
    generator = np.random.default_rng(2)
    student, teacher = generator.standard_normal((3, 24)), generator.standard_normal((2, 24))
    variances = input_variances(4, 24, 0.5)
    exact = generalisation_error(first_overlaps(student, teacher, variances), 3)
    xi = generator.standard_normal((400_000, 24)) * np.sqrt(variances / 24)
    output = math.sqrt(2) / 3 * erf(xi @ student.T / math.sqrt(2)).sum(axis=1)
    target = erf(xi @ teacher.T / math.sqrt(2)).sum(axis=1) / math.sqrt(2)
    losses = (target - output) ** 2 / 2
    assert abs(losses.mean() - exact) < 5 * losses.std() / math.sqrt(len(losses))


def test_blocks_of_overlaps_add_up_to_the_overlap_of_the_weights():
    student, teacher = draw_weights(as_record(Descents, SETTINGS), 3)
    blocks = block_overlaps(student, teacher, 4)
    covariance = first_overlaps(student, teacher, input_variances(4, 64, 1.0))
    summed = np.tensordot(eigenvalues(4, 1.0) / 4, blocks, 1)
    np.testing.assert_allclose(summed, covariance[:2, 2:], rtol=1e-12)


@pytest.mark.parametrize("reports", [1, 4, 7])
def test_resumed_run_is_byte_identical(tmp_path, reports):
    whole = committee_sgd.run(SETTINGS, {}, Session())
    resumed = resumed_after_reports(
        lambda session: committee_sgd.run(SETTINGS, {}, session), tmp_path, reports
    )
    assert same_bytes(resumed, whole)


def test_member_does_not_depend_on_its_block():
    whole = committee_sgd.run(SETTINGS, {}, Session())
    settings = {**SETTINGS, "levels": [4], "first_seed": 1, "seeds": 1}
    alone = committee_sgd.run(settings, {}, Session())
    same = (whole["levels"] == 4) & (whole["seed"] == 1)
    assert whole["value"][same].tobytes() == alone["value"].tobytes()


def test_theory_follows_the_simulation_from_the_same_weights():
    settings = {**SETTINGS, "dimension": 256, "alpha_max": 100.0, "levels": [1, 4]}
    simulated = committee_sgd.run(settings, {}, Session())
    reference = {"reference_dimension": 256, "reference_alpha_max": 100.0}
    reference |= {"typical_levels": [1, 4], "plateau_levels": []}
    predicted = committee_ode.run({**settings, **reference}, {}, Session())
    chosen = predicted["start"] == "realised"
    np.testing.assert_array_equal(predicted["alpha"][chosen], simulated["alpha"])
    relative = np.abs(predicted["value"][chosen] / simulated["value"] - 1)
    assert np.median(relative) < 0.03
    assert simulated["value"].min() < 0.1 * simulated["value"].max()


def test_theory_of_an_undrawn_start_does_not_pass_for_a_seed():
    table = committee_ode.run({**SETTINGS, **UNDRAWN}, {}, Session())
    assert set(table["seed"][table["start"] != "realised"]) == {committee_ode.NO_SEED}
    assert np.all(np.isfinite(table["value"]))
    assert set(table["quantity"][table["start"] == "noiseless"]) == {
        "eps_g",
        "local_slope",
        "split",
        "growth_rate",
    }


def test_resumed_theory_is_byte_identical(tmp_path):
    settings = {**SETTINGS, **UNDRAWN}
    whole = committee_ode.run(settings, {}, Session())
    resumed = resumed_after_reports(
        lambda session: committee_ode.run(settings, {}, session), tmp_path, 3
    )
    assert same_bytes(resumed, whole)


def test_diverged_member_is_nan_and_keeps_its_rows():
    table = committee_sgd.run({**SETTINGS, "eta": 1e308, "alpha_max": 2.0}, {}, Session())
    assert len(table["value"]) == 4 * SETTINGS["points"]
    assert np.all(np.isnan(table["value"].reshape(4, -1)[:, -1]))


def test_blocks_cover_every_member_once():
    blocks = cut("committee_sgd", SIZES)
    members = [
        member.levels * 1000 + member.seed
        for block in blocks
        for member in members_of(as_record(Descents, block.settings))
    ]
    assert sorted(members) == [1000, 1001, 4000, 4001]
    assert sum(block.members for block in blocks) == 4
    theory = cut("committee_ode", ODE_SIZES)
    settings = [as_record(OrderParameters, block.settings) for block in theory]
    found = {member for asked in settings for member in committee_ode.members_of(asked)}
    assert len(found) == sum(block.members for block in theory) == 4 + 2 + 1


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"levels": [3]}, "levels holds 3"),
        ({"levels": [128]}, "levels holds 128"),
        ({"beta": 0.0}, "beta is 0.0"),
        ({"sigma_j": -1.0}, "sigma_j is -1.0"),
        ({"alpha_max": 0.1}, "alpha_max is 0.1"),
    ],
)
@pytest.mark.parametrize(
    ("experiment", "sizes"), [("committee_sgd", SIZES), ("committee_ode", ODE_SIZES)]
)
def test_impossible_sizes_are_refused_when_planning(experiment, sizes, change, named):
    with pytest.raises(InputError, match=f"{experiment}.*{named}"):
        cut(experiment, checked(experiment, {**sizes, **change}))


def test_plateau_levels_must_be_among_the_levels():
    with pytest.raises(InputError, match="plateau_levels is"):
        cut("committee_ode", {**ODE_SIZES, "plateau_levels": [2]})


@pytest.mark.parametrize("scale", ["quick", "laptop", "workstation", "paper"])
def test_theory_is_configured_for_the_simulation_it_is_compared_with(scale):
    sizes = read_scale(scale)["worschech2024"]
    sgd, ode = sizes["committee_sgd"], sizes["committee_ode"]
    shared = sgd.keys() & ode.keys() - {"levels", "level_groups", "seeds_per_block"}
    assert {"dimension", "eta", "seeds"} <= shared
    assert {key: sgd[key] for key in shared} == {key: ode[key] for key in shared}
    assert set(sgd["levels"]) <= set(ode["levels"])
    assert planned("committee_ode", scale)
    assert planned("committee_sgd", scale)
