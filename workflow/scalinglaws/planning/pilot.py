"""A finished run as a pilot of one that is planned: what its fits say of every claim."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, cast

from scalinglaws.claims import verdict
from scalinglaws.claims.multiplicity import CORRECTION, family_of
from scalinglaws.claims.verdict import (
    SIGN,
    Band,
    as_claimed,
    band_of,
    interval_verdict,
    is_deterministic,
    judge_quantity,
    margin_of,
)
from scalinglaws.config import read_claims, read_ladder, read_scale, scale_names
from scalinglaws.errors import InputError
from scalinglaws.files import read_bytes
from scalinglaws.planning.chances import Piloted
from scalinglaws.planning.plan import Plan
from scalinglaws.planning.units import units_of
from scalinglaws.statistics.quantity import BEND, Quantity
from scalinglaws.storage import broken

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Pilot:
    """Where it lies, its scale and root seed, its quantities and its experiments' sizes.

    `recorded`: whether its own plan tells the sizes; else they are those of config today.
    """

    folder: str
    scale: str
    seed: int
    quantities: Mapping[str, Mapping[str, Quantity]]  # paper -> fit.name
    sizes: Mapping[str, Mapping[str, Any]]  # experiment -> sizes
    recorded: bool


@dataclass(frozen=True)
class Part:
    """What a run to come can say of one quantity of a claim.

    Either more seeds sharpen it (`piloted`), or its p values stay (`p_values`, of data that are
    given), or its `verdict` stays (no chance in it), or the pilot has no estimate (`why`). Where a
    law bends, all its `slopes` must lie in the band.
    """

    name: str
    experiments: tuple[str, ...] = ()  # whose seeds are its units
    planned: int = 0  # units at the planned scale
    piloted: Piloted | None = None
    p_values: tuple[float, float] | None = None  # of equivalence, of difference
    verdict: str | None = None
    slopes: tuple["Part", ...] = ()
    side: int = 0  # of a slope: below (-1), in (0) or above (1) the band
    bent: bool = False
    run: bool = True  # the pilot runs it
    why: str = ""


class Family(NamedTuple):
    """Claims that the ledger corrects together for their number, how, and the share of the error
    rate that they may spend.
    """

    paper: str
    name: str
    correction: str
    share: float = 1.0


@dataclass(frozen=True)
class Claim:
    """A claim about quantities with sampling error."""

    name: str
    paper: str
    family: Family
    primary: bool
    figure: str
    parts: tuple[Part, ...]
    in_family: bool = True  # not where the planned scale leaves out what it is about

    @property
    def experiments(self) -> tuple[str, ...]:
        """All that have to run longer for more seeds of this claim."""
        return tuple(dict.fromkeys(name for part in self.parts for name in part.experiments))


def read_pilot(folder: str | Path, plan: Plan) -> Pilot:
    """The fits of a finished run of the plan's papers, whatever code made them.

    Raises InputError where one is missing or no fit, and for a scale that is gone.
    """
    path = Path(folder) / "plan" / "plan.json"
    if not path.is_file():
        raise InputError(
            f"{folder} is no finished run, {path} is not there; expected the results of a scale "
            "with their plan and fits: make them with 'make reproduce SCALE=quick', or name "
            "others with --pilot results/SCALE."
        )
    record = read_record(path, "scale", "seed")
    if record["scale"] not in scale_names():
        raise InputError(
            f"{folder} was run at scale {record['scale']!r}, which config/scales does not have; "
            f"expected one of: {', '.join(scale_names())}: name another pilot with --pilot."
        )
    quantities = {
        paper: {
            f"{fit}.{name}": quantity
            for fit in plan.papers[paper]["fits"]
            for name, quantity in read_fit(Path(folder), paper, fit).items()
        }
        for paper in plan.papers
    }
    sizes = record.get("sizes")
    return Pilot(
        str(folder),
        record["scale"],
        record["seed"],
        quantities,
        sizes_today(record["scale"]) if sizes is None else sizes,
        recorded=sizes is not None,
    )


def sizes_today(scale: str) -> dict[str, Mapping[str, Any]]:
    """Experiment -> sizes, as config has them: for runs whose plan does not tell its own."""
    return {name: of for sized in read_scale(scale).values() for name, of in sized.items()}


def read_fit(folder: Path, paper: str, fit: str) -> Mapping[str, Quantity]:
    path = folder / "fits" / paper / f"{fit}.json"
    if not path.is_file():
        raise InputError(
            f"{path} does not exist, so {folder} says nothing of {paper}'s claims; expected a "
            "finished run with all fits of the configuration: finish it with 'make reproduce', or "
            "name another with --pilot."
        )
    found: Mapping[str, Any] = read_record(path, "quantities")["quantities"]
    # Fits of older code do not tell the window's own interval from the judged one.
    return {
        name: cast(Quantity, {"window_interval": one["interval"], **one})
        for name, one in found.items()
    }


def read_record(path: Path, *keys: str) -> Any:
    """JSON with these keys; not held against the source code, which may have moved on."""
    try:
        record = json.loads(read_bytes(path))
    except ValueError as problem:
        raise InputError(broken(path, "JSON")) from problem
    if not isinstance(record, dict) or not set(keys) <= set(record):
        raise InputError(broken(path, f"a record with {' and '.join(keys)}"))
    return record


def claims_of(plan: Plan, pilot: Pilot) -> list[Claim]:
    """All claims of the plan's papers that chance has a part in.

    Raises InputError for a claim about a quantity that the pilot does not know.
    """
    found = [
        claim_of(plan, pilot, paper, claim) for paper in plan.papers for claim in read_claims(paper)
    ]
    return [claim for claim in found if any(part.verdict is None for part in claim.parts)]


def claim_of(plan: Plan, pilot: Pilot, paper: str, claim: Record) -> Claim:
    parts = parts_of(plan, pilot, paper, claim)
    left_out = pilot.scale == plan.config["scale"] and not all(part.run for part in parts)
    return Claim(
        claim["id"],
        paper,
        family_in(plan, paper, claim),
        claim["primary"],
        claim["figure"],
        parts,
        in_family=not left_out,
    )


def family_in(plan: Plan, paper: str, claim: Record) -> Family:
    """The ledger's family, and the share of the error rate that the planned look may spend."""
    name = family_of(claim)
    share = read_ladder()[plan.config["look"] - 1]["share"]
    return Family(paper, name, CORRECTION[name], share)


