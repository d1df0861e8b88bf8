"""What was instructed, kept beside the ERP's folder: who is held by which rule, because of which invoices.

    .instructions/
      3f9a0c12d4e5.../          a customer
        000001_KEY.json         an instruction that was carried out, in their order
        KEY.asked               one that an endpoint was asked for and, so far as anybody knows, hasn't answered

Each instruction says what holds after it, so it is made from those before.
"""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from hashlib import sha256
from pathlib import Path

from policy_engine.adapters.disk import alone, sync
from policy_engine.adapters.document import json_bytes
from policy_engine.adapters.orders_document import OrdersDocument, document_of
from policy_engine.execution.job import Job, Refused

FOLDER = ".instructions"
PATIENCE = 30.0
"""Seconds to wait for another run that tells the ERP."""
_FRESH = 86_400
"""Seconds for which an instruction without an answer is told again; after that it is for people."""


class Holds:
    """The instructions of one folder. One run at a time has them, from its first instruction until they are settled.

    Args:
        path: where `.instructions` lies.
    """

    def __init__(self, path: Path) -> None:
        self.path = path / FOLDER
        self._told: dict[str, list[OrdersDocument]] = {}
        self._coming: dict[str, list[Job]] = {}
        self._mine = ExitStack()
        self._is_mine = False

    def expect(self, job: Job) -> None:
        """It will be told before the next `settled`: each instruction then says what holds after all of those."""
        self._coming.setdefault(job.customer, []).append(job)

    def instruction(self, job: Job) -> tuple[OrdersDocument, bool]:
        """The instruction of an action, and whether it was carried out before: then it is the same again.

        Raises:
            Refused: the action's facts aren't known any more.
            BlockingIOError: another run has been telling the ERP for long.
            OSError: the folder can't be written.
        """
        self.take()
        known = self._of(job.customer)
        before = next((document for document in known if document.key == job.key), None)
        if before is not None:
            return before, True
        asked = next((document for document in self.unanswered(job.customer) if document.key == job.key), None)
        if asked is not None:
            return asked, False  # with the same bytes, as the endpoint may know them
        document = document_of(job, held=True)
        told = [*known, *self._told.get(job.customer, ()), document]
        keys = {one.key for one in told}
        for one in self._coming.get(job.customer, ()):
            if one.key not in keys:
                with suppress(Refused):  # said when it is told itself
                    told.append(document_of(one, held=True))
        return document_of(job, held=bool(standing(told))), False

    def told(self, document: OrdersDocument) -> None:
        """It is being carried out: what is instructed next in this run knows of it."""
        self._told.setdefault(document.data.customer.id, []).append(document)

    def done(self, document: OrdersDocument) -> None:
        """It was carried out; once, however often that is said.

        Raises:
            OSError: that can't be noted.
        """
        self.take()
        folder = self._folder(document.data.customer.id)
        folder.mkdir(exist_ok=True)
        files = sorted(folder.glob("*_*.json"))
        if not any(file.stem.partition("_")[2] == document.key for file in files):
            number = max((int(file.name.partition("_")[0]) for file in files), default=0) + 1
            _write(folder / f"{number:06}_{document.key}.json", document)
        self.withdraw(document)

    def ask(self, document: OrdersDocument) -> bool:
        """An endpoint will be asked for it; whether that is the first time.

        Raises:
            OSError: that can't be noted.
        """
        mark = self._mark(document)
        if mark.exists():
            return False
        mark.parent.mkdir(exist_ok=True)
        _write(mark, document)
        return True

    def withdraw(self, document: OrdersDocument) -> None:
        """It needn't be told again: it was carried out, or surely nothing was."""
        self._mark(document).unlink(missing_ok=True)

    def unanswered(self, customer: str) -> list[OrdersDocument]:
        """What an endpoint was asked for lately and perhaps did, the oldest first: by a run that died, say."""
        found = list[tuple[float, OrdersDocument]]()
        for file in self._folder(customer).glob("*.asked"):
            at, document = file.stat().st_mtime, _read(file)
            if document is None or time.time() - at >= _FRESH:
                file.unlink()
            else:
                found.append((at, document))
        return [document for _, document in sorted(found, key=lambda one: one[0])]

    def settled(self) -> None:
        """Everything that was told is done, or is told again; the next run may go on."""
        self._told.clear()
        self._coming.clear()
        self._mine.close()
        self._is_mine = False

    def held(self) -> list[list[OrdersDocument]]:
        """The holds that stand, by customer: the customers in the order of their ids."""
        left = [standing(_all(folder)) for folder in self.path.iterdir() if folder.is_dir()]
        return sorted((holds for holds in left if holds), key=lambda holds: holds[0].data.customer.id)

    def take(self) -> None:
        """Wait until nobody else tells the ERP: what holds after an instruction rests on all those before.

        Raises:
            BlockingIOError: they take long.
            OSError: the folder can't be written.
        """
        if not self._is_mine:
            self.path.mkdir(parents=True, exist_ok=True)
            self._mine.enter_context(alone(self.path / ".lock", PATIENCE))
            self._is_mine = True

    def _mark(self, document: OrdersDocument) -> Path:
        return self._folder(document.data.customer.id) / f"{document.key}.asked"

    def _of(self, customer: str) -> list[OrdersDocument]:
        return _all(self._folder(customer))

    def _folder(self, customer: str) -> Path:
        return self.path / sha256(customer.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _all(folder: Path) -> list[OrdersDocument]:
    """A customer's instructions in their order; what isn't one is passed over."""
    found = (_read(file) for file in sorted(folder.glob("*_*.json")))
    return [document for document in found if document is not None]


def standing(documents: Sequence[OrdersDocument]) -> list[OrdersDocument]:
    """The holds of one customer that still stand, with the invoices that still hold; `documents` in their order.

    A release ends what its rule held: all of it, or that of its invoices. Where no hold ever had its rule's place, as
    the policy was edited since, it ends the holds that name its invoices, or, of a customer as a whole, every hold. It
    never ends a hold of its own plan, whichever was told first: the plan knew both. A second release of what was
    released already ends nothing.
    """
    holds, rules = list[OrdersDocument](), set[str]()
    for document in documents:
        if document.data.instruction == "hold":
            holds = [hold for hold in holds if hold.key != document.key] + [document]
            rules.add(document.data.rule)
        else:
            holds = list(_released(holds, document, moved=document.data.rule not in rules))
    return holds


def _released(holds: Sequence[OrdersDocument], release: OrdersDocument, *, moved: bool) -> Iterator[OrdersDocument]:
    """What a release leaves; `moved`: nothing was ever held by its rule's place."""
    said = release.data
    freed = {invoice.id for invoice in said.invoices}
    older = [hold for hold in holds if hold.data.plan != said.plan]
    meant = [hold for hold in older if hold.data.rule == said.rule]
    if moved:
        meant = [hold for hold in older if not freed.isdisjoint(invoice.id for invoice in hold.data.invoices)]
        if not meant and said.scope == "customer":
            meant = older
    for hold in holds:
        if hold not in meant:
            yield hold
        elif said.scope == "invoices":
            left = [invoice for invoice in hold.data.invoices if invoice.id not in freed]
            if left:
                yield hold.model_copy(update={"data": hold.data.model_copy(update={"invoices": left})})


def _write(file: Path, document: OrdersDocument) -> None:
    """Whole or not at all, and on the disk."""
    part = file.with_name(".part")
    part.write_bytes(json_bytes(document))
    sync(part)
    part.replace(file)
    sync(file.parent)


def _read(file: Path) -> OrdersDocument | None:
    """A kept instruction; None for what isn't one (any more)."""
    try:
        return OrdersDocument.model_validate(json.loads(file.read_bytes()))
    except (OSError, ValueError, RecursionError):
        return None
