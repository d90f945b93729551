"""The plan: every block, figure and fit of a scale, known before anything runs."""

import difflib
import importlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from scalinglaws.canonical import canonical_json, digest
from scalinglaws.codedigest import code_digest
from scalinglaws.config import (
    PAPERS,
    SCALES,
    read_config,
    read_datasets,
    read_departures,
    read_ladder,
    read_paper,
    read_scale,
)
from scalinglaws.errors import InputError
from scalinglaws.planning.blocks import Block, Request
from scalinglaws.planning.devices import check_gpu_memory, visible_gpus
from scalinglaws.planning.left_out import drawn_figures, why_left_out
from scalinglaws.planning.machine import Machine, assumed
from scalinglaws.planning.units import times


@dataclass(frozen=True)
class Plan:
    """What one configuration asks for. Paths are relative to the repository.

    `machine` prices it; nothing that is computed depends on that.
    """

    config: Mapping[str, Any]
    papers: Mapping[str, Mapping[str, Any]]
    datasets: Mapping[str, Any]
    blocks: tuple[Block, ...]
    machine: Machine = field(default_factory=assumed)
    requests: Mapping[str, Request] = field(default_factory=dict)  # experiment -> what was cut
    sizes: Mapping[str, Any] = field(default_factory=dict)  # paper -> its part of the scale's file

    @property
    def results(self) -> str:
        return f"results/{self.config['scale']}"

    def of_experiment(self, experiment: str) -> list[Block]:
        return [block for block in self.blocks if block.experiment == experiment]

    def experiments(self) -> list[str]:
        return list(dict.fromkeys(block.experiment for block in self.blocks))

    @cached_property
    def named(self) -> dict[tuple[str, str], Block]:
        return {(block.experiment, block.name): block for block in self.blocks}

    def block(self, wildcards: Any) -> Block:
        """The block of a job, by its wildcards ``experiment`` and ``block``. Raises InputError."""
        key = (wildcards.experiment, wildcards.block)
        if key not in self.named:
            raise InputError(
                f"scale {self.config['scale']} has no block {'/'.join(key)}; the blocks of a scale "
                f"are in its plan, made with: snakemake {self.results}/plan/plan.json"
            )
        return self.named[key]

    def block_file(self, block: Block) -> str:
        folder = f"{self.results}/{block.station}/{block.paper}/{block.experiment}"
        return f"{folder}/{block.name}.parquet"

    def data_files(self, block: Block) -> list[str]:
        return [data_file(name) for name in block.datasets]

    def table_file(self, experiment: str) -> str:
        """An experiment's tidy table; the block's own file where one block is all there is."""
        first, *others = self.of_experiment(experiment)
        if not others:
            return self.block_file(first)
        return f"{self.results}/tables/{first.paper}/{experiment}.parquet"

    def table_digest(self, experiment: str) -> str:
        """Names the blocks a table must hold: readers refuse one of other sizes or seeds."""
        return ",".join(block.digest for block in self.of_experiment(experiment))

    def shipped_tables(self) -> list[str]:
        """Every block's and every table's file, each once."""
        blocks = [self.block_file(block) for block in self.blocks]
        return list(dict.fromkeys([*map(self.table_file, self.experiments()), *blocks]))

    def fit_file(self, paper: str, fit: str) -> str:
        return f"{self.results}/fits/{paper}/{fit}.json"

    def fit_files(self, paper: str) -> list[str]:
        return [self.fit_file(paper, fit) for fit in self.papers[paper]["fits"]]

    def figures(self, paper: str | None = None) -> list[str]:
        slugs = self.papers if paper is None else [paper]
        scale = self.config["scale"]
        return [figure for slug in slugs for figure in drawn_figures(self.papers[slug], scale)]

    def figure_targets(self) -> list[str]:
        return [file for name in self.figures() for file in self.figure_files(name)]

    def needed_experiments(self, figure: str) -> set[str]:
        """Experiments a figure rests on, through its tables and its fits."""
        fits = self.papers[paper_of(figure)]["fits"]
        record = self.figure(figure)
        return set(record["tables"]).union(*(fits[name]["tables"] for name in record["fits"]))

    def blocks_for(self, targets: Iterable[str]) -> list[Block]:
        """Blocks that named figures and papers rest on; all blocks for any other target."""
        needed: set[str] = set()
        for target in targets:
            if target not in (*self.papers, *self.figures()):
                return list(self.blocks)
            figures = self.figures(target) if target in self.papers else [target]
            needed = needed.union(*map(self.needed_experiments, figures))
        return [block for block in self.blocks if block.experiment in needed]

    def figures_of(self, targets: Sequence[str]) -> list[str]:
        """The named figures and those of named papers; all without names.

        Raises InputError for a name that is neither.
        """
        found: list[str] = []
        for target in targets:
            self.refuse_left_out(target)
            if target not in (*self.papers, *self.figures()):
                near = get_close_matches(target, [*self.papers, *self.figures()], 1)
                raise InputError(
                    f"{target!r} is no figure and no paper of the configuration; "
                    + (f"did you mean {near[0]}? " if near else "")
                    + "'snakemake --list-target-rules' names them."
                )
            found += self.figures(target) if target in self.papers else [target]
        return list(dict.fromkeys(found)) if targets else self.figures()

    def target(self, name: str) -> Callable[[Any], list[str]]:
        """Input function of a target named after a figure or a paper."""

        def files(wildcards: Any) -> list[str]:
            paper = paper_of(name)
            if paper not in self.papers:
                raise InputError(
                    f"{name} belongs to {paper}, which config/config.yaml leaves out; add it to "
                    "papers there and run the same command again."
                )
            self.refuse_left_out(name)
            figures = self.figures(paper) if name == paper else [name]
            return [file for figure in figures for file in self.figure_files(figure)]

        return files

    @cached_property
    def departures(self) -> set[str]:
        """Those from which this scale departs."""
        register = read_departures()
        return {entry["id"] for entry in register if self.config["scale"] in entry["scales"]}

    def figure(self, name: str) -> Mapping[str, Any]:
        """What config/papers says of a figure, with the departures of this scale alone.

        Raises InputError when there is none of the name.
        """
        self.refuse_left_out(name)
        if name not in self.figures():
            near = difflib.get_close_matches(name, self.figures(), n=1)
            raise InputError(
                f"there is no figure {name} in the papers of config/config.yaml"
                + (f"; did you mean {near[0]}? All" if near else "; all")
                + " targets: snakemake --list-target-rules"
            )
        record = self.papers[paper_of(name)]["figures"][name]
        own = [entry for entry in record["departures"] if entry in self.departures]
        return {**record, "departures": own}

    def refuse_left_out(self, name: str) -> None:
        """Raises InputError, with the reason, for a figure that this scale does not draw."""
        paper = self.papers.get(paper_of(name), {"figures": {}})
        scale = self.config["scale"]
        if reason := why_left_out(paper["figures"].get(name, {}), scale):
            drawn = [other for other in SCALES if not why_left_out(paper["figures"][name], other)]
            raise InputError(
                f"scale {scale} leaves out {name}: {reason}; it is drawn with: "
                f"snakemake {name} --config scale={drawn[0]}"
            )

    def figure_files(
        self, name: str, endings: tuple[str, ...] = ("pdf", "png", "csv", "json")
    ) -> list[str]:
        return [f"{self.results}/figures/{name}.{ending}" for ending in endings]

    def card_files(self) -> list[str]:
        """The page of every figure, and the gallery of all."""
        return [f"{self.results}/figures/{name}.html" for name in [*self.figures(), "index"]]

    def used_datasets(self) -> list[str]:
        return sorted({name for block in self.blocks for name in block.datasets})


