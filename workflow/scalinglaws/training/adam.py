"""Adam on lists of stacked tensors: every operation is elementwise, so a stack is many Adams."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


@dataclass
class AdamState:
    """Moments of every parameter (same shapes as the parameters) and the number of steps taken."""

    first: list[Tensor]
    second: list[Tensor]
    steps: int = 0


def adam_init(parameters: list[Tensor]) -> AdamState:
    """The state before the first step: zero moments."""
    zeros = [torch.zeros_like(parameter) for parameter in parameters]
    return AdamState(zeros, [torch.zeros_like(parameter) for parameter in parameters])


@torch.no_grad()
def adam_step(
    parameters: list[Tensor],
    gradients: list[Tensor],
    state: AdamState,
    learning_rate: float | Tensor,
    *,
    betas: tuple[float, float] = (0.9, 0.999),
    epsilon: float = 1e-8,
    weight_decay: float = 0.0,
) -> None:
    """One step of Adam (Kingma & Ba, arXiv:1412.6980, Algorithm 1), in place.

    - `parameters`, `gradients`: tensors of equal shapes, for example with a leading member axis.
    - `learning_rate`: a number, or one per member (shape (members,)) for stacked parameters.
    - `weight_decay`: L2 penalty added to the gradient, as in torch.optim.Adam.

    A member with a NaN gradient turns NaN itself and leaves the others as they are.
    """
    state.steps += 1
    if weight_decay:
        gradients = list(torch._foreach_add(gradients, parameters, alpha=weight_decay))
    torch._foreach_lerp_(state.first, gradients, 1 - betas[0])
    torch._foreach_mul_(state.second, betas[1])
    torch._foreach_addcmul_(state.second, gradients, gradients, value=1 - betas[1])
    denominators = torch._foreach_sqrt(state.second)
    torch._foreach_div_(denominators, (1 - betas[1] ** state.steps) ** 0.5)
    torch._foreach_add_(denominators, epsilon)
    scale = -1.0 / (1 - betas[0] ** state.steps)
    if isinstance(learning_rate, Tensor):
        updates = torch._foreach_div(state.first, denominators)
        torch._foreach_mul_(updates, [per_member(learning_rate, p) for p in parameters])
        torch._foreach_add_(parameters, updates, alpha=scale)
    else:
        torch._foreach_addcdiv_(parameters, state.first, denominators, value=scale * learning_rate)


def per_member(values: Tensor, parameter: Tensor) -> Tensor:
    """Shape (members,) made to broadcast against a stacked parameter; scalars stay scalars."""
    return values if values.ndim == 0 else values.reshape(-1, *[1] * (parameter.ndim - 1))


def adam_arrays(state: AdamState) -> dict[str, np.ndarray]:
    """The state as plain arrays for a saved session; `adam_restore` undoes it bit by bit."""
    arrays = {f"adam_first_{i}": moment.cpu().numpy() for i, moment in enumerate(state.first)}
    for i, moment in enumerate(state.second):
        arrays[f"adam_second_{i}"] = moment.cpu().numpy()
    return {**arrays, "adam_steps": np.array(state.steps)}


def adam_restore(arrays: dict[str, np.ndarray], parameters: list[Tensor]) -> AdamState:
    """The state that `adam_arrays` wrote, on the devices of the parameters."""

    def moments(kind: str) -> list[Tensor]:
        return [
            torch.as_tensor(arrays[f"adam_{kind}_{i}"].copy(), device=parameter.device)
            for i, parameter in enumerate(parameters)
        ]

    return AdamState(moments("first"), moments("second"), int(arrays["adam_steps"]))
