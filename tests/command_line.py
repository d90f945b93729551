"""The command line as a user meets it: exit status and what is written to the two streams."""

import re
from collections.abc import Sequence
from typing import Any

import pytest

from scalinglaws.shell.cli import main


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[Any, Any]:
    """Exit status, and `out` and `err` as pytest captures them."""
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    return stop.value.code, capsys.readouterr()


def assert_refused(
    capsys: pytest.CaptureFixture[str], arguments: Sequence[str], named: str
) -> None:
    """Nothing is answered, and the error says what is wrong, without a traceback."""
    status, shown = answer(capsys, *arguments)
    assert status == 2
    assert shown.out == ""
    assert re.search(named, shown.err)
    assert "Traceback" not in shown.err


def options_of(asked: dict[str, str]) -> list[str]:
    return [f"{option}={value}" for option, value in asked.items()]
