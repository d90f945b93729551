"""Learning curves of image classifiers against weight norms, one member after the other.

For each training size P and seed: a random subset of P images, minibatches of the mean cross
entropy (the last, smaller one of an epoch included), a constant learning rate, the same number of
epochs for all P. Errors, losses and norms are measured at log-spaced epochs.

Members are trained in turn, each in a plain loop (`training.learners` says why).
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from scalinglaws.data.transforms import nested_subset
from scalinglaws.networks.architecture import Architecture
from scalinglaws.networks.shapes import Network
from scalinglaws.streams import generator, integer_seed
from scalinglaws.training.arithmetic import thread_beside
from scalinglaws.training.augmentation import AUGMENTATIONS, Augmentation
from scalinglaws.training.engine import WARM_UP, Engine, Step, engine_for
from scalinglaws.training.groups import Arrays, Keep
from scalinglaws.training.images import Images, normalised
from scalinglaws.training.learners import Alone, alone, learner_arrays, learner_restore
from scalinglaws.training.optimisers import (
    Optimiser,
    advance,
    as_laid,
    begin_anew,
    optimiser_arrays,
    optimiser_of,
    optimiser_restore,
    rate_tensor,
)
from scalinglaws.training.protocol import Protocol

MEASURED = ("train_error", "train_loss", "test_error", "test_loss")
AUGMENTED = "test_error_augmented"
CHUNK = {"cpu": 250, "cuda": 2000}  # images per evaluation pass
Identity = dict[str, Any]  # panel, P and seed


# What gives the norms, name -> float, when it is called, from any thread; the parameters may change
# meanwhile.
Norms = Callable[[Any, Sequence[Tensor]], Callable[[], dict[str, float]]]


@dataclass(frozen=True)
class Task:
    """What all members share."""

    architecture: Architecture
    network: Network
    pool: Images
    test: Images
    protocol: Protocol
    root: tuple[int, str, str]  # of all streams: seed, paper, experiment
    device: str
    norms: Norms
    augmentation: Augmentation | None
    names: list[str]  # measured quantities, in the order of the records
    worker: ThreadPoolExecutor | None  # computes norms beside a GPU

    def stream(self, identity: Identity, purpose: str) -> np.random.Generator:
        """Members that differ in weight decay alone share their streams."""
        return generator(*self.root, identity, purpose)


@dataclass
class Slot:
    """Where the members of a block are trained in turn: tensors that stay where they are.

    - `order`: the images of the epoch as numbers in the pool, `draws` their augmentation; `place`
      (1,), the first of them that the next step takes.
    - `rate`: the learning rate.
    - `engine`: runs the steps; its recordings serve all members.
    """

    learner: Alone
    optimiser: Optimiser
    order: Tensor
    draws: Tensor | None
    place: Tensor
    rate: Tensor
    engine: Engine


@dataclass
class Member:
    """One network while it trains; `records` (logged epochs, quantities), NaN where to come.

    `pending`: rows of the records whose norms are still being computed beside the training.
    """

    identity: Identity
    subset: Tensor
    optimiser: Optimiser
    records: np.ndarray
    pending: dict[int, Future[dict[str, float]]] = field(default_factory=dict)
    epoch: int = 0


def task_of(
    architecture: Architecture,
    network: Network,
    pool: Images,
    test: Images,
    protocol: Protocol,
    root: tuple[int, str, str],
    device: str,
    norms: Norms,
) -> Task:
    augmentation = AUGMENTATIONS.get(protocol.augmentation)
    named = norms(network, empty_parameters(network))()
    names = [*MEASURED, *([AUGMENTED] if augmentation else []), *named]
    worker = thread_beside("norms") if device == "cuda" else None
    shared = architecture, network, pool, test, protocol, root, device, norms
    return Task(*shared, augmentation, names, worker)


def curve(
    task: Task, slot: Slot, identity: Identity, weight_decay: float, inner: Arrays, keep: Keep
) -> np.ndarray:
    """Records (logged epochs, quantities) of one member, from the start or from a kept state."""
    member = start(task, slot, identity, weight_decay)
    restore(slot, member, inner)
    train(task, slot, member, keep)
    return settled(task, member)


def slot_of(task: Task, largest: int) -> Slot:
    """Room for one network at a time, epochs of up to `largest` images and a recording's steps."""
    protocol, device = task.protocol, task.device
    empty = [placed(tensor, device) for tensor in empty_parameters(task.network)]
    learner = alone(task.architecture, task.network, empty, device, protocol.precision)
    optimiser = optimiser_of(protocol.optimiser, learner.parameters)
    place = torch.zeros(1, dtype=torch.int64, device=device)
    # The steps of a recording go on through the order as all others do.
    images = max(largest, (WARM_UP + 1) * protocol.batch_size)
    state = [*learner.parameters, *learner.statistics, *optimiser.state, place]
    return Slot(
        learner,
        optimiser,
        torch.zeros(images, dtype=torch.int64, device=device),
        torch.zeros(images, 3, device=device) if task.augmentation else None,
        place,
        rate_tensor(learner.parameters, protocol.learning_rate),
        engine_for(device, state, [learner.dropout]),
    )


