"""Verbs that rules use, one each: explicit inputs and outputs, heavy imports in the verb."""

import argparse
import os
from pathlib import Path
from typing import Any

from scalinglaws.shell.environment import limit_threads
from scalinglaws.shell.verbs import Verb, add_verb, json_text


def add_for_rules(verbs: Any) -> None:
    verb = add_rule(verbs, "fetch", fetch, "rule fetch_data", "name", "--output", "--card")
    verb.add_argument("--entry", type=json_text, required=True)

    texts = ("station", "paper", "experiment", "name", "run", "digest", "output", "device")
    rules = "rules train_block and compute_theory"
    verb = add_rule(verbs, "block", block, rules, *(f"--{name}" for name in texts))
    verb.add_argument("--settings", type=json_text, required=True)
    verb.add_argument("--data", nargs="*", default=[])
    verb.add_argument("--threads", type=int, required=True)
    verb.add_argument("--state", type=Path)
    verb.add_argument("--code", default="")

    verb = add_rule(verbs, "table", table, "rule collect_table", "experiment", "--output")
    verb.add_argument("--blocks", nargs="+", required=True)
    verb.add_argument("--digests", nargs="+", required=True)

    verb = add_rule(verbs, "quantities", quantities, "rule fit_curves", "name", "--output")
    verb.add_argument("--tables", nargs="+", required=True)
    verb.add_argument("--digests", nargs="+", required=True)
    verb.add_argument("--settings", type=json_text, required=True)

    verb = add_rule(verbs, "draw", draw, "rule draw_figure", "figure", "--scale")
    for name in ("tables", "digests", "fits"):
        verb.add_argument(f"--{name}", nargs="*", default=[])
    verb.add_argument("--record", type=json_text, required=True)
    verb.add_argument("--output", type=Path, required=True, help="path without its ending")

    options = ("--claims", "--departures", "--output")
    verb = add_rule(verbs, "judge", judge, "rule judge_claims", "paper", *options)
    verb.add_argument("--fits", nargs="+", required=True)
    verb.add_argument("--config", type=json_text, required=True)

    verb = add_rule(verbs, "ledger", ledger, "rule write_ledger", "--scale", "--output")
    verb.add_argument("--ledgers", nargs="+", required=True)

    verb = add_rule(verbs, "findings", findings, "rule write_findings", "--scale")
    verb.add_argument("--ledgers", nargs="+", required=True)
    verb.add_argument("--fits", nargs="+", required=True)
    verb.add_argument("--output", type=Path, required=True, help="a folder")

    add_rule(verbs, "environment", environment, "rule record_environment", "--output")

    verb = add_rule(verbs, "numbers", numbers, "rule gather_numbers", "--output")
    verb.add_argument("--results", type=Path, required=True)
    verb.add_argument("--papers", nargs="+", required=True)
    verb.add_argument("--cards", nargs="*", type=Path, default=[])

    verb = add_rule(verbs, "compile", compile_paper, "rule compile_paper")
    verb.add_argument("source", type=Path)
    verb.add_argument("--results", type=Path, required=True)
    verb.add_argument("--output", type=Path, required=True)

    verb = add_rule(verbs, "manifest", manifest, "rule write_manifest", "--output")
    verb.add_argument("--config", type=json_text, required=True)
    verb.add_argument("--root", type=Path, required=True)
    verb.add_argument("--files", nargs="+", required=True)


def add_rule(verbs: Any, name: str, verb: Verb, text: str, *named: str) -> argparse.ArgumentParser:
    """A verb with those of its arguments that are text and have no default."""
    added = add_verb(verbs, name, verb, text, shown=False)
    for argument in named:
        if argument.startswith("--"):
            added.add_argument(argument, required=True)
        else:
            added.add_argument(argument)
    return added


def fetch(options: argparse.Namespace) -> None:
    from scalinglaws.data.prepare import fetch

    fetch(options.name, options.entry, options.output, options.card)


def block(options: argparse.Namespace) -> None:
    limit_threads(options.threads)
    from scalinglaws.config import read_families
    from scalinglaws.planning.blocks import run_module
    from scalinglaws.stations.block import BlockJob, run_block

    family = read_families(options.paper)[options.experiment]
    job = BlockJob(
        station=options.station,
        experiment=options.experiment,
        name=options.name,
        module=run_module(family, options.run),
        digest=options.digest,
        settings=options.settings,
        data_files=options.data,
        threads=options.threads,
        device=options.device,
        code=options.code,
    )
    run_block(job, state_folder(options), options.output)


def state_folder(options: argparse.Namespace) -> Path | None:
    """Where a block keeps its state: beside its result, or in the folder that $SCALINGLAWS_STATE
    names, on a volume that outlives the container.
    """
    elsewhere = os.environ.get("SCALINGLAWS_STATE")
    if not elsewhere or options.state is None:
        return options.state
    # One folder may serve several runs and scales, whose blocks are named alike.
    return Path(elsewhere, options.paper, f"{options.experiment}_{options.name}_{options.digest}")


def table(options: argparse.Namespace) -> None:
    from scalinglaws.stations.table import collect_table

    collect_table(options.experiment, options.blocks, options.digests, options.output)


def quantities(options: argparse.Namespace) -> None:
    limit_threads(1)
    from scalinglaws.stations.fit import fit_curves
    from scalinglaws.stations.table import read_tables

    tables = read_tables(options.tables, options.digests)
    fit_curves(options.name, tables, options.settings, options.output)


def draw(options: argparse.Namespace) -> None:
    limit_threads(1)
    from scalinglaws.stations.figure import draw_figure
    from scalinglaws.stations.table import read_tables

    draw_figure(
        options.figure,
        read_tables(options.tables, options.digests),
        options.fits,
        options.record,
        options.scale,
        options.output,
    )


def judge(options: argparse.Namespace) -> None:
    from scalinglaws.config import read_config
    from scalinglaws.stations.judge import judge_claims

    run = read_config(options.config)
    judge_claims(
        options.paper, options.fits, options.claims, options.departures, run, options.output
    )


def ledger(options: argparse.Namespace) -> None:
    from scalinglaws.stations.ledger import write_ledger

    write_ledger(options.ledgers, options.scale, options.output)


def findings(options: argparse.Namespace) -> None:
    limit_threads(1)
    from scalinglaws.stations.findings import write_findings

    write_findings(options.ledgers, options.fits, options.scale, options.output)


def environment(options: argparse.Namespace) -> None:
    from scalinglaws.provenance.environment import environment
    from scalinglaws.storage import write_json

    write_json(options.output, environment())


def numbers(options: argparse.Namespace) -> None:
    from scalinglaws.stations.paper import write_numbers

    write_numbers(options.results, options.papers, options.cards, options.output)


def compile_paper(options: argparse.Namespace) -> None:
    from scalinglaws.stations.paper import compile_paper

    compile_paper(options.source, options.results, options.output)


def manifest(options: argparse.Namespace) -> None:
    from scalinglaws.planning.plan import assemble
    from scalinglaws.provenance.manifest import manifest
    from scalinglaws.storage import write_json

    write_json(options.output, manifest(assemble(options.config), options.files, options.root))
