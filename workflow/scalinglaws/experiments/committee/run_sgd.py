"""Direct one-pass SGD of the erf committee machine with power-law inputs.

Worschech & Rosenow (arXiv 2410.09005), figure 1. Each example is used once:
J_i <- J_i + (eta / sqrt N) delta_i xi with delta_i = (sqrt(M)/K) g'(x_i) (zeta - sigma), M = K.
eps_g is not estimated from test examples but computed from the realised overlaps.
"""

import math
from collections.abc import Mapping
from typing import Any

import numba
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
from scalinglaws.measures.committee import first_overlaps, generalisation_error
from scalinglaws.streams import generator
from scalinglaws.theory.power_law_spectrum import input_variances
from scalinglaws.training.one_pass import train_in_turn
from scalinglaws.training.session import Session

# Examples drawn from one generator: resuming at a chunk needs no generator state. A larger chunk
# would lose more on a kill, a smaller one would spend its time on seeding (30 us each).
CHUNK = 8192
# Examples drawn at once; 128 x 1024 single-precision numbers stay in a core's cache.
SLAB = 128


# Not cached on disk: compilation takes 0.7 s, and a kill while a cache is written or a read-only
# installation would cost more. "reassoc" lets the sums over N use vector registers (10x).
@numba.njit(fastmath={"reassoc", "contract", "nsz"})
def learn(
    student: np.ndarray,
    teacher: np.ndarray,
    scale: np.ndarray,
    normals: np.ndarray,
    eta: float,
) -> None:
    """One SGD step per row of `normals`, in place; scale = sqrt(lambda / N), (N,)."""
    hidden, dimension = student.shape
    units = teacher.shape[0]
    gain = math.sqrt(units) / hidden
    inputs = np.empty(dimension)
    fields = np.empty(hidden)
    for t in range(len(normals)):
        for j in range(dimension):
            inputs[j] = scale[j] * normals[t, j]
        error = 0.0
        for n in range(units):
            field = 0.0
            for j in range(dimension):
                field += teacher[n, j] * inputs[j]
            error += math.erf(field / math.sqrt(2.0)) / math.sqrt(units)
        for i in range(hidden):
            field = 0.0
            for j in range(dimension):
                field += student[i, j] * inputs[j]
            fields[i] = field
            error -= gain * math.erf(field / math.sqrt(2.0))
        for i in range(hidden):
            slope = math.sqrt(2.0 / math.pi) * math.exp(-0.5 * fields[i] * fields[i])
            step = eta * gain * slope * error
            for j in range(dimension):
                student[i, j] += step * inputs[j]


def chunk_normals(settings: Mapping[str, Any], identity: Mapping[str, Any], chunk: int) -> Any:
    """The generator of a member's chunk of examples."""
    return generator(settings["seed"], PAPER, "committee_sgd", identity, f"examples {chunk}")


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """Train every (levels, seed) and record eps_g on the grid of alpha.

    Returns columns member, levels, seed, dimension, alpha, quantity ("eps_g"), value.
    """
    members, steps = identities(settings), observation_steps(settings)
    state = train_in_turn(
        session,
        len(members),
        -(-int(steps[-1]) // CHUNK),
        lambda index: first_weights(settings, members[index]),
        lambda state, index, chunk: train_chunk(state, settings, members[index], chunk, steps),
        len(steps),
    )
    return table(settings, members, steps, state["curves"])


def first_weights(
    settings: Mapping[str, Any], identity: Mapping[str, Any]
) -> dict[str, np.ndarray]:
    return {"student": draw_weights(settings, identity["seed"])[0]}


def train_chunk(
    state: Mapping[str, np.ndarray],
    settings: Mapping[str, Any],
    identity: Mapping[str, Any],
    chunk: int,
    steps: np.ndarray,
) -> None:
    """Train one member on its next chunk; student and curves of the state change in place."""
    student, curve = state["student"], state["curves"][int(state["member"])]
    if not np.all(np.isfinite(student)):
        return  # diverged: its curve stays NaN from here on
    _, teacher = draw_weights(settings, identity["seed"])
    variances = input_variances(identity["levels"], settings["dimension"], settings["beta"])
    scale = np.sqrt(variances / settings["dimension"])
    stream = chunk_normals(settings, identity, chunk)
    slab = np.empty((SLAB, settings["dimension"]), dtype=np.float32)
    eta = settings["eta"]
    end = min((chunk + 1) * CHUNK, int(steps[-1]))
    for begin in range(chunk * CHUNK, end, SLAB):
        stream.standard_normal(out=slab, dtype=np.float32)
        done, stop = begin, min(begin + SLAB, end)
        for point in np.flatnonzero((steps > begin) & (steps <= stop)):
            learn(
                student, teacher, scale, slab[done - begin : steps[point] - begin], settings["eta"]
            )
            curve[point] = observed_error(student, teacher, variances)
            done = int(steps[point])
        learn(student, teacher, scale, slab[done - begin : stop - begin], eta)


def observed_error(student: np.ndarray, teacher: np.ndarray, variances: np.ndarray) -> float:
    with np.errstate(all="ignore"):  # a diverged student overflows here; its error is NaN
        covariance = first_overlaps(student, teacher, variances)
    return generalisation_error(covariance, len(student))


def table(
    settings: Mapping[str, Any],
    members: list[dict[str, Any]],
    steps: np.ndarray,
    curves: np.ndarray,
) -> Columns:
    return stack(
        [
            {
                "member": member_name(identity),
                **identity,
                "alpha": steps / settings["dimension"],
                "quantity": "eps_g",
                "value": curve,
            }
            for identity, curve in zip(members, curves, strict=True)
        ]
    )
