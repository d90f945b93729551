"""A figure on a real disk: it fills up, has room again and turns read-only, run after run."""

import re
import shlex
import subprocess
import sys

import pytest
from repository import TINY, copy_repository

pytestmark = [pytest.mark.workflow, pytest.mark.slow]
FIGURE = "damico2025_appendix_mse"
LIST = "find results -type f -size +0 ! -path '*/logs/*' | sort"
CUT = "---8<---"


def private_mounts():
    """Whether this user may mount disks that nobody else sees."""
    command = ["unshare", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """What each command said, by its name."""
    if not private_mounts():
        pytest.skip("disks that fill up need user namespaces (unshare --map-root-user --mount)")
    repository = copy_repository(tmp_path_factory.mktemp("disks") / "repository")
    repository.resize(TINY)
    (repository.path / "results").mkdir()
    python = shlex.quote(sys.executable)
    reproduce = f"{python} -m scalinglaws reproduce --cores 2 {FIGURE}; echo status $?"
    parts = {
        "mounted": "mount -t tmpfs -o size=160k none results",
        "full": reproduce,
        "left": LIST,
        "freed": f"mount -o remount,size=64m results; {reproduce}",
        "made": LIST,
        "read-only results": f"mount -o remount,ro results; {reproduce}",
        "planned": f"{python} -m snakemake -n {FIGURE}; echo status $?",
        "still there": LIST,
        "read-only repository": 'mount --bind . .; mount -o remount,ro,bind .; cd "$PWD"; '
        + reproduce,
    }
    script = "\n".join(f"echo '{CUT}{name}'; {command}" for name, command in parts.items())
    command = ["unshare", "--map-root-user", "--mount", "sh", "-c", script]
    told = repository.run(command, timeout=900).stdout
    return dict(part.split("\n", 1) for part in told.split(CUT)[1:])


def test_a_full_disk_ends_in_one_sentence_and_keeps_what_is_whole(story):
    assert "status 1" in story["full"]
    assert re.search(
        r"^error: results/quick/\S+ could not be written \(No space left on device\); nothing was "
        r"left behind: free .* and run the same command again\.$",
        story["full"],
        re.M,
    )
    assert "Traceback" not in story["full"]
    assert f"figures/{FIGURE}" not in story["left"]
    assert "fits/damico2025/square_loss_laws.json" in story["left"]
    assert "/." not in story["left"]


def test_with_room_again_the_same_command_makes_what_is_lacking_and_no_more(story):
    assert "status 0" in story["freed"]
    assert "3 blocks are there already" in story["freed"]
    for kind in ("pdf", "png", "csv", "json"):
        assert f"figures/{FIGURE}.{kind}" in story["made"]


def test_read_only_results_can_be_planned_and_are_refused_in_one_sentence(story):
    assert "status 2" in story["read-only results"]
    sentence = r"^error: results/quick/logs/snakemake\.log could not be written \(Read-only"
    assert re.search(sentence, story["read-only results"], re.M)
    assert "status 0" in story["planned"]
    assert "Nothing to be done" in story["planned"]
    assert story["still there"] == story["made"]


def test_a_read_only_repository_is_refused_in_one_sentence(story):
    assert "status 2" in story["read-only repository"]
    said = story["read-only repository"].splitlines()
    assert len(said) == 2
    assert re.match(r"error: \S+reproduce\.lock could not be written \(Read-only", said[0])
