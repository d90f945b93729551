"""One-pass training of members in turn, in chunks of examples, resumable at every chunk."""

from collections.abc import Callable

import numpy as np

from scalinglaws.training.session import Session

State = dict[str, np.ndarray]


def train_in_turn(
    session: Session,
    members: int,
    chunks: int,
    first_weights: Callable[[int], State],
    train_chunk: Callable[[State, int, int], None],
    points: int,
) -> State:
    """Train every member through all its chunks; returns the last state.

    - ``first_weights(index)``: what a member starts from.
    - ``train_chunk(state, index, chunk)``: changes the state in place. Its random numbers come
      from a generator of that member and chunk, so that resuming needs no generator state.
    - ``points``: length of a member's curve.

    The state holds the weights, ``curves`` (members, points), NaN until recorded, and ``member``
    and ``chunk``, the place to go on from.
    """

    def begin(curves: np.ndarray, index: int) -> State:
        places = {"curves": curves, "member": np.array(index), "chunk": np.array(0)}
        return first_weights(index) | places

    state = session.load() or begin(np.full((members, points), np.nan), 0)
    for index in range(int(state["member"]), members):
        if index != int(state["member"]):
            state = begin(state["curves"], index)
        for chunk in range(int(state["chunk"]), chunks):
            train_chunk(state, index, chunk)
            state["chunk"] = np.array(chunk + 1)
            session.save(state)
            session.progress(index * chunks + chunk + 1, members * chunks)
    return state
