"""The invoices' own files, as the ERP exported them: found by number or id, never outside of their folder.

Where two invoices lead to one name (`A/1` and `A-1`, or one number of two customers) nobody can tell whose file it is:
neither gets it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from policy_engine.snapshot.model import Snapshot
from policy_engine.values.text import inert

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


class Portfolio:
    """Everything whose files are looked for, so that names that several lead to are known: a pass, when first asked.

    Args:
        snapshots: those of the run.
    """

    def __init__(self, *snapshots: Snapshot) -> None:
        self._snapshots = snapshots
        self._shared: dict[tuple[str, str, bool], frozenset[str]] = {}
        self._met: dict[str, set[str]] = {}

    def is_shared(self, documents: "Documents", name: str) -> bool:
        """Whether several lead to a file's name; also where only capitals differ, as some disks don't tell them."""
        key = (documents.file, documents.replace, documents.customers)
        if key not in self._shared:
            self._shared[key] = _shared(documents, self._customers() if documents.customers else self._invoices())
        return name.casefold() in self._shared[key]

    def met(self, name: str, number: str) -> None:
        """Somebody wanted such a file."""
        self._met.setdefault(name, set()).add(number)

    def notes(self) -> list[str]:
        """What people should know of names that several lead to, once."""
        met, self._met = self._met, {}
        return [
            f"{inert(name)} may be the file of several invoices, it was not attached: wanted for"
            f" {', '.join(inert(number)[:60] for number in sorted(numbers)[:5])}; name the files by `{{id}}`, or say"
            " with `replace` what your ERP writes instead of `/`"
            for name, numbers in sorted(met.items())
        ]

    def _invoices(self) -> Iterator[tuple[str, str, str]]:
        """Id, number and customer of every invoice."""
        for account in chain.from_iterable(snapshot.accounts for snapshot in self._snapshots):
            for invoice in account.invoices:
                yield invoice.id, invoice.number, account.customer.id

    def _customers(self) -> Iterator[tuple[str, str, str]]:
        for account in chain.from_iterable(snapshot.accounts for snapshot in self._snapshots):
            yield account.customer.id, account.customer.id, account.customer.id


def _shared(documents: "Documents", rows: Iterable[tuple[str, str, str]]) -> frozenset[str]:
    """The names to which several lead: other numbers, or other customers."""
    by_id = "{id}" in documents.file
    owners: dict[str, tuple[str, str]] = {}
    shared = set()
    for ident, number, customer in rows:
        name = documents.name_of(ident, number).casefold()
        owner = (ident if by_id else number, customer)
        if owners.setdefault(name, owner) != owner:
            shared.add(name)
    return frozenset(shared)


@dataclass(frozen=True, slots=True)
class Documents:
    """Where invoices lie as files.

    Attributes:
        folder: their folder; None: there are none.
        file: a file's name, with `{number}` or `{id}` of the invoice in it.
        replace: what stands in names instead of characters that files can't have.
        customers: whether they are files of customers, e.g. contracts.
        portfolio: what else there is, so that nobody gets another's file.
    """

    folder: Path | None = None
    file: str = "{number}.pdf"
    replace: str = "-"
    customers: bool = False
    portfolio: Portfolio = field(default_factory=Portfolio, compare=False)

    def name_of(self, invoice: str, number: str) -> str:
        """The name of an invoice's file.

        Numbers are what customers and ERPs write: characters that could lead out of the folder are replaced.
        """
        name = self.file
        if "{number}" in name:
            name = name.replace("{number}", self._word(number))
        return name.replace("{id}", self._word(invoice)) if "{id}" in name else name

    def of(self, invoice: str, number: str) -> Document | None:
        """The file of an invoice, None when there is none, or another may be meant (`lacks` says which).

        A link that leads out of the folder is no document.
        """
        if self.folder is None:
            return None
        name = self.name_of(invoice, number)
        path = self.folder / name
        try:
            inside = path.resolve(strict=True).is_relative_to(self.folder.resolve(strict=True))
        except OSError:
            return None
        if not inside or not path.is_file():
            return None
        if self.portfolio.is_shared(self, name):
            self.portfolio.met(name, number)
            return None
        return Document(invoice, name, path)

    def lacks(self, invoice: str, number: str) -> str:
        """Why an invoice has no file: `no file`, or `shared name`."""
        return "shared name" if self.portfolio.is_shared(self, self.name_of(invoice, number)) else "no file"

    def _word(self, text: str) -> str:
        """Text as a part of a file's name."""
        return _UNSAFE.sub(self.replace, text).lstrip(".")[:100] or self.replace
