import importlib
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from layout import clashes, texts_of
from matplotlib.colors import to_hex

from made_curves import made_table, released_table
from released_arrays import RELEASED_SETS
from scalinglaws.config import read_paper
from scalinglaws.curves.norm_curves import Means, Runs, released_means, released_set
from scalinglaws.document.numbers import gather_numbers
from scalinglaws.figures.network_panels import (
    LETTERS,
    Pair,
    readable_together,
    rows_apart,
    size_colour,
)
from scalinglaws.figures.short_axes import short_axis_ticks
from scalinglaws.figures.style import (
    FEW_SEEDS,
    NARROW,
    PLOTTED,
    WIDE,
    new_figure,
    points_of_seeds,
)

PAPER = read_paper("damico2025")
FIGURES = (
    *("damico2025_fig3", "damico2025_fig4", "damico2025_table1"),
    *("damico2025_appendix_optimum", "damico2025_appendix_time", "damico2025_appendix_decay"),
    *("damico2025_appendix_sgd", "damico2025_appendix_norms", "damico2025_extra_protocol"),
    "damico2025_extra_audit",
)
FITS = (
    *("implicit_bias_laws", "variant_laws", "released_laws", "released_refit"),
    *("protocol_agreement", "same_sizes"),
)


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    """As at quick: digits only; the authors' sets are all there."""
    sizes = (125, 250, 500, 1000)
    return {
        "cnn_curves": made_table(["CNN_MNIST"], noise=0.05, seeds=2, sizes=sizes),
        "resnet_curves": made_table(["ResNet_MNIST"], noise=0.05, seeds=2, sizes=sizes),
        "vit_curves": made_table(["ViT_MNIST"], noise=0.05, seeds=2, sizes=sizes),
        "sgd_curves": made_table(["CNN_MNIST"], seeds=2, sizes=sizes),
        "decay_curves": made_table(["CNN_MNIST"], seeds=2, sizes=sizes, decays=(1e-3, 3e-4, 1e-4)),
        "protocol_curves": made_table(["CNN_MNIST"], seeds=2, sizes=(750, 1500)),
        "released_curves": released_table(*RELEASED_SETS),
    }


@pytest.fixture(scope="module")
def fits(tables: dict[str, pd.DataFrame]) -> dict[str, dict[str, Any]]:
    found = {}
    for name in FITS:
        module = importlib.import_module(f"scalinglaws.fits.{name}")
        settings = PAPER["fits"][name]["settings"]
        fewer = {"draws": 50} if "draws" in settings else {}
        found[name] = module.fit(tables, {**settings, **fewer})
    return found


def drawing(figure: str, tables: dict[str, pd.DataFrame], fits: dict[str, Any]) -> Any:
    """Each figure gets the tables and fits that the configuration names, nothing else."""
    record = PAPER["figures"][figure]
    module = importlib.import_module(f"scalinglaws.figures.{figure}")
    return module.draw(
        {name: tables[name] for name in record["tables"]},
        {name: fits[name] for name in record["fits"]},
        record["settings"],
    )


@pytest.mark.parametrize("figure", FIGURES)
def test_every_network_figure_is_drawn_from_what_the_configuration_names(
    figure: str, tables: dict[str, pd.DataFrame], fits: dict[str, Any]
) -> None:
    found = drawing(figure, tables, fits)
    assert list(found.plotted.columns) == PLOTTED
    assert len(found.plotted)
    assert "nan" not in found.caption


