"""Learning curves of convolutional networks against weight norms (arXiv:2505.13230).

The run module of every panel whose network is a CNN, whichever experiment it belongs to.
"""

from collections.abc import Mapping
from typing import Any

from scalinglaws.columns import Columns
from scalinglaws.data.dataset import Dataset
from scalinglaws.measures.norms import norms_begun
from scalinglaws.networks import cnn
from scalinglaws.networks.shapes import CNN
from scalinglaws.training import learning_curves
from scalinglaws.training.images import Images
from scalinglaws.training.learning_curves import Architecture
from scalinglaws.training.session import Session


def run(settings: Mapping[str, Any], data: Mapping[str, Dataset], session: Session) -> Columns:
    """See `scalinglaws.training.learning_curves.run`."""
    return learning_curves.run(settings, data, session, ARCHITECTURE)


def shape(settings: Mapping[str, Any], images: Images, classes: int) -> CNN:
    return CNN(
        side=images.side,
        channels=images.channels,
        widths=tuple(settings["widths"]),
        hidden=tuple(settings["hidden"]),
        classes=classes,
        pool_every=settings["pool_every"],
        dropout=settings["dropout"],
    )


ARCHITECTURE = Architecture(shape, cnn.init, cnn.initial_statistics, cnn.logits, norms_begun)
