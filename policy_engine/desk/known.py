"""An entry held against a snapshot: that customer and invoices exist and belong together, and amounts fit."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from policy_engine.desk.entry import Entry, Mistake
from policy_engine.engine.reference.ledger import allocate, new_item
from policy_engine.snapshot.cells import CellError, minor
from policy_engine.snapshot.model import Invoice, Snapshot
from policy_engine.values.diagnostics import did_you_mean
from policy_engine.values.money import minor_text


@dataclass(frozen=True, slots=True)
class _Document:
    """What is known of a document: unusable ones have no `invoice`, and perhaps no customer."""

    customer: str | None
    currency: str | None
    invoice: Invoice | None = None


class Known:
    """The customers, documents and notable rows of a snapshot, by id."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.as_of = snapshot.as_of
        self.customers = {account.customer.id: account.customer.name for account in snapshot.accounts}
        self.documents: dict[str, _Document] = {}
        self.rows: dict[str, tuple[str, str]] = {}
        self._numbers: dict[str, list[str]] = {}
        self._currencies: dict[str, set[str]] = {}
        self._open: dict[str, int] = {}
        for broken in snapshot.broken_invoices:
            self.documents[broken.id] = _Document(broken.customer, broken.currency)
        for account in snapshot.accounts:
            for invoice in account.invoices:
                self.documents[invoice.id] = _Document(invoice.customer, invoice.currency, invoice)
                self._numbers.setdefault(invoice.number, []).append(invoice.id)
                self._currencies.setdefault(invoice.customer, set()).add(invoice.currency)
            items = {invoice.id: new_item(invoice, invoice.currency, snapshot.as_of) for invoice in account.invoices}
            allocate(account, items, snapshot.as_of)
            self._open.update((key, item.outstanding) for key, item in items.items())
            listed: tuple[tuple[str, Iterable[str]], ...] = (
                ("disputes", (row.id for row in account.disputes)),
                ("promises", (row.id for row in account.promises)),
                ("payment_plans", (row.id for row in account.payment_plans)),
                ("blocks", (row.id for row in account.blocks)),
                ("history", (row.id for row in account.history if row.status == "set")),
                ("charges", (row.id for row in account.charges if row.status == "waived")),
            )
            for table, keys in listed:
                self.rows.update((key, (table, account.customer.id)) for key in keys)

    def owner(self, key: str) -> str | None:
        """Whose document it is."""
        return self.documents[key].customer if key in self.documents else None

    def open_amount(self, key: str) -> str | None:
        """What is open on a document, before netting, as a decimal text; None when it can't be told."""
        document = self.documents.get(key)
        if document is None or document.invoice is None:
            return None
        return minor_text(self._open[key], document.invoice.currency)

    def open_text(self, key: str) -> str | None:
        """The document with its number, and what is open on it."""
        amount = self.open_amount(key)
        document = self.documents[key].invoice if key in self.documents else None
        if amount is None or document is None:
            return None
        number = "" if document.number == key else f" ({document.number})"
        return f"{key}{number}: {amount} {document.currency} open"

    def invoice(self, named: str) -> str | None:
        """The id of a document by its id, or by its number when only one has it."""
        if named in self.documents:
            return named
        found = self._numbers.get(named, [])
        return found[0] if len(found) == 1 else None

    def unknown_invoice(self, named: str) -> Mistake:
        """Why no document is meant by `named`."""
        several = self._numbers.get(named, [])
        if several:
            message = f"the number `{named}` stands on {len(several)} documents"
            return Mistake("`invoice`", message, f"name the id: {', '.join(sorted(several)[:5])}")
        near = did_you_mean(named, {*self.documents, *self._numbers})
        return Mistake("`invoice`", f"the snapshot has no invoice `{named}`", near)

    def currency(self, customer: str, invoices: Iterable[str]) -> set[str]:
        """The currencies of some invoices, or of all of a customer's when none is named."""
        named = {self.documents[key].currency for key in invoices}
        return {code for code in named if code} or set(self._currencies.get(customer, ()))


def against(made: Entry, known: Known) -> tuple[Entry, tuple[Mistake, ...]]:
    """The entry with ids for numbers and the customer filled in, and everything that the snapshot contradicts."""
    cells = dict(made.cells)
    found: list[Mistake] = []
    column = "invoices" if "invoices" in cells else "invoice"
    named = [part.strip() for part in cells.get(column, "").split(";") if part.strip()]
    if column == "invoice":
        named = [cells["invoice"]] if "invoice" in cells else []
    ids: list[str] = []
    for text in named:
        key = known.invoice(text)
        if key is None:
            found.append(known.unknown_invoice(text))
        else:
            ids.append(key)
    if ids:
        cells[column] = "; ".join(dict.fromkeys(ids)) if column == "invoices" else ids[0]
    customer = cells.get("customer")
    if customer is not None and customer not in known.customers:
        near = did_you_mean(customer, known.customers)
        found.append(Mistake("`customer`", f"the snapshot has no customer `{customer}`", near))
    elif not found:
        found += _owned(cells, ids, known)
    if not found:
        found += _amount(made, cells, ids, known)
    return replace(made, cells=cells), tuple(found)


def _owned(cells: dict[str, str], ids: list[str], known: Known) -> list[Mistake]:
    """Fills in the customer; tells documents of another one."""
    found = []
    owners = {key: known.documents[key].customer for key in ids}
    whose = sorted({owner for owner in owners.values() if owner is not None})
    if "customer" not in cells and len(whose) == 1:
        cells["customer"] = whose[0]
    for key, owner in owners.items():
        if owner is not None and owner != cells.get("customer", owner):
            fix = f"name the customer `{owner}`, or another invoice"
            found.append(Mistake("`invoice`", f"`{key}` is `{owner}`'s, not `{cells['customer']}`'s", fix))
    if "customer" not in cells and len(whose) > 1:
        names = ", ".join(f"`{owner}`" for owner in whose)
        found.append(Mistake("`invoices`", f"belong to several customers: {names}", "note it once for each"))
    return found


def _amount(made: Entry, cells: Mapping[str, str], ids: list[str], known: Known) -> list[Mistake]:
    text = cells.get("amount")
    if text is None:
        return []
    codes = known.currency(cells.get("customer", ""), ids)
    if len(codes) > 1:
        fix = "name invoices of one currency"
        return [Mistake("`amount`", f"its currency can't be told: {', '.join(sorted(codes))}", fix)]
    found = []
    for code in codes:
        try:
            amount = minor(text, code)
        except CellError as error:
            return [Mistake("`amount`", error.message, error.fix or None)]
        whole = [known.documents[key].invoice for key in ids]
        most = sum(invoice.amount for invoice in whole if invoice is not None)
        if made.kind in ("dispute", "promise") and ids and all(whole) and amount > most:
            message = f"{minor_text(amount, code)} {code} is more than the {minor_text(most, code)} invoiced"
            found.append(Mistake("`amount`", message, "note what is disputed or promised of these invoices"))
    return found
