"""How forecasts from one scale to the next turned out: part of comparing two runs.

A curve counts once: its points share one fit. Coverage is the mean share of a curve's points inside
their intervals, with the exact binomial interval over curves. Curves whose protocol is the same at
both scales are counted apart from those with a setting that differs.
"""

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from scalinglaws.config import PAPERS, SCALES
from scalinglaws.curves.scaling_curves import RECIPES, ScalingCurve, scaling_curves
from scalinglaws.errors import InputError
from scalinglaws.forecast.between_scales import NEAR, Judged, judged
from scalinglaws.repository import git
from scalinglaws.rounding import quantity_text
from scalinglaws.stations.forecasts import (
    BEFORE,
    Record,
    file_digest,
    forecast_entries,
    forecast_file,
    prediction_of,
)
from scalinglaws.statistics.quantity import Quantity
from scalinglaws.statistics.shares import share_over_seeds
from scalinglaws.storage import broken

LISTED = 10  # curves with misses that get a line
UNREADABLE = (OSError, ValueError, KeyError, TypeError)  # of a record of any version
SAME, OTHER = "same protocol", "settings differ"
ALL = "all papers"


@dataclass(frozen=True)
class Group:
    """Coverage of the curves of one paper, or all, that share a protocol, or do not.

    `half_width`: median of the 90 % intervals' half-width in log y: wide intervals cover easily.
    """

    paper: str
    protocol: str
    curves: int
    points: int
    inside_50: int
    inside_90: int
    share_50: Quantity
    share_90: Quantity
    half_width: float


@dataclass(frozen=True)
class Scores:
    """Forecasts of scale `own` for scale `larger` against a run of the larger.

    - `entry`: the one judged, None where none is kept; of `entries` there are
    - `same_inputs`: whether the first folder's tables are those it was made from, None without any
    - `held`: whether the commit that the larger run was made from holds the entry, None if unknown
    - `unforecast`: curves of the larger run -> why there is no forecast of them
    """

    own: str
    larger: str
    entry: Record | None
    entries: int
    same_inputs: bool | None
    held: bool | None
    curves: Sequence[Judged]
    unforecast: Mapping[str, str]

    @property
    def known(self) -> list[Judged]:
        return [one for one in self.curves if one.outcomes]

    @property
    def groups(self) -> list[Group]:
        found = []
        for protocol, differs in ((SAME, False), (OTHER, True)):
            chosen = [one for one in self.known if bool(one.prediction.differences) is differs]
            papers = [name for name in PAPERS if any(of_paper(name)(one) for one in chosen)]
            found += [
                group(name, protocol, list(filter(of_paper(name), chosen))) for name in papers
            ]
            if len(papers) > 1:
                found.append(group(ALL, protocol, chosen))
        return found


def of_paper(name: str) -> Callable[[Judged], bool]:
    return lambda one: one.prediction.paper == name


def group(paper: str, protocol: str, curves: Sequence[Judged]) -> Group:
    outcomes = [outcome for one in curves for outcome in one.outcomes]
    return Group(
        paper,
        protocol,
        len(curves),
        len(outcomes),
        sum(one.inside_50 for one in outcomes),
        sum(one.inside_90 for one in outcomes),
        share([one.share_50 for one in curves]),
        share([one.share_90 for one in curves]),
        float(np.median([one.half_width for one in outcomes])),
    )


def share(values: Sequence[float]) -> Quantity:
    return share_over_seeds(np.array(values), len(values))


def forecast_scores(first: Path, second: Path, scales: Sequence[str | None]) -> Scores | None:
    """Of two folders of results at `scales`, whichever comes first; None where these are one, or
    unknown, or neither is a shipped scale below the other and no forecast is kept.

    Where none is kept of a scale for a larger one, `entry` is None. Raises InputError for a record
    of forecasts that was edited by hand.
    """
    own, larger = scales
    if own is None or larger is None or own == larger:
        return None
    if not (entries := forecast_entries(own, larger)) and forecast_entries(larger, own):
        return forecast_scores(second, first, (larger, own))
    if not entries:
        below = own in SCALES and larger in SCALES and SCALES.index(own) < SCALES.index(larger)
        return Scores(own, larger, None, 0, None, None, (), {}) if below else None
    chosen = judged_entry(entries)
    there = curves_of(second)
    made = [prediction_of(record) for record in chosen["curves"]]
    curves = [judged(one, there.get(one.name)) for one in made if one.why is None]
    unforecast = {one.name: one.why for one in made if one.why and one.name in there}
    unforecast |= dict.fromkeys(
        new_curves(curves_of(first), there, {one.name for one in made}), f"{own} has no such curve"
    )
    same, held = made_from(chosen, first), held_by_run(chosen, second)
    return Scores(own, larger, chosen, len(entries), same, held, curves, unforecast)


