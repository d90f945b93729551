import math

import numpy as np
import pytest
from scipy import stats

from scalinglaws.theory.committee import block_overlaps
from scalinglaws.theory.power_law_spectrum import input_variances
from scalinglaws.training import compiled_draws, reduced_committee
from scalinglaws.training.committee_descent import learn

BETA, ETA = 1.0, 0.7
ROOM = np.empty((4096, compiled_draws.LANES), dtype=np.uint64)


def drawn(seed, freedom=0):
    state = compiled_draws.first_state(np.random.SeedSequence(seed))
    out = np.empty(ROOM.size)
    compiled_draws.fill_normals(state, ROOM, out)
    if freedom:
        compiled_draws.fill_chi(state, ROOM, freedom, out)
    return out


def test_layers_of_the_ziggurat_have_equal_areas():
    edges, heights = compiled_draws.EDGES, compiled_draws.HEIGHTS
    areas = edges[1:-1] * np.diff(heights[1:])
    np.testing.assert_allclose(areas, compiled_draws.AREA, rtol=1e-9)
    tail = math.sqrt(math.pi / 2) * math.erfc(edges[1] / math.sqrt(2))
    assert edges[1] * heights[1] + tail == pytest.approx(compiled_draws.AREA, rel=1e-9)


def test_compiled_normals_are_standard_normal_in_body_and_tail():
    values = np.concatenate([drawn(seed) for seed in range(60)])
    assert stats.kstest(values, "norm").pvalue > 1e-3
    for threshold in (2.0, 3.5, compiled_draws.TAIL, 4.2):
        expected = 2 * stats.norm.sf(threshold) * len(values)
        assert abs(np.sum(np.abs(values) > threshold) - expected) < 4.5 * math.sqrt(expected)
    for lag in (1, compiled_draws.LANES):
        correlation = np.mean(values[lag:] * values[:-lag])
        assert abs(correlation) < 4.5 / math.sqrt(len(values))


@pytest.mark.parametrize("freedom", [1, 2, 3, 10, 124, 124_996])
def test_compiled_lengths_are_chi_distributed(freedom):
    values = np.concatenate([drawn(seed, freedom) for seed in range(3)])
    assert stats.kstest(values**2, "chi2", args=(freedom,)).pvalue > 1e-3
    assert (
        stats.kstest(values**2, "chi2", args=(freedom + 0.2,)).pvalue
        < stats.kstest(values**2, "chi2", args=(freedom,)).pvalue
        or freedom > 100
    )


def test_streams_differ_and_repeat():
    assert np.array_equal(drawn(1), drawn(1))
    assert not np.any(np.isclose(drawn(1)[:100], drawn(2)[:100], atol=1e-9))


def random_weights(hidden, units, dimension, seed):
    generator = np.random.default_rng(seed)
    return (
        0.3 * generator.standard_normal((hidden, dimension)),
        generator.standard_normal((units, dimension)),
    )


def overlaps(student, teacher):
    """(R, Q, T), each (L, units, units), from frame coordinates."""
    pairs = [(student, teacher), (student, student), (teacher, teacher)]
    return [np.einsum("iak,jak->kij", *pair) for pair in pairs]


def full_input(student, teacher, frame_student, normals, length, size, generator):
    """One block's input with given components along the frame, in the frame of the weights.

    The frame: Gram-Schmidt of the teachers, then axes in which the students' remainders have the
    coordinates of `frame_student`.
    """
    first = np.linalg.qr(teacher.T)[0][:, : len(teacher)]
    signs = np.sign(np.diag(first.T @ teacher.T))
    first = first * signs
    known = min(len(teacher), size)
    axes = [first[:, :known]]
    if size > known:
        remainder = student - student @ first @ first.T
        inner = frame_student[:, known:]
        axes.append(np.linalg.lstsq(inner, remainder, rcond=None)[0].T)
    frame = np.concatenate(axes, axis=1)
    outer = generator.standard_normal(size)
    outer -= frame @ (frame.T @ outer)
    norm = np.linalg.norm(outer)
    spare = length * outer / norm if length else np.zeros(size)
    return frame @ normals + spare


