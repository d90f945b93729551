"""Checks shared by the variance-limited experiments, made before anything runs."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.errors import InputError
from scalinglaws.planning.datasets import SHAPES, SIZES

SYNTHETIC = "teacher_student"


def check_images(
    experiment: str, task: str, sizes: Mapping[str, Any], training_key: str = "population"
) -> None:
    """Refuse more examples than the data set has and a pooling that does not divide its side."""
    for key, available in zip((training_key, "test_size"), SIZES[task], strict=True):
        if sizes[key] > available:
            raise InputError(
                f"{experiment}.{key} is {sizes[key]} but {task} has {available} examples there; "
                "choose a smaller one in config/scales."
            )
    if SHAPES[task][0] % sizes["pooling"]:
        raise InputError(
            f"{experiment}.pooling is {sizes['pooling']}, which does not divide the side "
            f"{SHAPES[task][0]} of {task}; choose a divisor in config/scales."
        )


def check_balance(experiment: str, sizes: Mapping[str, Any]) -> None:
    """Refuse data sizes whose sets cannot hold every example of the population equally often."""
    for size in sizes["data_sizes"]:
        if sizes["sets"] * size % sizes["population"]:
            raise InputError(
                f"{experiment}.data_sizes holds {size}: {sizes['sets']} sets of that size do not "
                f"cover the population of {sizes['population']} equally; expected sets * size to "
                "be a multiple of the population: change config/scales."
            )
