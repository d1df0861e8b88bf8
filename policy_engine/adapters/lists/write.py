"""A day's lists as files: made anew from all its entries, but never over what somebody has filled in.

A sheet that was changed since it was written belongs to whoever changed it. It stays as it is, and entries that it
doesn't hold yet go to the next sheet: `calls.csv`, `calls_2.csv` ... Which bytes were written is kept, as hashes, in
`.lists`. A calendar is always made anew: its entries keep their UIDs.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from policy_engine.adapters.disk import sync
from policy_engine.adapters.lists.calendar import Look, calendar
from policy_engine.adapters.lists.entry import KINDS, Entry, Kind, in_order
from policy_engine.adapters.lists.sheet import sheet

NAMES: dict[Kind, str] = {"call": "calls", "task": "tasks"}
"""The files' names, by kind."""
KNOWN = ".lists"
"""Holds the hashes of the sheets that were written, one a line."""
_STRANGE = re.compile(r"[^A-Za-z0-9-]+")


@dataclass(frozen=True, slots=True)
class Form:
    """How lists are written.

    Attributes:
        separator: of cells, `,` or `;`.
        whole_script: scripts stand in the sheet, else only the names of their files.
        look: of the calendars.
    """

    separator: str = ","
    whole_script: bool = False
    look: Look = field(default_factory=Look)


def write_lists(day: Path, entries: Sequence[Entry], form: Form) -> None:
    """Write the lists of a day: of everybody, and of each collector whom entries name.

    A kind without entries has no list. The caller is alone in the folder.

    Raises:
        OSError: a file can't be written.
    """
    for kind in KINDS:
        own = in_order([one for one in entries if one.kind == kind])
        if own:
            _write(day, NAMES[kind], own, kind, form)
        for who in sorted({one.collector for one in own} - {""}):
            theirs = [one for one in own if one.collector == who]
            _write(day, f"{NAMES[kind]}-{_word(who)}", theirs, kind, form)


def _write(day: Path, name: str, entries: Sequence[Entry], kind: Kind, form: Form) -> None:
    left, number = list(entries), 1
    while True:
        path = day / (f"{name}.csv" if number == 1 else f"{name}_{number}.csv")
        touched = _touched(day, path)
        if touched is None:
            break
        left = [one for one in left if one.key.encode() not in touched]
        number += 1
    if left:
        made = sheet(left, kind, separator=form.separator, whole_script=form.whole_script)
        with (day / KNOWN).open("a", encoding="ascii") as known:
            known.write(
                f"{sha256(made).hexdigest()}\n"
            )  # before the sheet: what was written is never taken for touched
        sync(day / KNOWN)
        _replace(path, made)
    _replace(day / f"{name}.ics", calendar(entries, form.look))


def _touched(day: Path, path: Path) -> bytes | None:
    """What somebody made of a sheet; None when it isn't there, or is as it was written."""
    try:
        found = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        known = (day / KNOWN).read_text(encoding="ascii").split()
    except (FileNotFoundError, UnicodeDecodeError):
        known = []
    return None if sha256(found).hexdigest() in known else found


def _replace(path: Path, data: bytes) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(data)
    sync(part)
    part.replace(path)


def _word(text: str) -> str:
    """A collector's name within a file's name; names that would fall together are told apart."""
    word = _STRANGE.sub("-", text).strip("-")[:40]
    return word if word == text else f"{word or 'x'}-{sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:6]}"
