"""Optimisers that go over the memory once a step, and their state as plain arrays.

PyTorch's fused kernels read parameters, gradients and moments once per step instead of once per
operation. They are called here without the classes around them: constructing one of torch.optim
imports torch._dynamo, three seconds of every block, and choosing the kernel at each step costs
31 us, three times what the kernel needs for the small networks of the model-size scan. All state
lies on the parameters' device and changes in place, so that a step can be replayed as a CUDA graph.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

Arrays = dict[str, np.ndarray]
MOMENTS = {"adam": 2, "adamw": 2, "sgd": 0, "nesterov": 1}
MOMENTUM = 0.9  # of nesterov


@dataclass(frozen=True)
class Optimiser:
    """What a rule needs beside parameters and gradients.

    - `name`: ``adam`` (weight decay = L2 term in the gradient), ``adamw`` (decoupled), ``sgd``
      without momentum or ``nesterov`` with momentum 0.9 (L2 term).
    - `count`: steps taken, a float32 scalar; `moments`: per moment, one tensor per parameter that
      lies in memory as the parameter does.
    """

    name: str
    weight_decay: float
    count: Tensor
    moments: list[list[Tensor]]

    @property
    def steps(self) -> int:
        return int(self.count)

    @property
    def state(self) -> list[Tensor]:
        """Every tensor that a step changes beside the parameters."""
        return [self.count, *(tensor for moment in self.moments for tensor in moment)]


def optimiser_of(name: str, parameters: Sequence[Tensor], weight_decay: float = 0.0) -> Optimiser:
    """The state before the first step: zero moments."""
    moments = [
        [torch.zeros_like(parameter, requires_grad=False) for parameter in parameters]
        for _ in range(MOMENTS[name])
    ]
    count = torch.zeros((), dtype=torch.float32, device=parameters[0].device)
    return Optimiser(name, weight_decay, count, moments)


def rate_tensor(parameters: Sequence[Tensor], learning_rate: float) -> Tensor:
    """A learning rate on the device, which a recorded step reads when it is replayed."""
    device = parameters[0].device
    return torch.tensor(learning_rate, dtype=rate_type(device), device=device)


def rate_type(device: torch.device) -> torch.dtype:
    """What the kernels read: single precision on GPUs, all digits of a number on the CPU."""
    return torch.float32 if device.type == "cuda" else torch.float64


@torch.no_grad()
def advance(
    optimiser: Optimiser,
    parameters: Sequence[Tensor],
    gradients: Sequence[Tensor],
    rate: float | Tensor,
) -> None:
    """One step in place, elementwise. Gradients lie in memory as their parameters do (`as_laid`).

    Adam: Kingma & Ba, arXiv:1412.6980, Algorithm 1. A member of a stack with a NaN gradient turns
    NaN itself and leaves the others as they are.
    """
    if optimiser.name in ("adam", "adamw"):
        kernel: Any = torch._fused_adam_ if optimiser.name == "adam" else torch._fused_adamw_
        optimiser.count.add_(1)
        kernel(
            list(parameters),
            list(gradients),
            *optimiser.moments,
            [],
            [optimiser.count] * len(parameters),
            lr=rate,
            # The constants of Algorithm 1, and of torch.
            beta1=0.9,
            beta2=0.999,
            weight_decay=optimiser.weight_decay,
            eps=1e-8,
            amsgrad=False,
            maximize=False,
        )
        return
    torch._fused_sgd_(
        list(parameters),
        list(gradients),
        # From zero, the first velocity is the first gradient, as published.
        *(optimiser.moments or [[]]),
        weight_decay=optimiser.weight_decay,
        momentum=MOMENTUM if optimiser.moments else 0.0,
        lr=rate,
        dampening=0.0,
        nesterov=bool(optimiser.moments),
        maximize=False,
        is_first_step=False,
    )


def as_laid(gradients: Sequence[Tensor], parameters: Sequence[Tensor]) -> list[Tensor]:
    """Gradients in their parameters' memory order and type: fused kernels walk both at once."""
    return [
        gradient
        if gradient.stride() == parameter.stride() and gradient.dtype == parameter.dtype
        else torch.empty_like(parameter, requires_grad=False).copy_(gradient)
        for gradient, parameter in zip(gradients, parameters, strict=True)
    ]


def optimiser_arrays(optimiser: Optimiser) -> Arrays:
    """Moments and step count; `optimiser_restore` undoes it bit by bit."""
    return {
        f"optimiser_{number}": tensor.cpu().numpy() for number, tensor in enumerate(optimiser.state)
    }


@torch.no_grad()
def optimiser_restore(optimiser: Optimiser, arrays: Mapping[str, np.ndarray]) -> None:
    """Into the optimiser's own tensors: they stay on its device, in its memory order."""
    for number, tensor in enumerate(optimiser.state):
        tensor.copy_(torch.tensor(arrays[f"optimiser_{number}"]))


@torch.no_grad()
def begin_anew(optimiser: Optimiser) -> None:
    """The state before the first step."""
    for tensor in optimiser.state:
        tensor.zero_()
