"""Margins of Bahri et al. against what their reasons say: finite sizes, and printed exponents."""

import math

import numpy as np
import pytest

from scalinglaws.config import read_claims, read_paper, read_scale
from scalinglaws.theory.kernel_learning_curve import kappa, power_law_eigenvalues

SCALES = ("quick", "laptop", "workstation", "paper")
# 4 / alpha that arXiv 2004.10802 prints, in model size.
TEACHER_D8, CIFAR10, FASHION = 6.59, 17.83, 10.67


def margin(name):
    (claim,) = (c for c in read_claims("bahri2021") if c["id"] == f"bahri2021_{name}")
    return claim["margin"]


def setting(fit, key):
    return read_paper("bahri2021")["fits"][fit]["settings"][key]


def slope(sizes, values):
    return -float(np.polyfit(np.log(sizes), np.log(values), 1)[0])


def tail_less_loss(alpha, sizes, population):
    """Slope of an exact power law's tail sums less that of its learning curve."""
    eigenvalues = power_law_eigenvalues(alpha, population)
    tail = eigenvalues.sum() - np.cumsum(eigenvalues)
    loss = [kappa(eigenvalues, float(size)) for size in sizes]
    return slope(sizes, tail[sizes - 1]) - slope(sizes, loss)


@pytest.mark.parametrize("scale", SCALES)
def test_a_finite_population_moves_exponents_by_no_more_than_the_margin(scale):
    sizes = read_scale(scale)["bahri2021"]
    features, alphas = sizes["random_features"], sizes["kernel_theory"]["alphas"]
    low, share = (setting("random_feature_laws", key) for key in ("first", "share"))
    inside = [n for n in features["sizes"] if low <= n <= share * features["population"]]
    moved = [tail_less_loss(a, np.array(inside), features["population"]) for a in alphas]
    assert 0 < min(moved) < max(moved) <= margin("C9")
    if scale == "quick":  # the smallest population gives the margin
        assert max(moved) == pytest.approx(margin("C9"), abs=0.005)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("name", ["C2_features", "C8_features"])
def test_features_that_few_images_activate_move_exponents_by_a_tenth(scale, name):
    features = read_scale(scale)["bahri2021"]["random_features"]
    low = setting("random_feature_laws", "variance_share") * features["population"]
    inside = [size for size in features["variance_sizes"] if size >= low]
    corrections = [features["population"] / size for size in inside]
    assert corrections[0] == pytest.approx(0.2, abs=0.05)
    assert np.mean(corrections) == pytest.approx(0.1, abs=0.02)
    assert np.mean(corrections) < margin(name)


def test_variance_limited_windows_start_where_the_law_is_off_by_less_than_the_margin():
    times = setting("four_regimes", "data_per_parameter")
    assert times / (times - 1) == pytest.approx(1.11, abs=0.005)  # D / (D - P - 1), many P
    for name in ("C1_teacher", "C1_digits", "C5_spread_teacher"):
        assert times / (times - 1) - 1 < margin(name)
    assert 1 / setting("four_regimes", "width_per_example") < margin("C2_teacher")
    first, fixed = setting("pretrained_laws", "variance_from"), 16
    for scale in SCALES:
        assert read_scale(scale)["bahri2021"]["pretrained_features"]["fixed"] == fixed
    assert first / (first - fixed - 1) - 1 == pytest.approx(0.12, abs=0.005)
    assert first / (first - fixed - 1) - 1 < margin("C19_variance")


def test_corrections_to_kappa_are_the_margin_of_gaussian_features():
    assert 1 / setting("kernel_laws", "ratio_from") == margin("C12_gaussian")


def test_margins_taken_from_printed_exponents():
    assert margin("C13_data") == margin("C13_size") == 0.2
    above = 8 / TEACHER_D8 - 1  # alpha over 4 / d
    assert above == pytest.approx(0.21, abs=0.005)
    apart = 4 / FASHION - 4 / CIFAR10
    assert apart == pytest.approx(0.151, abs=0.0005)
    assert margin("C15") < apart / 2
    for name in ("C18_images", "C18_error", "C18_digits"):
        assert margin(name) == pytest.approx(apart / 2, abs=0.001)
    assert margin("C18_teacher") == pytest.approx(4 / 6 - 4 / 7, abs=0.0005)


@pytest.mark.parametrize("name", ["C11_features", "C11_low", "C11_tuned"])
def test_a_gap_at_the_margin_is_a_doubling_of_the_size_or_less(name):
    assert margin(name) <= 0.361 * math.log(2)