def empty_parameters(network: Network) -> list[Tensor]:
    return [torch.zeros(shape) for shape in network.parameter_shapes]


def placed(tensor: Tensor, device: str) -> Tensor:
    """A copy in the images' layout and torch's own memory: sums may depend on its alignment."""
    layout = torch.channels_last if tensor.ndim == 4 else torch.contiguous_format
    return tensor.to(device).clone(memory_format=layout)


@torch.no_grad()
def start(task: Task, slot: Slot, identity: Identity, weight_decay: float) -> Member:
    """A member's subset and initial weights come from its own streams."""
    available = len(task.pool.labels)
    # The stream knows P: subsets of two sizes are independent, not nested.
    chosen = nested_subset(available, identity["P"], task.stream(identity, "subset"))
    learner, stream = slot.learner, task.stream(identity, "initialisation")
    drawn = task.architecture.init(task.network, stream, task.protocol.init_factor)
    first = [*drawn, *task.architecture.initial_statistics(task.network)]
    for tensor, value in zip([*learner.parameters, *learner.statistics], first, strict=True):
        tensor.copy_(value)
    begin_anew(slot.optimiser)
    slot.place.zero_()
    return Member(
        identity,
        torch.tensor(chosen, device=task.device),
        replace(slot.optimiser, weight_decay=weight_decay),
        np.full((len(task.protocol.logged), len(task.names)), np.nan),
    )


def restore(slot: Slot, member: Member, inner: Arrays) -> None:
    """Continue where an interrupted run kept its state; does nothing without one."""
    if not inner:
        return
    learner_restore(slot.learner, inner)
    optimiser_restore(member.optimiser, inner)
    member.records = inner["records"].copy()
    member.epoch = int(inner["epoch"])


def arrays_of(task: Task, slot: Slot, member: Member) -> Arrays:
    return {
        **learner_arrays(slot.learner),
        **optimiser_arrays(member.optimiser),
        "records": settled(task, member),
        "epoch": np.array(member.epoch),
    }


def train(task: Task, slot: Slot, member: Member, keep: Keep) -> None:
    """All remaining epochs; the state is offered to the session between them.

    A member whose weights are no longer finite stops: its records are NaN from there on.
    """
    epochs, logged = task.protocol.epochs, task.protocol.logged
    # Before the first epoch: a recording draws from the generator that each epoch then seeds.
    steps = steps_of(task, slot, member)
    for kind, (step, _) in steps.items():
        slot.engine.prepare(step, kind)
    while member.epoch < epochs:
        member.epoch += 1
        one_epoch(task, slot, member, steps)
        if member.epoch in logged:
            record(task, slot, member, logged.index(member.epoch))
            if not all_finite(slot.learner.parameters):
                break
        keep(partial(arrays_of, task, slot, member), member.epoch / epochs)


@torch.no_grad()
def all_finite(tensors: Sequence[Tensor]) -> bool:
    """In one look: each would wait for the GPU."""
    return bool(torch.stack([torch.isfinite(tensor).all() for tensor in tensors]).all())


Steps = Mapping[tuple[int, float], tuple[Step, int]]  # kind -> what a step does, how often


def steps_of(task: Task, slot: Slot, member: Member) -> Steps:
    """The steps of an epoch in turn: full batches, then the smaller one that is left."""
    full, rest = divmod(len(member.subset), task.protocol.batch_size)
    sizes = [(task.protocol.batch_size, full), (rest, int(rest > 0))]
    return {
        (size, member.optimiser.weight_decay): (
            partial(one_step, task, slot, member.optimiser, size),
            times,
        )
        for size, times in sizes
        if times
    }


