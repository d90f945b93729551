"""Overlaps of student and teacher units along training, for a realised random teacher.

arXiv 2410.09005, figure 4: R_in^(l) = (1/N) J_i Sigma^l B_n. Theory integrates the block overlaps
of the drawn weights, direct one-pass SGD trains these very weights.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from scalinglaws.canonical import member_name
from scalinglaws.columns import Columns, stack
from scalinglaws.data.dataset import Dataset
from scalinglaws.experiments.committee.settings import UnitOverlaps
from scalinglaws.experiments.committee.start import (
    PAPER,
    draw_weights,
    steps_of,
)
from scalinglaws.measures.committee import error_of_weights
from scalinglaws.records import as_record
from scalinglaws.streams import generator
from scalinglaws.theory.committee import realised_start, solve_overlaps
from scalinglaws.theory.power_law_spectrum import input_variances
from scalinglaws.training.committee_descent import Pair, descend
from scalinglaws.training.groups import arrays_in_turn
from scalinglaws.training.session import Session

NO_UNIT = -1  # eps_g belongs to no pair of units
Array = np.ndarray


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """Compute the members of one source, "theory" or "sgd".

    Returns columns member, source, seed, dimension, hidden, levels, student, teacher, order,
    alpha, quantity (overlap = R_in^(l) with order l; teacher_overlap = T_nm^(l), n under
    student, at alpha 0; eps_g with units -1 and order 0), value.
    """
    asked = as_record(UnitOverlaps, settings)
    if asked.source == "sgd":
        found = [*simulated(asked, session)]
    else:
        found = arrays_in_turn(asked.seed_range, partial(integrated, asked), session)
    pairs = zip(asked.seed_range, found, strict=True)
    return stack([part for seed, curves in pairs for part in rows(asked, seed, curves)])


def identity_of(asked: UnitOverlaps, seed: int) -> dict[str, Any]:
    shape = {"dimension": asked.dimension, "hidden": asked.hidden, "levels": asked.levels}
    return {"source": asked.source, "seed": seed, **shape}


def integrated(asked: UnitOverlaps, seed: int) -> Array:
    """eps_g and the overlaps of all orders and pairs, (points, 1 + orders K M)."""
    start = realised_start(*draw_weights(asked, seed), asked.levels)
    alphas = steps_of(asked) / asked.dimension
    found = solve_overlaps(start, alphas, asked.orders, beta=asked.beta, eta=asked.eta)
    return np.column_stack([found["eps_g"], found["overlaps"].reshape(len(alphas), -1)])


def simulated(asked: UnitOverlaps, session: Session) -> Array:
    """The same from one-pass SGD, (seeds, points, 1 + orders K M)."""

    def observed(student: Array, teacher: Array, variances: Array) -> Array:
        overlaps = overlaps_of_orders(student, teacher, variances, asked.orders)
        return np.append(error_of_weights(student, teacher, variances), overlaps)

    def pair(index: int) -> Pair:
        return drawn(asked, asked.seed_range[index])

    values = (1 + len(asked.orders) * asked.hidden**2,)
    size = (asked.seeds, pair, asked.eta, steps_of(asked))
    return descend(session, *size, observed, values)


def drawn(asked: UnitOverlaps, seed: int) -> Pair:
    variances = input_variances(asked.levels, asked.dimension, asked.beta)
    identity = identity_of(asked, seed)
    stream = partial(generator, asked.seed, PAPER, "committee_overlaps", identity)
    weights = draw_weights(asked, seed)
    return Pair(*weights, variances, lambda chunk: stream(f"examples {chunk}"))


def overlaps_of_orders(
    first: Array, second: Array, variances: Array, orders: Sequence[int]
) -> Array:
    """(1/N) first Sigma^l second^T for each order l, (orders, units, units)."""
    with np.errstate(all="ignore"):  # a diverged student overflows here; it becomes NaN
        found = [(first * variances**order) @ second.T / len(variances) for order in orders]
    return np.array(found)


def rows(asked: UnitOverlaps, seed: int, found: Array) -> list[dict[str, Any]]:
    """Groups of one seed; `found` is (points, 1 + orders K M)."""
    identity = identity_of(asked, seed)
    common, alphas = (
        {"member": member_name(identity), **identity},
        steps_of(asked) / asked.dimension,
    )
    nowhere = {"student": NO_UNIT, "teacher": NO_UNIT, "order": 0}
    curve = {"alpha": alphas, "quantity": "eps_g", "value": found[:, 0]}
    parts = [{**common, **nowhere, **curve}]
    _, teacher, variances, _ = drawn(asked, seed)
    norms = overlaps_of_orders(teacher, teacher, variances, asked.orders)
    for place, (o, i, n) in enumerate(np.ndindex(*norms.shape), start=1):
        pair = {**common, "student": i, "teacher": n, "order": asked.orders[o]}
        overlap = {"quantity": "overlap", "value": found[:, place]}
        parts.append({**pair, "alpha": alphas, **overlap})
        start = {"alpha": np.zeros(1), "quantity": "teacher_overlap"}
        parts.append({**pair, **start, "value": norms[o, i, n : n + 1]})
    return parts
