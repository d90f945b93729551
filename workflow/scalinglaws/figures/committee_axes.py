"""What the figures of learning curves of arXiv 2410.09005 share: labels, plateau, words."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.figures.style import ROLES, rows_of
from scalinglaws.theory.plateau import plateau_height

ALPHA = r"examples per input dimension $\alpha$"
ERROR = r"generalisation error $\varepsilon_g$"


def plateau_line(axes: Axes, panel: str, units: int, ends: Any) -> pd.DataFrame:
    """The formula's plateau height of K = M = `units`, from one to the other end of the curves."""
    height = plateau_height(units)
    axes.axhline(height, color=ROLES["reference"], linestyle="--", linewidth=0.8, zorder=1)
    return rows_of(panel, "plateau height", ends, height)


def largest_per_cent(found: Mapping[str, Any], name: str, form: str = ".1f") -> str:
    """The largest estimate of the quantities whose names open with `name`, for captions."""
    estimates = [one["estimate"] for key, one in found.items() if key.startswith(name)]
    known = [estimate for estimate in estimates if estimate is not None]
    return f"{100 * max(known):{form}} %" if known else "not available"
