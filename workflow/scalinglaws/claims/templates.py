"""Sentences of config/findings: the claims they stand on, and the blanks that results fill.

A blank is ``{CLAIM WHAT}`` or ``{CLAIM WHAT VERDICT}``, the claim named without its paper, or
``{fit.quantity}`` or ``{fit.quantity estimate}``, or ``{CLAUSE}``. A verdict picks those of a
claim's quantities that have it by themselves. What can be asked for:

- ``ours``: the estimate with its interval; of several quantities from the least to the largest
- ``each``: every estimate with what it belongs to
- ``names``: what the quantities stand for, as ``names`` in the file says; ``number`` of them
- ``least``, ``most``: the smallest, the largest estimate
- ``published``: the value with its margin; ``value``: the number alone
- ``off``: how far estimates are from the published value, at most; ``percent``: in percent of it
- ``excess``: by how much they lie above it, in percent

A blank that nothing fills (no estimate, no quantity with that verdict) drops its whole text, and
the next one is tried. Numbers are not typed: a text may hold those alone that stand in the
statements of its claims, like CIFAR-10 or 4 / d.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scalinglaws.claims.verdict import (
    DIFFERS,
    NOT_RUN,
    REPRODUCED,
    UNDECIDED,
    VERDICTS,
    is_deterministic,
)
from scalinglaws.claims.wording import published_text
from scalinglaws.config import CONFIG, read_claims, read_paper, validate
from scalinglaws.errors import InputError
from scalinglaws.rounding import MINUS, exponent_of, rounded, with_interval
from scalinglaws.spelling import distinct_names
from scalinglaws.strict_yaml import read_yaml

Record = Mapping[str, Any]
BLANK = re.compile(r"\{([^{}]*)\}")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
OF_CLAIM = (
    *("ours", "each", "least", "most", "names", "number"),
    *("published", "value", "off", "percent", "excess"),
)
OF_QUANTITY = ("estimate",)


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
    """Templates of a paper's findings, by default those of config/findings.

    Raises InputError, also for a claim or a figure that the configuration does not have, a blank
    that names nothing, and a number that is typed.
    """
    found = read_yaml(Path(file or CONFIG / "findings" / f"{slug}.yaml"))
    where = str(file or f"config/findings/{slug}.yaml")
    validate(found, "findings.schema", where)
    check_templates(found, read_claims(slug), read_paper(slug), where)
    return dict(found)


def check_templates(templates: Record, claims: Sequence[Record], paper: Record, where: str) -> None:
    """What the schema cannot say. Raises InputError."""
    known = {without_paper(claim["id"]): claim for claim in claims}
    for number, template in enumerate(templates["sentences"], start=1):
        place = f"{where}, sentence {number}"
        if template["figure"] is not None and template["figure"] not in paper["figures"]:
            raise InputError(
                f"{place}: figure is {template['figure']!r}, which config/papers does not have; "
                "name one of its figures, or null."
            )
        parts = [template, *template.get("clauses", {}).values()]
        named = [name for part in parts for name in part["claims"]]
        for part in parts:
            for text in texts_in(part):
                check_text(text, named, template.get("clauses", {}), known, place)
        check_known(named, known, place)
    for name, reasons in templates["reasons"].items():
        place = f"{where}, reasons"
        check_known([name], known, place)
        for text in texts_of(reasons):
            check_text(text, [name], {}, known, place)
    for quantity, text in templates.get("names", {}).items():
        of = [name for name, claim in known.items() if quantity in claim["quantities"]]
        if not of:
            raise InputError(
                f"{where}, names: no claim is about {quantity}; correct its spelling or remove it."
            )
        check_text(text, of, {}, known, f"{where}, names", quantity)


def check_known(named: Sequence[str], known: Mapping[str, Record], where: str) -> None:
    for name in named:
        if name not in known:
            raise InputError(
                f"{where} names the claim {name}, which config/claims does not have; correct its "
                "spelling, or take the claim out of the sentence."
            )


def check_text(
    text: str,
    named: Sequence[str],
    clauses: Mapping[str, Record],
    known: Mapping[str, Record],
    where: str,
    quantity: str = "",
) -> None:
    """Every blank names something, and no number is typed that its claims do not state, or the
    name of the ``quantity`` that the text is for (where 025 is 0.25).
    """
    for blank in BLANK.findall(text):
        name, *asked = blank.split() or [""]
        if blank in clauses or ("." in name and (not asked or asked[0] in OF_QUANTITY)):
            continue
        if name not in known or not asked or asked[0] not in OF_CLAIM:
            raise unknown_blank(blank, where)
        if asked[1:] and " ".join(asked[1:]) not in VERDICTS:
            raise unknown_blank(blank, where)
        named = [*named, name]
    stated = {
        number
        for name in named
        if name in known
        for number in NUMBER.findall(known[name]["statement"])
    }
    keyed = re.findall(r"\d+", quantity)
    for number in NUMBER.findall(BLANK.sub("", text)):
        if number not in stated and number.replace(".", "") not in keyed:
            raise InputError(
                f"{where} types the number {number}, which none of its claims states; numbers come "
                f"from results: put a blank in its place, like {{{(named or ['CLAIM'])[0]} ours}}."
            )


def unknown_blank(blank: str, where: str) -> InputError:
    return InputError(
        f"{where}: the blank {{{blank}}} is no clause, no claim of config/claims with one of "
        f"{', '.join(OF_CLAIM)}, and no fit.quantity; correct its spelling."
    )


def without_paper(name: str) -> str:
    """A claim's name without its paper."""
    return name.partition("_")[2]


