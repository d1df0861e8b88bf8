"""Canonical JSON and digests: equal values give equal bytes on every machine (design.md promise 1)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Encoded:
    """An object that is JSON already: the canonical JSON of each value, by key."""

    parts: Mapping[str, str]

    @classmethod
    def of(cls, value: Mapping[str, Json]) -> "Encoded":
        """The JSON of an object's values."""
        return cls({key: canonical_json(one) for key, one in value.items()})

    def with_more(self, value: Mapping[str, Json]) -> "Encoded":
        """With further keys; those that are there stay as they are."""
        return Encoded({**Encoded.of(value).parts, **self.parts})

    def decoded(self) -> Any:
        """The object."""
        return {key: json.loads(text) for key, text in self.parts.items()}

    def __str__(self) -> str:
        return "{" + ",".join(f"{canonical_json(key)}:{self.parts[key]}" for key in sorted(self.parts)) + "}"


def canonical_object(value: Mapping[str, Json | Encoded]) -> str:
    """As `canonical_json` of an object, of which some values may be JSON already.

    Raises:
        TypeError: the value holds something JSON has no word for.
    """
    return str(
        Encoded({key: str(one) if isinstance(one, Encoded) else canonical_json(one) for key, one in value.items()})
    )


def sha256(value: Json) -> str:
    """Lower-case hex sha256 of the canonical JSON of `value`."""
    return hashlib.sha256(canonical_json(value).encode("utf-8", "surrogatepass")).hexdigest()
