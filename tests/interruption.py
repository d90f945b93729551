"""Runs that are killed part of the way and go on from the state that they had saved."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scalinglaws.columns import Columns
from scalinglaws.training.session import Session

Run = Callable[[Session], Columns]


class Killed(Exception):
    pass


class KilledAfterSaves(Session):
    """A session whose process dies right after a given number of saved states."""

    lives: int = 0

    def save(self, state: Any, force: bool = False) -> None:
        super().save(state, force)
        self.lives -= 1
        if self.lives == 0:
            raise Killed


class KilledAfterReports(Session):
    """A session whose process dies at the report of progress after a given number of them."""

    lives: int = 0

    def progress(self, done: float, total: float) -> None:
        if self.lives == 0:
            raise Killed
        self.lives -= 1


Fragile = KilledAfterSaves | KilledAfterReports


def resumed_after_saves(run: Run, folder: Path, saves: int) -> Columns:
    """What a run finds that was killed after so many saves and started again."""
    return resumed(run, folder, KilledAfterSaves(folder, "key", save_every=0), saves)


def resumed_after_reports(run: Run, folder: Path, reports: int) -> Columns:
    """The same, killed after so many reports of progress."""
    return resumed(run, folder, KilledAfterReports(folder, "key", save_every=0), reports)


def resumed(run: Run, folder: Path, session: Fragile, lives: int) -> Columns:
    session.lives = lives
    with pytest.raises(Killed):
        run(session)
    again = Session(folder, "key", save_every=0)
    assert again.load() is not None
    return run(again)


def same_bytes(first: Columns, second: Columns) -> bool:
    """The same columns in the same order, equal to the last bit."""
    return list(first) == list(second) and all(same_column(first[n], second[n]) for n in first)


def same_column(first: np.ndarray, second: np.ndarray) -> bool:
    # texts of another width hold the same letters in other bytes
    if first.dtype.kind == "U":
        return bool(np.array_equal(first, second))
    return first.dtype == second.dtype and first.tobytes() == second.tobytes()
