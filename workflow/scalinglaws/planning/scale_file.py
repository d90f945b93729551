"""A scale of one's own: the seeds dealt out by a budget, as what differs from a shipped scale."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scalinglaws.config import base_of, read_scale, scale_path
from scalinglaws.errors import InputError
from scalinglaws.files import write_whole
from scalinglaws.planning.budget import Allocation
from scalinglaws.planning.chances import Chances
from scalinglaws.planning.pilot import Claim
from scalinglaws.planning.plan import Plan
from scalinglaws.planning.power_table import percent, short, span
from scalinglaws.planning.prices import Prices
from scalinglaws.planning.units import times, units_of

NAMED = 3  # claims that a comment names
NOTABLE = 0.05  # change of a chance that a comment tells


def scale_file(
    plan: Plan,
    prices: Prices,
    claims: Sequence[Claim],
    now: Allocation,
    dealt: Allocation,
    told: Sequence[str],
) -> str:
    """YAML of ``base`` and of every size that changes, with the reason; `told` opens it."""
    base = base_of(plan.config["scale"])
    lines = [f"# {line}" for line in told] + [f"base: {base}"]
    for paper, experiments in read_scale(base).items():
        entries: list[str] = []
        for experiment in [name for name in experiments if name in plan.requests]:
            multiple = dealt.design.get(experiment, 1.0)
            sizes = times(plan.requests[experiment].sizes, multiple)
            if changed := differences(experiments[experiment], sizes):
                entries.append(f"  # {reason(plan, prices, claims, now, dealt, experiment)}")
                entries.append(f"  {experiment}: {flow(changed)}")
        lines += [f"{paper}:", *entries] if entries else []
    return "\n".join(lines) + "\n"


def differences(whole: Any, changed: Any) -> Any:
    """What of a record must be laid over another to make it; empty if nothing."""
    if not isinstance(changed, Mapping):
        return changed
    found = {
        key: differences(whole[key], value) for key, value in changed.items() if whole[key] != value
    }
    return found


def flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {flow(part)}" for key, part in value.items()) + "}"
    return str(value)


def reason(
    plan: Plan,
    prices: Prices,
    claims: Sequence[Claim],
    now: Allocation,
    dealt: Allocation,
    experiment: str,
) -> str:
    """Seeds before, the price, and the claims whose chances of a decision change most."""
    seeds = units_of(plan.requests[experiment].sizes)
    multiple = dealt.design.get(experiment, 1.0)
    change = (prices.of(experiment, multiple) or 0.0) - (prices.of(experiment) or 0.0)
    cost = f"{span(abs(change))} {'more' if change > 0 else 'less'}"
    moves = [
        (abs(after.decided - before.decided), short(claim), before, after)
        for claim, before, after in zip(claims, now.chances, dealt.chances, strict=True)
        if experiment in claim.experiments
    ]
    notable = sorted((move for move in moves if move[0] >= NOTABLE), key=lambda move: -move[0])
    named = [moved(*move[1:]) for move in notable[:NAMED]]
    if more := len(notable) - len(named):
        named.append(f"{more} more")
    return f"{seeds} before, {cost}: {', '.join(named) or 'no claim changes by 5 % or more'}"


def moved(name: str, before: Chances, after: Chances) -> str:
    return f"{name} {percent(before.decided)} -> {percent(after.decided)}"


def check_target(path: Path) -> None:
    """Refuse a file that would be no new scale. Raises InputError."""
    named = re.fullmatch("[A-Za-z][A-Za-z0-9_]*", path.stem)
    if not named or path.resolve() != scale_path(path.stem).resolve():
        raise InputError(
            f"--write is {path}; expected config/scales/NAME.yaml with a name of letters, digits "
            "and underscores: scales are read from there."
        )
    if path.exists():
        raise InputError(
            f"{path} exists; expected a new scale: remove the file, or give another name."
        )


def write_scale(path: Path, text: str) -> str:
    """Write it; how it is run."""
    write_whole(path, text.encode())
    return f"wrote {path}: run it with 'snakemake --cores all --config scale={path.stem}'"
