"""Direct one-pass SGD of the erf committee machine in the eigenbasis of its normal inputs.

J_i <- J_i + (eta / sqrt N) delta_i xi with delta_i = (sqrt(M)/K) g'(x_i) (zeta - sigma), where
zeta = M^(-1/2) sum_n g(y_n), sigma = (sqrt(M)/K) sum_i g(x_i), g = erf(x / sqrt 2); each example is
used once (arXiv 2410.09005, the committee machine).
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numba
import numpy as np

from scalinglaws.training.one_pass import Pace, State, learn_chunk, train_in_turn
from scalinglaws.training.session import Session

Array = np.ndarray
# A larger chunk would lose more on a kill, a smaller one would spend its time on seeding (30 us
# each); 128 x 1024 single-precision numbers stay in a core's cache.
PACE = Pace(chunk=8192, slab=128)


class Pair(NamedTuple):
    """A student before its descent, its teacher, and what they are shown.

    - ``student`` (K, N), ``teacher`` (M, N): first weights.
    - ``variances``: (N,) diagonal of the inputs' covariance.
    - ``examples``: the stream of a chunk of examples.
    """

    student: Array
    teacher: Array
    variances: Array
    examples: Callable[[int], np.random.Generator]


# Not cached on disk: compilation takes 0.7 s, and a kill while a cache is written or a read-only
# installation would cost more. "reassoc" lets the sums over N use vector registers (10x).
@numba.njit(fastmath={"reassoc", "contract", "nsz"})
def learn(student: Array, teacher: Array, scale: Array, normals: Array, eta: float) -> None:
    """One SGD step per row of `normals`, in place; scale = sqrt(lambda / N), (N,)."""
    hidden, dimension = student.shape
    units = teacher.shape[0]
    gain = math.sqrt(units) / hidden
    inputs = np.empty(dimension)
    fields = np.empty(hidden)
    for t in range(len(normals)):
        for j in range(dimension):
            inputs[j] = scale[j] * normals[t, j]
        # All fields before any unit moves: a step is one gradient, not one per unit.
        error = 0.0
        for n in range(units):
            field = 0.0
            for j in range(dimension):
                field += teacher[n, j] * inputs[j]
            error += math.erf(field / math.sqrt(2.0)) / math.sqrt(units)
        for i in range(hidden):
            field = 0.0
            for j in range(dimension):
                field += student[i, j] * inputs[j]
            fields[i] = field
            error -= gain * math.erf(field / math.sqrt(2.0))
        for i in range(hidden):
            # g'(x) of g = erf(x / sqrt 2).
            slope = math.sqrt(2.0 / math.pi) * math.exp(-0.5 * fields[i] * fields[i])
            step = eta * gain * slope * error
            for j in range(dimension):
                student[i, j] += step * inputs[j]


def descend(
    session: Session,
    members: int,
    pair: Callable[[int], Pair],
    eta: float,
    steps: Array,
    observe: Callable[[Array, Array, Array], float | Array],
    values: tuple[int, ...] = (),
) -> Array:
    """Curves (members, points, *values) of all members, trained in turn.

    - ``pair(index)``: a member as it is drawn; it is asked for again in every chunk.
    - ``steps``: (points,) numbers of examples after which a point is recorded.
    - ``observe(student, teacher, variances)``: one point, of shape ``values``.

    A diverged member is NaN from where it diverged.
    """

    def train_chunk(state: State, index: int, chunk: int) -> None:
        student, curve = state["student"], state["curves"][index]
        if not np.all(np.isfinite(student)):
            return
        _, teacher, variances, examples = pair(index)
        scale, stream = np.sqrt(variances / len(variances)), examples(chunk)
        slab = np.empty((PACE.slab, len(variances)), dtype=np.float32)

        def observed(point: int) -> None:
            curve[point] = observe(student, teacher, variances)

        learn_chunk(
            PACE,
            chunk,
            steps,
            draw=lambda: stream.standard_normal(out=slab, dtype=np.float32),
            learn=lambda part: learn(student, teacher, scale, slab[part], eta),
            observe=observed,
        )

    def first_weights(index: int) -> State:
        return {"student": pair(index).student}

    chunks, shape = PACE.chunks(steps), (len(steps), *values)
    return train_in_turn(session, members, chunks, first_weights, train_chunk, shape)["curves"]
