"""One-pass SGD of the linear student in the eigenbasis of its inputs: the loop shared by figures.

Worschech & Rosenow (arXiv 2410.09005), linear network, K = M = 1. Student and teacher enter only
through d = B - J: with x = xi / sqrt(N) an example changes d by -eta (d.x) x, and
eps_g = sum_k p_k d_k^2 / 2 with p_k = lambda_k / N, the variance of x_k. When only the first N_l
directions learn, the rest of d stays at its start. Members of one seed that differ in N_l see the
same examples: drawing these takes nearly all of the time.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numba
import numpy as np

from scalinglaws.canonical import member_name
from scalinglaws.training.one_pass import Pace, learn_chunk, train_in_turn
from scalinglaws.training.session import Session

Array = np.ndarray
Rows = list[dict[str, Any]]
State = dict[str, Array]

# 128 x 1024 single-precision numbers stay in a core's cache.
PACE = Pace(chunk=8192, slab=128)
UNTRAINED = 0  # n_trainable of rows that describe a seed before any member learns


class Course(NamedTuple):
    """What all runs share.

    - `trainable`: (members,) N_l. `eta`: learning rate.
    - `steps`: (points,) numbers of examples after which eps_g is recorded, increasing.
    """

    trainable: Array
    eta: float
    steps: Array


@dataclass(frozen=True)
class Run:
    """One seed: all its members share start and examples.

    - `identity`: columns of the table that name the run; `seed` is one of them.
    - `shares`: (N,) p_k = lambda_k / N, sum 1. `start`: (N,) B - J before learning.
    - `scale`: (N,) factor of the coordinates that `fill` writes.
    - `fill`: (stream, slab) writes the next examples, (slab, N) float32, from a stream.
    - `stream`: names the stream of a chunk of examples.
    """

    identity: Mapping[str, Any]
    shares: Array
    start: Array
    scale: Array
    fill: Callable[[np.random.Generator, Array], None]
    stream: Callable[[str], np.random.Generator]


# Not cached on disk: a kill while a cache is written could leave a broken one. "reassoc" lets the
# sums over N use vector registers.
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


def descend(course: Course, runs: Sequence[Run], session: Session) -> Rows:
    """Train every run, resuming where a kill left off; all runs have the same dimension.

    Returns row groups of columns member, *identity, n_trainable, direction, alpha, quantity,
    value. Quantities: "eps_g" per member along alpha (direction 0); "variance" (lambda_k) and
    "start_square" ((B_k - J_k)^2) per direction k of each run, with n_trainable and alpha 0.
    A diverged member is NaN from there on.
    """

    def start(index: int) -> State:
        return {"errors": np.tile(runs[index].start, (len(course.trainable), 1))}

    def train(state: State, index: int, chunk: int) -> None:
        train_chunk(course, runs[index], state["errors"], state["curves"][index], chunk)

    shape = (len(course.steps), len(course.trainable))
    chunks = PACE.chunks(course.steps)
    curves = train_in_turn(session, len(runs), chunks, start, train, shape)["curves"]
    pairs = zip(runs, curves, strict=True)
    return [part for run, curve in pairs for part in rows(course, run, curve.T)]


def train_chunk(course: Course, run: Run, errors: Array, curve: Array, chunk: int) -> None:
    """Train one run on its next chunk; errors and curve (points, members) change in place."""
    stream = run.stream(f"examples {chunk}")
    slab = np.empty((PACE.slab, len(run.shares)), dtype=np.float32)

    def step(part: slice) -> None:
        learn(errors, course.trainable, run.scale, slab[part], course.eta)

    def observe(point: int) -> None:
        curve[point] = observed_errors(errors, run.shares)

    learn_chunk(PACE, chunk, course.steps, lambda: run.fill(stream, slab), step, observe)


def observed_errors(errors: Array, shares: Array) -> Array:
    """eps_g of each member, (members,); NaN where it has grown beyond every number."""
    with np.errstate(all="ignore"):
        # Not a matrix product: its rounding would depend on how many members there are.
        observed = np.sum(errors**2 * shares, axis=1) / 2
    return np.where(np.isfinite(observed), observed, np.nan)


def rows(course: Course, run: Run, curves: Array) -> Rows:
    dimension = len(run.shares)
    parts = [
        part(run, int(n), 0, course.steps / dimension, "eps_g", curve)
        for n, curve in zip(course.trainable, curves, strict=True)
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
