"""One plotted dot, computed again from its seeds and from nothing else.

Which members stand behind a dot is asked of the figure itself: its tables are changed a little,
part by part, and the dot moves or it does not. What moves it is trained again, put in the place of
the stored rows, and the figure is drawn once more. So no list says which dot comes from where, and
every figure is supported whose tables lie beside it.
"""

import difflib
import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from scalinglaws.errors import InputError
from scalinglaws.files import check_readable
from scalinglaws.planning.blocks import Block
from scalinglaws.planning.plan import Plan, assemble, paper_of
from scalinglaws.provenance.reference import RELATIVE, beyond, listed
from scalinglaws.provenance.verify import CONFIGURED, read_manifest
from scalinglaws.stations.block import compute, job_of
from scalinglaws.stations.table import read_tables
from scalinglaws.storage import read_quantities

# Lists in a block's settings whose entries train alone, so that fewer give the same numbers: key ->
# column of the table. Of other runs whole blocks are repeated, and so are all seeds of any.
CUTS: Mapping[str, Mapping[str, str]] = {
    "mlp_scans.run_fixed_sets": {"dimensions": "dimension", "data_sizes": "data_size"},
    "variance.run_mlp": {"losses": "loss", "data_sizes": "data_size"},
    "variance.run_wide": {"losses": "loss", "activations": "activation", "widths": "width"},
    "kernels.run_gaussian": {"alphas": "alpha_k"},
    "linear.run_sgd": {"trainable": "n_trainable"},
    "committee.run_sgd": {"levels": "levels"},
    "specialised.run_sgd": {"betas": "beta"},
    "perceptron.run_square": {"alphas": "alpha"},
}
SHAKE = 0.01  # relative change by which an influence is looked for
NEAR = 1e-3  # relative: as far from a dot's x may be what was typed for it
MOVED = 1e-9  # relative: less is no influence
VALUES = ("y", "y_low", "y_high")
Frames = Mapping[str, pd.DataFrame]
Draw = Callable[[Frames, Mapping[str, Any]], pd.DataFrame]  # tables, fits -> what is plotted


class Dot(NamedTuple):
    """A row of a figure's csv, by its place among those of its panel and series."""

    panel: str
    series: str
    place: int
    x: float


@dataclass(frozen=True)
class Part:
    """A block with what of it is repeated."""

    block: Block
    share: float  # of the block's members

    @property
    def seconds(self) -> float:
        return self.block.core_seconds * self.share


def verify_point(
    folder: Path,
    figure: str,
    series: str,
    x: float,
    panel: str | None,
    say: Callable[[str], None],
) -> bool:
    """Compute one dot again; True when it comes out as stored. Writes nothing.

    - ``series``, ``panel``: as in the figure's csv; ``panel`` is asked for where several have one

    Raises InputError for a dot that there is not, that comes from no seed, or whose files are gone.
    """
    record = read_manifest(folder / "manifest.json")
    plan = assemble({key: record[key] for key in CONFIGURED})
    plan.figure(figure)  # refuses a name that is none
    dot, stored = find_dot(folder, figure, series, x, panel)
    probe = probed(folder, plan, figure, dot)
    check_drawn(folder, figure, dot, stored, probe.before)
    experiments = [name for name in probe.frames if probe.moves(name)]
    if not experiments:
        raise InputError(untraceable(figure, dot, "from no table, as a published or guiding value"))
    if probe.moves_with_fits():
        raise InputError(untraceable(figure, dot, "from a fit, as a fitted line or an exponent"))
    parts = [part for name in experiments for part in parts_of(plan, name, probe)]
    check_data(plan, parts)
    say(plan_text(folder, figure, dot, parts))
    renewed = dict(probe.frames)
    for part in parts:
        name = part.block.experiment
        renewed[name], told = with_repeated(renewed[name], part, plan)
        say(told)
    return compared(stored, probe.values(renewed, probe.fits), say)


