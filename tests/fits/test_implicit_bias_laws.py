from typing import Any

import numpy as np
import pandas as pd
import pytest

from made_curves import made_table
from scalinglaws.config import read_paper
from scalinglaws.curves.norm_curves import means_of, runs_of
from scalinglaws.fits import implicit_bias_laws, variant_laws
from scalinglaws.statistics.laws_over_seeds import counts_of, drawn_laws
from scalinglaws.statistics.norm_laws import Window, laws

FITS = read_paper("damico2025")["fits"]
SETTINGS: dict[str, Any] = {**FITS["implicit_bias_laws"]["settings"], "draws": 200}


def tables(**options: Any) -> dict[str, pd.DataFrame]:
    return {
        "cnn_curves": made_table(["CNN_MNIST"], **options),
        "resnet_curves": made_table(["ResNet_CIFAR10"], **options),
        "vit_curves": made_table(["ViT_CIFAR10"], **options),
        "sgd_curves": made_table(["CNN_CIFAR10"], **options),
        "decay_curves": made_table(["CNN_CIFAR10"], decays=(0.0, 1e-4, 1e-2), **options),
    }


def test_known_laws_are_recovered_in_every_panel_that_is_trained() -> None:
    found = implicit_bias_laws.fit(tables(), SETTINGS)
    for panel in ("CNN_MNIST", "ResNet_CIFAR10", "ViT_CIFAR10"):
        assert found[f"{panel}_gamma_1"]["estimate"] == pytest.approx(0.4, rel=0.01)
        assert found[f"{panel}_gamma_2"]["estimate"] == pytest.approx(1.2, rel=0.02)
        assert found[f"{panel}_gamma_measured"]["estimate"] == pytest.approx(0.48, rel=0.03)
        assert found[f"{panel}_gamma_2_geometric"]["estimate"] == pytest.approx(1.2, rel=0.02)
        assert found[f"{panel}_early_spread"]["estimate"] < 0.02
        assert (found[f"{panel}_norm_slowest_growth"]["estimate"] or 0) > 0
        assert found[f"{panel}_optima_at_last_point"]["estimate"] == 0.0
        assert found[f"{panel}_optimum_rank"]["estimate"] == pytest.approx(1.0)
        assert (found[f"{panel}_epoch_over_norm_spread"]["estimate"] or 0) > 0.5


def test_a_panel_that_is_not_trained_says_so_under_every_name() -> None:
    found = implicit_bias_laws.fit(tables(), SETTINGS)
    names = {key.removeprefix("CNN_MNIST_") for key in found if key.startswith("CNN_MNIST_")}
    for name in names:
        absent = found[f"ViT_MNIST_{name}"]
        assert absent["estimate"] is None
        assert absent["why"] == "not trained at this scale"
    assert len(found) == 9 * len(names)


def test_the_interval_holds_the_truth_and_widens_with_the_noise() -> None:
    def interval(noise: float) -> list[float]:
        found = implicit_bias_laws.fit(tables(noise=noise), SETTINGS)
        return found["CNN_MNIST_gamma_measured"]["interval"] or []

    quiet, loud = interval(0.01), interval(0.1)
    assert loud[0] < 0.48 < loud[1]
    assert loud[1] - loud[0] > 4 * (quiet[1] - quiet[0])


def test_the_drawn_laws_are_those_of_the_repeated_seeds() -> None:
    runs = runs_of(made_table(["CNN_MNIST"], noise=0.1), "spectral_complexity", 0.1)
    window = Window(smallest_size=400.0)
    counts = counts_of({"seed": 1, "draws": 3}, "made", 4)
    drawn = drawn_laws(runs, window, counts)
    for number, count in enumerate(counts):
        table = made_table(["CNN_MNIST"], noise=0.1)
        repeated = pd.concat(
            [
                table[table["seed"] == seed].assign(seed=10 * copy + seed)
                for seed, times in enumerate(count)
                for copy in range(times)
            ]
        )
        alone = laws(means_of(runs_of(repeated, "spectral_complexity", 0.1)), window)
        for name in ("gamma_1", "gamma_2", "gamma_measured"):
            assert drawn[name][number] == pytest.approx(float(alone[name]), rel=1e-10)


def test_a_norm_is_left_out_of_the_mean_where_no_seed_reaches_it() -> None:
    table = made_table(["CNN_MNIST"], seeds=2)
    shorter = table[~((table["seed"] == 1) & (table["step"] > 41))]
    means, full = (means_of(runs_of(t, "spectral_complexity", 0.1)) for t in (shorter, table))
    np.testing.assert_allclose(means.errors, full.errors, rtol=1e-12)
    cut = means_of(runs_of(table[table["step"] <= 41], "spectral_complexity", 0.1))
    assert np.isnan(cut.errors[0, -1])


def test_diverged_epochs_are_masked_and_counted() -> None:
    made = tables()
    table = made["cnn_curves"]
    gone = (table["P"] == 400) & (table["seed"] == 2) & (table["step"] > 50)
    table.loc[gone, "value"] = np.nan
    found = implicit_bias_laws.fit(made, SETTINGS)
    assert found["CNN_MNIST_gamma_1"]["n_masked"] == 10
    assert found["CNN_MNIST_gamma_1"]["estimate"] == pytest.approx(0.4, rel=0.01)


def test_the_product_does_not_depend_on_the_power_of_the_norm() -> None:
    settings = {**FITS["variant_laws"]["settings"], "draws": 50}
    found = variant_laws.fit(tables(), settings)
    for label in (
        "ResNet_CIFAR10_spectral_complexity_complete",
        "ResNet_CIFAR10_l1_norm",
        "ResNet_CIFAR10_augmented",
        "CNN_CIFAR10_sgd",
        "CNN_CIFAR10_decay_2",
    ):
        predicted = found[f"{label}_gamma_predicted"]["estimate"]
        assert predicted == pytest.approx(0.48, rel=0.03), label
    assert found["ViT_CIFAR10_decay_0_gamma_measured"]["why"] == "not trained at this scale"


def test_weight_decays_are_numbered_from_the_largest() -> None:
    made = tables()["decay_curves"]
    np.testing.assert_array_equal(variant_laws.decays_of(made, "CNN_CIFAR10"), [1e-2, 1e-4, 0.0])
