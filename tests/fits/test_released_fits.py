import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from made_curves import made_table, released_table
from released_arrays import RELEASED_SETS
from scalinglaws.config import CONFIG, read_claims, read_paper
from scalinglaws.curves.norm_curves import optima_of_means, released_means, released_set
from scalinglaws.curves.panel_curves import MAIN_TABLES
from scalinglaws.data.published import load_published
from scalinglaws.errors import InputError
from scalinglaws.experiments.released import files
from scalinglaws.experiments.released import run as released_curves
from scalinglaws.fits import protocol_agreement, released_laws, released_refit, same_sizes
from scalinglaws.fits.released_laws import jackknifed
from scalinglaws.provenance.released import released_problems
from scalinglaws.training.session import Session

FITS = read_paper("damico2025")["fits"]
NETWORK_SETS = RELEASED_SETS[:9]


@pytest.fixture(scope="module")
def released():
    return released_table(*RELEASED_SETS)


def test_every_stored_exponent_and_error_comes_back():
    assert list(released_problems()) == []


def test_table_1_comes_back_from_the_released_curves(released):
    settings = FITS["released_refit"]["settings"]
    found = released_refit.fit({"released_curves": released}, settings)
    for name in NETWORK_SETS:
        assert found[f"{name}_deviation"]["estimate"] < 0.005
        stored = load_published(CONFIG / "published" / "damico2025" / f"{name}.json")
        gamma_1 = found[f"{name}_gamma_1"]
        assert gamma_1["estimate"] == pytest.approx(stored["gamma_1"], rel=1e-9)
        assert gamma_1["standard_error"] == pytest.approx(stored["err_gamma_1"], rel=1e-6)
    assert found["table_1_rows_within_sigma"]["interval"] == [6.0, 6.0]
    assert found["table_1_rows_within_two_sigma"]["interval"] == [8.0, 8.0]
    ratios = [
        (found[f"{name}_gamma_predicted"]["estimate"] - found[f"{name}_gamma_measured"]["estimate"])
        / found[f"{name}_sigma"]["estimate"]
        for name in NETWORK_SETS
    ]
    assert found["table_1_chi_square"]["estimate"] == pytest.approx(np.square(ratios).sum())


def test_ablations_come_back_from_the_released_curves(released):
    settings = FITS["released_refit"]["settings"]
    found = released_refit.fit({"released_curves": released}, settings)
    expected = {  # predicted, measured: as their own arrays give them
        "CNN_CIFAR10_SGD": (0.202, 0.225),
        "CNN_CIFAR10_wd_1": (0.136, 0.193),
        "ResNet_CIFAR10_wd_0": (0.269, 0.525),
        "ViT_CIFAR10_norms_3": (0.193, 0.175),
    }
    for label, (predicted, measured) in expected.items():
        assert found[f"{label}_gamma_predicted"]["estimate"] == pytest.approx(predicted, abs=1e-3)
        assert found[f"{label}_gamma_measured"]["estimate"] == pytest.approx(measured, abs=1e-3)
    assert found["decay_rows_within_two_sigma"]["n_points"] == 9
    assert found["norms_rows_within_two_sigma"]["n_points"] == 12
    assert found["sgd_chi_square"]["estimate"] == pytest.approx(
        (0.2021 - 0.2250) ** 2 / 0.0472**2 + (0.1505 - 0.1216) ** 2 / 0.0133**2, rel=0.02
    )


def test_bounds_on_agreement_are_the_95_percent_points_of_chi_square():
    bounds = {
        claim["quantities"][0]: claim["published"]
        for claim in read_claims("damico2025")
        if claim["quantities"][0].endswith("_chi_square")
    }
    rows = {"table_1": 9, "decay": 9, "sgd": 2, "norms": 12}
    assert bounds == {
        f"released_refit.{group}_chi_square": pytest.approx(chi2.ppf(0.95, count), abs=5e-4)
        for group, count in rows.items()
    }


