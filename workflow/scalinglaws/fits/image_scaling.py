"""Resolution-limited exponents on real images (arXiv:2102.06701, Figs. 1a, 1b, S1, S3)."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from scalinglaws.curves.image_curves import METRICS, against_parameters
from scalinglaws.records import as_record
from scalinglaws.statistics.image_slopes import (
    NOT_RUN,
    ImageSettings,
    data_line,
    data_slope,
    exponent,
    of_slopes,
)
from scalinglaws.statistics.quantity import Quantity, unavailable

Rows = pd.DataFrame | None
NETWORKS = {"wrn": "image_data_scan", "cnn": "cnn_data_scan"}


def fit(tables: dict[str, pd.DataFrame], given: Mapping[str, Any]) -> dict[str, Quantity]:
    """Decay exponents with intervals over seeds; lines that a scale does not run say so.

    For networks wrn and cnn and each line (digits, fashion, cifar10, cifar100, svhn):
    - `{network}_slope_{metric}_{line}`: exponent in D of best and final test loss and error;
    - `{network}_final_minus_best_{line}`, `{network}_error_minus_loss_{line}`: differences of
      exponents (final and best loss; best error and best loss);
    - `{network}_four_over_alpha_{line}`: 4 / exponent of the best loss.
    And `width_slope_{line}`: exponent of the best loss in the number of parameters.
    """
    settings = as_record(ImageSettings, given)
    results: dict[str, Quantity] = {}
    for line in dict.fromkeys(settings.lines.values()):
        for network, table in NETWORKS.items():
            results |= of_data(
                f"{network}_", line, rows_of(tables[table], line, settings), settings
            )
        results |= of_width(line, rows_of(tables["image_width_scan"], line, settings), settings)
    return results


def rows_of(table: pd.DataFrame, line: str, settings: ImageSettings) -> Rows:
    rows = table[table["task"].isin(settings.tasks(line))]
    return None if rows.empty else rows


def of_data(prefix: str, line: str, rows: Rows, settings: ImageSettings) -> dict[str, Quantity]:
    found = {
        key: data_slope(rows, metric, settings, key)
        for metric in METRICS
        for key in (f"{prefix}slope_{metric}_{line}",)
    }
    pairs = {
        "final_minus_best": ("final_test_loss", "best_test_loss"),
        "error_minus_loss": ("best_test_error", "best_test_loss"),
    }
    for name, metrics in pairs.items():
        key = f"{prefix}{name}_{line}"
        lines = [] if rows is None else [data_line(rows, metric, settings) for metric in metrics]
        found[key] = of_slopes(lambda slopes: float(slopes[0] - slopes[1]), lines, settings, key)
    key = f"{prefix}four_over_alpha_{line}"
    lines = [] if rows is None else [data_line(rows, "best_test_loss", settings)]
    found[key] = of_slopes(lambda slopes: float(4.0 / slopes[0]), lines, settings, key)
    return found


def of_width(line: str, rows: Rows, settings: ImageSettings) -> dict[str, Quantity]:
    key = f"width_slope_{line}"
    if rows is None:
        return {key: unavailable(NOT_RUN)}
    return {key: exponent(against_parameters(rows), None, "all widths", settings, key)}
