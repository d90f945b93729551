"""How many images each data set has, so that impossible sizes are refused before anything runs."""

from scalinglaws.config import read_datasets
from scalinglaws.data.registry import image_counts, image_layout
from scalinglaws.errors import InputError

IMAGES = {name: entry for name, entry in read_datasets().items() if "image_shape" in entry}
SIZES = {name: image_counts(entry) for name, entry in IMAGES.items()}  # (training, test) images
SHAPES = {name: image_layout(entry) for name, entry in IMAGES.items()}  # (side, channels, classes)


def check_training_sizes(key: str, sizes: list[int], dataset: str) -> None:
    """Refuse an empty grid, repetitions, sizes below 1 and sizes beyond the data set.

    Raises InputError; `key` says where the grid stands in the configuration.
    """
    if dataset not in SIZES:
        raise InputError(
            f"{key}: data set {dataset!r} is unknown; expected one of: {', '.join(sorted(SIZES))}."
        )
    available = SIZES[dataset][0]
    if not sizes or len(set(sizes)) != len(sizes):
        raise InputError(
            f"{key} is {sizes}; expected at least one size and none twice: correct config/scales."
        )
    wrong = [size for size in sizes if not 1 <= size <= available]
    if wrong:
        raise InputError(
            f"{key} asks for {wrong[0]} training images; expected between 1 and {available}, the "
            f"size of {dataset}: change the grid or the data set in config/scales."
        )
