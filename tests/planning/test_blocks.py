import pytest

from scalinglaws.planning.blocks import seed_ranges


@pytest.mark.parametrize(
    ("seeds", "each", "ranges"),
    [
        (6, 3, [(0, 3), (3, 3)]),
        (7, 3, [(0, 3), (3, 3), (6, 1)]),
        (2, 5, [(0, 2)]),
        (1, 1, [(0, 1)]),
    ],
)
def test_every_seed_is_in_one_range(seeds, each, ranges):
    assert seed_ranges(seeds, each) == ranges
    assert [first + i for first, count in ranges for i in range(count)] == list(range(seeds))
