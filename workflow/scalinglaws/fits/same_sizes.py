"""The authors' smallest errors over the training sizes that are trained here too: like for like.

A law that is asymptotic has other exponents at small sizes. Where the authors' sizes overlap ours,
their own released curve says what to expect of them; where they begin beyond ours, nothing does.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.curves.norm_curves import optima_of_means, released_means, released_set
from scalinglaws.curves.panel_curves import MAIN_TABLES, panel_table
from scalinglaws.errors import InputError
from scalinglaws.fits.released_refit import exact
from scalinglaws.statistics.power_law import fit_power_law
from scalinglaws.statistics.quantity import Quantity, unavailable
from scalinglaws.statistics.windows import select

FEWEST = 3  # sizes of a slope
RULE = "the released sizes from the smallest to the largest trained here"


def fit(tables: Mapping[str, pd.DataFrame], settings: Mapping[str, Any]) -> dict[str, Quantity]:
    """``{panel}_released_measured``: minus the slope of log smallest error over log P, of the
    released curve at the sizes of our range; ``{panel}_released_from``: the authors' smallest P.

    Given numbers have no sampling error. Unavailable for panels that are not trained or released
    at this scale and where fewer than three released sizes lie in our range.
    """
    found: dict[str, Quantity] = {}
    for panel in settings["panels"]:
        try:
            trained = panel_table(tables[MAIN_TABLES[panel.split("_")[0]]], panel)["P"]
            released = released_means(released_set(tables["released_curves"], panel))
        except InputError as problem:
            own = dict.fromkeys(("measured", "from"), unavailable(str(problem)))
        else:
            range_here = (float(trained.min()), float(trained.max()))
            own = {
                "measured": slope(released.sizes, optima_of_means(released)[1], range_here),
                "from": exact(float(released.sizes.min()), n_points=len(released.sizes)),
            }
        found |= {f"{panel}_released_{name}": one for name, one in own.items()}
    return found


def slope(sizes: np.ndarray, errors: np.ndarray, window: tuple[float, float]) -> Quantity:
    """(n,) errors over (n,) sizes: the exponent within the window, its ends included."""
    inside = select(sizes, *window) & (errors > 0)
    if (count := int(inside.sum())) < FEWEST:
        return unavailable(f"{count} released sizes in ours, at least {FEWEST} are needed")
    exponent = fit_power_law(sizes[inside], errors[inside]).exponent
    return exact(exponent, n_points=count, window=window, rule=RULE)
