"""What a running block may use of the outside world: its saved state, its progress, its threads."""

import contextlib
import io
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from scalinglaws.files import write_whole

State = dict[str, np.ndarray]


@dataclass
class Session:
    """Passed to every experiment's ``run``.

    Arguments:
    - `state_folder`: where resumable state lives; None keeps nothing (tests, verification).
    - `key`: block digest with code digest; state with another key is ignored.
    - `threads`: how many threads numerical libraries may use.
    - `device`: "cpu" or "cuda"; `precision`: of the block's products. A state is resumed on the
      device and in the precision that made it: another goes on to other numbers.
    - `save_every`: least seconds between two saved states; a state that takes long to write is
      saved less often, so that saving stays below 2 % of the time.
    """

    state_folder: Path | None = None
    key: str = ""
    threads: int = 1
    device: str = "cpu"
    precision: str = "float32"
    save_every: float = 1.0
    saving_took: float = 0.0
    saved_at: float = field(default_factory=time.monotonic)
    shown_at: float = 0.0
    resumed: bool = False
    count: int | None = None

    def load(self) -> State | None:
        """The newest whole state of this very block, or None. Torn or foreign files are ignored."""
        states = [self.read_generation(path) for path in self.generations()]
        whole = [state for state in states if state is not None]
        if not whole:
            self.tell_of_others()
            return None
        newest = max(whole, key=lambda state: int(state["_count"]))
        if not self.resumed:
            print(f"resuming from saved state {int(newest['_count'])}", file=sys.stderr)
            self.resumed = True
        return newest

    def tell_of_others(self) -> None:
        """Say in one sentence that states made otherwise wait here; they are left alone."""
        own = {path.name for path in self.generations()}
        others = [path.name for path in self.saved_files() if path.name not in own]
        if others:
            print(
                f"{self.state_folder} holds {', '.join(others)}, saved on another device or in "
                f"another precision than this run's ({self.device}, {self.precision}), which "
                "starts anew: stop it and go back to the former setting to go on from there.",
                file=sys.stderr,
            )

    def save(
        self,
        state: Mapping[str, np.ndarray] | Callable[[], Mapping[str, np.ndarray]],
        force: bool = False,
    ) -> None:
        """Save the state if it is time; two generations, so a kill while writing loses one at most.

        What is saved must let the run go on to byte-identical results. A function is called for it
        only if it is saved.
        """
        if self.state_folder is None:
            return
        began = time.monotonic()
        if not force and began - self.saved_at < max(self.save_every, 50 * self.saving_took):
            return
        self.count = 1 + (self.newest_count() if self.count is None else self.count)
        content: dict[str, Any] = {
            **(state() if callable(state) else state),
            "_count": np.array(self.count),
            "_key": np.array(self.key),
        }
        buffer = io.BytesIO()
        np.savez(buffer, **content)
        # In turn: whatever happens to the file that is written, the other is a whole state.
        write_whole(self.generations()[self.count % 2], buffer.getvalue())
        self.saved_at = time.monotonic()
        # save_every = 0 asks for every state (tests); otherwise the cost sets the pace.
        self.saving_took = self.saved_at - began if self.save_every else 0.0

    def newest_count(self) -> int:
        states = [self.read_generation(path) for path in self.generations()]
        return max((int(state["_count"]) for state in states if state is not None), default=0)

    def progress(self, done: float, total: float) -> None:
        """Tell watchers how far the block is (at most once a second); never affects results."""
        now = time.monotonic()
        if self.state_folder is None or (now - self.shown_at < 1.0 and done < total):
            return
        self.shown_at = now
        message = {"done": float(done), "total": float(total), "pid": os.getpid()}
        # A torn or missing progress file harms nobody: watchers skip what they cannot read.
        with contextlib.suppress(OSError):
            self.state_folder.mkdir(parents=True, exist_ok=True)
            (self.state_folder / "progress.json").write_text(json.dumps(message))

    def clear(self) -> None:
        """Remove the state after the result has been written."""
        if self.state_folder is None or not self.state_folder.exists():
            return
        for path in [*self.saved_files(), self.state_folder / "progress.json"]:
            path.unlink(missing_ok=True)
        if not any(self.state_folder.iterdir()):
            self.state_folder.rmdir()

    def generations(self) -> list[Path]:
        if self.state_folder is None:
            return []
        made = f"{self.device}_{self.precision}"
        return [self.state_folder / f"state_{made}_{number}.npz" for number in (0, 1)]

    def saved_files(self) -> list[Path]:
        """States of this folder, whatever made them."""
        return sorted(self.state_folder.glob("state_*.npz")) if self.state_folder else []

    def read_generation(self, path: Path) -> State | None:
        try:
            # From bytes: numpy leaves a torn file open behind its error.
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as archive:
                state = {name: archive[name] for name in archive.files}
        except Exception:  # missing, torn or not ours: the block starts from the other one
            return None
        return state if str(state.get("_key")) == self.key else None
