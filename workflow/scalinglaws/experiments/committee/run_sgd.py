"""Direct one-pass SGD of the erf committee machine with power-law inputs.

Worschech & Rosenow (arXiv 2410.09005), figure 1. eps_g is not estimated from test examples but
computed from the realised overlaps.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from scalinglaws.canonical import member_name
from scalinglaws.columns import Columns, stack
from scalinglaws.data.dataset import Dataset
from scalinglaws.experiments.committee.settings import Descents
from scalinglaws.experiments.committee.start import (
    PAPER,
    Member,
    draw_weights,
    members_of,
    steps_of,
)
from scalinglaws.measures.committee import error_of_weights
from scalinglaws.records import as_record
from scalinglaws.streams import generator
from scalinglaws.theory.power_law_spectrum import input_variances
from scalinglaws.training.committee_descent import Pair, descend
from scalinglaws.training.session import Session


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """Train every (levels, seed) and record eps_g on the grid of alpha.

    Returns columns member, levels, seed, dimension, alpha, quantity ("eps_g"), value.
    """
    asked = as_record(Descents, settings)
    members, steps = members_of(asked), steps_of(asked)

    def pair(index: int) -> Pair:
        return drawn(asked, members[index])

    curves = descend(session, len(members), pair, asked.eta, steps, error_of_weights)
    shown = {"alpha": steps / asked.dimension, "quantity": "eps_g"}
    names = [member._asdict() for member in members]
    pairs = zip(names, curves, strict=True)
    return stack([{"member": member_name(m), **m, **shown, "value": c} for m, c in pairs])


def drawn(asked: Descents, member: Member) -> Pair:
    variances = input_variances(member.levels, asked.dimension, asked.beta)
    stream = partial(generator, asked.seed, PAPER, "committee_sgd", member._asdict())
    weights = draw_weights(asked, member.seed)
    return Pair(*weights, variances, lambda chunk: stream(f"examples {chunk}"))
