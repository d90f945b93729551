import importlib

import numpy as np
import pandas as pd
import pytest
from repository import TINY

from made_data import made_digits
from planned_blocks import cut
from scalinglaws.config import read_claims, read_departures, read_paper, read_scale
from scalinglaws.figures.style import PLOTTED
from scalinglaws.fits import kernel_laws, pretrained_laws, random_feature_laws
from scalinglaws.training.session import Session

RECORD = read_paper("bahri2021")
EXPERIMENTS = (
    *("kernel_theory", "gaussian_features", "sphere_kernels"),
    *("random_features", "pretrained_features"),
)
FITS = {
    "kernel_laws": kernel_laws,
    "random_feature_laws": random_feature_laws,
    "pretrained_laws": pretrained_laws,
}
FIGURES = (
    *("bahri2021_fig2a", "bahri2021_fig2b", "bahri2021_figS6", "bahri2021_figS7"),
    *("bahri2021_figS8", "bahri2021_extra_kernels"),
)


def settings_of(fit):
    return RECORD["fits"][fit]["settings"]


@pytest.fixture(scope="module")
def tables():
    """Every experiment at the smallest sizes at which the workflow is tested."""
    data = {"mnist5k": made_digits(3000, 2000)}
    sizes, found = read_scale("quick")["bahri2021"], {}
    for experiment in EXPERIMENTS:
        small = sizes[experiment] | TINY["bahri2021"][experiment]
        blocks = cut(experiment, small)
        run = importlib.import_module(blocks[0].module).run
        parts = [pd.DataFrame(run(block.settings, data, Session())) for block in blocks]
        found[experiment] = pd.concat(parts)
    return found


@pytest.fixture(scope="module")
def fits(tables):
    return {name: module.fit(tables, settings_of(name)) for name, module in FITS.items()}


@pytest.mark.parametrize("figure", FIGURES)
def test_figures_draw_whatever_could_be_estimated(figure, tables, fits):
    draw = importlib.import_module(f"scalinglaws.figures.{figure}").draw
    drawing = draw(tables, fits, RECORD["figures"][figure]["settings"])
    assert list(drawing.plotted.columns) == PLOTTED
    points = drawing.plotted[drawing.plotted["series"] != "D = P"]  # an upright line has no y
    assert np.isfinite(points[["x", "y"]].to_numpy(dtype=float)).all()
    assert set(drawing.plotted["panel"]) >= {"a", "b"}
    assert len(drawing.caption) > 100


def test_every_claim_rests_on_quantities_that_are_estimated(fits):
    departures = {record["id"] for record in read_departures()}
    for claim in read_claims("bahri2021"):
        assert set(claim["departures"]) <= departures
        for name in claim["quantities"]:
            fit, key = name.split(".")
            assert fit not in fits or key in fits[fit], name


def synthetic(exponents, seeds=6):
    """Tables of random features whose laws are known: exponent and scatter per quantity."""
    stream, rows = np.random.default_rng(3), []
    for quantity, exponent in exponents.items():
        sizes = [1000, 5000, 20000, 80000] if "excess" in quantity else [8, 16, 32, 64, 100, 200]
        for seed in range(seeds):
            for size in sizes:
                value = size**-exponent * np.exp(0.01 * stream.standard_normal())
                rows.append((2, 1000, quantity, size, seed, value))
    names = ["pool", "population", "quantity", "size", "seed", "value"]
    return {"random_features": pd.DataFrame(rows, columns=names)}


def test_exponents_and_their_differences_are_recovered():
    exponents = {"tail": 0.6, "loss_data": 0.7, "loss_parameters": 0.5, "prediction": 0.7}
    exponents |= {"excess_data": 1.0, "excess_parameters": 1.1}
    found = random_feature_laws.fit(synthetic(exponents), settings_of("random_feature_laws"))
    expected = {"alpha_k": 0.6, "alpha_d": 0.7, "alpha_p": 0.5, "d_minus_k": 0.1, "p_minus_k": -0.1}
    expected |= {"variance_d": 1.0, "variance_p": 1.1, "kappa_ratio": 1.0}
    for name, value in expected.items():
        quantity = found[f"{name}_pool2"]
        assert quantity["estimate"] == pytest.approx(value, abs=0.02), name
        low, high = quantity["interval"]
        assert low < quantity["estimate"] < high
    # The window of the variance-limited exponents starts at four populations.
    assert found["variance_d_pool2"]["window"] == [4000, 80000]
    assert found["alpha_d_pool2"]["window"] == [16, 125]
    assert "pool 4 is not run" in found["alpha_d_pool4"]["why"]


def test_a_duality_gap_is_seen():
    exponents = dict.fromkeys(["tail", "prediction", "excess_data", "excess_parameters"], 1.0)
    exponents |= {"loss_data": 0.7, "loss_parameters": 0.5}
    found = random_feature_laws.fit(synthetic(exponents), settings_of("random_feature_laws"))
    expected = np.mean(0.2 * np.log([16, 32, 64, 100]))
    assert found["duality_gap_pool2"]["estimate"] == pytest.approx(expected, abs=0.02)
