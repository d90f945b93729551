"""Losses over seeds as this project's experiments make them, many data sets at once.

Nested training sets (the noise of a size is part of the next size's), a seed's own level, scatter
that changes with the size, skewness, and one test set that all seeds share.
"""

import numpy as np

SIZES = 64.0 * 2.0 ** np.arange(6)


def skewed(rng, shape, skewness):
    """Mean 0, variance 1: shifted gamma variables of that skewness, of either sign by chance for a
    whole data set (the first axis); normal ones for skewness 0.
    """
    if skewness == 0:
        return rng.standard_normal(shape)
    power = 4 / skewness**2
    sign = rng.choice([-1.0, 1.0], size=(shape[0],) + (1,) * (len(shape) - 1))
    return sign * (rng.gamma(power, size=shape) - power) / np.sqrt(power)


def nested_noise(rng, sets, seeds, x, skewness):
    """(sets, seeds, n) of variance one: means over the first x of independent examples, scaled; the
    correlation of two sizes is the root of their ratio.
    """
    steps = np.sqrt(np.diff(x, prepend=0.0))
    return np.cumsum(skewed(rng, (sets, seeds, len(x)), skewness) * steps, axis=-1) / np.sqrt(x)


def seed_losses(
    rng, sets, seeds, law, x=SIZES, *, spread=0.1, falling=0.5, skewness=1.0, level=0.5, shared=0.05
):
    """(sets, seeds, n) losses, and (sets, n) what they scatter about: the law (n,) as this test set
    shows it.

    - `spread`: relative standard deviation over seeds at the smallest size, which falls to the
      share `falling` of itself at the largest
    - `level`: share of the variance that all sizes of a seed have in common
    - `shared`: relative standard deviation of the test set's own noise, alike at neighbouring sizes
    """
    scatter = spread * np.exp(np.linspace(0, np.log(falling), len(x)))
    own = skewed(rng, (sets, seeds, 1), skewness)
    noise = np.sqrt(level) * own + np.sqrt(1 - level) * nested_noise(rng, sets, seeds, x, skewness)
    tested = shared * nested_noise(rng, sets, 1, x[::-1].cumsum(), 0)[:, 0]
    truth = law * np.exp(tested)
    return truth[:, None] * np.exp(scatter * noise), truth
