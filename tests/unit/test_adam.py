import numpy as np
import pytest
import torch

from scalinglaws.training.adam import adam_arrays, adam_init, adam_restore, adam_step

SHAPES = [(3, 4, 5), (3, 5)]


def start(seed: int = 0) -> list[torch.Tensor]:
    source = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=source, dtype=torch.float64) for shape in SHAPES]


def gradients_at(parameters: list[torch.Tensor], step: int) -> list[torch.Tensor]:
    return [torch.sin(3.0 * parameter + step) for parameter in parameters]


def torch_adam(member: int, rate: float, weight_decay: float, steps: int) -> list[torch.Tensor]:
    parameters = [torch.nn.Parameter(tensor[member].clone()) for tensor in start()]
    optimiser = torch.optim.Adam(parameters, lr=rate, weight_decay=weight_decay)
    for step in range(steps):
        values = [parameter.detach() for parameter in parameters]
        for parameter, gradient in zip(parameters, gradients_at(values, step), strict=True):
            parameter.grad = gradient
        optimiser.step()
    return [parameter.detach() for parameter in parameters]


@pytest.mark.parametrize("weight_decay", [0.0, 0.03])
@pytest.mark.parametrize("per_member_rate", [False, True])
def test_stacked_adam_is_torch_adam_member_by_member(
    weight_decay: float, per_member_rate: bool
) -> None:
    rates = [0.01, 0.02, 0.05] if per_member_rate else [0.01] * 3
    rate = torch.tensor(rates, dtype=torch.float64) if per_member_rate else rates[0]
    stacked = start()
    state = adam_init(stacked)
    for step in range(25):
        adam_step(stacked, gradients_at(stacked, step), state, rate, weight_decay=weight_decay)
    for member in range(3):
        for mine, theirs in zip(
            stacked, torch_adam(member, rates[member], weight_decay, 25), strict=True
        ):
            np.testing.assert_allclose(mine[member], theirs, rtol=1e-11, atol=1e-13)


def test_a_restored_adam_goes_on_bit_by_bit() -> None:
    whole, state = start(), adam_init(start())
    broken = start()
    for step in range(7):
        adam_step(whole, gradients_at(whole, step), state, 0.01)
    first = adam_init(broken)
    for step in range(4):
        adam_step(broken, gradients_at(broken, step), first, 0.01)
    second = adam_restore({k: v.copy() for k, v in adam_arrays(first).items()}, broken)
    for step in range(4, 7):
        adam_step(broken, gradients_at(broken, step), second, 0.01)
    assert all(torch.equal(a, b) for a, b in zip(whole, broken, strict=True))


def test_a_nan_member_leaves_the_others_untouched() -> None:
    clean, sick = start(), start()
    clean_state, sick_state = adam_init(clean), adam_init(sick)
    for step in range(3):
        adam_step(clean, gradients_at(clean, step), clean_state, 0.01)
        gradients = gradients_at(sick, step)
        gradients[0][1, 0, 0] = torch.nan
        adam_step(sick, gradients, sick_state, 0.01)
    assert torch.isnan(sick[0][1, 0, 0])
    for a, b in zip(clean, sick, strict=True):
        assert torch.equal(a[[0, 2]], b[[0, 2]])
