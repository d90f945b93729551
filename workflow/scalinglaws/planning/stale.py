"""Which figures on disk are out of date, and because of which source file or setting."""

import json
from collections.abc import Sequence
from pathlib import Path

from scalinglaws.canonical import canonical_json, digest
from scalinglaws.codedigest import changed_modules
from scalinglaws.planning.plan import Plan, paper_of
from scalinglaws.storage import Header


def stale_figures(plan: Plan, figures: Sequence[str]) -> list[str]:
    """One sentence per figure of these that the next run will make or make again."""
    reasons = ((name, reason(plan, name)) for name in figures)
    return [f"{name}: {text}" for name, text in reasons if text]


def reason(plan: Plan, figure: str) -> str:
    """Why a figure will be made again; empty if it is up to date."""
    (file,) = plan.figure_files(figure, ("json",))
    try:
        header = json.loads(Path(file).read_bytes())["header"]
    except (OSError, ValueError, KeyError):
        return "not made yet"
    if lost := [path for path in plan.figure_files(figure) if not Path(path).is_file()]:
        return f"will be made again, {', '.join(lost)} is gone"
    if changed := changed_modules(header["code"]):
        return f"will be made again, {', '.join(changed)} changed"
    config = f"config/papers/{paper_of(figure)}.yaml"
    if canonical_json(header["settings"]) != canonical_json(plan.figure(figure)):
        return f"will be made again, its entry in {config} changed"
    if experiments := recut(plan, figure, header):
        return f"will be made again, sizes or seed of {', '.join(experiments)} changed"
    if fits := refitted(plan, figure, header):
        return f"will be made again, the entry of {', '.join(fits)} in {config} changed"
    return ""


def recut(plan: Plan, figure: str, header: Header) -> list[str]:
    """Experiments that the figure rests on, itself or through fits, and whose blocks changed."""
    made = [header["tables"], *(fit["tables"] for fit in header["fits"].values())]
    known = {name: blocks for tables in made for name, blocks in tables.items()}
    planned = set(plan.experiments()) & set(known)
    return sorted(name for name in planned if plan.table_digest(name) != known[name])


def refitted(plan: Plan, figure: str, header: Header) -> list[str]:
    """Fits of the figure that read other tables now, or read them with other settings."""
    entries = plan.papers[paper_of(figure)]["fits"]
    return sorted(
        name
        for name, made in header["fits"].items()
        if made["settings"] != digest(entries[name]["settings"])
        or set(made["tables"]) != set(entries[name]["tables"])
    )
