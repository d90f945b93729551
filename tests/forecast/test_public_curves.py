"""Forecasts of public learning curves: run where SCALINGLAWS_FORECAST_DATA names their folder."""

import os
import sys
from pathlib import Path

import pytest

PERFORMANCE = Path(__file__).parents[1] / "performance"
FOLDER = os.environ.get("SCALINGLAWS_FORECAST_DATA")


@pytest.fixture(scope="module")
def benchmark():
    sys.path.insert(0, str(PERFORMANCE))
    try:
        import forecasts
    finally:
        sys.path.remove(str(PERFORMANCE))
    return forecasts


@pytest.mark.slow
@pytest.mark.skipif(
    FOLDER is None,
    reason="public learning curves are no part of the project: name their folder in "
    "SCALINGLAWS_FORECAST_DATA, or run make benchmark-forecast DATA=FOLDER",
)
def test_every_bound_is_kept_on_public_curves(benchmark):
    rows = benchmark.table_of(Path(FOLDER))
    assert [row for row in rows if not row.kept] == []
    assert sum(row.least is not None or row.most is not None for row in rows) >= 20


def test_forecasts_of_offset_laws_are_nearly_as_good_as_the_plain_fit_that_is_right(benchmark):
    rows = {row.what: row for row in benchmark.synthetic_rows(curves=40)}
    for times in (2, 10):
        row = rows[f"synthetic offset laws, {times} times the last x: error / plain offset's"]
        assert row.most == 1.5
        assert row.kept
