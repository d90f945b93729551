"""Work done group by group (members that share a cache-sized stack), resumable anywhere."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from scalinglaws.columns import Columns, stack
from scalinglaws.training.session import Session

Arrays = dict[str, np.ndarray]
Keep = Callable[[Callable[[], Arrays], float], None]
Group = TypeVar("Group")


def in_turn(
    groups: Sequence[Group],
    compute: Callable[[Group, Arrays, Keep], Arrays],
    session: Session,
) -> list[Arrays]:
    """Results of all groups, in order.

    `compute(group, inner, keep)` starts from `inner`, what it last passed to `keep` in an
    interrupted run (empty at first), and may call `keep(state, fraction done)` at any time.
    `state()` gives the arrays; it is called only when they are saved, because it waits for the GPU.
    """
    saved = session.load() or {}
    results = [under(saved, f"result{i}/") for i in range(int(saved.get("done", 0)))]
    inner = under(saved, "inner/")
    for number in range(len(results), len(groups)):
        # `number` is bound here: a closure would see that of the group that runs by then.
        def keep(state: Callable[[], Arrays], fraction: float, number: int = number) -> None:
            session.save(lambda: packed(results, state()))
            session.progress(number + fraction, len(groups))

        results.append(compute(groups[number], inner, keep))
        # What was saved inside a group is of that group alone.
        inner = {}
        session.save(lambda: packed(results, {}))
        session.progress(number + 1, len(groups))
    return results


def arrays_in_turn(
    members: Sequence[Group], compute: Callable[[Group], np.ndarray], session: Session
) -> list[np.ndarray]:
    """One array per member, each computed as a whole: saved as soon as it is there."""
    results = in_turn(members, lambda member, inner, keep: {"value": compute(member)}, session)
    return [result["value"] for result in results]


def tabulated(
    groups: Sequence[Group],
    compute: Callable[[Group, Arrays, Keep], Arrays],
    rows: Callable[[Group, Arrays], Iterable[Mapping[str, Any]]],
    session: Session,
) -> Columns:
    """`rows(group, result)` of all groups one after the other; `compute` as in `in_turn`."""
    results = in_turn(groups, compute, session)
    pairs = zip(groups, results, strict=True)
    return stack([row for group, result in pairs for row in rows(group, result)])


def packed(results: Sequence[Mapping[str, np.ndarray]], inner: Arrays) -> Arrays:
    state = {"done": np.array(len(results))}
    for number, result in enumerate(results):
        state.update({f"result{number}/{name}": value for name, value in result.items()})
    state.update({f"inner/{name}": value for name, value in inner.items()})
    return state


def under(state: Mapping[str, np.ndarray], prefix: str) -> Arrays:
    return {
        name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)
    }
