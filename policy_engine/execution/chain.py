"""The chain of salted hashes: what was recorded can't be changed, left out or put in without everybody seeing it.

A transition's hash is the sha256 of the canonical JSON of its columns and the hash before it. What is personal enters
through a *commitment*, the sha256 of a random salt and the payload: with the payload deleted the chain still verifies,
and nobody can find the payload by trying names.
"""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from policy_engine.values.canonical import canonical_json

START = "0" * 64
"""The hash before the first."""
COLUMNS = ("seq", "action", "attempt", "before", "after", "at", "adapter", "tries", "commitment")
"""What a transition's hash covers, beside the hash before it."""


class Break(NamedTuple):
    """A place where the ledger isn't what was recorded."""

    seq: int
    what: str


def commitment(salt: str, body: str) -> str:
    """The salted hash of a payload."""
    return sha256(f"{salt}\n{body}".encode("utf-8", "surrogatepass")).hexdigest()


def link(row: Mapping[str, Any], previous: str) -> str:
    """The hash of a transition after the one with the hash `previous`."""
    text = canonical_json([previous, *(row[name] for name in COLUMNS)])
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def breaks(rows: Iterable[Mapping[str, Any]]) -> Iterator[Break]:
    """Where the chain is broken. Rows are transitions by `seq`, each with its payload's `salt` and `body` or None."""
    previous, expected = START, 1
    for row in rows:
        seq = row["seq"]
        if seq != expected:
            yield Break(expected, f"transition {expected} is missing")
        expected = seq + 1
        if row["previous"] != previous:
            yield Break(seq, "doesn't follow the transition before it")
        if row["hash"] != link(row, row["previous"]):
            yield Break(seq, "was changed: its hash is another")
        if row["body"] is not None and row["commitment"] != commitment(row["salt"], row["body"]):
            yield Break(seq, "its payload was changed")
        previous = row["hash"]
