"""The invoices' own files, as the ERP exported them: found by number or id, never outside of their folder."""

import re
from dataclasses import dataclass
from pathlib import Path

MOST_BYTES = 20 * 1024 * 1024
"""Larger files aren't attached."""
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Document:
    """A file that belongs to an invoice. `name` is what a recipient sees."""

    invoice: str
    name: str
    path: Path

    def read(self) -> bytes:
        """Its bytes.

        Raises:
            OSError: it can't be read, or is larger than `MOST_BYTES`.
        """
        with self.path.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise OSError(f"{self.name} is larger than {MOST_BYTES // (1024 * 1024)} MiB")
        return data


@dataclass(frozen=True, slots=True)
class Documents:
    """Where invoices lie as files.

    Attributes:
        folder: their folder; None: there are none.
        file: a file's name, with `{number}` or `{id}` of the invoice in it.
    """

    folder: Path | None = None
    file: str = "{number}.pdf"

    def of(self, invoice: str, number: str) -> Document | None:
        """The file of an invoice, None when there is none.

        Numbers are what customers and ERPs write: characters that could lead out of the folder become `-`, and a link
        that leads out of it is no document.
        """
        if self.folder is None:
            return None
        name = self.file.replace("{number}", _word(number)).replace("{id}", _word(invoice))
        path = self.folder / name
        try:
            inside = path.resolve(strict=True).is_relative_to(self.folder.resolve(strict=True))
        except OSError:
            return None
        return Document(invoice, name, path) if inside and path.is_file() else None


def _word(text: str) -> str:
    """Text as a part of a file's name."""
    return _UNSAFE.sub("-", text).lstrip(".")[:100] or "-"
