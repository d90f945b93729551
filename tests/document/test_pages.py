"""The PDF page by page: nothing outside the margins, no page half empty, figures at their size."""

import copy
import json
import re

import pypdfium2
import pytest
import typst
from matplotlib.figure import Figure

import document_sample as sample
from pdf_pages import article_pages, glyphs_of, half_empty, links_of, outside, pages_of
from scalinglaws.document.compile import compile_pdf
from scalinglaws.storage import write_json

# Natural sizes in points: shared rows, caption beside, on its side, as high as a page.
SHAPES = [(240, 180), (240, 200), (331, 461), (713, 396), (677, 295), (518, 662), (475, 198)]
MARGINS = "#set page(paper: 'a4', margin: (x: 17mm, top: 21mm, bottom: 18mm), footer: {})\n"
FOLIO = "context align(center)[#counter(page).display('1 / 1', both: true)]"
FINISHED = sorted((sample.REPOSITORY / "results").glob("*/replication.pdf"))


def shaped(folder):
    """The sample with figures of all shapes in the article and in the supplement of one paper."""
    numbers = sample.write_sample(folder)
    paper = numbers["papers"][0]
    words = paper["figures"][0]
    targets = ["bahri2021_fig1b", "bahri2021_fig3", *(f"bahri2021_x{n}" for n in range(7))]
    paper["figures"] = []
    for target, (width, height) in zip(targets, [*SHAPES[2:4], *SHAPES], strict=True):
        drawing = Figure(figsize=(width / 72, height / 72))
        drawing.savefig(folder / "figures" / f"{target}.pdf", facecolor="silver")
        own = {"card": f"figures/{target}.html", "width": width, "height": height}
        paper["figures"].append({**words, "target": target, **own})
    for one in [*paper["claims"], *paper["findings"]["sentences"]]:
        one["figure"] = targets[0]
    for part in ("differs", "undecided"):
        for one in paper["findings"][part]:
            one["figure"] = targets[-1]
    paper["claims"] = [
        {**copy.deepcopy(claim), "id": f"bahri2021_C{n}_{k}"}
        for n in range(20)
        for k, claim in enumerate(paper["claims"])
    ]
    paper["left_out"] = [{"target": "bahri2021_figS1", "title": "Four metrics", "why": "no data"}]
    write_json(folder / "numbers.json", numbers)
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A made document with figures of all shapes."""
    folder = shaped(tmp_path_factory.mktemp("made"))
    inputs = {name: str(folder / name) for name in ("figures", "findings")}
    inputs["numbers"] = str(folder / "numbers.json")
    compile_pdf(sample.MAIN_TYP, inputs, folder / "replication.pdf")
    return folder / "replication.pdf"


@pytest.fixture(scope="module")
def pages(made):
    return pages_of(made)


def document(tmp_path, source, folio=FOLIO):
    """Pages of a few lines of typst with the paper's margins."""
    text = (MARGINS.replace("{}", folio) + source).replace("'", '"')
    (tmp_path / "made.typ").write_text(text)
    (tmp_path / "made.pdf").write_bytes(typst.compile(str(tmp_path / "made.typ")))
    return pages_of(tmp_path / "made.pdf")


def test_nothing_stands_outside_the_margins(pages):
    assert [text for page in pages for text in outside(page)] == []


def test_no_page_is_half_empty(pages):
    assert half_empty(pages) == []


@pytest.mark.parametrize("pdf", FINISHED, ids=lambda pdf: pdf.parent.name)
def test_the_paper_of_a_finished_run_is_an_article_with_full_pages(pdf):
    pages = pages_of(pdf)
    assert [text for page in pages for text in outside(page)] == []
    assert half_empty(pages) == []
    assert 8 <= article_pages(pages) <= 12


def test_text_beside_the_margin_is_refused(tmp_path):
    (page,) = document(tmp_path, "in #place(dx: 175mm)[beyond]")
    assert len(outside(page)) == len("beyond")
    (page,) = document(tmp_path, "in #place(dx: 1mm)[within]")
    assert outside(page) == []


def test_text_over_the_folio_is_refused(tmp_path):
    (page,) = document(tmp_path, "#place(dy: 264mm)[a caption that runs on]")
    assert "at the foot" in outside(page)[0]


def test_text_over_the_running_head_is_refused(tmp_path):
    (page,) = document(tmp_path, "#place(dy: -12mm)[a table]")
    assert "at the head" in outside(page)[0]


@pytest.mark.parametrize(("height", "found"), [(100, [1]), (150, [])])
def test_pages_less_than_half_full_are_refused_but_the_last(tmp_path, height, found):
    lines = f"#block(height: {height}mm, width: 9mm, fill: black)#pagebreak()"
    assert half_empty(document(tmp_path, f"{lines} last #pagebreak() the end")) == [*found, 2]


def test_a_page_with_a_hole_in_its_middle_is_refused(tmp_path):
    hole = "top #v(1fr) bottom #pagebreak() the end"
    assert half_empty(document(tmp_path, hole)) == [1]


def scales_of(pdf):
    """Factor by which each embedded figure is drawn, whichever way it is turned."""
    matrices = [
        one.get_matrix()
        for page in pypdfium2.PdfDocument(pdf)
        for one in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_FORM], max_depth=1)
    ]
    return [round((matrix.a**2 + matrix.b**2) ** 0.5, 3) for matrix in matrices]


def test_figures_are_never_enlarged_and_hardly_shrunk(made):
    scales = scales_of(made)
    assert len(scales) >= len(SHAPES)
    assert 0.85 <= min(scales) <= max(scales) <= 1


def test_captions_say_what_they_are_made_after_and_lead_to_the_card(made):
    whole = "\n".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(made))
    flat = " ".join(whole.split())
    numbers = json.loads((made.parent / "numbers.json").read_text())
    figures = [figure for paper in numbers["papers"] for figure in paper["figures"]]
    captions = re.findall(r"Figure A?\d+\. After figure 1 of [^.]+\.", flat)
    assert len(captions) == len(figures)
    links = {link for page in pypdfium2.PdfDocument(made) for link in links_of(page)}
    assert {figure["card"] for figure in figures} <= links
    assert {f"ledger.html#{claim['id']}" for claim in numbers["papers"][0]["claims"]} <= links


@pytest.mark.parametrize(
    "pdf", sorted((sample.REPOSITORY / "results").glob("*/figures/*.pdf")), ids=lambda pdf: pdf.stem
)
def test_no_label_of_a_drawn_figure_is_clipped(pdf):
    (page,) = list(pypdfium2.PdfDocument(pdf))
    width, height = page.get_size()
    clipped = [
        glyph
        for glyph in glyphs_of(page)
        if min(glyph.left, glyph.bottom) < -1 or glyph.right > width + 1 or glyph.top > height + 1
    ]
    assert clipped == []
