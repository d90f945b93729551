"""Which figures on disk are out of date, and because of which source file or setting."""

import json
from collections.abc import Sequence
from pathlib import Path

from scalinglaws.canonical import canonical_json
from scalinglaws.codedigest import changed_modules
from scalinglaws.planning.plan import Plan


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
    if changed := changed_modules(header["code"]):
        return f"will be made again, {', '.join(changed)} changed"
    if canonical_json(header["settings"]) != canonical_json(plan.figure(figure)):
        return f"will be made again, its entry in config/papers/{figure.split('_')[0]}.yaml changed"
    return ""
