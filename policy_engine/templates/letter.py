"""Letters as PDF/A-2b: a message's document set by typst in a child process with limits on time and memory.

The sheet is A4. The recipient stands between 108 and 190 mm from its left edge and 55 and 79 mm from its top: what a
French DL envelope (220 x 110 mm, window 100 x 35 mm, 20 mm from its right and lower edges) shows of a sheet folded in
three, wherever the sheet slides in it. Six lines, as the French norm for addresses (NF Z 10-011) has them.
"""

import json
import os
import re
import selectors
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from types import TracebackType
from typing import Any, Self

from policy_engine.explanation.locale import Language
from policy_engine.templates.context import MessageContext
from policy_engine.templates.dates import Dates
from policy_engine.templates.document import Block, Heading, Paragraph, Points, Space, clean, remembered
from policy_engine.templates.draft import Changes, Rendered
from policy_engine.templates.sandbox import MONTHS, long_date

SECONDS = 30
"""Of one letter; then its process is ended."""
LETTERS_A_PROCESS = 500
"""After so many a new process is started, so that memory doesn't grow with the batch."""
OVERFLOW = "address-overflow"
"""What the layout says when an address doesn't fit the window at the smallest size."""
LONGEST = 300
"""Characters of a value in a letter."""
_WORDS = {
    "fr": {"subject": "Objet : ", "reference": "Référence : ", "customer": "Client : ", "page": "Page", "on": "le "},
    "en": {"subject": "Subject: ", "reference": "Reference: ", "customer": "Customer: ", "page": "Page", "on": ""},
}

# Each begins with the one character that it replaces, which is found much faster than what stands before it.
_APOSTROPHE = re.compile(r"'(?<=\w')(?=\w)")
_BOUND = re.compile(
    r" (?:(?<=[0-9] )(?=(?:jours?|days?|[IVX]+|{months})\b)|(?<=1er )(?=(?:{months})\b)"
    r"|(?<=\bart\. )(?=[A-Z0-9])|(?<=\bcom\. )(?=art\.)|(?<=\bC\. )(?=com\.))".format(
        months="|".join(month for months in MONTHS.values() for month in months)
    )
)
_MARKS = re.compile(r" (?:(?=[:;?!»])|(?<=« ))")


class LetterError(Exception):
    """A letter that couldn't be set: typst isn't installed, took too long, or refused."""


class UnfitLetterError(LetterError):
    """A letter that can never be set: its address is larger than the window, or typst refuses it."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter.

    Attributes:
        pdf: PDF/A-2b; equal data gives equal bytes.
        missing: characters that no font of the letters has, shown as U+FFFD; empty when all is well.
        pages: how many.
    """

    pdf: bytes
    missing: str
    pages: int


class LetterPress:
    """Sets letters one after the other; a context manager that owns the child process.

    Raises:
        LetterError: on entering, when typst isn't installed.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._made = 0

    def __enter__(self) -> Self:
        from importlib.util import find_spec

        if find_spec("typst") is None:
            raise LetterError("letters need typst: pip install 'dunning-policy-engine[letters]'")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def letter(self, rendered: Rendered, context: MessageContext) -> Letter:
        """A message as a letter.

        Raises:
            UnfitLetterError: its address is larger than the window, or typst refused it.
            LetterError: it took longer than `SECONDS` or too much memory; the next letter gets a new process.
        """
        return self.press(letter_data(rendered, context))

    def press(self, data: Mapping[str, Any]) -> Letter:
        """A letter from what `letter_data` made, perhaps long ago: equal data gives equal bytes.

        Raises:
            LetterError: as `letter`.
        """
        if self._process is None or self._made >= LETTERS_A_PROCESS:
            self._end()
            self._start()
        process = self._process
        assert process is not None
        assert process.stdin is not None
        self._made += 1
        try:
            process.stdin.write(json.dumps(data).encode("ascii") + b"\n")
            process.stdin.flush()
            head = json.loads(self._read(process, None))
            if "error" in head:
                raise UnfitLetterError(_why(str(head["error"])))
            return Letter(self._read(process, int(head["size"])), str(head["missing"]), int(head["pages"]))
        except (OSError, ValueError) as error:
            self._end()
            raise LetterError("the process that sets letters ended: it took too long or too much memory") from error

    def _read(self, process: subprocess.Popen[bytes], size: int | None) -> bytes:
        """A line, or so many bytes; ValueError when the process ends or is too slow."""
        assert process.stdout is not None
        found = bytearray()
        with selectors.DefaultSelector() as ready:
            ready.register(process.stdout, selectors.EVENT_READ)
            while not found.endswith(b"\n") if size is None else len(found) < size:
                if not ready.select(SECONDS):
                    raise ValueError("too slow")
                piece = os.read(process.stdout.fileno(), 1 if size is None else min(1 << 16, size - len(found)))
                if not piece:
                    raise ValueError("ended")
                found += piece
        return bytes(found)

    def _start(self) -> None:
        self._made = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "policy_engine.templates.letter_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()


def _why(error: str) -> str:
    """What typst said; what the layout itself refuses, in words."""
    if OVERFLOW in error:
        return "the address is larger than the envelope's window"
    return f"typst: {clean(error)[:300]}"


def letter_data(rendered: Rendered, context: MessageContext) -> dict[str, Any]:
    """What the letter's layout is given: texts and numbers only."""
    words, c = _WORDS[context.language], context
    contact = [one for one in (c.sender.phone, c.sender.email) if one]
    return {
        "language": c.language,
        **_head(rendered.subject, c.sent_on, c),
        "author": clean(c.sender.name),
        "sender": [_fit(one) for one in (c.sender.name, *c.sender.address, *contact) if one],
        "recipient": recipient_lines(c),
        "address_lines": len(c.recipient.address),
        "marks": [
            _typeset(words["reference"] + c.reference, c.language),
            _typeset(_fit(words["customer"] + c.customer.id), c.language),
        ],
        "running": _fit(f"{c.sender.name} - {c.recipient.company}", 100),
        "reference_line": _typeset(words["reference"] + c.reference, c.language),
        "footer": _fit(" - ".join(one for one in (c.sender.name, c.sender.registration) if one), 160),
        "page_word": words["page"],
        "banner": rendered.banner,
        "blocks": [_block(block, c.language) for block in rendered.blocks],
    }


