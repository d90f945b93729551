"""What Snakemake tells of a run: one line of JSON per event, among the lines that jobs write.

Snakemake's logger plugins are handed typed events (its logging.py says which fields each has); the
plugin beside this package writes them as these lines, so that nobody has to understand sentences
that another version words differently.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

MARK = '{"snakemake": '  # how a line of ours begins; a job may have left its own line unfinished


class Event(NamedTuple):
    """- `kind`: Snakemake's name, "progress" say; empty for plain text.
    - `text`: what Snakemake would have printed, without the last line break.
    - `done`, `total`: jobs, where it tells them.
    - `rule`, `message`: of a job, where it is about one.
    """

    kind: str
    text: str
    done: int | None = None
    total: int | None = None
    rule: str | None = None
    message: str | None = None


def event_of(fields: Mapping[str, Any], text: str) -> Event:
    """From the fields of a log record."""
    total = fields.get("total", (fields.get("stats") or {}).get("total"))
    job = fields.get("rule_name"), fields.get("rule_msg")
    return Event(str(fields.get("event") or ""), text, fields.get("done"), total, *job)


def written(event: Event) -> str:
    """The line, without its break."""
    return json.dumps({"snakemake": event})


def read(line: str) -> tuple[str, Event | None]:
    """What a job wrote in front, and the event; all of a line that holds none is a job's."""
    before, mark, _ = line.partition(MARK)
    try:
        return before, Event(*json.loads(line[len(before) :])["snakemake"]) if mark else None
    except (ValueError, TypeError, KeyError):  # torn by another line
        return line, None