def parts_of(plan: Plan, pilot: Pilot, paper: str, claim: Record) -> tuple[Part, ...]:
    band = band_of(claim, margin_of(claim)[0])
    parts = []
    for name in claim["quantities"]:
        if name not in pilot.quantities[paper]:
            raise InputError(
                f"claim {claim['id']} names the quantity {name}, which {pilot.folder} lacks: it "
                "was made with other claims or fits; expected a run of today's configuration: "
                f"make one with 'make reproduce SCALE={pilot.scale}', or name another with --pilot."
            )
        quantity = as_claimed(claim, pilot.quantities[paper][name])
        part = part_of(plan, pilot, paper, name, band, quantity)
        slopes = parts_in(claim, quantity)
        if part.piloted is not None and len(slopes) > 1:
            # More seeds shorten the intervals of a sign's slopes, but unbend no law of a value.
            bent = part.bent and claim["provenance"] != SIGN
            each = tuple(slope_of(part, slope, band) for slope in slopes)
            part = replace(part, piloted=each[0].piloted, slopes=each, bent=bent)
        parts.append(part)
    return tuple(parts)


def parts_in(claim: Record, quantity: Quantity) -> Sequence[Record]:
    """As `verdict.parts_of`; fits of older code lack the slope beyond the window."""
    known = set(quantity["bend"] or BEND) >= set(BEND)
    return verdict.parts_of(claim, quantity) if known else [quantity]


def slope_of(part: Part, slope: Record, band: Band) -> Part:
    """One slope of a law that bends, as a part of its own."""
    low, high = slope["interval"]
    side = int(slope["estimate"] > band.high) - int(slope["estimate"] < band.low)
    if low == high:  # where a half lies: no interval is asked of it
        return replace(part, piloted=None, side=side, p_values=(1.0, 0.0) if side else (0.0, 1.0))
    alone = {**slope, "seed_interval": [low, high]}
    return replace(part, side=side, piloted=piloted_of(alone, band))


def part_of(
    plan: Plan, pilot: Pilot, paper: str, name: str, band: Band, quantity: Quantity
) -> Part:
    if is_deterministic(quantity):
        return Part(name, verdict=interval_verdict(quantity["interval"], band))
    experiments = experiments_behind(plan, pilot, paper, name)
    counts = [units_of(plan.requests[one].sizes, name) for one in experiments]
    planned = min((count for count in counts if count), default=0)
    if quantity["interval"] is None or quantity["estimate"] is None:
        why = str(quantity["why"])
        return Part(name, experiments, planned, run=not quantity["not_run"], why=why)
    if not experiments or quantity["n_seeds"] < 2:
        judged = judge_quantity(quantity, band)
        return Part(name, p_values=(judged.p_equivalence or 0.0, judged.p_difference or 0.0))
    bent = bool((quantity.get("bend") or {}).get("bent"))
    return Part(name, experiments, planned, piloted_of(quantity, band), bent=bent)


def piloted_of(quantity: Mapping[str, Any], band: Band) -> Piloted:
    """The interval's halves, split into what seeds explain and the rest."""
    estimate, (low, high) = quantity["estimate"], quantity["interval"]
    inner_low, inner_high = quantity.get("seed_interval") or (low, high)
    below, above = max(estimate - inner_low, 0.0), max(inner_high - estimate, 0.0)
    return Piloted(
        estimate=estimate,
        below=below,
        above=above,
        fixed_below=max(estimate - low - below, 0.0),
        fixed_above=max(high - estimate - above, 0.0),
        level=quantity["level"],
        seeds=quantity["n_seeds"],
        degrees=quantity.get("degrees") or quantity["n_seeds"] - 1,
        band=band,
    )


def experiments_behind(plan: Plan, pilot: Pilot, paper: str, name: str) -> tuple[str, ...]:
    """Experiments whose seeds are a quantity's units.

    Of those that its fit reads and that have seeds: those with the quantity's panel, and of these
    those that ran as many seeds in the pilot as the quantity says. A quantity does not tell more,
    so experiments of one fit with equal numbers count together, which is on the safe side.
    """
    fit, _, key = name.partition(".")
    tables: Sequence[str] = plan.papers[paper]["fits"][fit]["tables"]
    seeded = [one for one in tables if units_of(plan.requests[one].sizes)]
    panels = {one: set(plan.requests[one].sizes.get("panels", ())) for one in seeded}
    if named := [one for one in seeded if any(panel in key for panel in panels[one])]:
        seeded = named
    count = pilot.quantities[paper][name]["n_seeds"]
    alike = [one for one in seeded if units_of(pilot.sizes.get(one, {}), key) == count]
    return tuple(alike or seeded)
