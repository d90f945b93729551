"""Linear regression from subsets of given features: losses against D and P, low and tuned ridge.

The parts of Bahri et al. (arXiv:2102.06701), figures S6 and S7: features of a trained network,
real labels (centred one-hot) or random teachers on all the features. Losses are mean squared
errors in units of predicting zero.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from scalinglaws.experiments.kernels.settings import PretrainedFeatures
from scalinglaws.theory.ridge import relative_errors, ridge_predictions
from scalinglaws.training.groups import Arrays
from scalinglaws.training.weighted_descent import balanced_counts

Array = np.ndarray
LOW = 1e-10  # penalty relative to the design's squared singular values: minimum norm, in effect
PENALTIES = np.concatenate([[LOW], np.geomspace(1e-7, 1.0, 22)])
RIDGES = ("low", "tuned")
Streams = Callable[[str, int], np.random.Generator]  # of a scan and a size


@dataclass(frozen=True)
class Part:
    """Centred features (n, S) and targets (n, outputs) of one part of the data."""

    features: Array
    targets: Array


@dataclass(frozen=True)
class Task:
    """One kind of target on train, validation and test part."""

    train: Part
    validation: Part
    test: Part


def both_ridges(design: Array, targets: Array, task: Task, designs: Sequence[Array]) -> Array:
    """(2,) test loss at low ridge and at the ridge of the smallest validation loss."""
    validation, test = errors(design, targets, task, designs)
    return np.array([test[0], test[np.argmin(validation)]])


def errors(design: Array, targets: Array, task: Task, designs: Sequence[Array]) -> Array:
    """(2, penalties): validation and test loss."""
    predictions = ridge_predictions(design, targets, designs, PENALTIES)
    held_out = (task.validation.targets, task.test.targets)
    return np.stack([relative_errors(*pair) for pair in zip(predictions, held_out, strict=True)])


def subset_losses(task: Task, rows: Array, columns: Array) -> Array:
    """(2,) losses after learning the rows `rows` with the features `columns`."""
    designs = [part.features[:, columns] for part in (task.validation, task.test)]
    train = task.train
    return both_ridges(train.features[np.ix_(rows, columns)], train.targets[rows], task, designs)


def subset_scans(task: Task, rows: Array, columns: Array, design: PretrainedFeatures) -> Arrays:
    """Scans over heads of the permutations `rows` and `columns`, keyed scan, (sizes, 2) each.

    data, parameters: the other as large as can be; data_resonance, parameters_resonance: the other
    at `resonance`, for the overlay of figure S6.
    """
    middle = design.resonance
    pairs = {
        "data": [(n, len(columns)) for n in design.data_sizes],
        "parameters": [(len(rows), n) for n in design.parameter_sizes],
        "data_resonance": [(n, middle) for n in design.resonance_sizes],
        "parameters_resonance": [(middle, n) for n in design.resonance_sizes],
    }
    return {
        scan: np.array([subset_losses(task, rows[:d], columns[:p]) for d, p in sizes])
        for scan, sizes in pairs.items()
    }


def variance_scans(
    task: Task, rows: Array, columns: Array, design: PretrainedFeatures, streams: Streams
) -> Arrays:
    """Excess over the limit when D (or P) is drawn with replacement and P (or D) stays fixed.

    (sizes, 2) each. Draws are balanced, so that what is linear in the sampling noise cancels in
    their mean (training.weighted_descent); `streams(scan, size)` gives their generators.
    """
    fixed = design.fixed
    found = {}
    for scan, total in (("data_variance", len(rows)), ("parameters_variance", len(columns))):
        sides = (rows, columns[:fixed]) if scan.startswith("data") else (rows[:fixed], columns)
        limit = weighted_errors(task, *sides, scan, np.ones((1, total)))
        means = []
        for size in design.variance_sizes:
            counts = balanced_counts(total, size, design.sets, streams(scan, size))
            means.append(weighted_errors(task, *sides, scan, counts) - limit)
        found[scan] = np.array(means)
    return found


def weighted_errors(task: Task, rows: Array, columns: Array, scan: str, counts: Array) -> Array:
    """(2,) mean test losses over draws; the tuned ridge is best for their mean validation loss."""
    design = task.train.features[np.ix_(rows, columns)]
    targets = task.train.targets[rows]
    held_out = [part.features[:, columns] for part in (task.validation, task.test)]
    total = np.zeros((2, len(PENALTIES)))
    for row in np.sqrt(counts / counts.mean(axis=1, keepdims=True)):
        if scan.startswith("data"):
            total += errors(design * row[:, None], targets * row[:, None], task, held_out)
        else:
            total += errors(design * row, targets, task, [part * row for part in held_out])
    validation, test = total / len(counts)
    return np.array([test[0], test[np.argmin(validation)]])
