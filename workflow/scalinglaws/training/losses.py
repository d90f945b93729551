"""Mean losses of stacked networks and their gradients with respect to the outputs.

Outputs and targets are (members, outputs, examples); targets may lack the member axis. Targets
of the cross-entropy are probabilities (one-hot for hard labels).
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Loss:
    """`examples(outputs, targets)`: loss of each example, (members, examples).

    `slope(outputs, targets)`: gradient of the *sum* over examples with respect to the outputs.
    """

    examples: Callable[[Tensor, Tensor], Tensor]
    slope: Callable[[Tensor, Tensor], Tensor]

    def mean(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Mean over the examples, in float64, shape (members,)."""
        return self.examples(outputs, targets).double().mean(1)


SQUARED = Loss(
    examples=lambda outputs, targets: (outputs - targets).square().sum(1),
    slope=lambda outputs, targets: 2.0 * (outputs - targets),
)
# The slope is softmax - target because targets sum to one.
CROSS_ENTROPY = Loss(
    examples=lambda outputs, targets: -(torch.log_softmax(outputs, 1) * targets).sum(1),
    slope=lambda outputs, targets: torch.softmax(outputs, 1) - targets,
)


def absolute_power(power: float) -> Loss:
    """Sum over the outputs of |output - target|^power; the squared loss at power 2.

    At power 1 the slope is the sign of the difference, 0 where they agree.
    """
    return Loss(
        examples=lambda outputs, targets: (outputs - targets).abs().pow(power).sum(1),
        slope=lambda outputs, targets: signed_power(outputs - targets, power - 1.0).mul_(power),
    )


def signed_power(values: Tensor, power: float) -> Tensor:
    # At power 0 as well: 0 to the 0 is 1, which the sign takes back to 0.
    return values.sign() * values.abs().pow(power)


def error_rate(outputs: Tensor, targets: Tensor) -> Tensor:
    """Fraction of examples whose largest output is not the largest target, shape (members,).

    NaN where the outputs are not finite: an argmax of NaN would look like a guess.
    """
    wrong = outputs.argmax(1) != targets.argmax(-2)
    rate = wrong.double().mean(1)
    finite = torch.isfinite(outputs).all(dim=(1, 2) if outputs.ndim == 3 else 0)
    return torch.where(finite, rate, torch.full_like(rate, torch.nan))