def test_the_margin_of_measured_exponents_is_what_half_of_the_released_sizes_moves(released):
    moves = []
    for name in NETWORK_SETS:
        means = released_means(released_set(released, name))
        sizes, errors = np.log(means.sizes), np.log(optima_of_means(means)[1])
        half = (len(sizes) + 1) // 2
        whole, *parts = (
            np.polyfit(sizes[part], errors[part], 1)[0]
            for part in (slice(None), slice(half), slice(-half, None))
        )
        moves.append(max(abs(part - whole) for part in parts))
    assert [round(move, 3) for move in (min(moves), max(moves))] == [0.015, 0.269]
    margins = {
        claim["margin"]
        for claim in read_claims("damico2025")
        if claim["quantities"][0].startswith("implicit_bias_laws")
        and claim["quantities"][0].endswith("gamma_measured")
    }
    assert margins == {round(float(np.median(moves)), 2)}


def test_our_estimator_on_released_curves_sees_what_they_hold(released):
    settings = FITS["released_laws"]["settings"]
    found = released_laws.fit({"released_curves": released}, settings)
    # the measured exponent has no window: it must be the authors'
    refit = released_refit.fit({"released_curves": released}, FITS["released_refit"]["settings"])
    for name in NETWORK_SETS:
        assert found[f"{name}_gamma_measured"]["estimate"] == pytest.approx(
            refit[f"{name}_gamma_measured"]["estimate"], rel=1e-9
        )
    assert found["ResNet_CIFAR10_optima_at_end"]["estimate"] == 1.0
    assert found["CNN_CIFAR100_optima_at_end"]["estimate"] == 0.0
    assert found["CNN_CIFAR10_early_spread"]["estimate"] < 0.02
    assert found["ResNet_MNIST_collapse_spread"]["estimate"] > 0.05


def test_a_set_that_is_not_read_leaves_its_quantities_unavailable():
    table = released_table("CNN_MNIST")
    found = released_laws.fit({"released_curves": table}, FITS["released_laws"]["settings"])
    assert found["CNN_MNIST_gamma_1"]["estimate"] is not None
    assert found["ViT_MNIST_gamma_1"]["estimate"] is None
    assert "ViT_MNIST" in (found["ViT_MNIST_gamma_1"]["why"] or "")


def test_the_jackknife_of_a_mean_is_its_standard_error():
    values = np.random.default_rng(4).standard_normal(9)
    left_out = np.array([np.delete(values, i).mean() for i in range(9)])
    found = jackknifed(values.mean(), left_out, 1)
    assert found["standard_error"] == pytest.approx(values.std(ddof=1) / 3, rel=1e-12)
    assert found["degrees"] == 8


def test_sizes_that_carry_nothing_are_no_degrees_of_freedom():
    values = np.random.default_rng(4).standard_normal(6)
    left_out = np.array([np.delete(values, i).mean() for i in range(6)])
    idle = np.full(6, values.mean())
    found = jackknifed(values.mean(), np.concatenate([idle, left_out]), 1)
    assert (found["n_seeds"], found["degrees"]) == (6, 5)
    assert found["interval"] == jackknifed(values.mean(), left_out, 1)["interval"]


def test_runs_on_the_released_curve_agree_with_it_and_shifted_ones_do_not():
    released = released_table("CNN_CIFAR10")
    curve = released[(released["P"] == 4000) & (released["quantity"] == "test_error")]
    rows = made_table(["CNN_CIFAR10_P4000"], sizes=(4000,), seeds=3)
    steps = len(curve)
    for seed, shift in enumerate((0.01, 0.0, 0.02)):
        for quantity, values in (
            ("spectral_complexity", curve["norm"].to_numpy()),
            ("test_error", curve["value"].to_numpy() + shift),
        ):
            mine = (rows["seed"] == seed) & (rows["quantity"] == quantity) & (rows["step"] <= steps)
            rows.loc[mine, "value"] = values
    rows = rows[rows["step"] <= steps]
    tables = {"protocol_curves": rows, "released_curves": released}
    found = protocol_agreement.fit(tables, FITS["protocol_agreement"]["settings"])
    for name in ("largest_difference", "mean_difference"):
        one = found[f"CNN_CIFAR10_P4000_{name}"]
        assert one["estimate"] == pytest.approx(0.01, abs=1e-9)
        assert one["n_points"] == steps
        # Student's interval of the mean of 0.01, 0.00, 0.02 (bootstrap, 2,000 draws)
        assert one["interval"][1] - 0.01 == pytest.approx(4.303 * 0.01 / np.sqrt(3), rel=0.06)
    assert "not trained" in (found["CNN_CIFAR10_P8000_largest_difference"]["why"] or "")


