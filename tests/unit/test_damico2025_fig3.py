import numpy as np
import pandas as pd
from matplotlib.colors import to_hex

from scalinglaws.config import read_paper
from scalinglaws.estimates.implicit_bias_laws import estimate
from scalinglaws.experiments import released_curves
from scalinglaws.figures.damico2025_fig3 import draw
from scalinglaws.figures.style import PLOTTED
from scalinglaws.planning.experiments.released_curves import blocks
from scalinglaws.storage import stack
from scalinglaws.training.session import Session


def own_curves() -> pd.DataFrame:
    parts = []
    for size in (100, 200, 400):
        norms = 10.0 ** np.linspace(-6, 3, 50) * size
        for seed in (0, 1):
            errors = np.minimum(0.9, 0.5 * (norms / 10) ** -0.4) * (1 + 0.02 * seed)
            for quantity, values in (
                ("spectral_complexity", norms),
                ("spectral_complexity_bartlett", norms),
                ("test_error", errors),
            ):
                row = {"P": size, "seed": seed, "step": np.arange(50), "quantity": quantity}
                parts.append({**row, "value": values})
    return pd.DataFrame(stack(parts))


def test_the_figure_draws_what_its_table_says_and_marks_released_curves() -> None:
    block = blocks({"sets": ["CNN_MNIST"]}, 0, "cpu")[0]
    released = pd.DataFrame(released_curves.run(block.settings, {}, Session()))
    tables = {"cnn_curves": own_curves(), "released_curves": released}
    paper = read_paper("damico2025")
    laws = estimate(tables, paper["fits"]["implicit_bias_laws"]["settings"])
    settings = paper["figures"]["damico2025_fig3"]["settings"]
    drawing = draw(tables, {"implicit_bias_laws": laws}, settings)
    assert list(drawing.plotted.columns) == PLOTTED
    axes = drawing.figure.axes
    assert len(axes) == 6
    line = next(line for line in axes[0].lines if line.get_label() == "$P$ = 400")
    rows = drawing.plotted.query("panel == 'curves, ours' and series == 'P = 400'")
    np.testing.assert_array_equal(line.get_xdata(), rows["x"])
    np.testing.assert_array_equal(line.get_ydata(), rows["y"])
    assert rows["x"].min() < 100  # a decade of plateau, not all six
    assert rows["x"].min() > 1e-3
    diamonds = [line for line in axes[5].lines if line.get_marker() == "D"]
    assert len(diamonds) == 1
    assert to_hex(diamonds[0].get_markerfacecolor()) == "#ffffff"
    assert "means over 2 seeds for each of 3 training sizes P from 100 to 400" in drawing.caption