def new_curves(
    own: Mapping[str, ScalingCurve], larger: Mapping[str, ScalingCurve], named: set[str]
) -> list[str]:
    """Curves of the larger run that the entry does not name: not those that go no further there."""
    return [
        name
        for name, curve in larger.items()
        if name not in named
        and not (name in own and curve.sizes[-1] <= own[name].sizes[-1] * (1 + NEAR))
    ]


def judged_entry(entries: Sequence[Record]) -> Record:
    """The last one that was written before results; of late ones the last."""
    early = [one for one in entries if one["written"] == BEFORE]
    return (early or list(entries))[-1]


def curves_of(folder: Path) -> dict[str, ScalingCurve]:
    """Curves of a folder of results of any version of the code, by name; without what it lacks.

    Raises InputError for a damaged table.
    """
    found = {}
    for paper, name in dict.fromkeys((one.paper, one.experiment) for one in RECIPES):
        file = table_in(folder, paper, name)
        for one in [] if file is None else curves_in(name, file):
            found[f"{paper}.{name}, {one.series}"] = one
    return found


def curves_in(experiment: str, file: Path) -> list[ScalingCurve]:
    try:
        table = pq.read_table(file).to_pandas()
    except (OSError, ValueError, pa.ArrowException) as problem:
        raise InputError(broken(file, "a parquet table")) from problem
    try:
        return scaling_curves({experiment: table})
    except KeyError:  # another version's columns
        return []


def table_in(folder: Path, paper: str, experiment: str) -> Path | None:
    """An experiment's table; where one block is all there is, its file."""
    table = folder / "tables" / paper / f"{experiment}.parquet"
    if table.is_file():
        return table
    blocks = [*(folder / "runs" / paper / experiment).glob("*.parquet")]
    return blocks[0] if len(blocks) == 1 and planned_blocks(folder, experiment) <= 1 else None


def planned_blocks(folder: Path, experiment: str) -> int:
    """Of an experiment, by the plan beside the results; 0 without one. What is shipped holds one
    block of some experiments that have more."""
    try:
        blocks = json.loads((folder / "plan" / "plan.json").read_bytes())["blocks"]
        return [block["experiment"] for block in blocks].count(experiment)
    except UNREADABLE:
        return 0


def made_from(chosen: Record, folder: Path) -> bool | None:
    """Whether the tables in a folder are those that an entry was made from."""
    names = [tuple(name.split(".", 1)) for name in chosen["inputs"]]
    files = {f"{paper}.{name}": table_in(folder, paper, name) for paper, name in names}
    found = {name: file_digest(file) for name, file in files.items() if file}
    if not found:
        return None
    return all(chosen["inputs"][name] == own for name, own in found.items())


def held_by_run(chosen: Record, folder: Path) -> bool | None:
    """Whether the commit that a run was made from holds an entry, so that it was there before."""
    name = f"config/forecasts/{forecast_file(chosen['from'], chosen['for']).name}"
    try:
        commit = json.loads((folder / "manifest.json").read_bytes())["source"]["commit"]
        git("cat-file", "-e", f"{commit}^{{commit}}")
    except (*UNREADABLE, subprocess.CalledProcessError):  # no manifest or git, or not that commit
        return None
    try:
        return chosen["digest"] in [
            one["digest"] for one in json.loads(git("show", f"{commit}:{name}"))
        ]
    except (*UNREADABLE, subprocess.CalledProcessError):  # the commit has no such file
        return False


