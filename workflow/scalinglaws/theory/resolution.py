"""Resolution-limited scaling: the exponent from the dimension of the data alone.

Bahri et al. (arXiv:2102.06701), section 2.2: the distance of a point to the nearest of D training
points on a d-dimensional manifold falls as D^(-1/d). A student that agrees with a smooth teacher
there errs by a gradient times this distance or, where it interpolates linearly, its square.
"""


def resolution_exponent(dimension: float, power: float = 2.0) -> float:
    """2 p / d of the loss |f - F|^p for piecewise linear students: 4 / d of the squared loss.

    `dimension`: d of the data's manifold, positive.
    """
    return 2.0 * power / dimension
