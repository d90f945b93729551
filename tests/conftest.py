import os
import shutil
from pathlib import Path

import pytest

from scalinglaws import config
from scalinglaws.planning import machine
from scalinglaws.shell.environment import limit_threads, steady_environment

# As the command line sets them, so that the tests pass in a notebook and in a GPU shell too.
steady_environment()
limit_threads(1)
# Plans are those of the assumed machine: `make environment` has measured this one.
machine.CALIBRATION = Path(os.devnull) / "absent"

WHOLE_RUNS = Path(__file__).parent / "workflow"

# Checks of the real files are collected only where a mirror that holds MNIST is named.
REAL_MIRROR = Path(os.environ.get("SCALINGLAWS_MIRROR", "absent"))
HELD = (REAL_MIRROR / "MNIST" / "raw").is_dir()
collect_ignore = [] if HELD else ["data/test_data_real_mirror.py"]


def pytest_collection_modifyitems(items):
    """Files whose tests take minutes go first: begun last, the longest left one of two cores idle
    for more than a minute. The order counts where xdist keeps it (--no-loadscope-reorder).
    """
    items.sort(key=lambda item: not item.path.is_relative_to(WHOLE_RUNS))


@pytest.fixture
def no_mirror(monkeypatch):
    monkeypatch.delenv("SCALINGLAWS_MIRROR", raising=False)


@pytest.fixture
def own_config(tmp_path, monkeypatch):
    """A copy of config/ that a test may spoil or add to."""
    folder = tmp_path / "config"
    shutil.copytree(config.CONFIG, folder)
    monkeypatch.setattr(config, "CONFIG", folder)
    return folder


@pytest.fixture(scope="session")
def browser():
    """One for all tests of a process, which takes a second or two to start (tests/browser)."""
    import chromium

    if not chromium.AVAILABLE:
        pytest.skip(chromium.MISSING)
    with chromium.browser() as opened:
        yield opened
