import re

import pytest
from repository import TINY, copy_repository

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

FIGURE = "damico2025_appendix_mse"
RUNS = "runs/damico2025/perceptron_square/*.parquet"


def test_twice_the_samples_run_the_new_block_and_what_reads_it_alone(tmp_path):
    repository = copy_repository(tmp_path / "more")
    repository.resize(TINY)
    first = repository.snakemake("--cores", "2", FIGURE)
    assert first.returncode == 0, first.stdout[-3000:]
    before = repository.results(RUNS)
    assert list(before) == ["runs/damico2025/perceptron_square/samples0to3.parquet"]

    repository.resize({"damico2025": {"perceptron_square": {"samples": 8}}})
    planned = repository.snakemake("-n", FIGURE).stdout
    table = re.search(r"^job +count\n-[- ]+\n(.*?)\ntotal", planned, re.S | re.M)
    assert dict(re.findall(r"^(\w+) +(\d+)", table[1], re.M)) == {
        **{"train_block": "1", "collect_table": "1", "fit_curves": "1"},
        **{"draw_figure": "1", FIGURE: "1"},
    }
    assert "samples4to7" in planned
    second = repository.snakemake("--cores", "2", FIGURE)
    assert second.returncode == 0, second.stdout[-3000:]
    after = repository.results(RUNS)
    assert len(after) == 2
    assert before.items() <= after.items()