def test_a_released_file_that_changed_since_the_plan_is_refused():
    with pytest.raises(InputError, match="changed while the workflow ran"):
        released_curves.run({"sets": {"CNN_MNIST": "0" * 64}}, {}, Session())


def test_files_whose_lines_end_as_on_windows_are_read_as_planned(tmp_path, monkeypatch):
    content = files.path_of("CNN_MNIST").read_bytes().replace(b"\n", b"\r\n")
    (tmp_path / "CNN_MNIST.json").write_bytes(content)
    planned = files.checksum("CNN_MNIST")
    monkeypatch.setattr(files, "FOLDER", tmp_path)
    assert files.checksum("CNN_MNIST") == planned
    assert len(released_table("CNN_MNIST"))


def trained(panel, *sizes):
    """Tables as far as this fit reads them: one panel trained at these sizes."""
    found = {name: pd.DataFrame({"panel": [], "P": []}) for name in MAIN_TABLES.values()}
    rows = {"panel": panel, "P": list(sizes)}
    return {**found, MAIN_TABLES[panel.split("_")[0]]: pd.DataFrame(rows)}


def of_same_sizes(panel, released, *sizes):
    tables = {**trained(panel, *sizes), "released_curves": released}
    return same_sizes.fit(tables, {"panels": [panel]})


def test_over_all_of_their_sizes_the_released_exponent_is_the_refitted_one(released):
    settings = FITS["released_refit"]["settings"]
    whole = released_refit.fit({"released_curves": released}, settings)
    found = of_same_sizes("ResNet_MNIST", released, 1, 10**6)
    assert found["ResNet_MNIST_released_measured"]["estimate"] == pytest.approx(
        whole["ResNet_MNIST_gamma_measured"]["estimate"]
    )


def test_a_released_exponent_is_that_of_the_sizes_trained_here(released):
    """At small sizes the authors' own ResNet curve on MNIST is steeper than the printed .69."""
    found = of_same_sizes("ResNet_MNIST", released, 188, 3000)["ResNet_MNIST_released_measured"]
    means = released_means(released_set(released, "ResNet_MNIST"))
    kept = (means.sizes >= 188) & (means.sizes <= 3000)
    errors = optima_of_means(means)[1][kept]
    assert found["n_points"] == kept.sum() == 5
    assert found["estimate"] == pytest.approx(
        -np.polyfit(np.log(means.sizes[kept]), np.log(errors), 1)[0]
    )
    assert found["estimate"] > 0.8


def test_where_the_released_sizes_begin_beyond_ours_there_is_no_exponent(released):
    found = of_same_sizes("CNN_CIFAR10", released, 500, 4000)
    assert found["CNN_CIFAR10_released_measured"]["estimate"] is None
    assert "1 released sizes in ours" in found["CNN_CIFAR10_released_measured"]["why"]
    assert found["CNN_CIFAR10_released_from"]["estimate"] == 4000


def test_a_panel_that_is_not_trained_has_no_released_exponent(released):
    tables = {**trained("CNN_MNIST", 375, 6000), "released_curves": released}
    found = same_sizes.fit(tables, {"panels": ["ViT_MNIST"]})
    assert found["ViT_MNIST_released_measured"]["why"] == "not trained at this scale"
