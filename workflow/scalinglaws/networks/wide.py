"""Fully connected networks without biases in NTK scaling, many initialisations at once.

A network is a list of weights W_l, each (members, out, in), drawn from N(0, gain / fan-in).
Descent at rate eta on the NTK parameters V_l, W_l = sqrt(gain / fan-in) V_l, is descent on W_l at
the rate eta gain / fan-in (`layer_rates`). Activations are (members, units, examples).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

Weights = list[Tensor]


@dataclass(frozen=True)
class Activation:
    """`value(z)`, `slope(z)` and `gain`, the weight variance times fan-in that is critical.

    Critical: small signals neither grow nor fade with depth (gain E[slope^2] = 1 at the origin).
    """

    value: Callable[[Tensor], Tensor]
    slope: Callable[[Tensor], Tensor]
    gain: float


# E[slope^2] = 1/2 for ReLU at any signal, 4 / pi for erf at the origin.
RELU = Activation(torch.relu, lambda z: (z > 0).to(z.dtype), 2.0)
ERF = Activation(
    torch.erf, lambda z: (2.0 / math.sqrt(math.pi)) * torch.exp(-z.square()), math.pi / 4
)
ACTIVATIONS = {"relu": RELU, "erf": ERF}


def layer_sizes(inputs: int, width: int, hidden_layers: int, outputs: int) -> list[int]:
    """Units per layer, inputs first, outputs last."""
    return [inputs, *[width] * hidden_layers, outputs]


def normal_weights(
    sizes: Sequence[int], gain: float, generators: Sequence[np.random.Generator]
) -> Weights:
    """Weights of variance gain / fan-in, float32 (members, out, in), one member per generator."""
    members = [
        [
            stream.standard_normal((outputs, inputs), dtype=np.float32)
            * np.float32(math.sqrt(gain / inputs))
            for inputs, outputs in pairwise(sizes)
        ]
        for stream in generators
    ]
    return [torch.from_numpy(np.stack(layer)) for layer in zip(*members, strict=True)]


def layer_rates(weights: Weights, gain: float) -> list[float]:
    """Rate of each W_l per unit learning rate of the NTK parameters: gain / fan-in."""
    return [gain / weight.shape[2] for weight in weights]


def signals(weights: Weights, inputs: Tensor, activation: Activation) -> list[Tensor]:
    """Pre-activations of every layer, the outputs last; `inputs` is (features, examples)."""
    found = [torch.matmul(weights[0], inputs)]
    for weight in weights[1:]:
        found.append(torch.bmm(weight, activation.value(found[-1])))
    return found


def outputs(weights: Weights, inputs: Tensor, activation: Activation) -> Tensor:
    """(members, outputs, examples)."""
    return signals(weights, inputs, activation)[-1]


def below(inputs: Tensor, found: Sequence[Tensor], activation: Activation) -> list[Tensor]:
    """What enters each layer, (members, units, examples)."""
    members = found[0].shape[0]
    return [inputs.expand(members, -1, -1), *(activation.value(z) for z in found[:-1])]


def backward(
    weights: Weights, found: Sequence[Tensor], signal: Tensor, activation: Activation
) -> list[Tensor]:
    """`signal` with respect to the outputs carried back to the pre-activations of all layers.

    - `found`: as `signals` returned it; `signal` and each result: (members, units, examples).
    """
    carried = [signal]
    for weight, z in zip(reversed(weights[1:]), reversed(found[:-1]), strict=True):
        carried.append(torch.bmm(weight.transpose(1, 2), carried[-1]) * activation.slope(z))
    return carried[::-1]


def gradient_step(
    weights: Weights, inputs: Tensor, signal: Tensor, found: Sequence[Tensor],
    rates: Sequence[float], activation: Activation,
) -> None:  # fmt: skip
    """Subtract rate times the gradient, in place; no gradient is held as a tensor of its own.

    At width 11,585 one weight matrix takes 0.5 GB per member, and a gradient would take as much.
    `signal`: (members, outputs, examples), gradient by the outputs; `rates`: one per layer.
    """
    # All signals are carried back before any weight changes.
    carried = backward(weights, found, signal, activation)
    entering = below(inputs, found, activation)
    for weight, back, front, rate in zip(weights, carried, entering, rates, strict=True):
        weight.baddbmm_(back, front.transpose(1, 2), alpha=-rate)


def tangent_outputs(
    weights: Weights, directions: Weights, inputs: Tensor, activation: Activation
) -> Tensor:
    """Derivative of the outputs along `directions` of the weights, (members, outputs, examples).

    The product rule layer by layer (forward mode): one pass, whatever the number of outputs.
    """
    found = signals(weights, inputs, activation)
    entering = below(inputs, found, activation)
    tangent = torch.bmm(directions[0], entering[0])
    for layer in range(1, len(weights)):
        moved = activation.slope(found[layer - 1]) * tangent
        tangent = torch.bmm(directions[layer], entering[layer])
        tangent.baddbmm_(weights[layer], moved)
    return tangent


def tangent_kernel(
    weights: Weights, inputs: Tensor, activation: Activation, rates: Sequence[float]
) -> Tensor:
    """Empirical NTK, (members, outputs * examples, outputs * examples), output index first.

    The sum over layers of rate times the product of two Gram matrices: of what enters the layer,
    and of the derivatives of each output with respect to the layer's pre-activations.
    """
    found = signals(weights, inputs, activation)
    entering = below(inputs, found, activation)
    members, classes, examples = found[-1].shape
    unit = torch.eye(classes, dtype=inputs.dtype, device=inputs.device)
    # One backward pass for all classes: each example appears once per class, with a unit signal
    # at that class.
    repeated = [z.repeat(1, 1, classes) for z in found]
    signal = unit.repeat_interleave(examples, 1).expand(members, -1, -1)
    carried = backward(weights, repeated, signal, activation)
    total = inputs.new_zeros(members, classes, examples, classes, examples)
    for back, front, rate in zip(carried, entering, rates, strict=True):
        fronts = rate * torch.bmm(front.transpose(1, 2), front)
        backs = torch.bmm(back.transpose(1, 2), back)
        total += backs.reshape(total.shape) * fronts[:, None, :, None, :]
    return total.reshape(members, classes * examples, classes * examples)
