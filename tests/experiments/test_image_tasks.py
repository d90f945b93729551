import numpy as np
import pytest

from scalinglaws.data.superclasses import COARSE, merge
from scalinglaws.errors import InputError
from scalinglaws.experiments.image_scans.plan import MERGES
from scalinglaws.measures.intrinsic_dimension import intrinsic_dimensions
from scalinglaws.planning.datasets import SHAPES

# The publisher's coarse label of each fine label, read off the label bytes of the training file.
OFFICIAL = [
    *(4, 1, 14, 8, 0, 6, 7, 7, 18, 3, 3, 14, 9, 18, 7, 11, 3, 9, 7, 11, 6, 11, 5, 10, 7),
    *(6, 13, 15, 3, 15, 0, 11, 1, 10, 12, 14, 16, 9, 11, 5, 5, 19, 8, 8, 15, 13, 14, 17, 18, 10),
    *(16, 4, 17, 4, 2, 0, 17, 4, 18, 17, 10, 3, 2, 12, 12, 16, 12, 1, 9, 19, 2, 10, 0, 1, 16),
    *(12, 9, 13, 15, 13, 16, 19, 2, 4, 6, 19, 5, 5, 8, 19, 18, 1, 2, 15, 6, 0, 17, 8, 14, 13),
]


def test_twenty_superclasses_are_the_publishers_coarse_labels() -> None:
    np.testing.assert_array_equal(merge("cifar100", 100, 20), OFFICIAL)
    assert len(COARSE) == 20


@pytest.mark.parametrize("task", sorted(MERGES))
def test_merges_partition_the_classes_and_nest(task: str) -> None:
    fine = SHAPES[task][2]
    finer = np.arange(fine)
    for classes in sorted(MERGES[task], reverse=True):
        merged = merge(task, fine, classes)
        assert sorted(set(merged.tolist())) == list(range(classes))
        pairs = set(zip(finer.tolist(), merged.tolist(), strict=True))
        assert len(pairs) == len(set(finer.tolist()))  # each finer class lies in one coarser class
        finer = merged


def test_an_undocumented_number_of_classes_is_refused() -> None:
    with pytest.raises(InputError, match="cifar100 cannot be merged into 7 classes"):
        merge("cifar100", 100, 7)
    with pytest.raises(InputError, match="cifar10 cannot be merged into 5 classes"):
        merge("cifar10", 10, 5)


@pytest.mark.parametrize("dimension", [2, 4, 8])
def test_uniform_cubes_have_their_dimension(dimension: int) -> None:
    points = np.random.default_rng(dimension).random((20000, dimension))
    flat = intrinsic_dimensions(points)
    assert flat.mean() == pytest.approx(dimension, rel=0.1)
    assert flat.std() < 0.05 * dimension  # the three numbers of neighbours agree


def test_a_curved_embedding_in_many_coordinates_keeps_its_dimension() -> None:
    source = np.random.default_rng(1)
    angles = source.uniform(0, 2 * np.pi, (4000, 2))
    torus = np.concatenate([np.cos(angles), np.sin(angles)], axis=1)
    embedded = torus @ source.standard_normal((4, 30))
    assert intrinsic_dimensions(embedded).mean() == pytest.approx(2, rel=0.1)


def test_repeated_points_and_broken_activations_do_not_break_the_estimate() -> None:
    points = np.random.default_rng(2).random((2000, 3))
    doubled = np.concatenate([points, points])
    np.testing.assert_array_equal(intrinsic_dimensions(doubled), intrinsic_dimensions(points))
    points[5, 1] = np.nan
    assert np.isnan(intrinsic_dimensions(points)).all()
    assert np.isnan(intrinsic_dimensions(np.zeros((500, 3)))).all()
