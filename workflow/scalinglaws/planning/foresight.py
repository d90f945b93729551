"""Answers of `plan --power` and `plan --budget`: read the pilot, foresee, show or write."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.planning.budget import Allocation, all_alike, allocate, allocation, seconds_of
from scalinglaws.planning.pilot import Claim, Pilot, claims_of, read_pilot
from scalinglaws.planning.plan import Plan
from scalinglaws.planning.power import power_record, powers
from scalinglaws.planning.power_table import about, budget_table, power_table
from scalinglaws.planning.prices import Prices
from scalinglaws.planning.reach import out_of_reach, write_reach
from scalinglaws.planning.scale_file import check_target, scale_file, write_scale


def foretold(
    plan: Plan,
    figures: Sequence[str],
    *,
    pilot: Path | None,
    budget: str | None,
    write: Path | None,
    reach: bool,
    json: bool,
) -> str:
    """What the terminal shows. Raises InputError."""
    if budget is not None:
        return dealt_out(plan, figures, pilot, budget, write, json)
    wanted = set(plan.figures_of(figures))
    read, prices = read_pilot(pilot or plan.results, plan), Prices(plan)
    found = [one for one in powers(prices, claims_of(plan, read)) if one.claim.figure in wanted]
    if reach:
        return write_reach(plan, read, out_of_reach(prices, found))
    return as_json(power_record(plan, read, found)) if json else power_table(plan, read, found)


def dealt_out(
    plan: Plan,
    figures: Sequence[str],
    pilot: Path | None,
    budget: str,
    write: Path | None,
    as_record: bool,
) -> str:
    """The seeds that a budget pays; written as a scale where a file is named."""
    if figures:
        raise InputError(
            f"--budget deals out seeds for all figures, found {' '.join(figures)}; expected none "
            "to be named: leave them out."
        )
    seconds = seconds_of(budget)
    if write:
        check_target(write)
    read, prices = read_pilot(pilot or plan.results, plan), Prices(plan)
    claims = claims_of(plan, read)
    dealt = allocate(plan, claims, prices, seconds)
    now = allocation(claims, prices, {})
    alike = all_alike(claims, prices, seconds)
    designs = {"as planned": now, **({"all alike": alike} if alike else {}), "dealt": dealt}
    if as_record:
        return as_json(budget_record(plan, read, claims, designs, seconds))
    scale = plan.config["scale"]
    told = [
        f"Seeds of scale {scale} dealt out for {seconds / 60:.4g} min of core time, by the pilot "
        f"{read.folder}:",
        f"python -m scalinglaws plan --scale {scale} --pilot {read.folder} --budget {budget}",
        *(f"{name}: {told_of(of)}" for name, of in designs.items()),
        "Comments: seeds before, core time, chances of a decision before -> now.",
    ]
    text = scale_file(plan, prices, claims, now, dealt, told)
    table = budget_table(plan, prices, claims, designs, dealt)
    end = write_scale(write, text) if write else f"\n{text.rstrip()}"
    return "\n".join([*about(plan, read), "", table, end])


def told_of(of: Allocation) -> str:
    minutes = of.core_seconds / 60
    return f"{of.decided:.1f} of {len(of.chances)} claims decided on average in {minutes:.1f} min"


def budget_record(
    plan: Plan,
    pilot: Pilot,
    claims: Sequence[Claim],
    designs: dict[str, Allocation],
    seconds: float,
) -> dict[str, Any]:
    """All of it for a machine to read."""
    return {
        "scale": plan.config["scale"],
        "pilot": {"folder": pilot.folder, "scale": pilot.scale, "seed": pilot.seed},
        "budget_core_seconds": seconds,
        "designs": {name: design_record(plan, claims, of) for name, of in designs.items()},
    }


def design_record(plan: Plan, claims: Sequence[Claim], of: Allocation) -> dict[str, Any]:
    return {
        "expected_decided": of.decided,
        "core_seconds": of.core_seconds,
        "multiples": dict(of.design),
        "claims": {
            claim.name: each.decided for claim, each in zip(claims, of.chances, strict=True)
        },
    }


def as_json(record: dict[str, Any]) -> str:
    return json.dumps(record, indent=1, allow_nan=False)
