"""Learning curves of residual networks against weight norms (arXiv:2505.13230).

The run module of every panel whose network is a ResNet, whichever experiment it belongs to.
"""

from collections.abc import Mapping
from typing import Any

from scalinglaws.columns import Columns
from scalinglaws.data.dataset import Dataset
from scalinglaws.measures.norms import norms_begun
from scalinglaws.networks import resnet
from scalinglaws.networks.shapes import ResNet
from scalinglaws.training import learning_curves
from scalinglaws.training.images import Images
from scalinglaws.training.learning_curves import Architecture
from scalinglaws.training.session import Session


def run(settings: Mapping[str, Any], data: Mapping[str, Dataset], session: Session) -> Columns:
    """See `scalinglaws.training.learning_curves.run`."""
    return learning_curves.run(settings, data, session, ARCHITECTURE)


def shape(settings: Mapping[str, Any], images: Images, classes: int) -> ResNet:
    return ResNet(
        side=images.side,
        channels=images.channels,
        blocks_per_stage=tuple(settings["blocks_per_stage"]),
        widths=tuple(settings["widths"]),
        classes=classes,
    )


ARCHITECTURE = Architecture(
    shape, resnet.init, resnet.initial_statistics, resnet.logits, norms_begun
)