@dataclass(frozen=True)
class Probe:
    """A figure that can be drawn from other tables and fits, and one of its dots.

    ``before``: y, y_low, y_high of the dot (3,) from the stored ones.
    """

    dot: Dot
    draw: Draw
    frames: Frames
    fits: Mapping[str, Any]
    before: np.ndarray

    def values(self, frames: Frames, fits: Mapping[str, Any]) -> np.ndarray:
        return values_at(self.draw(frames, fits), self.dot)

    def moves(self, name: str, rows: np.ndarray | None = None) -> bool:
        """Whether the dot depends on these rows (a mask; default: all) of a table."""
        if rows is not None and not rows.any():
            return False
        changed = {**self.frames, name: shaken(self.frames[name], rows)}
        return not alike(self.values(changed, self.fits), self.before, MOVED)

    def moves_with_fits(self) -> bool:
        """Whether the dot depends on what fits estimate, as a point of a fitted line does."""
        changed = {
            name: {key: other(q) for key, q in fit.items()} for name, fit in self.fits.items()
        }
        return not alike(self.values(self.frames, changed), self.before, MOVED)


def other(quantity: Mapping[str, Any]) -> dict[str, Any]:
    estimate = quantity["estimate"]
    return {**quantity, "estimate": None if estimate is None else estimate * (1 + SHAKE)}


def find_dot(
    folder: Path, figure: str, series: str, x: float, panel: str | None
) -> tuple[Dot, np.ndarray]:
    """The dot and its stored y, y_low, y_high (3,). Raises InputError for one there is not."""
    file = folder / "figures" / f"{figure}.csv"
    check_readable(file)
    rows = pd.read_csv(file, dtype={"panel": str, "series": str})
    names = list(dict.fromkeys(rows["series"]))
    if series not in names:
        near = difflib.get_close_matches(series, names, 3, 0.3) or names
        raise InputError(f"{file} has no series {series!r}; expected one of: {listed(near, 12)}.")
    panels = list(dict.fromkeys(rows.loc[rows["series"] == series, "panel"]))
    if panel is None and len(panels) > 1:
        raise InputError(
            f"{file} has series {series!r} in the panels {', '.join(panels)}; expected --panel "
            "with one of them."
        )
    if panel is not None and panel not in panels:
        raise InputError(
            f"{file} has no series {series!r} in panel {panel!r}; expected {', '.join(panels)}."
        )
    chosen = panel or panels[0]
    own = rows[(rows["series"] == series) & (rows["panel"] == chosen)].reset_index(drop=True)
    at = np.flatnonzero(np.isclose(own["x"], x, rtol=NEAR, atol=0.0))
    if not len(at):
        near_x = own["x"].iloc[(own["x"] - x).abs().sort_values().index[:3]].dropna()
        raise InputError(
            f"{file}: series {series!r} has no point at x = {x:g}; the nearest are at "
            f"{', '.join(f'{value:.10g}' for value in near_x) or 'none'}."
        )
    place = int(at[np.argmin(np.abs(own["x"].to_numpy()[at] - x))])
    stored = own.loc[place, list(VALUES)].to_numpy(dtype=float)
    return Dot(chosen, series, place, float(own["x"].to_numpy()[place])), stored


