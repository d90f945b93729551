"""Fitted quantities as rows of a dense table: one line each, explanations as numbered notes."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from scalinglaws.document.products import products_text
from scalinglaws.rounding import MINUS, quantity_text, with_interval
from scalinglaws.spelling import quantity_name, readable

Record = Mapping[str, Any]


def fits_record(fits: Mapping[str, Mapping[str, Record]]) -> dict[str, Any]:
    """All fits of one paper and the notes they share.

    - ``fits``: fit -> quantity name -> Quantity.

    ``notes`` are texts (how intervals were made, rules of windows), each once; quantities and
    fits name them by number, from 1. ``masked`` says whether any value had to be left out.
    """
    notes: list[str] = []
    groups = [fit_record(fit, named, notes) for fit, named in fits.items()]
    every = [one for named in fits.values() for one in named.values()]
    return {
        "fits": groups,
        "notes": notes,
        "masked": any(one["n_masked"] for one in every),
    }


def fit_record(fit: str, named: Mapping[str, Record], notes: list[str]) -> dict[str, Any]:
    """A group of quantities; what all of them share is noted once, at the group's name.

    New texts are appended to ``notes``.
    """
    estimated = {name: one for name, one in named.items() if one["estimate"] is not None}
    absent = {name: one for name, one in named.items() if one["estimate"] is None}
    numbers = {name: note_numbers(one, notes) for name, one in estimated.items()}
    common = set.intersection(*map(set, numbers.values())) if numbers else set()
    return {
        "fit": fit,
        "notes": sorted(common),
        "quantities": [
            quantity_record(name, one, [n for n in numbers[name] if n not in common])
            for name, one in estimated.items()
        ],
        "missing": missing_texts(absent),
    }


def note_numbers(quantity: Record, notes: list[str]) -> list[int]:
    """Numbers of the notes on one quantity; unheard ones join the list."""
    said = [quantity["interval_kind"] if quantity["interval"] else "", quantity["rule"] or ""]
    texts = [readable(text) for text in said if text]
    notes += [text for text in dict.fromkeys(texts) if text not in notes]
    return [notes.index(text) + 1 for text in texts]


def quantity_record(name: str, quantity: Record, notes: Sequence[int]) -> dict[str, Any]:
    """One line of a table of fitted quantities."""
    return {
        "name": quantity_name(name),
        "text": quantity_text(quantity),
        "points": str(quantity["n_points"] or ""),
        "seeds": str(quantity["n_seeds"] or ""),
        "masked": str(quantity["n_masked"] or ""),
        "window": range_text(quantity["window"]),
        "scan": scan_text(quantity),
        "notes": list(notes),
        "raw": [quantity["estimate"], quantity["interval"]],
    }


def missing_texts(absent: Mapping[str, Record]) -> list[str]:
    """One text per reason why quantities could not be estimated, with their names.

    Reasons that differ by a number, for quantities whose names differ by the same number, are
    told once: ``slope d2 (dimension 2 is not run; likewise with 5, 7 in place of 2)``.
    """
    names: dict[str, list[str]] = {}
    for name, quantity in absent.items():
        names.setdefault(readable(quantity["why"] or ""), []).append(quantity_name(name))
    families: dict[tuple[str, ...], list[tuple[str, str, list[str]]]] = {}
    for why, own in names.items():
        first = re.search(r"\d+", why)
        number = first[0] if first else ""
        family = tuple(without(number, text) for text in (why, *own))
        families.setdefault(family, []).append((number, why, own))
    return [family_text(members) for members in families.values()]


def without(number: str, text: str) -> str:
    """The text with # in place of that number, not of numbers that contain it (2 in 0.2 or 12)."""
    return re.sub(rf"(?<![\d.]){number}(?![\d.]*\d)", "#", text) if number else text


def family_text(members: Sequence[tuple[str, str, list[str]]]) -> str:
    """One text for reasons that differ by a number: (number, reason, names of quantities)."""
    number, why, own = members[0]
    others = ", ".join(other for other, _, _ in members[1:])
    likewise = f"; likewise with {others} in place of {number}" if others else ""
    reason = f"{why}{likewise}"
    listed = products_text(own)
    return f"{listed}: {reason}" if reason else listed


def range_text(bounds: Sequence[float] | None) -> str:
    """For example ``125 to 2,000``; a window that is a single point is printed once."""
    if bounds is None:
        return ""
    low, high = (significant(bound, 4) for bound in bounds)
    return low if low == high else f"{low} to {high}"


def scan_text(quantity: Record) -> str:
    """Smallest and largest estimate over admissible windows, to the estimate's precision."""
    if quantity["scan"] is None or quantity["estimate"] is None:
        return ""
    text = with_interval(quantity["estimate"], quantity["scan"])
    return text[text.index("[") :].replace(")", "") if "[" in text else text


def significant(value: float, digits: int = 6) -> str:
    """The shortest decimal that is the number to so many digits: ``10,000``, ``3.2 × 10^−7``."""
    mantissa, power = f"{value:.{digits - 1}e}".split("e")
    if value and not -5 < int(power) < 6:
        text = f"{float(mantissa):g} × 10^{int(power)}"
    else:
        text = f"{float(f'{value:.{digits}g}'):,.12f}".rstrip("0").rstrip(".")
    return text.replace("-", MINUS)
