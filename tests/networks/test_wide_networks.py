import numpy as np
import pandas as pd
import pytest
import torch

from interruption import resumed_after_saves, same_bytes
from meta_tensors import AllOn, without_host
from planned_blocks import planned
from scalinglaws.errors import InputError
from scalinglaws.experiments.variance import run_wide as wide_networks
from scalinglaws.networks import wide
from scalinglaws.training import linearised
from scalinglaws.training.losses import CROSS_ENTROPY, SQUARED
from scalinglaws.training.session import Session

SIZES = [5, 24, 24, 3]
SETTINGS = {
    **{"tasks": ["teacher_student"], "losses": ["cross_entropy", "squared"]},
    **{"activations": ["relu", "erf"], "train_size": 8, "test_size": 20, "pooling": 4},
    **{"input_dimension": 6, "classes": 3, "teacher_width": 16, "teacher_sharpness": 2.0},
    **{"widths": [16, 32], "hidden_layers": 2, "steps": 8, "relative_rate": 0.25},
    **{"centred": True, "seed": 5, "first_seed": 0, "seeds": 2},
}


def problem(activation, loss, **changes):
    stream = torch.Generator().manual_seed(3)
    inputs = torch.randn(5, 7, generator=stream, dtype=torch.float64)
    targets = torch.softmax(torch.randn(3, 7, generator=stream, dtype=torch.float64), 0)
    known = {"learning_rate": 0.3, "steps": 12, **changes}
    return linearised.Problem(inputs, targets, loss, wide.ACTIVATIONS[activation], **known)


def start(count=2, dtype=torch.float64):
    drawn = wide.normal_weights(SIZES, 2.0, [np.random.default_rng(i) for i in range(count)])
    return [weight.to(dtype) for weight in drawn]


def plain_outputs(weights, inputs, activation):
    signal = inputs
    for weight in weights[:-1]:
        signal = activation.value(weight @ signal)
    return weights[-1] @ signal


@pytest.mark.parametrize("centred", [False, True])
@pytest.mark.parametrize("loss", [CROSS_ENTROPY, SQUARED])
@pytest.mark.parametrize("activation", ["relu", "erf"])
def test_training_equals_autograd_descent_on_ntk_parameters(activation, loss, centred):
    setting = problem(activation, loss, centred=centred)
    test = torch.randn(5, 4, dtype=torch.float64)
    found = linearised.trained_outputs(start(), test, setting)
    for member in range(2):
        scales = [np.sqrt(setting.activation.gain / size) for size in SIZES[:-1]]
        first = [w[member] / scale for w, scale in zip(start(), scales, strict=True)]

        def network(free, inputs, scales=scales):
            scaled = [scale * v for scale, v in zip(scales, free, strict=True)]
            return plain_outputs(scaled, inputs, setting.activation)

        shift = network(first, setting.inputs) if centred else 0.0
        free = first
        for _ in range(setting.steps):
            free = [v.clone().requires_grad_() for v in free]
            outs = (network(free, setting.inputs) - shift)[None]
            slopes = torch.autograd.grad(loss.examples(outs, setting.targets).mean(), free)
            free = [
                (v - setting.learning_rate * s).detach() for v, s in zip(free, slopes, strict=True)
            ]
        expected = network(free, test) - (network(first, test) if centred else 0.0)
        torch.testing.assert_close(found[member], expected, rtol=1e-9, atol=1e-10)