def target_titles() -> dict[str, str]:
    """Every paper and figure, also of papers that config.yaml leaves out, with its title."""
    titles = {}
    for slug in PAPERS:
        record = read_paper(slug)
        titles[slug] = f"All figures of {record['authors']}: {record['title']}."
        titles |= {name: f"{figure['title']}." for name, figure in record["figures"].items()}
    return titles


def data_file(name: str) -> str:
    return f"results/data/{name}.npz"


def paper_of(figure: str) -> str:
    return figure.split("_", 1)[0]


def assemble(overrides: Mapping[str, Any] | None = None, machine: Machine | None = None) -> Plan:
    """Read and check the whole configuration and cut every experiment into blocks.

    - ``machine``: what prices the plan; by default the one that config/devices.yaml assumes.

    Raises InputError with one sentence on the first problem.
    """
    config = read_config(overrides)
    sizes = read_scale(config["scale"])
    papers = {slug: read_paper(slug) for slug in sorted(config["papers"])}
    multiple = read_ladder()[config["look"] - 1]["seeds"]
    requests = {
        experiment: Request(
            paper=slug,
            family=paper["experiments"][experiment]["family"],
            experiment=experiment,
            sizes=times(values, multiple),
            seed=config["seed"],
            device=config["device"],
        )
        for slug, paper in papers.items()
        for experiment, values in sizes[slug].items()
    }
    blocks = [block for request in requests.values() for block in experiment_blocks(request)]
    priced = machine or assumed()
    plan = Plan(config, papers, read_datasets(), tuple(blocks), priced, requests, sizes)
    check_references(plan)
    check_budget(plan)
    if any(block.gpu for block in blocks):
        check_gpu_memory(blocks, visible_gpus())
    return plan


