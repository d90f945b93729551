import chromium
import pytest


@pytest.fixture(scope="session")
def browser():
    """One for all tests of a process, which takes a second or two to start."""
    if not chromium.AVAILABLE:
        pytest.skip(chromium.MISSING)
    with chromium.browser() as opened:
        yield opened