def probed(folder: Path, plan: Plan, figure: str, dot: Dot) -> Probe:
    """The figure with its stored tables and fits. Raises InputError."""
    entry = plan.figure(figure)
    names = entry["tables"]
    paths = [folder / Path(plan.table_file(name)).relative_to(plan.results) for name in names]
    if lost := [str(path) for path in paths if not path.is_file()]:
        raise InputError(
            f"{figure} is drawn from {listed(lost)}, which is not there; make the figure first "
            f"with: snakemake --cores all --config scale={plan.config['scale']} {figure}"
        )
    tables = read_tables(list(map(str, paths)), [plan.table_digest(name) for name in names])
    files = [folder / "fits" / paper_of(figure) / f"{name}.json" for name in entry["fits"]]
    fits = {file.stem: read_quantities(file)["quantities"] for file in files}
    frames = {name: frame for name, (frame, _) in tables.items()}
    module = importlib.import_module(f"scalinglaws.figures.{figure}")

    def draw(frames: Frames, fits: Mapping[str, Any]) -> pd.DataFrame:
        plotted: pd.DataFrame = module.draw(frames, fits, entry["settings"]).plotted
        return plotted

    return Probe(dot, draw, frames, fits, values_at(draw(frames, fits), dot))


def values_at(plotted: pd.DataFrame, dot: Dot) -> np.ndarray:
    """y, y_low, y_high of the dot (3,); NaN where the series has lost it."""
    own = plotted[(plotted["series"] == dot.series) & (plotted["panel"] == dot.panel)]
    if dot.place >= len(own):
        return np.full(len(VALUES), np.nan)
    values: np.ndarray = own.iloc[dot.place][list(VALUES)].to_numpy(dtype=float)
    return values


def check_drawn(folder: Path, figure: str, dot: Dot, stored: np.ndarray, drawn: np.ndarray) -> None:
    """Raises InputError where the tables on disk do not give the stored dot."""
    if not alike(drawn, stored):
        raise InputError(
            f"{folder}/figures/{figure}.csv says y = {stored[0]:.10g} at x = {dot.x:.10g} of "
            f"{dot.series!r}, but its tables give {drawn[0]:.10g}; draw it again with: "
            f"snakemake --cores all --forcerun draw_figure {figure}"
        )


def alike(one: np.ndarray, two: np.ndarray, within: float = RELATIVE) -> bool:
    return bool(np.allclose(one, two, rtol=within, atol=0.0, equal_nan=True))


def shaken(frame: pd.DataFrame, rows: np.ndarray | None = None) -> pd.DataFrame:
    """The table with other values in these rows (a mask), each changed by another factor."""
    factors = 1 + SHAKE * np.random.default_rng(0).uniform(0.5, 1.0, len(frame))
    if rows is not None:
        factors = np.where(rows, factors, 1.0)
    return frame.assign(value=frame["value"].to_numpy(dtype=float) * factors)


def parts_of(plan: Plan, name: str, probe: Probe) -> Iterator[Part]:
    """The blocks of an experiment that a dot depends on, each with only what is behind it."""
    frame = probe.frames[name]
    for block in plan.of_experiment(name):
        own = rows_of(block, frame)
        if probe.moves(name, own):
            yield cut(block, partial(probe.moves, name), own, frame)


def cut(
    block: Block, matters: Callable[[np.ndarray], bool], own: np.ndarray, frame: pd.DataFrame
) -> Part:
    """The block with the entries of its lists that matter; ``own``: its rows (a mask)."""
    settings, share = dict(block.settings), 1.0
    for key, column in CUTS.get(block.module.removeprefix("scalinglaws.experiments."), {}).items():
        entries = list(settings.get(key, ()))
        kept = [each for each in entries if matters(own & (frame[column] == each).to_numpy())]
        if kept:
            settings[key], share = kept, share * len(kept) / len(entries)
    return Part(replace(block, settings=settings), share)


def rows_of(block: Block, frame: pd.DataFrame) -> np.ndarray:
    """Which rows of an experiment's table are the block's (a mask)."""
    settings = block.settings
    groups = settings.get("ensembles") or settings.get("variants") or [{}]
    first = settings.get("first_seed", settings.get("first_sample"))
    count = settings.get("seeds", settings.get("samples"))
    common = {key: value for key, value in settings.items() if key not in ("seed", "seeds")}
    if first is not None:
        common["seeds"] = range(first, first + count)
    found = np.zeros(len(frame), dtype=bool)
    for group in groups:
        found |= fitting({**common, **group}, frame)
    return found


