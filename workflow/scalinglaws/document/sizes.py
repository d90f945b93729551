"""Sizes of a scale's experiments as text, for the sentences that say what was run."""

from collections.abc import Mapping, Sequence
from typing import Any

from scalinglaws.document.quantities import significant


def sizes_record(experiments: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """Experiment -> setting -> text; settings of nested records are named ``outer.inner``.

    - ``experiments``: experiment -> sizes, one paper's part of a scale.
    """
    return {name: dict(texts(sizes)) for name, sizes in experiments.items()}


def texts(sizes: Mapping[str, Any], outer: str = "") -> list[tuple[str, str]]:
    named: list[tuple[str, str]] = []
    for name, value in sizes.items():
        if isinstance(value, Mapping):
            named += texts(value, f"{outer}{name}.")
        else:
            named.append((f"{outer}{name}", size_text(value)))
    return named


def size_text(value: Any) -> str:
    """For example ``5,000``, ``3, 4 and 6``, ``2 × 2 and 3 × 3``."""
    if isinstance(value, str) or value is None or isinstance(value, bool):
        return str(value)
    if isinstance(value, Sequence):
        inner = [
            " × ".join(map(size_text, one)) if isinstance(one, list | tuple) else size_text(one)
            for one in value
        ]
        return " and ".join([", ".join(inner[:-1]), inner[-1]] if len(inner) > 1 else inner)
    return significant(value)
