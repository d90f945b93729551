"""An exponent from a csv file of one curve, with or without repetitions over seeds."""

import csv
from collections.abc import Sequence
from typing import Any

import numpy as np

from scalinglaws.errors import InputError
from scalinglaws.rounding import number_of
from scalinglaws.statistics.exponents import exponent_over_seeds
from scalinglaws.statistics.residuals import exponent_of_curve
from scalinglaws.statistics.windows import fitted_window, select

Array = np.ndarray
SAME = 1e-6  # abscissae of two seeds that differ by less are one: another rounding, or float32
NEAR = 1e-3  # ... and by less than this are taken for one that was written down inexactly
SHOWN = 3  # values named in a message


def fit_file(
    file: str,
    x: str,
    y: str,
    seed_column: str | None = None,
    offset: bool = False,
    window: Sequence[float] | None = None,
    floor: float = 0.0,
) -> dict[str, Any]:
    """The quantity (fitting.quantity) of column y - floor against column x, and ``left_out``.

    `window` holds the first and last abscissa that were fitted, whatever was asked; `left_out`
    lists those that one seed alone has, which are not. Raises InputError.
    """
    if x == y:
        raise InputError(f"--x and --y both name column {x!r}; expected two columns.")
    columns = read_columns(file, [x, y], seed_column)
    columns[y] = columns[y] - floor
    if seed_column is None:
        found = exponent_of_curve(columns[x], columns[y], offset=offset, window=window)
        return {**found, "left_out": []}
    abscissae, samples = by_seed(file, columns, x, y, seed_column)
    found = exponent_over_seeds(
        abscissae,
        samples,
        mean="arithmetic" if offset else "log",
        offset=offset,
        window=window,
    )
    inside = np.full(len(abscissae), True) if window is None else select(abscissae, *window)
    alone = np.isfinite(samples).sum(axis=0) < min(2, len(samples))
    return {
        **found,
        "window": fitted_window(abscissae[inside & ~alone]),
        "left_out": abscissae[inside & alone].tolist(),
    }


def by_seed(
    file: str, columns: dict[str, Array], x: str, y: str, seed_column: str
) -> tuple[Array, Array]:
    """Abscissae (n,) and values (seeds, n), NaN where a seed has none."""
    seeds, rows_of = np.unique(columns[seed_column], return_inverse=True)
    check_labels(file, seeds, seed_column)
    abscissae, columns_of = np.unique(merged(columns[x], rows_of), return_inverse=True)
    samples = np.full((len(seeds), len(abscissae)), np.nan)
    samples[rows_of, columns_of] = columns[y]
    if len(np.unique(rows_of * len(abscissae) + columns_of)) < len(rows_of):
        raise InputError(
            f"{file}: a seed has two values at one {x}; expected one row per {seed_column} and "
            f"{x}: average them, or name the column that tells the repetitions apart."
        )
    check_shared(file, abscissae, samples, seeds, x)
    return abscissae, samples


def check_labels(file: str, seeds: Array, seed_column: str) -> None:
    """Refuses 1 and 1.0, as two seeds of the same number would each get half of its points."""
    spelt: dict[float, str] = {}
    for label in map(str, seeds):
        try:
            number = number_of(label)
        except ValueError:
            continue
        if number in spelt:
            raise InputError(
                f"{file}: column {seed_column!r} holds {spelt[number]!r} and {label!r}, one number "
                "in two spellings; write each seed in one way."
            )
        spelt[number] = label


def merged(x: Array, rows_of: Array) -> Array:
    """x (rows,) where abscissae of different seeds that differ by rounding are made one.

    The one that most rows have stands for all. Seeds whose x differ in the last digit would
    otherwise share no abscissa with the others, and leave the fit without a word.
    """
    values, places = np.unique(x, return_inverse=True)
    close = np.flatnonzero(np.diff(values) <= SAME * np.abs(values[1:]))
    if len(close) == 0:
        return x
    rows = [np.flatnonzero(places == place) for place in range(len(values))]
    result, group = x.copy(), [0]
    for place in range(1, len(values) + 1):
        if place < len(values) and joins(values, rows, rows_of, group, place):
            group.append(place)
            continue
        best = max(group, key=lambda member: len(rows[member]))
        for member in group:
            result[rows[member]] = values[best]
        group = [place]
    return result


