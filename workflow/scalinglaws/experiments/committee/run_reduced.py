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
from scalinglaws.experiments.committee.start import (
    PAPER,
    draw_weights,
    identities,
    observation_steps,
)
from scalinglaws.measures.committee import generalisation_error
from scalinglaws.streams import seed_sequence
from scalinglaws.theory.power_law_spectrum import multiplicity
from scalinglaws.training.compiled_draws import first_state as first_bits
from scalinglaws.training.one_pass import train_in_turn
from scalinglaws.training.reduced_committee import (
    coordinates,
    draw_inputs,
    input_scales,
    learn_in_frames,
    room,
)
from scalinglaws.training.session import Session

# Examples drawn from one generator: resuming at a chunk needs no generator state.
CHUNK = 32768
SLAB = 256  # examples drawn at once: they stay in a core's cache
State = dict[str, np.ndarray]
Identity = Mapping[str, Any]


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """Train every (levels, seed) and record eps_g until it is below ``stop_error``.

    Returns columns member, levels, seed, dimension, alpha, quantity ("eps_g"), value. Rows end
    with the first alpha below ``stop_error``; a diverged member is NaN from there on.
    """
    members, steps = identities(settings), observation_steps(settings)

    def train_on(state: State, index: int, chunk: int) -> None:
        if not finished(settings, state):
            train_chunk(state, settings, members[index], chunk, steps)

    state = train_in_turn(
        session,
        len(members),
        -(-int(steps[-1]) // CHUNK),
        lambda index: first_weights(settings, members[index]),
        train_on,
        len(steps),
    )
    return table(settings, members, steps, state["curves"])


def first_weights(settings: Mapping[str, Any], identity: Identity) -> State:
    student, teacher = coordinates(
        *draw_weights(settings, identity["seed"]), levels=identity["levels"]
    )
    return {"student": student, "teacher": teacher}


def finished(settings: Mapping[str, Any], state: State) -> bool:
    """Below the last level asked for, or diverged: its curve stays NaN from here on."""
    reached = np.nanmin(np.append(state["curves"][int(state["member"])], np.inf))
    return bool(reached < settings["stop_error"] or not np.all(np.isfinite(state["student"])))


def train_chunk(
    state: State, settings: Mapping[str, Any], identity: Identity, chunk: int, steps: np.ndarray
) -> None:
    """Train one member on its next chunk; student and curves of the state change in place."""
    student, teacher = state["student"], state["teacher"]
    curve, levels = state["curves"][int(state["member"])], identity["levels"]
    scale = input_scales(levels, settings["beta"])
    rate = settings["eta"] * levels / settings["dimension"]
    axes = student.shape[1]
    freedom = multiplicity(levels, settings["dimension"]) - axes
    bits, normals, lengths = room(SLAB, axes, levels, freedom)
    stream = first_bits(chunk_stream(settings, identity, chunk))
    end = min((chunk + 1) * CHUNK, int(steps[-1]))
    for begin in range(chunk * CHUNK, end, SLAB):
        draw_inputs(stream, bits, freedom, normals, lengths)
        done, stop = begin, min(begin + SLAB, end)
        for point in np.flatnonzero((steps > begin) & (steps <= stop)):
            part = slice(done - begin, steps[point] - begin)
            learn_in_frames(student, teacher, scale, normals[part], lengths[part], rate)
            curve[point] = observed_error(student, teacher, scale)
            done = int(steps[point])
        part = slice(done - begin, stop - begin)
        learn_in_frames(student, teacher, scale, normals[part], lengths[part], rate)


def chunk_stream(settings: Mapping[str, Any], identity: Identity, chunk: int) -> Any:
    """The named stream of a member's chunk of examples."""
    purpose = f"examples {chunk}"
    return seed_sequence(settings["seed"], PAPER, "committee_reduced", identity, purpose)


def observed_error(student: np.ndarray, teacher: np.ndarray, scale: np.ndarray) -> float:
    """eps_g from the frames' coordinates (K, axes, L), (M, axes, L)."""
    with np.errstate(all="ignore"):  # a diverged student overflows here; its error is NaN
        fields = (np.concatenate([student, teacher]) * scale).reshape(-1, teacher[0].size)
        covariance = fields @ fields.T
    return generalisation_error(covariance, len(student))


def table(
    settings: Mapping[str, Any],
    members: list[dict[str, Any]],
    steps: np.ndarray,
    curves: np.ndarray,
) -> Columns:
    alphas = steps / settings["dimension"]
    parts = []
    for identity, curve in zip(members, curves, strict=True):
        below = np.flatnonzero(curve < settings["stop_error"])
        kept = slice(0, int(below[0]) + 1 if len(below) else len(curve))
        name = {"member": member_name(identity), **identity}
        parts.append({**name, "alpha": alphas[kept], "quantity": "eps_g", "value": curve[kept]})
    return stack(parts)
