"""Learning curves of vision transformers against weight norms (arXiv:2505.13230).

The run module of every panel whose network is a ViT, whichever experiment it belongs to.
"""

from collections.abc import Mapping
from typing import Any

from scalinglaws.columns import Columns
from scalinglaws.data.dataset import Dataset
from scalinglaws.experiments.learning_curves import curves
from scalinglaws.networks.vit import ARCHITECTURE
from scalinglaws.training.session import Session


def run(settings: Mapping[str, Any], data: Mapping[str, Dataset], session: Session) -> Columns:
    """See `experiments.learning_curves.curves.run`."""
    return curves.run(settings, data, session, ARCHITECTURE)
