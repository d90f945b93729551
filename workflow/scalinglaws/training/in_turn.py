"""Members computed in turn, each as a whole: a resumed block goes on with the first not done."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from scalinglaws.training.session import Session

Member = TypeVar("Member")


def computed_in_turn(
    session: Session, members: Sequence[Member], compute: Callable[[Member], np.ndarray]
) -> list[np.ndarray]:
    """One array per member, saved as soon as it is there."""
    state = session.load() or {}
    for number, member in enumerate(members):
        if f"member{number}" not in state:
            state[f"member{number}"] = compute(member)
            session.save(state)
        session.progress(number + 1, len(members))
    return [state[f"member{number}"] for number in range(len(members))]
