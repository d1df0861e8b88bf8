"""Lists as CSV: a row an entry, empty columns for who calls to fill in. No cell is a formula."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import StringIO
from typing import TypeAlias

from policy_engine.adapters.disk import neutral
from policy_engine.adapters.lists import words
from policy_engine.adapters.lists.entry import Entry, Kind

COLUMNS: dict[Kind, tuple[str, ...]] = {
    "call": (
        "send_on", "customer", "name", "phone", "person", "role", "other_phones", "language", "currency", "total",
        "principal", "interest", "lump_sums", "oldest_days_late", "invoices", "last_contacts", "promises",
        "promises_broken", "disputes",
    ),
    "task": (
        "send_on", "deadline", "customer", "name", "currency", "total", "principal", "interest", "lump_sums",
        "oldest_days_late", "invoices", "last_contacts", "promises_broken", "disputes", "person", "phone",
    ),
}  # fmt: skip
"""What people read, by kind of list."""
TO_FILL: dict[Kind, tuple[str, ...]] = {
    "call": ("outcome", "promised_date", "promised_amount", "note"),
    "task": ("done_on", "note"),
}
"""What whoever works the list off fills in."""
BEHIND = ("step", "stage", "collector", "trial", "script", "file", "key")
"""What is looked up, behind what is read and filled in."""
Separator: TypeAlias = str
_WITHIN = re.compile(r"([;,\t]\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")
_WIDE = ("\uff1d", "\uff0b", "\uff0d", "\uff20")
"""Full-width forms that some spreadsheets read as `=`, `+`, `-`, `@`."""
_LONGEST_CELL = 30_000
"""Spreadsheets take 32,767 characters."""


def sheet(
    entries: Iterable[Entry], kind: Kind, *, separator: Separator | None = None, whole_script: bool = False
) -> Iterator[bytes]:
    """A list as CSV, part by part: UTF-8 with a mark that spreadsheets look for, lines ended by CR LF (RFC 4180).

    Args:
        entries: in the order of the list; the columns are in the language of the first.
        kind: what they are.
        separator: `,`, or `;` with a decimal comma in amounts; None: the one that spreadsheets of the language expect.
        whole_script: whether the column `script` holds the text itself, else the name of its file.
    """
    names = (*COLUMNS[kind], *TO_FILL[kind], *BEHIND)
    begun = False
    for one in entries:
        if not begun:
            separator = separator or (";" if one.house == "fr" else ",")
            yield _header(names, words.COLUMNS[one.house], separator)
            begun = True
        cells = _cells(one, whole_script=whole_script, comma=separator == ";")
        yield _row([cell(cells.get(name, "")) for name in names], separator or ",")
    if not begun:
        yield _header(names, {}, separator or ",")


def _header(names: Sequence[str], titles: Mapping[str, str], separator: Separator) -> bytes:
    return b"\xef\xbb\xbf" + _row([titles.get(name, name) for name in names], separator)


def _row(cells: Sequence[str], separator: Separator) -> bytes:
    text = StringIO(newline="")
    csv.writer(text, delimiter=separator, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode("utf-8", "backslashreplace")


def cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula, whichever separator it believes in; line breaks stay.

    What is opened with the wrong separator is cut within its cells, so what follows one inside is made harmless too.
    """
    lines = [line if line.isprintable() else " ".join(_seen(line).split()) for line in text.splitlines()]
    safe = [_WITHIN.sub(r"\1'", neutral(line.lstrip()) if line.strip().startswith(_SIGNS) else line) for line in lines]
    made = "\n".join(f"'{line}" if line.startswith(_WIDE) else line for line in safe)
    return made if len(made) <= _LONGEST_CELL else made[: _LONGEST_CELL - 1] + "…"


_SIGNS = ("=", "+", "-", "@")


def _seen(line: str) -> str:
    """A line in which nothing moves a cursor or reorders; blanks take the place of what can't be seen."""
    return "".join(ch if ch.isprintable() else " " for ch in line)


def figure(value: str | None, *, comma: bool) -> str | None:
    """An amount; with a decimal comma where `;` separates: there spreadsheets take a point for a text or a date."""
    return value.replace(".", ",") if comma and value is not None else value


def _cells(one: Entry, *, whole_script: bool, comma: bool) -> dict[str, str]:
    script = f"{one.subject}\n\n{one.script}".strip() if whole_script else one.script_file
    return {
        "send_on": one.on,
        "deadline": one.deadline or "",
        "customer": one.customer,
        "name": one.name,
        "phone": one.phone,
        "person": one.person,
        "role": one.role,
        "other_phones": " / ".join(one.others),
        "language": one.language,
        "currency": one.currency,
        **{name: figure(amount, comma=comma) or "" for name, amount in {**one.asked, "total": one.total}.items()},
        "oldest_days_late": str(one.oldest_days_late),
        "invoices": one.numbers,
        "last_contacts": " / ".join(one.contacts),
        "promises": " / ".join(one.promises),
        "promises_broken": str(one.broken),
        "disputes": " / ".join(one.disputes),
        "step": words.step_said(one.step, one.stage, one.house),
        "stage": words.stage_said(one.stage, one.house),
        "collector": one.collector,
        "trial": words.WORDS[one.house]["trial mark"] if one.trial else "",
        "script": script,
        "file": one.place,
        "key": one.key,
    }
