"""Reading snapshots: files in, one frozen `Snapshot` out, everything wrong as values (language.md 3.2, section 4).

`read_snapshot` opens the sources, reads every table, compares the manifest's control totals, and puts the rows
together. What makes the whole unusable is a diagnostic; what breaks one row is a problem in the snapshot.
"""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from policy_engine.policy.resolved import Attribute
from policy_engine.snapshot import database, excel
from policy_engine.snapshot.assemble import assemble, problem_order, unattributed
from policy_engine.snapshot.books import Books
from policy_engine.snapshot.csv_folder import CsvFolder
from policy_engine.snapshot.database import open_database
from policy_engine.snapshot.digest import digest
from policy_engine.snapshot.document import SUFFIXES, Document, parse_file
from policy_engine.snapshot.manifest import Claims, agree, check_totals, read_manifest
from policy_engine.snapshot.model import Manifest, Snapshot
from policy_engine.snapshot.nodes import Mapping
from policy_engine.snapshot.rows import Rows, collect, read_rows
from policy_engine.snapshot.sources import MAX_DOCUMENT_BYTES, Findings, Source, SourceFile, check_bytes
from policy_engine.snapshot.tables import TABLES
from policy_engine.values.diagnostics import Diagnostic, in_order
from policy_engine.values.position import Position


@dataclass(frozen=True, slots=True)
class ReadResult:
    """What reading gave: a snapshot, or None and the errors that say why."""

    snapshot: Snapshot | None
    diagnostics: tuple[Diagnostic, ...]


