"""The findings as the PDF tells them: sentences, what differs, what is undecided, per paper."""

from collections.abc import Mapping, Sequence
from typing import Any

from scalinglaws.spelling import readable

Record = Mapping[str, Any]


def findings_record(paper: Record, rows: Sequence[Record]) -> dict[str, Any]:
    """One paper's part of findings.json; each claim named with its verdict.

    - ``paper``: its ``sentences``, ``differs``, ``undecided`` and ``beyond``.
    - ``rows``: the paper's judged claims.
    """
    judged = {row["id"]: row for row in rows}
    return {
        "sentences": [
            {
                "text": readable(one["text"]),
                "figure": one["figure"],
                "claims": [verdict_record(judged[name]) for name in one["claims"]],
            }
            for one in paper["sentences"]
        ],
        "differs": [open_record(one, judged) for one in paper["differs"]],
        "undecided": [
            {**open_record(one, judged), "needs": readable(one["needs"])}
            for one in paper["undecided"]
        ],
        "beyond": [
            {**open_record(one, judged), "why": readable(one["why"])} for one in paper["beyond"]
        ],
    }


def open_record(one: Record, judged: Mapping[str, Record]) -> dict[str, Any]:
    """A claim that is not borne out; the primary ones are told in the article itself."""
    row = judged[one["claim"]]
    return {
        **verdict_record(row),
        "text": readable(one["text"]),
        "statement": readable(row["statement"]),
        "primary": row["primary"],
        "figure": one["figure"],
    }


def verdict_record(row: Record) -> dict[str, str]:
    return {"claim": row["id"], "verdict": row["verdict"]}
