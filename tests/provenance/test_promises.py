"""Promises C and D: other threads, other precision, other seeds, and the verdicts stay."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from block_settings import MLP_SCAN
from compared_runs import run
from made_data import made_digits
from planned_blocks import planned
from scalinglaws.curves.size_curves import curves
from scalinglaws.experiments.image_scans import run as image_scan
from scalinglaws.provenance.compare import compare
from scalinglaws.stations.block import compute, job_of
from scalinglaws.statistics.exponents import exponent_over_seeds
from scalinglaws.training.session import Session

SEEDS = 6
STUDENT = {
    **{"dimensions": [3], "data_sizes": [32, 64, 128, 256], "seeds": SEEDS},
    **{"seeds_per_block": SEEDS, "steps": 300, "evaluate_every": 100, "test_size": 200},
    **{"validation_size": 20, "teacher_width": 16, "student_width": 48},
}
IMAGES = {
    **MLP_SCAN,
    **{"data_sizes": [20, 40, 80], "seeds": SEEDS, "steps": 60, "evaluate_every": 30},
}


@pytest.fixture(autouse=True)
def one_thread_again():
    yield
    torch.set_num_threads(1)


def student(threads=1, **settings):
    """The exponent in D of a small teacher-student block."""
    (block,) = planned("teacher_student", **STUDENT)
    job = replace(job_of(block, []), threads=threads)
    columns, _ = compute(replace(job, settings={**job.settings, **settings}))
    return exponent(pd.DataFrame(columns), "test_loss_best", "data_size")


def images(**settings):
    """The same of small networks on pictures."""
    data = {"mnist5k": made_digits(160, 40)}
    columns = image_scan.run({**IMAGES, **settings}, data, Session())
    return exponent(pd.DataFrame(columns), "best_test_loss", "D")


def exponent(table, quantity, size):
    found = curves(table, quantity, size)
    return exponent_over_seeds(found.sizes, found.values, min_points=3)


@pytest.fixture(scope="module")
def one_student():
    return student()


def side_by_side(tmp_path, first, second):
    """Both judged by one claim that the first reproduces, by a margin of two interval widths."""
    low, high = first["interval"]
    claim = {"published": first["estimate"], "margin": 2 * (high - low)}
    folders = [run(tmp_path / str(n), slope=one, **claim) for n, one in enumerate((first, second))]
    found = compare(*folders)
    assert found.verdicts["damico2025_slope"][0] == "reproduced"
    return found


def test_two_threads_give_the_verdicts_of_one(tmp_path):
    short = {"steps": 60, "evaluate_every": 20}  # threads that wait for a busy core take long
    found = side_by_side(tmp_path, student(**short), student(threads=2, **short))
    assert found.agree
    assert set(found.verdicts["damico2025_slope"]) == {"reproduced"}
    assert abs(found.shifts[0].errors) < 0.05


def test_another_root_seed_gives_an_interval_that_overlaps(tmp_path, one_student):
    other = student(seed=77)
    found = side_by_side(tmp_path, one_student, other)
    assert found.agree
    assert found.shifts[0].errors != 0.0
    (low, high), (lowest, highest) = one_student["interval"], other["interval"]
    assert low <= highest
    assert lowest <= high


def test_another_law_is_no_other_seed(tmp_path, one_student):
    """What the tests beside this one must be able to find: in d = 12 the exponent is smaller."""
    found = side_by_side(tmp_path, one_student, student(seed=77, dimensions=[12]))
    assert not found.agree


def test_short_products_give_the_verdicts_of_long_ones(tmp_path):
    full, short = images(), images(precision="bf16")
    found = side_by_side(tmp_path, full, short)
    assert found.agree
    assert set(found.verdicts["damico2025_slope"]) == {"reproduced"}
    assert not np.isclose(full["estimate"], short["estimate"], rtol=1e-9)
