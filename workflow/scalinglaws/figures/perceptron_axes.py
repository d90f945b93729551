"""What the figures of the perceptron share: labels, colours of alpha, fitted numbers by alpha."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from scalinglaws.figures.style import quantity_numbers, series_colours

LAMBDA = r"norm $\lambda$"
ALPHA = r"examples per weight $\alpha$"
OVER_HEBB = r"$\hat\epsilon = \epsilon / \epsilon_\mathrm{Hebb}$"


def coloured(alphas: Iterable[float]) -> dict[float, str]:
    ordered = sorted(alphas)
    return dict(zip(ordered, series_colours(len(ordered)), strict=True))


def estimates(laws: Mapping[str, Any], prefix: str) -> pd.DataFrame:
    """Columns alpha, y, low, high of the quantities named prefix + alpha."""
    rows = []
    for name, found in laws.items():
        if name.startswith(prefix) and found["estimate"] is not None:
            rows.append((float(name.removeprefix(prefix)), *quantity_numbers(found)))
    return pd.DataFrame(sorted(rows), columns=["alpha", "y", "low", "high"], dtype=float)
