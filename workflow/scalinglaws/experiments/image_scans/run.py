"""Networks on real images: resolution-limited scaling in data and in size, and what changes it.

Bahri et al. (arXiv:2102.06701), Figs. 1a, 3, S1, S3, S5. One module serves several experiments: a
block is a list of variants (task, superclasses, input noise, width, depth) times data sizes times
seeds. Within a seed the variants of a task share their training sets, minibatches and, as far as
shapes allow, their start.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from scalinglaws.canonical import member_name
from scalinglaws.columns import Columns, stack
from scalinglaws.data.dataset import Dataset
from scalinglaws.data.superclasses import merge
from scalinglaws.data.transforms import average_pool, nested_subset, standardise
from scalinglaws.experiments.image_scans.settings import Settings, Variant, network_of
from scalinglaws.measures.intrinsic_dimension import NEIGHBOURS, intrinsic_dimensions
from scalinglaws.networks import four_layer_cnn, wide_resnet
from scalinglaws.records import as_record
from scalinglaws.streams import generator
from scalinglaws.training.groups import Arrays, Keep, in_turn
from scalinglaws.training.image_steps import Course, train
from scalinglaws.training.images import Images, as_seen, head, normalised
from scalinglaws.training.learners import Learner, alone, embedded, stacked
from scalinglaws.training.session import Session

PAPER = "bahri2021"
ARCHITECTURES = {
    module.ARCHITECTURE.kind: module.ARCHITECTURE for module in (four_layer_cnn, wide_resnet)
}
LAST_GAIN = 0.1  # an over-scaled last layer can start above log(classes) and never recover


@dataclass(frozen=True)
class Task:
    """A data set made ready: pooled, standardised images (n, channels, side, side), fine labels."""

    train: np.ndarray
    train_labels: np.ndarray
    test: np.ndarray
    test_labels: np.ndarray


@dataclass(frozen=True)
class Group:
    """Members trained together: one variant, one seed, some data sizes."""

    variant: Variant
    seed: int
    data_sizes: tuple[int, ...]


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """One row per (variant, D, seed, quantity). Losses in nats, errors as fractions.

    Quantities of training.image_course.train, `parameters` of the network, and for the largest
    data size, where `embedded` asks for it, `intrinsic_dimension_k2`, `_k3`, `_k4` of the
    activations before the last layer on so many test images.
    Raises InputError for merges that are not documented and pooling that does not fit.
    """
    return scanned(as_record(Settings, settings), data, session)


def scanned(settings: Settings, data: dict[str, Dataset], session: Session) -> Columns:
    names = sorted({variant.task for variant in settings.variants})
    tasks = {name: prepared(data[name], settings) for name in names}

    def compute(group: Group, inner: Arrays, keep: Keep) -> Arrays:
        return trained(group, tasks[group.variant.task], settings, session.device, inner, keep)

    groups = groups_of(settings)
    results = in_turn(groups, compute, session)
    return stack(
        [
            {**labels(group, index, settings), "quantity": name, "value": float(values[index])}
            for group, result in zip(groups, results, strict=True)
            for index in range(len(group.data_sizes))
            for name, values in sorted(result.items())
            if len(values) > index
        ]
    )


def groups_of(settings: Settings) -> list[Group]:
    """Convolutional networks come one by one, largest data size first (it measures dimensions)."""
    sizes = sorted(settings.data_sizes, reverse=True)
    together = [tuple(sizes)] if settings.network == "mlp" else [(size,) for size in sizes]
    seeds = range(settings.first_seed, settings.first_seed + settings.seeds)
    return [
        Group(variant, seed, part)
        for variant in settings.variants
        for seed in seeds
        for part in together
    ]


def prepared(dataset: Dataset, settings: Settings) -> Task:
    """The test set is the head of a fixed permutation: publishers may have sorted theirs."""
    pooling = settings.pooling
    train, test = standardise(
        average_pool(dataset.train_images, pooling), average_pool(dataset.test_images, pooling)
    )
    stream = generator(
        settings.seed, PAPER, settings.experiment, {"task": dataset.name}, "test subset"
    )
    kept = nested_subset(len(test), settings.test_size, stream)
    return Task(
        channels_first(train),
        dataset.train_labels,
        channels_first(test[kept]),
        dataset.test_labels[kept],
    )


def channels_first(images: np.ndarray) -> np.ndarray:
    return images[:, None] if images.ndim == 3 else np.moveaxis(images, -1, 1)


def trained(
    group: Group, task: Task, settings: Settings, device: str, inner: Arrays, keep: Keep
) -> Arrays:
    """Results of a group's members, arrays (members,)."""
    variant = group.variant
    merged = merge(variant.task, int(task.train_labels.max()) + 1, variant.classes)
    stream = stream_of(group, settings)
    chosen = nested_subset(len(task.train), group.data_sizes[0], stream("subset"))
    pool, test = task.train[chosen], task.test
    if variant.noise:
        test = test + variant.noise * test_noise(test, variant, settings)
        if variant.noise_kind == "fixed":
            # A row per image of the data set: an image keeps its noise whatever the subset.
            rows = stream("fixed noise").standard_normal(task.train.shape, dtype=np.float32)
            pool = pool + np.float32(variant.noise) * rows[chosen]
    learner = learner_of(group, task, settings, stream("network"), device)
    tested = as_seen(test, merged[task.test_labels], device)
    result = train(
        learner,
        group.data_sizes,
        as_seen(pool, merged[task.train_labels[chosen]], device),
        tested,
        course_of(group, settings),
        inner,
        keep,
    )
    result["parameters"] = np.full(len(group.data_sizes), count(learner, group))
    if settings.embedded and group.data_sizes[0] == max(settings.data_sizes):
        result |= dimensions(learner, head(tested, settings.embedded))
    return result


