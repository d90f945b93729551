"""Overlaps of student and teacher units along training, for a realised random teacher.

arXiv 2410.09005, figure 4: R_in^(l) = (1/N) J_i Sigma^l B_n. Theory integrates the block overlaps
of the drawn weights, direct one-pass SGD trains these very weights.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from scalinglaws.canonical import member_name
from scalinglaws.columns import Columns, stack
from scalinglaws.data.dataset import Dataset
from scalinglaws.experiments.committee.run_sgd import CHUNK, SLAB, learn, observed_error
from scalinglaws.experiments.committee.start import (
    PAPER,
    block_overlaps,
    draw_weights,
    observation_steps,
)
from scalinglaws.streams import generator
from scalinglaws.theory.committee import Overlaps, solve_overlaps
from scalinglaws.theory.power_law_spectrum import input_variances
from scalinglaws.training.session import Session

NO_UNIT = -1  # eps_g belongs to no pair of units
Identity = Mapping[str, Any]


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """Compute the members of one source, "theory" or "sgd".

    Returns columns member, source, seed, dimension, hidden, levels, student, teacher, order,
    alpha, quantity (overlap = R_in^(l) with order l; teacher_overlap = T_nm^(l), n under
    student, at alpha 0; eps_g with units -1 and order 0), value.
    """
    members = identities(settings)
    if settings["source"] == "sgd":
        found = simulated(members, settings, session)
    else:
        found = integrated(members, settings, session)
    pairs = zip(members, found, strict=True)
    return stack([part for identity, of in pairs for part in rows(identity, settings, of)])


def identities(settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    shape = {key: settings[key] for key in ("dimension", "hidden", "levels")}
    return [{"source": settings["source"], "seed": seed, **shape} for seed in settings["seeds"]]


def integrated(
    members: list[dict[str, Any]], settings: Mapping[str, Any], session: Session
) -> list[dict[str, np.ndarray]]:
    state = session.load() or {}
    alphas = observation_steps(settings) / settings["dimension"]
    for number, identity in enumerate(members):
        if f"eps_g{number}" not in state:
            start = realised_overlaps(settings, identity["seed"])
            physics = {"beta": settings["beta"], "eta": settings["eta"]}
            found = solve_overlaps(start, alphas, settings["orders"], **physics)
            state |= {f"{name}{number}": values for name, values in found.items()}
            session.save(state)
        session.progress(number + 1, len(members))
    names = ("eps_g", "overlaps")
    return [{name: state[f"{name}{n}"] for name in names} for n in range(len(members))]


def realised_overlaps(settings: Mapping[str, Any], seed: int) -> Overlaps:
    """Block overlaps of the weights of this seed."""
    student, teacher = draw_weights(settings, seed)
    pairs = [(student, teacher), (student, student), (teacher, teacher)]
    return Overlaps(*(block_overlaps(*pair, settings["levels"]) for pair in pairs))


def simulated(
    members: list[dict[str, Any]], settings: Mapping[str, Any], session: Session
) -> list[dict[str, np.ndarray]]:
    steps = observation_steps(settings)
    chunks = -(-int(steps[-1]) // CHUNK)
    state = session.load() or empty_curves(len(members), len(steps), settings)
    for done in range(int(state["done"]), len(members) * chunks):
        number, chunk = divmod(done, chunks)
        if chunk == 0:
            state["student"] = draw_weights(settings, members[number]["seed"])[0]
        train_chunk(state, settings, members[number], number, chunk, steps)
        state["done"] = np.array(done + 1)
        session.save(state)
        session.progress(done + 1, len(members) * chunks)
    names = ("eps_g", "overlaps")
    return [{name: state[name][number] for name in names} for number in range(len(members))]


def empty_curves(members: int, points: int, settings: Mapping[str, Any]) -> dict[str, np.ndarray]:
    units, orders = settings["hidden"], len(settings["orders"])
    return {
        "done": np.array(0),
        "eps_g": np.full((members, points), np.nan),
        "overlaps": np.full((members, points, orders, units, units), np.nan),
    }


def train_chunk(
    state: dict[str, np.ndarray],
    settings: Mapping[str, Any],
    identity: Identity,
    number: int,
    chunk: int,
    steps: np.ndarray,
) -> None:
    """One member's next CHUNK examples; student and curves of the state change in place."""
    student = state["student"]
    if not np.all(np.isfinite(student)):
        return  # diverged: its curves stay NaN from here on
    _, teacher = draw_weights(settings, identity["seed"])
    variances = input_variances(settings["levels"], settings["dimension"], settings["beta"])
    scale = np.sqrt(variances / settings["dimension"])
    stream = generator(settings["seed"], PAPER, "committee_overlaps", identity, f"examples {chunk}")
    slab = np.empty((SLAB, settings["dimension"]), dtype=np.float32)
    end = min((chunk + 1) * CHUNK, int(steps[-1]))
    for begin in range(chunk * CHUNK, end, SLAB):
        stream.standard_normal(out=slab, dtype=np.float32)
        done, stop = begin, min(begin + SLAB, end)
        for point in np.flatnonzero((steps > begin) & (steps <= stop)):
            examples = slab[done - begin : steps[point] - begin]
            learn(student, teacher, scale, examples, settings["eta"])
            state["eps_g"][number, point] = observed_error(student, teacher, variances)
            orders = settings["orders"]
            state["overlaps"][number, point] = realised_orders(student, teacher, variances, orders)
            done = int(steps[point])
        learn(student, teacher, scale, slab[done - begin : stop - begin], settings["eta"])


def realised_orders(
    first: np.ndarray, second: np.ndarray, variances: np.ndarray, orders: list[int]
) -> np.ndarray:
    """(1/N) first Sigma^l second^T for each order l, (orders, units, units)."""
    with np.errstate(all="ignore"):  # a diverged student overflows here; it becomes NaN
        found = [(first * variances**order) @ second.T / len(variances) for order in orders]
    return np.array(found)


def rows(
    identity: Identity, settings: Mapping[str, Any], found: Mapping[str, np.ndarray]
) -> list[dict[str, Any]]:
    alphas = observation_steps(settings) / settings["dimension"]
    common = {"member": member_name(identity), **identity}
    nowhere = {"student": NO_UNIT, "teacher": NO_UNIT, "order": 0}
    curve = {"alpha": alphas, "quantity": "eps_g", "value": found["eps_g"]}
    parts = [{**common, **nowhere, **curve}]
    _, teacher = draw_weights(settings, identity["seed"])
    variances = input_variances(settings["levels"], settings["dimension"], settings["beta"])
    for place, order in enumerate(settings["orders"]):
        norms = realised_orders(teacher, teacher, variances, [order])[0]
        for i, n in np.ndindex(*norms.shape):
            pair = {**common, "student": i, "teacher": n, "order": order}
            overlap = {"quantity": "overlap", "value": found["overlaps"][:, place, i, n]}
            parts.append({**pair, "alpha": alphas, **overlap})
            start = {"alpha": np.zeros(1), "quantity": "teacher_overlap"}
            parts.append({**pair, **start, "value": norms[i, n : n + 1]})
    return parts
