"""SIGKILL of a whole run, at any instant: the same command goes on and ends with the same bytes."""

import pytest
from kills import KilledRuns, drawn, made
from repository import TINY, copy_repository

pytestmark = [pytest.mark.workflow, pytest.mark.slow]
FIGURE = "worschech2024_fig3"  # rests on data, theory and training
# Between last byte and rename, once of each kind of file.
WRITTEN = (
    *("*/data/*.npz", "*/data/*.json", "*/theory/*.parquet", "*/runs/*.parquet"),
    *("*/tables/*.parquet", "*/fits/*.json", "*/figures/*.png", "*/ledger/*.json"),
    *("*/replication.pdf", "*/manifest.json"),
)
IN_A_FIGURE = ("*/data/*.npz", "*/fits/*.json", "*/figures/*.png")


def small_repository(path):
    repository = copy_repository(path)
    repository.resize(TINY)
    repository.configure(papers=["worschech2024"])
    return repository


def undisturbed(path, *command):
    repository = small_repository(path)
    run = repository.verb(*command)
    assert run.returncode == 0, run.stdout[-3000:]
    return repository


def check_killed(path, straight, command, instants, between, fewest):
    killed = small_repository(path)
    runs = KilledRuns(
        killed, ("scalinglaws", *command), len(made(straight)), drawn(12, instants), between
    )
    status = runs.run()
    assert status == 0, runs.said[-1][-3000:]
    first, second = made(straight), made(killed)
    assert sorted(first) == sorted(second)  # nothing is missing, and nothing was left behind
    differing = [name for name in first if first[name].read_bytes() != second[name].read_bytes()]
    assert differing == []
    assert runs.between_kills() == len(between)
    assert runs.kills >= fewest
    for left in ("locks", "incomplete"):
        assert list(killed.path.glob(f".snakemake/{left}/*")) == []


def test_a_figure_whose_run_is_killed_four_times_has_the_same_bytes(tmp_path):
    command = ("reproduce", "--cores", "2", FIGURE)
    straight = undisturbed(tmp_path / "straight", *command)
    check_killed(tmp_path / "killed", straight, command, 1, IN_A_FIGURE, 4)


@pytest.mark.kills
def test_a_whole_run_that_is_killed_twenty_times_has_the_same_bytes(tmp_path):
    command = ("reproduce", "--cores", "2")
    straight = undisturbed(tmp_path / "straight", *command)
    # More than are asked for: the last ones may come after the end.
    check_killed(tmp_path / "killed", straight, command, 14, WRITTEN, 20)