def test_lines_are_the_released_curves_and_points_ours(
    tables: dict[str, pd.DataFrame], fits: dict[str, Any]
) -> None:
    found = drawing("damico2025_fig3", tables, fits)
    axes = found.figure.axes[0]
    means = released_means(released_set(tables["released_curves"], "CNN_MNIST"))
    line = axes.lines[0]
    seen = np.isfinite(means.errors[0])
    np.testing.assert_array_equal(line.get_xdata(), means.grid[seen])
    np.testing.assert_array_equal(line.get_ydata(), means.errors[0, seen])
    assert to_hex(line.get_color()) == size_colour(means.sizes[0])
    points = [line for line in axes.lines if line.get_marker() == "o"]
    assert len(points) == 4  # one curve of ours per size
    rows = found.plotted.query("panel == 'CNN, MNIST' and series == 'ours, P = 125'")
    np.testing.assert_array_equal(points[0].get_xdata(), rows["x"])
    assert (
        not found.plotted["series"]
        .loc[found.plotted["panel"] == "CNN, CIFAR-10"]
        .str.startswith("ours")
        .any()
    )


@pytest.mark.parametrize("figure", ["decay", "sgd", "norms"])
def test_our_curves_never_share_axes_with_released_ones_of_other_images(
    figure: str, tables: dict[str, pd.DataFrame], fits: dict[str, Any]
) -> None:
    plotted = drawing(f"damico2025_appendix_{figure}", tables, fits).plotted
    sources = {
        panel: {series.split(",")[0] for series in rows["series"]}
        for panel, rows in plotted.groupby("panel")
    }
    assert {"ours"} in sources.values()
    assert {"released"} in sources.values()
    assert all(len(found) == 1 for found in sources.values()), sources


@pytest.mark.parametrize(
    ("widths", "together"),
    [((1.0, 1.0), True), ((0.3, 1.0), True), ((0.03, 1.0), False), ((1.0, 0.03), False)],
)
def test_curves_share_axes_where_both_take_a_good_part_of_the_joint_range(
    widths: tuple[float, float], together: bool
) -> None:
    norms, errors = (np.exp(10 * np.linspace(0, part, 5)) for part in widths)
    pair = Pair("CNN_MNIST", means(WHOLE, WHOLE), runs(norms, 1 / errors), "CNN_MNIST")
    assert readable_together(pair) == together
    assert not readable_together(replace(pair, theirs="CNN_CIFAR10"))
    assert readable_together(replace(pair, released=None))
    alone = [panel.runs is None for row in rows_apart([[pair]]) for panel in row]
    assert alone == ([False] if together else [True, False])


WHOLE = np.exp(np.linspace(0, 10, 5))


def means(norms: np.ndarray, errors: np.ndarray) -> Means:
    sizes = np.array([100.0])
    return Means(sizes, norms, errors[None] / errors.max(), sizes)


def runs(norms: np.ndarray, errors: np.ndarray) -> Runs:
    one = np.ones((1, 1))
    curve = errors[None, None]
    return Runs(np.array([100.0]), norms, np.array([1]), curve, one, one[None], one, 0)


def test_few_seeds_are_shown_and_many_have_an_interval() -> None:
    x = np.array([1.0, 2.0])
    for count in (FEW_SEEDS, FEW_SEEDS + 1):
        seeds = np.arange(1.0, count + 1)[:, None] * x
        bounds = (seeds.mean(axis=0), seeds.min(axis=0), seeds.max(axis=0))
        _, (axes,) = new_figure(1, 1)
        rows = pd.concat(points_of_seeds(axes, x, seeds, bounds, panel="a", series="ours"))
        few = count <= FEW_SEEDS
        assert rows["series"].eq("ours, each seed").sum() == (seeds.size if few else 0)
        assert rows["y_low"].notna().any() != few
        bars = [bar for lines in axes.collections for bar in lines.get_segments()]
        assert len(bars) == (0 if few else len(x))


@pytest.mark.parametrize("figure", FIGURES)
def test_panels_have_letters_and_texts_are_legible_and_apart(
    figure: str, tables: dict[str, pd.DataFrame], fits: dict[str, Any]
) -> None:
    found = drawing(figure, tables, fits).figure
    titles = [axes.get_title(loc="left") for axes in found.axes]
    letters = [title[0] for title in titles if title]
    assert letters == list(LETTERS[: len(letters)])
    assert found.get_size_inches()[0] in (NARROW, WIDE)
    assert clashes(found) == []
    assert min(text.get_fontsize() for text in texts_of(found)) >= 6.5


