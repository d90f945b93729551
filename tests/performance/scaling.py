"""How time and memory grow with what a user may make larger, with fitted exponents.

    PYTHONPATH=workflow:tests:tests/workflow python tests/performance/scaling.py FOLDER [--short]

`make benchmark-scaling` runs it. Blocks are those that the workflow plans, run as its jobs run
them; those of one kind in a process of their own, from the smallest, which runs twice (the first
time compiles). What grows: members of an ensemble, threads, N (inputs), D (examples), L (levels of
the spectrum), M (hidden units), and jobs of the DAG, whose cost is a dry run of each scale.

Exponents are slopes over the upper half of the values, one for each turn: what a run costs in any
case flattens small values. Seconds are processor time, but wall time where threads grow. Memory is
the most that the process has taken, less what it took for the smallest block. On a machine that
does other things meanwhile times are noisy: the range over the turns says how much. Writes
scaling.csv, scaling.json, scaling.pdf and scaling.png. Exit status 1 if a block takes more memory
than planned.
"""

import argparse
import importlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from made_data import made_digits
from planned_blocks import planned
from scalinglaws.planning.blocks import Block
from scalinglaws.shell.environment import limit_threads
from scalinglaws.stations.block import set_libraries
from scalinglaws.statistics.power_law import fit_power_law
from scalinglaws.storage import write_json
from scalinglaws.training.session import Session

if TYPE_CHECKING:
    import pandas as pd

    from scalinglaws.figures.style import Drawing

NOISE = 8.0  # MB of a process that grow for no reason of ours: less tells no exponent
NONE = {"exponent": None, "least": None, "most": None}
CORES = os.cpu_count() or 1


class Case(NamedTuple):
    """- `axis`: what grows, `title`: in which block.
    - `values`, `short`: of a whole and of a short measurement.
    - `block`: the planned block at a value, `threads`: it runs with.
    - `work`: units of it at a value, whose rate is the throughput; `unit`: their name.
    """

    axis: str
    title: str
    values: tuple[int, ...]
    short: tuple[int, ...]
    block: Callable[[int], Block]
    work: Callable[[int], float]
    unit: str
    threads: Callable[[int], int] = lambda value: 1


def students(seeds: int) -> Block:
    changes = {"dimensions": [3], "data_sizes": [64], "steps": 200, "evaluate_every": 100}
    changes |= {"teacher_width": 16, "student_width": 48, "test_size": 200, "validation_size": 100}
    return planned("teacher_student", seeds=seeds, seeds_per_block=seeds, **changes)[0]


def descent(experiment: str, **changes: Any) -> Block:
    given = {"levels": [1], "seeds": 2, "seeds_per_block": 2, "alpha_max": 100.0, "points": 20}
    return planned(experiment, **given | changes)[0]


def reduced(inputs: int = 4096, levels: int = 8) -> Block:
    sizes = {"dimension": inputs, "levels": [levels], "alpha_min": 1.0}
    return descent("committee_reduced", **sizes)


def kernels(size: int) -> Block:
    return planned("sphere_kernels", dimensions=[2], sizes=[size], test_size=200, seeds=2,
                   seeds_per_block=2)[0]  # fmt: skip


def images(size: int) -> Block:
    panel = {"training_sizes": [size], "seeds": 2, "epochs": 2, "test_images": 200}
    shared = {"dataset": "mnist5k", "pool": 4, "widths": [4, 8], "hidden": [16]}
    return planned("cnn_curves", panels={"CNN_MNIST": shared | panel})[0]