def test_noise(images: np.ndarray, variant: Variant, settings: Settings) -> np.ndarray:
    """The same standard normal noise for all seeds and standard deviations."""
    identity = {"task": variant.task}
    stream = generator(settings.seed, PAPER, settings.experiment, identity, "test noise")
    return stream.standard_normal(images.shape, dtype=np.float32)


def stream_of(group: Group, settings: Settings) -> Any:
    """Streams know the task and the seed, not what is compared within them."""
    identity = {"task": group.variant.task, "seed": group.seed}

    def stream(purpose: str) -> np.random.Generator:
        return generator(settings.seed, PAPER, settings.experiment, identity, purpose)

    return stream


def learner_of(
    group: Group, task: Task, settings: Settings, stream: np.random.Generator, device: str
) -> Learner:
    channels, side = task.train.shape[1:3]
    network = network_of(settings.network, group.variant, side, channels)
    how = device, settings.precision
    if isinstance(network, tuple):
        return stacked(network, stream, LAST_GAIN, len(group.data_sizes), *how)
    architecture = ARCHITECTURES[type(network)]
    return alone(architecture, network, architecture.init(network, stream, LAST_GAIN), *how)


def course_of(group: Group, settings: Settings) -> Course:
    fresh = group.variant.noise_kind == "resampled"
    return Course(
        settings.steps,
        settings.batch,
        settings.optimiser,
        settings.learning_rate,
        settings.weight_decay,
        settings.evaluate_every,
        settings.crop,
        flip=group.variant.task in settings.flips,
        noise=group.variant.noise if fresh else 0.0,
        stream=stream_of(group, settings),
    )


def count(learner: Learner, group: Group) -> float:
    """Trained parameters of one member."""
    stacked = len(group.data_sizes)
    return sum(tensor.numel() for tensor in learner.parameters) / stacked


def dimensions(learner: Learner, images: Images) -> Arrays:
    """Of the first member, which has the largest training set."""
    features = embedded(learner, normalised(images, images.pixels))[0]
    found = intrinsic_dimensions(features.cpu().numpy())
    return {
        f"intrinsic_dimension_k{k}": np.array([value])
        for k, value in zip(NEIGHBOURS, found, strict=True)
    }


def labels(group: Group, index: int, settings: Settings) -> dict[str, Any]:
    identity = {
        **asdict(group.variant),
        "D": group.data_sizes[index],
        "seed": group.seed,
    }
    return {
        "member": member_name(identity),
        **identity,
        "noise": float(group.variant.noise),
        "network": settings.network,
        # How often each training image is seen: what decides whether training is long enough.
        "visits": settings.steps * settings.batch / group.data_sizes[index],
        "step": settings.steps,
    }
