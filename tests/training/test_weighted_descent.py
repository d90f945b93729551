import numpy as np
import pytest
import torch

from scalinglaws.networks.mlp import copies, forward, he_normal, ntk_rates
from scalinglaws.training.weighted_descent import Examples, balanced_counts, descend

SIZES = [6, 8, 8, 3]


def population(count=40):
    stream = torch.Generator().manual_seed(1)
    inputs = torch.randn(6, count, generator=stream)
    return Examples(inputs, torch.softmax(torch.randn(3, count, generator=stream), 0))


def start():
    return he_normal(SIZES, [np.random.default_rng(0)])


def test_descent_with_counts_as_weights_is_descent_on_the_repeated_examples():
    pool, counts = population(), np.random.default_rng(3).multinomial(25, np.full(40, 1 / 40))
    weights = torch.tensor(counts[None] / 25, dtype=torch.float32)
    weighted = descend(start(), pool, weights, ntk_rates(SIZES, 0.3), 50)
    drawn = np.repeat(np.arange(40), counts)
    repeated = Examples(pool.inputs[:, drawn], pool.targets[:, drawn])
    plain = start()
    for _ in range(50):  # a plain loop with autograd on the explicit training set
        plain = [tensor.clone().requires_grad_() for tensor in plain]
        outputs = forward(plain, repeated.inputs)[-1][0]
        loss = torch.nn.functional.cross_entropy(outputs.T, repeated.targets.T)
        slopes = torch.autograd.grad(loss, plain)
        moves = zip(plain, ntk_rates(SIZES, 0.3), slopes, strict=True)
        plain = [(tensor - rate * slope).detach() for tensor, rate, slope in moves]
    for one, other in zip(weighted, plain, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_a_diverging_member_does_not_touch_the_others():
    weights = torch.full((2, 40), 1 / 40)
    alone = descend(start(), population(), weights[:1], ntk_rates(SIZES, 0.3), 10)
    weights[1, 0] = torch.nan
    both = descend(copies(start(), 2), population(), weights, ntk_rates(SIZES, 0.3), 10)
    assert torch.isnan(both[0][1]).any()
    for one, other in zip(alone, both, strict=True):
        torch.testing.assert_close(one[0], other[0])


def test_balanced_sets_have_their_size_and_cover_the_population_equally():
    counts = balanced_counts(30, 20, 6, np.random.default_rng(0))
    assert (counts.sum(axis=1) == 20).all()
    assert (counts.sum(axis=0) == 4).all()


def test_balanced_sets_have_the_variance_of_draws_with_replacement_up_to_their_number():
    streams = [np.random.default_rng(seed) for seed in range(400)]
    counts = np.concatenate([balanced_counts(30, 60, 5, stream) for stream in streams])
    expected = 60 * (1 / 30) * (1 - 1 / 30) * (1 - 59 / 299)
    assert counts.var() == pytest.approx(expected, rel=0.03)


def test_sets_that_cannot_cover_the_population_equally_are_refused():
    with pytest.raises(ValueError, match="equally"):
        balanced_counts(30, 7, 4, np.random.default_rng(0))
