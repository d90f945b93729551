"""Coarser labels of the same images: documented merges that partition the classes and nest.

CIFAR-100 in 20 classes are its publisher's coarse labels; 10, 5 and 2 are merges of those, ours:
the paper (arXiv:2102.06701, Fig. 3 left) only says that classes are merged into broader semantic
groups. The digits have no semantics: neighbours are merged.
"""

import numpy as np

from scalinglaws.errors import InputError

# The publisher's coarse classes, in the publisher's order, with their fine classes.
COARSE = {
    "aquatic mammals": "beaver dolphin otter seal whale",
    "fish": "aquarium_fish flatfish ray shark trout",
    "flowers": "orchid poppy rose sunflower tulip",
    "food containers": "bottle bowl can cup plate",
    "fruit and vegetables": "apple mushroom orange pear sweet_pepper",
    "household electrical devices": "clock keyboard lamp telephone television",
    "household furniture": "bed chair couch table wardrobe",
    "insects": "bee beetle butterfly caterpillar cockroach",
    "large carnivores": "bear leopard lion tiger wolf",
    "large man-made outdoor things": "bridge castle house road skyscraper",
    "large natural outdoor scenes": "cloud forest mountain plain sea",
    "large omnivores and herbivores": "camel cattle chimpanzee elephant kangaroo",
    "medium-sized mammals": "fox porcupine possum raccoon skunk",
    "non-insect invertebrates": "crab lobster snail spider worm",
    "people": "baby boy girl man woman",
    "reptiles": "crocodile dinosaur lizard snake turtle",
    "small mammals": "hamster mouse rabbit shrew squirrel",
    "trees": "maple_tree oak_tree palm_tree pine_tree willow_tree",
    "vehicles 1": "bicycle bus motorcycle pickup_truck train",
    "vehicles 2": "lawn_mower rocket streetcar tank tractor",
}
TEN = {
    "aquatic animals": ("aquatic mammals", "fish"),
    "invertebrates and reptiles": ("insects", "non-insect invertebrates", "reptiles"),
    "large mammals": ("large carnivores", "large omnivores and herbivores"),
    "smaller mammals": ("medium-sized mammals", "small mammals"),
    "people": ("people",),
    "plants": ("flowers", "fruit and vegetables", "trees"),
    "food containers": ("food containers",),
    "furnishings": ("household electrical devices", "household furniture"),
    "outdoors": ("large man-made outdoor things", "large natural outdoor scenes"),
    "vehicles": ("vehicles 1", "vehicles 2"),
}
FIVE = {
    "mammals": ("large mammals", "smaller mammals", "people"),
    "other animals": ("aquatic animals", "invertebrates and reptiles"),
    "plants": ("plants",),
    "household": ("food containers", "furnishings"),
    "outdoors and vehicles": ("outdoors", "vehicles"),
}
TWO = {
    "living": ("mammals", "other animals", "plants"),
    "not living": ("household", "outdoors and vehicles"),
}
DIGITS = {5: (0, 0, 1, 1, 2, 2, 3, 3, 4, 4), 2: (0, 0, 0, 0, 1, 1, 1, 1, 1, 1)}
DIGIT_TASKS = ("mnist5k", "mnist", "svhn")


def merge(task: str, fine_classes: int, classes: int) -> np.ndarray:
    """Superclass of each fine class, (fine_classes,) int64 with values 0 to classes - 1.

    Raises InputError when no merge of this data set into so many classes is documented.
    """
    if classes == fine_classes:
        return np.arange(fine_classes)
    known = cifar100_merges() if task == "cifar100" else {}
    if task in DIGIT_TASKS:
        known = digit_merges()
    if classes not in known:
        raise InputError(
            f"superclasses: {task} cannot be merged into {classes} classes; choose from "
            f"{', '.join(map(str, sorted([*known, fine_classes])))} in config/scales."
        )
    return known[classes]


def digit_merges() -> dict[int, np.ndarray]:
    """Number of superclasses -> superclass of each digit, (10,)."""
    return {classes: np.array(table, dtype=np.int64) for classes, table in DIGITS.items()}


def cifar100_merges() -> dict[int, np.ndarray]:
    """Number of superclasses -> superclass of each fine class, (100,).

    Fine classes are numbered by the alphabet, the merged ones in the order written above.
    """
    owner = {fine: name for name, members in COARSE.items() for fine in members.split()}
    names = [owner[fine] for fine in sorted(owner)]
    merges = {20: ranks(names, list(COARSE))}
    # Each table merges the classes of the one before it, which is what makes them nest.
    for groups in (TEN, FIVE, TWO):
        above = {member: group for group, members in groups.items() for member in members}
        names = [above[name] for name in names]
        merges[len(groups)] = ranks(names, list(groups))
    return merges


def ranks(names: list[str], order: list[str]) -> np.ndarray:
    """Place of each name in `order`, (len(names),) int64."""
    return np.array([order.index(name) for name in names], dtype=np.int64)
