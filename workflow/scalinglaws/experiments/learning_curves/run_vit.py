"""Learning curves of vision transformers against weight norms (arXiv:2505.13230).

The run module of every panel whose network is a ViT, whichever experiment it belongs to.
"""

from collections.abc import Mapping
from typing import Any

from scalinglaws.columns import Columns
from scalinglaws.data.dataset import Dataset
from scalinglaws.measures.norms import norms_begun
from scalinglaws.networks import vit
from scalinglaws.networks.shapes import ViT
from scalinglaws.training import learning_curves
from scalinglaws.training.images import Images
from scalinglaws.training.learning_curves import Architecture
from scalinglaws.training.session import Session


def run(settings: Mapping[str, Any], data: Mapping[str, Dataset], session: Session) -> Columns:
    """See `scalinglaws.training.learning_curves.run`."""
    return learning_curves.run(settings, data, session, ARCHITECTURE)


def shape(settings: Mapping[str, Any], images: Images, classes: int) -> ViT:
    return ViT(
        side=images.side,
        channels=images.channels,
        patch=settings["patch"],
        dim=settings["dim"],
        depth=settings["depth"],
        heads=settings["heads"],
        classes=classes,
    )


ARCHITECTURE = Architecture(shape, vit.init, vit.initial_statistics, vit.logits, norms_begun)
