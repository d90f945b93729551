"""How verdict rows read as text, shared by the terminal table and the page."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from scalinglaws.claims.verdict import VERDICTS
from scalinglaws.rounding import MINUS, with_interval

Record = Mapping[str, Any]
RELATIONS = {"equals": "", "at_least": "≥ ", "at_most": "≤ "}


def published_text(row: Record) -> str:
    """For example ``0.5005 ± 0.0003`` or ``≥ 1``: the published value and the margin around it."""
    decimals = row["published_decimals"]
    value = f"{row['published']:.6g}" if decimals is None else f"{row['published']:.{decimals}f}"
    margin = f" ± {row['margin']:.3g}" if row["margin"] else ""
    text = re.sub(r"e([+-])0*(\d+)", r" × 10^\1\2", RELATIONS[row["kind"]] + value + margin)
    return text.replace("^+", "^").replace("-", MINUS)


def ours_text(judged: Record) -> str:
    """Our estimate with its interval, rounded to what the interval supports."""
    if judged["estimate"] is None:
        return "not estimated"
    return with_interval(judged["estimate"], judged["interval"])


def verdict_counts(rows: Sequence[Record]) -> dict[str, int]:
    return {verdict: sum(row["verdict"] == verdict for row in rows) for verdict in VERDICTS}


def counts_text(rows: Sequence[Record]) -> str:
    """For example ``12 claims: 7 reproduced, 1 differs, 4 undecided (3 without an estimate)``."""
    counts = ", ".join(f"{number} {verdict}" for verdict, number in verdict_counts(rows).items())
    missing = without_estimate(rows)
    aside = f" ({missing} without an estimate)" if missing else ""
    return f"{len(rows)} {'claim' if len(rows) == 1 else 'claims'}: {counts}{aside}"


def without_estimate(rows: Sequence[Record]) -> int:
    """How many claims are undecided because a quantity is not run, or gave no value."""
    undecided = [row for row in rows if row["verdict"] == "undecided"]
    return sum(any(one["estimate"] is None for one in row["judged"]) for row in undecided)


def percent(probability: float | None) -> str:
    return "" if probability is None else f"{100 * probability:.0f} %"


def p_text(p: float | None) -> str:
    if p is None:
        return "none (deterministic)"
    return "< 0.0001" if p < 1e-4 else f"{p:.2g}"
