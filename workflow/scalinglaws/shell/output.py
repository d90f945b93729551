"""Standard output and error that fail in a sentence, or not at all."""

import contextlib
import io
import os
import sys
from collections.abc import Callable
from typing import Any, TextIO

from scalinglaws.errors import InputError


class ReaderGone(Exception):
    """Whoever read standard output has closed it."""


class OutputError(InputError):
    """Standard output takes nothing."""


class Output:
    """Standard output that fails in a sentence: closed, on a full device, or its reader gone."""

    def __init__(self, stream: TextIO | None) -> None:
        self.closed_from_start = stream is None
        self.stream = stream or io.StringIO()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def write(self, text: str) -> int:
        if self.closed_from_start:
            raise OutputError(cannot_write("it is closed"))
        return int(self.tried(self.stream.write, text))

    def flush(self) -> None:
        self.tried(self.stream.flush)

    def tried(self, act: Callable[..., Any], *arguments: str) -> Any:
        try:
            return act(*arguments)
        except BrokenPipeError:
            raise ReaderGone from None
        except OSError as problem:
            raise OutputError(cannot_write(problem.strerror)) from None


def cannot_write(reason: str | None) -> str:
    return (
        f"standard output cannot be written ({reason}); expected a terminal, a pipe or a file on a "
        "disk with room: direct it there and run the same command again."
    )


class Messages(Output):
    """Standard error: where nobody listens, nothing is said, and the work goes on."""

    def write(self, text: str) -> int:
        with contextlib.suppress(ReaderGone, OutputError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(ReaderGone, OutputError):
            super().flush()


def abandon_output() -> None:
    """Python would try the rest once more at its end and complain then."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
