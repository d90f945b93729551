"""At which epochs a learning curve is measured; no imports, so that planning can ask too."""


def logged_epochs(epochs: int, points: int) -> list[int]:
    """`points` log-spaced epochs from 1 to `epochs`, cut to whole numbers, each once, in order.

    The rule of the authors of arXiv:2505.13230.
    """
    top = max(1, points - 1)
    # A power may end an ulp below a whole number, which cutting would lose.
    return sorted({int(epochs ** (point / top) * (1 + 1e-12)) for point in range(points)})
