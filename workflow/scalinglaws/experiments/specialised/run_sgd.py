"""One-pass SGD of the erf committee machine that starts beside its teacher, J = B + sigma_J noise.

Worschech & Rosenow (arXiv 2410.09005), figure 6: the specialised phase alone, every eigenvalue
distinct (L = N). eps_g is the quadratic form in J - B with the realised teacher: the sum over
overlaps cancels to 1e-14, and sigma_J = 1e-6 means eps_g of 1e-13.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from scalinglaws.canonical import member_name
from scalinglaws.columns import Columns, stack
from scalinglaws.data.dataset import Dataset
from scalinglaws.experiments.committee.run_sgd import learn
from scalinglaws.experiments.committee.start import PAPER, observation_steps
from scalinglaws.experiments.specialised.start import draw_deviation
from scalinglaws.streams import generator
from scalinglaws.theory.power_law_spectrum import input_variances
from scalinglaws.theory.specialised import quadratic_error
from scalinglaws.training.one_pass import train_in_turn
from scalinglaws.training.session import Session

CHUNK = 8192  # examples from one generator: resuming at a chunk needs no generator state
SLAB = 128  # examples drawn at once
State = dict[str, np.ndarray]
Identity = Mapping[str, Any]


def identities(settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Members of a block, in the order in which they are trained."""
    return [
        {"beta": beta, "seed": seed, "eta": settings["eta"]}
        for beta in settings["betas"]
        for seed in settings["seeds"]
    ]


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """Train every (beta, seed) and record eps_g on the grid of alpha.

    Returns columns member, beta, seed, eta, alpha, quantity ("eps_g"), value; a diverged member is
    NaN from where it diverged.
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


def first_weights(settings: Mapping[str, Any], identity: Identity) -> State:
    deviation, teacher = draw_deviation(settings, identity["seed"])
    return {"student": teacher + deviation, "teacher": teacher}


def train_chunk(
    state: State, settings: Mapping[str, Any], identity: Identity, chunk: int, steps: np.ndarray
) -> None:
    """Train one member on its next chunk; student and curves of the state change in place.

    The student itself is trained: rounding at 1e-16 of its weights is 1e-10 of J - B at 1e-6.
    """
    student, teacher = state["student"], state["teacher"]
    if not np.all(np.isfinite(student)):
        return  # diverged: its curve stays NaN from here on
    curve, dimension = state["curves"][int(state["member"])], settings["dimension"]
    variances = input_variances(dimension, dimension, identity["beta"])
    scale = np.sqrt(variances / dimension)
    stream = chunk_normals(settings, identity, chunk)
    slab = np.empty((SLAB, dimension), dtype=np.float32)
    end = min((chunk + 1) * CHUNK, int(steps[-1]))
    for begin in range(chunk * CHUNK, end, SLAB):
        stream.standard_normal(out=slab, dtype=np.float32)
        done, stop = begin, min(begin + SLAB, end)
        for point in np.flatnonzero((steps > begin) & (steps <= stop)):
            part = slice(done - begin, steps[point] - begin)
            learn(student, teacher, scale, slab[part], settings["eta"])
            curve[point] = quadratic_error(student - teacher, teacher, variances)
            done = int(steps[point])
        learn(student, teacher, scale, slab[done - begin : stop - begin], settings["eta"])


def chunk_normals(settings: Mapping[str, Any], identity: Identity, chunk: int) -> Any:
    """The generator of a member's chunk of examples."""
    purpose = f"examples {chunk}"
    return generator(settings["seed"], PAPER, "near_teacher_sgd", identity, purpose)


def table(
    settings: Mapping[str, Any],
    members: list[dict[str, Any]],
    steps: np.ndarray,
    curves: np.ndarray,
) -> Columns:
    alphas = steps / settings["dimension"]
    shown = {"alpha": alphas, "quantity": "eps_g"}
    pairs = zip(members, curves, strict=True)
    return stack([{"member": member_name(m), **m, **shown, "value": c} for m, c in pairs])
