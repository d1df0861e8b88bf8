"""A batch of letters for a printer or a registered-letter service: a folder of PDFs and an index as CSV.

Everything is written to a folder beside it first and then renamed, so that no half batch is ever there.
"""

import csv
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from policy_engine.templates.context import MessageContext
from policy_engine.templates.document import clean
from policy_engine.templates.letter import Letter, LetterPress, recipient_lines
from policy_engine.templates.render import Rendered, render
from policy_engine.templates.source import Folders
from policy_engine.values.money import minor_text

INDEX = "index.csv"
COLUMNS = (
    "file", "sha256", "action", "customer", "company", "line1", "line2", "line3", "line4", "line5", "line6",
    "channel", "subject", "date", "total", "currency", "missing",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t")


@dataclass(frozen=True, slots=True)
class BatchLetter:
    """A letter of a batch: its context, its file's name, what it became."""

    file: str
    context: MessageContext
    rendered: Rendered
    letter: Letter


def letters(contexts: Iterable[MessageContext], folders: Folders | None = None) -> Iterator[BatchLetter]:
    """Letters in the order of the contexts, one at a time: memory doesn't grow with the batch.

    Raises:
        LetterError, MessageError: one of them can't be made.
    """
    with LetterPress() as press:
        for number, context in enumerate(contexts, 1):
            made = render(context, folders=folders)
            yield BatchLetter(f"{number:05d}-{context.reference}.pdf", context, made, press.letter(made, context))


def write_batch(folder: Path, contexts: Iterable[MessageContext], folders: Folders | None = None) -> int:
    """Write a batch; how many letters it has.

    Raises:
        FileExistsError: the folder is there already.
        LetterError, MessageError: a letter can't be made; then nothing is left behind.
    """
    if folder.exists():
        raise FileExistsError(f"`{clean(folder.name)}` is there already")
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}.", suffix=".part"))
    count = 0
    try:
        with (part / INDEX).open("w", encoding="utf-8-sig", newline="") as stream:
            index = csv.writer(stream, delimiter=";")
            index.writerow(COLUMNS)
            for one in letters(contexts, folders):
                (part / one.file).write_bytes(one.letter.pdf)
                index.writerow([_cell(value) for value in _row(one)])
                count += 1
        part.replace(folder)
    finally:
        if part.exists():
            shutil.rmtree(part)
    return count


def _row(one: BatchLetter) -> list[str]:
    import hashlib

    c = one.context
    lines = [line.replace("\u200b", "") for line in recipient_lines(c)]
    return [
        one.file,
        hashlib.sha256(one.letter.pdf).hexdigest(),
        c.reference,
        c.customer.id,
        c.recipient.company,
        *(lines[at] if at < len(lines) else "" for at in range(6)),
        c.channel,
        one.rendered.subject,
        c.sent_on.isoformat(),
        minor_text(c.total.minor, c.currency),
        c.currency,
        one.letter.missing,
    ]


def _cell(text: str) -> str:
    """One line; what a spreadsheet would take for a formula begins with an apostrophe."""
    text = clean(text)
    return f"'{text}" if text.startswith(_FORMULA) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    return text.removeprefix("-").replace(".", "", 1).isdigit()
