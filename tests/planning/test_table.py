from scalinglaws.config import REPOSITORY
from scalinglaws.planning.plan import assemble
from scalinglaws.planning.table import total_cost


def test_the_plan_counts_the_jobs_of_a_run():
    jobs = total_cost(assemble({"scale": "quick"})).jobs
    assert f"take {jobs} jobs" in " ".join((REPOSITORY / "README.md").read_text().split())
