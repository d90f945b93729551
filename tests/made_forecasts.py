"""Finished runs of bahri2021 made of known laws, and a clone that keeps forecasts of them."""

import json
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from compared_runs import measured, run
from made_scans import made_tables
from scalinglaws.planning import plan as planning
from scalinglaws.storage import write_table

PAPERS = ["bahri2021"]
EXPERIMENTS = (
    *("gaussian_features", "digits_mlp", "pretrained_features"),
    *("sphere_kernels", "teacher_student"),
)
NOISE = 0.05


@cache
def plan_of(scale: str) -> planning.Plan:
    return planning.assemble({"scale": scale, "papers": PAPERS})


def tables_of(scale: str, noise: float = NOISE) -> dict[str, pd.DataFrame]:
    """Tables of some experiments with curves; every law holds at all sizes of all scales."""
    made = made_tables(scale, seeds=4, noise=noise)
    return {name: made[name] for name in EXPERIMENTS}


def beyond(tables: Mapping[str, pd.DataFrame], sizes: Mapping[str, float], factor: float) -> None:
    """Another regime: values of an experiment times a factor at sizes above the one given."""
    for name, last in sizes.items():
        table = tables[name]
        column = "size" if "size" in table else "data_size"
        table["value"] = np.where(table[column] > last, factor * table["value"], table["value"])


def store(place: Path, scale: str, tables: Mapping[str, pd.DataFrame]) -> Path:
    """A run's folder with these tables, as the workflow would have left them, and a ledger."""
    plan = plan_of(scale)
    for name, table in tables.items():
        header = {"format": 1, "name": name, "block": plan.table_digest(name), "code": {}}
        columns = {column: table[column].to_numpy() for column in table}
        write_table(place / plan.table_file(name), columns, header)
    folder = place / plan.results
    if not (folder / "ledger").exists():
        run(folder, s=measured(1.0))
    (folder / "manifest.json").write_text(json.dumps({"scale": scale, "seed": 1, "files": {}}))
    return folder


def git(folder: Path, *command: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    done = subprocess.run(
        ["git", "-C", str(folder), *identity, *command], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def commit(folder: Path) -> str:
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "one", "--allow-empty")
    return git(folder, "rev-parse", "HEAD")


def clone(place: Path, monkeypatch: Any) -> Path:
    """A repository with results of nothing, which forecasts are kept in and made from."""
    (place / "config").mkdir(parents=True)
    (place / "config" / "config.yaml").write_text("scale: quick\n")
    (place / ".gitignore").write_text("results/\n")
    git(place, "init", "--quiet")
    commit(place)
    monkeypatch.chdir(place)
    monkeypatch.setattr("scalinglaws.repository.REPOSITORY", place)
    monkeypatch.setattr("scalinglaws.stations.forecasts.CONFIG", place / "config")
    monkeypatch.setattr(
        "scalinglaws.stations.forecasts.assemble", lambda asked: plan_of(asked["scale"])
    )
    monkeypatch.setattr("scalinglaws.stations.forecasts.experiments", lambda papers: EXPERIMENTS)
    return place
