"""Lists as a calendar (RFC 5545): an event a call, a to-do a task. The same entries give the same bytes.

An entry keeps its UID, so that a list that is imported again updates what stands in the calendar. There is no METHOD:
it is a calendar, no invitation. Times are floating, those of whoever opens it, so that no time zone is needed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from policy_engine.adapters.lists.entry import Entry

PRODUCT = "-//dunning-policy-engine//lists 1//EN"
_FOLD = 75
"""Octets of a line (RFC 5545, 3.1)."""
_LONGEST = 20_000
"""Characters of a description."""
_NAME = 120
"""Characters of a name in a summary."""
_WORDS = {
    "en": {
        "call": "Call", "task": "Task", "late": "days late", "ask": "Ask for", "phone": "Phone", "no phone":
        "no phone number known", "others": "Other numbers", "asked": "Asked for", "interest": "of which interest",
        "lump_sums": "of which lump sums", "due": "due", "before": "Sent or said before", "promises": "Promises",
        "disputes": "Open disputes", "script": "Script", "trial": "TRIAL, call nobody", "deadline": "Deadline",
        "customer": "Customer",
    },
    "fr": {
        "call": "Appel", "task": "Tâche", "late": "jours de retard", "ask": "Demander", "phone": "Téléphone",
        "no phone": "pas de numéro connu", "others": "Autres numéros", "asked": "Réclamé",
        "interest": "dont intérêts", "lump_sums": "dont indemnités", "due": "échéance", "before": "Déjà fait",
        "promises": "Promesses", "disputes": "Litiges en cours", "script": "Déroulé",
        "trial": "ESSAI, n'appeler personne", "deadline": "Date limite", "customer": "Client",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """How entries stand in a calendar.

    Attributes:
        language: of its own words, None for the customer's (French or English); scripts are in the customer's.
        at: `HH:MM` at which events begin, None for the whole day.
        minutes: how long events last.
    """

    language: Literal["en", "fr"] | None = None
    at: str | None = None
    minutes: int = 15


def calendar(entries: Iterable[Entry], look: Look) -> Iterator[bytes]:
    """A calendar of entries, UTF-8, line by line."""
    yield from map(_folded, ("BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN"))
    for one in entries:
        yield from map(_folded, _event(one, look) if one.kind == "call" else _to_do(one, look))
    yield _folded("END:VCALENDAR")


def text(value: str) -> str:
    r"""A value of type TEXT (RFC 5545, 3.3.11): nothing in it can end its line, or the event.

    Line breaks of every kind become `\n`; what can't be seen becomes a blank.
    """
    seen = "\n".join(line if line.isprintable() else "".join(map(_plain, line)) for line in value.splitlines())
    return seen.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _plain(ch: str) -> str:
    return ch if ch.isprintable() or ch in "\u00a0\u202f" else " "


def _event(one: Entry, look: Look) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield from _common(one, look)
    day = date.fromisoformat(one.on)
    if look.at is None:
        yield f"DTSTART;VALUE=DATE:{day:%Y%m%d}"
        yield f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}"
    else:
        start = int(look.at[:2]) * 60 + int(look.at[3:])
        yield f"DTSTART:{_moment(day, start)}"
        yield f"DTEND:{_moment(day, start + look.minutes)}"
    yield "TRANSP:TRANSPARENT"
    if one.trial:
        yield "STATUS:TENTATIVE"
    yield "END:VEVENT"


def _to_do(one: Entry, look: Look) -> Iterator[str]:
    yield "BEGIN:VTODO"
    yield from _common(one, look)
    yield f"DUE;VALUE=DATE:{date.fromisoformat(one.deadline or one.on):%Y%m%d}"
    yield "STATUS:NEEDS-ACTION"
    yield "END:VTODO"


def _common(one: Entry, look: Look) -> Iterator[str]:
    words = _WORDS[look.language or ("fr" if one.language.lower().startswith("fr") else "en")]
    trial = f"[{words['trial']}] " if one.trial else ""
    late = f", {one.oldest_days_late} {words['late']}" if one.oldest_days_late else ""
    amount = f", {one.asked['total']} {one.currency}" if one.asked["total"].strip("0.") else ""
    yield f"UID:{one.key}@dunning-policy-engine"
    yield f"DTSTAMP:{date.fromisoformat(one.on):%Y%m%d}T000000Z"
    yield f"SUMMARY:{text(f'{trial}{words[one.kind]}: {one.name[:_NAME]}{amount}{late}')}"
    yield f"DESCRIPTION:{text(_description(one, words)[:_LONGEST])}"
    yield f"CATEGORIES:{text(one.stage or one.step)}"


def _description(one: Entry, words: dict[str, str]) -> str:
    head = [words["trial"]] if one.trial else []
    head.append(f"{words['customer']}: {one.name} ({one.customer})")
    who = ", ".join(part for part in (one.person, one.role) if part)
    if who:
        head.append(f"{words['ask']}: {who}")
    if one.kind == "call" or one.phone:
        head.append(f"{words['phone']}: {one.phone or words['no phone']}")
    if one.others:
        head.append(f"{words['others']}: {' / '.join(one.others)}")
    if one.deadline:
        head.append(f"{words['deadline']}: {one.deadline}")
    asked = (("asked", "total"), ("interest", "interest"), ("lump_sums", "lump_sums"))
    head += [f"{words[word]}: {one.asked[name]} {one.currency}" for word, name in asked if one.asked[name].strip("0.")]
    for line in one.lines:
        late = f", {line.days_late} {words['late']}" if line.days_late else ""
        head.append(f"- {line.number}: {line.amount} {line.currency}, {words['due']} {line.due_date}{late}")
    parts = ["\n".join(head)]
    for name, rows in (("before", one.contacts), ("promises", one.promises), ("disputes", one.disputes)):
        if rows:
            parts.append("\n".join([f"{words[name]}:", *(f"- {row}" for row in rows)]))
    if one.script:
        parts.append(f"{words['script']}:\n{one.script}")
    return "\n\n".join(parts)


def _moment(day: date, minutes: int) -> str:
    later = day + timedelta(days=minutes // 1440)
    return f"{later:%Y%m%d}T{minutes % 1440 // 60:02d}{minutes % 60:02d}00"


def _folded(line: str) -> bytes:
    """A content line, cut after 75 octets at most and never within a character."""
    octets = line.encode("utf-8", "backslashreplace")
    parts, start, room = [], 0, _FOLD
    while len(octets) - start > room:
        end = start + room
        while octets[end] & 0xC0 == 0x80:  # within a character
            end -= 1
        parts.append(octets[start:end])
        start, room = end, _FOLD - 1
    return b"\r\n ".join([*parts, octets[start:]]) + b"\r\n"
