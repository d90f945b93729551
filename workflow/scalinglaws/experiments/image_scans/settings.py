"""Records of the networks on images that plans and training share; no torch."""

from dataclasses import dataclass

from scalinglaws.networks.shapes import DESIGNS, SMALL, FourLayerCNN, WideResNet


@dataclass(frozen=True)
class Variant:
    """What is compared within a seed.

    - `classes`: those of the data set, or fewer superclasses (data.superclasses).
    - `noise`: standard deviation of input noise of kind "none", "fixed" or "resampled".
    - `width`, `depth`: of the network; four-layer CNNs are Table 1's whatever these say.
    """

    task: str
    width: int
    depth: int
    classes: int
    noise: float
    noise_kind: str


@dataclass(frozen=True)
class Training:
    """What is the same for all networks of an experiment.

    - `network`: "wrn", "cnn" or "mlp"; `flips`: tasks whose images are mirrored.
    - `embedded`: test images whose activations tell the intrinsic dimension; 0 for none.
    """

    network: str
    pooling: int
    steps: int
    batch: int
    optimiser: str
    learning_rate: float
    weight_decay: float
    precision: str
    crop: int
    flips: tuple[str, ...]
    evaluate_every: int
    test_size: int
    embedded: int


@dataclass(frozen=True)
class Settings(Training):
    """Of one block: variants times data sizes times seeds."""

    experiment: str
    variants: tuple[Variant, ...]
    data_sizes: tuple[int, ...]
    seed: int
    first_seed: int
    seeds: int


def network_of(
    kind: str, variant: Variant, side: int, channels: int
) -> tuple[int, ...] | FourLayerCNN | WideResNet:
    """The variant's network on images as it sees them; layer sizes when it is fully connected."""
    width, depth, classes = variant.width, variant.depth, variant.classes
    if kind == "mlp":
        return (channels * side**2, *[width] * depth, classes)
    if kind == "cnn":
        return FourLayerCNN(DESIGNS.get(variant.task, SMALL), side, channels, classes)
    return WideResNet(depth, width, channels, classes)
