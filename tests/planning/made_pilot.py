"""Pilots that tests make up: claims with known truths, and results folders for whole plans."""

import json

import numpy as np

from scalinglaws.claims.multiplicity import HOLM
from scalinglaws.claims.verdict import Band
from scalinglaws.config import read_claims
from scalinglaws.planning.chances import student
from scalinglaws.planning.pilot import Claim, Family, Part, piloted_of
from scalinglaws.planning.units import units_of
from scalinglaws.statistics.quantity import computed, quantity

BAND = Band(-0.15, 0.15, 0.15)
FAMILY = Family("paper", "all", HOLM)


def measured(truth, scatter, seeds, generator):
    """A quantity as a run of so many normal seeds finds it."""
    values = generator.normal(truth, scatter, seeds)
    return found(values.mean(), values.std(ddof=1) / np.sqrt(seeds), seeds)


def found(estimate, error, seeds, **facts):
    reach = student(0.95, seeds - 1) * error
    ends = (estimate - reach, estimate + reach)
    return quantity(estimate, ends, standard_error=error, n_points=5, n_seeds=seeds, **facts)


def part(pilot, planned, *, experiments=("runs",), name="fit.value", band=BAND):
    return Part(name, experiments, planned, piloted_of(pilot, band))


def claim(*parts, name="paper_one", primary=False, family=FAMILY):
    return Claim(name, "paper", family, primary, "figure", parts)


def write_pilot(folder, plan, *, scale="quick", seed=7):
    """Results with a fit for every quantity that claims name: on published values by default.

    Quantities of fits that read no experiment with seeds are deterministic.
    """
    (folder / "plan").mkdir(parents=True)
    sizes = {name: dict(request.sizes) for name, request in plan.requests.items()}
    ran = {"scale": scale, "seed": seed, "sizes": sizes}
    (folder / "plan" / "plan.json").write_text(json.dumps(ran))
    for paper, record in plan.papers.items():
        fits = {name: {} for name in record["fits"]}
        for one in read_claims(paper):
            for name in one["quantities"]:
                fit, _, key = name.partition(".")
                tables = record["fits"][fit]["tables"]
                counts = [units_of(plan.requests[table].sizes, key) for table in tables]
                count, value = max(count or 0 for count in counts), one["published"]
                error = max(one["margin"], 0.01) / 5
                fits[fit][key] = (
                    found(value, error, count) if any(counts) else computed(value, error)
                )
        (folder / "fits" / paper).mkdir(parents=True)
        for fit, quantities in fits.items():
            path = folder / "fits" / paper / f"{fit}.json"
            path.write_text(json.dumps({"header": {}, "quantities": quantities}))
    return folder
