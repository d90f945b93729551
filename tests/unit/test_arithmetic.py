import pytest
import torch

from scalinglaws.training.arithmetic import prepare_arithmetic

if not torch.set_flush_denormal(False):
    pytest.skip("this processor knows no flushing to zero", allow_module_level=True)


@pytest.fixture
def as_before():
    threads = torch.get_num_threads()
    yield
    torch.set_flush_denormal(False)
    torch.set_num_threads(threads)


def halved(value):
    return float(torch.full((64,), value).mul_(0.5).max())


def test_numbers_too_small_for_float32_count_as_zero(as_before):
    assert halved(2e-38) > 0
    prepare_arithmetic(1)
    assert halved(2e-38) == 0
    assert halved(4e-38) > 0
    assert torch.get_num_threads() == 1
