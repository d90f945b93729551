import copy
import dataclasses
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from matplotlib.figure import Figure

from scalinglaws.figures import worschech2024_fig3
from scalinglaws.fits import feature_laws
from scalinglaws.planning.plan import assemble
from scalinglaws.planning.stale import stale_figures
from scalinglaws.stations import figure as figure_station
from scalinglaws.stations.fit import fit_curves

FIGURE = "worschech2024_fig3"  # draws two experiments; its fit reads a third one


def tables(plan, names):
    """What rule collect_table hands on, without rows."""
    found = {}
    for name in names:
        blocks = plan.table_digest(name).split(",")
        header = {"settings": {"blocks": blocks}, "datasets": {}, "diverged": [], "code": {}}
        found[name] = (pd.DataFrame(), header)
    return found


@pytest.fixture(scope="module")
def quick():
    return assemble({"scale": "quick"})


@pytest.fixture
def plan(quick, tmp_path, monkeypatch):
    """A plan whose figure has been made, by the stations that make it."""
    plan = quick
    record, entry = plan.figure(FIGURE), plan.papers["worschech2024"]["fits"]["feature_laws"]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(feature_laws, "fit", lambda frames, settings: {})
    drawing = SimpleNamespace(figure=Figure(), caption="", sheet=None)
    monkeypatch.setattr(worschech2024_fig3, "draw", lambda *arguments: drawing)
    monkeypatch.setattr(figure_station, "save_drawing", touch)
    fit = plan.fit_file("worschech2024", "feature_laws")
    fit_curves("feature_laws", tables(plan, entry["tables"]), entry["settings"], fit)
    stem = Path(plan.figure_files(FIGURE)[0]).with_suffix("")
    figure_station.draw_figure(FIGURE, tables(plan, record["tables"]), [fit], record, "quick", stem)
    return plan


def touch(drawing, *files):
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()


def refitted(plan, **changes):
    papers = copy.deepcopy(plan.papers)
    papers["worschech2024"]["fits"]["feature_laws"] |= changes
    return dataclasses.replace(plan, papers=papers)


def recut(plan, experiment):
    blocks = [
        dataclasses.replace(block, settings={**block.settings, "more": 1})
        if block.experiment == experiment
        else block
        for block in plan.blocks
    ]
    return dataclasses.replace(plan, blocks=tuple(blocks))


def told(plan):
    return "".join(stale_figures(plan, [FIGURE]))


def test_a_figure_just_made_is_up_to_date(plan):
    assert stale_figures(plan, [FIGURE]) == []
    assert told(recut(plan, "perceptron_descent")) == ""


def test_another_seed_makes_it_again(plan):
    assert "sizes or seed of feature_scaling, " in told(assemble({"scale": "quick", "seed": 7}))


@pytest.mark.parametrize("experiment", ["feature_scaling", "linear_theory"])
def test_other_sizes_make_it_again_also_where_only_its_fit_reads_them(plan, experiment):
    assert f"sizes or seed of {experiment} changed" in told(recut(plan, experiment))


def test_other_settings_of_its_fit_make_it_again(plan):
    settings = {**plan.papers["worschech2024"]["fits"]["feature_laws"]["settings"], "late": 0.25}
    text = "the entry of feature_laws in config/papers/worschech2024.yaml changed"
    assert text in told(refitted(plan, settings=settings))
    assert text in told(refitted(plan, tables=["feature_scaling"]))


def test_a_file_that_is_gone_is_named(plan):
    Path(f"results/quick/figures/{FIGURE}.csv").unlink()
    assert f"{FIGURE}.csv is gone" in told(plan)
