import os
from pathlib import Path

import pytest

from scalinglaws.shell.environment import steady_environment

# Checks of the real files are collected only where a mirror that holds MNIST is named.
# As the command line sets them, so that the tests pass in a notebook and in a GPU shell too.
steady_environment()

REAL_MIRROR = Path(os.environ.get("SCALINGLAWS_MIRROR", "absent"))
HELD = (REAL_MIRROR / "MNIST" / "raw").is_dir()
collect_ignore = [] if HELD else ["unit/test_data_real_mirror.py"]


@pytest.fixture
def no_mirror(monkeypatch):
    monkeypatch.delenv("SCALINGLAWS_MIRROR", raising=False)