CASES = (
    Case("members", "students of a teacher", (1, 2, 4, 8, 16), (1, 4, 16), students, float,
         "members"),
    Case("threads", "students of a teacher", tuple(range(1, min(CORES, 8) + 1)), (1, CORES),
         lambda value: students(8), lambda value: 8.0, "members", int),
    Case("N", "committee, direct", (64, 128, 256, 512, 1024), (64, 256, 1024),
         lambda n: descent("committee_sgd", dimension=n), lambda n: 200.0 * n, "steps"),
    Case("N", "committee, reduced", (256, 1024, 4096, 16384), (256, 1024, 4096),
         lambda n: reduced(inputs=n), lambda n: 200.0 * n, "steps"),
    Case("D", "kernels on spheres", (128, 256, 512, 1024), (128, 512, 1024), kernels, float,
         "examples"),
    Case("D", "CNN, two epochs", (125, 250, 500, 1000, 2000), (125, 500, 2000), images,
         lambda d: 4.0 * d, "images"),
    Case("L", "committee, reduced", (4, 8, 16, 32, 64), (4, 16, 64),
         lambda levels: reduced(levels=levels), lambda levels: 200.0 * 4096, "steps"),
    Case("M", "committee, direct", (2, 4, 8, 16, 32), (2, 8, 32),
         lambda m: descent("committee_sgd", hidden=m), lambda m: 200.0 * 256, "steps"),
)  # fmt: skip
SCALES = ("quick", "laptop", "workstation", "paper")


@dataclass(frozen=True)
class Point:
    """One measurement; `planned_mb` is what the plan asks a scheduler for, 0 where it asks none."""

    axis: str
    title: str
    value: float
    turn: int
    seconds: float
    megabytes: float
    throughput: float
    unit: str
    peak_mb: float = 0.0
    planned_mb: float = 0.0


def peak_mb(who: int = resource.RUSAGE_SELF) -> float:
    return resource.getrusage(who).ru_maxrss / 1024


def measure_blocks(case: Case, values: Sequence[int]) -> list[dict[str, float]]:
    """In a process of its own: seconds and memory of blocks, the smallest first.

    Memory is the most so far: what grows with the values, it shows.
    """
    found = []
    before = 0.0
    for value in (values[0], *values):  # the first one compiles
        block, session = case.block(value), Session(threads=case.threads(value))
        run = importlib.import_module(block.module).run
        set_libraries(session)
        data = {name: made_digits(3000, 500) for name in block.datasets}
        wall, cpu = time.perf_counter(), time.process_time()
        run(block.settings, data, session)
        seconds = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
        before = before or peak_mb()
        found.append(
            {
                "seconds": seconds["wall" if case.axis == "threads" else "cpu"],
                "megabytes": peak_mb() - before,
                "peak_mb": peak_mb(),
            }
        )
    return found[1:]


def measured_blocks(number: int, values: Sequence[int], turn: int) -> list[Point]:
    case = CASES[number]
    limit_threads(max(map(case.threads, values)))  # libraries read it as they load
    command = [sys.executable, __file__, "--case", str(number), *map(str, values)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"error: {case.title}, growing {case.axis}, failed:\n{done.stderr[-2000:]}")
    points = []
    for value, found in zip(values, json.loads(done.stdout.splitlines()[-1]), strict=True):
        rate, memory = case.work(value) / found["seconds"], float(case.block(value).memory_mb)
        points.append(
            Point(case.axis, case.title, value, turn, throughput=rate, unit=case.unit,
                  planned_mb=memory, **found)
        )  # fmt: skip
    return points


def measured_scale(scale: str, turn: int) -> Point:
    """A dry run of all of a scale, started in a process that tells what it took."""
    command = [sys.executable, __file__, "--scale", scale]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"error: the dry run of scale {scale} failed:\n{done.stderr[-2000:]}")
    found = json.loads(done.stdout.splitlines()[-1])
    jobs = found.pop("jobs")
    rate = jobs / found["seconds"]
    return Point("jobs", "dry run", jobs, turn, throughput=rate, unit="jobs", **found)


