"""Order holds and releases for the ERP: files in a hot folder or signed webhooks, and a list of who is held each day.

orders/
  hold_C-0001_stop_orders_3f9a0c12d4e5-1.csv    the instruction as a row, with .json beside it
  held/2026-10-30.csv                           who is held on that day
  .instructions/                                what was instructed so far (`holds`)
  trial/                                        the same while everything is redirected: never the ERP's
"""

import csv
import io
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from policy_engine.adapters.disk import file_name, neutral, sync
from policy_engine.adapters.http.settings import HttpSettings
from policy_engine.adapters.webhook import endpoint_of
from policy_engine.execution.job import Broken, Job, Receipt, Refused, Retry, Unanswered
from policy_engine.execution.kinds import Kind, Place, SettingsError, Surroundings
from policy_engine.language.models.base import Syntax, key

if TYPE_CHECKING:
    from policy_engine.adapters.holds import Holds
    from policy_engine.adapters.http.endpoint import Endpoint
    from policy_engine.adapters.orders_document import OrdersDocument

CHANNELS = frozenset({"order_hold", "order_release"})
LISTED = (
    "customer", "name", "registration", "since", "steps", "rules", "invoices", "currency", "overdue", "exposure",
    "credit_limit", "keys",
)  # fmt: skip
"""Columns of a day's list."""


class OrdersSettings(Syntax):
    """How the ERP is told."""

    to: Literal["file", "webhook"] = key("How the ERP is told: by files in `path`, or by `webhook`.", "file")
    path: Place = key(
        "The folder of instructions and lists, beside the operator's file unless it is absolute.", "/srv/erp/orders",
        default="orders",
    )  # fmt: skip
    webhook: HttpSettings | None = key(
        "The endpoint, with the keys of the adapter `webhook`; for `to: webhook`.",
        {"url": "https://erp.acme.example/orders", "secrets": ["env:ERP_SECRET"]}, default=None,
    )  # fmt: skip


class OrdersAdapter:
    """Tells the ERP whose orders are held.

    Args:
        name: what the ledger calls it.
        path: where instructions and lists lie.
        endpoint: where instructions are sent; None: they are files.
        idempotent: whether the endpoint does each key once.
        today: the day of the lists.
    """

    channels = CHANNELS
    real = True
    wants = frozenset({"figures"})

    def __init__(
        self,
        name: str,
        path: Path,
        endpoint: "Endpoint | None" = None,
        *,
        idempotent: bool = True,
        today: Callable[[], date] = date.today,
    ) -> None:
        self.name = name
        self.path = path
        self.idempotent = endpoint is None or idempotent
        self._endpoint = endpoint
        self._today = today
        self._kept: dict[Path, Holds] = {}
        self._told: list[tuple[Path, OrdersDocument]] = []
        self._written: list[tuple[Path, Path]] = []

    def prepare(self, jobs: Sequence[Job]) -> None:
        """Know of files that come into sight together: in whichever order they are read, they say the same of `held`.

        Requests arrive one by one, and one that is refused must not count before.
        """
        if self._endpoint is None:
            for job in jobs:
                if job.channel in CHANNELS:
                    self._holds(self._place(job)).expect(job)

    def deliver(self, job: Job) -> Receipt:
        """Write the instruction beside its place, or send it; a trial's into the folder `trial`.

        Raises:
            Retry: it can't be written now, another run is telling the ERP, or the ERP is busy.
            Unanswered: the ERP may have it.
            Refused: no hold and no release, or the facts were purged.
            Broken: the endpoint is wrong.
        """
        if job.channel not in CHANNELS:
            raise Refused(f"`{job.channel}` neither holds nor releases orders")
        trial = job.redirect_to is not None
        folder = self._place(job)
        kept = self._holds(folder)
        by_endpoint = self._endpoint is not None and not trial
        try:
            if by_endpoint:
                self._finish(kept, job)
            document, before = kept.instruction(job)
            state = {"instruction": document.data.instruction, "held": "yes" if document.data.held else "no"}
            if by_endpoint:
                state |= self._ask(kept, document)
            else:
                name = f"{document.data.instruction}_{file_name(job)}"
                if not before:
                    from policy_engine.adapters.document import json_bytes

                    self._put(folder / f"{name}.csv", _sheet(_columns(), [_row(document)]))
                    self._put(folder / f"{name}.json", json_bytes(document))
                state["file"] = f"{'trial/' if trial else ''}{name}.csv"
        except BlockingIOError as error:
            raise Retry("another run is telling the ERP", tried=False) from error
        except OSError as error:
            raise Retry(f"the instruction can't be written: {error.strerror}") from error
        kept.told(document)
        self._told.append((folder, document))
        return Receipt(state)

    def _finish(self, kept: "Holds", job: Job) -> None:
        """What was asked before about the customer, and not answered, comes first: the ERP acts upon the last it heard.

        Raises:
            Retry: it isn't answered now.
            Broken: the endpoint is wrong.
        """
        kept.take()
        for earlier in kept.unanswered(job.customer):
            if earlier.key == job.key:
                continue
            try:
                self._ask(kept, earlier)
            except Refused:
                kept.withdraw(earlier)
            except (Retry, Unanswered) as error:
                why = f"an earlier instruction about the customer isn't answered: {error}"
                raise Retry(why, error.seconds, tried=False) from error
            else:
                kept.done(earlier)

    def _ask(self, kept: "Holds", document: "OrdersDocument") -> dict[str, str]:
        """Ask the endpoint; one that does each key once may be asked again, also by another run."""
        from policy_engine.adapters.document import json_bytes

        assert self._endpoint is not None
        new = self.idempotent and kept.ask(document)
        try:
            return self._endpoint.post(document.key, json_bytes(document))
        except (Refused, Broken, Retry):
            if new:
                kept.withdraw(document)
            raise

    def settle(self) -> None:
        """Bring the files to the disk, rename them into place, and note what was told.

        Raises:
            Retry: the disk doesn't take them now.
        """
        told, self._told = self._told, []
        written, self._written = self._written, []
        try:
            for part, _ in written:
                sync(part)
            for part, place in written:
                part.replace(place)
            for folder in sorted({place.parent for _, place in written}):
                sync(folder)
            for folder, document in told:
                self._holds(folder).done(document)
        except OSError as error:
            raise Retry(f"the instructions can't be written: {error.strerror}") from error
        finally:
            for holds in self._kept.values():
                holds.settled()

    def close(self) -> None:
        """Write the day's list of who is held, and close the connection."""
        if self._endpoint is not None:
            self._endpoint.close()
        for folder in (self.path, self.path / "trial"):
            holds = self._holds(folder)
            if holds.path.is_dir():
                with suppress(BlockingIOError):  # the other run writes the list when it ends
                    holds.take()
                    self._list(holds, folder / "held" / f"{self._today().isoformat()}.csv")
                holds.settled()

    def check(self) -> list[str]:
        """Whether the folder can be written to, and the endpoint be reached; nothing is told."""
        faults = list[str]()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            part = _part(self.path / "check")
            part.write_bytes(b"")
            part.unlink()
        except OSError as error:
            faults.append(f"`{self.path}` can't be written to: {error.strerror}")
        return faults + ([] if self._endpoint is None else self._endpoint.check())

    def _list(self, holds: "Holds", place: Path) -> None:
        place.parent.mkdir(exist_ok=True)
        part = _part(place)
        part.write_bytes(_sheet(LISTED, [_standing(one) for one in holds.held()]))
        sync(part)
        part.replace(place)

    def _place(self, job: Job) -> Path:
        return self.path if job.redirect_to is None else self.path / "trial"

    def _holds(self, folder: Path) -> "Holds":
        from policy_engine.adapters.holds import Holds

        return self._kept.setdefault(folder, Holds(folder))

    def _put(self, place: Path, data: bytes) -> None:
        place.parent.mkdir(parents=True, exist_ok=True)
        part = _part(place)
        part.write_bytes(data)
        self._written.append((part, place))


