"""One spelling of a record, so that equal records have equal digests on every machine."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces; NaN and infinity are refused (ValueError).

    Floats are spelt as Python's repr, the shortest text that reads back as the same number. Tuples
    equal lists, but 1 and 1.0 are different records.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(value: Any) -> str:
    """First 16 hexadecimal digits (64 bits) of the sha256 of the canonical JSON."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()[:16]


def member_name(identity: Mapping[str, Any]) -> str:
    """A member's identity as text, for example ``P=250,seed=0``."""
    return ",".join(f"{key}={identity[key]}" for key in sorted(identity))
