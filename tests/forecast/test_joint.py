import time

import numpy as np
import pytest

from scalinglaws.errors import InputError
from scalinglaws.forecast.joint import (
    JointLaw,
    Runs,
    allocation,
    bootstrap_laws,
    fit_joint,
    ranked_runs,
)

TRUTH = JointLaw(1.8, 480.0, 0.35, 2100.0, 0.37)


def runs_of(count=120, noise=0.005, seed=0):
    generator = np.random.default_rng(seed)
    n, d = (10 ** generator.uniform(*ends, count) for ends in ((7.5, 10), (9, 11.5)))
    return Runs(n, d, TRUTH(n, d) * np.exp(noise * generator.normal(size=count)))


def test_an_exact_law_comes_back():
    found = fit_joint(runs_of(noise=0.0))
    assert np.array(found) == pytest.approx(np.array(TRUTH), rel=1e-3)


def test_intervals_over_runs_hold_the_truth_and_are_the_same_every_time():
    runs = runs_of()
    draws = [np.array(bootstrap_laws(runs, np.random.default_rng(0), 80)) for _ in range(2)]
    assert np.array_equal(*draws)
    low, high = np.percentile(draws[0], [1, 99], axis=0)
    assert np.all((low < np.array(TRUTH)) & (np.array(TRUTH) < high))
    assert np.all(high - low < np.array([0.2, 1000, 0.1, 10000, 0.15]))


def test_the_allocation_is_where_the_loss_is_least():
    best = allocation(TRUTH, 1e21)
    assert 6 * best.n * best.d == pytest.approx(1e21)
    n = best.n * np.geomspace(0.1, 10, 2001)
    losses = TRUTH(n, 1e21 / 6 / n)
    assert n[np.argmin(losses)] == pytest.approx(best.n, rel=0.01)
    assert best.loss == pytest.approx(losses.min())


def test_far_runs_are_named_even_where_one_hides_another():
    runs = runs_of(seed=2)
    far = np.argsort(runs.d)[:3]
    loss = runs.loss.copy()
    loss[far] *= [1.5, 1.3, 1.15]
    named = ranked_runs(runs._replace(loss=loss), 3)
    assert {one.run for one in named} == set(far.tolist())
    assert all(one.shift > 1 for one in named)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda runs: runs.of(np.arange(5)), "5 runs, at least 8 are needed"),
        (lambda runs: runs._replace(n=np.full(120, 1e9)), "1 different N, at least 3"),
        (lambda runs: runs._replace(d=20 * runs.n), "N and D change together in all runs"),
        (lambda runs: runs._replace(loss=runs.loss - 3), "expected finite numbers above 0"),
    ],
)
def test_runs_that_tell_no_joint_law_are_one_sentence(change, sentence):
    with pytest.raises(InputError, match=sentence):
        fit_joint(change(runs_of()))


def test_a_fit_takes_a_tenth_of_a_second():
    runs = runs_of(240)
    fit_joint(runs)
    times = []
    for _ in range(3):
        before = time.thread_time()
        fit_joint(runs)
        times.append(time.thread_time() - before)
    assert min(times) < 0.1
