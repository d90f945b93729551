"""Sentences of config/findings: which claims they stand on, and the blanks that results fill.

A blank is ``{CLAIM WHAT}`` or ``{CLAIM WHAT VERDICT}`` with a claim's name without its paper, or
``{fit.quantity}`` or ``{fit.quantity WHAT}``. A verdict picks those of a claim's quantities that
have it. What can be asked for:

- ``ours``: the estimate with its interval; of several quantities the range of their estimates
- ``published``: the value with its margin; ``value``: without
- ``percent``: by how many percent estimates are off the published value, at most
- ``excess``: by how many percent they lie above it
- ``names``: what the quantities stand for, as ``names`` in the file says
- ``number``: how many quantities

A blank that nothing fills (no estimate, no quantity with that verdict) drops its text.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scalinglaws.claims.verdict import DIFFERS, NOT_RUN, REPRODUCED, UNDECIDED
from scalinglaws.claims.wording import ours_text, published_text
from scalinglaws.config import CONFIG, validate
from scalinglaws.errors import InputError
from scalinglaws.rounding import plain, with_interval
from scalinglaws.spelling import distinct_names
from scalinglaws.strict_yaml import read_yaml

Record = Mapping[str, Any]
BLANK = re.compile(r"\{([^{}]*)\}")
NUMBER = re.compile(r"\d+(?:\.\d+)?")
OF_CLAIM = ("ours", "published", "value", "percent", "excess", "names", "number")
OF_QUANTITY = ("ours", "estimate")


@dataclass(frozen=True)
class Evidence:
    """What the blanks of one paper are filled from.

    - ``rows``: claim without its paper -> row of the ledger
    - ``quantities``: fit.quantity -> Quantity
    - ``names``: fit.quantity -> what it stands for
    """

    rows: Mapping[str, Record]
    quantities: Mapping[str, Record]
    names: Mapping[str, str]


def read_findings(slug: str, file: str | Path | None = None) -> dict[str, Any]:
    """Templates of a paper's findings, by default those of config/findings. Raises InputError."""
    found = read_yaml(Path(file or CONFIG / "findings" / f"{slug}.yaml"))
    validate(found, "findings.schema", str(file or f"config/findings/{slug}.yaml"))
    return dict(found)


def texts_of(value: str | Sequence[str] | None) -> list[str]:
    """The variants of a text, best first."""
    return [value] if isinstance(value, str) else list(value or ())


def verdict_of(claims: Sequence[str], evidence: Evidence) -> str:
    """Of several claims together: what is not run counts only if nothing is."""
    found = {evidence.rows[name]["verdict"] for name in claims}
    if found == {NOT_RUN}:
        return NOT_RUN
    found.discard(NOT_RUN)
    if DIFFERS in found:
        return DIFFERS
    return REPRODUCED if found == {REPRODUCED} else UNDECIDED


def sentence(template: Record, evidence: Evidence) -> str | None:
    """The first text for the verdict of its claims whose blanks can all be filled, or None.

    A clause is a blank of the template's own: its text for the verdict of its claims, or nothing.
    """
    clauses = {
        name: sentence(clause, evidence) or ""
        for name, clause in template.get("clauses", {}).items()
    }
    for text in texts_of(template.get(verdict_of(template["claims"], evidence))):
        found = filled(text, evidence, clauses)
        if found is not None:
            return found
    return None


def filled(text: str, evidence: Evidence, clauses: Mapping[str, str]) -> str | None:
    """The text with all blanks filled, or None where one cannot be."""
    found = {blank: clauses.get(blank, fill(blank, evidence)) for blank in BLANK.findall(text)}
    if any(value is None for value in found.values()):
        return None
    whole = BLANK.sub(lambda blank: str(found[blank[1]]), text)
    return re.sub(r"\s+", " ", whole).strip()


def fill(blank: str, evidence: Evidence) -> str | None:
    """What a blank stands for; None where there is nothing to say. Raises InputError."""
    name, *asked = blank.split()
    if name in evidence.quantities and (not asked or asked[0] in OF_QUANTITY):
        return quantity_blank(evidence.quantities[name], *asked)
    if name in evidence.rows and asked and asked[0] in OF_CLAIM:
        return claim_blank(evidence.rows[name], evidence, *asked)
    raise InputError(
        f"config/findings: the blank {{{blank}}} names no clause, no claim with one of "
        f"{', '.join(OF_CLAIM)}, and no quantity of a fit; correct its spelling."
    )


def quantity_blank(quantity: Record, what: str = "ours") -> str | None:
    if quantity["estimate"] is None:
        return None
    text = with_interval(quantity["estimate"], quantity["interval"])
    return text if what == "ours" else text.partition(" [")[0]


def claim_blank(row: Record, evidence: Evidence, what: str, verdict: str = "") -> str | None:
    """See the head of this module."""
    if what == "published":
        return published_text(row)
    if what == "value":
        return published_text({**row, "margin": 0.0})
    picked = [one for one in row["judged"] if not verdict or one["verdict"] == verdict]
    if what == "names":
        return listed(names_of(row, evidence, picked)) if picked else None
    if what == "number":
        return str(len(picked)) if picked else None
    if not picked or any(one["estimate"] is None for one in picked):
        return None
    if what == "ours":
        return ours_text(picked[0]) if len(picked) == 1 else range_text(picked)
    if not row["published"]:
        return None
    shares = [100 * (one["estimate"] / row["published"] - 1) for one in picked]
    if what == "percent":
        return f"{math.ceil(max(map(abs, shares)))}"
    low, high = (f"{round(end)}" for end in (min(shares), max(shares)))
    return None if min(shares) < 0 else low if low == high else f"{low} to {high}"


def range_text(picked: Sequence[Record]) -> str:
    """From the smallest estimate to the largest, each with the digits its interval supports."""
    ordered = sorted(picked, key=lambda one: one["estimate"])
    ends = [plain(one["estimate"], one["interval"]).partition(" [")[0] for one in ordered]
    return ends[0] if ends[0] == ends[-1] else f"{ends[0]} to {ends[-1]}"


def names_of(row: Record, evidence: Evidence, picked: Sequence[Record]) -> list[str]:
    short = dict(zip(row["quantities"], distinct_names(row["quantities"]), strict=True))
    return [evidence.names.get(one["name"], short[one["name"]]) for one in picked]


def listed(names: Sequence[str]) -> str:
    """``a, b and c``; of ``d = 3`` and ``d = 4`` the letter once."""
    heads = {name.rpartition(" = ")[0] for name in names}
    if len(heads) == 1 and "" not in heads:
        names = [names[0], *(name.rpartition(" = ")[2] for name in names[1:])]
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