# Forward-mode derivatives of torch warn about torch's own use of torch.jit.
@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
@pytest.mark.parametrize("centred", [False, True])
@pytest.mark.parametrize("loss", [CROSS_ENTROPY, SQUARED])
@pytest.mark.parametrize("activation", ["relu", "erf"])
def test_function_space_linearisation_equals_descent_by_jvp_and_vjp(activation, loss, centred):
    setting = problem(activation, loss, centred=centred)
    test = torch.randn(5, 4, dtype=torch.float64)
    found = linearised.linearised_outputs(start(), test, setting)
    rates = linearised.rates_of(start(), setting)
    for member in range(2):
        first = tuple(w[member] for w in start())

        def at(inputs, first=first):
            return lambda *weights: plain_outputs(weights, inputs, setting.activation)

        moved = tuple(torch.zeros_like(w) for w in first)
        outs, pull = torch.func.vjp(at(setting.inputs), *first)[:2]
        for _ in range(setting.steps):
            change = torch.func.jvp(at(setting.inputs), first, moved)[1]
            now = (change if centred else outs + change)[None]
            slopes = pull(loss.slope(now, setting.targets)[0])
            moved = tuple(m - rate * s for m, rate, s in zip(moved, rates, slopes, strict=True))
        begun, change = torch.func.jvp(at(test), first, moved)[:2]
        expected = change if centred else begun + change
        torch.testing.assert_close(found[member], expected, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("activation", ["relu", "erf"])
def test_the_tangent_kernel_is_the_product_of_jacobians(activation):
    setting = problem(activation, SQUARED)
    rates = linearised.rates_of(start(), setting)
    found = wide.tangent_kernel(start(), setting.inputs, setting.activation, rates)
    for member in range(2):
        first = tuple(w[member] for w in start())
        jacobians = torch.func.jacrev(
            lambda *w: plain_outputs(w, setting.inputs, setting.activation).flatten(),
            argnums=(0, 1, 2),
        )(*first)
        expected = sum(
            rate * j.flatten(1) @ j.flatten(1).T for rate, j in zip(rates, jacobians, strict=True)
        )
        torch.testing.assert_close(found[member], expected)


def test_single_precision_agrees_with_double_far_below_the_differences_measured():
    chosen = {**SETTINGS, "widths": [256], "steps": 60, "test_size": 200, "train_size": 12}
    line = wide_networks.line_of(("teacher_student", "cross_entropy", "relu"), chosen, {})
    stream = [np.random.default_rng(1)]
    first = wide.normal_weights([6, 256, 256, 3], 2.0, stream)
    exact = linearised.Problem(
        line.problem.inputs.double(), line.problem.targets.double(), CROSS_ENTROPY, wide.RELU,
        line.problem.learning_rate, line.problem.steps, centred=True,
    )  # fmt: skip
    values = {}
    for name, weights, setting, inputs in (
        ("single", first, line.problem, line.test.inputs),
        ("double", [w.double() for w in first], exact, line.test.inputs.double()),
    ):
        network = linearised.trained_outputs(weights, inputs, setting)
        linear = linearised.linearised_outputs(weights, inputs, setting)
        found = wide_networks.compared(network, linear, CROSS_ENTROPY, line.test, "")
        values[name] = float(found["excess"][0])
    assert values["single"] == pytest.approx(values["double"], rel=2e-3)


def test_training_leaves_the_start_as_it_is():
    before = start()
    linearised.trained(before, problem("relu", SQUARED))
    for one, other in zip(before, start(), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("centred", [False, True])
@pytest.mark.parametrize("loss", [CROSS_ENTROPY, SQUARED])
@pytest.mark.parametrize("activation", ["relu", "erf"])
def test_descent_and_linearisation_stay_on_their_device(activation, loss, centred):
    setting = problem(activation, loss, centred=centred).to("meta")
    first = [weight.to("meta") for weight in start()]
    test = torch.rand(5, 4, dtype=torch.float64, device="meta")
    with AllOn("meta"):
        network = linearised.trained_outputs(first, test, setting)
        linear = linearised.linearised_outputs(first, test, setting)
    assert network.shape == linear.shape == (2, 3, 4)


def test_a_tensor_left_in_host_memory_is_noticed():
    setting = problem("relu", SQUARED)
    first = [weight.to("meta") for weight in start()]
    with AllOn("meta"), pytest.raises(AssertionError, match="cpu"):
        wide.signals(first, setting.inputs, setting.activation)


def test_a_run_computes_on_its_device_and_returns_once_per_member(monkeypatch):
    returned = []

    def recorded(found):
        returned.append({tensor.device.type for tensor in found.values()})
        return {name: np.zeros(tensor.shape) for name, tensor in found.items()}

    for name in ("trained_outputs", "linearised_outputs", "compared"):
        monkeypatch.setattr(wide_networks, name, without_host(getattr(wide_networks, name)))
    monkeypatch.setattr(wide_networks, "on_host", recorded)
    table = pd.DataFrame(wide_networks.run(SETTINGS, {}, Session(device="meta")))
    assert returned == [{"meta"}] * table["member"].nunique()


@pytest.mark.parametrize("saves", [1, 5])
def test_a_run_killed_between_seeds_resumes_to_identical_bytes(saves, tmp_path):
    whole = wide_networks.run(SETTINGS, {}, Session())
    resumed = resumed_after_saves(
        lambda session: wide_networks.run(SETTINGS, {}, session), tmp_path, saves
    )
    assert same_bytes(resumed, whole)


def test_a_members_numbers_are_the_same_in_any_block():
    whole = pd.DataFrame(wide_networks.run(SETTINGS, {}, Session()))
    part = {**SETTINGS, "first_seed": 1, "seeds": 1, "widths": [32], "activations": ["erf"]}
    both = pd.DataFrame(wide_networks.run(part, {}, Session())).merge(
        whole, on=["member", "quantity"], suffixes=("", "_whole")
    )
    assert len(both) == 2 * 5
    assert (both["value"] == both["value_whole"]).all()
    assert not whole.duplicated(["member", "quantity"]).any()


def test_a_diverged_network_is_nan_and_alone():
    wild = pd.DataFrame(wide_networks.run({**SETTINGS, "relative_rate": 1e6}, {}, Session()))
    assert wild.query("quantity == 'excess' and loss == 'squared'")["value"].isna().any()
    assert len(wild) == len(pd.DataFrame(wide_networks.run(SETTINGS, {}, Session())))


@pytest.mark.parametrize("experiment", ["variance_limited_width", "variance_limited_centred"])
@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"widths": [0, 64]}, "widths"),
        ({"widths": []}, "widths"),
        ({"train_size": 1}, "train_size is 1"),
        ({"activations": ["tanh"]}, "activations"),
        ({"losses": ["hinge"]}, "losses"),
        ({"relative_rate": 1.5}, "relative_rate is 1.5"),
        ({"tasks": ["mnist5k"], "test_size": 2001}, "2000 examples"),
        ({"tasks": ["mnist5k"], "pooling": 3}, "divide"),
        ({"seeds": 0}, "seeds is 0"),
    ],
)
def test_impossible_sizes_are_refused_when_planning(experiment, changes, word):
    with pytest.raises(InputError, match=word):
        planned(experiment, **changes)
