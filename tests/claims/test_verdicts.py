import ast
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from scipy.stats import t as student
from statsmodels.stats.multitest import multipletests

from scalinglaws.claims import verdict
from scalinglaws.claims.multiplicity import (
    adjusted,
    adjusted_verdict,
    benjamini_hochberg,
    claim_p_values,
    combine,
    family_of,
    holm,
)
from scalinglaws.claims.verdict import (
    NOT_RUN,
    interval_verdict,
    judge_quantity,
    margin_of,
)
from scalinglaws.codedigest import ROOT
from scalinglaws.statistics.quantity import NUMERICAL, quantity, unavailable

KINDS = ("equals", "at_least", "at_most", "within")
numbers = st.floats(-5, 5)


def band_of(kind, published, margin, upper=None):
    claim = {"kind": kind, "published": published}
    if kind == "within":
        claim["upper"] = published + 1 if upper is None else upper
    return verdict.band_of(claim, margin)


def measured(estimate, half_width, n_seeds=8):
    ends = (estimate - half_width, estimate + half_width)
    return quantity(estimate, ends, n_seeds=n_seeds, interval_kind="bootstrap over seeds")


@pytest.mark.parametrize(
    ("kind", "interval", "expected"),
    [
        ("equals", (0.95, 1.05), "reproduced"),
        ("equals", (0.9, 1.1), "reproduced"),
        ("equals", (0.85, 1.0), "undecided"),
        ("equals", (1.05, 1.2), "undecided"),
        ("equals", (0.5, 1.5), "undecided"),
        ("equals", (1.11, 1.2), "differs"),
        ("equals", (0.5, 0.89), "differs"),
        ("equals", (0.5, 0.9), "undecided"),
        ("equals", (1.1, 1.2), "undecided"),
        ("at_least", (0.95, 7.0), "reproduced"),
        ("at_least", (0.85, 7.0), "undecided"),
        ("at_least", (0.5, 0.89), "differs"),
        ("at_most", (-7.0, 1.05), "reproduced"),
        ("at_most", (1.05, 1.2), "undecided"),
        ("at_most", (1.11, 1.2), "differs"),
        ("equals", None, "undecided"),
        ("within", (1.0, 2.0), "reproduced"),
        ("within", (0.95, 2.05), "reproduced"),
        ("within", (0.85, 1.5), "undecided"),
        ("within", (2.11, 2.2), "differs"),
    ],
)
def test_the_truth_table_of_plain_intervals(kind, interval, expected):
    assert interval_verdict(interval, band_of(kind, 1.0, 0.1)) == expected


@pytest.mark.parametrize(
    ("error", "decimals", "declared", "expected", "reason"),
    [
        (None, None, 0.03, 0.03, "declared"),
        (0.05, 2, 0.03, 0.05, "the authors' own error"),
        (0.01, 1, 0.03, 0.05, "half of the last printed digit"),
        (0.01, 2, 0.03, 0.03, "declared"),
        (None, 0, 0.0, 0.5, "half of the last printed digit"),
    ],
)
def test_the_margin_is_the_largest_of_three(error, decimals, declared, expected, reason):
    claim = {
        "published_error": error,
        "published_decimals": decimals,
        "margin": declared,
        "margin_reason": "declared",
    }
    assert margin_of(claim) == (pytest.approx(expected), reason)


@given(
    kind=st.sampled_from(KINDS),
    published=numbers,
    ends=st.tuples(numbers, numbers).map(sorted),
    margins=st.tuples(st.floats(0, 5), st.floats(0, 5)).map(sorted),
)
def test_a_wider_margin_moves_verdicts_only_towards_reproduced(kind, published, ends, margins):
    order = ["differs", "undecided", "reproduced"]
    narrow, wide = (interval_verdict(ends, band_of(kind, published, m)) for m in margins)
    assert order.index(narrow) <= order.index(wide)


