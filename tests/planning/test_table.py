from scalinglaws.config import REPOSITORY
from scalinglaws.planning.plan import assemble
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
