"""What a block of each experiment is given: records that its plan writes and its run reads."""

from dataclasses import dataclass

from scalinglaws.experiments.seeds import SeedRange


@dataclass(frozen=True, kw_only=True)
class Settings(SeedRange):
    """Adam with cosine decay over `steps` minibatches of `batch` examples, for a range of seeds.

    Losses are measured every `evaluate_every` steps on `test_size` and `validation_size` examples.
    """

    steps: int
    batch: int
    learning_rate: float
    evaluate_every: int
    test_size: int
    validation_size: int


@dataclass(frozen=True, kw_only=True)
class FixedSets(Settings):
    """Students of one width on nested training sets, teachers in each of `dimensions`."""

    dimensions: tuple[int, ...]
    data_sizes: tuple[int, ...]
    teacher_width: int
    student_width: int
    chord_points: int

    def student_layers(self, dimension: int) -> list[int]:
        return [dimension, self.student_width, self.student_width, 1]


@dataclass(frozen=True, kw_only=True)
class Online(Settings):
    """Students of growing width on fresh data.

    - `targets`: per teacher the dimensions of its factors.
    - `powers`: losses |f - F|^p.
    """

    targets: tuple[tuple[int, ...], ...]
    powers: tuple[float, ...]
    widths: tuple[int, ...]
    teacher_width: int


@dataclass(frozen=True, kw_only=True)
class Digits(Settings):
    """One network on nested training sets of real images, averaged over `pooling`^2 pixels."""

    task: str
    data_sizes: tuple[int, ...]
    pooling: int
    width: int
    hidden_layers: int
