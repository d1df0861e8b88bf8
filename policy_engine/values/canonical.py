"""Canonical JSON and digests: equal values give equal bytes on every machine (design.md promise 1)."""

import hashlib
import json
from typing import Any

Json = Any
"""What `json` can write: dicts with text keys, lists, text, ints, booleans, None. Floats are refused."""

_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def canonical_json(value: Json) -> str:
    """One line of JSON with sorted keys (by code point), no blanks, text kept as it is.

    Raises:
        TypeError: the value holds something JSON has no word for.
    """
    return _ENCODER.encode(value)


def sha256(value: Json) -> str:
    """Lower-case hex sha256 of the canonical JSON of `value`."""
    return hashlib.sha256(canonical_json(value).encode("utf-8", "surrogatepass")).hexdigest()
