"""A block: the unit of work of the DAG, one process that computes an ensemble of members."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from typing import Any

from scalinglaws.canonical import canonical_json, digest
from scalinglaws.errors import InputError
from scalinglaws.planning.gpu_work import Work
from scalinglaws.records import Record, as_record


@dataclass(frozen=True)
class Block:
    """One job's worth of members.

    ``settings`` holds everything that determines the numbers, the root seed included; the cost
    figures are expectations and determine nothing. ``core_seconds`` is what one core of the assumed
    machine takes beside what ``gpu_work`` leaves to a GPU; `planning.machine` prices both.
    """

    paper: str
    experiment: str
    name: str
    module: str  # dotted, in experiments: has run(settings, data, session) -> columns
    settings: Mapping[str, Any]
    members: int
    core_seconds: float
    station: str = "runs"  # or "theory": closed forms and integrations, nothing is trained
    datasets: tuple[str, ...] = ()
    memory_mb: int = 1500
    threads: int = 1
    gpu: bool = False
    kernel: str = "numpy"  # or "products", "convolutions": what the core spends its time in
    gpu_work: tuple[Work, ...] = ()
    gpu_memory_mb: int = 0

    @property
    def run(self) -> str:
        """The last part of the module: its family's room is known from config/papers."""
        return self.module.rpartition(".")[2]

    @property
    def spec(self) -> str:
        """Canonical JSON of the settings, as passed on the job's command line."""
        return canonical_json(self.settings)

    @property
    def digest(self) -> str:
        """Names the block's resumable state: a change in what is computed changes it."""
        return digest([self.paper, self.experiment, self.settings])


def run_module(family: str, run: str) -> str:
    """The dotted module of one run of a family of experiments."""
    return f"scalinglaws.experiments.{family}.{run}"


@dataclass(frozen=True)
class Request:
    """One experiment as config asks for it; its family's ``plan.blocks`` cuts it into blocks."""

    paper: str
    family: str
    experiment: str
    sizes: Mapping[str, Any]
    seed: int
    device: str

    def sizes_as(self, kind: type[Record]) -> Record:
        """The sizes as a record. Raises InputError for keys that it does not have."""
        return as_record(kind, self.sizes)

    def settings(self, kind: type[Record], **own: Any) -> Record:
        """Settings of one block as a record: its fields of the sizes, the root ``seed``, and
        ``own``, which goes before both.
        """
        names = [field.name for field in fields(kind)]
        shared = {name: self.sizes[name] for name in names if name in self.sizes}
        return as_record(kind, {**shared, "seed": self.seed, **own})

    def seeded(self, kind: type[Record], **own: Any) -> list[Record]:
        """Settings of one block per range of ``seeds_per_block`` seeds.

        ``kind`` has the fields ``first_seed`` and ``seeds``; all else as in `settings`. Raises
        InputError as `seed_ranges`.
        """
        return [
            self.settings(kind, **own, first_seed=first, seeds=count)
            for first, count in self.seed_ranges()
        ]

    def seed_ranges(self, key: str = "seeds") -> list[tuple[int, int]]:
        """`seed_ranges` of this experiment's sizes."""
        return seed_ranges(self.experiment, self.sizes, key)

    def block(self, name: str, settings: Any, *, run: str = "run", **costs: Any) -> Block:
        """A block of this experiment.

        - ``settings``: a mapping, or a dataclass whose fields it is made of
        - ``run``: the module of the family that computes it
        - ``costs``: all other fields of `Block`
        """
        if is_dataclass(settings) and not isinstance(settings, type):
            settings = asdict(settings)
        module = run_module(self.family, run)
        return Block(self.paper, self.experiment, name, module, settings, **costs)


def seed_ranges(where: str, sizes: Mapping[str, Any], key: str = "seeds") -> list[tuple[int, int]]:
    """(first seed, number of seeds) of each block that seeds 0, 1, ... are dealt to in order.

    ``sizes`` has ``key``, the number of seeds, and ``{key}_per_block``. All ranges are whole, so
    that more seeds are more blocks and every block of fewer stays as it is. Raises InputError for
    a number of seeds that would cut one short.
    """
    seeds, each = sizes[key], sizes[f"{key}_per_block"]
    if seeds % each:
        raise InputError(
            f"{where}.{key} is {seeds}; expected a multiple of {key}_per_block = {each}, so that "
            f"more {key} leave finished blocks as they are: change one of them in config/scales."
        )
    return [(first, each) for first in range(0, seeds, each)]


def cut(items: list[Any], pieces: int) -> list[list[Any]]:
    """Deal items into at most ``pieces`` lists, round-robin, so that costs even out."""
    return [items[start::pieces] for start in range(min(pieces, len(items)))]
