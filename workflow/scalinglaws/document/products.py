"""Long lists of names, told as products: (slope, ratio) × (digits, fashion) are four names."""

from collections.abc import Iterable, Sequence

Rectangle = tuple[tuple[str, ...], tuple[str, ...]]


def products_text(names: Sequence[str]) -> str:
    """All names, each once; names that share beginnings and ends are told together."""
    left = list(dict.fromkeys(names))
    texts = []
    while (rectangle := largest(left)) is not None:
        beginnings, ends = rectangle
        texts.append(f"{factor(beginnings)} × {factor(ends)}")
        told = {f"{beginning} {end}" for beginning in beginnings for end in ends}
        left = [name for name in left if name not in told]
    return ", ".join([*texts, *left])


def largest(names: Iterable[str]) -> Rectangle | None:
    """The beginnings and ends, two of each at least, whose combinations are all there.

    The largest of those in which the ends are all that one of the beginnings has, the shortest to
    write among equals: fair, and quadratic in the names where the best would be exponential.
    """
    ends: dict[str, dict[str, None]] = {}
    for name in names:
        words = name.split(" ")
        for cut in range(1, len(words)):
            ends.setdefault(" ".join(words[:cut]), {})[" ".join(words[cut:])] = None
    candidates = [
        (tuple(other for other in ends if own.keys() <= ends[other].keys()), tuple(own))
        for own in ends.values()
    ]
    wide = [one for one in candidates if min(map(len, one)) > 1]
    return max(wide, key=lambda one: (len(one[0]) * len(one[1]), -sum(map(len, one))), default=None)


def factor(parts: Sequence[str]) -> str:
    """The parts in brackets, or as the product that they are themselves."""
    rectangle = largest(parts)
    if rectangle is not None and len(rectangle[0]) * len(rectangle[1]) == len(parts):
        return f"{factor(rectangle[0])} × {factor(rectangle[1])}"
    return f"({products_text(parts)})"
