"""Expected computing time of stacked trainings, from measurements on one CPU thread."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

FLOPS = 9e10  # multiply-adds and their kin per second in stacked products of width 128 to 192
ADAM_SECONDS = 1.2e-9  # per parameter and step, fused


def minibatch_seconds(layers: Sequence[int], sizes: Mapping[str, Any]) -> float:
    """Seconds to train one fully connected network with Adam and to measure it on the way."""
    weights = sum(left * right for left, right in pairwise(layers))
    training = sizes["steps"] * weights * (6 * sizes["batch"] / FLOPS + ADAM_SECONDS)
    measured = sizes["test_size"] + sizes["validation_size"]
    measurements = sizes["steps"] / sizes["evaluate_every"] + 1
    return float(training + measurements * 2 * weights * measured / FLOPS)


def largest_split(sizes: Mapping[str, Any]) -> int:
    """Examples of the largest set a stack is evaluated on: test, validation or training."""
    return int(max(sizes["test_size"], sizes["validation_size"], *sizes["data_sizes"]))
