"""A FEC, the accounting file every French company can export (LPF art. A47 A-1), into a snapshot of its receivables.

Text, lines, lettering, netting, rows, report: each step has a module of its own. What comes out ties to account 411 to
the cent, or nothing comes out.
"""

import gc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from policy_engine.imports.fec_customers import Choices
from policy_engine.imports.fec_dialect import SEPARATORS, Dialect, read_text
from policy_engine.imports.fec_findings import Findings
from policy_engine.imports.fec_ledger import BESIDE, CURRENCY, Ledger, Line, named_by_account
from policy_engine.imports.fec_lines import read_lines
from policy_engine.imports.fec_netting import Position, issue_date, position
from policy_engine.imports.fec_notes import notes_on
from policy_engine.imports.fec_report import CustomerLine, LeftOut, Report
from policy_engine.imports.fec_rows import Debtor, debtor, due, line_ids, tables
from policy_engine.imports.origin import origin
from policy_engine.snapshot.model import Manifest
from policy_engine.snapshot.table_rows import TableRow
from policy_engine.values.diagnostics import Diagnostic
from policy_engine.values.money import minor_text

_STALE_AFTER = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class FecImport:
    """What an import gave. Without a report there are errors; with one, `tables` and `manifest` can be written."""

    report: Report | None
    tables: Mapping[str, Sequence[TableRow]]
    manifest: Manifest | None
    diagnostics: tuple[Diagnostic, ...]


def import_fec(
    path: Path,
    *,
    as_of: date,
    terms: Choices,
    kinds: Choices | None = None,
    kind: str | None = None,
    encoding: str | None = None,
    by_account: bool = False,
    exported_at: str | None = None,
    payments_complete_through: date | None = None,
) -> FecImport:
    """Read a FEC as what customers owed at the end of `as_of`.

    Args:
        path: the file.
        as_of: entries up to this day count.
        terms: payment terms by auxiliary (`fec_customers.read_terms`), because no FEC has due dates.
        kinds: kinds by auxiliary (`fec_customers.read_list`).
        kind: of the others; None leaves it unknown, and unknown customers aren't dunned by the packs.
        encoding: one of `fec_dialect.ENCODINGS` instead of a guess.
        by_account: whether an account like `411DUPONT` without auxiliary is a customer; 411000 never is.
        exported_at: for the manifest, as the caller writes it.
        payments_complete_through: for the manifest; the day of the last entry when not given.

    Nothing that a file holds raises: what is wrong is in `diagnostics` (DUN650 to DUN659).
    """
    findings = Findings(path.as_posix())
    said = _Said(as_of, terms, kinds or Choices(), kind, encoding, by_account, exported_at, payments_complete_through)
    running = gc.isenabled()
    gc.disable()  # lines make no cycles and stay; walking them over and over costs as much as reading them
    try:
        return _import(path, said, findings)
    finally:
        if running:
            gc.enable()


@dataclass(frozen=True, slots=True)
class _Said:
    """What the caller says beside the file."""

    as_of: date
    terms: Choices
    kinds: Choices
    kind: str | None
    encoding: str | None
    by_account: bool
    exported_at: str | None
    complete: date | None


def _import(path: Path, said: _Said, findings: Findings) -> FecImport:
    as_of = said.as_of
    text = read_text(path, findings, said.encoding)
    if text is None:
        return _failed(findings)
    ledger = read_lines(text, findings)
    if findings.failed():
        return _failed(findings)
    if said.by_account:
        ledger.lines = named_by_account(ledger.lines)
    _check_day(ledger, as_of, findings)
    if findings.failed():
        return _failed(findings)
    positions = _positions(ledger.lines, as_of)
    debtors = {place.auxiliary: debtor(place, said.kinds, said.kind, said.terms) for place in positions}
    _check_terms(positions, debtors, as_of, findings)
    _doubt_dates(positions, as_of, findings)
    if findings.failed():
        return _failed(findings)
    rows = tables(positions, debtors, line_ids(ledger.lines), as_of)
    report = _report(
        path.name, as_of, text.dialect, ledger, positions, debtors, (said.terms, said.kinds), said.complete
    )
    if not report.tied:
        _untied(report, findings)
        return _failed(findings)
    manifest = Manifest(
        as_of=as_of,
        source=f"FEC {origin([path])}",
        exported_at=said.exported_at,
        payments_complete_through=report.complete_through,
    )
    return FecImport(report, rows, manifest, findings.result())


def _failed(findings: Findings) -> FecImport:
    return FecImport(None, {}, None, findings.result())


def _check_day(ledger: Ledger, as_of: date, findings: Findings) -> None:
    first, last = min(ledger.days), max(ledger.days)
    if as_of < first:
        message = f"the first entry is of {first}: nothing is known as of {as_of}"
        findings.add("DUN657", message, help_="give a later --as-of, or the FEC of the year before")
        return
    brought = max((line.day for line in ledger.lines if line.opening), default=first)
    if as_of < brought:
        message = f"balances are brought forward with lines up to {brought}: on {as_of} the file isn't complete"
        fix = "give a later --as-of, or the FEC of the year before"
        findings.add("DUN657", message, severity="warning", help_=fix)
    elif as_of - last > _STALE_AFTER:
        message = f"the last entry is of {last}: payments up to {as_of} are not in it"
        findings.add("DUN657", message, severity="warning", help_="export the current year, or give an earlier --as-of")


