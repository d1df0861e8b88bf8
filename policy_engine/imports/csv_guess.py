"""A mapping to start from: what the header and the cells of an export show, and a comment where they don't."""

import csv
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from policy_engine.imports.csv_dates import CANDIDATES, date_format
from policy_engine.imports.csv_decode import read_export
from policy_engine.imports.csv_findings import ImportFindings
from policy_engine.imports.csv_guess_reminders import history_lines
from policy_engine.imports.csv_guess_words import WORDS, buckets
from policy_engine.imports.csv_records import MAX_COLUMNS, plain
from policy_engine.values.diagnostics import Diagnostic
from policy_engine.values.position import Position

_SAMPLE = 2_000
"""Rows that are looked at."""
_SEPARATORS = (",", ";", "\t", "|")
_KIND = "  # kind: {constant: business}   # ? what they are; without it nothing will be dunned"


@dataclass(frozen=True, slots=True)
class Guess:
    """A mapping's text, or None and the findings that say why the file can't be read."""

    text: str | None
    diagnostics: tuple[Diagnostic, ...]


@dataclass(slots=True)
class _Seen:
    """What a file shows."""

    separator: str
    header: int
    names: list[str]
    rows: list[list[str]]

    def cells(self, name: str) -> list[str]:
        place = self.names.index(name)
        return [row[place].strip() for row in self.rows if len(row) > place and row[place].strip()]


def guess_mapping(path: Path) -> Guess:
    """A commented mapping for an export. Never raises on what the file holds."""
    findings = ImportFindings()
    encoding = None
    text = read_export(path, None, findings)
    if text is None and all(found.code == "DUN601" for found in findings.all()):
        again = ImportFindings()
        text, encoding = read_export(path, "cp1252", again), "cp1252"
        findings = again if text is not None else findings
    if text is None:
        return Guess(None, findings.all())
    seen = _look(text)
    if seen is None or not seen.rows:
        at = Position(path.as_posix(), 1, 1)
        findings.error("DUN603", at, "there is no table in this file", "export it again, with a header and rows")
        return Guess(None, findings.all())
    if len(seen.names) > MAX_COLUMNS:
        at = Position(path.as_posix(), seen.header, 1)
        findings.error("DUN606", at, f"the header has {len(seen.names)} columns, at most {MAX_COLUMNS} are read")
        return Guess(None, findings.all())
    return Guess(_text(path, seen, encoding), findings.all())


def _look(text: str) -> _Seen | None:
    """The separator that gives the widest regular table, and its header: the first line that is full and no data."""
    best: _Seen | None = None
    score = (0, 0)
    head = "".join(text.splitlines(keepends=True)[:_SAMPLE])
    for separator in _SEPARATORS:
        rows = _rows(head, separator)
        widths = [len(row) for _, row in rows if len(row) > 1]
        if not widths:
            continue
        width = max(set(widths), key=widths.count)
        regular = widths.count(width)
        if (regular * min(width, 30), width) <= score:
            continue
        place = next(
            (
                index
                for index, (_, row) in enumerate(rows)
                if len(row) >= width - 1 and sum(bool(cell.strip()) for cell in row) * 2 >= width and not _is_data(row)
            ),
            None,
        )
        if place is not None:
            score = (regular * min(width, 30), width)
            line, names = rows[place]
            best = _Seen(separator, line, [plain(name) for name in names], [row for _, row in rows[place + 1 :]])
    return best


def _rows(text: str, separator: str) -> list[tuple[int, list[str]]]:
    found = []
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator)
    before = 0
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                found.append((before + 1, row))
            before = reader.line_num
    except csv.Error:
        pass
    return found


def _is_data(row: Sequence[str]) -> bool:
    return sum(bool(re.search("[0-9]{2}", cell)) for cell in row) * 3 > sum(bool(cell.strip()) for cell in row) * 2


def _find(
    seen: _Seen, what: str, fits: Callable[[list[str]], bool] | None = None, taken: Sequence[str] = ()
) -> str | None:
    names = {re.sub(r"[\s_.:#-]+", " ", name.casefold()).strip(): name for name in reversed(seen.names) if name}
    for word in WORDS[what]:
        found = names.get(re.sub(r"[\s_.:#-]+", " ", word))
        if found is not None and found not in taken and (fits is None or fits(seen.cells(found))):
            return found
    return None


def _dates_of(cells: Sequence[str]) -> list[str]:
    """The formats in which every cell but stray words is a date."""
    if not cells:
        return []
    some = [cell for cell in cells if any(ch.isdigit() for ch in cell)][:500]
    fits = []
    for text in CANDIDATES:
        form = date_format(text)
        if form is not None and some and all(len(cell) <= 40 and form.read(cell) is not None for cell in some):
            fits.append(text)
    return fits


def _is_amounts(cells: list[str]) -> bool:
    good = sum(bool(re.fullmatch(r"[^0-9]{0,5}[0-9][0-9 .,'\u00a0\u202f]*[^0-9]{0,5}", cell[:40])) for cell in cells)
    return bool(cells) and good * 10 >= len(cells) * 9


