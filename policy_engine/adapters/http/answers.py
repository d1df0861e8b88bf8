"""What an answer means: delivered, later, never, or nobody knows."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from policy_engine.execution.job import Broken, Refused, Retry, Unanswered

LONGEST_WAIT = 6 * 3600
"""Seconds of a Retry-After that are believed, as long as the ledger waits at most."""
_IDENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+=-]{0,99}")
_ID_HEADERS = ("x-request-id", "request-id", "x-correlation-id")
_ENDPOINT = frozenset({401, 403, 404, 405, 407, 410})
"""Answers about the endpoint or the sender, not about the document: no other would fare better."""
_WORDS = {
    400: "bad request", 401: "not authorised", 403: "forbidden", 404: "not found", 405: "POST isn't allowed",
    407: "the proxy wants a login", 408: "it waited in vain", 409: "conflict", 410: "gone", 413: "too large",
    415: "not this kind of document", 422: "not this content", 425: "too early", 429: "too many requests",
    500: "internal error", 502: "bad gateway", 503: "not available", 504: "the gateway waited in vain",
}  # fmt: skip


class Answer(NamedTuple):
    """An answer: its status, its headers by lower-case name, the beginning of its body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def receipt_of(answer: Answer) -> dict[str, str]:
    """Status, and the short id that the receiver gave: `id` of a JSON body, else a header.

    Raises:
        Retry: 429 or 503, 408, 425: it wasn't done; after its `Retry-After`.
        Unanswered: any other 5xx: the receiver broke off, perhaps after it had done it.
        Broken: a redirect, or an answer about the endpoint or the sender: a person must set it right.
        Refused: any other 4xx.
    """
    status = answer.status
    if 200 <= status < 300:
        ident = _ident(answer)
        return {"status": str(status), **({"id": ident} if ident else {})}
    said = f"the receiver answered {status}{f' ({_WORDS[status]})' if status in _WORDS else ''}"
    wait = retry_after(answer.headers.get("retry-after", ""), datetime.now(UTC))
    if status in (408, 425, 429, 503):
        raise Retry(said, wait)
    if status >= 500:
        raise Unanswered(said, wait)
    if 300 <= status < 400:
        raise Broken(f"{said}, a redirect: it isn't followed; write the final address as `url`")
    if status in _ENDPOINT:
        raise Broken(said)
    raise Refused(said)


def retry_after(text: str, now: datetime) -> float | None:
    """Seconds to wait, of a header `Retry-After`: seconds or an HTTP date (RFC 9110, 10.2.3).

    None when it says nothing. At most `LONGEST_WAIT`; a date that is past is 0.
    """
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(min(int(text[:12]), LONGEST_WAIT))
    try:
        on = parsedate_to_datetime(text[:60])
    except (ValueError, TypeError):
        return None
    on = on if on.tzinfo is not None else on.replace(tzinfo=UTC)
    return min(max((on - now).total_seconds(), 0.0), float(LONGEST_WAIT))


def _ident(answer: Answer) -> str:
    found: object = None
    if "content-encoding" not in answer.headers and answer.body[:1] == b"{":
        try:
            data = json.loads(answer.body)
        except (ValueError, RecursionError):
            data = None
        found = data.get("id") if isinstance(data, dict) else None
    known = [found, *(answer.headers.get(name) for name in _ID_HEADERS)]
    return next((one for one in known if isinstance(one, str) and _IDENT.fullmatch(one)), "")
