"""Learning curves of convolutional networks against weight norms (arXiv:2505.13230).

The run module of every panel whose network is a CNN, whichever experiment it belongs to.
"""

from collections.abc import Mapping
from typing import Any

from scalinglaws.columns import Columns
from scalinglaws.data.dataset import Dataset
from scalinglaws.experiments.learning_curves import curves
from scalinglaws.networks import cnn
from scalinglaws.networks.shapes import CNN
from scalinglaws.training.learning_curves import Architecture
from scalinglaws.training.session import Session

ARCHITECTURE = Architecture(CNN, cnn.init, cnn.initial_statistics, cnn.logits)


def run(settings: Mapping[str, Any], data: Mapping[str, Dataset], session: Session) -> Columns:
    """See `experiments.learning_curves.curves.run`."""
    return curves.run(settings, data, session, ARCHITECTURE)