def _is_dates(cells: list[str]) -> bool:
    return bool(_dates_of(cells))


def _written(cells: Sequence[str]) -> tuple[str, str, str]:
    """Decimal sign, mark of thousands, and a doubt for the comment."""
    commas = sum(bool(re.search(r",[0-9]{1,2}\D*$", cell)) for cell in cells)
    points = sum(bool(re.search(r"\.[0-9]{1,2}\D*$", cell)) for cell in cells)
    decimal = "," if commas > points else "."
    other = "." if decimal == "," else ","
    thousands = "none"
    for cell in cells:
        for mark, name in ((other, other), (" ", "blank"), ("\u00a0", "blank"), ("\u202f", "blank"), ("'", "'")):
            if re.search(rf"[0-9]{re.escape(mark)}[0-9]{{3}}", cell):
                thousands = name
    doubt = ""
    if commas and points:
        doubt = "both 1.234,56 and 1,234.56 occur: one of them is wrong"
    elif not commas and not points:
        mark = next(
            (mark for mark in ".," if any(re.search(rf"[0-9]{re.escape(mark)}[0-9]{{3}}", c) for c in cells)), ""
        )
        if mark:
            decimal, thousands = ("," if mark == "." else "."), mark
            doubt = f"every `{mark}` is followed by three digits: it may be the decimal sign"
    return decimal, thousands, doubt


def _text(path: Path, seen: _Seen, encoding: str | None) -> str:
    name = json.dumps(path.name, ensure_ascii=False)
    issue = _find(seen, "issue_date", _is_dates)
    due = _find(seen, "due_date", _is_dates)
    amount = _find(seen, "amount", _is_amounts)
    balance = _find(seen, "balance", _is_amounts, [amount] if amount else [])
    debit, credit = _find(seen, "debit"), _find(seen, "credit")
    paid = _find(seen, "paid_date", _is_dates)
    customer = _find(seen, "customer") or ("#1" if not seen.names[0] else None)
    named = _find(seen, "customer_name", None, [customer] if customer else [])
    key = _find(seen, "id", None, [name for name in (customer, named) if name])
    currency = _find(seen, "currency")
    figures = [cell for column in (amount, balance, debit, credit) if column for cell in seen.cells(column)]
    decimal, thousands, doubt = _written(figures)
    formats = _dates_of([cell for column in (issue, due, paid) if column for cell in seen.cells(column)])
    lines = [
        f"# Guessed from {inert_comment(path.name)}. Go through every line marked `check` or `?`, then:",
        f"#   dunning import csv --mapping THIS --as-of YYYY-MM-DD -o snapshot {inert_comment(path.name)}",
        "# Columns of the export: " + inert_comment(", ".join(seen.names))[:1000],
        "mapping: 1",
        f"source: {name}",
        "file:",
    ]
    if {"JournalCode", "EcritureNum", "CompteNum"} <= set(seen.names):
        lines.insert(0, "# This is a French accounting file (FEC): `dunning import fec` reads it without a mapping.")
    if encoding:
        lines.append(f"  encoding: {encoding}            # check: could be iso-8859-15 as well")
    separator = {"\t": "tab"}.get(seen.separator, seen.separator)
    lines += [f"  separator: {json.dumps(separator)}", f"  header: {seen.header}"]
    lines.append(f"  decimal: {json.dumps(decimal)}" + (f"                # check: {doubt}" if doubt else ""))
    lines.append(f"  thousands: {json.dumps(thousands)}")
    lines += _date_lines(formats, dated=bool(issue or due or paid))
    signs = sorted({sign for cell in figures for sign in re.findall(r"[^\w\s.,%'()+\u2212\u2013-]", cell)})
    if signs:
        known = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY"}
        pairs = ", ".join(f"{json.dumps(sign, ensure_ascii=False)}: {known.get(sign, 'EUR')}" for sign in signs)
        lines.append(f"  currency_signs: {{{pairs}}}   # check")
    aged = [] if due else buckets(seen.names)
    rules, paying = _row_lines(seen)
    rules += _age_rules(seen, customer, issue, aged, begun=bool(rules) and rules[0] == "rows:")
    lines += rules
    above = bool(aged and issue and customer)
    who = f"{{above: {_quoted(customer)}}}   # check" if above else _quoted(customer)
    lines += ["customers:", f"  name: {who if above else _quoted(named or customer)}", _KIND]
    lines += ["invoices:", f"  id: {_quoted(customer if above else key)}", f"  customer: {who}"]
    lines.append(f"  currency: {_quoted(currency)}" if currency else "  currency: {constant: EUR}   # check")
    if aged:
        lines = [line for line in lines if not line.startswith("  id:") or key or above]
        return "\n".join([*lines, *_ageing_lines(seen, aged, issue)]) + "\n"
    if amount is None and debit and credit:
        lines.append(f"  amount: {{debit: {_quoted(debit)}, credit: {_quoted(credit)}}}")
    else:
        lines.append(f"  amount: {_quoted(amount or balance)}")
    lines.append(f"  issue_date: {_quoted(issue)}")
    lines.append(
        f"  due_date: {_quoted(due)}" if due else "  terms: {constant: net_30}    # check: no due date was found"
    )
    if paid:
        lines += ["paid:", f"  date: {_quoted(paid)}"]
    elif balance and (amount or (debit and credit)) and balance != amount:
        lines += ["paid:", f"  balance: {_quoted(balance)}       # the amount less what is open was paid"]
    if paying:
        lines += ["payments:", f"  id: {_quoted(key)}", f"  date: {_quoted(issue)}"]
        lines.append(f"  amount: {{column: {_quoted(balance or amount)}, sign: reversed}}   # check the sign")
    email = _find(seen, "email")
    if email:
        lines += ["contact_persons:", f"  email: {_quoted(email)}"]
    level = _find(seen, "level")
    words = sorted(set(seen.cells(level)))[:12] if level else []
    lines += history_lines(level, _find(seen, "level_date", _is_dates, [level] if level else []), words)
    return "\n".join(lines) + "\n"


