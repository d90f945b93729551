import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from scalinglaws.networks import cnn, resnet, vit
from scalinglaws.networks.shapes import CNN, Network, ResNet, ViT
from scalinglaws.planning.network_costs import activations, multiply_adds, parameter_count

MODULES = {CNN: cnn, ResNet: resnet, ViT: vit}
NETWORKS = [
    CNN(28, 1, (32, 64, 128), (512,), 10),
    CNN(32, 3, (64, 128, 256, 512), (1024, 512), 100),
    CNN(9, 2, (3, 4, 5), (), 3, pool_every=1),
    ResNet(32, 3, (2, 2, 2, 2), (64, 128, 256, 512), 10),
    ResNet(28, 1, (2, 2, 2, 2), (16, 32, 64, 128), 10),
    ResNet(7, 1, (1, 2), (4, 4), 3),
    ViT(28, 1, 7, 128, 4, 4, 10),
    ViT(32, 3, 4, 192, 6, 3, 10),
    ViT(16, 3, 4, 24, 1, 3, 7, mlp_ratio=2),
]


def meta_parameters(network: Network) -> list[torch.Tensor]:
    tensors = [torch.empty(shape, device="meta") for shape in network.parameter_shapes]
    return [t.contiguous(memory_format=torch.channels_last) if t.ndim == 4 else t for t in tensors]


def meta_logits(network: Network, parameters: list[torch.Tensor]) -> torch.Tensor:
    architecture = MODULES[type(network)].ARCHITECTURE
    statistics = [tensor.to("meta") for tensor in architecture.initial_statistics(network)]
    images = torch.empty((2, network.channels, network.side, network.side), device="meta")
    return architecture.logits(network, parameters, statistics, images, training=True)


@pytest.mark.parametrize("network", NETWORKS, ids=str)
def test_multiply_adds_are_half_of_what_torch_counts(network: Network) -> None:
    counter = FlopCounterMode(display=False)
    with counter, sdpa_kernel(SDPBackend.MATH):
        meta_logits(network, meta_parameters(network))
    assert multiply_adds(network) == counter.get_total_flops() / 2 / 2  # two images


@pytest.mark.parametrize("network", NETWORKS, ids=str)
def test_three_times_the_activations_hold_what_torch_keeps_for_the_backward_pass(
    network: Network,
) -> None:
    parameters = [p.requires_grad_() for p in meta_parameters(network)]
    own = {p.untyped_storage()._cdata for p in parameters}
    held: list[torch.Tensor] = []

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        held.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        meta_logits(network, parameters)
    sizes = {t.untyped_storage()._cdata: t.untyped_storage().nbytes() for t in held}
    numbers = sum(size for storage, size in sizes.items() if storage not in own) / 4 / 2
    assert numbers <= 3 * activations(network)


@pytest.mark.parametrize("network", NETWORKS, ids=str)
def test_parameters_are_counted(network: Network) -> None:
    assert parameter_count(network) == sum(p.numel() for p in meta_parameters(network))


def test_the_authors_cnns_have_the_stated_numbers_of_parameters() -> None:
    assert parameter_count(CNN(32, 3, (32, 64, 128), (512,), 10)) == 16_876_106
    assert parameter_count(CNN(28, 1, (32, 64, 128), (512,), 10)) == pytest.approx(12.9e6, rel=0.01)
    assert parameter_count(NETWORKS[1]) == pytest.approx(35.7e6, rel=0.01)