def texts_of(value: str | Sequence[str] | None) -> list[str]:
    """The variants of a text, best first."""
    return [value] if isinstance(value, str) else list(value or ())


def texts_in(template: Record) -> Iterator[str]:
    for verdict in VERDICTS:
        yield from texts_of(template.get(verdict))


def verdict_of(claims: Sequence[str], evidence: Evidence) -> str:
    """Of several claims together: what is not run counts only if nothing is.

    What is beyond the scale's reach is told like what is undecided: there are numbers to tell.
    """
    rows = [evidence.rows[name] for name in claims]
    found = {UNDECIDED if row.get("out_of_reach") else row["verdict"] for row in rows}
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
    found = {
        blank: clauses[blank] if blank in clauses else fill(blank, evidence)
        for blank in BLANK.findall(text)
    }
    if any(value is None for value in found.values()):
        return None
    return BLANK.sub(lambda blank: str(found[blank[1]]), text)


def fill(blank: str, evidence: Evidence) -> str | None:
    """What a blank stands for; None where there is nothing to say. Raises InputError."""
    name, *asked = blank.split()
    if "." not in name:
        return claim_blank(evidence.rows[name], evidence, asked[0], " ".join(asked[1:]))
    if name not in evidence.quantities:
        raise InputError(f"config/findings: no fit provides {name}; correct the blank {{{blank}}}.")
    one = evidence.quantities[name]
    if one["estimate"] is None:
        return None
    return value_text(one) if asked else told(one)


def claim_blank(row: Record, evidence: Evidence, what: str, verdict: str) -> str | None:
    """See the head of this module."""
    if what == "published":
        return published_text(row)
    if what == "value":
        return published_text({**row, "margin": 0.0}).lstrip("≥≤ ")
    picked = [one for one in row["judged"] if not verdict or one["verdict"] == verdict]
    names = names_of(row, evidence)
    if what == "names":
        return listed([names[one["name"]] for one in picked]) if picked else None
    if what == "number":
        return str(len(picked)) if picked else None
    picked = [one for one in picked if one["estimate"] is not None]
    if not picked:
        return None
    if what == "each":
        return joined([f"{value_text(one)} ({names[one['name']]})" for one in picked])
    if what == "ours":
        return told(picked[0]) if len(picked) == 1 else range_text(picked)
    ordered = sorted(picked, key=lambda one: one["estimate"])
    if what in ("least", "most"):
        return value_text(ordered[0 if what == "least" else -1])
    if what == "off":
        return significant(max(abs(one["estimate"] - row["published"]) for one in picked), 2)
    return share_text([one["estimate"] / row["published"] for one in picked], what)


def share_text(shares: Sequence[float], what: str) -> str | None:
    """``percent`` or ``excess`` of estimates in units of the published value."""
    off = [100 * (share - 1) for share in shares]
    if what == "percent":
        return f"{math.ceil(max(map(abs, off)))}"
    low, high = round(min(off)), round(max(off))
    return None if low < 0 else f"{low}" if low == high else f"{low} to {high}"


def told(one: Record) -> str:
    """The estimate with its interval; of what is computed without chance three or four digits."""
    if is_deterministic(one):
        return significant(one["estimate"], 4 if abs(one["estimate"]) >= 1 else 3)
    return with_interval(one["estimate"], one["interval"])


def significant(value: float, digits: int) -> str:
    """A number without an interval."""
    power = exponent_of(value)
    if power > -4:
        return rounded(value, max(digits - 1 - power, 0))
    return f"{rounded(value / 10.0**power, digits - 1)} × 10^{power}".replace("-", MINUS)


def value_text(one: Record) -> str:
    """The estimate alone, with the digits that its interval supports."""
    text = told(one)
    power = re.fullmatch(r"\((\S+)(?: \[.*\])?\)( × .*)", text)
    return f"{power[1]}{power[2]}" if power else text.partition(" [")[0]


def range_text(picked: Sequence[Record]) -> str:
    """From the least estimate to the largest."""
    ordered = sorted(picked, key=lambda one: one["estimate"])
    least, largest = value_text(ordered[0]), value_text(ordered[-1])
    return least if least == largest else f"{least} to {largest}"


def names_of(row: Record, evidence: Evidence) -> dict[str, str]:
    """Quantity -> what tells it from the claim's others."""
    short = zip(row["quantities"], distinct_names(row["quantities"]), strict=True)
    return {name: evidence.names.get(name, text) for name, text in short}


def listed(names: Sequence[str]) -> str:
    """Names with commas and an "and"; of ``d = 3`` and ``d = 4`` the letter stands once."""
    heads = {name.rpartition(" = ")[0] for name in names}
    if len(heads) == 1 and "" not in heads:
        names = [names[0], *(name.rpartition(" = ")[2] for name in names[1:])]
    return joined(names)


def joined(texts: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(texts[:-1]), texts[-1]]))
