"""Learning curves of CNNs against weight norms, as D'Amico et al. (arXiv:2505.13230) train them.

For each training size P and seed: a random subset of P images, Adam on the mean cross entropy of
batches (the last, smaller batch of an epoch included), constant rate, no regularisation, the same
number of epochs for all P. Members of equal P are one stack.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from scalinglaws.canonical import member_name
from scalinglaws.data.dataset import Dataset
from scalinglaws.data.transforms import average_pool, nested_subset
from scalinglaws.measures.norms import weight_norms
from scalinglaws.networks.cnn import CNN, apply_member, gradients, init, member_of
from scalinglaws.storage import Columns, stack
from scalinglaws.streams import generator
from scalinglaws.training.adam import (
    AdamState,
    adam_arrays,
    adam_init,
    adam_restore,
    adam_step,
)
from scalinglaws.training.groups import Arrays, Keep, in_turn
from scalinglaws.training.session import Session

PAPER, EXPERIMENT = "damico2025", "cnn_curves"
QUANTITIES = ("train_error", "train_loss", "test_error", "test_loss")
NORMS = (
    "spectral_complexity",
    "spectral_complexity_bartlett",
    "spectral_product",
    "l1_norm",
    "frobenius_norm",
    "two_one_norm",
)
CHUNK = 500  # images per evaluation pass: its activations stay in the second-level cache


@dataclass(frozen=True)
class Images:
    """Normalised images (n, channels, side, side) float32 and labels (n,) int64, on the device."""

    images: Tensor
    labels: Tensor


@dataclass
class Stack:
    """Members of one training size while they train: indices (members, P) into the pool."""

    identities: list[dict[str, int]]
    subset: Tensor
    parameters: list[Tensor]
    adam: AdamState
    records: np.ndarray  # (logged epochs, quantities, members), NaN where still to come
    epoch: int = 0


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """Rows: member, P, seed, step (epoch), quantity, value. Errors are fractions.

    Raises InputError for subsets beyond the pool and for pooling that does not fit.
    """
    torch.set_num_threads(session.threads)
    dataset = data[settings["dataset"]]
    pool = prepared(dataset.train_images, dataset.train_labels, settings, session.device)
    test = prepared(dataset.test_images, dataset.test_labels, settings, session.device)
    network = network_of(settings, pool, int(dataset.train_labels.max()) + 1)

    def compute(ensemble: Mapping[str, Any], inner: Arrays, keep: Keep) -> Arrays:
        members = start(network, ensemble, settings, len(pool.labels), session.device)
        restore(members, inner)
        train(network, members, pool, test, settings, keep)
        return {"records": members.records}

    results = in_turn(settings["ensembles"], compute, session)
    parts = [
        row
        for ensemble, result in zip(settings["ensembles"], results, strict=True)
        for row in rows(ensemble, result["records"], logged_epochs(settings))
    ]
    return stack(parts)


def prepared(
    images: np.ndarray, labels: np.ndarray, settings: Mapping[str, Any], device: str
) -> Images:
    """Pixels in [0, 1], averaged over pool x pool patches, then (x - 0.5) / 0.5 as the authors."""
    pooled = torch.from_numpy((average_pool(images, settings["pool"]) - 0.5) / 0.5)
    channels_first = pooled[:, None] if pooled.ndim == 3 else pooled.movedim(-1, 1)
    return Images(channels_first.to(device), torch.from_numpy(labels).to(device))


def network_of(settings: Mapping[str, Any], pool: Images, classes: int) -> CNN:
    return CNN(
        side=pool.images.shape[-1],
        channels=pool.images.shape[1],
        widths=tuple(settings["widths"]),
        hidden=tuple(settings["hidden"]),
        classes=classes,
        pool_every=settings["pool_every"],
    )


def logged_epochs(settings: Mapping[str, Any]) -> np.ndarray:
    """Logarithmically spaced whole epochs from 1 to the last, without repetitions."""
    exact = np.logspace(0, np.log10(settings["epochs"]), settings["log_epochs"])
    # logspace may end an ulp below the last epoch, which truncation would lose
    return np.unique((exact * (1 + 1e-12)).astype(int))


def start(
    network: CNN,
    ensemble: Mapping[str, Any],
    settings: Mapping[str, Any],
    available: int,
    device: str,
) -> Stack:
    """Every member's subset and initial weights come from its own streams."""
    identities = [{"P": ensemble["P"], "seed": seed} for seed in ensemble["seeds"]]
    streams = [member_stream(settings, identity, "initialisation") for identity in identities]
    parameters = [t.to(device) for t in init(network, streams, settings["init_factor"])]
    chosen = [
        nested_subset(available, ensemble["P"], member_stream(settings, identity, "subset"))
        for identity in identities
    ]
    shape = (len(logged_epochs(settings)), len(QUANTITIES) + len(NORMS), len(identities))
    return Stack(
        identities,
        torch.from_numpy(np.stack(chosen)).to(device),
        parameters,
        adam_init(parameters),
        np.full(shape, np.nan),
    )