def measure_scale(scale: str) -> dict[str, float]:
    import re

    from repository import copy_repository

    with tempfile.TemporaryDirectory() as folder:
        repository = copy_repository(Path(folder) / "repository")
        run = repository.snakemake("-n", "--quiet", "rules", "--config", f"scale={scale}")
        jobs = re.search(r"^total +(\d+)", run.stdout, re.M)
        if not jobs:
            sys.exit(run.stdout[-2000:])
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    memory = peak_mb(resource.RUSAGE_CHILDREN)
    return {
        **{"jobs": float(jobs[1]), "seconds": used.ru_utime + used.ru_stime},
        **{"megabytes": memory, "peak_mb": memory},
    }


def growth(values: Sequence[float], costs: Sequence[float]) -> float | None:
    """Exponent of a cost over the upper half of the values, at least two; None for no growth."""
    kept = max(2, (len(values) + 1) // 2)
    x, y = np.array(values[-kept:], dtype=float), np.array(costs[-kept:], dtype=float)
    if len(values) < 2 or np.any(y <= 0):
        return None
    if kept == 2:
        return float(np.log(y[1] / y[0]) / np.log(x[1] / x[0]))
    return -fit_power_law(x, y).exponent


def exponents(points: "pd.DataFrame", column: str) -> dict[str, float | None]:
    """Median and range over the turns."""
    if column == "megabytes" and np.ptp(points[column]) < NOISE:
        return dict(NONE)
    turns = [turn.sort_values("value") for _, turn in points.groupby("turn")]
    found = [growth(list(turn["value"]), list(turn[column])) for turn in turns]
    known = [each for each in found if each is not None]
    if not known:
        return dict(NONE)
    return {"exponent": statistics.median(known), "least": min(known), "most": max(known)}


def summary(points: "pd.DataFrame") -> list[dict[str, Any]]:
    rows = []
    for (axis, title), part in points.groupby(["axis", "title"], sort=False):
        row = {"axis": axis, "title": title, "values": sorted(part["value"].unique().tolist())}
        row["throughput_unit"] = part["unit"].iloc[0]
        for name, column in (("seconds", "seconds"), ("throughput", "throughput"),
                             ("memory", "megabytes")):  # fmt: skip
            row[name] = exponents(part, column)
        rows.append(row)
    return rows


def told(found: dict[str, float | None]) -> str:
    """The exponent with its range over the turns, if there is more than one."""
    if found["exponent"] is None:
        return "no exponent"
    least, most = found["least"], found["most"]
    spread = "" if least == most else f" [{least:.2f}, {most:.2f}]"
    return f"exponent {found['exponent']:.2f}{spread}".replace("-", "\N{MINUS SIGN}")


def drawn(points: "pd.DataFrame", rows: list[dict[str, Any]]) -> "Drawing":
    """Throughput above, memory below, of each case; lines join medians over the turns.

    Dotted: the memory that a block is planned with. The exponent of memory is that of what a block
    adds to its process.
    """
    import pandas as pd
    from matplotlib.ticker import NullFormatter

    from scalinglaws.figures.style import COLOURS, PLOTTED, ROLES, WIDE, Drawing, new_figure

    columns = 3
    pairs = -(-len(rows) // columns)
    figure, axes = new_figure(2 * pairs, columns, width=WIDE, height=3.2 * pairs)
    plotted = []
    for number, row in enumerate(rows):
        part = points[(points["axis"] == row["axis"]) & (points["title"] == row["title"])]
        place = 2 * columns * (number // columns) + number % columns
        for panel, column, key, label, colour in (
            (axes[place], "throughput", "throughput", f"{row['throughput_unit']} / s", "blue"),
            (axes[place + columns], "peak_mb", "memory", "peak memory (MB)", "orange"),
        ):
            middle = part.groupby("value")[column].median()
            panel.plot(part["value"], part[column], "o", color=COLOURS[colour], alpha=0.5)
            panel.plot(middle.index, middle, color=COLOURS[colour])
            panel.set_xscale("log", base=2)
            if column == "throughput":
                panel.set_yscale("log")
                panel.set_ylim(middle.min() / 3, middle.max() * 3)  # a decade of ticks at least
                panel.yaxis.set_minor_formatter(NullFormatter())
            else:
                planned = part.groupby("value")["planned_mb"].first()
                if planned.any():
                    panel.plot(planned.index, planned, ":", color=ROLES["reference"])
                panel.set_ylim(0, 1.1 * max(middle.max(), planned.max()))
            panel.set_xlabel(row["axis"])
            panel.set_ylabel(label)
            name = f"{row['title']}\n" if column == "throughput" else ""
            panel.set_title(f"{name}{told(row[key])}", fontsize="small")  # as wide as a panel
            plotted.append(
                pd.DataFrame(
                    {
                        "panel": f"{row['axis']}: {row['title']}",
                        "series": column,
                        "x": middle.index,
                        "y": middle.to_numpy(),
                        "y_low": part.groupby("value")[column].min().to_numpy(),
                        "y_high": part.groupby("value")[column].max().to_numpy(),
                    }
                )
            )
    for panel in axes:
        if not panel.lines:
            panel.set_axis_off()
    return Drawing(figure, pd.concat(plotted)[PLOTTED], "Cost as the work grows.")


def measured(short: bool, turns: int) -> "pd.DataFrame":
    """All cases in turn, so that a machine that slows down slows all of them."""
    import pandas as pd

    points: list[Point] = []
    for turn in range(turns):
        for number, case in enumerate(CASES):
            values = sorted(set(case.short if short else case.values))
            points += measured_blocks(number, values, turn)
            told = ", ".join(f"{one.seconds:.2f}" for one in points[-len(values) :])
            print(f"{case.axis} = {values}, {case.title}: {told} s", flush=True)
        for scale in SCALES:
            points.append(measured_scale(scale, turn))
            print(f"scale {scale}: {points[-1].seconds:.1f} s", flush=True)
    return pd.DataFrame(asdict(point) for point in points)


def report(points: "pd.DataFrame", folder: Path) -> int:
    """Write all files and say what was found; the exit status."""
    from scalinglaws.figures.style import save_drawing

    rows = summary(points)
    folder.mkdir(parents=True, exist_ok=True)
    save_drawing(
        drawn(points, rows), folder / "scaling.pdf", folder / "scaling.png", folder / "drawn.csv"
    )
    (folder / "drawn.csv").unlink()
    points.to_csv(folder / "scaling.csv", index=False, float_format="%.6g", lineterminator="\n")
    over = points[(points["planned_mb"] > 0) & (points["peak_mb"] > points["planned_mb"])]
    write_json(folder / "scaling.json", {"cores": CORES, "cases": rows, "over_plan": len(over)})
    for row in rows:
        where = f"{row['axis']}, {row['title']}"
        print(f"{where:32s} throughput {told(row['throughput'])}, memory {told(row['memory'])}")
    for _, point in over.iterrows():
        print(
            f"MISSED: {point['title']} at {point['axis']} = {point['value']:g} took "
            f"{point['peak_mb']:.0f} MB, planned {point['planned_mb']:.0f}"
        )
    return int(len(over) > 0)


def main() -> int:
    reader = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    reader.add_argument("folder", type=Path, nargs="?")
    reader.add_argument("--short", action="store_true", help="fewer values: a few minutes")
    reader.add_argument("--turns", type=int, default=3)
    reader.add_argument("--case", nargs="+", type=int, help=argparse.SUPPRESS)
    reader.add_argument("--scale", choices=SCALES, help=argparse.SUPPRESS)
    options = reader.parse_args()
    if options.case:
        number, *values = options.case
        print(json.dumps(measure_blocks(CASES[number], values)))
        return 0
    if options.scale:
        print(json.dumps(measure_scale(options.scale)))
        return 0
    if options.folder is None:
        print("error: no folder for the results; run: make benchmark-scaling", file=sys.stderr)
        return 2
    return report(measured(options.short, options.turns), options.folder)


if __name__ == "__main__":
    sys.exit(main())
