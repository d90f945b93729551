"""Resolution-limited exponents on real images (arXiv:2102.06701, Figs. 1a, 1b, S1, S3)."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from scalinglaws.curves.image_curves import METRICS, against_parameters
from scalinglaws.records import as_record
from scalinglaws.statistics.image_slopes import (
    ImageSettings,
    data_line,
    data_slope,
    exponent,
    sum_of_slopes,
)
from scalinglaws.statistics.mapped import mapped
from scalinglaws.statistics.quantity import NOT_RUN, Quantity, unavailable

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
        results |= of_width(line, rows_of(tables["image_width_scan"], line, settings))
    return results


def rows_of(table: pd.DataFrame, line: str, settings: ImageSettings) -> Rows:
    rows = table[table["task"].isin(settings.tasks(line))]
    return None if rows.empty else rows


def of_data(prefix: str, line: str, rows: Rows, settings: ImageSettings) -> dict[str, Quantity]:
    found = {
        f"{prefix}slope_{metric}_{line}": data_slope(rows, metric, settings) for metric in METRICS
    }
    pairs = {
        "final_minus_best": ("final_test_loss", "best_test_loss"),
        "error_minus_loss": ("best_test_error", "best_test_loss"),
    }
    for name, metrics in pairs.items():
        key = f"{prefix}{name}_{line}"
        lines = [] if rows is None else [data_line(rows, metric, settings) for metric in metrics]
        found[key] = sum_of_slopes(lines, [1.0, -1.0])
    slope = found[f"{prefix}slope_best_test_loss_{line}"]
    found[f"{prefix}four_over_alpha_{line}"] = mapped(slope, lambda alpha: 4.0 / alpha, above=0.0)
    return found


def of_width(line: str, rows: Rows) -> dict[str, Quantity]:
    key = f"width_slope_{line}"
    if rows is None:
        return {key: unavailable(NOT_RUN)}
    return {key: exponent(against_parameters(rows), None, "all widths")}