def member_stream(
    settings: Mapping[str, Any], identity: Mapping[str, int], purpose: str
) -> np.random.Generator:
    return generator(settings["seed"], PAPER, EXPERIMENT, identity, purpose)


def restore(members: Stack, inner: Arrays) -> None:
    """Continue where an interrupted run kept its state; does nothing without one."""
    if not inner:
        return
    for number, parameter in enumerate(members.parameters):
        parameter.copy_(torch.from_numpy(inner[f"parameter_{number}"]))
    members.adam = adam_restore(inner, members.parameters)
    members.records = inner["records"].copy()
    members.epoch = int(inner["epoch"])


def arrays_of(members: Stack) -> Arrays:
    return {
        **{f"parameter_{i}": tensor.cpu().numpy() for i, tensor in enumerate(members.parameters)},
        **adam_arrays(members.adam),
        "records": members.records,
        "epoch": np.array(members.epoch),
    }


def train(
    network: CNN,
    members: Stack,
    pool: Images,
    test: Images,
    settings: Mapping[str, Any],
    keep: Keep,
) -> None:
    """All remaining epochs; the state is offered to the session after each."""
    logged = logged_epochs(settings).tolist()
    while members.epoch < settings["epochs"]:
        members.epoch += 1
        one_epoch(network, members, pool, settings)
        if members.epoch in logged:
            members.records[logged.index(members.epoch)] = measured(network, members, pool, test)
        keep(arrays_of(members), members.epoch / settings["epochs"])


def one_epoch(network: CNN, members: Stack, pool: Images, settings: Mapping[str, Any]) -> None:
    count = range(len(members.identities))
    orders = torch.from_numpy(np.stack([epoch_order(members, i, settings) for i in count]))
    order = members.subset.gather(1, orders.to(members.subset.device))
    for batch in order.split(settings["batch_size"], dim=1):
        adam_step(
            members.parameters,
            gradients(network, members.parameters, pool.images[batch], pool.labels[batch]),
            members.adam,
            settings["learning_rate"],
            weight_decay=settings["weight_decay"],
        )


def epoch_order(members: Stack, member: int, settings: Mapping[str, Any]) -> np.ndarray:
    """A stream per epoch: the order of any epoch is known without those before it."""
    stream = member_stream(settings, members.identities[member], f"order of epoch {members.epoch}")
    return stream.permutation(members.subset.shape[1])


def measured(network: CNN, members: Stack, pool: Images, test: Images) -> np.ndarray:
    """(quantities, members) float64, in the order QUANTITIES + NORMS."""
    columns = []
    for member, chosen in enumerate(members.subset):
        parameters = member_of(members.parameters, member)
        own = Images(pool.images[chosen], pool.labels[chosen])
        on_own, on_test = (error_and_loss(network, parameters, seen) for seen in (own, test))
        columns.append((*on_own, *on_test))
    norms = weight_norms(members.parameters[::2], members.parameters[1::2])
    return np.concatenate(
        [np.array(columns).T, np.stack([norms[name].cpu().numpy() for name in NORMS])]
    )


@torch.no_grad()
def error_and_loss(
    network: CNN, parameters: Sequence[Tensor], examples: Images
) -> tuple[float, float]:
    """Fraction of wrong labels and mean cross entropy; NaN once a member has diverged."""
    wrong, loss, finite = 0, 0.0, True
    pieces = zip(examples.images.split(CHUNK), examples.labels.split(CHUNK), strict=True)
    for images, labels in pieces:
        logits = apply_member(network, parameters, images)
        finite = finite and bool(torch.isfinite(logits).all())  # argmax of NaN would look valid
        wrong += int((logits.argmax(1) != labels).sum())
        loss += float(F.cross_entropy(logits.double(), labels, reduction="sum"))
    count = len(examples.labels)
    return (wrong / count, loss / count) if finite else (np.nan, np.nan)


def rows(
    ensemble: Mapping[str, Any], records: np.ndarray, epochs: np.ndarray
) -> list[dict[str, Any]]:
    return [
        {
            "member": member_name({"P": ensemble["P"], "seed": seed}),
            "P": ensemble["P"],
            "seed": seed,
            "step": epochs,
            "quantity": quantity,
            "value": records[:, number, position],
        }
        for position, seed in enumerate(ensemble["seeds"])
        for number, quantity in enumerate((*QUANTITIES, *NORMS))
    ]
