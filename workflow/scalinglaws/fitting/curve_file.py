"""An exponent from a csv file of one curve, with or without repetitions over seeds."""

import csv
from collections.abc import Sequence
from typing import Any

import numpy as np

from scalinglaws.errors import InputError
from scalinglaws.fitting.bootstrap import exponent_over_seeds
from scalinglaws.fitting.residuals import exponent_of_curve

Array = np.ndarray
DRAWS, SEED = 2000, 0  # of the bootstrap over seeds: the same answer every time


def fit_file(
    file: str,
    x: str,
    y: str,
    seed_column: str | None = None,
    offset: bool = False,
    window: Sequence[float] | None = None,
) -> dict[str, Any]:
    """The quantity (fitting.quantity) of column y against column x. Raises InputError."""
    columns = read_columns(file, [x, y], seed_column)
    if seed_column is None:
        return dict(exponent_of_curve(columns[x], columns[y], offset=offset, window=window))
    abscissae, samples = by_seed(file, columns, x, y, seed_column)
    return dict(
        exponent_over_seeds(
            abscissae,
            samples,
            mean="arithmetic" if offset else "log",
            offset=offset,
            generator=np.random.default_rng(SEED),
            draws=DRAWS,
            window=window,
        )
    )


def by_seed(
    file: str, columns: dict[str, Array], x: str, y: str, seed_column: str
) -> tuple[Array, Array]:
    """Abscissae (n,) and values (seeds, n), NaN where a seed has none."""
    abscissae, columns_of = np.unique(columns[x], return_inverse=True)
    seeds, rows_of = np.unique(columns[seed_column], return_inverse=True)
    samples = np.full((len(seeds), len(abscissae)), np.nan)
    samples[rows_of, columns_of] = columns[y]
    if len(np.unique(rows_of * len(abscissae) + columns_of)) < len(rows_of):
        raise InputError(
            f"{file}: a seed has two values at one {x}; expected one row per {seed_column} and "
            f"{x}: average them, or name the column that tells the repetitions apart."
        )
    return abscissae, samples


def read_columns(file: str, numeric: list[str], label: str | None) -> dict[str, Array]:
    """Named columns of a csv. Raises InputError for a missing file or column, or no number."""
    try:
        with open(file, newline="") as stream:
            reader = csv.DictReader(stream)
            rows, header = list(reader), list(reader.fieldnames or [])
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise InputError(
            f"{file} cannot be read as csv ({problem}); expected a header line and rows of numbers."
        ) from None
    for name in [*numeric, *([label] if label else [])]:
        if name not in header:
            raise InputError(f"{file} has no column {name!r}; it has: {', '.join(header)}.")
    columns = {name: as_numbers(file, name, [row[name] for row in rows]) for name in numeric}
    return columns | ({label: np.array([row[label] for row in rows])} if label else {})


def as_numbers(file: str, name: str, values: list[str | None]) -> Array:
    numbers = []
    for line, value in enumerate(values, start=2):
        try:
            numbers.append(float(value or ""))
        except ValueError:
            raise InputError(
                f"{file}, line {line}: column {name!r} holds {value!r}; expected a number."
            ) from None
    return np.array(numbers)