def test_clashing_and_cut_texts_are_found() -> None:
    figure, (left, right) = new_figure(1, 2)
    left.set_title("one")
    assert clashes(figure) == []
    left.annotate("over the label", (0.5, 0.0), xycoords="axes fraction", xytext=(0.5, 0.0))
    left.annotate("over it too", (0.5, 0.0), xycoords="axes fraction", xytext=(0.5, 0.0))
    right.annotate("far away", (0, 0), xycoords="figure pixels", xytext=(-9, -9)).set_in_layout(0)
    assert clashes(figure) == [("over the label", "over it too"), ("far away", "")]


def test_rescaled_curves_have_their_minimum_at_one(
    tables: dict[str, pd.DataFrame], fits: dict[str, Any]
) -> None:
    plotted = drawing("damico2025_fig4", tables, fits).plotted
    for _, rows in plotted[plotted["series"].str.startswith("released")].groupby(
        ["panel", "series"]
    ):
        lowest = rows.loc[rows["y"].idxmin()]
        assert lowest["y"] == pytest.approx(1.0)
        assert lowest["x"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("figure", "named"), [("damico2025_fig3", True), ("damico2025_fig4", False)]
)
def test_the_key_names_minima_only_where_they_are_marked(
    tables: dict[str, pd.DataFrame], fits: dict[str, Any], figure: str, named: bool
) -> None:
    drawn = drawing(figure, tables, fits).figure
    legends = [*drawn.legends, *(axes.get_legend() for axes in drawn.axes)]
    texts = [text.get_text() for each in legends if each for text in each.get_texts()]
    assert "released" in texts
    assert ("minimum of a released curve" in texts) == named


def test_the_table_below_a_figure_reaches_the_document(
    tables: dict[str, pd.DataFrame], fits: dict[str, Any]
) -> None:
    sheets = {name: drawing(name, tables, fits).sheet for name in (FIGURES[2], FIGURES[-1])}
    for sheet in sheets.values():
        assert all(len(row) == len(sheet.head) for row in sheet.rows)
    audit = {row[0]: row for row in sheets["damico2025_extra_audit"].rows}
    assert audit["ResNet, CIFAR-10"][1] == "0.0015 to 0.004"
    assert audit["ResNet, CIFAR-10"][6] == "9 of 9"
    table = sheets["damico2025_table1"].rows
    assert table[0][:4] == ["CNN, MNIST", "predicted", "0.60", "0.597 ± 0.093"]
    sheet = {"head": ["a"], "rows": [["gamma_1"]]}
    record = gather_numbers(
        {},
        {},
        scale="quick",
        papers={"damico2025": PAPER},
        figures={"damico2025_fig3": {"paper": "damico2025", "sheet": sheet}},
        departures=[],
        plan={"blocks": [], "jobs": 0},
        cards=[],
        environment={},
        findings={"papers": [], "headline": ""},
        sizes={"damico2025_fig3": {"width": 1.0, "height": 1.0}},
    )
    assert record["papers"][0]["figures"][0]["sheet"]["rows"] == [["γ_1"]]


def test_narrow_logarithmic_axes_carry_plain_numbers() -> None:
    _, (axes,) = new_figure(1, 1)
    axes.set_yscale("log")
    axes.set_ylim(0.25, 0.7)
    short_axis_ticks(axes.yaxis)
    assert axes.yaxis.get_major_formatter()(0.5) == "0.5"
    axes.set_ylim(1e-3, 1)
    wide = axes.yaxis.get_major_formatter()
    short_axis_ticks(axes.yaxis)
    assert axes.yaxis.get_major_formatter() is wide
