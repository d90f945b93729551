from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from interruption import resumed_after_saves, same_bytes
from planned_blocks import cut
from scalinglaws.errors import InputError
from scalinglaws.experiments.perceptron import (
    plan,
    run_descent,
    run_limits,
    run_square,
    run_theory,
    settings,
)
from scalinglaws.figures import damico2025_appendix_mse, damico2025_fig2
from scalinglaws.fits import perceptron_laws, perceptron_scaling, square_loss_laws
from scalinglaws.training.session import Session

ALPHAS = {
    "alphas": [2.0, 10.0, 100.0],
    "weights": [30, 20, 10],
    "iterations": [300, 300, 300],
    "samples": 4,
    "samples_per_block": 4,
    "records": 80,
    "fixed_norm_lambdas": [0.6, 1.0, 2.0, 3.0],
}
LIMITS = {
    "lambda_low": 0.01,
    "lambda_high": 100.0,
    "lambda_points": 33,
    "ratio_low": 0.01,
    "ratio_high": 100.0,
    "ratio_points": 17,
    "collapse_alphas": [10.0, 100.0],
    "square_alphas": [2.0, 5.0, 20.0],
}
SQUARE = {
    "alphas": [2.0, 5.0, 20.0],
    "weights": 30,
    "samples": 6,
    "samples_per_block": 6,
    "lambda_low": 0.05,
    "lambda_high": 5.0,
    "lambda_points": 13,
}
THEORY = {
    "alphas": [2.0, 5.0, 10.0, 100.0],
    "lambda_low": 0.01,
    "lambda_high": 100.0,
    "lambda_points": 31,
}
SINGLE = {name: ALPHAS[name] for name in ALPHAS if name != "alphas"}
DESCENT = {**SINGLE, "alpha": 5.0, "weights": 30, "iterations": 300}
SETTINGS = {
    "early_lambda": 10.0,
    "early_window": [0.9, 3.1],
    "large_alpha": 100.0,
    "collapse_range": [0.3, 30.0],
    "product_alphas": [5.0, 10.0, 100.0],
    "optimum_alphas": [2.0, 5.0, 10.0],
    "gap_alpha": 10.0,
    "peak_lambda": 0.6,
    "optimum_lambda": 3.0,
    "held_alphas": [2.0],
    "draws": 100,
    "seed": 3,
}
OTHER = perceptron_laws.Settings(
    alpha=5.0,
    large_alphas=(100.0,),
    limit_alpha=100.0,
    hebb_lambda=0.01,
    early_window=(0.05, 0.5),
    fixed_norm_window=(0.1, 20.0),
    peak_lambda=0.6,
    optimum_lambda=4.5,
    draws=100,
    seed=3,
)
CHAINS = {
    "perceptron_alphas": (run_descent, ALPHAS),
    "perceptron_limits": (run_limits, LIMITS),
    "perceptron_square": (run_square, SQUARE),
    "perceptron_theory": (run_theory, THEORY),
    "perceptron_descent": (run_descent, DESCENT),
}


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return {
        name: pd.concat(
            [
                pd.DataFrame(experiment.run(block.settings, {}, Session()))
                for block in cut(name, sizes)
            ],
            ignore_index=True,
        )
        for name, (experiment, sizes) in CHAINS.items()
    }


@pytest.fixture(scope="module")
def fits(tables: dict[str, pd.DataFrame]) -> dict[str, dict]:
    return {
        "perceptron_laws": perceptron_laws.theory_quantities(tables["perceptron_theory"], OTHER),
        "perceptron_scaling": perceptron_scaling.fit(tables, SETTINGS),
        "square_loss_laws": square_loss_laws.fit(tables, {"draws": 100, "seed": 3}),
    }


def test_each_alpha_holds_the_samples_of_the_single_experiment(
    tables: dict[str, pd.DataFrame],
) -> None:
    sizes = {**SINGLE, "alpha": 10.0, "weights": 20, "iterations": 300}
    (block,) = cut("perceptron_descent", sizes)
    alone = pd.DataFrame(run_descent.run(block.settings, {}, Session()))
    several = tables["perceptron_alphas"]
    together = several[several["alpha"] == 10.0].reset_index(drop=True)
    pd.testing.assert_frame_equal(together, alone)


# In the first descent, between its minimisers, in the last one, and with all but one done.
@pytest.mark.parametrize("saves", [5, 56, 130, 170])
def test_several_alphas_resumed_are_byte_identical(tmp_path: Path, saves: int) -> None:
    (block,) = cut("perceptron_alphas", ALPHAS)
    whole = run_descent.run(block.settings, {}, Session())
    resumed = resumed_after_saves(
        lambda session: run_descent.run(block.settings, {}, session), tmp_path, saves
    )
    assert same_bytes(resumed, whole)


def test_square_loss_resumed_is_byte_identical(tmp_path: Path) -> None:
    (block,) = cut("perceptron_square", SQUARE)
    whole = run_square.run(block.settings, {}, Session())
    resumed = resumed_after_saves(
        lambda session: run_square.run(block.settings, {}, session), tmp_path, 7
    )
    assert same_bytes(resumed, whole)