def joins(
    values: Array, rows: Sequence[Array], rows_of: Array, group: Sequence[int], place: int
) -> bool:
    """Near the group's first abscissa, and no seed has both: a seed tells apart what it has."""
    if values[place] - values[group[0]] > SAME * abs(values[place]):
        return False
    present = np.concatenate([rows_of[rows[member]] for member in group])
    return not np.any(np.isin(rows_of[rows[place]], present))


def check_shared(file: str, abscissae: Array, samples: Array, seeds: Array, x: str) -> None:
    """Refuses seeds that have no abscissa in common with another seed, and almost equal ones."""
    finite = np.isfinite(samples)
    count = finite.sum(axis=0)
    if len(seeds) < 2:
        return
    for place in np.flatnonzero(np.diff(abscissae) <= NEAR * abscissae[1:]):
        pair = (place, place + 1)
        apart = not np.any(finite[:, place] & finite[:, place + 1])
        if apart and count[place] and count[place + 1]:
            first, second = (f"{abscissae[one]:.17g}" for one in pair)
            raise InputError(
                f"{file}: {x} is {first} for some seeds and {second} for others; expected the same "
                f"{x} in all seeds: write them alike, or interpolate to common ones."
            )
    for number in np.flatnonzero(finite.any(axis=1) & ~(finite & (count > 1)).any(axis=1)):
        own = some_of(abscissae[finite[number]])
        others = some_of(abscissae[finite[np.arange(len(seeds)) != number].any(axis=0)])
        raise InputError(
            f"{file}: seed {str(seeds[number])!r} shares no {x} with another seed: it has {own}, "
            f"the others {others}, so their mean determines no power law; expected the same {x} in "
            "all seeds."
        )


def some_of(values: Array) -> str:
    shown = [f"{value:.17g}" for value in values[:SHOWN]]
    return ", ".join(shown + (["..."] if len(values) > SHOWN else []))


def read_columns(file: str, numeric: list[str], label: str | None) -> dict[str, Array]:
    """Named columns of a csv. Raises InputError for a missing file or column, or no number."""
    try:
        # A file that Excel wrote as "CSV UTF-8" begins with a byte order mark.
        with open(file, newline="", encoding="utf-8-sig") as stream:
            reader = csv.reader(stream)
            header = [name.strip() for name in next(reader, [])]
            # The reader's own count: blank lines and line breaks in quotes are lines too.
            rows = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise InputError(
            f"{file} cannot be read as csv ({problem}); expected a header line and rows of numbers."
        ) from None
    rows = [(line, row) for line, row in rows if any(cell.strip() for cell in row)]
    check_header(file, header, [*numeric, *([label] if label else [])])
    for line, row in rows:
        if len(row) != len(header):
            raise InputError(
                f"{file}, line {line}: the row has {len(row)} value{'s' * (len(row) != 1)}, the "
                f"header has {len(header)}; expected as many (a number with a comma in it needs "
                "quotes)."
            )
    place = {name: header.index(name) for name in header}
    columns: dict[str, Array] = {}
    for name in numeric:
        columns[name] = as_numbers(file, name, [(line, row[place[name]]) for line, row in rows])
    if label:
        columns[label] = as_labels(file, label, [(line, row[place[label]]) for line, row in rows])
    finite = np.isfinite(columns[numeric[0]])
    if not np.all(finite):
        line = rows[int(np.argmin(finite))][0]
        raise InputError(f"{file}, line {line}: {numeric[0]} is not finite; expected a number.")
    return columns


def check_header(file: str, header: list[str], names: Sequence[str]) -> None:
    if not header:
        raise InputError(f"{file} is empty; expected a header line and rows of numbers.")
    for name in names:
        if name not in header:
            raise InputError(f"{file} has no column {name!r}; it has: {', '.join(header)}.")
        if header.count(name) > 1:
            raise InputError(
                f"{file} has {header.count(name)} columns {name!r}; expected one of the name."
            )


def as_numbers(file: str, name: str, cells: Sequence[tuple[int, str]]) -> Array:
    numbers = []
    for line, cell in cells:
        try:
            numbers.append(number_of(cell))
        except ValueError as expected:
            raise InputError(
                f"{file}, line {line}: column {name!r} holds {cell!r}; expected {expected}."
            ) from None
    return np.array(numbers, dtype=float)


def as_labels(file: str, name: str, cells: Sequence[tuple[int, str]]) -> Array:
    for line, cell in cells:
        if not cell.strip():
            raise InputError(
                f"{file}, line {line}: column {name!r} is empty; expected the name of a seed."
            )
    return np.array([cell.strip() for _, cell in cells])
