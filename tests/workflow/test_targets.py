import json
import re

import pytest
import yaml
from repository import SOURCE, TINY, copy_repository, processor_seconds

from scalinglaws.config import checked_sizes, read_families, read_scale

PAPERS = ["bahri2021", "damico2025", "worschech2024"]
RECORDS = [
    yaml.safe_load((SOURCE / "config" / "papers" / f"{slug}.yaml").read_text()) for slug in PAPERS
]
FIGURES = [figure for record in RECORDS for figure in record["figures"]]
STAGES = ["all", "cards", "data", "figures", "findings", "ledger", "paper", "plan", "verify"]


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    return copy_repository(tmp_path_factory.mktemp("targets") / "repository")


def planned_jobs(output):
    """rule -> number of jobs of a dry run."""
    table = re.search(r"^job +count\n-[- ]+\n(.*?)\ntotal", output, re.S | re.M)
    assert table, output
    return {name: int(count) for name, count in re.findall(r"(\S+) +(\d+)", table[1])}


def test_every_figure_paper_and_stage_is_a_described_target(repository):
    listed = repository.snakemake("--list-target-rules").stdout
    described = dict(re.findall(r"^(\w+) \((.+)\)$", listed, re.M))
    for target in [*FIGURES, *PAPERS, *STAGES]:
        assert len(described[target]) > 10, target
        assert "\n" not in described[target]


def test_a_target_is_described_by_its_title_in_the_configuration(repository):
    listed = repository.snakemake("--list-target-rules").stdout
    assert "worschech2024_fig2 (Linear network: theory at any learning rate" in listed
    assert "bahri2021 (All figures of Bahri, Dyer, Kaplan, Lee, Sharma: Explaining neural" in listed


def test_rules_that_nobody_asks_for_by_name_are_not_listed_as_targets(repository):
    listed = re.findall(r"^(\w+)(?: |$)", repository.snakemake("--list-target-rules").stdout, re.M)
    assert sorted(listed) == sorted([*FIGURES, *PAPERS, *STAGES])


@pytest.mark.parametrize("paper", PAPERS)
def test_the_sizes_of_these_tests_are_such_as_the_schemas_allow(paper):
    sizes, families = read_scale("quick")[paper], read_families(paper)
    for experiment, changes in TINY[paper].items():
        assert set(changes) <= set(sizes[experiment]), experiment
        checked_sizes(families, experiment, {**sizes[experiment], **changes}, experiment)


def test_a_figure_plans_only_its_ancestors(repository):
    run = repository.snakemake("-n", "damico2025_fig1")
    assert run.returncode == 0, run.stdout
    touched = set(re.findall(r"results/quick/\w+/(bahri2021|damico2025|worschech2024)", run.stdout))
    assert touched == {"damico2025"}
    assert "cnn_curves" not in run.stdout
    assert planned_jobs(run.stdout)["draw_figure"] == 1


# A job costs one to three seconds beside its work: this many cost about two minutes on two cores.
def test_quick_stays_below_its_number_of_jobs(repository):
    assert sum(planned_jobs(repository.snakemake("-n").stdout).values()) <= 150


@pytest.mark.parametrize("scale", ["laptop", "workstation", "paper"])
def test_the_larger_scales_dry_run_in_time_and_number(repository, scale):
    # Processor time: beside other tests the clock runs for these too.
    began = processor_seconds()
    run = repository.snakemake("-n", "--config", f"scale={scale}")
    took = processor_seconds() - began
    assert run.returncode == 0, run.stdout[-2000:]
    assert sum(planned_jobs(run.stdout).values()) <= 1500
    assert took <= 15


def test_the_plan_says_what_each_scale_costs(repository):
    for scale in ("quick", "laptop", "workstation", "paper"):
        run = repository.verb("plan", "--scale", scale)
        assert re.search(rf"scale {scale}: about \d+ jobs, .* of core time", run.stdout), run.stdout


@pytest.mark.parametrize("kind", ["core", "gpu"])
def test_a_budget_below_the_cost_is_refused_before_anything_runs(repository, kind):
    run = repository.snakemake("-n", "--config", "scale=paper", f"budget_{kind}_hours=1")
    assert run.returncode != 0
    assert f"budget_{kind}_hours is 1 but scale paper is expected to take" in run.stdout


def test_the_scales_for_gpus_stay_within_their_hours(repository):
    for scale, hours in (("workstation", 12), ("paper", 600)):
        record = json.loads(repository.verb("plan", "--scale", scale, "--json").stdout)
        assert 1 < record["total"]["gpu_hours"] <= hours
        assert sorted(record["figures"]) == sorted(FIGURES)
        assert record["figures"]["bahri2021_fig3"]["gpu_hours"] > 0.5
        assert record["figures"]["worschech2024_fig1"]["gpu_hours"] == 0


def test_the_plan_of_a_figure_counts_the_jobs_of_its_dry_run(repository):
    figure = "bahri2021_fig3"
    for scale in ("quick", "workstation"):
        shown = repository.verb("plan", "--scale", scale, figure, "--json").stdout
        run = repository.snakemake("-n", figure, "--config", f"scale={scale}")
        assert json.loads(shown)["total"]["jobs"] == sum(planned_jobs(run.stdout).values())


def test_the_plan_names_every_departure_of_its_scale_at_the_width_of_a_terminal(repository):
    register = yaml.safe_load((repository.path / "config" / "departures.yaml").read_text())
    lines = repository.verb("plan", "--scale", "workstation").stdout.splitlines()
    for entry in register:
        named = any(line.startswith(f"{entry['id']} ") for line in lines)
        assert named == ("workstation" in entry["scales"]), entry["id"]
    assert max(map(len, lines)) <= 80


def test_a_name_that_is_no_figure_is_refused_with_the_nearest_one(repository):
    run = repository.verb("plan", "bahri2021_fig9")
    assert run.returncode == 2
    assert re.search("'bahri2021_fig9' is no figure .* did you mean bahri2021_fig", run.stdout)


def test_a_paper_that_is_left_out_says_so_when_asked_for(repository):
    run = repository.snakemake("-n", "damico2025_fig1", "--config", 'papers=["bahri2021"]')
    assert run.returncode != 0
    assert (
        "damico2025_fig1 belongs to damico2025, which config/config.yaml leaves out" in run.stdout
    )


def test_the_plan_record_counts_what_the_table_shows(repository, tmp_path):
    assert repository.verb("plan", "--output", str(tmp_path / "plan.json")).returncode == 0
    record = json.loads((tmp_path / "plan.json").read_text())
    assert record["members"] == sum(block["members"] for block in record["blocks"])
    total = sum(block["core_seconds"] for block in record["blocks"])
    assert record["core_hours"] == pytest.approx(total / 3600)
