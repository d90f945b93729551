import pytest
import torch
import torch.nn.functional as F

from scalinglaws.networks import resnet, wide_resnet
from scalinglaws.networks.pointwise import LANES, pointwise
from scalinglaws.networks.shapes import ResNet, WideResNet


@pytest.mark.parametrize(("channels", "stride"), [(2, 2), (4, 2), (8, 2), (4, 1), (16, 2)])
def test_a_shortcut_is_the_strided_convolution_with_its_gradients(channels, stride):
    generator = torch.Generator().manual_seed(channels)
    signal = torch.randn(3, channels, 7, 7, generator=generator).requires_grad_()
    weight = torch.randn(6, channels, 1, 1, generator=generator).requires_grad_()
    found = pointwise(signal, weight, stride)
    exact = F.conv2d(signal.double(), weight.double(), stride=stride)
    torch.testing.assert_close(found.double(), exact, rtol=1e-5, atol=1e-5)
    slopes = torch.autograd.grad(found.square().sum(), [signal, weight])
    expected = torch.autograd.grad(exact.square().sum(), [signal, weight])
    for slope, other in zip(slopes, expected, strict=True):
        torch.testing.assert_close(slope, other.float(), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("narrow", ["wide", "residual"])
def test_narrow_networks_never_reach_the_kernel_that_overruns_its_buffer(narrow, monkeypatch):
    seen, convolve = [], F.conv2d

    def recorded(signal, weight, bias=None, stride=1, padding=0):
        seen.append((signal.shape[1], weight.shape[-1], stride))
        return convolve(signal, weight, bias, stride=stride, padding=padding)

    monkeypatch.setattr(F, "conv2d", recorded)
    images = torch.zeros(2, 1, 8, 8)
    if narrow == "wide":
        network = WideResNet(10, 4, 1, 10)
        parameters = [torch.ones(shape) for shape in network.parameter_shapes]
        statistics = wide_resnet.initial_statistics(network)
        wide_resnet.ARCHITECTURE.logits(network, parameters, statistics, images, training=True)
    else:
        other = ResNet(8, 1, (1, 1, 1), (2, 4, 8), 10)
        parameters = [torch.ones(shape) for shape in other.parameter_shapes]
        resnet.ARCHITECTURE.logits(
            other, parameters, resnet.initial_statistics(other), images, training=True
        )
    pointwise_calls = [(channels, stride) for channels, side, stride in seen if side == 1]
    assert pointwise_calls
    assert not [call for call in pointwise_calls if call[0] < LANES and call[1] > 1]
