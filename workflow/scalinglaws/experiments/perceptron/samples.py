"""Data sets of simulated perceptrons, and the rows that tell what was found with them."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from scalinglaws.canonical import member_name
from scalinglaws.streams import generator

Group = tuple[str, np.ndarray, np.ndarray]  # quantity, step, value


class Member(NamedTuple):
    """A sample: N = ``weights``, alpha N examples, teacher and examples of its own."""

    weights: int
    alpha: float
    seed: int

    def stream(self, root: int, experiment: str, purpose: str) -> np.random.Generator:
        return generator(root, "damico2025", experiment, self._asdict(), purpose)


def drawn(root: int, experiment: str, member: Member) -> tuple[np.ndarray, np.ndarray]:
    """Teacher (N,) and patterns y x / sqrt(N) (P, N), P = round(alpha N); standard normal x."""
    size, count = member.weights, max(1, round(member.alpha * member.weights))
    teacher = member.stream(root, experiment, "teacher").standard_normal(size)
    inputs = member.stream(root, experiment, "inputs").standard_normal((count, size))
    labels = np.sign(inputs @ teacher)
    return teacher, inputs * (labels / np.sqrt(size))[:, None]


def rows(member: Member, groups: Iterable[Group]) -> list[dict[str, Any]]:
    """Columns member, weights, alpha, seed, step, quantity, value."""
    who = member._asdict()
    return [
        {"member": member_name(who), **who, "step": step, "quantity": name, "value": value}
        for name, step, value in groups
    ]
