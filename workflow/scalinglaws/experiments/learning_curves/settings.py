"""Records of the learning curves that plans and training share; no torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scalinglaws.networks.shapes import CNN, Network, ResNet, ViT
from scalinglaws.records import as_record
from scalinglaws.training.protocol import Protocol

# Settings of a network's shape; the data set decides the rest of it.
SHAPE: Mapping[type[Network], tuple[str, ...]] = {
    CNN: ("widths", "hidden", "pool_every", "dropout"),
    ResNet: ("widths", "blocks_per_stage"),
    ViT: ("patch", "dim", "depth", "heads"),
}


@dataclass(frozen=True)
class PanelProtocol(Protocol):
    """A protocol and the images it is for.

    - `pool`: side of the patches whose mean is a pixel; `normalisation`: see `training.images`.
    """

    dataset: str
    pool: int
    test_images: int
    normalisation: str


@dataclass(frozen=True)
class Ensemble:
    """Members that differ in their seed alone; P is the training size."""

    panel: str
    weight_decay: float
    P: int
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class Settings(PanelProtocol):
    """Of one block, beside its network's shape."""

    experiment: str
    seed: int
    ensembles: tuple[Ensemble, ...]


def settings_of(block: Mapping[str, Any], kind: type[Network]) -> Settings:
    """A block's settings without its network's shape. Raises InputError for others."""
    return as_record(Settings, {key: block[key] for key in block if key not in SHAPE[kind]})


def network_of(
    kind: type[Network], settings: Mapping[str, Any], side: int, channels: int, classes: int
) -> Network:
    """The network of such settings on images of `side` x `side` pixels as it sees them."""
    images = {"side": side, "channels": channels, "classes": classes}
    return as_record(kind, {**{key: settings[key] for key in SHAPE[kind]}, **images})
