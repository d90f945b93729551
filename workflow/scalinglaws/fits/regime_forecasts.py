"""Forecasts of learning curves whose law changes at a known alpha (arXiv:2410.09005).

Inside the power law a forecast should hold; beyond its end, where the finite spectrum turns it into
an exponential, none that has seen the power law only can: do the intervals know?
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.curves.learning_laws import LearningLaw, learning_laws
from scalinglaws.forecast.regimes import Ahead, forecasts_ahead
from scalinglaws.forecast.scores import Found, coverage
from scalinglaws.records import as_record


@dataclass(frozen=True)
class Settings:
    """- `factors`: how far ahead, in multiples of the last alpha known
    - `first`, `every`: points of the first origin, and from one origin to the next
    - `inside`: multiples of the power law's first and last alpha between which a forecast counts
      as inside, origin and end
    - `beyond`: multiple of its last alpha from which on one counts as beyond
    """

    factors: tuple[float, ...]
    first: int
    every: int
    inside: tuple[float, float]
    beyond: float


def fit(tables: Mapping[str, pd.DataFrame], given: Mapping[str, Any]) -> Found:
    """`coverage_inside`, `coverage_beyond`: share of the 90 % intervals that hold eps_g, per curve,
    of forecasts made inside the power law of points inside it and beyond it."""
    settings = as_record(Settings, given)
    reach = (settings.factors, settings.first, settings.every)
    inside, beyond = [], []
    for law in learning_laws(tables):
        ahead = forecasts_ahead(law.alphas, law.errors, *reach)
        parts = inside_and_beyond(law, ahead, settings)
        inside.append(parts[0])
        beyond.append(parts[1])
    return summed("coverage_inside", inside) | summed("coverage_beyond", beyond)


def inside_and_beyond(law: LearningLaw, ahead: Ahead, settings: Settings) -> tuple[Ahead, Ahead]:
    """Forecasts whose origin lies inside the power law, by where the point forecast lies."""
    first, last = settings.inside[0] * law.begins, settings.inside[1] * law.ends
    known = (ahead.origin >= first) & (ahead.origin <= last)
    return (
        ahead.only(known & (ahead.x <= last)),
        ahead.only(known & (ahead.x >= settings.beyond * law.ends)),
    )


def summed(name: str, parts: Sequence[Ahead]) -> Found:
    shares = [float(np.mean(one.covered)) for one in parts if len(one.x)]
    return coverage(name, shares, sum(len(one.x) for one in parts))
