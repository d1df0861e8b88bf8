"""Importing CSV exports: files and a mapping in; tables, their totals and every finding out; nothing written here."""

import gc
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from policy_engine.imports.csv_build import Build, SheetBuild
from policy_engine.imports.csv_dates import date_format
from policy_engine.imports.csv_decode import read_export
from policy_engine.imports.csv_documents import Reader
from policy_engine.imports.csv_figures import figure_reader
from policy_engine.imports.csv_findings import ImportFindings
from policy_engine.imports.csv_paid import paid_by
from policy_engine.imports.csv_parties import Parties
from policy_engine.imports.csv_plain import PlainRows
from policy_engine.imports.csv_records import Sheet, find_sheet
from policy_engine.imports.csv_rows import RowReader
from policy_engine.imports.csv_tally import FileRead, ImportSummary, Tally
from policy_engine.imports.csv_values import Context
from policy_engine.imports.mapping_load import columns_used
from policy_engine.imports.mapping_model import MappingSyntax
from policy_engine.imports.origin import origin
from policy_engine.snapshot.model import ControlTotal, Manifest
from policy_engine.snapshot.read import read_sources
from policy_engine.snapshot.staged import stage
from policy_engine.snapshot.table_rows import Block, TableRow, TableRows
from policy_engine.snapshot.tables import TABLES
from policy_engine.snapshot.write import control_total, table_columns
from policy_engine.values.diagnostics import Diagnostic
from policy_engine.values.money import minor_text
from policy_engine.values.position import Position


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import gave: tables and their manifest, ready for `write_snapshot`, or errors and no tables.

    Attributes:
        tables: rows by table; None when something is wrong.
        summary: what became of every row; None when something is wrong.
        diagnostics: errors and warnings by place.
    """

    tables: dict[str, Sequence[TableRow]] | None
    manifest: Manifest
    summary: ImportSummary | None
    diagnostics: tuple[Diagnostic, ...] = field(default=())


def import_csv(
    paths: Sequence[Path],
    mapping: MappingSyntax,
    as_of: date,
    *,
    kind: str | None = None,
    exported_at: str | None = None,
    sources: Mapping[str, Sequence[str]] | None = None,
    payments_complete_through: date | None = None,
) -> ImportResult:
    """Read exports as the mapping says. Nothing that a file holds raises: mistakes are diagnostics, located.

    Args:
        paths: at least one export; the rows of all are taken together.
        mapping: from `mapping_load.load_mapping`.
        as_of: the day the snapshot is of: what is dated later is left out, what was paid later is open.
        kind: of customers whose kind the mapping doesn't say.
        exported_at: for the manifest, as the caller writes it.
        payments_complete_through: for the manifest; `as_of` when not given.
        sources: the lines of the mapping's file, to show them (`MappingResult.sources`).
    """
    collecting = gc.isenabled()
    gc.disable()  # rows make no cycles and stay: walking them over and over is a third of the time
    try:
        findings = ImportFindings()
        for shown, lines in (sources or {}).items():
            findings.knows(shown, "\n".join(lines))
        return _import(paths, mapping, as_of, kind, exported_at, payments_complete_through or as_of, findings)
    finally:
        if collecting:
            gc.enable()


def _import(
    paths: Sequence[Path],
    mapping: MappingSyntax,
    as_of: date,
    kind: str | None,
    exported_at: str | None,
    complete: date,
    findings: ImportFindings,
) -> ImportResult:
    source = ": ".join(part for part in (mapping.source, origin(paths)) if part)
    manifest = Manifest(as_of, True, source, exported_at, complete)  # noqa: FBT003 - its second field
    tally = Tally()
    build = Build(mapping, as_of, findings, tally)
    parties = Parties(mapping, as_of, kind, findings, tally, build.add)
    files = [read for path in paths if (read := _file(path, build, parties)) is not None]
    build.tables.setdefault("invoices", TableRows())
    build.tables["customers"] = TableRows(parties.customers.values())
    for key, at in parties.places.items():
        build.places.put("customers", key, at)
    _link_payments(build)
    totals = tuple(control_total(name, rows) for name, rows in build.tables.items())
    if not findings.errors:
        _balance(build, totals, paths)
    if not findings.errors:
        _read_back(build, manifest, totals)
    if findings.errors:
        return ImportResult(None, manifest, None, findings.all())
    unknown = sum(row["kind"] == "unknown" for row in parties.customers.values())
    tables: dict[str, Sequence[TableRow]] = dict(build.tables)
    summary = ImportSummary(
        as_of=as_of,
        files=tuple(files),
        tally=tally,
        tables=totals,
        open=_open(tally),
        customers=len(parties.customers),
        unknown_kind=unknown,
        payments_complete_through=complete,
        undated=_undated(mapping, tally),
    )
    return ImportResult(tables, manifest, summary, findings.all())


def _undated(mapping: MappingSyntax, tally: Tally) -> int:
    """Payments that follow from a balance: their day is that of the import, because the export says none."""
    if mapping.paid is None or mapping.paid.date is not None:
        return 0
    made = tally.derived.get(("payments", paid_by(mapping)))
    return 0 if made is None else made.rows


def _file(path: Path, build: Build, parties: Parties) -> FileRead | None:
    mapping, findings = build.mapping, build.findings
    options = mapping.file
    text = read_export(path, None if options is None else options.encoding, findings)
    if text is None:
        return None
    sheet = find_sheet(text, path.as_posix(), options, columns_used(mapping), findings)
    if sheet is None:
        return None
    dates = date_format("yyyy-mm-dd" if options is None else options.dates)
    assert dates is not None  # the model refuses others
    context = Context(sheet, figure_reader(options), dates)
    reader = Reader(mapping, context, findings)
    rows = RowReader(sheet, mapping, context, findings, build.tally)
    sheet_build = SheetBuild(build, reader, parties.on(reader))
    PlainRows(rows, sheet_build).take()
    rows.close()
    sheet_build.close()
    _judge_end(sheet, rows.count, findings)
    return FileRead(sheet.file, sheet.header_line, rows.count)


def _judge_end(sheet: Sheet, rows: int, findings: ImportFindings) -> None:
    if not rows:
        at = Position(sheet.file, sheet.header_line, 1)
        findings.error(
            "DUN603", at, "there is no row below the header", "export it again; an empty ledger needs no import"
        )
    elif not sheet.ended:
        line = sheet.text.count("\n") + 1
        text = "nothing ends the last line: a file that was cut looks like this"
        findings.warn(
            "DUN641", Position(sheet.file, line, 1), text, "compare the totals below with those of your ledger"
        )


def _link_payments(build: Build) -> None:
    """Payments name invoices that are there; of invoices that were left out or are unknown they are unallocated."""
    ids = {"", *build.tables["invoices"].column("id")}
    for part in build.tables.get("payments", TableRows()).parts:
        if isinstance(part, Block):
            named = part.columns.get("invoice", ())
            if not ids.issuperset(named):
                keys = part.columns["id"]
                kept = [_linked(build, ids, *pair) for pair in zip(named, keys, strict=True)]
                part.columns["invoice"] = kept
            continue
        for place, row in enumerate(part):
            invoice = row.get("invoice", "")
            if not _linked(build, ids, invoice, row["id"]) and invoice:
                part[place] = {name: cell for name, cell in row.items() if name != "invoice"}


def _linked(build: Build, ids: Collection[str], invoice: str, payment: str) -> str:
    """The invoice of a payment, or "" when it stays unallocated."""
    if invoice in ids:
        return invoice
    if invoice in build.left or build.mapping.unknown_invoice == "unallocated":
        build.tally.made("payments left unallocated", "their invoice is not in the export")
        return ""
    at = build.places.get("payments", payment) or Position("<export>", 1, 1)
    text = f"the payment `{payment[:40]}` is for the invoice `{invoice[:40]}`, which the export doesn't hold"
    build.findings.error("DUN628", at, text, "say `unknown_invoice: unallocated`, or export that invoice too")
    return invoice


def _balance(build: Build, totals: Sequence[ControlTotal], paths: Sequence[Path]) -> None:
    """INVARIANT (totals): the tables hold exactly the rows and amounts that were read for them."""
    held = {total.table: total for total in totals}
    for name in ("invoices", "payments"):
        total = held.get(name, ControlTotal(name, 0))
        expected = build.tally.expected.get(name)
        said = (0, ()) if expected is None else (expected.rows, tuple(sorted(expected.amounts.items())))
        if said != (total.rows, total.amounts):
            at = Position(paths[0].as_posix(), 1, 1)
            written = _told(total.rows, total.amounts)
            text = f"{_told(*said)} were read for `{name}`, but {written} would be written"
            build.findings.error("DUN629", at, text, "this is a mistake of this program: please report it")


def _told(rows: int | None, amounts: Sequence[tuple[str, int]]) -> str:
    """`2 rows of EUR 30.00`."""
    sums = " and ".join(f"{currency} {minor_text(amount, currency)}" for currency, amount in amounts)
    return f"{rows} row{'' if rows == 1 else 's'}" + (f" of {sums}" if sums else "")


def _read_back(build: Build, manifest: Manifest, totals: Sequence[ControlTotal]) -> None:
    """What the reader of snapshots would refuse or hold is refused now, where it stands in the export."""
    start = build.places.first or Position("<export>", 1, 1)
    try:
        columns = {name: table_columns(TABLES[name], rows) for name, rows in build.tables.items()}
        staged = stage(columns, manifest, sorted(totals, key=lambda total: total.table))
    except ValueError as error:
        build.findings.error("DUN628", start, str(error)[:200], "shorten or correct it in the export")
        return
    read = read_sources([staged], start=start, identified=False)
    for found in read.diagnostics:
        build.findings.error("DUN628", start, f"{found.code} {found.message}", found.help)
    if read.snapshot is None:
        return
    for problem in read.snapshot.problems:
        at = build.places.get(problem.table, problem.row) or Position("<export>", 1, 1)
        text = f"the row of `{problem.table}` can't be used: {problem.message}"
        build.findings.error("DUN628", at, text, problem.help or None, about=f"{problem.table} {problem.code}")


def _open(tally: Tally) -> dict[str, int]:
    """Documents less payments, by currency."""
    sums: dict[str, int] = {}
    for name, sign in (("invoices", 1), ("payments", -1)):
        entry = tally.expected.get(name)
        for code, amount in ({} if entry is None else entry.amounts).items():
            sums[code] = sums.get(code, 0) + sign * amount
    return sums
