"""Whole ledgers of the papers' own claims, every verdict as a test wants it."""

from scalinglaws.claims.ledger import judge_paper
from scalinglaws.claims.templates import BLANK, read_findings, texts_in, texts_of
from scalinglaws.claims.verdict import (
    DIFFERS,
    NOT_RUN,
    REPRODUCED,
    UNDECIDED,
    band_of,
    margin_of,
)
from scalinglaws.config import read_claims, read_departures
from scalinglaws.statistics.quantity import LEFT_OUT, NUMERICAL, quantity, unavailable

NUMBERS = {"interval_kind": "Student t over seeds", "n_seeds": 12, "n_points": 6, "degrees": 11}


def made_quantity(claim, verdict):
    """A quantity that the claim's band judges so, by far."""
    band = band_of(claim, margin_of(claim)[0])
    size = max(band.margin, 0.01) if band.margin < float("inf") else 0.01
    low, high = max(band.low, -1e6), min(band.high, 1e6)
    if verdict == NOT_RUN:
        return unavailable(f"{LEFT_OUT} not run")
    if verdict == UNDECIDED:
        edge = high if high < 1e6 else low
        return quantity(edge + 0.1 * size, (edge - size, edge + 1.2 * size), **NUMBERS)
    if verdict == DIFFERS:
        outside = high + 5 * size if high < 1e6 else low - 5 * size
        return quantity(outside, (outside - 0.1 * size, outside + 0.1 * size), **NUMBERS)
    if low > -1e6 and high < 1e6:
        inside = (low + high) / 2
    else:
        inside = low + size if low > -1e6 else high - size
    return quantity(inside, (inside - 1e-4 * size, inside + 1e-4 * size), **NUMBERS)


def made_fits(paper, verdicts, default=REPRODUCED):
    """fit -> quantity name -> quantity; ``verdicts``: claim -> verdict where it is no default."""
    fits = {}
    for claim in read_claims(paper):
        for name in claim["quantities"]:
            fit, _, key = name.partition(".")
            fits.setdefault(fit, {})[key] = made_quantity(claim, verdicts.get(claim["id"], default))
    return fits


def made_rows(paper, fits):
    return judge_paper(read_claims(paper), fits, read_departures())


def other_quantities(paper):
    """What templates name beside the quantities of claims: fit -> name -> quantity."""
    found = {}
    for text in all_texts(read_findings(paper)):
        for blank in BLANK.findall(text):
            fit, dot, name = blank.split()[0].partition(".")
            if dot:
                found.setdefault(fit, {})[name] = quantity(
                    0.7, (0.69, 0.71), interval_kind=NUMERICAL
                )
    return found


def all_texts(found):
    for template in found["sentences"]:
        yield from texts_in(template)
        for clause in template.get("clauses", {}).values():
            yield from texts_in(clause)
    for reasons in found["reasons"].values():
        yield from texts_of(reasons)


def whole_fits(paper, verdicts, default=REPRODUCED):
    """With all that the findings' templates name beside."""
    fits = made_fits(paper, verdicts, default)
    for fit, named in other_quantities(paper).items():
        fits[fit] = {**named, **fits.get(fit, {})}
    return fits