@given(
    kind=st.sampled_from(KINDS),
    published=numbers,
    margin=st.floats(0.01, 3),
    estimate=numbers,
    half_width=st.floats(0.01, 3),
    n_seeds=st.sampled_from([0, 2, 4, 30]),
)
def test_p_values_say_what_the_interval_says(
    kind, published, margin, estimate, half_width, n_seeds
):
    judged = judge_quantity(
        measured(estimate, half_width, n_seeds), band_of(kind, published, margin)
    )
    if min(abs(judged.p_equivalence - 0.025), abs(judged.p_difference - 0.05)) < 1e-9:
        return  # on the edge, rounding decides
    assert (judged.p_equivalence <= 0.025) == (judged.verdict == "reproduced")
    assert (judged.p_difference <= 0.05) == (judged.verdict == "differs")


def test_p_values_are_those_of_two_one_sided_t_tests():
    values = np.array([1.02, 0.97, 1.05, 0.99, 1.01])
    error = values.std(ddof=1) / math.sqrt(5)
    reach = student.ppf(0.975, 4) * error
    judged = judge_quantity(measured(values.mean(), reach, 5), band_of("equals", 1.0, 0.05))
    below = student.sf((values.mean() - 0.95) / error, 4)
    above = student.sf((1.05 - values.mean()) / error, 4)
    assert judged.p_equivalence == pytest.approx(max(below, above))


@pytest.mark.parametrize(("n_seeds", "tail"), [(0, norm.sf), (1, norm.sf), (2, student(1).sf)])
def test_students_tails_begin_at_two_seeds(n_seeds, tail):
    reach = {1: student(1).ppf(0.975)}.get(n_seeds - 1, norm.ppf(0.975))
    judged = judge_quantity(measured(1.0, reach, n_seeds), band_of("equals", 1.0, 3.0))
    assert judged.p_equivalence == pytest.approx(tail(3.0))


@pytest.mark.parametrize(("estimate", "p_equivalence"), [(1.0, 0), (1.1, 0), (1.5, 1), (2.5, 1)])
def test_without_any_spread_a_number_lies_inside_or_outside(estimate, p_equivalence):
    judged = judge_quantity(measured(estimate, 0.0), band_of("equals", 1.0, 0.1))
    assert (judged.p_equivalence, judged.verdict) == (
        p_equivalence,
        "differs" if p_equivalence else "reproduced",
    )
    assert judged.p_difference == 0 or not p_equivalence


def test_an_asymmetric_interval_is_read_side_by_side():
    skewed = quantity(1.0, (0.9, 1.4), n_seeds=0, interval_kind="percentile")
    judged = judge_quantity(skewed, band_of("at_least", 0.8, 0.0))
    assert judged.p_equivalence == pytest.approx(norm.sf(2 * norm.ppf(0.975)))


@pytest.mark.parametrize(("low", "high"), [(0.9, 1.4), (0.6, 1.1)])
def test_a_skewed_interval_differs_from_a_band_just_beyond_its_end(low, high):
    skewed = quantity(1.0, (low, high), n_seeds=8, interval_kind="percentile")
    for published in (low - 0.01, high + 0.01):
        assert judge_quantity(skewed, band_of("equals", published, 0.009)).p_difference < 0.05
        assert judge_quantity(skewed, band_of("equals", published, 0.011)).p_difference > 0.05


def test_deterministic_numbers_have_no_p_values():
    exact = quantity(0.5005, (0.50049, 0.50051), interval_kind=NUMERICAL)
    judged = judge_quantity(exact, band_of("equals", 0.5005, 0.0003))
    assert judged.verdict == "reproduced"
    assert (judged.p_equivalence, judged.p_difference, judged.power) == (None, None, None)


def test_what_could_not_be_estimated_is_undecided_with_no_power():
    judged = judge_quantity(unavailable("2 points"), band_of("equals", 1.0, 0.1))
    assert judged.verdict == "undecided"
    assert (judged.p_equivalence, judged.p_difference, judged.power) == (1.0, 1.0, 0.0)


@pytest.mark.parametrize(
    ("kind", "margin"), [("equals", 0.1), ("at_least", 0.1), ("at_most", 0.05)]
)
def test_power_is_how_often_the_interval_would_fall_inside(kind, margin):
    rng, error, n_seeds = np.random.default_rng(0), 0.03, 10
    half_width = student.ppf(0.975, n_seeds - 1) * error
    band = band_of(kind, 1.0, margin)
    claimed = judge_quantity(measured(1.0, half_width, n_seeds), band).power
    estimates = 1.0 + error * rng.standard_t(n_seeds - 1, size=20_000)
    inside = (estimates - half_width >= band.low) & (estimates + half_width <= band.high)
    assert claimed == pytest.approx(inside.mean(), abs=0.01)


