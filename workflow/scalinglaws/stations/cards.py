"""Rule write_cards: a page per figure and a gallery of all, from what the other rules wrote."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scalinglaws.cards.card import Card, Experiment, card_html
from scalinglaws.cards.formulas import FORMULAS, terms
from scalinglaws.cards.gallery import gallery_html
from scalinglaws.cards.lines import curves_of, lines_of
from scalinglaws.config import REPOSITORY, read_departures
from scalinglaws.files import read_bytes, write_whole
from scalinglaws.planning.blocks import Block
from scalinglaws.planning.plan import Plan, paper_of
from scalinglaws.stations.ledger import read_ledger
from scalinglaws.storage import read_json, read_quantities

Record = Mapping[str, Any]
SCRIPTS = ("copy.js", "plot.js", "laws.js", "explorer.js", "formulas.js", "style.css")
FOLDER = Path(__file__).resolve().parents[1] / "cards"
BENCHMARKS = {"runs": "train_block", "theory": "compute_theory"}  # the rule of each station


def write_cards(plan: Plan, root: Path, source: Record) -> None:
    """Write figures/{figure}.html and figures/index.html below `root`, the folder of the results.

    - `source`: ``commit`` and ``modified`` of the repository, as in the manifest

    Raises InputError for a result that is missing, damaged or made by other code.
    """
    cards = all_cards(plan, root, source)
    pages = {f"{card.name}.html": card_html(card) for card in cards}
    scripts = read_scripts()
    pages["index.html"] = gallery_html(cards, plan.config["scale"], scripts["style.css"])
    for name, text in pages.items():
        write_whole(root / "figures" / name, text.encode())


def all_cards(plan: Plan, root: Path, source: Record) -> list[Card]:
    """A card per figure of the plan, in the order of config/papers."""
    shared = {
        "scale": plan.config["scale"],
        "seed": plan.config["seed"],
        "source": source,
        "root": Path(os.path.relpath(REPOSITORY, root / "figures")).as_posix(),
        "environment": read_json(root / "environment.json"),
        "scripts": read_scripts(),
    }
    register = {entry["id"]: entry for entry in read_departures()}
    cards = []
    for slug in plan.papers:
        claims = read_ledger(root / "ledger" / f"{slug}.json")[1]["claims"]
        fits = {
            fit: read_quantities(root / "fits" / slug / f"{fit}.json")["quantities"]
            for fit in plan.papers[slug]["fits"]
        }
        for name in plan.figures(slug):
            own = {fit: fits[fit] for fit in plan.figure(name)["fits"]}
            parts = figure_parts(name, plan, root, own)
            departures = [register[key] for key in parts["caption"]["departures"]]
            cards.append(Card(name, claims=claims, departures=departures, **parts, **shared))
    return cards


def figure_parts(
    name: str, plan: Plan, root: Path, fits: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """What is the figure's own."""
    record, slug = plan.figure(name), paper_of(name)
    text = read_bytes(root / "figures" / f"{name}.csv").decode()
    needed = plan.needed_experiments(name)
    experiments = [
        experiment_of(experiment, plan, root)
        for experiment in plan.experiments()
        if experiment in needed
    ]
    formula = FORMULAS.get(name)
    modules = [f"scalinglaws.figures.{name}", *(f"scalinglaws.fits.{fit}" for fit in fits)]
    modules += [module for experiment in experiments for module in experiment.modules]
    return {
        "record": record,
        "paper": plan.papers[slug],
        "caption": read_json(root / "figures" / f"{name}.json"),
        "experiments": experiments,
        "modules": [source_path(module) for module in dict.fromkeys(modules)],
        "lines": lines_of(curves_of(text), fits),
        "formula": formula,
        "terms": None if formula is None else terms(formula, fits),
    }


def experiment_of(experiment: str, plan: Plan, root: Path) -> Experiment:
    blocks = plan.of_experiment(experiment)
    slug, station = blocks[0].paper, blocks[0].station
    measured = root / "benchmarks" / BENCHMARKS[station] / slug / experiment
    return Experiment(
        name=experiment,
        about=plan.papers[slug]["experiments"][experiment]["about"],
        seeds=seeds_text(blocks),
        modules=tuple(dict.fromkeys(block.module for block in blocks)),
        # As in the plan's file: the cost on the assumed machine, the same for everyone.
        core_seconds=sum(map(plan.machine.core_seconds, blocks)),
        gpu_seconds=sum(map(plan.machine.gpu_seconds, blocks)),
        measured=f"../{measured.relative_to(root).as_posix()}" if measured.is_dir() else "",
    )


def seeds_text(blocks: Sequence[Block]) -> str:
    """For example ``seeds 0 to 11``; blocks that are not cut by seeds say how many members."""
    ranges = [
        (block.settings["first_seed"], block.settings["first_seed"] + block.settings["seeds"] - 1)
        for block in blocks
        if "first_seed" in block.settings
    ]
    if not ranges:
        members = sum(block.members for block in blocks)
        return f"{members:,} members, streams of the root seed"
    first, last = min(low for low, _ in ranges), max(high for _, high in ranges)
    return f"seeds {first} to {last}" if last > first else f"seed {first}"


def source_path(module: str) -> str:
    """A module's file, relative to the repository."""
    return f"workflow/{module.replace('.', '/')}.py"


def read_scripts() -> dict[str, str]:
    return {name: read_bytes(FOLDER / name).decode() for name in SCRIPTS}
