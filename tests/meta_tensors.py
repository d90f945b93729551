"""Operations on meta tensors, which have shapes but no numbers: a device without its hardware.

Whatever would wait for a device (`item`, `numpy`, `cpu`, a branch on a value) raises there.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class AllOn(TorchDispatchMode):
    """Fails at the first operation, backward passes included, on or to a tensor elsewhere.

    torch itself lets some operations on meta tensors take others from the host.
    """

    def __init__(self, device: str) -> None:
        super().__init__()
        self.device = device

    def __torch_dispatch__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        # Fused optimisers have no kernel for meta tensors, only places to check.
        fused = "_fused_" in str(function)
        found = None if fused else function(*args, **(kwargs or {}))
        for tensor in tree_leaves((args, kwargs, found)):
            if isinstance(tensor, Tensor):
                assert tensor.device.type == self.device, f"{function} on {tensor.device}"
        return found


def without_host(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, confined to meta tensors."""

    @wraps(function)
    def confined(*arguments: Any) -> Any:
        with AllOn("meta"):
            return function(*arguments)

    return confined
