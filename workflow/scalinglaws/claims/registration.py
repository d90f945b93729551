"""Registered before judged: what was fixed, at which commit, before results were seen.

A registration holds a digest of everything that decides a verdict beside the data themselves: each
claim's terms, each fit's windows and settings, each experiment's sizes and seeds at each scale, and
the ladder. Its root seed is drawn from these digests, so that nobody can choose it. A claim whose
terms, fits or experiments were changed afterwards, or which was judged with another root seed, is
*exploratory*: the verdict stands, but it was not fixed beforehand.

It also names the claims that a scale cannot decide, with the reason that a pilot gave: they are
shown, but not judged there.

Registrations are only ever added. How many there were, and what each changed, stays in the file.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from scalinglaws.canonical import digest

Record = Mapping[str, Any]
# What words say of a claim may be improved later; what it is judged by may not.
WORDS = ("statement", "source", "margin_reason", "figure", "departures")
SEEDS = 10**6  # root seeds are drawn below it: short enough to be quoted


@dataclass(frozen=True)
class Terms:
    """Digests of what is fixed beforehand. Claims and fits are named with their paper.

    ``reach`` holds no digests but words: scale -> claim beyond its reach -> why.
    """

    claims: Mapping[str, str]  # claim -> digest
    fits: Mapping[str, str]  # paper.fit -> digest
    sizes: Mapping[str, Mapping[str, str]]  # scale -> paper.experiment -> digest
    ladder: str
    reach: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def terms_of(
    claims: Mapping[str, Sequence[Record]],
    papers: Mapping[str, Record],
    scales: Mapping[str, Mapping[str, Record]],
    ladder: Sequence[Record],
    reach: Mapping[str, Mapping[str, str]] | None = None,
) -> Terms:
    """The terms as they stand.

    - ``claims``: paper -> rows of config/claims
    - ``papers``: paper -> its record in config/papers
    - ``scales``: scale -> paper -> experiment -> sizes
    - ``reach``: scale -> claim that it cannot decide -> why
    """
    return Terms(
        claims={row["id"]: digest(judged_terms(row)) for rows in claims.values() for row in rows},
        fits={
            f"{slug}.{name}": digest(fit)
            for slug, paper in papers.items()
            for name, fit in paper["fits"].items()
        },
        sizes={
            scale: {
                f"{slug}.{name}": digest(sizes)
                for slug, experiments in found.items()
                for name, sizes in experiments.items()
            }
            for scale, found in scales.items()
        },
        ladder=digest(list(ladder)),
        reach=reach or {},
    )


def judged_terms(claim: Record) -> dict[str, Any]:
    return {key: value for key, value in claim.items() if key not in WORDS}


def drawn_seed(terms: Terms) -> int:
    """The root seed of a registration of these terms."""
    return int(digest(kept(terms)), 16) % SEEDS


def kept(terms: Terms) -> dict[str, Any]:
    """As they stand in the file; where every claim is in reach there is no such entry."""
    return {key: value for key, value in asdict(terms).items() if key != "reach" or value}


def entry(number: int, terms: Terms, commit: str, date: str) -> dict[str, Any]:
    """One registration as it is kept."""
    head = {"number": number, "date": date, "commit": commit, "seed": drawn_seed(terms)}
    return {**head, **kept(terms)}


def terms_in(registration: Record) -> Terms:
    names = [name for name in Terms.__dataclass_fields__ if name in registration]
    return Terms(**{name: registration[name] for name in names})


def changes(
    registration: Record, terms: Terms, paper: Record, claims: Sequence[Record], run: Record
) -> dict[str, list[str]]:
    """Claim of one paper -> what makes it exploratory; claims as registered are left out.

    - ``paper``: its record in config/papers
    - ``run``: the configuration judged: ``scale``, ``seed``
    """
    registered = terms_in(registration)
    everywhere = list(changes_of_run(registration, registered, terms, run))
    found = {
        claim["id"]: [*everywhere, *changes_of_claim(registered, terms, paper, claim, run["scale"])]
        for claim in claims
    }
    return {name: reasons for name, reasons in found.items() if reasons}


def changes_of_run(
    registration: Record, registered: Terms, terms: Terms, run: Record
) -> Iterator[str]:
    if run["seed"] != registration["seed"]:
        yield f"root seed {run['seed']}, registered is {registration['seed']}"
    if terms.ladder != registered.ladder:
        yield "the ladder was changed"
    if run["scale"] not in registered.sizes:
        yield f"scale {run['scale']} is not registered"


def changes_of_claim(
    registered: Terms, terms: Terms, paper: Record, claim: Record, scale: str
) -> Iterator[str]:
    """What of its own was changed: the claim, a fit it names, or an experiment that fit reads."""
    name = claim["id"]
    slug = name.partition("_")[0]
    yield from changed("the claim", name, registered.claims, terms.claims)
    fits = dict.fromkeys(key.partition(".")[0] for key in claim["quantities"])
    for fit in fits:
        yield from changed(f"fit {fit}", f"{slug}.{fit}", registered.fits, terms.fits)
    tables = dict.fromkeys(
        table for fit in fits for table in paper["fits"].get(fit, {}).get("tables", ())
    )
    if scale not in registered.sizes:
        return
    before, now = registered.sizes[scale], terms.sizes.get(scale, {})
    for table in tables:
        yield from changed(f"experiment {table}", f"{slug}.{table}", before, now)


def changed(
    what: str, name: str, registered: Mapping[str, str], now: Mapping[str, str]
) -> Iterator[str]:
    if name not in registered:
        yield f"{what} is not registered"
    elif registered[name] != now.get(name):
        yield f"{what} was changed"