def letter_changes(
    data: Mapping[str, Any], changes: Changes, dates: Dates, context: MessageContext
) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Where the data of a letter differs when it leaves on another day: a path and what stands there."""
    head = _head(changes.subject, dates.sent_on, context)
    yield from (((name,), value) for name, value in head.items() if value != data[name])
    for place, block in changes.blocks.items():
        for name, value in _block(block, context.language).items():
            if value != data["blocks"][place][name]:
                yield ("blocks", place, name), value


def _head(subject: str, sent_on: date, context: MessageContext) -> dict[str, Any]:
    """The part of a letter's data above its text that depends on the day on which it leaves."""
    return {
        "subject": subject,
        "subject_line": _typeset(_fit(_WORDS[context.language]["subject"] + subject), context.language),
        "year": sent_on.year,
        "month": sent_on.month,
        "day": sent_on.day,
        "place_and_date": _place_and_date(context.sender.place, sent_on, context.language),
    }


@lru_cache(maxsize=1000)
def _place_and_date(place: str | None, sent_on: date, language: Language) -> str:
    written = _WORDS[language]["on"] + long_date(sent_on, language)
    where = clean(place) if place else ""
    return _typeset(_fit(f"{where}, {written}" if where else written[:1].upper() + written[1:]), language)


def recipient_lines(context: MessageContext) -> list[str]:
    """The address as it shows in the window: company, person, street to town; six lines at most."""
    to = context.recipient
    lines = [to.company, *([to.person] if to.person and to.person != to.company else []), *to.address]
    lines = [one for one in lines if one.strip()]
    if len(lines) > 6:
        lines = [*lines[:5], ", ".join(lines[5:])]
    return [_breakable(clean(one)) for one in lines]


def _block(block: Block, language: Language) -> dict[str, Any]:
    if isinstance(block, Paragraph):
        return {"kind": "paragraph", "lines": [*map(_PROSE[language], block.lines)]}
    if isinstance(block, Heading):
        return {"kind": "heading", "text": _typeset(_fit(block.text), language)}
    if isinstance(block, Points):
        return {"kind": "points", "items": [*map(_PROSE[language], block.items)]}
    if isinstance(block, Space):
        return {"kind": "space"}
    return {
        "kind": "table",
        "columns": [{"title": column.title, "right": column.right} for column in block.columns],
        "widths": ["1fr" if column.wide else "auto" for column in block.columns],
        "rows": [
            [_cell(cell, column.right) for cell, column in zip(row, block.columns, strict=True)] for row in block.rows
        ],
        "total": None if block.total is None else [_fit(cell) for cell in block.total],
    }


def _cell(cell: str, right: bool) -> str:  # noqa: FBT001 - a column's own flag
    return cell.replace(" ", "\u00a0") if right else _fit(cell, 120)


def _fit(text: str, longest: int = LONGEST) -> str:
    text = clean(text)
    return _breakable(text if len(text) <= longest else text[: longest - 1] + "…")


def _typeset(text: str, language: Language) -> str:
    """Apostrophes as printers set them; no line begins with a unit, a month, a Roman numeral or a French colon."""
    text = _APOSTROPHE.sub("\u2019", _BOUND.sub("\u00a0", text))
    return _MARKS.sub("\u00a0", text) if language == "fr" else text


def _breakable(text: str) -> str:
    """Words too long for a line may be broken: after every twelve characters."""
    if len(text) <= 24 or max(map(len, text.split(" "))) <= 24:
        return text
    return " ".join(
        word if len(word) <= 24 else "\u200b".join(word[at : at + 12] for at in range(0, len(word), 12))
        for word in text.split(" ")
    )


_PROSE: dict[Language, Callable[[str], str]] = {
    "fr": remembered(lambda line: _typeset(_breakable(line), "fr")),
    "en": remembered(lambda line: _typeset(_breakable(line), "en")),
}
"""A line of a paragraph or list as it is set."""
