"""Pages of a PDF as a reader sees them: what lies outside the margins, and how full they are."""

import ctypes
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pypdfium2
import pypdfium2.raw as raw

POINTS = 72 / 25.4  # per millimetre
# Margins of paper/look.typ.
SIDE, TOP, BOTTOM = 17 * POINTS, 21 * POINTS, 18 * POINTS
SLACK = 2.0  # points by which a glyph or a hanging sign may stand over
GAP = 12 * POINTS  # blank bands lower than this are the space between paragraphs and panels
RESOLUTION = 0.5  # pixels per point


@dataclass(frozen=True)
class Glyph:
    """A character that is no blank and its box, in points from the lower left corner."""

    text: str
    left: float
    bottom: float
    right: float
    top: float


@dataclass(frozen=True)
class Page:
    """One page: its size in points, its glyphs, and the share of its text height that is in use."""

    number: int
    width: float
    height: float
    glyphs: tuple[Glyph, ...]
    used: float
    opening: str

    def within(self, bottom: float, top: float) -> str:
        """The text between two heights, without blanks."""
        return "".join(g.text for g in self.glyphs if bottom <= (g.bottom + g.top) / 2 < top)


def pages_of(pdf: Path) -> list[Page]:
    document = pypdfium2.PdfDocument(pdf)
    return [page_of(document[number], number + 1) for number in range(len(document))]


def page_of(page: pypdfium2.PdfPage, number: int) -> Page:
    width, height = page.get_size()
    return Page(
        number,
        width,
        height,
        tuple(glyphs_of(page)),
        used_height(page, height),
        page.get_textpage().get_text_range()[:200],
    )


def glyphs_of(page: pypdfium2.PdfPage) -> list[Glyph]:
    text = page.get_textpage()
    found = []
    for place in range(text.count_chars()):
        character = text.get_text_range(place, 1)
        if character.strip():
            found.append(Glyph(character, *text.get_charbox(place)))
    return found


def used_height(page: pypdfium2.PdfPage, height: float) -> float:
    """Share of the height between the margins that no tall blank band takes."""
    picture = page.render(scale=RESOLUTION, grayscale=True).to_numpy()
    rows = picture.reshape(picture.shape[0], -1)
    first, last = int(TOP * RESOLUTION), int((height - BOTTOM) * RESOLUTION)
    inked = np.flatnonzero((rows < 240).any(axis=1)[first:last])
    edges = np.concatenate(([-1], inked, [last - first]))
    blank = np.diff(edges) - 1
    return float(1 - blank[blank > GAP * RESOLUTION].sum() / (last - first))


def outside(page: Page) -> list[str]:
    """What stands where no text belongs: beside the margins, over the running head or the folio."""
    wrong = [
        f"page {page.number}: {g.text!r} at x = {g.left:.0f} to {g.right:.0f}"
        for g in page.glyphs
        if g.left < SIDE - SLACK or g.right > page.width - SIDE + SLACK
    ]
    folio = page.within(-1e9, BOTTOM - SLACK)
    if not re.fullmatch(r"\d+/\d+", folio):
        wrong.append(f"page {page.number}: {folio[:80]!r} at the foot")
    head = page.within(page.height - TOP + SLACK, 1e9)
    if not re.fullmatch(r"|Neuralscalinglaws,replicatedscale\w+", head):
        wrong.append(f"page {page.number}: {head[:80]!r} at the head")
    return wrong


def half_empty(pages: list[Page]) -> list[int]:
    """Numbers of the pages less than half full, but the last of the article and of the whole."""
    last = {article_pages(pages), len(pages)}
    return [page.number for page in pages if page.used < 0.5 and page.number not in last]


def article_pages(pages: list[Page]) -> int:
    """Number of pages before the supplement; all of them where there is none."""
    first = [page.number for page in pages if "Supplement\r\nA" in page.opening]
    return first[0] - 1 if first else len(pages)


def links_of(page: pypdfium2.PdfPage) -> list[str]:
    """Addresses that a page leads to, as written in the PDF."""
    found = []
    place, link = ctypes.c_int(0), raw.FPDF_LINK()
    while raw.FPDFLink_Enumerate(page, place, link):
        action = raw.FPDFLink_GetAction(link)
        length = raw.FPDFAction_GetURIPath(page.pdf, action, None, 0)
        if length:
            address = ctypes.create_string_buffer(length)
            raw.FPDFAction_GetURIPath(page.pdf, action, address, length)
            found.append(address.value.decode())
    return found