def _age_rules(
    seen: _Seen, customer: str | None, issue: str | None, aged: Sequence[tuple[str, str, int]], *, begun: bool
) -> list[str]:
    """Of an ageing: the rows without a date are the titles of those below, a row of percentages is nobody's."""
    rules = []
    places = [seen.names.index(name) for name, _, _ in aged]
    shares = [
        row for row in seen.rows if any(len(row) > place and row[place].strip().endswith("%") for place in places)
    ]
    where = 0 if customer is None or customer == "#1" else seen.names.index(customer)
    words = sorted({row[where].strip() for row in shares if len(row) > where and row[where].strip()})
    if words:
        listed = ", ".join(json.dumps(word, ensure_ascii=False) for word in words[:12])
        rules.append(f"  - {{when: {{column: {_quoted(customer)}, in: [{listed}]}}, is: skip}}   # check: percentages")
    if aged and issue and customer:
        rules.append(
            f"  - {{when: {{column: {_quoted(issue)}, empty: true}}, is: group}}   # check: titles of customers"
        )
    return rules if begun or not rules else ["rows:", *rules]


def _ageing_lines(seen: _Seen, aged: Sequence[tuple[str, str, int]], issue: str | None) -> list[str]:
    lines = [f"  issue_date: {_quoted(issue)}"] if issue else []
    lines.append("ageing:                          # amounts by age: each one becomes a document")
    total = next((name for name in seen.names if name.casefold() == "total"), None)
    if total:
        lines.append(f"  total: {_quoted(total)}")
    lines.append("  buckets:")
    lines += [f"    - {{column: {_quoted(name)}, {key}: {late}}}" for name, key, late in aged]
    return lines


def inert_comment(text: str) -> str:
    """A text that stays in its comment: one line, nothing invisible."""
    return "".join(ch if ch.isprintable() else " " for ch in text)


def _quoted(name: str | None) -> str:
    return '"?"                    # which column?' if name is None else json.dumps(name, ensure_ascii=False)


def _date_lines(formats: Sequence[str], *, dated: bool) -> list[str]:
    if not dated:
        return []
    if not formats:
        return ["  dates: yyyy-mm-dd            # check: no format fits all dates that were found"]
    days = {"".join(ch for ch in text if ch in "dmy")[:1] for text in formats}
    if len(formats) > 1 and len(days) > 1:
        return [f'  dates: "?"                   # check: all dates fit {" and ".join(formats)}; say which']
    return [f"  dates: {formats[0]}"]


def _row_lines(seen: _Seen) -> tuple[list[str], bool]:
    """The lines of `rows`, and whether there are payments among them."""
    kind = _find(seen, "type")
    totals = [
        place
        for place, _ in enumerate(seen.names)
        if any(
            len(row) > place and re.match(r"\s*(total|sous-total|summe)\b", row[place], re.IGNORECASE)
            for row in seen.rows
        )
    ]
    lines = []
    paying = False
    if totals:
        place = totals[0]
        column = seen.names[place] or f"#{place + 1}"
        lines.append(
            f'  - {{when: {{column: {json.dumps(column, ensure_ascii=False)}, like: "Total*"}}, is: skip}}   # check'
        )
    if kind is not None:
        words = sorted(set(seen.cells(kind)))[:12]
        lines.append(f"  # {inert_comment(kind)} holds: {inert_comment(', '.join(words))[:300]}")
        quoted = json.dumps(kind, ensure_ascii=False)
        payments = [word for word in words if re.search("payment|règlement|zahlung", word, re.IGNORECASE)]
        paying = bool(payments)
        if payments:
            listed = ", ".join(json.dumps(word, ensure_ascii=False) for word in payments)
            lines.append(f"  - {{when: {{column: {quoted}, in: [{listed}]}}, is: payment}}   # check")
    if not any(line.startswith("  - ") for line in lines):
        return [line.replace("  #", "#", 1) for line in lines], False
    return ["rows:", *lines], paying
