"""What an execution tells a log: events of ids, states and counts; never a name, an address, a text or a secret.

The package logs to the logger `policy_engine` and adds no handler: who embeds it decides whether and where. A record's
`dunning` attribute is the event; `FIELDS` are all that one may hold, so that nothing personal slips in with a new one.
"""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime

from policy_engine.values.text import inert_json

LOGGER = logging.getLogger("policy_engine")
FIELDS: Mapping[str, type | tuple[type, ...]] = {
    "plan": str,
    "action": str,
    "attempt": int,
    "adapter": str,
    "channel": str,
    "state": str,
    "tries": int,
    "not_before": str,
    "dry_run": bool,
    "transitions": int,
    "head": str,
    "actions": int,
    "counts": dict,
    "seconds": float,
    "exit_code": int,
}
"""What an event may hold: identities, ids, names that the operator gave to adapters, states, counts, durations."""


def enabled() -> bool:
    """Whether anybody listens."""
    return LOGGER.isEnabledFor(logging.INFO)


def tell(event: str, **fields: object) -> None:
    """Tell the log of an event.

    Raises:
        ValueError: a field that events don't have: a mistake of the program.
    """
    for name, value in fields.items():
        if value is not None and not (name in FIELDS and isinstance(value, FIELDS[name])):
            raise ValueError(f"events have no `{name}` of this kind")
    LOGGER.info("%s", event, extra={"dunning": {"event": event, **{k: v for k, v in fields.items() if v is not None}}})


class JsonLines(logging.Formatter):
    """A line of JSON an event: `at`, `level`, `event` and its fields. Of other records only who wrote them."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        event = getattr(record, "dunning", None)
        told = event if isinstance(event, dict) else {"event": "other", "logger": record.name}
        line = {"at": at.replace("+00:00", "Z"), "level": record.levelname.lower(), **told}
        return inert_json(json.dumps(line, ensure_ascii=False))