def test_power_grows_with_precision():
    band = band_of("equals", 1.0, 0.1)
    powers = [judge_quantity(measured(1.0, width), band).power for width in (0.2, 0.09, 0.05, 0.01)]
    assert powers == sorted(powers)
    assert powers[0] == 0
    assert powers[-1] > 0.99


def test_holm_by_hand():
    assert holm([0.01, None, 0.04, 0.03]) == [
        pytest.approx(0.03),
        None,
        pytest.approx(0.06),
        pytest.approx(0.06),
    ]
    assert holm([None, None]) == [None, None]
    assert holm([]) == []


@pytest.mark.parametrize("size", [1, 2, 7, 30])
def test_holm_agrees_with_statsmodels(size):
    p_values = np.random.default_rng(size).random(size) ** 3
    expected = multipletests(p_values, method="holm")[1]
    assert holm(p_values.tolist()) == pytest.approx(expected.tolist())


def test_tied_p_values_are_adjusted_alike():
    assert holm([0.01, 0.01, 0.5]) == pytest.approx([0.03, 0.03, 0.5])


def test_benjamini_and_hochberg_by_hand():
    assert benjamini_hochberg([0.01, None, 0.04, 0.03]) == [
        pytest.approx(0.03),
        None,
        pytest.approx(0.04),
        pytest.approx(0.04),
    ]


@pytest.mark.parametrize("size", [1, 2, 7, 30])
def test_benjamini_and_hochberg_agree_with_statsmodels(size):
    p_values = np.random.default_rng(size).random(size) ** 3
    expected = multipletests(p_values, method="fdr_bh")[1]
    assert benjamini_hochberg(p_values.tolist()) == pytest.approx(expected.tolist())


def test_what_is_ours_has_a_family_of_its_own_unless_the_paper_stands_for_it():
    ours, printed = {"primary": False, "provenance": "ours"}, {"provenance": "printed"}
    assert family_of(ours) == "self-check"
    assert family_of(printed | {"primary": False}) == "secondary"
    assert family_of(printed | {"primary": True}) == "primary"


def test_each_family_is_corrected_by_itself():
    p_values = [0.01, 0.02, 0.01, 0.02, 0.01, None]
    families = ["primary", "primary", "secondary", "secondary", "self-check", "primary"]
    expected = [*holm([0.01, 0.02]), *benjamini_hochberg([0.01, 0.02]), 0.01, None]
    assert adjusted(p_values, families) == expected
    assert expected[1] == expected[3] == 0.02  # of the two, Holm's doubles the smaller only
    assert (expected[0], expected[2]) == (0.02, 0.02)


def test_wrong_decisions_stay_as_rare_as_each_correction_promises():
    rng, claims, level = np.random.default_rng(1), 12, 0.05
    # Eight claims are false (p uniform), four are true and clear.
    p_values = np.hstack([rng.random((4000, 8)), rng.random((4000, 4)) * 1e-4])
    any_wrong, shares = [], []
    for row in p_values.tolist():
        wrong = sum(p <= level for p in holm(row)[:8])
        found = [p <= level for p in benjamini_hochberg(row)]
        any_wrong.append(wrong > 0)
        shares.append(sum(found[:8]) / max(sum(found), 1))
    assert len(p_values[0]) == claims
    assert np.mean(any_wrong) <= level + 0.01
    assert np.mean(shares) <= level + 0.01
    # Without a correction a third of the tables would hold a wrong decision.
    assert np.mean((p_values[:, :8] <= level).any(axis=1)) > 0.3


def test_a_later_look_spends_its_own_share_of_the_error_rate():
    tested = judge_quantity(measured(1.0, 0.09), band_of("equals", 1.0, 0.1))
    p_values = claim_p_values([tested])
    assert adjusted_verdict([tested], *p_values) == "reproduced"
    assert adjusted_verdict([tested], *p_values, share=0.1) == "undecided"