def test_long_experiments_are_cut_without_losing_or_repeating_a_sample(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(plan, "SECONDS_PER_BLOCK", 0.05)
    blocks = cut("perceptron_alphas", ALPHAS)
    assert len(blocks) > 3
    members = [
        (part.alpha, seed)
        for block in blocks
        for part in settings.descents(block.settings)
        for seed in part.seeds
    ]
    assert sorted(members) == [(alpha, seed) for alpha in ALPHAS["alphas"] for seed in range(4)]


@pytest.mark.parametrize(
    ("experiment", "sizes", "change", "key"),
    [
        ("perceptron_alphas", ALPHAS, {"alphas": [2.0]}, "one of each per alpha"),
        ("perceptron_alphas", ALPHAS, {"alphas": [2.0, 2.0, 5.0]}, "alphas"),
        ("perceptron_alphas", ALPHAS, {"weights": [30, 20, 5]}, "weights is 5"),
        ("perceptron_alphas", ALPHAS, {"fixed_norm_lambdas": []}, "fixed_norm_lambdas"),
        ("perceptron_alphas", ALPHAS, {"samples": 0}, "samples"),
        ("perceptron_limits", LIMITS, {"lambda_low": 200.0}, "lambda_low"),
        ("perceptron_limits", LIMITS, {"ratio_points": 1}, "ratio_low"),
        ("perceptron_limits", LIMITS, {"collapse_alphas": []}, "collapse"),
        ("perceptron_limits", LIMITS, {"square_alphas": [0.5]}, "square.alphas"),
        ("perceptron_square", SQUARE, {"alphas": [1.0]}, "alphas"),
        ("perceptron_square", SQUARE, {"lambda_high": 0.01}, "lambda_low"),
    ],
)
def test_impossible_sizes_are_refused_at_planning_time(
    experiment: str, sizes: dict, change: dict[str, object], key: str
) -> None:
    with pytest.raises(InputError, match=key):
        cut(experiment, {**sizes, **change})


def test_theory_numbers_of_the_laws_are_those_of_the_derivation(fits: dict[str, dict]) -> None:
    found = {name: one["estimate"] for name, one in fits["perceptron_scaling"].items()}
    assert found["early_error"] == pytest.approx(0.17547, abs=6e-6)
    assert found["k1"] == pytest.approx(0.55517, abs=1e-5)
    assert found["scaling_ratio"] == pytest.approx(0.88359, abs=6e-6)
    assert found["prefactor_ratio"] == pytest.approx(1.1079 * np.sqrt(0.88359) / 0.55517, rel=1e-4)
    assert found["collapse_deviation_100"] < 0.01 * found["collapse_deviation_10"] * 2
    assert found["flow_gap_at_peak"] == pytest.approx(0.147, abs=5e-4)
    assert found["product_exponent"] == pytest.approx(0.5, abs=0.02)


def test_the_paired_exponent_is_as_the_plain_one_but_has_a_far_smaller_interval(
    fits: dict[str, dict],
) -> None:
    paired = fits["perceptron_scaling"]["free_gamma_1"]
    plain = fits["perceptron_scaling"]["free_gamma_1_plain"]
    assert paired["n_seeds"] == plain["n_seeds"] == 4
    low, high = plain["interval"]
    assert low < paired["estimate"] < high
    assert np.ptp(paired["interval"]) < 0.5 * np.ptp(plain["interval"])


def test_growth_of_the_optimum_is_the_slope_of_the_optima(fits: dict[str, dict]) -> None:
    found = fits["perceptron_scaling"]
    optima = [found[f"free_optimum_{alpha}"]["estimate"] for alpha in (2, 5, 10)]
    slope = np.polyfit(np.log([2, 5, 10]), np.log(optima), 1)[0]
    assert found["free_gamma_2"]["estimate"] == pytest.approx(slope, rel=1e-6)


def test_square_loss_numbers_are_those_of_the_closed_form(fits: dict[str, dict]) -> None:
    found = fits["square_loss_laws"]
    assert found["optimum_lambda"]["estimate"] == pytest.approx(np.sqrt(2 / np.pi), rel=1e-12)
    assert found["smallest_error"]["estimate"] == pytest.approx(np.sqrt(1 - 2 / np.pi), rel=1e-12)
    assert 0 < found["theory_gamma_2"]["estimate"] < 0.1


@pytest.mark.parametrize("figure", [damico2025_fig2, damico2025_appendix_mse])
def test_figures_are_drawn_also_with_a_diverged_sample_and_without_a_simulated_alpha(
    tables: dict[str, pd.DataFrame], fits: dict[str, dict], figure
) -> None:
    spoilt = {name: table.copy() for name, table in tables.items()}
    for name in ("perceptron_alphas", "perceptron_square"):
        lost = (spoilt[name]["seed"] == 1) & (spoilt[name]["quantity"] != "fixed_norm")
        spoilt[name].loc[lost, "value"] = np.nan
        spoilt[name] = spoilt[name][spoilt[name]["alpha"] != 5.0]
    again = {
        **fits,
        "perceptron_scaling": perceptron_scaling.fit(spoilt, SETTINGS),
        "square_loss_laws": square_loss_laws.fit(spoilt, {"draws": 100, "seed": 3}),
    }
    settings = {
        "curve_alphas": [2.0, 5.0, 50.0],
        "gap_alphas": [2.0, 10.0, 77.0],
        "published": {
            "gamma_1": {"value": 0.49, "error": 0.01},
            "gamma_2": {"value": 0.96, "error": 0.25},
        },
    }
    assert again["perceptron_scaling"]["free_gamma_1"]["n_masked"] > 0
    drawing = figure.draw(spoilt, again, settings)
    assert drawing.plotted["y"].notna().all()