def one_epoch(task: Task, slot: Slot, member: Member, steps: Steps) -> None:
    """A stream per epoch and purpose: any epoch's draws are known without those before it."""
    identity, epoch, size = member.identity, member.epoch, len(member.subset)
    order = task.stream(identity, f"order of epoch {epoch}").permutation(size)
    # In place, as all that a recorded step reads.
    slot.order[:size] = member.subset[torch.tensor(order, device=task.device)]
    draws = drawn_rows(task, identity, f"augmentation of epoch {epoch}", size)
    if slot.draws is not None and draws is not None:
        slot.draws[:size] = draws
    seed = integer_seed(*task.root, identity, f"dropout of epoch {epoch}")
    slot.learner.dropout.manual_seed(seed)
    slot.place.zero_()
    for kind, (step, times) in steps.items():
        slot.engine.run(step, times, kind)


def one_step(task: Task, slot: Slot, optimiser: Optimiser, size: int) -> None:
    """The next `size` images of the epoch; all of it happens on the device."""
    positions = slot.place + torch.arange(size, device=task.device)
    chosen = slot.order[positions]
    draws = None if slot.draws is None else slot.draws[positions]
    images, labels = seen(task, task.pool, chosen, draws), task.pool.labels[chosen]
    learner = slot.learner
    slopes = as_laid(learner.gradients(images[None], labels[None]), learner.parameters)
    advance(optimiser, learner.parameters, slopes, slot.rate)
    slot.place.add_(size)


def drawn_rows(task: Task, identity: Identity, purpose: str, count: int) -> Tensor | None:
    if task.augmentation is None:
        return None
    rows = task.augmentation.draw(task.stream(identity, purpose), count, task.pool.side)
    return torch.tensor(rows, device=task.device)


def seen(task: Task, images: Images, chosen: Tensor, draws: Tensor | None) -> Tensor:
    """What the network is shown of the chosen images, transformed where rows are drawn."""
    pixels = images.pixels[chosen]
    if draws is not None and task.augmentation is not None:
        pixels = task.augmentation.apply(pixels, draws)
    return normalised(images, pixels)


def record(task: Task, slot: Slot, member: Member, row: int) -> None:
    """Fill a row of the records; beside a GPU, norms come when they are ready (`settled`)."""
    found = measured(task, slot, member)
    member.records[row, : len(found)] = found
    norms = task.norms(task.network, slot.learner.parameters)
    if task.worker:
        member.pending[row] = task.worker.submit(norms)
    else:
        member.records[row, len(found) :] = list(norms().values())


def settled(task: Task, member: Member) -> np.ndarray:
    """The records, once all norms that were begun are in them."""
    for row, norms in member.pending.items():
        found = list(norms.result().values())
        member.records[row, -len(found) :] = found
    member.pending.clear()
    return member.records


@torch.no_grad()
def measured(task: Task, slot: Slot, member: Member) -> list[float]:
    """Errors and losses, in the order of `task.names`.

    Of the training images as many at most are looked at as of the test images.
    """
    everything = torch.arange(len(task.test.labels), device=task.device)
    own = error_and_loss(task, slot, task.pool, member.subset[: len(everything)], None)
    others = error_and_loss(task, slot, task.test, everything, None)
    found = [own, others]
    purpose = f"test augmentation of epoch {member.epoch}"
    draws = drawn_rows(task, member.identity, purpose, len(everything))
    if draws is not None:
        found.append(error_and_loss(task, slot, task.test, everything, draws)[:1])
    values: list[float] = torch.cat(found).tolist()
    return values


def error_and_loss(
    task: Task, slot: Slot, images: Images, chosen: Tensor, draws: Tensor | None
) -> Tensor:
    """Fraction of wrong labels and mean cross entropy, float64 (2,), on the device.

    NaN once a member has diverged: an argmax of NaN would look like a guess.
    """
    total = torch.zeros(2, dtype=torch.float64, device=task.device)
    for part in parts(len(chosen), CHUNK[task.device]):
        batch = seen(task, images, chosen[part], None if draws is None else draws[part])
        outputs = slot.learner.logits(slot.learner.embedding(batch))[0]
        labels = images.labels[chosen[part]]
        wrong = (outputs.argmax(1) != labels).sum().double()
        loss = F.cross_entropy(outputs.double(), labels, reduction="sum")
        total += torch.stack([wrong, loss]) + 0.0 * outputs.sum()
    return total / len(chosen)


def parts(length: int, size: int) -> Sequence[slice]:
    return [slice(at, at + size) for at in range(0, length, size)]
