from typing import Any

import numpy as np
import pandas as pd
import pytest

from scalinglaws.fits import aspect_ratio, data_distribution, image_scaling, intrinsic_dimension

SETTINGS: dict[str, Any] = {
    "visits": 6,
    "lines": {"mnist5k": "digits", "mnist": "digits", "cifar10": "cifar10"},
}
SIZES = (100, 200, 400, 800)
COLUMNS: dict[str, Any] = {
    **{"task": "mnist5k", "classes": 10, "noise": 0.0, "noise_kind": "none"},
    **{"width": 8, "depth": 10, "network": "wrn", "step": 500},
}


def law(slope: float, level: float = 1.0, **changes: Any) -> list[dict[str, Any]]:
    """Rows of an exact power law with a level of its own for each of four seeds.

    The images of the largest training set are seen too rarely, and its values are far off.
    """
    rows = []
    for seed in range(4):
        for size in (*SIZES, 1600):
            value = level * (1 + 0.1 * seed) * size**-slope * (5 if size == 1600 else 1)
            row = {**COLUMNS, **changes, "seed": seed, "D": size, "visits": 8000 / size}
            rows += [{**row, "quantity": name, "value": value} for name in image_scaling.METRICS]
    return rows


def estimates(found: Any, *keys: str) -> list[float]:
    return [found[key]["estimate"] for key in keys]


def test_exponents_of_exact_laws_come_back_and_unseen_sizes_stay_out() -> None:
    data = pd.DataFrame(law(0.4))
    final = data["quantity"] == "final_test_loss"
    data.loc[final, "value"] *= data.loc[final, "D"] ** -0.05
    width_rows: list[dict[str, Any]] = []
    for seed in range(3):
        for width in (2, 4, 8):
            row = {**COLUMNS, "seed": seed, "D": 50, "visits": 9.0, "width": width}
            parameters = 10.0 * width**2
            loss = (1 + seed) * parameters**-0.3
            width_rows += [
                {**row, "quantity": "parameters", "value": parameters},
                {**row, "quantity": "best_test_loss", "value": loss},
            ]
    tables = {"image_data_scan": data, "cnn_data_scan": pd.DataFrame(law(0.25, network="cnn"))}
    tables["image_width_scan"] = pd.DataFrame(width_rows)
    found = image_scaling.fit(tables, SETTINGS)
    keys = ("wrn_slope_best_test_loss_digits", "wrn_slope_final_test_loss_digits")
    assert estimates(found, *keys) == pytest.approx([0.4, 0.45])
    assert found[keys[0]]["window"] == [100.0, 800.0]
    others = (
        *("wrn_final_minus_best_digits", "wrn_error_minus_loss_digits"),
        *("cnn_four_over_alpha_digits", "width_slope_digits"),
    )
    assert estimates(found, *others) == pytest.approx([0.05, 0.0, 16.0, 0.3], abs=1e-9)
    missing = found["wrn_slope_best_test_loss_cifar10"]
    assert missing["estimate"] is None
    assert missing["why"] == "this scale does not run it"


def test_spreads_are_those_of_the_exponents_put_in() -> None:
    merged = [
        row
        for count, slope in ((10, 0.50), (5, 0.53), (2, 0.48))
        for row in law(slope, level=float(count), classes=count)
    ]
    noised = law(0.6)
    for noise, slope in ((0.5, 0.4), (2.0, 0.1)):
        noised += law(slope, noise=noise, noise_kind="fixed")
        noised += law(slope + 0.1, noise=noise, noise_kind="resampled")
    tables = {"superclass_scan": pd.DataFrame(merged), "noise_scan": pd.DataFrame(noised)}
    found = data_distribution.fit(tables, SETTINGS)
    keys = ("superclass_spread", "noise_spread_fixed", "noise_drop_resampled")
    assert estimates(found, *keys) == pytest.approx([0.05, 0.5, 0.4])
    keys = ("noise_over_superclass_fixed", "noise_over_superclass_resampled")
    assert estimates(found, *keys) == pytest.approx([0.45, 0.35])
    assert found["noise_slope_fixed_50"]["estimate"] == pytest.approx(0.4)
    # At the largest D: 10 D^-0.5 over 2 D^-0.48.
    level = found["superclass_level_ratio"]["estimate"]
    assert level == pytest.approx(5 * 1600**-0.02)
    low, high = found["superclass_spread"]["interval"]
    assert high - low < 1e-9  # levels differ between seeds, exponents do not


def test_aspect_ratios_are_compared_along_width_and_depth() -> None:
    rows = []
    for width, slope in ((4, 0.2), (8, 0.5), (16, 0.6), (64, 0.64)):
        rows += law(slope, width=width, depth=10)
    rows += law(0.55, width=8, depth=16)
    found = aspect_ratio.fit({"aspect_scan": pd.DataFrame(rows)}, SETTINGS)
    keys = ("width_gain", "saturation", "depth_range", "width_over_depth")
    # Gains per doubling: 0.3 at the narrow end, 0.04 over two doublings at the wide end.
    assert estimates(found, *keys) == pytest.approx([0.44, 0.28, 0.05, 0.39])
    assert found["slope_depth_16"]["estimate"] == pytest.approx(0.55)


def test_dimensions_are_means_over_neighbours_and_seeds() -> None:
    rows = [
        {**COLUMNS, "seed": seed, "D": 800, "quantity": f"intrinsic_dimension_k{k}", "value": value}
        for seed, level in ((0, 6.0), (1, 8.0), (2, np.nan))
        for k, value in zip((2, 3, 4), (level - 1, level, level + 1), strict=True)
    ]
    frame = pd.DataFrame(rows)
    tables = {"image_data_scan": frame, "cnn_data_scan": frame.iloc[:0]}
    found = intrinsic_dimension.fit(tables, SETTINGS)
    assert found["wrn_digits"]["estimate"] == pytest.approx(7.0)
    assert (found["wrn_digits"]["n_seeds"], found["wrn_digits"]["n_masked"]) == (2, 1)
    assert found["cnn_digits"]["estimate"] is None
