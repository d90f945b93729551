"""Exponents of mean curves with all that the ledger asks for: the interval over seeds, the one
that is judged (lack of fit included), the bend, the window scan and the variants.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from scalinglaws.errors import InputError
from scalinglaws.statistics.bend import bend_of, judged, moved, slopes_of, within_window
from scalinglaws.statistics.offset_exponents import offset_exponent
from scalinglaws.statistics.power_law import huber_slope
from scalinglaws.statistics.quantity import NEW_SEEDS, Quantity, quantity, unavailable
from scalinglaws.statistics.seed_lines import MEANS, Choice, Local, SeedLine, mean_curve
from scalinglaws.statistics.windows import fitted_window, select, window_scan

Array = np.ndarray
STUDENT_KIND = "Student t over seeds, corrected for skewness"
INVERSION_KIND = "inverted t test over seeds, corrected for skewness"
MOVES = {
    "window starts one point later": (1, 0),
    "window starts one point earlier": (-1, 0),
    "window ends one point earlier": (0, -1),
    "window ends one point later": (0, 1),
}
Measure = Callable[[Choice], Local]


def exponent_over_seeds(
    x: Sequence[float] | Array,
    samples: Array,
    *,
    mean: str = "log",
    offset: bool = False,
    sign: int = +1,
    window: Sequence[float] | None = None,
    rule: str | None = None,
    min_points: int = 4,
    target: str = NEW_SEEDS,
) -> Quantity:
    """Exponent of the mean curve, with its interval over seeds, bend, window scan and variants.

    Arguments:
    - `x`: (n,) positive abscissae, any order.
    - `samples`: (seeds, n) values; a value that is not finite (a diverged member) is left out of
      the mean at its abscissa and counted under ``n_masked``; a point with fewer than two finite
      seeds leaves the fit.
    - `mean`: "log", "arithmetic" or "signed", see `seed_lines`.
    - `offset`: fit an offset jointly; this needs the arithmetic mean.
    - `sign`: +1 reports the decay exponent, -1 the growth exponent of the same fit.
    - `window`, `rule`: fit only low <= x <= high, and the rule that chose this.
    - `target`: what the interval is about.

    Never raises for the data's sake: what cannot be estimated is unavailable, with the reason.
    """
    if mean not in MEANS or (offset and mean != "arithmetic"):
        raise ValueError(f"mean={mean!r} with offset={offset}: offsets add, so do arithmetic means")
    line = seed_line(x, samples, mean, window)
    facts: dict[str, Any] = {**facts_of([line]), "rule": rule, "target": target}
    facts["window"] = fitted_window(line.x[usable(line)]) if window is None else window
    if offset:
        return with_scan(offset_quantity(line, sign, facts), line, sign, min_points, offset=True)
    found = quantity_of(line.local, sign=sign, huber=line, **facts)
    return with_scan(found, line, sign, min_points, offset=False)


def seed_line(
    x: Sequence[float] | Array, samples: Array, mean: str, window: Sequence[float] | None
) -> SeedLine:
    """The curve in order of x, with its window."""
    order = np.argsort(np.asarray(x, dtype=float), kind="stable")
    x, samples = np.asarray(x, dtype=float)[order], np.asarray(samples, dtype=float)[:, order]
    inside = np.full(len(x), True) if window is None else select(x, *window)
    return SeedLine(x, samples, inside, mean)


def usable(line: SeedLine) -> Array:
    """(n,) mask of the points that are fitted."""
    return line.inside & (np.isfinite(line.samples).sum(axis=0) >= min(2, len(line.samples)))


def facts_of(lines: Sequence[SeedLine]) -> dict[str, Any]:
    """How much went into exponents of these curves."""
    masked = sum(int(np.sum(~np.isfinite(line.samples[:, line.inside]))) for line in lines)
    return {
        "n_points": sum(int(usable(line).sum()) for line in lines),
        "n_seeds": len(lines[0].samples),
        "n_masked": masked,
    }


def quantity_of(
    measure: Measure,
    *,
    n_seeds: int,
    sign: int = +1,
    huber: SeedLine | None = None,
    **facts: Any,
) -> Quantity:
    """The quantity of an exponent, or of a sum of exponents, that `measure` finds for any choice
    of seeds and window; it raises InputError where there is none.

    `huber`: the curve through which a Huber line is laid as a variant.
    """
    everyone = np.arange(n_seeds)
    try:
        local = signed(measure(Choice(everyone)), sign)
    except InputError as problem:
        return unavailable(str(problem), **{**facts, "n_seeds": n_seeds})
    bend = bend_of(local)
    ends = judged(local, bend)
    found = quantity(
        local.whole.value,
        ends,
        seed_interval=local.whole.interval(),
        window_interval=within_window(local, bend),
        standard_error=local.whole.error,
        interval_kind=STUDENT_KIND if local.whole.inverted is None else INVERSION_KIND,
        degrees=n_seeds - 1 if n_seeds > 1 else None,
        bend=bend,
        why=None if np.all(np.isfinite(ends)) else why_no_interval(n_seeds),
        **{**facts, "n_seeds": n_seeds},
    )
    if found["interval"] is not None:
        variants, within, slopes = variants_of(measure, everyone, sign)
        if huber is not None:
            own = slopes_of(local, bend)
            variants |= huber_variant(huber, found, "interval", sign)
            within |= huber_variant(huber, found, "window_interval", sign)
            if own is not None and "Huber" in variants:
                slopes["Huber"] = moved(own, variants["Huber"][0] - local.whole.value)
        found |= {"variants": variants, "window_variants": within, "variant_slopes": slopes}
    return found


def signed(local: Local, sign: int) -> Local:
    """The growth exponent in place of the decay exponent."""
    if sign > 0:
        return local
    parts = [
        None
        if part is None
        else part._replace(
            value=-part.value,
            influences=-part.influences,
            inverted=None if part.inverted is None else mirrored(part.inverted),
        )
        for part in local[:3]
    ]
    assert parts[0] is not None
    return Local(parts[0], parts[1], parts[2], local.size)


def mirrored(interval: Callable[[], tuple[float, float]]) -> Callable[[], tuple[float, float]]:
    def other_sign() -> tuple[float, float]:
        low, high = interval()
        return -high, -low

    return other_sign


def why_no_interval(n_seeds: int, offset: bool = False) -> str:
    if n_seeds < 2:
        return "one seed has no spread over seeds, so there is no interval"
    if offset:
        return "the seeds do not bound the exponent and the offset together"
    return "the seeds do not bound the exponent"


Variants = tuple[dict[str, list[float]], dict[str, list[float]], dict[str, dict[str, list[float]]]]


def variants_of(measure: Measure, seeds: Array, sign: int) -> Variants:
    """[estimate, low, high] with the window moved by one point and with one seed left out: as
    judged, and within the window alone; and the slopes of those whose law bends.
    """
    chosen = {name: attempt(measure, Choice(seeds, *move)) for name, move in MOVES.items()}
    if len(seeds) > 2:
        left_out = [attempt(measure, Choice(np.delete(seeds, at))) for at in range(len(seeds))]
        there = sorted(
            (one for one in left_out if one is not None), key=lambda one: sign * one.whole.value
        )
        if there:
            chosen |= {
                "one seed left out, lowest": there[0],
                "one seed left out, highest": there[-1],
            }
    found, within, slopes = {}, {}, {}
    for name, local in chosen.items():
        if local is not None:
            local = signed(local, sign)
            bend = bend_of(local)
            one = [local.whole.value, *judged(local, bend)]
            if np.all(np.isfinite(one)):
                found[name] = one
                within[name] = [local.whole.value, *within_window(local, bend)]
                if own := slopes_of(local, bend):
                    slopes[name] = own
    return found, within, slopes


def attempt(measure: Measure, choice: Choice) -> Local | None:
    """None where there is no exponent."""
    try:
        return measure(choice)
    except InputError:
        return None


def huber_variant(
    line: SeedLine, found: Quantity, interval_name: str, sign: int
) -> dict[str, list[float]]:
    """A Huber line through the logarithms of the mean curve, with the reaches of that interval."""
    x, curve = line.x[usable(line)], mean_curve(line.samples, log_or_mean(line))[usable(line)]
    values: Mapping[str, Any] = found
    estimate, interval = values["estimate"], values[interval_name]
    if estimate is None or interval is None or np.any(~(curve > 0)):
        return {}
    slope = -sign * huber_slope(np.log(x), np.log(curve))
    return {"Huber": [slope, *(end - estimate + slope for end in interval)]}


def log_or_mean(line: SeedLine) -> str:
    return "log" if line.mean == "log" else "arithmetic"


def offset_quantity(line: SeedLine, sign: int, facts: dict[str, Any]) -> Quantity:
    """The exponent next to a fitted offset; halves of its window would determine none."""
    x, samples = line.part(Choice(np.arange(len(line.samples))))
    try:
        found = offset_exponent(x, samples)
    except InputError as problem:
        return unavailable(str(problem), **facts)
    low, high = sorted((sign * found.low, sign * found.high))
    bounded = bool(np.isfinite(low + high))
    return quantity(
        sign * found.estimate,
        (low, high),
        seed_interval=(low, high),
        standard_error=found.standard_error,
        interval_kind=INVERSION_KIND,
        degrees=len(samples) - 1 if len(samples) > 1 else None,
        why=None if bounded else why_no_interval(len(samples), offset=True),
        **facts,
    )


def with_scan(
    found: Quantity, line: SeedLine, sign: int, min_points: int, *, offset: bool
) -> Quantity:
    """With the lowest and highest exponent over windows of the whole curve."""
    if found["estimate"] is None:
        return found
    there = np.any(np.isfinite(line.samples), axis=0)
    curve = mean_curve(line.samples[:, there], log_or_mean(line))
    low, high, _ = window_scan(line.x[there], curve, min_points + offset, offset=offset)
    ends = sorted((sign * low, sign * high))
    return {**found, "scan": ends if np.all(np.isfinite(ends)) else None}