def experiment_blocks(request: Request) -> list[Block]:
    """Cut one experiment, by its family's plan. Raises InputError."""
    experiment = request.experiment
    design = importlib.import_module(f"scalinglaws.experiments.{request.family}.plan")
    blocks: list[Block] = design.blocks(request)
    names = [block.name for block in blocks]
    if len(set(names)) != len(names):
        raise InputError(f"experiment {experiment} names two blocks alike: {sorted(names)}.")
    return blocks


def check_references(plan: Plan) -> None:
    """Every table, fit and dataset that is named must exist. Raises InputError."""
    experiments = {block.experiment for block in plan.blocks}
    for slug, paper in plan.papers.items():
        users = [*paper["fits"].items(), *paper["figures"].items()]
        for name, record in users:
            refuse_unknown(slug, name, "tables", record["tables"], experiments)
        for name, record in paper["figures"].items():
            refuse_unknown(slug, name, "fits", record["fits"], set(paper["fits"]))
    for block in plan.blocks:
        where = f"experiment {block.experiment}"
        refuse_unknown(block.paper, where, "datasets", block.datasets, set(plan.datasets))


def refuse_unknown(paper: str, user: str, key: str, named: Any, known: set[str]) -> None:
    for name in named:
        if name not in known:
            raise InputError(
                f"config/papers/{paper}.yaml: {user} names {name!r} in {key}; expected one of: "
                f"{', '.join(sorted(known))}."
            )


def check_budget(plan: Plan) -> None:
    """Refuse what costs more hours of cores or GPUs than config.yaml grants. Raises InputError."""
    for kind, hours in (("core", core_hours), ("gpu", gpu_hours)):
        limit = plan.config[f"budget_{kind}_hours"]
        if limit and (asked := hours(plan.machine, plan.blocks)) > limit:
            raise InputError(
                f"budget_{kind}_hours is {limit:g} but scale {plan.config['scale']} is expected "
                f"to take {asked:.1f} {kind.replace('gpu', 'GPU')} hours; raise the budget or "
                "choose a smaller scale or fewer papers."
            )


def core_hours(machine: Machine, blocks: Iterable[Block]) -> float:
    return sum(map(machine.core_seconds, blocks)) / 3600


def gpu_hours(machine: Machine, blocks: Iterable[Block]) -> float:
    return sum(map(machine.gpu_seconds, blocks)) / 3600


def config_digest(plan: Plan) -> str:
    """Names what is computed: figures, fits and blocks, whatever the machine."""
    specs = [[block.paper, block.experiment, block.name, block.digest] for block in plan.blocks]
    return digest([plan.config["seed"], canonical_json(plan.papers), specs])


def terms_digest(plan: Plan, paper: str) -> str:
    """Names what a paper's verdicts rest on beside its fits' files: an edit judges again."""
    sizes, fits = plan.sizes[paper], plan.papers[paper]["fits"]
    return digest([fits, sizes, plan.config["seed"], plan.config["look"]])


def code(*modules: str) -> list[str]:
    """Digests of all source files reached, for a rule's params: an edit reruns, a move does not."""
    return sorted(code_digest(*modules).values())
