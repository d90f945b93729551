"""Times that are promised: the plan's work shared among cores and cards."""

from dataclasses import replace

import pytest

from scalinglaws.planning import spans
from scalinglaws.planning.machine import assumed
from scalinglaws.planning.plan import assemble
from scalinglaws.planning.spans import OVERHEAD, on_what, span, span_lines, target_span


@pytest.fixture(scope="module")
def plan():
    return assemble({"scale": "quick"})


def sized(plan, seconds, threads=1):
    block = next(block for block in plan.blocks if not block.gpu)
    slow = plan.machine.slowness[block.kernel]
    return replace(block, core_seconds=seconds * threads / slow, threads=threads)


def test_cores_share_the_work_and_each_job_costs_its_start(plan):
    blocks = [sized(plan, 100.0) for _ in range(4)]
    found = span(plan.machine, blocks, jobs=10, cores=2, gpus=0)
    assert found.seconds == pytest.approx((4 * 100 + 10 * OVERHEAD) / 2)


def test_no_number_of_cores_is_faster_than_the_longest_block(plan):
    blocks = [sized(plan, 500.0), sized(plan, 10.0)]
    assert span(plan.machine, blocks, jobs=2, cores=64, gpus=0).seconds == pytest.approx(500.0)


def test_a_block_of_two_threads_keeps_two_cores(plan):
    blocks = [sized(plan, 100.0, threads=2) for _ in range(3)]
    assert span(plan.machine, blocks, 0, 2, 0).seconds == pytest.approx(300.0)


def test_without_a_card_the_hours_of_one_are_told():
    plan = assemble({"scale": "workstation"})
    without, one, two = (target_span(plan, (), 8, gpus) for gpus in (0, 1, 2))
    assert without.text() == f"{without.gpu_hours:.0f} GPU hours"
    assert without.gpu_hours * 3600 == pytest.approx(one.seconds)
    assert two.seconds < one.seconds


def test_a_figure_takes_no_longer_than_its_paper_and_that_than_all(plan):
    times = [target_span(plan, names, 2, 0) for names in (["damico2025_fig1"], ["damico2025"], ())]
    assert 0 < times[0].seconds < times[1].seconds < times[2].seconds


def test_a_calibrated_machine_of_half_the_speed_takes_twice_the_work(plan):
    machine = assumed()
    slowness = {name: 2 * value for name, value in machine.slowness.items()}
    slow = replace(machine, slowness=slowness, told="calibrated")
    fast, late = (span(one, plan.blocks, 0, 2, 0).seconds for one in (machine, slow))
    assert late == pytest.approx(2 * fast)
    assert on_what(slow, 2, 1) == "2 cores, 1 GPU, as calibrated"
    assert on_what(machine, 1, 0) == f"1 core, {spans.UNMEASURED}"


def test_the_lines_name_every_scale_and_paper_and_two_figures(plan):
    laptop = assemble({"scale": "laptop"})
    lines = "\n".join(span_lines([plan, laptop], 2, 0))
    assert "make reproduce SCALE=quick" in lines
    assert "make reproduce SCALE=laptop" in lines
    assert all(f"snakemake --cores all {paper} " in lines for paper in plan.papers)
    assert target_span(plan, (), 2, 0).text() in lines
    quickest = min(target_span(plan, [name], 2, 0).seconds for name in plan.figures())
    assert f"of itself: {spans.duration(quickest)} (" in lines