def _positions(lines: Sequence[Line], as_of: date) -> list[Position]:
    """One for each auxiliary that has a line up to `as_of`, by id."""
    by_auxiliary: dict[str, list[Line]] = {}
    for line in lines:
        if line.auxiliary:
            by_auxiliary.setdefault(line.auxiliary, []).append(line)
    found = [position(auxiliary, own, as_of) for auxiliary, own in sorted(by_auxiliary.items())]
    return [place for place in found if place.lines]


def _check_terms(positions: Sequence[Position], debtors: Mapping[str, Debtor], as_of: date, findings: Findings) -> None:
    for place in positions:
        who = debtors[place.auxiliary]
        for item in place.open:
            if who.terms is None:
                message = f"the customer `{who.id[:60]}` has no payment terms, and an open line"
                fix = f"add `{who.id[:60]}` or `*` to the list of --terms"
            elif due(who.terms, issue_date(item.line, as_of)) is None:
                message = f"the terms `{who.terms}` of `{who.id[:60]}` lead beyond the year 2200"
                fix = "give shorter terms"
            else:
                continue
            findings.add("DUN658", message, line=item.line.number, help_=fix)
            break


def _doubt_dates(positions: Sequence[Position], as_of: date, findings: Findings) -> None:
    """Say where the date of the entry was taken because nobody can mean the document's."""
    for place in positions:
        for item in place.open:
            line = item.line
            if line.piece_day is not None and issue_date(line, as_of) != line.piece_day:
                message = f"`PieceDate` {line.piece_day} doesn't fit the entry of {line.day}, whose date is taken"
                fix = "it lies after --as-of, or a year or more before the entry"
                findings.add("DUN654", message, line=line.number, severity="warning", help_=fix)


def _report(
    name: str, as_of: date, dialect: Dialect, ledger: Ledger, positions: Sequence[Position],
    debtors: Mapping[str, Debtor], lists: Sequence[Choices], complete: date | None,
) -> Report:  # fmt: skip
    now = [line for line in ledger.lines if line.day <= as_of]
    customers = tuple(
        CustomerLine(
            place.auxiliary, who.name, who.kind, who.terms, len(place.open), sum(item.left for item in place.open),
            sum(credit.left for credit in place.unallocated), place.balance,
        )
        for place in positions
        for who in (debtors[place.auxiliary],)
    )  # fmt: skip
    sums: dict[str, int] = {}
    for account, day, amount in ledger.beside:
        if day <= as_of:
            sums[account] = sums.get(account, 0) + amount
    left_out = _left_out(now)
    return Report(
        file=name,
        as_of=as_of,
        encoding="UTF-8 with BOM" if dialect.encoding == "utf-8-sig" else dialect.encoding.upper(),
        guessed=dialect.guessed,
        separator=SEPARATORS[dialect.separator],
        lines=ledger.count,
        receivable_lines=len(ledger.lines),
        first_day=min(ledger.days),
        last_day=max(ledger.days),
        complete_through=complete or max((day for day in ledger.days if day <= as_of), default=as_of),
        total=sum(line.amount for line in now),
        customers=customers,
        left_out=left_out,
        beside=tuple((account, BESIDE[account], sums[account]) for account in sorted(sums)),
        notes=notes_on(ledger, positions, debtors, left_out, sums, lists, as_of),
    )


def _left_out(lines: Sequence[Line]) -> tuple[LeftOut, ...]:
    """What stands on 411 without an auxiliary, by account."""
    by_account: dict[str, list[Line]] = {}
    for line in lines:
        if not line.auxiliary:
            by_account.setdefault(line.account, []).append(line)
    return tuple(
        LeftOut(
            account,
            max((line.day, line.account_name) for line in own)[1],
            len(own),
            sum(line.amount for line in own if line.amount > 0),
            -sum(line.amount for line in own if line.amount < 0),
        )
        for account, own in sorted(by_account.items())
    )


def _untied(report: Report, findings: Findings) -> None:
    """INVARIANT (tied): never reached, or what is written isn't what the ledger says."""
    fix = "nothing was written; please report this"
    for line in report.mismatches:
        owed, ledger = minor_text(line.balance, CURRENCY), minor_text(line.ledger, CURRENCY)
        findings.add(
            "DUN659", f"the customer `{line.id[:60]}` owes {owed} in the snapshot and {ledger} on 411", help_=fix
        )
    if report.balance + report.left != report.total:
        total, balance, left = (minor_text(x, CURRENCY) for x in (report.total, report.balance, report.left))
        message = f"account 411 stands at {total}, the snapshot at {balance} and what was left out at {left}"
        findings.add("DUN659", message, help_=fix)