def scores_record(found: Scores) -> dict[str, Any]:
    """Json of it."""
    head = found.entry or {}
    return {
        "from": found.own,
        "for": found.larger,
        "entries": found.entries,
        "entry": head.get("number"),
        "written": head.get("written"),
        "digest": head.get("digest"),
        "same_inputs": found.same_inputs,
        "held_by_run": found.held,
        "groups": [asdict(one) for one in found.groups],
        "curves": [curve_record(one) for one in found.curves],
        "unforecast": dict(found.unforecast),
    }


def curve_record(one: Judged) -> dict[str, Any]:
    made = one.prediction
    return {
        "paper": made.paper,
        "experiment": made.experiment,
        "series": made.series,
        "differences": dict(made.differences),
        "missing": one.missing,
        "why": one.why,
        "points": [
            {
                **outcome.point._asdict(),
                "found": outcome.found,
                "inside_50": outcome.inside_50,
                "inside_90": outcome.inside_90,
            }
            for outcome in one.outcomes
        ],
    }


def scores_lines(found: Scores) -> list[str]:
    """For a terminal."""
    if found.entry is None:
        return [
            f"forecasts: none of {found.own} for {found.larger} is kept; made before a run with: "
            f"register --scale {found.own} --forecasts {found.larger}"
        ]
    known = found.known
    points = sum(len(one.outcomes) for one in known)
    lines = [
        f"forecasts of {found.own} for {found.larger}, entry {found.entry['number']} of "
        f"{found.entries}, written {found.entry['written']} results: {points} points of "
        f"{len(known)} curves"
    ]
    lines += [f"  {remark}" for remark in remarks(found)]
    lines += [f"  {group_text(one)}" for one in found.groups]
    lines += [f"  {line}" for line in miss_lines(known)]
    if absent := [one for one in found.curves if not one.outcomes]:
        lines.append(f"  {len(absent)} forecast curves have no result there")
    if found.unforecast:
        lines.append(f"  {len(found.unforecast)} curves of {found.larger} have no forecast:")
        lines += [f"    {names}: {why}" for why, names in by_reason(found.unforecast).items()]
    return lines


def remarks(found: Scores) -> list[str]:
    """What speaks against taking them for forecasts."""
    told = []
    if found.same_inputs is False:
        told.append(f"the run of {found.own} is another than the one they were made from")
    if found.held is False:
        told.append(f"the commit that the run of {found.larger} was made from does not hold them")
    return told


def group_text(one: Group) -> str:
    shares = [
        f"{level} % intervals hold {count}, {quantity_text(of_curve)} of a curve's"
        for level, count, of_curve in (
            (50, one.inside_50, one.share_50),
            (90, one.inside_90, one.share_90),
        )
    ]
    return (
        f"{one.paper}, {one.protocol}: {one.curves} curves, {one.points} points; "
        f"{'; '.join(shares)}; these reach a factor {np.exp(one.half_width):.2f} at the median"
    )


def miss_lines(known: Sequence[Judged]) -> list[str]:
    missed = sorted((one for one in known if one.share_90 < 1), key=lambda one: one.share_90)
    lines = [miss_text(one) for one in missed[:LISTED]]
    rest = len(missed) - len(lines)
    return lines + ([f"and {rest} more curves with a point outside 90 %"] if rest > 0 else [])


def miss_text(one: Judged) -> str:
    """A curve with points outside, by the farthest of them."""
    out = [outcome for outcome in one.outcomes if not outcome.inside_90]
    worst = max(out, key=lambda outcome: abs(outcome.error))
    changed = ", ".join(one.prediction.differences)
    return (
        f"missed: {one.prediction.name}, {len(out)} of {len(one.outcomes)} points; at "
        f"{worst.point.x:g} {worst.point.value:.3g} [{worst.point.low_90:.3g}, "
        f"{worst.point.high_90:.3g}] was forecast, {worst.found:.3g} found"
        + (f" (other {changed})" if changed else "")
    )


def by_reason(unforecast: Mapping[str, str]) -> dict[str, str]:
    """Reason -> the experiments with curves that have it, and how many."""
    counts: dict[str, dict[str, int]] = {}
    for name, why in unforecast.items():
        experiments = counts.setdefault(why.split(";")[0].rstrip("."), {})
        experiment = name.split(",")[0]
        experiments[experiment] = experiments.get(experiment, 0) + 1
    return {
        why: ", ".join(f"{name} ({count})" for name, count in experiments.items())
        for why, experiments in counts.items()
    }
