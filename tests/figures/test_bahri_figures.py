"""All figures of bahri2021 from made tables of laptop's sizes and data sets, few seeds."""

import importlib
from collections import Counter
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.text import Text

from made_scans import made_tables
from scalinglaws.config import read_claims, read_paper
from scalinglaws.figures.style import COLOURS, NARROW, PLOTTED, ROLES, WIDE, Drawing

PAPER = read_paper("bahri2021")
FIGURES = list(PAPER["figures"])
DRAWN = [name for name in FIGURES if name != "bahri2021_table1"]  # that one is a table of texts
SEEDS = 3
SMALLEST = 6.5  # points


@pytest.fixture(scope="module")
def drawings() -> dict[str, Drawing]:
    tables = made_tables("laptop", SEEDS)
    fits = {
        name: importlib.import_module(f"scalinglaws.fits.{name}").fit(
            {table: tables[table] for table in record["tables"]}, record["settings"]
        )
        for name, record in PAPER["fits"].items()
    }
    found = {}
    for name, record in PAPER["figures"].items():
        found[name] = importlib.import_module(f"scalinglaws.figures.{name}").draw(
            {table: tables[table] for table in record["tables"]},
            {fit: fits[fit] for fit in record["fits"]},
            record["settings"],
        )
        FigureCanvasAgg(found[name].figure).draw()
    return found


def texts_of(drawing: Drawing) -> list[Text]:
    """Texts that are seen: with letters, visible, and of ticks those inside the axes' limits."""
    unseen = set()
    for axes in drawing.figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            if not axes.axison:
                unseen |= set(axis.findobj(Text))
            low, high = sorted(axis.get_view_interval())
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                if not low <= tick.get_loc() <= high:
                    unseen |= {tick.label1, tick.label2}
    every = drawing.figure.findobj(Text)
    return [
        text for text in every if text.get_text().strip() and text.get_visible()
        and text not in unseen
    ]  # fmt: skip


def legend_looks(axes: Axes) -> list[tuple[Any, ...]]:
    """What each entry of a legend looks like."""
    handles = axes.get_legend_handles_labels()[0]
    return [
        (
            line.get_marker(), to_hex(line.get_color()), str(line.get_markerfacecolor()),
            line.get_linestyle(), line.get_markersize(),
        )
        for line in handles
        if hasattr(line, "get_marker")
    ]  # fmt: skip


@pytest.mark.parametrize("figure", FIGURES)
def test_every_figure_has_a_natural_width_and_a_caption_of_numbers(
    figure: str, drawings: dict[str, Drawing]
) -> None:
    drawing = drawings[figure]
    assert list(drawing.plotted.columns) == PLOTTED
    width, height = drawing.figure.get_size_inches()
    assert width in (NARROW, WIDE)
    assert height < 8.1  # a page holds it with its caption
    assert "nan" not in drawing.caption


@pytest.mark.parametrize("figure", FIGURES)
def test_texts_are_large_enough_inside_the_figure_and_apart(
    figure: str, drawings: dict[str, Drawing]
) -> None:
    drawing = drawings[figure]
    page = drawing.figure.bbox.padded(1)
    boxes = []
    for text in texts_of(drawing):
        assert text.get_fontsize() >= SMALLEST, text.get_text()
        box = text.get_window_extent()
        assert page.x0 <= box.x0 <= box.x1 <= page.x1, text.get_text()
        assert page.y0 <= box.y0 <= box.y1 <= page.y1, text.get_text()
        boxes.append((text.get_text(), box.padded(-1)))
    for (one, first), (other, second) in combinations(boxes, 2):
        assert not first.overlaps(second), f"{one!r} lies on {other!r}"


@pytest.mark.parametrize("figure", DRAWN)
def test_legends_lie_beside_the_data_and_close_to_their_axes(
    figure: str, drawings: dict[str, Drawing]
) -> None:
    axes = drawings[figure].figure.axes
    for place in axes:
        if (legend := place.get_legend()) is None:
            continue
        box = legend.get_window_extent()
        assert not any(box.overlaps(other.bbox) for other in axes)
        gap = (place.bbox.y0 - box.y1) / place.figure.dpi * 72
        assert 0 < gap < 40


