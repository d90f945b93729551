"""The panel trained on a card beside the authors' released curves.

    python tests/gpu/panel_figure.py tests/gpu/h200

Reads the tables that panel.py wrote; writes FOLDER/panel.png and prints both smallest errors.
"""

import sys
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from scalinglaws.columns import stack
from scalinglaws.config import CONFIG
from scalinglaws.curves.norm_curves import LEAST_SHARE, released_means
from scalinglaws.curves.panel_curves import errors_on
from scalinglaws.data.published import load_published
from scalinglaws.experiments.released.run import released_rows

SET = "CNN_CIFAR10"


def main(folder: Path) -> None:
    # A block holds one seed; blocks of another root seed hold other networks of the same number.
    blocks = [pd.read_parquet(path) for path in sorted(folder.glob(f"{SET}_*.parquet"))]
    table = pd.concat([block.assign(seed=number) for number, block in enumerate(blocks)])
    published = load_published(CONFIG / "published" / "damico2025" / f"{SET}.json")
    released = released_means(pd.DataFrame(stack(released_rows(SET, published))))
    figure, axes = plt.subplots(figsize=(6.4, 4.8), layout="constrained")
    common = [size for size in np.unique(table["P"]) if size in released.sizes]
    print(f"{'P':>6s} {'ours':>7s} {'released':>9s}")
    for number, size in enumerate(common):
        colour = plt.get_cmap("viridis")(0.92 * number / len(common))
        seeds = errors_on(table[table["P"] == size], released.grid)
        theirs = released.errors[list(released.sizes).index(size)]
        ours = mean_curve(seeds)
        axes.plot(released.grid, ours, color=colour, label=f"P = {size:,}")
        axes.plot(released.grid, theirs, color=colour, linestyle="--", linewidth=1)
        print(f"{size:6d} {np.nanmin(ours):7.4f} {np.nanmin(theirs):9.4f}")
    title = f"lines: {len(seeds)} seeds on a GPU; dashed: released"
    axes.set(xscale="log", yscale="log", xlabel="spectral complexity", ylabel="test error")
    axes.set_title(title, fontsize=10)
    axes.set_yticks([0.3, 0.4, 0.5, 0.6], ["0.3", "0.4", "0.5", "0.6"])
    axes.minorticks_off()
    axes.legend(fontsize=8)
    figure.savefig(folder / "panel.png", dpi=110)


def mean_curve(errors: np.ndarray) -> np.ndarray:
    """(grid,) mean over (seeds, grid) where at least half of the seeds reached a norm."""
    reached = np.isfinite(errors).mean(axis=0) >= LEAST_SHARE
    mean = np.full(errors.shape[1], np.nan)
    mean[reached] = np.nanmean(errors[:, reached], axis=0)
    return mean


if __name__ == "__main__":
    main(Path(sys.argv[1]))
