"""What stands where on a laid-out figure, for tests: texts and their rectangles."""

from itertools import combinations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

SLACK = 1.5  # pixels that rectangles may share: they are drawn a little larger than their letters


def texts_of(figure: Figure) -> dict[Text, Bbox]:
    """Every text that is seen, with its rectangle in pixels. Lays the figure out first."""
    figure.draw_without_rendering()
    unseen = {label for axes in figure.findobj(Axes) for label in outside(axes)}
    seen = [one for one in figure.findobj(Text) if one.get_visible() and one.get_text().strip()]
    return {one: one.get_window_extent() for one in seen if one not in unseen}


def outside(axes: Axes) -> list[Text]:
    """Labels of ticks beyond the axes' limits: matplotlib keeps them and does not draw them."""
    found = []
    for axis in (axes.xaxis, axes.yaxis):
        low, high = sorted(axis.get_view_interval())
        for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
            if not axes.get_visible() or not low <= tick.get_loc() <= high:
                found += [tick.label1, tick.label2]
    return found


def clashes(figure: Figure) -> list[tuple[str, str]]:
    """Pairs of texts that lie on each other; texts that leave the figure, with an empty one."""
    places = {one: shrunk(place) for one, place in texts_of(figure).items()}
    over = [
        (a.get_text(), b.get_text())
        for (a, first), (b, second) in combinations(places.items(), 2)
        if first.overlaps(second)
    ]
    sheet = figure.bbox
    out = [
        (one.get_text(), "")
        for one, place in places.items()
        if place.x0 < sheet.x0 or place.y0 < sheet.y0 or place.x1 > sheet.x1 or place.y1 > sheet.y1
    ]
    return over + out


def shrunk(place: Bbox) -> Bbox:
    return Bbox.from_extents(place.x0 + SLACK, place.y0 + SLACK, place.x1 - SLACK, place.y1 - SLACK)
