"""Numbers as text, rounded to what their interval supports (Particle Data Group rule), and back."""

import math
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

MINUS = "\N{MINUS SIGN}"
MOST_DIGITS = 6  # significant digits of a number whose interval is (almost) a point
DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
NO_NUMBER = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)


def decimals_of(low: float, high: float, scale: float) -> int:
    """Decimals to print for an interval [low, high] around a number of size ``scale``.

    The half-width keeps two digits if it starts with 100 to 354, else one: 0.045 gives 2
    decimals, 0.012 gives 3. Negative means that digits before the point are not supported.
    """
    # The rule's third case, 950 to 999 as 1000 with two digits, has the decimals of one digit.
    finest = MOST_DIGITS - 1 - exponent_of(scale)
    half_width = abs(high - low) / 2
    if half_width == 0 or not math.isfinite(half_width):
        return finest
    leading = exponent_of(half_width)
    digits = 2 if half_width / 10.0**leading < 3.55 else 1
    return min(digits - 1 - leading, finest)


def exponent_of(value: float) -> int:
    """Power of ten of the first significant digit; 0 for zero."""
    # From the printed number: what prints as 1.000e+03 is a thousand, be it an ulp below.
    return int(f"{abs(value):.15e}".split("e")[1]) if value and math.isfinite(value) else 0


def rounded(value: float, decimals: int) -> str:
    """Fixed-point text with a true minus sign; no negative zero."""
    if not math.isfinite(value):
        return "not finite"
    number = round(value, decimals)
    text = f"{number if number else 0.0:.{max(decimals, 0)}f}"
    return text.replace("-", MINUS)


def with_interval(estimate: float, interval: Sequence[float] | None) -> str:
    """For example ``1.02 [0.97, 1.06]``; four significant digits without an interval.

    Very large and very small numbers are written in powers of ten: ``(1.2 [1.1, 1.3]) × 10^7``.
    """
    low, high = interval or (estimate, estimate)
    largest = max(abs(estimate), abs(low), abs(high))
    power = exponent_of(largest)
    if -4 < power < 6:
        return plain(estimate, interval)
    scaled = [bound / 10.0**power for bound in (estimate, low, high)]
    text = plain(scaled[0], scaled[1:] if interval else None)
    return f"({text}) × 10^{str(power).replace('-', MINUS)}"


def plain(estimate: float, interval: Sequence[float] | None) -> str:
    """As `with_interval`, in fixed-point notation."""
    if interval is None:
        return rounded(estimate, max(3 - exponent_of(estimate), 0))
    low, high = interval
    decimals = decimals_of(low, high, max(abs(estimate), abs(low), abs(high)))
    parts = [rounded(number, decimals) for number in (estimate, low, high)]
    if len(set(parts)) == 1:  # below the printed precision the interval would only repeat it
        return parts[0].rstrip("0").rstrip(".") if "." in parts[0] else parts[0]
    return f"{parts[0]} [{parts[1]}, {parts[2]}]"


def quantity_text(quantity: Mapping[str, Any]) -> str:
    """A fitted quantity as text; says why when it could not be estimated."""
    if quantity["estimate"] is None:
        return f"not estimated ({(quantity['why'] or 'no reason recorded').rstrip('.')})"
    return with_interval(quantity["estimate"], quantity["interval"])


def number_of(text: str) -> float:
    """The number that a text spells as people and other programs write it; nan and inf too.

    Python alone would also read 2_0 as 20, 1e400 as infinity and 1e-400 as 0. Raises ValueError,
    which says what was expected.
    """
    text = text.strip()
    if NO_NUMBER.fullmatch(text):
        return float(text)
    if not DECIMAL.fullmatch(text):
        raise ValueError("a number")
    value = float(text)
    zero = not any(digit in "123456789" for digit in text.lower().partition("e")[0])
    if not (zero or sys.float_info.min <= abs(value) <= sys.float_info.max):
        raise ValueError("a number within double precision (1e-307 to 1e308)")
    return value
