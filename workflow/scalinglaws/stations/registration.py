"""Registration of what is fixed before results are seen, and how a run stands to it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from scalinglaws.claims.registration import (
    Terms,
    changes,
    drawn_seed,
    entry,
    terms_in,
    terms_of,
)
from scalinglaws.config import (
    CONFIG,
    PAPERS,
    SCALES,
    read_claims,
    read_ladder,
    read_paper,
    read_reach,
    read_registrations,
    read_scale,
)
from scalinglaws.errors import InputError
from scalinglaws.files import write_whole
from scalinglaws.repository import clean_commit

FILE = "registration.yaml"
HEAD = """\
# What was fixed before results were seen, oldest first: digests of claims, fits, sizes, ladder.
# Made by: python -m scalinglaws register. Entries are only ever added; a root seed is drawn from
# its entry's digests, so an entry edited by hand is refused.
"""


def present_terms(scales: Sequence[str] = SCALES) -> Terms:
    """The terms that config holds now. Raises InputError."""
    return terms_of(
        claims={slug: read_claims(slug) for slug in PAPERS},
        papers={slug: read_paper(slug) for slug in PAPERS},
        scales={scale: read_scale(scale) for scale in scales},
        ladder=read_ladder(),
        reach=read_reach(),
    )


def registrations(file: str | Path | None = None) -> list[dict[str, Any]]:
    """The registrations, checked. Raises InputError for one that was edited by hand."""
    found = read_registrations(file)
    for number, one in enumerate(found, start=1):
        if one["number"] != number or one["seed"] != drawn_seed(terms_in(one)):
            raise InputError(
                f"config/{FILE}: entry {number} is not as it was made (its number or its seed does "
                "not follow from its digests); restore the file from the repository."
            )
    return found


def register(say: Any = print) -> None:
    """Add a registration of config as committed. Raises InputError for what is not committed."""
    known, terms = registrations(), present_terms()
    if known and terms_in(known[-1]) == terms:
        say(f"nothing was changed since registration {known[-1]['number']}; none is added")
        return
    made = entry(len(known) + 1, terms, committed(), datetime.now(UTC).date().isoformat())
    text = HEAD + yaml.safe_dump([*known, made], sort_keys=False, width=100)
    write_whole(CONFIG / FILE, text.encode())
    say(
        f"registration {made['number']}: {len(terms.claims)} claims, root seed {made['seed']}; "
        f"commit config/{FILE}, then run: make reproduce"
    )


def committed() -> str:
    """The commit that holds config as it is. Raises InputError without one."""
    states = [("--", "config", f":!config/{FILE}")]
    names = "a registration names the commit that holds what it registers"
    return clean_commit(states, names, "register")


def registration_of(seed: int) -> dict[str, Any] | None:
    """The registration that a run of this root seed stands under: that which drew the seed, else
    the latest, from which it departs; None where nothing is registered.

    So a scale that is planned anew and registered does not unmake the finished runs of others.
    """
    known = registrations()
    drew = [one for one in known if one["seed"] == seed]
    return next(iter([*drew[-1:], *known[-1:]]), None)


def out_of_reach(run: Mapping[str, Any]) -> dict[str, str]:
    """Claim that the run's scale cannot decide -> why, as registered before the run."""
    registration = registration_of(run["seed"]) or {}
    return dict(registration.get("reach", {}).get(run["scale"], {}))


def exploratory_claims(
    slug: str, claims: Sequence[Mapping[str, Any]], run: Mapping[str, Any]
) -> dict[str, list[str]]:
    """Claim -> what was changed since the run's registration; all claims without one.

    - ``run``: the configuration judged, resolved: ``scale``, ``seed``
    """
    registration = registration_of(run["seed"])
    if registration is None:
        return {claim["id"]: ["nothing is registered"] for claim in claims}
    paper = read_paper(slug)
    own = terms_of(
        {slug: claims}, {slug: paper}, {run["scale"]: read_scale(run["scale"])}, read_ladder()
    )
    return changes(registration, own, paper, claims, run)
