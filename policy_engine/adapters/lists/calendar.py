"""Lists as a calendar (RFC 5545): an event a call, a to-do a task. The same entries give the same bytes.

An entry keeps its UID, so that a list that is imported again updates what stands in the calendar. There is no METHOD:
it is a calendar, no invitation. Times are floating, those of whoever opens it, so that no time zone is needed.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from policy_engine.adapters.lists.entry import Entry
from policy_engine.adapters.lists.words import (
    WORDS,
    amount_said,
    day_said,
    labelled,
    late_said,
    stage_said,
    step_said,
)

PRODUCT = "-//dunning-policy-engine//lists 1//EN"
_FOLD = 75
"""Octets of a line (RFC 5545, 3.1)."""
_LONGEST = 20_000
"""Characters of a description."""
_NAME = 120
"""Characters of a name in a summary."""


@dataclass(frozen=True, slots=True)
class Look:
    """How entries stand in a calendar.

    Attributes:
        at: `HH:MM` at which events begin, None for the whole day.
        minutes: how long events last.
    """

    at: str | None = None
    minutes: int = 15


def calendar(entries: Iterable[Entry], look: Look) -> Iterator[bytes]:
    """A calendar of entries, UTF-8, line by line."""
    yield from map(_folded, ("BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN"))
    for one in entries:
        yield from map(_folded, _event(one, look) if one.kind == "call" else _to_do(one))
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
    yield from _common(one)
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


def _to_do(one: Entry) -> Iterator[str]:
    yield "BEGIN:VTODO"
    yield from _common(one)
    yield f"DUE;VALUE=DATE:{date.fromisoformat(one.deadline or one.on):%Y%m%d}"
    yield "STATUS:NEEDS-ACTION"
    yield "END:VTODO"


def _common(one: Entry) -> Iterator[str]:
    words = WORDS[one.house]
    trial = f"[{words['trial']}] " if one.trial else ""
    late = f", {late_said(one.oldest_days_late, one.house)}" if one.oldest_days_late else ""
    total = one.asked["total"]
    amount = f", {amount_said(total, one.currency, one.house)}" if total.strip("0.") else ""
    yield f"UID:{one.key}@dunning-policy-engine"
    yield f"DTSTAMP:{date.fromisoformat(one.on):%Y%m%d}T000000Z"
    yield f"SUMMARY:{text(trial + labelled(one.kind, one.name[:_NAME] + amount + late, words))}"
    yield f"DESCRIPTION:{text(_description(one, words)[:_LONGEST])}"
    yield f"CATEGORIES:{text(stage_said(one.stage, one.house) if one.stage else step_said(one.step, None, one.house))}"


def _description(one: Entry, words: Mapping[str, str]) -> str:
    house = one.house
    head = [words["trial"]] if one.trial else []
    head.append(labelled("customer", f"{one.name} ({one.customer})", words))
    who = ", ".join(part for part in (one.person, one.role) if part)
    if who:
        head.append(labelled("ask", who, words))
    if one.kind == "call" or one.phone:
        head.append(labelled("phone", one.phone or words["no phone"], words))
    if one.others:
        head.append(labelled("others", " / ".join(one.others), words))
    if one.deadline:
        head.append(labelled("deadline", day_said(one.deadline, house), words))
    asked = (("asked", "total"), ("interest", "interest"), ("lump_sums", "lump_sums"))
    head += [
        labelled(word, amount_said(one.asked[name], one.currency, house), words)
        for word, name in asked
        if one.asked[name].strip("0.")
    ]
    for line in one.lines:
        late = f", {late_said(line.days_late, house)}" if line.days_late else ""
        amount, due = amount_said(line.amount, line.currency, house), day_said(line.due_date, house)
        head.append(f"- {line.number}{words['colon']} {amount}, {words['due']} {due}{late}")
    parts = ["\n".join(head)]
    for name, rows in (("before", one.contacts), ("promises", one.promises), ("disputes", one.disputes)):
        if rows:
            parts.append("\n".join([f"{words[name]}{words['colon']}", *(f"- {row}" for row in rows)]))
    if one.script:
        parts.append(f"{words['script']}{words['colon']}\n{one.script}")
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
