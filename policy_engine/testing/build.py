"""From the few rows of a test to a snapshot: defaults filled in, then read by the same checks as any file.

The rows become a source like any file (`source`), and `snapshot.read` does the rest: there is no second
meaning of a column. Only what a test leaves out is decided here.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from policy_engine.language.findings import Findings
from policy_engine.language.nodes import Items, Map, Text, map_at, text_at
from policy_engine.policy.resolved import Policy
from policy_engine.snapshot.model import Snapshot
from policy_engine.snapshot.read import open_sources, read_sources
from policy_engine.snapshot.sources import Findings as SnapshotFindings
from policy_engine.snapshot.sources import RawManifest, RawTable, Source, SourceFile
from policy_engine.snapshot.tables import TABLES
from policy_engine.testing.given_model import DAY, PREFIX, DefaultsSyntax
from policy_engine.testing.source import GivenRow, GivenRows
from policy_engine.values.days import parse_date
from policy_engine.values.diagnostics import did_you_mean
from policy_engine.values.position import Position

TERM = timedelta(days=30)
"""From the issue date to the due date of an invoice that names only one of them."""
_ONLY_INVOICE = frozenset({"instalments", "disputes", "charges"})
"""Tables whose rows are about an invoice: the only one when none is named."""
_ORDER = {name: place for place, name in enumerate(TABLES)}
"""Customers come first, then invoices, so that the others can name them."""
_NEEDED = {
    name: tuple(column for column in table.columns if column.required and column.name not in ("customer", "invoice"))
    for name, table in TABLES.items()
}
"""Columns without a default; of customer and invoice something better is said when they lack."""
_DUE = ("due_date", "days_late", "terms")


class Given:
    """The rows of a test so far. Rows are added day by day; `snapshot` reads all of them as of a day.

    Args:
        file: how positions name the test file.
        policy: gives currency, attributes, steps and penalties.
        defaults: columns of rows that don't say otherwise.
        source: a snapshot whose rows come first.
        first: the first day judged.
    """

    def __init__(
        self,
        file: str,
        policy: Policy,
        findings: Findings,
        first: date,
        defaults: DefaultsSyntax | None = None,
        source: Path | None = None,
    ) -> None:
        self._file = _source_file(file)
        self._policy = policy
        self._findings = findings
        self._first = first
        self._defaults = defaults
        self._source = source
        self._rows: dict[str, list[GivenRow]] = {}
        self._customers: dict[str, None] = {}
        self._invoices: dict[str, tuple[str, Text | None]] = {}  # id -> customer, amount
        self._ids: dict[str, set[str]] = {}
        self._own = {
            level: [item.name for item in policy.attributes if item.level == level] for level in ("customer", "invoice")
        }
        self._places: dict[tuple[str, int], Position] = {}

    @property
    def invoices(self) -> tuple[str, ...]:
        """The invoices given, in their order."""
        return tuple(self._invoices)

    def add(self, rows: Sequence[tuple[str, Map]], day: date, at: Position, until: date | None = None) -> None:
        """Add rows that become known on `day`; rows dated after `until` are findings.

        Customers come first, then invoices, so that the others can name them.
        """
        if not self._customers and self._source is None and not any(table == "customers" for table, _ in rows):
            self._add("customers", map_at(at.file, at.line, at.column), day, until)
        for table, row in sorted(rows, key=lambda pair: _ORDER[pair[0]]):
            self._add(table, row, day, until)

    def add_executed(self, rows: Sequence[Mapping[str, str]], at: Position) -> None:
        """Add rows of history that the loop over the days made."""
        for row in rows:
            cells = {"id": self._fresh("history"), **row}
            self._rows.setdefault("history", []).append(GivenRow(at, cells))

    def snapshot(self, as_of: date, complete: date | None, *, identified: bool = False) -> Snapshot | None:
        """All rows as a snapshot of a day, or None: findings say why. A row that can't be used is one."""
        earlier = self._findings.errors
        if earlier:
            return None
        sources: list[Source] = []
        if self._source is not None:
            unheard = SnapshotFindings()
            sources += [_Undated(source) for source in open_sources([self._source], unheard)]
            self._findings.extend(unheard.diagnostics)
        tables = {**self._rows, **{name: self._rows.get(name, []) for name in ("customers", "invoices")}}
        sources.append(GivenRows(self._file, as_of, complete or as_of, tables))
        read = read_sources(
            sources,
            start=self._file.at(1),
            policy_currency=self._policy.currency,
            attributes=self._policy.attributes,
            identified=identified,
        )
        self._findings.extend(read.diagnostics)
        if read.snapshot is not None:
            self._broken(read.snapshot)
        return None if self._findings.errors else read.snapshot

    def _broken(self, snapshot: Snapshot) -> None:
        """Broken rows of the test are the author's mistakes; those of a snapshot file are data."""
        for problem in snapshot.problems:
            file, _, line = problem.where.partition(":")
            own = file == self._file.short
            place = self._places.get((problem.table, int(line.partition(":")[0]))) if own else None
            if place is not None:
                row = f" `{problem.row}`" if problem.row else ""
                text = f"this row{row} of `{problem.table}` can't be used: {problem.message}"
                self._findings.add("DUN706", text, place, hint=problem.help or None)

    def _add(self, table: str, row: Map, day: date, until: date | None) -> None:
        cells = self._with_defaults(table, row)
        own = cells.pop("attributes", None)
        if isinstance(own, Map):
            cells.update(self._attributes(table, own))
        if "id" in TABLES[table].index:
            self._identify(table, cells, row)
        if table == "customers":
            self._customer(cells, row)
        elif table == "invoices":
            self._owner(table, cells, row)
            self._invoice(cells, row)
        else:
            self._about(table, cells, row)
        self._date(table, cells, row, day, until)
        self._complete(table, cells, row)
        if TABLES[table].attributes is not None:
            for name in self._own[TABLES[table].attributes or ""]:
                cells.setdefault(name, text_at("", row.position))
        self._places.setdefault((table, row.line), row.position)
        self._rows.setdefault(table, []).append(GivenRow(row.position, cells))

    def _complete(self, table: str, cells: Mapping[str, Any], row: Map) -> None:
        """What has no default must be given."""
        for column in _NEEDED[table]:
            if column.name not in cells:
                text = f"this row of `{table}` lacks `{column.name}`"
                self._findings.add("DUN706", text, row.position, hint=f"add `{column.name}: {column.example}`")

    def _with_defaults(self, table: str, row: Map) -> dict[str, Any]:
        default = None if self._defaults is None else self._defaults.row(table)
        cells: dict[str, Any] = {} if default is None else dict(default)
        if any(name in row for name in _DUE):
            for name in _DUE:
                cells.pop(name, None)
        cells.update(row)
        return cells

    def _attributes(self, table: str, own: Map) -> Iterator[tuple[str, Any]]:
        level = TABLES[table].attributes or ""
        for name, value in own.items():
            if name in self._own[level]:
                yield str(name), value
            else:
                key = own.key(name)
                assert key is not None
                hint = did_you_mean(name, self._own[level]) or "declare it in the policy, under `attributes`"
                self._findings.add("DUN702", f"the policy declares no `{level}.{name[:60]}`", key.position, hint=hint)

    def _fresh(self, table: str) -> str:
        taken = self._ids.setdefault(table, set())
        number = len(taken) + 1
        while f"{PREFIX[table]}-{number}" in taken:
            number += 1
        name = f"{PREFIX[table]}-{number}"
        taken.add(name)
        return name

    def _identify(self, table: str, cells: dict[str, Any], row: Map) -> None:
        name = cells.get("id")
        if name is None:
            cells["id"] = text_at(self._fresh(table), row.position)
        elif isinstance(name, Text):
            self._ids.setdefault(table, set()).add(str(name))

    def _customer(self, cells: dict[str, Any], row: Map) -> None:
        name = cells["id"]
        if isinstance(name, Text):
            self._customers[str(name)] = None
        cells.setdefault("name", text_at(f"Customer {len(self._customers)}", row.position))
        cells.setdefault("kind", text_at("business", row.position))

    def _invoice(self, cells: dict[str, Any], row: Map) -> None:
        at = row.position
        cells.setdefault("kind", text_at("invoice", at))
        cells.setdefault("currency", text_at(self._policy.currency, at))
        cells.setdefault("amount", text_at("1000", at))
        late = cells.pop("days_late", None)
        if late is not None and "due_date" in cells:
            text = "`days_late` and `due_date` can't both be given"
            self._findings.add("DUN114", text, late.position, hint="keep one of them")
        issued = cells.get("issue_date")
        if late is not None:
            cells["due_date"] = text_at((self._first - timedelta(days=int(late))).isoformat(), late.position)
        elif "due_date" not in cells and "terms" not in cells and issued is None:
            cells["due_date"] = text_at(self._first.isoformat(), at)
        if issued is None:
            due = cells.get("due_date")
            known = parse_date(due) if isinstance(due, Text) else None
            cells["issue_date"] = text_at(((known or self._first) - TERM).isoformat(), at)
        elif "due_date" not in cells and "terms" not in cells:
            known = parse_date(issued) if isinstance(issued, Text) else None
            cells["due_date"] = text_at(((known or self._first) + TERM).isoformat(), at)
        owner, amount = cells.get("customer"), cells["amount"]
        if isinstance(cells["id"], Text):
            whose = str(owner) if isinstance(owner, Text) else ""
            self._invoices[str(cells["id"])] = (whose, amount if isinstance(amount, Text) else None)

    def _owner(self, table: str, cells: dict[str, Any], row: Map) -> None:
        """The customer of a row that names none: the invoice's, else the only one."""
        if "customer" not in TABLES[table].index:
            return
        named = cells.get("customer")
        if named is not None:
            self._known("customer", named, self._customers)
            return
        invoice = cells.get("invoice")
        listed = cells.get("invoices")
        if invoice is None and isinstance(listed, Items) and listed:
            invoice = listed[0]
        if isinstance(invoice, Text) and str(invoice) in self._invoices:
            cells["customer"] = text_at(self._invoices[str(invoice)][0], row.position)
        elif len(self._customers) == 1 and (self._source is None or invoice is None):
            cells["customer"] = text_at(next(iter(self._customers)), row.position)
        elif invoice is None:
            text = f"whose is this row of `{table}`?"
            if self._source is None:
                text += f" the test has {len(self._customers)} customers"
            self._findings.add("DUN703", text, row.position, hint="add `customer: ID`")

    def _about(self, table: str, cells: dict[str, Any], row: Map) -> None:
        """The invoice, the customer, and what follows from them."""
        invoice = cells.get("invoice")
        if invoice is not None:
            self._known("invoice", invoice, self._invoices)
        elif table in _ONLY_INVOICE or (table == "history" and "intervention" not in cells):
            if len(self._invoices) == 1 and self._source is None:
                cells["invoice"] = text_at(next(iter(self._invoices)), row.position)
            else:
                text = f"which invoice is this row of `{table}` about?"
                self._findings.add("DUN703", text, row.position, hint="add `invoice: ID`")
        listed = cells.get("invoices")
        for one in listed if isinstance(listed, Items) else ():
            self._known("invoice", one, self._invoices)
        self._owner(table, cells, row)
        columns = TABLES[table].index
        if "currency" in columns:
            cells.setdefault("currency", text_at(self._policy.currency, row.position))
        if table == "payments" and "amount" not in cells and isinstance(cells.get("invoice"), Text):
            amount = self._invoices.get(str(cells["invoice"]), ("", None))[1]
            if amount is not None:
                cells["amount"] = text_at(str(amount), row.position)
        if table == "history":
            self._history(cells, row)
        elif table == "charges":
            self._name("penalty", cells.get("penalty"), [penalty.name for penalty in self._policy.penalties])

    def _history(self, cells: dict[str, Any], row: Map) -> None:
        """Stage and channel of the step; a step that the policy doesn't know needs a stage that it knows."""
        cells.setdefault("status", text_at("delivered", row.position))
        name = cells.get("step")
        steps = {step.name: step for ladder in self._policy.ladders for step in ladder.steps}
        self._name("intervention", cells.get("intervention"), [i.name for i in self._policy.interventions])
        self._name("stage", cells.get("stage"), self._policy.stages)
        if not isinstance(name, Text):
            return
        if str(name) in steps:
            cells.setdefault("stage", text_at(steps[str(name)].stage, row.position))
            cells.setdefault("channel", text_at(steps[str(name)].channel, row.position))
        elif "stage" not in cells:
            self._name("step", name, list(steps))

    def _name(self, what: str, value: Any, known: Sequence[str]) -> None:
        if isinstance(value, Text) and str(value) not in known:
            hint = did_you_mean(value, known) or (f"it has {', '.join(known)}" if known else None)
            self._findings.add("DUN702", f"the policy has no {what} `{value[:60]}`", value.position, hint=hint)

    def _known(self, what: str, value: Any, known: Mapping[str, Any]) -> None:
        """Whom or what a row names must be there; in a snapshot file, its reader judges."""
        if self._source is None and isinstance(value, Text) and value.strip() not in known:
            hint = did_you_mean(value, known) or f"it has {', '.join(list(known)[:8])}"
            self._findings.add("DUN703", f"the test has no {what} `{value[:60]}`", value.position, hint=hint)

    def _date(self, table: str, cells: dict[str, Any], row: Map, day: date, until: date | None) -> None:
        column = DAY.get(table)
        if column is None:
            return
        given = cells.get(column)
        if given is None:
            cells[column] = text_at(day.isoformat(), row.position)
            return
        known = parse_date(given) if isinstance(given, Text) else None
        if until is not None and known is not None and known > until:
            text = f"{known} is after {until}, the last day of this test: the row would never count"
            self._findings.add("DUN705", text, given.position, hint="put the dates in order")


@lru_cache(maxsize=16)
def _source_file(file: str) -> SourceFile:
    """One for all tests of a file."""
    return SourceFile(Path(file), file.rpartition("/")[2])


class _Undated:
    """A snapshot without its manifest: the test says which day it judges."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def manifest(self, findings: SnapshotFindings) -> RawManifest | None:
        """None."""
        del findings
        return None

    def tables(self, findings: SnapshotFindings) -> Iterator[RawTable]:
        """The source's."""
        return self._source.tables(findings)
