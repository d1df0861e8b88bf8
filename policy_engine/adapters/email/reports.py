"""What a bounce says: which message came back, why, for good or not yet. Standard reports (RFC 3464), older dialects.

Whoever knows the id of a message can forge a bounce of it: all that a bounce can do is to mark that message returned.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.utils import parseaddr
from typing import TypeAlias

from policy_engine.adapters.email.address import Address
from policy_engine.adapters.email.replies import shown

MOST_OCTETS = 1_000_000
"""Read of a report; what it gives back of the message stands at its end, with the headers first."""
_MOST_PARTS, _MOST_TYPES = 50, 200
"""Marks of nesting: reports have about five; the parser would take hours on thousands."""
_KEY = re.compile(r"([0-9a-f]{64})-([1-9][0-9]{0,2})")
_OLD_STYLE = re.compile(r"mailer-daemon|postmaster|mail delivery (system|subsystem)", re.IGNORECASE)
_DELAY = re.compile(r"\bdelay(ed)?\b|\bwarning\b|retard", re.IGNORECASE)
_CODE = re.compile(r"(?m)^.*\b(?:[45][0-9]{2}[ -]|[45]\.[0-9]{1,3}\.[0-9]{1,3}\b).*$")

_WORSE = ("fine", "delayed", "failed")

_Part: TypeAlias = "Message[str, str]"


@dataclass(frozen=True, slots=True)
class Ours:
    """How our messages are known.

    Attributes:
        domain: what their ids end in.
        bounce_to: where bounces go; with `verp` it carries the action.
        copies: our own addresses that got a copy: that one of them bounces says nothing about the customer.
    """

    domain: str
    bounce_to: Address
    copies: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Report:
    """A delivery report.

    Attributes:
        key: the job's; None when no message of ours is named.
        reason: what the server said, one line without addresses.
        outcome: `failed`, `delayed`, or `fine` when there is no bad news.
    """

    key: str | None
    reason: str
    outcome: str


def read_report(data: bytes, ours: Ours) -> Report | None:
    """The report that a message is, None when it is none. Never raises, whatever the message holds."""
    data = data[:MOST_OCTETS]
    lower = data.lower()
    if lower.count(b"boundary") > _MOST_PARTS or lower.count(b"content-type") > _MOST_TYPES:
        return None
    try:
        message: _Part = message_from_bytes(data)
        standard = message.get_content_type() == "multipart/report"
        kind = str(message.get_param("report-type", "")).lower()
        if standard and kind in ("delivery-status", ""):
            return _standard(message, ours)
        return None if standard else _old_style(message, data, ours)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None  # the parser of the standard library on purpose-made nonsense


def _standard(message: _Part, ours: Ours) -> Report | None:
    parts = list(_parts(message))
    status = next((part for part in parts if part.get_content_type() == "message/delivery-status"), None)
    if status is None:
        return None
    blocks = status.get_payload()
    fields: Sequence[_Part] = [one for one in blocks if isinstance(one, Message)] if isinstance(blocks, list) else []
    key = next(_keys(message, parts, fields, ours), None)
    worst = Report(key, "", "fine")
    for block in fields:
        found = _outcome(block, ours)
        if found is None:
            continue
        outcome, reason = found
        if _WORSE.index(outcome) > _WORSE.index(worst.outcome):
            worst = Report(key, reason, outcome)
    return worst


def _outcome(block: _Part, ours: Ours) -> tuple[str, str] | None:
    """What became of one recipient; None when the block is of none, or of one of our own."""
    action, status = _field(block, "Action").lower(), _field(block, "Status")
    if not action and not status:
        return None
    recipients = [_field(block, name).rpartition(";")[2].strip().lower() for name in _RECIPIENTS]
    if any(one in ours.copies for one in recipients):
        return None
    if not action:
        action = {"5": "failed", "4": "delayed"}.get(status[:1], "")
    reason = shown(f"{status} {_field(block, 'Diagnostic-Code')}".strip()) or action
    if action == "failed":
        return "failed", reason
    return ("delayed", reason) if action == "delayed" else ("fine", reason)


_RECIPIENTS = ("Original-Recipient", "Final-Recipient")


def _field(block: _Part, name: str) -> str:
    return " ".join(str(block.get(name, "")).split())


def _parts(message: _Part) -> Iterator[_Part]:
    """The parts of a report, not what is inside the message that it gives back."""
    payload = message.get_payload()
    if message.is_multipart() and isinstance(payload, list):
        for part in payload[:_MOST_PARTS]:
            if isinstance(part, Message):
                yield part


def _keys(message: _Part, parts: Sequence[_Part], fields: Sequence[_Part], ours: Ours) -> Iterator[str]:
    """Our messages that a report names: by envelope id, the id of the message given back, the address it came to."""
    for block in fields:
        envelope = _KEY.fullmatch(_field(block, "Original-Envelope-Id"))
        if envelope:
            yield envelope[0]
    for part in parts:
        given_back = part.get_payload()
        if part.get_content_type() == "text/rfc822-headers" and isinstance(given_back, str):
            octets = part.get_payload(decode=True)
            yield from _ids(octets if isinstance(octets, bytes) else b"", ours)
        elif part.get_content_type() == "message/rfc822" and isinstance(given_back, list) and given_back:
            inner = given_back[0]
            if isinstance(inner, Message):
                yield from _ids(f"Message-ID: {_field(inner, 'Message-ID')}".encode("utf-8", "replace"), ours)
    yield from _returned(message, ours)


def _ids(headers: bytes, ours: Ours) -> Iterator[str]:
    """Ids of ours in lines of headers."""
    pattern = rf"(?im)^[ >\t]*message-id:\s*<([0-9a-f]{{64}})\.([1-9][0-9]{{0,2}})@{re.escape(ours.domain)}>"
    for found in re.finditer(pattern, headers.decode("utf-8", "replace")):
        yield f"{found[1].lower()}-{found[2]}"


def _returned(message: _Part, ours: Ours) -> Iterator[str]:
    """The action that the report's own address carries (`adapter.returned_to`)."""
    for name in ("To", "Delivered-To", "X-Original-To", "Envelope-To"):
        for value in message.get_all(name, [])[:10]:
            local, _, domain = parseaddr(str(value)[:1000])[1].lower().rpartition("@")
            base, _, rest = local.rpartition("+")
            word, _, attempt = rest.partition("-")
            if (base, domain) != (ours.bounce_to.local.lower(), ours.bounce_to.domain) or len(word) != 52:
                continue
            try:
                key = f"{base64.b32decode(word.upper() + '====').hex()}-{attempt}"
            except (binascii.Error, ValueError):
                continue
            if _KEY.fullmatch(key):
                yield key


def _old_style(message: _Part, data: bytes, ours: Ours) -> Report | None:
    """A bounce in words: Exim, qmail and others give back the headers in the text."""
    failed = message.get("X-Failed-Recipients")
    daemon = _OLD_STYLE.search(str(message.get("From", "")))
    if failed is None and daemon is None:
        return None
    key = next(_ids(data, ours), None) or next(_returned(message, ours), None)
    body = data.partition(b"\n\n")[2] if b"\r\n\r\n" not in data else data.partition(b"\r\n\r\n")[2]
    said = _CODE.search(body[:100_000].decode("utf-8", "replace"))
    subject = _field(message, "Subject")
    reason = shown(said[0].strip() if said else subject) or "no reason was given"
    if failed is not None and any(one.strip().lower() in ours.copies for one in str(failed).split(",")):
        return Report(key, reason, "fine")
    delayed = failed is None and _DELAY.search(subject)
    return Report(key, reason, "delayed" if delayed else "failed")
