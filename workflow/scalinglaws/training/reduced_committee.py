"""Exact one-pass SGD of the erf committee machine at a cost that does not depend on N.

Within a block of n = N/L equal eigenvalues the inputs are isotropic, so only their components
along the K + M weight vectors matter one by one; of the others the updates feel the length alone,
which is chi-distributed with n - K - M degrees of freedom. The chain of the block overlaps
R_k = V_k C_k^T, Q_k = V_k V_k^T (arXiv 2410.09005) is followed in an orthonormal frame
of each block: teacher coordinates C_k are constant and lower triangular, student coordinates V_k
use M axes for the teacher's span and K for the rest. An update adds a component outside of the
frame; a rotation of the K axes and that direction brings it back in. No Gram matrix is ever
inverted or factorised, so nothing degenerates when Q_k - R_k T_k^-1 R_k^T goes to zero.

With n <= K + M the frame is the whole block: nothing is left over, nothing is rotated, and this is
direct SGD in rotated coordinates.
"""

import math

import numba
import numpy as np

from scalinglaws.theory.power_law_spectrum import eigenvalues, multiplicity
from scalinglaws.training.compiled_draws import LANES, fill_chi, fill_normals

SMALLEST = 1e-300  # keeps the reflection of a zero row defined: it then does nothing


def coordinates(
    student: np.ndarray, teacher: np.ndarray, levels: int
) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates of weights (K, N), (M, N) in the frames: (K, axes, L) and (M, axes, L).

    In units of sqrt(N/L), so that products over the axes are block overlaps.
    """
    dimension = student.shape[1]
    size = multiplicity(levels, dimension)
    # Teacher first: QR puts unit n into the first n axes, which leaves C_k lower triangular.
    weights = np.concatenate([teacher, student]).reshape(-1, levels, size).transpose(1, 2, 0)
    triangles = np.asarray(np.linalg.qr(weights / math.sqrt(size), mode="r"))  # (L, axes, M + K)
    rows = np.ascontiguousarray(triangles.transpose(2, 1, 0))
    return rows[len(teacher) :].copy(), rows[: len(teacher)].copy()


def input_scales(levels: int, beta: float) -> np.ndarray:
    """sqrt(lambda_k / L), (L,): a field is the sum over blocks of scale * coordinates . normals."""
    return np.sqrt(eigenvalues(levels, beta) / levels)


@numba.njit(fastmath={"reassoc", "contract", "nsz"})
def take_in(student: np.ndarray, outside: np.ndarray, first: int) -> None:
    """Rotate components (K, L) outside of the frames into the axes from `first` on, in place.

    Householder reflections, one per student unit, of the K axes and the outer direction: after
    the i-th, unit i has no component beyond axis `first` + i.
    """
    units, levels = outside.shape
    for i in range(units):
        for k in range(levels):
            length = outside[i, k] * outside[i, k]
            for a in range(first + i, first + units):
                length += student[i, a, k] * student[i, a, k]
            length = math.sqrt(length)
            head = student[i, first + i, k]
            pivot = head + math.copysign(length, head)  # this sign does not cancel
            factor = 1.0 / (length * abs(pivot) + SMALLEST)
            for j in range(i + 1, units):
                product = student[j, first + i, k] * pivot + outside[j, k] * outside[i, k]
                for a in range(first + i + 1, first + units):
                    product += student[j, a, k] * student[i, a, k]
                product *= factor
                student[j, first + i, k] -= product * pivot
                outside[j, k] -= product * outside[i, k]
                for a in range(first + i + 1, first + units):
                    student[j, a, k] -= product * student[i, a, k]
            student[i, first + i, k] = -math.copysign(length, head)
            for a in range(first + i + 1, first + units):
                student[i, a, k] = 0.0


@numba.njit(fastmath={"reassoc", "contract", "nsz"})
def learn_in_frames(
    student: np.ndarray,
    teacher: np.ndarray,
    scale: np.ndarray,
    normals: np.ndarray,
    lengths: np.ndarray,
    rate: float,
) -> None:
    """One SGD step per row of `normals` (steps, axes * L), in place.

    Arguments:
    - `student`, `teacher`: coordinates (K, axes, L), (M, axes, L).
    - `scale`: sqrt(lambda_k / L), (L,).
    - `lengths`: of the inputs outside of the frames, (steps, L) or (steps, 0) if there are none.
    - `rate`: eta L / N.
    """
    hidden, axes, levels = student.shape
    units = len(teacher)
    gain = math.sqrt(units) / hidden
    flat_student = student.reshape(hidden, axes * levels)
    flat_teacher = teacher.reshape(units, axes * levels)
    inputs = np.empty(axes * levels)
    fields, steps = np.empty(hidden), np.empty(hidden)
    outside = np.empty((hidden, levels))
    for t in range(len(normals)):
        for a in range(axes):
            for k in range(levels):
                inputs[a * levels + k] = scale[k] * normals[t, a * levels + k]
        error = 0.0
        for n in range(units):
            field = 0.0
            for j in range(axes * levels):
                field += flat_teacher[n, j] * inputs[j]
            error += math.erf(field / math.sqrt(2.0)) / math.sqrt(units)
        for i in range(hidden):
            field = 0.0
            for j in range(axes * levels):
                field += flat_student[i, j] * inputs[j]
            fields[i] = field
            error -= gain * math.erf(field / math.sqrt(2.0))
        for i in range(hidden):
            # g'(x) of g = erf(x / sqrt 2).
            slope = math.sqrt(2.0 / math.pi) * math.exp(-0.5 * fields[i] * fields[i])
            steps[i] = rate * gain * slope * error
            for j in range(axes * levels):
                flat_student[i, j] += steps[i] * inputs[j]
        if lengths.shape[1] > 0:
            for i in range(hidden):
                for k in range(levels):
                    outside[i, k] = steps[i] * scale[k] * lengths[t, k]
            take_in(student, outside, units)


@numba.njit
def draw_inputs(
    state: np.ndarray, bits: np.ndarray, freedom: int, normals: np.ndarray, lengths: np.ndarray
) -> None:
    """Fill normals (steps, axes * L) and, unless `freedom` is 0, lengths (steps, L)."""
    fill_normals(state, bits, normals.reshape(-1))
    if freedom > 0:
        fill_normals(state, bits, lengths.reshape(-1))
        fill_chi(state, bits, freedom, lengths.reshape(-1))


def room(steps: int, axes: int, levels: int, freedom: int) -> tuple[np.ndarray, ...]:
    """Empty bits, normals and lengths for ``draw_inputs``."""
    bits = np.empty((-(-steps * axes * levels // LANES), LANES), dtype=np.uint64)
    return bits, np.empty((steps, axes * levels)), np.empty((steps, levels if freedom else 0))
