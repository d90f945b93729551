"""What the planned work takes on a machine: the one that the plan assumes, or this one, measured.

The constants stand in config/devices.yaml with their sources. `python -m scalinglaws calibrate`
measures the same of this machine; what is shown uses that, what is computed never does.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scalinglaws.config import CONFIG, REPOSITORY, read_yaml, validate
from scalinglaws.errors import InputError
from scalinglaws.planning.blocks import Block
from scalinglaws.planning.gpu_work import Work

CALIBRATION = REPOSITORY / ".calibration.json"
KERNELS = ("products", "convolutions", "numpy")  # what blocks spend their processor time in
PRECISIONS = ("float32", "tf32", "bf16")


@dataclass(frozen=True)
class Gpu:
    """A card: `rates` in operations per second, `bandwidth` in bytes per second."""

    name: str
    memory_mb: int
    rates: Mapping[str, float]
    half_widths: Mapping[str, float]
    bandwidth: float
    replayed_launch: float
    host_share: float

    def seconds(self, work: Work) -> float:
        """The slowest of launching, computing with its memory traffic, and what is fixed."""
        rate, half = self.rates[work.precision], self.half_widths[work.precision]
        computing = sum(count * (1 + half / side) for side, count in work.products) / rate
        step = max(
            work.launches * self.replayed_launch,
            computing + work.traffic / self.bandwidth,
            work.fixed_seconds,
        )
        return work.steps * step


@dataclass(frozen=True)
class Machine:
    """`slowness`: per kernel, how many times the planned time the processor takes."""

    slowness: Mapping[str, float]
    gpu: Gpu
    told: str = ""  # one line for the reader of a plan; empty for the assumed machine

    def gpu_seconds(self, block: Block) -> float:
        """For which a block holds its card; zero without one."""
        return self.own_seconds(block) + self.trained_seconds(block) if block.gpu else 0.0

    def core_seconds(self, block: Block) -> float:
        """For which a block keeps cores busy."""
        return self.own_seconds(block) + self.gpu.host_share * self.trained_seconds(block)

    def wall_seconds(self, block: Block) -> float:
        """From start to end."""
        return self.own_seconds(block) / block.threads + self.trained_seconds(block)

    def own_seconds(self, block: Block) -> float:
        return block.core_seconds * self.slowness[block.kernel]

    def trained_seconds(self, block: Block) -> float:
        return sum(map(self.gpu.seconds, block.gpu_work))


def assumed() -> Machine:
    """The machine of config/devices.yaml. Raises InputError."""
    return Machine(dict.fromkeys(KERNELS, 1.0), assumed_gpu(devices()["gpu"]))


def devices() -> dict[str, Any]:
    record = read_yaml(CONFIG / "devices.yaml")
    validate(record, "devices.schema", "config/devices.yaml")
    return dict(record)


def assumed_gpu(record: Mapping[str, Any]) -> Gpu:
    return Gpu(
        record["name"],
        record["memory_mb"],
        {name: record[name]["rate"] for name in PRECISIONS},
        {name: record[name]["half_width"] for name in PRECISIONS},
        record["bandwidth"]["value"],
        record["replayed_launch"]["value"],
        record["host_share"]["value"],
    )


def this_machine(path: Path | None = None) -> Machine:
    """As measured by `calibrate`, else the assumed one.

    Raises InputError for a file that is not what `calibrate` writes.
    """
    path = path or CALIBRATION
    if not path.exists():
        return assumed()
    measured = read_calibration(path)
    record = devices()
    known = {name: record["processor"][name]["seconds"] for name in KERNELS}
    slowness = {name: measured["processor"][name] / known[name] for name in KERNELS}
    gpu = assumed_gpu(record["gpu"])
    if measured["gpu"]:
        gpu = measured_gpu(gpu, measured["gpu"])
    return Machine(slowness, gpu, told(slowness, gpu, measured["gpu"]))


def read_calibration(path: Path) -> dict[str, Any]:
    try:
        measured = json.loads(path.read_bytes())
    except (OSError, ValueError) as problem:
        raise InputError(
            f"{path.name} cannot be read ({problem}): remove it, or run "
            "'python -m scalinglaws calibrate' again."
        ) from problem
    validate(measured, "calibration.schema", path.name)
    return dict(measured)


def measured_gpu(gpu: Gpu, measured: Mapping[str, Any]) -> Gpu:
    return Gpu(
        measured["name"],
        measured["memory_mb"],
        measured["convolutions"],
        gpu.half_widths,
        measured["bandwidth"],
        measured["replayed_launch"],
        gpu.host_share,
    )


def told(slowness: Mapping[str, float], gpu: Gpu, measured: Any) -> str:
    factors = ", ".join(f"{name} {slowness[name]:.2f}" for name in KERNELS)
    card = f"; {gpu.name} measured" if measured else ""
    return f"calibrated to this machine, times the assumed: {factors}{card}"
