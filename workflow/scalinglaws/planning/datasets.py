"""How many images each data set has, so that impossible sizes are refused before anything runs."""

from scalinglaws.errors import InputError

# name -> (training images, test images), as config/datasets.yaml counts them.
SIZES = {
    "mnist5k": (3000, 2000),
    "mnist": (60000, 10000),
    "fashion_mnist": (60000, 10000),
    "cifar10": (50000, 10000),
    "cifar100": (50000, 10000),
    "svhn": (73257, 26032),
    "cifar5m": (990448, 10000),
    "cifar10_efficientnet_b5": (50000, 10000),
}
# name -> (side, channels, classes)
SHAPES = {
    "mnist5k": (28, 1, 10),
    "mnist": (28, 1, 10),
    "fashion_mnist": (28, 1, 10),
    "cifar10": (32, 3, 10),
    "cifar100": (32, 3, 100),
    "svhn": (32, 3, 10),
    "cifar5m": (32, 3, 10),
    "cifar10_efficientnet_b5": (1, 2048, 10),  # embeddings: no pixels, 2,048 features
}


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
