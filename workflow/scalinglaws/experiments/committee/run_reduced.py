"""Seed ensembles of the erf committee machine by its exact reduced dynamics (arXiv 2410.09005).

Same law as committee_sgd, same first weights, a small fraction of the time: only the coordinates
of the weights in the blocks' frames are followed (scalinglaws.training.reduced_committee). A
member ends when eps_g falls below ``stop_error``: what is asked is when it leaves the plateau.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from scalinglaws.canonical import member_name
from scalinglaws.columns import Columns, stack
from scalinglaws.data.dataset import Dataset
from scalinglaws.experiments.committee.settings import ReducedDescents
from scalinglaws.experiments.committee.start import (
    PAPER,
    Member,
    draw_weights,
    members_of,
    steps_of,
)
from scalinglaws.measures.committee import generalisation_error
from scalinglaws.records import as_record
from scalinglaws.streams import seed_sequence
from scalinglaws.theory.power_law_spectrum import multiplicity
from scalinglaws.training.compiled_draws import first_state as first_bits
from scalinglaws.training.one_pass import Pace, State, learn_chunk, train_in_turn
from scalinglaws.training.reduced_committee import (
    coordinates,
    draw_inputs,
    input_scales,
    learn_in_frames,
    room,
)
from scalinglaws.training.session import Session

PACE = Pace(chunk=32768, slab=256)
Array = np.ndarray


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """Train every (levels, seed) and record eps_g until it is below ``stop_error``.

    Returns columns member, levels, seed, dimension, alpha, quantity ("eps_g"), value. Rows end
    with the first alpha below ``stop_error``; a diverged member is NaN from there on.
    """
    asked = as_record(ReducedDescents, settings)
    members, steps = members_of(asked), steps_of(asked)

    def first_weights(index: int) -> State:
        weights = draw_weights(asked, members[index].seed)
        student, teacher = coordinates(*weights, levels=members[index].levels)
        return {"student": student, "teacher": teacher}

    def train(state: State, index: int, chunk: int) -> None:
        curve = state["curves"][index]
        if not finished(asked, state["student"], curve):
            train_chunk(asked, members[index], state, chunk, steps, curve)

    chunks, shape = PACE.chunks(steps), (len(steps),)
    state = train_in_turn(session, len(members), chunks, first_weights, train, shape)
    pairs = zip(members, state["curves"], strict=True)
    return stack([rows(asked, member, steps, curve) for member, curve in pairs])


def finished(asked: ReducedDescents, student: Array, curve: Array) -> bool:
    """Below the last level asked for, or diverged: its curve stays NaN from here on."""
    reached = np.nanmin(np.append(curve, np.inf))
    return bool(reached < asked.stop_error or not np.all(np.isfinite(student)))


def train_chunk(
    asked: ReducedDescents, member: Member, state: State, chunk: int, steps: Array, curve: Array
) -> None:
    """Train one member on its next chunk; student and curve change in place."""
    student, teacher, levels = state["student"], state["teacher"], member.levels
    scale, axes = input_scales(levels, asked.beta), student.shape[1]
    rate = asked.eta * levels / asked.dimension
    freedom = multiplicity(levels, asked.dimension) - axes
    bits, normals, lengths = room(PACE.slab, axes, levels, freedom)
    name = (PAPER, "committee_reduced", member._asdict(), f"examples {chunk}")
    stream = first_bits(seed_sequence(asked.seed, *name))

    def learn(part: slice) -> None:
        learn_in_frames(student, teacher, scale, normals[part], lengths[part], rate)

    def observe(point: int) -> None:
        curve[point] = observed_error(student, teacher, scale)

    def draw() -> None:
        draw_inputs(stream, bits, freedom, normals, lengths)

    learn_chunk(PACE, chunk, steps, draw, learn, observe)


def observed_error(student: Array, teacher: Array, scale: Array) -> float:
    """eps_g from the frames' coordinates (K, axes, L), (M, axes, L)."""
    with np.errstate(all="ignore"):  # a diverged student overflows here; its error is NaN
        fields = (np.concatenate([student, teacher]) * scale).reshape(-1, teacher[0].size)
        covariance = fields @ fields.T
    return generalisation_error(covariance, len(student))


def rows(asked: ReducedDescents, member: Member, steps: Array, curve: Array) -> dict[str, Any]:
    below = np.flatnonzero(curve < asked.stop_error)
    kept = slice(0, int(below[0]) + 1 if len(below) else len(curve))
    identity, alphas = member._asdict(), steps[kept] / asked.dimension
    shown = {"alpha": alphas, "quantity": "eps_g", "value": curve[kept]}
    return {"member": member_name(identity), **identity, **shown}
