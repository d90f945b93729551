"""One-pass training of members in turn, in chunks of examples, resumable at every chunk."""

from collections.abc import Callable, Mapping

import numpy as np

from scalinglaws.training.session import Session

State = dict[str, np.ndarray]


def train_in_turn(
    session: Session,
    members: int,
    chunks: int,
    begin: Callable[[Mapping[str, np.ndarray], int], State],
    train_chunk: Callable[[State, int, int], None],
    start: Mapping[str, np.ndarray],
) -> State:
    """Train every member through all its chunks; returns the last state.

    - ``begin(state, index)``: the state in which a member starts; it keeps what is collected over
      members (curves) and sets ``member`` and ``chunk`` (0).
    - ``train_chunk(state, index, chunk)``: changes the state in place. Its random numbers come
      from a generator of that member and chunk, so that resuming needs no generator state.
    - ``start``: what is collected, before the first member.
    """
    state = session.load() or begin(start, 0)
    for index in range(int(state["member"]), members):
        if index != int(state["member"]):
            state = begin(state, index)
        for chunk in range(int(state["chunk"]), chunks):
            train_chunk(state, index, chunk)
            state["chunk"] = np.array(chunk + 1)
            session.save(state)
            session.progress(index * chunks + chunk + 1, members * chunks)
    return state
