import json
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from scalinglaws.errors import InputError
from scalinglaws.records import as_record


@dataclass(frozen=True)
class Panel:
    widths: tuple[int, ...]
    dropout: float = 0.0


@dataclass(frozen=True)
class Sizes:
    seeds: int
    shapes: tuple[tuple[int, int], ...]
    panels: dict[str, Panel]
    decay: float | None


GIVEN = {
    "seeds": 3,
    "shapes": [[1, 2], [3, 4]],
    "panels": {"CNN": {"widths": [2, 4]}},
    "decay": None,
}


def test_a_record_holds_tuples_and_records_where_a_mapping_held_lists_and_mappings():
    sizes = as_record(Sizes, GIVEN)
    assert sizes == Sizes(3, ((1, 2), (3, 4)), {"CNN": Panel((2, 4))}, None)


def test_an_unknown_key_is_refused_by_its_name():
    with pytest.raises(InputError, match="Sizes has no field 'seed'; expected"):
        as_record(Sizes, {**GIVEN, "seed": 3})


def test_a_key_that_is_lacking_is_refused_by_its_name():
    with pytest.raises(InputError, match="Sizes lacks 'decay'"):
        as_record(Sizes, {key: value for key, value in GIVEN.items() if key != "decay"})


def test_a_pair_of_three_is_refused():
    with pytest.raises(ValueError, match="zip"):
        as_record(Sizes, {**GIVEN, "shapes": [[1, 2, 3]]})


@dataclass(frozen=True)
class Windows:
    data_from: Mapping[int, float]


def test_a_whole_number_as_key_is_one_again_after_a_command_line_made_text_of_it():
    given = json.loads(json.dumps({"data_from": {2: 64.0}}))
    assert as_record(Windows, given).data_from == {2: 64.0}
