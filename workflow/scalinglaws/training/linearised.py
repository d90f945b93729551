"""A wide network and its own linearisation, both by full-batch gradient descent from one start.

The linearised network f(theta_0) + J (theta - theta_0) need not be trained in parameter space. With
residual r_t = dL/df on the training set, its training outputs follow f_{t+1} = f_t - eta K r_t, K
the empirical NTK of the training set; and the parameters have moved by -eta J^T sum_t r_t, so the
outputs on any other inputs cost one backward and one forward pass, not one per step. For 100
examples K is small: the linearisation costs a fraction of the training (see
tests/performance/linearised_networks.py), where a step by jvp and vjp costs twice a plain one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from scalinglaws.networks.wide import (
    Activation,
    Weights,
    backward,
    below,
    gradient_step,
    layer_rates,
    outputs,
    signals,
    tangent_kernel,
    tangent_outputs,
)
from scalinglaws.training.losses import Loss


@dataclass(frozen=True)
class Problem:
    """Descent on the mean loss over a training set.

    - `inputs` (features, examples), `targets` (outputs, examples);
    - `learning_rate`: of the NTK parameters; `steps`: of full-batch descent;
    - `centred`: the network's outputs at the start are subtracted from its outputs.
    """

    inputs: Tensor
    targets: Tensor
    loss: Loss
    activation: Activation
    learning_rate: float
    steps: int
    centred: bool = False

    def to(self, device: str) -> "Problem":
        """The same problem with its training set in the memory of `device`."""
        return replace(self, inputs=self.inputs.to(device), targets=self.targets.to(device))


def rates_of(weights: Weights, problem: Problem) -> list[float]:
    # Slopes are those of the sum over examples, descent is on their mean.
    share = problem.learning_rate / problem.inputs.shape[1]
    return [share * rate for rate in layer_rates(weights, problem.activation.gain)]


@torch.no_grad()
def start_outputs(start: Weights, inputs: Tensor, problem: Problem) -> Tensor:
    """What `centred` subtracts: the outputs at the start, or zero."""
    first = outputs(start, inputs, problem.activation)
    return first if problem.centred else torch.zeros_like(first)


@torch.no_grad()
def trained(start: Weights, problem: Problem) -> Weights:
    """Weights after all steps; `start` is left as it is."""
    weights = [weight.clone() for weight in start]
    shift = start_outputs(start, problem.inputs, problem)
    rates = rates_of(weights, problem)
    for _ in range(problem.steps):
        found = signals(weights, problem.inputs, problem.activation)
        signal = problem.loss.slope(found[-1] - shift, problem.targets)
        gradient_step(weights, problem.inputs, signal, found, rates, problem.activation)
    return weights


@torch.no_grad()
def trained_outputs(start: Weights, test: Tensor, problem: Problem) -> Tensor:
    """Outputs of the trained networks on `test` (features, examples)."""
    shift = start_outputs(start, test, problem)
    return outputs(trained(start, problem), test, problem.activation) - shift


@torch.no_grad()
def linearised_outputs(start: Weights, test: Tensor, problem: Problem) -> Tensor:
    """Outputs on `test` of the linearised networks after the same descent, float32 or float64."""
    kernel = tangent_kernel(start, problem.inputs, problem.activation, rates_of(start, problem))
    first = outputs(start, problem.inputs, problem.activation)
    residuals = summed_residuals(
        kernel, first - start_outputs(start, problem.inputs, problem), problem
    )
    moved = moved_weights(start, residuals, problem)
    change = tangent_outputs(start, moved, test, problem.activation)
    at_start = outputs(start, test, problem.activation)
    return at_start - start_outputs(start, test, problem) + change


def summed_residuals(kernel: Tensor, first: Tensor, problem: Problem) -> Tensor:
    """sum_t dL/df of f_{t+1} = f_t - K dL/df, (members, outputs, examples).

    One member after the other: its kernel (4 MB for 100 examples of ten classes) then stays in the
    cache over all steps, which halves the time.
    """
    members = zip(kernel, first.unsqueeze(1), strict=True)
    return torch.cat([residuals_of_member(matrix, outs, problem) for matrix, outs in members])


def residuals_of_member(kernel: Tensor, current: Tensor, problem: Problem) -> Tensor:
    total = torch.zeros_like(current)
    # No rate here: the kernel holds those of all layers.
    for _ in range(problem.steps):
        signal = problem.loss.slope(current, problem.targets)
        total += signal
        current = current - torch.mv(kernel, signal.flatten()).reshape(current.shape)
    return total


def moved_weights(start: Weights, residuals: Tensor, problem: Problem) -> Weights:
    """theta_T - theta_0 of the linearised networks: -eta J^T sum_t r_t."""
    found = signals(start, problem.inputs, problem.activation)
    carried = backward(start, found, residuals, problem.activation)
    entering = below(problem.inputs, found, problem.activation)
    rates: Sequence[float] = rates_of(start, problem)
    return [
        -rate * torch.bmm(back, front.transpose(1, 2))
        for back, front, rate in zip(carried, entering, rates, strict=True)
    ]
