"""The panel trained on a card beside the authors' released curves.

    python tests/gpu/panel_figure.py tests/gpu/h200

Reads the tables that panel.py wrote; writes FOLDER/panel.png and prints both smallest errors.
"""

import sys
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Curves:
    """Of one training size on the released norms: ours (seeds, norms), theirs (norms,)."""

    size: int
    norms: np.ndarray
    seeds: np.ndarray
    theirs: np.ndarray

    @property
    def smallest(self) -> tuple[float, float]:
        """Smallest error of our mean curve, and of theirs."""
        return float(np.nanmin(mean_curve(self.seeds))), float(np.nanmin(self.theirs))


def main(folder: Path) -> None:
    figure, axes = plt.subplots(figsize=(6.4, 4.8), layout="constrained")
    every = curves_of(folder)
    print(f"{'P':>6s} {'ours':>7s} {'released':>9s}")
    for number, one in enumerate(every):
        colour = plt.get_cmap("viridis")(0.92 * number / len(every))
        axes.plot(one.norms, mean_curve(one.seeds), color=colour, label=f"P = {one.size:,}")
        axes.plot(one.norms, one.theirs, color=colour, linestyle="--", linewidth=1)
        print(f"{one.size:6d} {one.smallest[0]:7.4f} {one.smallest[1]:9.4f}")
    title = f"lines: {len(every[0].seeds)} seeds on a GPU; dashed: released"
    axes.set(xscale="log", yscale="log", xlabel="spectral complexity", ylabel="test error")
    axes.set_title(title, fontsize=10)
    axes.set_yticks([0.3, 0.4, 0.5, 0.6], ["0.3", "0.4", "0.5", "0.6"])
    axes.minorticks_off()
    axes.legend(fontsize=8)
    figure.savefig(folder / "panel.png", dpi=110)


def curves_of(folder: Path) -> list[Curves]:
    """Of the training sizes that both have."""
    # A block holds one seed; blocks of another root seed hold other networks of the same number.
    blocks = [pd.read_parquet(path) for path in sorted(folder.glob(f"{SET}_*.parquet"))]
    table = pd.concat([block.assign(seed=number) for number, block in enumerate(blocks)])
    published = load_published(CONFIG / "published" / "damico2025" / f"{SET}.json")
    released = released_means(pd.DataFrame(stack(released_rows(SET, published))))
    theirs = dict(zip(released.sizes.tolist(), released.errors, strict=True))
    return [
        Curves(
            int(size),
            released.grid,
            errors_on(table[table["P"] == size], released.grid),
            theirs[size],
        )
        for size in np.unique(table["P"]).tolist()
        if size in theirs
    ]


def mean_curve(errors: np.ndarray) -> np.ndarray:
    """(grid,) mean over (seeds, grid) where at least half of the seeds reached a norm."""
    reached = np.isfinite(errors).mean(axis=0) >= LEAST_SHARE
    mean = np.full(errors.shape[1], np.nan)
    mean[reached] = np.nanmean(errors[:, reached], axis=0)
    return mean


if __name__ == "__main__":
    main(Path(sys.argv[1]))
