"""One block of learning curves, whatever its network: images, members, rows of the table."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from scalinglaws.canonical import member_name
from scalinglaws.columns import Columns, stack
from scalinglaws.data.dataset import Dataset
from scalinglaws.experiments.learning_curves.settings import Ensemble, network_of, settings_of
from scalinglaws.measures.norms import norms_begun
from scalinglaws.networks.architecture import Architecture
from scalinglaws.training import image_epochs as engine
from scalinglaws.training.groups import Arrays, Keep, in_turn
from scalinglaws.training.image_epochs import Identity, Task
from scalinglaws.training.images import normalisation, resident
from scalinglaws.training.memory import keep_freed_memory
from scalinglaws.training.session import Session

PAPER = "damico2025"


def run(
    settings: Mapping[str, Any],
    data: Mapping[str, Dataset],
    session: Session,
    architecture: Architecture,
) -> Columns:
    """Rows: member, panel, weight_decay, P, seed, step (epoch), quantity, value.

    Errors are fractions. Raises InputError for subsets beyond the pool and for pooling that does
    not fit.
    """
    keep_freed_memory()
    task = task_of(settings, data[settings["dataset"]], architecture, session.device)
    members = members_of(settings_of(settings, architecture.kind).ensembles)
    slot = engine.slot_of(task, max((identity["P"] for identity, _ in members), default=0))

    def compute(chosen: tuple[Identity, float], inner: Arrays, keep: Keep) -> Arrays:
        return {"records": engine.curve(task, slot, *chosen, inner, keep)}

    results = in_turn(members, compute, session)
    parts = [rows(task, *member, found) for member, found in zip(members, results, strict=True)]
    return stack([row for part in parts for row in part])


def members_of(ensembles: Sequence[Ensemble]) -> list[tuple[Identity, float]]:
    """Identity and weight decay of each member, in order."""
    return [
        ({"panel": each.panel, "P": each.P, "seed": seed}, each.weight_decay)
        for each in ensembles
        for seed in each.seeds
    ]


def task_of(
    block: Mapping[str, Any], dataset: Dataset, architecture: Architecture, device: str
) -> Task:
    """What all members of a block with these settings share."""
    settings = settings_of(block, architecture.kind)
    moments = normalisation(settings.normalisation, dataset.card)
    pool = resident(dataset.train_images, dataset.train_labels, settings.pool, *moments, device)
    every = spread(len(dataset.test_labels), settings.test_images)
    kept = dataset.test_images[every], dataset.test_labels[every]
    return engine.task_of(
        architecture,
        network_of(
            architecture.kind, block, pool.side, pool.channels, int(dataset.train_labels.max()) + 1
        ),
        pool,
        resident(*kept, settings.pool, *moments, device),
        settings,
        (settings.seed, PAPER, settings.experiment),
        device,
        norms_begun,
    )


def spread(total: int, count: int) -> np.ndarray:
    """`count` of `total` indices at equal distances: MNIST's test set grows harder half-way."""
    return np.arange(count) * total // count


def rows(
    task: Task, identity: Identity, weight_decay: float, found: Arrays
) -> list[dict[str, Any]]:
    """Row groups of one member."""
    return [
        {
            "member": member_name({**identity, "weight_decay": weight_decay}),
            "panel": identity["panel"],
            "weight_decay": float(weight_decay),
            "P": identity["P"],
            "seed": identity["seed"],
            "step": np.array(task.protocol.logged),
            "quantity": name,
            "value": found["records"][:, number],
        }
        for number, name in enumerate(task.names)
    ]
