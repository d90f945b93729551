"""How verdict rows read as text, shared by the terminal table and the page."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from scalinglaws.claims.fragility import MARGINS
from scalinglaws.claims.verdict import DIFFERS, NOT_RUN, REPRODUCED, UNDECIDED, VERDICTS
from scalinglaws.rounding import MINUS, with_interval

Record = Mapping[str, Any]
RELATIONS = {"equals": "", "at_least": "≥ ", "at_most": "≤ ", "within": ""}
# Kinds of claims by whose numbers they are, each counted apart; the last is no evidence about the
# paper, and never in one sum with the others.
KINDS = {
    "printed": "numbers the authors printed",
    "stated": "laws and constants of their text",
    "sign": "signs and inequalities",
    "literature": "numbers of other papers",
    "ours": "self-checks: ours against ours",
}


def published_text(row: Record) -> str:
    """For example ``0.5005 ± 0.0003``, ``≥ 1`` or ``0 to 1``: what is published, the margin."""
    decimals = row["published_decimals"]
    value = f"{row['published']:.6g}" if decimals is None else f"{row['published']:.{decimals}f}"
    value += f" to {row['upper']:.6g}" if row["kind"] == "within" else ""
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
    counts = [f"{number} {name}" for name, number in verdict_counts(rows).items() if number]
    missing = without_estimate(rows)
    aside = f" ({missing} without an estimate)" if missing else ""
    text = ", ".join(counts) or "none"
    text = text.replace("undecided", f"undecided{aside}")
    return f"{len(rows)} {'claim' if len(rows) == 1 else 'claims'}: {text}"


def without_estimate(rows: Sequence[Record]) -> int:
    """How many claims are undecided because a quantity that was run gave no value."""
    undecided = [row for row in rows if row["verdict"] == UNDECIDED]
    return sum(any(one["estimate"] is None for one in row["judged"]) for row in undecided)


def by_kind(rows: Sequence[Record]) -> dict[str, list[Record]]:
    """Rows of each kind of claim, in the order of ``KINDS``; kinds without any are left out."""
    kinds = {kind: [row for row in rows if row["provenance"] == kind] for kind in KINDS}
    return {kind: own for kind, own in kinds.items() if own}


def of_paper(rows: Sequence[Record]) -> list[Record]:
    """Without self-checks: the claims that a verdict says something about."""
    return [row for row in rows if row["provenance"] != "ours"]


def facts_text(rows: Sequence[Record]) -> str:
    """For example ``12 primary (9 decided), 40 deterministic, 3 exploratory``."""
    primary = [row for row in rows if row["primary"]]
    decided = sum(row["verdict"] in (REPRODUCED, DIFFERS) for row in primary)
    exact = sum(row["deterministic"] for row in rows)
    exploratory = sum(row["exploratory"] for row in rows)
    text = f"{len(primary)} primary ({decided} decided), {exact} deterministic, " + (
        f"{exploratory} exploratory" if exploratory else "none exploratory"
    )
    return f"{text}; {reach_text(rows)}" if beyond_reach(rows) else text


def beyond_reach(rows: Sequence[Record]) -> list[Record]:
    """Claims that a registration says their scale cannot decide; older ledgers know of none."""
    return [row for row in rows if row.get("out_of_reach")]


def reach_text(rows: Sequence[Record]) -> str:
    """How many claims with sampling error are decided, of those in reach and of all that are run:
    what is left out beforehand must not make the rest look better than it is.
    """
    beyond = beyond_reach(rows)
    by_chance = [row for row in rows if not row["deterministic"] and row["verdict"] != NOT_RUN]
    decided = sum(row["verdict"] != UNDECIDED for row in by_chance)
    run = len(by_chance) + len(beyond)
    shares = [
        f"{decided} of {number} ({percent(decided / number)})"
        for number in (len(by_chance), run)
        if number
    ]
    return (
        f"of the claims with sampling error {' in reach, '.join(shares)} of all that are run are "
        f"decided, {len(beyond)} being beyond this scale's reach: shown, not judged"
    )


def registration_text(registration: Record | None) -> str:
    """Which registration verdicts stand under; how many there were."""
    if registration is None:
        return "Nothing was registered before these verdicts: all of them are exploratory."
    return (
        f"Registration {registration['number']} of {registration['of']}: {registration['date']}, "
        f"commit {registration['commit'][:12]}, root seed {registration['seed']}."
    )


def fragility_text(row: Record) -> str:
    """In how many of the choices made otherwise the verdict stays."""
    choices = row["fragility"]
    stays = sum(verdict == row["verdict"] for verdict in choices.values())
    return f"{stays} of {len(choices)}" if choices else ""


def flips_text(row: Record) -> str:
    """Which choices made otherwise change the verdict, and to what."""
    flips = [f"{name}: {verdict}" for name, verdict in row["fragility"].items()]
    changed = [text for text in flips if not text.endswith(f": {row['verdict']}")]
    return "; ".join(changed) or ("none" if flips else "")


def flips_by_choice(rows: Sequence[Record]) -> dict[str, tuple[int, int]]:
    """Choice -> how many verdicts change when it is made otherwise, of how many it bears on."""
    found_in_rows = (name for row in rows for name in row["fragility"])
    names = dict.fromkeys([*MARGINS, *found_in_rows])
    found = {}
    for name in names:
        borne = [row for row in rows if name in row["fragility"]]
        if borne:
            changed = sum(row["fragility"][name] != row["verdict"] for row in borne)
            found[name] = (changed, len(borne))
    return found


def margins_text(off: float | None) -> str:
    """For example ``distance 2.3 × margin``; nothing without a margin and for what holds easily."""
    return "" if off is None or off < 0 else f"distance {off:.2g} × margin"


def command(figure: str, scale: str) -> str:
    """What makes a figure, and only what it needs."""
    return f"snakemake --cores all {figure} --config scale={scale}"


def percent(probability: float | None) -> str:
    return "" if probability is None else f"{100 * probability:.0f} %"


def p_text(p: float | None) -> str:
    if p is None:
        return "none (deterministic)"
    return "< 0.0001" if p < 1e-4 else f"{p:.2g}"
