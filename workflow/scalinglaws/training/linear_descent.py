"""One-pass SGD of the linear student in the eigenbasis of its inputs: the loop shared by figures.

Worschech & Rosenow (arXiv 2410.09005), section 4, K = M = 1. Student and teacher enter only
through d = B - J: with x = xi / sqrt(N) an example changes d by -eta (d.x) x, and
eps_g = sum_k p_k d_k^2 / 2 with p_k = lambda_k / N, the variance of x_k. When only the first N_l
directions learn, the rest of d stays at its start. Members of one seed that differ in N_l see the
same examples: drawing these takes nearly all of the time.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np

from scalinglaws.canonical import member_name
from scalinglaws.experiments.committee.start import PAPER
from scalinglaws.streams import generator
from scalinglaws.training.one_pass import observation_steps
from scalinglaws.training.session import Session

Array = np.ndarray
Rows = list[dict[str, Any]]
State = dict[str, Array]

# Examples drawn from one generator: resuming at a chunk needs no generator state.
CHUNK = 8192
# Examples drawn at once; 128 x 1024 single-precision numbers stay in a core's cache.
SLAB = 128
UNTRAINED = 0  # n_trainable of rows that describe a seed before any member learns


@dataclass(frozen=True)
class Run:
    """One seed: all its members share start and examples.

    - `identity`: columns of the table that name the run; `seed` is one of them.
    - `shares`: (N,) p_k = lambda_k / N, sum 1. `start`: (N,) B - J before learning.
    - `scale`: (N,) factor of the coordinates that `fill` writes.
    - `fill`: (stream, slab) writes the next examples, (SLAB, N) float32, from a stream.
    - `stream`: names the stream of a chunk of examples.
    """

    identity: Mapping[str, Any]
    shares: Array
    start: Array
    scale: Array
    fill: Callable[[np.random.Generator, Array], None]
    stream: Callable[[str], np.random.Generator]


# Not cached on disk, as in committee_sgd; "reassoc" lets the sums over N use vector registers.
@numba.njit(fastmath={"reassoc", "contract", "nsz"})
def learn(errors: Array, trainable: Array, scale: Array, examples: Array, eta: float) -> None:
    """One SGD step of every member per row of `examples`; errors (members, N) in place."""
    members, dimension = errors.shape
    inputs = np.empty(dimension)
    for t in range(len(examples)):
        for j in range(dimension):
            inputs[j] = scale[j] * examples[t, j]
        for m in range(members):
            field = 0.0
            for j in range(dimension):
                field += errors[m, j] * inputs[j]
            step = eta * field
            for j in range(trainable[m]):
                errors[m, j] -= step * inputs[j]


def first_errors(settings: Mapping[str, Any], experiment: str, dimension: int, seed: int) -> Array:
    """B - J with teacher B ~ N(0, 1) and student J ~ N(0, sigma_J^2), (N,)."""
    identity = {"dimension": dimension, "seed": seed}
    stream = generator(settings["seed"], PAPER, experiment, identity, "weights")
    student, teacher = stream.standard_normal((2, dimension))
    return teacher - settings["sigma_j"] * student


def steps_of(settings: Mapping[str, Any], dimension: int) -> Array:
    """Numbers of examples after which eps_g is recorded, geometric in alpha."""
    grid = (settings["alpha_min"], settings["alpha_max"], settings["points"])
    return observation_steps(dimension, *grid)


def descend(settings: Mapping[str, Any], runs: Sequence[Run], session: Session) -> Rows:
    """Train every run, resuming where a kill left off; all runs have the same dimension.

    Returns row groups of columns member, *identity, n_trainable, direction, alpha, quantity,
    value. Quantities: "eps_g" per member along alpha (direction 0); "variance" (lambda_k) and
    "start_square" ((B_k - J_k)^2) per direction k of each run, with n_trainable and alpha 0.
    A diverged member is NaN from there on.
    """
    trainable = np.array(settings["trainable"])
    steps = steps_of(settings, len(runs[0].shares))
    state = session.load() or first_state(runs, trainable, len(steps))
    chunks = -(-int(steps[-1]) // CHUNK)
    for index in range(int(state["run"]), len(runs)):
        if index != int(state["run"]):
            state |= start_of(runs[index], index, len(trainable))
        for chunk in range(int(state["chunk"]), chunks):
            train_chunk(settings, runs[index], state, chunk, steps)
            state["chunk"] = np.array(chunk + 1)
            session.save(state)
            session.progress(index * chunks + chunk + 1, len(runs) * chunks)
    pairs = zip(runs, state["curves"], strict=True)
    return [part for run, curves in pairs for part in rows(run, trainable, steps, curves)]


def first_state(runs: Sequence[Run], trainable: Array, points: int) -> State:
    curves = np.full((len(runs), len(trainable), points), np.nan)
    return {"curves": curves, **start_of(runs[0], 0, len(trainable))}


def start_of(run: Run, index: int, members: int) -> State:
    errors = np.tile(run.start, (members, 1))
    return {"run": np.array(index), "chunk": np.array(0), "errors": errors}


def train_chunk(
    settings: Mapping[str, Any], run: Run, state: State, chunk: int, steps: Array
) -> None:
    """Train one run on its next chunk; errors and curves of the state change in place."""
    errors, curves = state["errors"], state["curves"][int(state["run"])]
    trainable, eta = np.array(settings["trainable"]), settings["eta"]
    stream = run.stream(f"examples {chunk}")
    slab = np.empty((SLAB, len(run.shares)), dtype=np.float32)
    end = min((chunk + 1) * CHUNK, int(steps[-1]))
    for begin in range(chunk * CHUNK, end, SLAB):
        run.fill(stream, slab)
        done, stop = begin, min(begin + SLAB, end)
        for point in np.flatnonzero((steps > begin) & (steps <= stop)):
            part = slab[done - begin : steps[point] - begin]
            learn(errors, trainable, run.scale, part, eta)
            curves[:, point] = observed_errors(errors, run.shares)
            done = int(steps[point])
        learn(errors, trainable, run.scale, slab[done - begin : stop - begin], eta)


def observed_errors(errors: Array, shares: Array) -> Array:
    """eps_g of each member, (members,); NaN where it has grown beyond every number."""
    with np.errstate(all="ignore"):
        # Not a matrix product: its rounding would depend on how many members there are.
        observed = np.sum(errors**2 * shares, axis=1) / 2
    return np.where(np.isfinite(observed), observed, np.nan)


def rows(run: Run, trainable: Array, steps: Array, curves: Array) -> Rows:
    dimension = len(run.shares)
    parts = [
        part(run, int(n), 0, steps / dimension, "eps_g", curve)
        for n, curve in zip(trainable, curves, strict=True)
    ]
    directions = np.arange(1, dimension + 1)
    described = (("variance", dimension * run.shares), ("start_square", run.start**2))
    return parts + [part(run, UNTRAINED, directions, 0.0, *one) for one in described]


def part(
    run: Run, n_trainable: int, direction: Any, alpha: Any, quantity: str, value: Array
) -> dict[str, Any]:
    identity = {**run.identity, "n_trainable": n_trainable}
    where = {"direction": direction, "alpha": alpha, "quantity": quantity, "value": value}
    return {"member": member_name(identity), **identity, **where}
