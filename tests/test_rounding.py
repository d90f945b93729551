import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scalinglaws.rounding import number_of, quantity_text, rounded, with_interval


@pytest.mark.parametrize(
    ("estimate", "interval", "text"),
    [
        (1.0162, (0.9713, 1.0624), "1.02 [0.97, 1.06]"),
        (0.5, (0.488, 0.512), "0.500 [0.488, 0.512]"),
        (-0.0004, (-0.03, 0.029), "0.000 [−0.030, 0.029]"),
        (1234.0, (1190.0, 1280.0), "1230 [1190, 1280]"),
        (2.5e-7, (2.1e-7, 2.9e-7), "(2.5 [2.1, 2.9]) × 10^−7"),
        (0.50049123, (0.50049122, 0.50049124), "0.500491"),
        (0.44170, None, "0.4417"),
        (0.0, (0.0, 0.0), "0"),
        (1200.0, (1200.0, 1200.0), "1200"),
    ],
)
def test_numbers_keep_the_digits_their_interval_supports(estimate, interval, text):
    assert with_interval(estimate, interval) == text


def test_a_quantity_that_was_not_estimated_says_why():
    assert quantity_text({"estimate": None, "interval": None, "why": "all runs diverged"}) == (
        "not estimated (all runs diverged)"
    )


def test_zero_has_no_sign():
    assert rounded(-0.0001, 2) == "0.00"


@given(st.floats(-1e5, 1e5), st.floats(1e-6, 1e3))
def test_rounding_moves_a_bound_by_less_than_a_fifth_of_the_half_width(centre, half_width):
    text = with_interval(centre, (centre - half_width, centre + half_width))
    if "×" in text or "[" not in text:
        return
    low, high = text.split("[")[1].rstrip("]").replace("−", "-").split(", ")
    if half_width > 1e-4 * max(abs(centre) + half_width, 1e-12):
        for shown, exact in ((low, centre - half_width), (high, centre + half_width)):
            assert math.isclose(float(shown), exact, abs_tol=0.2 * half_width, rel_tol=1e-12)


@pytest.mark.parametrize("text", ["10", "+1.5", "-.5", "2.", "1e3", " 1E-7 ", "0e-400", "inf"])
def test_a_number_is_read_back_as_it_is_written(text):
    assert number_of(text) == float(text)


@pytest.mark.parametrize(
    "text", ["", "2_0", "１０", "1,5", "0x10", "1e400", "1e-310", "1e-400", "ten"]
)
def test_what_python_would_stretch_into_a_number_is_refused(text):
    with pytest.raises(ValueError, match="a number"):
        number_of(text)
