"""Forecasts of the released curves of arXiv:2505.13230: large sizes from small ones.

Three ways to the smallest error at the held-out sizes: the forecast of the error itself; a straight
line through it; and the paper's, law 1 and law 2 fitted to the given sizes only, whose product says
how the error falls from the last of them on.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.curves.norm_curves import (
    Means,
    optima_of_means,
    released_means,
    released_set,
    subset_of,
)
from scalinglaws.forecast.held_out import HeldOut
from scalinglaws.forecast.scores import Found, held_out, mean_error, scores
from scalinglaws.statistics.norm_laws import laws, window_from

Array = np.ndarray


def fit(tables: Mapping[str, pd.DataFrame], settings: Mapping[str, Any]) -> Found:
    """`coverage_released`, `error_released`, `line_error_released`, over the sets; and
    `product_error_released`, the error by the paper's product of laws where the given sizes
    determine it. `error_SET`, `product_error_SET`: of one set.
    """
    made, products = {}, {}
    for name in settings["sets"]:
        means = released_means(released_set(tables["released_curves"], name))
        tried = held_out(means.sizes, optima_of_means(means)[1][None])
        if isinstance(tried, str):
            continue
        made[name] = tried
        products[name] = np.log(product_forecast(means, tried, settings) / tried.y)
    known = {name: one for name, one in products.items() if np.all(np.isfinite(one))}
    found = scores("released", made.values())
    found["product_error_released"] = mean_error(
        list(known.values()), sum(len(one) for one in known.values())
    )
    for name, one in made.items():
        found[f"error_{name}"] = mean_error([one.errors], len(one.x))
    for name, errors in known.items():
        found[f"product_error_{name}"] = mean_error([errors], len(errors))
    return found


def product_forecast(means: Means, tried: HeldOut, settings: Mapping[str, Any]) -> Array:
    """(m,) errors at the held-out sizes by gamma_1 gamma_2 of the given ones, from the last of them
    on; NaN where these do not determine a law."""
    given = subset_of(means, means.sizes <= tried.made.last)
    exponent = float(laws(given, window_from(settings, given.sizes))["gamma_predicted"])
    last = float(optima_of_means(given)[1][-1])
    return np.asarray(last * (tried.x / tried.made.last) ** -exponent)
