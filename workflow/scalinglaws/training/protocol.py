"""What all members of a learning curve are trained with; no torch, so that planning can ask too."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Protocol:
    """- `augmentation`: a name of `training.augmentation`, or "none".
    - `init_factor`: on the initial weights; `learning_rate` is constant.
    - `epochs`: the same number for all training sizes; `log_epochs`: see `logged_epochs`.
    """

    augmentation: str
    init_factor: float
    optimiser: str
    learning_rate: float
    batch_size: int
    precision: str
    epochs: int
    log_epochs: int

    @property
    def logged(self) -> list[int]:
        """Epochs after which errors, losses and norms are measured."""
        return logged_epochs(self.epochs, self.log_epochs)


def logged_epochs(epochs: int, points: int) -> list[int]:
    """`points` log-spaced epochs from 1 to `epochs`, cut to whole numbers, each once, in order.

    The rule of the authors of arXiv:2505.13230.
    """
    top = max(1, points - 1)
    # A power may end an ulp below a whole number, which cutting would lose.
    return sorted({int(epochs ** (point / top) * (1 + 1e-12)) for point in range(points)})