def test_what_is_not_run_is_in_no_family_and_gets_no_verdict():
    band = band_of("equals", 1.0, 0.1)
    absent = unavailable("this scale does not run it")
    judged = [judge_quantity(absent, band), judge_quantity(measured(1.0, 0.01), band)]
    assert judged[0].verdict == NOT_RUN
    assert claim_p_values(judged) == (None, None)
    assert adjusted_verdict(judged, None, None) == NOT_RUN


def test_degrees_of_freedom_that_a_quantity_names_go_before_its_seeds():
    plain = {**measured(1.0, 0.09, n_seeds=30)}
    few = {**plain, "degrees": 3.0}
    band = band_of("equals", 1.0, 0.1)
    assert judge_quantity(few, band).p_equivalence == pytest.approx(
        student.sf(0.1 / (0.09 / student.ppf(0.975, 3)), 3)
    )
    assert judge_quantity(few, band).p_equivalence > judge_quantity(plain, band).p_equivalence


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (["reproduced", "not run", "differs"], "not run"),
        (["reproduced", "reproduced"], "reproduced"),
        (["reproduced", "undecided"], "undecided"),
        (["reproduced", "differs"], "differs"),
        (["undecided", "differs"], "differs"),
        (["undecided"], "undecided"),
    ],
)
def test_the_truth_table_of_several_quantities(verdicts, expected):
    assert combine(verdicts) == expected


def test_a_claim_about_several_quantities_needs_all_and_pays_for_any():
    band = band_of("equals", 1.0, 0.1)
    good, bad = (judge_quantity(measured(e, 0.02), band) for e in (1.0, 1.3))
    equivalence, difference = claim_p_values([good, bad])
    assert equivalence == bad.p_equivalence
    assert difference == pytest.approx(2 * bad.p_difference)
    assert claim_p_values([good] * 4) == (good.p_equivalence, 1.0)  # a p value, however many pay


def test_mixed_claims_join_exact_and_tested_parts():
    band = band_of("equals", 1.0, 0.1)
    exact_in = judge_quantity(quantity(1.0, (1, 1), interval_kind=NUMERICAL), band)
    exact_out = judge_quantity(quantity(2.0, (2, 2), interval_kind=NUMERICAL), band)
    tested = judge_quantity(measured(1.0, 0.01), band)
    p_values = claim_p_values([exact_in, tested])
    assert adjusted_verdict([exact_in, tested], *p_values) == "reproduced"
    assert adjusted_verdict([exact_out, tested], *p_values) == "differs"
    assert adjusted_verdict([exact_in], None, None) == "reproduced"


@pytest.mark.parametrize(
    ("truth", "wrong", "most"), [(1.0, "differs", 0.05), (1.1, "reproduced", 0.025)]
)
def test_the_chance_of_any_wrong_decision_in_a_paper_stays_at_its_size(truth, wrong, most):
    rng, claims, seeds, papers = np.random.default_rng(1), 8, 6, 2000
    band = band_of("equals", 1.0, 0.0 if wrong == "differs" else 0.1)
    reach = student.ppf(0.975, seeds - 1) / math.sqrt(seeds)
    mistakes = 0
    for samples in truth + 0.02 * rng.standard_normal((papers, claims, seeds)):
        judged = [
            judge_quantity(measured(s.mean(), reach * s.std(ddof=1), seeds), band) for s in samples
        ]
        raw = [claim_p_values([one]) for one in judged]
        adjusted = zip(holm([r[0] for r in raw]), holm([r[1] for r in raw]), strict=True)
        mistakes += any(
            adjusted_verdict([one], *pair) == wrong
            for one, pair in zip(judged, adjusted, strict=True)
        )
    assert mistakes / papers <= most + 3 * math.sqrt(most / papers)
    assert mistakes > 0, "a test of this size must err sometimes"


def test_the_kind_of_deterministic_intervals_is_spelt_in_one_place():
    """Another spelling would put such numbers among those that are tested."""
    spelt = [
        file.name
        for file in ROOT.rglob("*.py")
        if NUMERICAL in file.read_text("utf-8")
        for node in ast.walk(ast.parse(file.read_bytes()))
        if isinstance(node, ast.Constant) and node.value == NUMERICAL
    ]
    assert spelt == ["quantity.py"]
