from scalinglaws.config import REPOSITORY, read_departures, read_paper
from scalinglaws.planning.plan import assemble, paper_of
from scalinglaws.planning.table import plan_table, total_cost


def test_the_plan_counts_the_jobs_of_a_run():
    jobs = total_cost(assemble({"scale": "quick"})).jobs
    assert f"take {jobs} jobs" in " ".join((REPOSITORY / "README.md").read_text().split())


def test_the_plan_says_how_many_jobs_a_cluster_sees():
    plan = assemble({"scale": "quick"})
    assert total_cost(plan).submissions == len(plan.blocks)
    assert plan_table(plan).endswith(f"\non a cluster {len(plan.blocks)} submissions")
    figure = total_cost(plan, ["damico2025_fig1"])
    assert 0 < figure.submissions < figure.jobs


def test_a_figure_names_the_departures_of_its_own_scale_alone():
    register = {entry["id"]: entry["scales"] for entry in read_departures()}
    for scale in ("quick", "workstation"):
        plan = assemble({"scale": scale})
        for name in plan.figures():
            named = read_paper(paper_of(name))["figures"][name]["departures"]
            expected = [entry for entry in named if scale in register[entry]]
            assert plan.figure(name)["departures"] == expected
    assert len(register) > len([one for one in register.values() if "quick" in one])