def fitting(settings: Mapping[str, Any], frame: pd.DataFrame) -> np.ndarray:
    """Rows whose columns hold what settings of the same name say, and one of their seeds."""
    rows = np.ones(len(frame), dtype=bool)
    for key, value in settings.items():
        if key == "seeds" and "seed" in frame:
            rows &= frame["seed"].isin(list(value)).to_numpy()
        elif key in frame and isinstance(value, str | int | float):
            rows &= (frame[key] == value).to_numpy()
    return rows


def untraceable(figure: str, dot: Dot, source: str) -> str:
    return (
        f"the point at x = {dot.x:.6g} of {dot.series!r} in {figure} comes {source} does; expected "
        "one that is computed from runs: see python -m scalinglaws verify --help"
    )


def check_data(plan: Plan, parts: Sequence[Part]) -> None:
    """Raises InputError for data that are not here, and for blocks that need a GPU."""
    for part in parts:
        for file in plan.data_files(part.block):
            if not Path(file).is_file():
                raise InputError(
                    f"{part.block.experiment} needs {file}, which is not there; fetch it with: "
                    f"snakemake --cores 1 {file}"
                )
        if part.block.gpu:
            raise InputError(
                f"{part.block.experiment}/{part.block.name} trains on a GPU; expected a dot of a "
                "block on the CPU, whose numbers another machine repeats."
            )


def plan_text(folder: Path, figure: str, dot: Dot, parts: Sequence[Part]) -> str:
    blocks = [f"{part.block.experiment}/{part.block.name}" for part in parts]
    seconds = sum(part.seconds for part in parts)
    return (
        f"{folder}/figures/{figure}.csv, panel {dot.panel!r}, series {dot.series!r}, x = "
        f"{dot.x:.10g}: from {listed(blocks, 6)}; about {max(seconds, 1):.0f} core seconds"
    )


def with_repeated(frame: pd.DataFrame, part: Part, plan: Plan) -> tuple[pd.DataFrame, str]:
    """The table with the part's rows computed again, and what was found.

    Raises InputError where the part gives rows that the table does not have.
    """
    block = part.block
    columns, _ = compute(job_of(block, plan.data_files(block)))
    again = pd.DataFrame(columns)
    identity = [name for name in frame.columns if name != "value"]
    joined = frame.reset_index().merge(again, on=identity, suffixes=("", "_again"))
    if len(joined) != len(again):
        raise InputError(
            f"{block.experiment}/{block.name} gave {len(again)} rows, of which the stored table "
            f"holds {len(joined)}; expected all: the table is of other sizes."
        )
    old, new = joined["value"].to_numpy(float), joined["value_again"].to_numpy(float)
    renewed = frame["value"].to_numpy(float).copy()
    renewed[joined["index"].to_numpy()] = new
    moved = np.count_nonzero(beyond(joined["quantity"], old, new))
    equal = int(((new == old) | (np.isnan(new) & np.isnan(old))).sum())
    return frame.assign(value=renewed), (
        f"       {block.experiment}/{block.name}: {again['member'].nunique()} members again, "
        f"{equal} of {len(old)} values equal to the last bit, {moved} beyond {RELATIVE:g}"
    )


def compared(stored: np.ndarray, again: np.ndarray, say: Callable[[str], None]) -> bool:
    same = alike(again, stored)
    say(f"{'ok' if same else 'FAILED':6s} stored    {triple(stored)}")
    say(f"{'':6s} repeated  {triple(again)}")
    if not same and stored[1] <= again[0] <= stored[2]:
        say(f"{'':6s} it lies within its interval; another kind of processor rounds otherwise")
    return same


def triple(values: np.ndarray) -> str:
    y, low, high = values
    return f"y = {y:.10g}" + ("" if np.isnan(low) else f" [{low:.10g}, {high:.10g}]")
