"""PyTorch's fused optimisers by name, and their state as plain arrays.

Fused: one pass over the memory of parameters, gradients and moments per step. For the authors'
CNN of 17 million parameters that pass is most of what a step costs beside its products.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

Arrays = dict[str, np.ndarray]


def optimiser_of(
    name: str, parameters: Sequence[Tensor], learning_rate: float, weight_decay: float
) -> torch.optim.Optimizer:
    """``adam`` (weight decay = L2 term in the gradient), ``adamw`` (decoupled), ``sgd`` without
    momentum or ``nesterov`` with momentum 0.9 (L2 term).
    """
    kinds: dict[str, Any] = {
        "adam": torch.optim.Adam,
        "adamw": torch.optim.AdamW,
        "sgd": torch.optim.SGD,
        "nesterov": partial(torch.optim.SGD, momentum=0.9, nesterov=True),
    }
    optimiser: torch.optim.Optimizer = kinds[name](
        list(parameters), lr=learning_rate, weight_decay=weight_decay, fused=True
    )
    return optimiser


def optimiser_arrays(optimiser: torch.optim.Optimizer, parameters: Sequence[Tensor]) -> Arrays:
    """Moments and step counts; plain SGD has none. `optimiser_restore` undoes it bit by bit."""
    return {
        f"optimiser_{number}_{name}": value.cpu().numpy()
        for number, parameter in enumerate(parameters)
        for name, value in optimiser.state[parameter].items()
        if isinstance(value, Tensor)
    }


def optimiser_restore(
    optimiser: torch.optim.Optimizer, parameters: Sequence[Tensor], arrays: Arrays
) -> None:
    for number, parameter in enumerate(parameters):
        prefix = f"optimiser_{number}_"
        for key in [key for key in arrays if key.startswith(prefix)]:
            name, saved = key.removeprefix(prefix), torch.tensor(arrays[key])
            # Moments lie in memory as their parameter does; the step count is one number.
            like = torch.empty_like(parameter) if saved.shape == parameter.shape else saved
            optimiser.state[parameter][name] = like.copy_(saved)