@contextmanager
def _collector_paused() -> Iterator[None]:
    """No cycle collection meanwhile: rows make no cycles and stay; walking them over and over is 40 % of the time."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def read_snapshot(
    paths: Sequence[Path],
    *,
    as_of: date | None = None,
    policy_currency: str | None = None,
    attributes: Sequence[Attribute] = (),
    accept_unattributed: int = 0,
) -> ReadResult:
    """Read folders of CSV or Parquet files, YAML or JSON files, databases or workbooks as one snapshot.

    Args:
        paths: at least one folder or file; later ones add rows.
        as_of: the day it is of, needed when no manifest says it; must agree with one that does.
        policy_currency: of credit limits without a currency, and of attributes of type amount.
        attributes: columns of the company's own that the policy declares; a missing one is an error.
        accept_unattributed: how many broken rows may be left that can't be attributed to any customer.

    Raises:
        ValueError: an attribute of type amount without `policy_currency`. Nothing that a file holds raises.
    """
    start = Position(paths[0].as_posix() if paths else "<snapshot>", 1, 1)
    with _collector_paused():
        findings = Findings()
        sources = open_sources(paths, findings)
        return _read(sources, findings, start, as_of, policy_currency, attributes, accept_unattributed)


def read_sources(
    sources: Sequence[Source],
    *,
    start: Position,
    as_of: date | None = None,
    policy_currency: str | None = None,
    attributes: Sequence[Attribute] = (),
    accept_unattributed: int = 0,
    identified: bool = True,
) -> ReadResult:
    """The same for sources that are open already, or that were never files; what is about none of them is at `start`.

    Without `identified` the snapshot has the digest "": a sixth of the time, where only what is wrong is asked.

    Raises:
        ValueError: an attribute of type amount without `policy_currency`. Nothing that a source holds raises.
    """
    with _collector_paused():
        return _read(
            sources, Findings(), start, as_of, policy_currency, attributes, accept_unattributed, identified=identified
        )


def _read(
    sources: Sequence[Source],
    findings: Findings,
    start: Position,
    as_of: date | None,
    policy_currency: str | None,
    attributes: Sequence[Attribute],
    accepted: int,
    *,
    identified: bool = True,
) -> ReadResult:
    parts: dict[str, list[Rows]] = {name: [] for name in TABLES}
    claims: list[Claims] = []
    for source in sources:
        raw = source.manifest(findings)
        own: dict[str, list[Rows]] = {}
        for table in source.tables(findings):
            rows = read_rows(table, attributes, policy_currency, findings)
            own.setdefault(table.definition.name, []).append(rows)
            parts[table.definition.name].append(rows)
        if raw is not None:
            claims.append(read_manifest(raw, findings))
            if claims[-1].totals:
                check_totals(claims[-1], {name: collect(found) for name, found in own.items()}, findings)
    manifest = agree(claims, as_of, start, findings)
    for name, definition in TABLES.items():
        if definition.required and not parts[name] and not findings.diagnostics:
            fix = f"add `{name}.csv` to the folder, or the key `{name}` to the file"
            findings.error("DUN505", start, f"the snapshot has no table `{name}`", fix, quote=False)
    snapshot = None
    if manifest is not None and not findings.diagnostics:
        snapshot = _snapshot(manifest, parts, policy_currency, attributes, accepted, findings, identified=identified)
    if findings.diagnostics:
        return ReadResult(None, in_order(findings.diagnostics))
    return ReadResult(snapshot, ())


def snapshot_date(paths: Sequence[Path]) -> date | None:
    """The day that the first manifest with `as_of` says, or None. Findings are left to `read_snapshot`."""
    unheard = Findings()
    for source in open_sources(paths, unheard):
        raw = source.manifest(unheard)
        day = None if raw is None else read_manifest(raw, unheard).as_of
        if day is not None:
            return day
    return None


def _snapshot(
    manifest: Manifest,
    parts: dict[str, list[Rows]],
    currency: str | None,
    attributes: Sequence[Attribute],
    accepted: int,
    findings: Findings,
    *,
    identified: bool,
) -> Snapshot:
    books = Books(manifest.as_of, currency, findings, manifest.rewound)
    tables = {name: collect(found) for name, found in parts.items()}
    known = bool(parts["contact_persons"])
    if not known:
        findings.alert("no_addresses", "contact_persons", "no contact_persons table: addresses are not known")
    accounts, rates = assemble(books, tables, attributes, addresses_known=known)
    unattributed(books, accepted)
    problems = tuple(sorted(books.problems, key=problem_order))
    broken = tuple(sorted(books.broken_invoices, key=lambda row: (row.id, problem_order(row.problem))))
    return Snapshot(
        manifest=manifest,
        accounts=accounts,
        broken_invoices=broken,
        problems=problems,
        alerts=tuple(sorted(findings.alerts, key=lambda alert: (alert.code, alert.subject, alert.message))),
        exchange_rates=rates,
        rows=tuple((name, len(rows)) for name, rows in sorted(tables.items()) if parts[name]),
        digest=digest(manifest, accounts, broken, problems, rates) if identified else "",
    )


def open_sources(paths: Sequence[Path], findings: Findings) -> list[Source]:
    """What the paths hold, in their order; those that can't be opened are findings."""
    names = [path.name or path.absolute().name for path in paths]
    sources: list[Source] = []
    for path, name in zip(paths, names, strict=True):
        short = name if names.count(name) == 1 else path.as_posix()
        file = SourceFile(path, short)
        if path.is_dir():
            sources.append(CsvFolder(path, short))
        elif not path.exists():
            findings.error("DUN501", file.at(1), "there is no such file or folder", "check the path", quote=False)
        elif path.suffix in (*database.SUFFIXES, *excel.SUFFIXES):
            found = (
                excel.open_workbook(file, findings) if path.suffix in excel.SUFFIXES else open_database(file, findings)
            )
            sources += [] if found is None else [found]
        elif path.suffix not in SUFFIXES:
            fix = "give a folder of CSV or Parquet files, or one .yaml, .json, .duckdb, .sqlite or .xlsx file"
            findings.error("DUN509", file.at(1), "this kind of file is not read as a snapshot", fix, quote=False)
        elif check_bytes(file, findings, MAX_DOCUMENT_BYTES):
            errors = len(findings.diagnostics)
            root = parse_file(file, findings)
            if isinstance(root, Mapping):
                sources.append(Document(file, root))
            elif len(findings.diagnostics) == errors:
                findings.error(
                    "DUN504", file.at(1), "a snapshot file is a map of tables", "write `customers:` and a list"
                )
    return sources
