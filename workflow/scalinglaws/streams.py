"""Random streams that belong to a member, never to the block it happens to be trained in.

A stream is named by (root seed, paper, experiment, identity, purpose). Two members that should
share something (the same teacher while the data size is scanned, say) leave the scanned key out
of the identity of that stream. Bit generators are named explicitly: numpy may change the default.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from scalinglaws.canonical import canonical_json


def seed_sequence(
    root: int, paper: str, experiment: str, identity: Mapping[str, Any], purpose: str
) -> np.random.SeedSequence:
    """Entropy of one named stream: the sha256 of its name, as eight 32-bit words.

    Raises ValueError for NaN or infinity in the identity. The name is text, so 1 and 1.0 name two
    different streams: an identity takes its numbers from the configuration as they are.
    """
    name = canonical_json([root, paper, experiment, dict(identity), purpose])
    words = np.frombuffer(hashlib.sha256(name.encode()).digest(), dtype=np.uint32)
    return np.random.SeedSequence(words.tolist())


def generator(
    root: int, paper: str, experiment: str, identity: Mapping[str, Any], purpose: str
) -> np.random.Generator:
    """A Philox (counter-based) generator for one named stream.

    Its state is a few words, which a checkpoint can hold.
    """
    sequence = seed_sequence(root, paper, experiment, identity, purpose)
    return np.random.Generator(np.random.Philox(sequence))


def integer_seed(
    root: int, paper: str, experiment: str, identity: Mapping[str, Any], purpose: str
) -> int:
    """A 63-bit seed of the same named stream, for libraries with generators of their own."""
    sequence = seed_sequence(root, paper, experiment, identity, purpose)
    # Without the highest bit: some libraries read seeds as signed integers.
    return int(sequence.generate_state(1, np.uint64)[0] >> 1)
