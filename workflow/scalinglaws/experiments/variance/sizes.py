"""Sizes of the variance-limited experiments as records."""

from dataclasses import dataclass

SYNTHETIC = "teacher_student"  # the task that is no data set


@dataclass(frozen=True)
class Common:
    """What all have. Seeds are cut into blocks."""

    tasks: tuple[str, ...]
    losses: tuple[str, ...]
    test_size: int
    pooling: int
    steps: int
    seeds: int
    seeds_per_block: int


@dataclass(frozen=True)
class Resampled(Common):
    """Networks on `sets` training sets of each data size, drawn from one population."""

    population: int
    data_sizes: tuple[int, ...]
    sets: int


@dataclass(frozen=True)
class MLPSizes(Resampled):
    input_dimension: int
    classes: int
    teacher_width: int
    teacher_sharpness: float
    width: int
    hidden_layers: int
    learning_rate_teacher: float
    learning_rate_images: float


@dataclass(frozen=True)
class CNNSizes(Resampled):
    channels: int
    learning_rate: float


@dataclass(frozen=True)
class WideSizes(Common):
    activations: tuple[str, ...]
    train_size: int
    input_dimension: int
    classes: int
    teacher_width: int
    teacher_sharpness: float
    widths: tuple[int, ...]
    hidden_layers: int
    relative_rate: float
