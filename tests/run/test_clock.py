"""What is done about files that are dated in the future."""

import os
import time

import pytest

from scalinglaws.errors import InputError
from scalinglaws.run.clock import SLACK, mend_times, modified

HOUR = 3600.0
RESULTS = (
    *("runs/p/e/b.parquet", "tables/p/e.parquet", "fits/p/f.json", "figures/f.pdf"),
    *("benchmarks/train_block/p/e/b.tsv", "figures/f.html", "ledger/p.json", "replication.pdf"),
)
AGAIN = {"figures/f.html", "ledger/p.json", "replication.pdf"}


@pytest.fixture
def repository(tmp_path):
    """Files dated an hour ahead, each one second after the one before, and one claim of now."""
    ahead = time.time() + HOUR
    places = ["config/claims/p.yaml", "results/data/d.npz", *(f"results/s/{x}" for x in RESULTS)]
    for number, place in enumerate(places):
        path = tmp_path / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (ahead + number, ahead + number))
    (tmp_path / "config" / "now.yaml").touch()
    return tmp_path


def times(repository):
    results = repository / "results" / "s"
    return {name: modified(results / name) for name in RESULTS}


def test_results_that_are_compared_by_content_keep_their_order_and_come_before_now(repository):
    told = mend_times(repository, repository / "results" / "s")
    assert "10 files were dated later than this machine's clock says" in told
    kept = [when for name, when in times(repository).items() if name not in AGAIN]
    data = modified(repository / "results/data/d.npz")
    assert data < kept[0]
    assert kept == sorted(set(kept))
    assert kept[-1] <= time.time()


def test_what_is_made_of_sources_is_older_than_any_of_them(repository):
    mend_times(repository, repository / "results" / "s")
    found = times(repository)
    for source in (repository / "config").rglob("*.yaml"):
        assert modified(source) <= time.time()
        assert all(found[name] < modified(source) for name in AGAIN)


def test_nothing_is_told_or_dated_where_the_clock_is_right(repository):
    mend_times(repository, repository / "results" / "s")
    before = times(repository)
    assert mend_times(repository, repository / "results" / "s") == ""
    assert times(repository) == before


def test_clocks_of_a_file_server_may_be_a_little_ahead(tmp_path):
    path = tmp_path / "results/s/ledger/p.json"
    path.parent.mkdir(parents=True)
    path.touch()
    when = time.time() + SLACK / 2
    os.utime(path, (when, when))
    assert mend_times(tmp_path, tmp_path / "results" / "s") == ""
    assert modified(path) == pytest.approx(when)


def test_a_time_that_may_not_be_set_is_one_sentence(repository, monkeypatch):
    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.utime", refuse)
    with pytest.raises(InputError, match=r"p\.yaml is dated later .* not permitted\); set the clo"):
        mend_times(repository, repository / "results" / "s")