def _build(name: str, settings: OrdersSettings, around: Surroundings) -> OrdersAdapter:
    path = around.at(settings.path)
    if (settings.webhook is None) == (settings.to == "webhook"):
        raise SettingsError("`to: webhook` needs `webhook`, with `url` and `secrets`; `to: file` has none")
    if settings.webhook is None:
        return OrdersAdapter(name, path)
    endpoint = endpoint_of(settings.webhook, around)
    return OrdersAdapter(name, path, endpoint, idempotent=settings.webhook.idempotent)


KIND = Kind(OrdersSettings, _build)


def _columns() -> Sequence[str]:
    from policy_engine.adapters.orders_document import COLUMNS

    return COLUMNS


def _row(document: "OrdersDocument") -> Sequence[str]:
    from policy_engine.adapters.orders_document import row_of

    found = row_of(document)
    return [found[name] for name in _columns()]


def _standing(holds: Sequence["OrdersDocument"]) -> Sequence[str]:
    """A customer's row of the list: since the oldest hold that stands, with the latest figures."""
    from policy_engine.adapters.orders_document import row_of

    rows = [row_of(hold) for hold in holds]
    last = rows[-1]
    numbers = dict.fromkeys(invoice.number for hold in holds for invoice in hold.data.invoices)
    return [
        last["customer"], last["name"], last["registration"], min(row["since"] for row in rows),
        ", ".join(dict.fromkeys(row["step"] for row in rows)), ", ".join(dict.fromkeys(row["rule"] for row in rows)),
        ", ".join(numbers), last["currency"], last["overdue"], last["exposure"], last["credit_limit"],
        ", ".join(row["key"] for row in rows),
    ]  # fmt: skip


def _sheet(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """A sheet whose cells no spreadsheet takes for formulas: UTF-8, commas, line ends as RFC 4180 has them."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([neutral(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8", "backslashreplace")


def _part(place: Path) -> Path:
    """The name of a file while it is being written: hidden, and this process's own."""
    import os

    return place.with_name(f".{place.name}.{os.getpid()}.part")