@pytest.mark.parametrize("figure", DRAWN)
def test_no_sign_stands_for_two_things_in_one_panel(
    figure: str, drawings: dict[str, Drawing]
) -> None:
    for axes in drawings[figure].figure.axes:
        twice = [look for look, count in Counter(legend_looks(axes)).items() if count > 1]
        assert not twice, f"{figure}: {twice}"


@pytest.mark.parametrize("figure", DRAWN)
def test_the_csv_holds_every_point_and_line(figure: str, drawings: dict[str, Drawing]) -> None:
    drawing = drawings[figure]
    known = {tuple(pair) for pair in drawing.plotted[["x", "y"]].to_numpy()}
    for axes in drawing.figure.axes:
        for line in axes.lines:
            if "arrow" in str(line.get_marker()) or line.get_transform() != axes.transData:
                continue  # these say that a bar or the axes end, and where D = P is
            seen = {tuple(pair) for pair in line.get_xydata() if np.isfinite(pair).all()}
            assert seen <= known, line.get_label()


@pytest.mark.parametrize("figure", DRAWN)
def test_red_is_for_published_values(figure: str, drawings: dict[str, Drawing]) -> None:
    assert ROLES["published"] == COLOURS["red"]
    for axes in drawings[figure].figure.axes:
        for line in axes.lines:
            if to_hex(line.get_color()) == COLOURS["red"] and line.get_label()[0] != "_":
                assert "published" in line.get_label() or "arXiv" in line.get_label()


def test_published_values_in_the_settings_are_those_of_the_claims() -> None:
    claims = {claim["id"]: claim for claim in read_claims("bahri2021")}
    named = [
        entry
        for record in PAPER["figures"].values()
        for entry in record["settings"].get("published", {}).values()
    ]
    assert len(named) >= 9
    for entry in named:
        claim = claims[entry["claim"]]
        assert entry["value"] == claim["published"]
        assert claim["provenance"] in ("printed", "stated")
        assert entry.get("margin", claim["margin"]) == claim["margin"]


def test_the_drawn_laws_have_the_published_exponents(drawings: dict[str, Drawing]) -> None:
    for figure, panels in (("fig1a", "ad"), ("fig2a", "ad"), ("figS7", "abgh")):
        rows = drawings[f"bahri2021_{figure}"].plotted
        for panel in panels:
            ends = rows[(rows["panel"] == panel) & (rows["series"] == "published")]
            steps = np.diff(np.log(ends[["x", "y"]]), axis=0)[0]
            assert steps[1] / steps[0] == pytest.approx(-1.0)


def test_4_over_alpha_and_dimension_have_one_scale(drawings: dict[str, Drawing]) -> None:
    for name, place in (("fig1b", 2), ("figS4", 1)):
        axes = drawings[f"bahri2021_{name}"].figure.axes[place]
        assert axes.get_aspect() == 1.0
        assert axes.get_xlim() == axes.get_ylim()


def test_both_ridges_have_panels_of_their_own(drawings: dict[str, Drawing]) -> None:
    rows = drawings["bahri2021_figS7"].plotted
    ridges = rows[rows["series"].str.contains("ridge")].groupby("panel")["series"]
    assert set(rows["panel"]) == set("abcdefgh")
    assert all(len({name.split()[0] for name in names}) == 1 for _, names in ridges)


def test_losses_end_where_the_rank_of_a_kernel_is_exhausted(drawings: dict[str, Drawing]) -> None:
    rows = drawings["bahri2021_figS8"].plotted
    panel = rows[rows["panel"] == "a"]
    learned = panel["series"].str.startswith("trained network")
    infinite = panel["series"].str.startswith("infinite")
    features = made_tables("laptop", 1)["pretrained_features"]["count"].iloc[0]
    assert panel.loc[learned, "x"].max() < features < panel.loc[infinite, "x"].max()


def test_a_peak_is_drawn_by_its_median(drawings: dict[str, Drawing]) -> None:
    rows: pd.DataFrame = drawings["bahri2021_extra_kernels"].plotted
    peak = rows[(rows["panel"] == "b") & (rows["series"] == "L(D), low ridge")]
    single = rows[(rows["panel"] == "b") & (rows["series"] == "L(D), low ridge, each seed")]
    at = peak.loc[peak["y"].idxmax()]
    assert at["y"] == pytest.approx(np.median(single.loc[single["x"] == at["x"], "y"]))