@pytest.mark.parametrize(("hidden", "units"), [(2, 2), (3, 2), (1, 1), (4, 4)])
def test_steps_in_frames_equal_direct_steps_with_the_same_inputs(hidden, units):
    levels, size = 3, 11
    dimension = levels * size
    student, teacher = random_weights(hidden, units, dimension, 4)
    V, C = reduced_committee.coordinates(student, teacher, levels)
    # Teacher axes of a QR decomposition have free signs: make the diagonal positive, as above.
    flip = np.sign(np.einsum("aak->ak", C[:, :units]))
    V[:, :units] *= flip
    C[:, :units] *= flip
    axes, generator = V.shape[1], np.random.default_rng(5)
    scale = reduced_committee.input_scales(levels, BETA)
    full_scale = np.sqrt(input_variances(levels, dimension, BETA) / dimension)
    assert axes == hidden + units
    for _ in range(6):
        normals = generator.standard_normal((1, axes * levels))
        lengths = generator.uniform(1, 4, (1, levels))
        blocks = []
        for k in range(levels):
            part = slice(k * size, (k + 1) * size)
            block = (student[:, part] / math.sqrt(size), teacher[:, part] / math.sqrt(size))
            inside = normals.reshape(axes, levels)[:, k]
            rest = (V[:, :, k], inside, lengths[0, k], size, generator)
            blocks.append(full_input(*block, *rest))
        learn(student, teacher, full_scale, np.concatenate(blocks)[None], ETA)
        reduced_committee.learn_in_frames(V, C, scale, normals, lengths, ETA / size)
        direct = [
            block_overlaps(*pair, levels) for pair in [(student, teacher), (student, student)]
        ]
        for found, expected in zip(overlaps(V, C), direct, strict=False):
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("levels", [3, 6, 12])
def test_small_blocks_are_direct_sgd_in_rotated_coordinates(levels):
    """N/L = 4, 2, 1 at K + M = 4: nothing is left over, and nothing is approximated."""
    student, teacher = random_weights(2, 2, 12, 6)
    V, C = reduced_committee.coordinates(student, teacher, levels)
    axes = V.shape[1]
    assert axes == 12 // levels
    generator = np.random.default_rng(7)
    normals = generator.standard_normal((5, axes * levels))
    reduced = V.copy()
    scale = reduced_committee.input_scales(levels, BETA)
    empty = np.empty((5, 0))
    reduced_committee.learn_in_frames(reduced, C, scale, normals, empty, ETA * levels / 12)

    # The same as weights of a machine whose basis is the frames': component a of block k.
    def as_weights(coordinates):
        return np.ascontiguousarray(
            coordinates.transpose(0, 2, 1).reshape(len(coordinates), 12) * math.sqrt(axes)
        )

    plain = as_weights(V)
    inputs = normals.reshape(5, axes, levels).transpose(0, 2, 1).reshape(5, 12)
    variances = input_variances(levels, 12, BETA)
    learn(plain, as_weights(C), np.sqrt(variances / 12), np.ascontiguousarray(inputs), ETA)
    np.testing.assert_allclose(as_weights(reduced), plain, rtol=1e-11, atol=1e-12)


def test_a_student_on_top_of_the_teacher_stays_there():
    """The remainder is zero, where a Gram matrix would have no Cholesky factor."""
    _, teacher = random_weights(2, 2, 60, 8)
    V, C = reduced_committee.coordinates(teacher.copy(), teacher, 3)
    V[...] = C
    generator = np.random.default_rng(9)
    normals, lengths = generator.standard_normal((100, 12)), generator.uniform(1, 4, (100, 3))
    scale = reduced_committee.input_scales(3, BETA)
    reduced_committee.learn_in_frames(V, C, scale, normals, lengths, ETA / 20)
    np.testing.assert_allclose(V, C, atol=1e-13)


@pytest.mark.parametrize("distance", [1e-6, 1e-9])
def test_small_deviations_keep_their_relative_precision(distance):
    # Dynamics beside the teacher are linear: a student closer by a factor moves less by it.
    student, teacher = random_weights(2, 2, 60, 10)
    generator = np.random.default_rng(11)
    normals, lengths = generator.standard_normal((200, 12)), generator.uniform(1, 4, (200, 3))
    scale = reduced_committee.input_scales(3, BETA)

    def remainders(small):
        V, C = reduced_committee.coordinates(teacher + small * student, teacher, 3)
        reduced_committee.learn_in_frames(V, C, scale, normals, lengths, ETA / 20)
        return np.einsum("iak,jak->kij", V[:, 2:], V[:, 2:]) / small**2

    np.testing.assert_allclose(remainders(distance), remainders(1e-4), rtol=2e-3)


def ensembles(levels, freedom_error=0, seeds=1500, steps=30):
    """Overlaps of the last step by direct SGD and by the reduced dynamics, (seeds, features)."""
    dimension = 16
    student, teacher = random_weights(2, 2, dimension, 12)
    V, C = reduced_committee.coordinates(student, teacher, levels)
    axes = V.shape[1]
    freedom = dimension // levels - axes
    freedom += freedom_error if freedom else 0
    scale = reduced_committee.input_scales(levels, BETA)
    full_scale = np.sqrt(input_variances(levels, dimension, BETA) / dimension)
    bits, normals, lengths = reduced_committee.room(steps, axes, levels, freedom)
    generator = np.random.default_rng(13)
    direct, reduced = [], []
    for seed in range(seeds):
        trained = student.copy()
        inputs = generator.standard_normal((steps, dimension))
        learn(trained, teacher, full_scale, inputs, ETA)
        direct.append(features(*(block_overlaps(trained, w, levels) for w in (teacher, trained))))
        state = compiled_draws.first_state(np.random.SeedSequence(seed))
        reduced_committee.draw_inputs(state, bits, freedom, normals, lengths)
        W = V.copy()
        reduced_committee.learn_in_frames(W, C, scale, normals, lengths, ETA * levels / dimension)
        reduced.append(features(*overlaps(W, C)[:2]))
    return np.array(direct), np.array(reduced)


def features(R, Q):
    upper = np.triu_indices(2)
    return np.concatenate([R.ravel(), Q[:, upper[0], upper[1]].ravel(), [np.linalg.det(Q).prod()]])


def smallest_p(direct, reduced):
    kolmogorov = [stats.ks_2samp(a, b).pvalue for a, b in zip(direct.T, reduced.T, strict=True)]
    means = stats.ttest_ind(direct, reduced, equal_var=False).pvalue
    squares = stats.ttest_ind(
        (direct - direct.mean(axis=0)) ** 2, (reduced - reduced.mean(axis=0)) ** 2, equal_var=False
    ).pvalue
    return min(*kolmogorov, *means, *squares) * (3 * direct.shape[1])


@pytest.mark.parametrize("levels", [1, 2, 4, 8])
def test_reduced_and_direct_overlaps_have_the_same_distribution(levels):
    assert smallest_p(*ensembles(levels)) > 0.01


def test_the_comparison_of_distributions_sees_a_wrong_number_of_directions():
    assert smallest_p(*ensembles(1, freedom_error=3)) < 1e-4
