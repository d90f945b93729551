"""What is recorded of networks trained on random training sets, beside the one on all data."""

from collections.abc import Mapping

import torch
from torch import Tensor

from scalinglaws.training.groups import Arrays
from scalinglaws.training.losses import CROSS_ENTROPY, SQUARED, Loss

LOSSES = {"cross_entropy": CROSS_ENTROPY, "squared": SQUARED}


def learning_rate(loss: str, rate: float) -> float:
    """Rate of a loss when that of the cross-entropy is `rate`.

    In inverse proportion to the largest curvature, 1/2 for softmax cross-entropy and 2 for the
    squared loss, so that both are as far from instability.
    """
    return rate if loss == "cross_entropy" else rate / 4.0


def quantities(outputs: Tensor, targets: Tensor, loss: Loss) -> Arrays:
    """Each of shape (sets,), from outputs (1 + sets, classes, tests), the limit's first.

    `excess` = L - L(limit); `deviation`, mean squared distance of the outputs from the limit's;
    `spread`, that from the mean over sets, times sets / (sets - 1): its mean over sets is the
    variance of an output over training sets (balanced ones included, whose mean is nearly the
    limit); `loss_limit`. Computed where the outputs are, brought to the host in one copy.
    """
    losses = loss.mean(outputs, targets)
    trained = outputs[1:].double()
    sets = len(trained)
    from_mean = (trained - trained.mean(0, keepdim=True)).square().mean((1, 2))
    return on_host(
        {
            "excess": losses[1:] - losses[0],
            "deviation": (trained - outputs[:1].double()).square().mean((1, 2)),
            "spread": from_mean * sets / (sets - 1),
            "loss_limit": losses[:1].repeat(sets),
        }
    )


def on_host(found: Mapping[str, Tensor]) -> Arrays:
    """Arrays of tensors of one shape and type, in one copy: each copy waits for the device."""
    values = torch.stack(list(found.values())).cpu().numpy()
    return dict(zip(found, values, strict=True))
