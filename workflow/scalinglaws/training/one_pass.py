"""One-pass training of members in turn, in chunks of examples, resumable at every chunk.

A chunk's examples come from one generator, so that resuming needs no generator state; they are
drawn a slab at a time, which stays in a core's cache.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from scalinglaws.training.session import Session

State = dict[str, np.ndarray]


def train_in_turn(
    session: Session,
    members: int,
    chunks: int,
    first_weights: Callable[[int], State],
    train_chunk: Callable[[State, int, int], None],
    shape: tuple[int, ...],
) -> State:
    """Train every member through all its chunks; returns the last state.

    - ``first_weights(index)``: what a member starts from.
    - ``train_chunk(state, index, chunk)``: changes the state in place. Its random numbers come
      from a generator of that member and chunk, so that resuming needs no generator state.
    - ``shape``: of a member's curve, points first.

    The state holds the weights, ``curves`` (members, *shape), NaN until recorded, and ``member``
    and ``chunk``, the place to go on from.
    """

    def begin(curves: np.ndarray, index: int) -> State:
        places = {"curves": curves, "member": np.array(index), "chunk": np.array(0)}
        return first_weights(index) | places

    state = session.load() or begin(np.full((members, *shape), np.nan), 0)
    for index in range(int(state["member"]), members):
        if index != int(state["member"]):
            state = begin(state["curves"], index)
        for chunk in range(int(state["chunk"]), chunks):
            train_chunk(state, index, chunk)
            state["chunk"] = np.array(chunk + 1)
            session.save(state)
            session.progress(index * chunks + chunk + 1, members * chunks)
    return state


class Pace(NamedTuple):
    """Examples of one generator, and how many of them are drawn at once."""

    chunk: int
    slab: int

    def chunks(self, steps: np.ndarray) -> int:
        return -(-int(steps[-1]) // self.chunk)


def learn_chunk(
    pace: Pace,
    chunk: int,
    steps: np.ndarray,
    draw: Callable[[], object],
    learn: Callable[[slice], object],
    observe: Callable[[int], object],
) -> None:
    """Go through one chunk's examples, halting wherever a point of the curve is due.

    - ``steps``: (points,) numbers of examples after which ``observe(point)`` is called, ascending.
    - ``draw()``: the next slab, whole even where the chunk ends within it.
    - ``learn(part)``: one step per example of this part of the slab.
    """
    end = min((chunk + 1) * pace.chunk, int(steps[-1]))
    for begin in range(chunk * pace.chunk, end, pace.slab):
        draw()
        done, stop = begin, min(begin + pace.slab, end)
        for point in np.flatnonzero((steps > begin) & (steps <= stop)):
            learn(slice(done - begin, steps[point] - begin))
            observe(int(point))
            done = int(steps[point])
        learn(slice(done - begin, stop - begin))


def observation_steps(
    dimension: int, alpha_min: float, alpha_max: float, points: int
) -> np.ndarray:
    """Numbers of examples after which eps_g is recorded: geometric in alpha, all different.

    Always ``points`` of them, so that the theory's integrator is compiled for one length.
    """
    alphas = np.geomspace(alpha_min, alpha_max, points)
    steps = np.maximum(np.rint(alphas * dimension).astype(np.int64), 1)
    # Early abscissae may round to the same step; spread them over the following steps.
    order = np.arange(len(steps))
    return np.maximum.accumulate(steps - order) + order
