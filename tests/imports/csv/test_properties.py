"""An import never changes a total without saying so, and nothing that a file or mapping holds raises."""

import csv
import tempfile
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_engine.imports.csv_guess import guess_mapping
from policy_engine.imports.csv_import import import_csv
from policy_engine.imports.csv_tally import summary_data
from policy_engine.imports.mapping_load import parse_mapping
from policy_engine.snapshot.read import read_snapshot
from policy_engine.snapshot.write import write_snapshot
from tests.imports.csv.support import AS_OF, BAD, MAPPINGS

pytestmark = pytest.mark.property

CENTS = st.integers(-(10**9), 10**9)
DAYS = st.integers(-700, 60).map(lambda days: AS_OF + timedelta(days=days))
NAMES = st.text(st.characters(codec="cp1252", categories=("L", "N", "P", "Zs")), min_size=1, max_size=12).map(
    lambda text: "n" + text.strip()
)


@st.composite
def dialects(draw):
    """How an export writes: separator, decimal sign, thousands, negative amounts, dates, encoding, title rows."""
    decimal = draw(st.sampled_from([".", ","]))
    marks = {"none": "", "blank": draw(st.sampled_from([" ", "\u00a0"])), "'": "'"}
    marks["," if decimal == "." else "."] = "," if decimal == "." else "."
    thousands = draw(st.sampled_from(sorted(marks)))
    return {
        "separator": draw(st.sampled_from([",", ";", "tab", "|"])),
        "decimal": decimal,
        "thousands": thousands,
        "mark": marks[thousands],
        "negative": draw(st.sampled_from(["-{}", "{}-", "({})", "- {}"])),
        "dates": draw(st.sampled_from(["yyyy-mm-dd", "dd/mm/yyyy", "m/d/yyyy", "d.m.yyyy", "yyyymmdd"])),
        "encoding": draw(st.sampled_from(["utf-8", "cp1252", "utf-16"])),
        "end": draw(st.sampled_from(["\n", "\r\n", "\r\r\n"])),
        "titles": draw(st.integers(0, 4)),
        "reversed": draw(st.booleans()),
    }


def amount_in(cents, dialect):
    whole, rest = divmod(abs(cents), 100)
    groups = f"{whole:,}".replace(",", dialect["mark"])
    text = f"{groups}{dialect['decimal']}{rest:02}"
    return dialect["negative"].format(text) if cents < 0 else text


def date_in(day, dialect):
    parts = {
        "yyyy": f"{day.year}",
        "mm": f"{day.month:02}",
        "dd": f"{day.day:02}",
        "m": f"{day.month}",
        "d": f"{day.day}",
    }
    form = dialect["dates"]
    if form == "yyyymmdd":
        return parts["yyyy"] + parts["mm"] + parts["dd"]
    mark = next(ch for ch in form if ch not in "dmy")
    return mark.join(parts[token] for token in form.split(mark))


ROWS = st.lists(st.tuples(NAMES, DAYS, CENTS, st.sampled_from(["doc", "pay", "skip"]), CENTS), min_size=1, max_size=12)


def export_of(rows, dialect):
    stream = StringIO()
    mark = "\t" if dialect["separator"] == "tab" else dialect["separator"]
    writer = csv.writer(stream, delimiter=mark, lineterminator="\n")
    for number in range(dialect["titles"]):
        writer.writerow([f"Title {number}"])
    writer.writerow(["Number", "Client", "Date", "Amount", "Type", "Open"])
    for number, (name, day, cents, kind, part) in enumerate(rows):
        still = 0 if not cents else abs(part) % (abs(cents) + 1) * (1 if cents > 0 else -1)
        sign = -1 if dialect["reversed"] else 1
        amount, left = amount_in(sign * cents, dialect), amount_in(sign * still, dialect)
        writer.writerow([f"{number}", name, date_in(day, dialect), amount, kind, left])
    encoding = dialect["encoding"]
    return stream.getvalue().replace("\n", dialect["end"]).encode(encoding)


def mapping_of(dialect):
    sign = "reversed" if dialect["reversed"] else "as_is"
    text = f"""\
mapping: 1
file:
  encoding: {dialect["encoding"]}
  separator: "{dialect["separator"]}"
  decimal: "{dialect["decimal"]}"
  thousands: "{dialect["thousands"]}"
  dates: {dialect["dates"]}
rows:
  - {{when: {{column: Type, in: pay}}, is: payment}}
  - {{when: {{column: Type, in: skip}}, is: skip, because: asked for}}
  - {{when: {{column: Type, in: doc}}, is: document}}
customers: {{kind: {{constant: business}}}}
invoices:
  id: {{column: Number, prefix: F-}}
  customer: Client
  currency: {{constant: EUR}}
  amount: {{column: Amount, sign: {sign}}}
  issue_date: Date
  due_date: Date
payments:
  id: {{column: Number, prefix: R-}}
  date: Date
  amount: {{column: Amount, sign: {sign}}}
paid: {{balance: {{column: Open, sign: {sign}}}}}
"""
    loaded = parse_mapping(text.encode(), "m.yaml")
    assert loaded.mapping is not None, loaded.diagnostics
    return loaded.mapping


@given(ROWS, dialects())
def test_counts_and_totals_in_are_out(rows, dialect):
    rows = [(n, d, abs(c) if k == "pay" else c, k, p) for n, d, c, k, p in rows]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.csv"
        path.write_bytes(export_of(rows, dialect))
        result = import_csv([path], mapping_of(dialect), AS_OF)
        assert [d for d in result.diagnostics if d.severity == "error"] == []
        write_snapshot(Path(folder) / "out", result.tables, result.manifest)
        read = read_snapshot([Path(folder) / "out"])
        assert read.diagnostics == ()
        assert read.snapshot.problems == ()
    data = summary_data(result.summary)
    sign = -1 if dialect["reversed"] else 1
    total = Decimal(sum(sign * row[2] for row in rows)) / 100
    assert data["in"]["rows"] == len(rows)
    assert Decimal(data["in"]["amounts"]["EUR"]) == total
    assert sum(entry["rows"] for entry in data["rows"]) == len(rows)
    assert sum(Decimal(amount) for entry in data["rows"] for amount in entry["amounts"].values()) == total
    kept = [row for row in rows if row[1] <= AS_OF]
    documents = {f"F-{n}": row[2] for n, row in enumerate(rows) if row in kept and row[3] == "doc"}
    assert {row["id"]: cents(row["amount"]) for row in result.tables["invoices"]} == documents
    own = {f"R-{n}": row[2] for n, row in enumerate(rows) if row in kept and row[3] == "pay"}
    paid = {row["id"]: cents(row["amount"]) for row in result.tables.get("payments", ())}
    assert {key: amount for key, amount in paid.items() if key.startswith("R-")} == own
    still = sum(
        abs(part) % (abs(amount) + 1) * (1 if amount > 0 else -1)
        for _, day, amount, kind, part in kept
        if kind == "doc" and amount
    )
    assert sum(documents.values()) - sum(v for k, v in paid.items() if k.startswith("P-")) == still


def cents(text):
    return int(Decimal(text) * 100)


GOOD = (MAPPINGS / "samples/erpnext-accounts-receivable.csv").read_bytes()
MAPPING = (MAPPINGS / "erpnext-accounts-receivable.yaml").read_bytes()


@given(
    st.integers(0, len(GOOD)),
    st.integers(0, 40),
    st.one_of(st.binary(max_size=12), st.sampled_from([b'"', b"\n", b",", b"\0", b";;", b"=1+1", b"-", b"Total"])),
)
def test_a_changed_export_changes_no_total_in_silence(place, length, patch):
    """Whatever is done to an export: an error, or every row and amount of it is accounted for."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.csv"
        path.write_bytes(GOOD[:place] + patch + GOOD[place + length :])
        result = import_csv([path], parse_mapping(MAPPING, "m.yaml").mapping, AS_OF)
        guess_mapping(path)
    for found in result.diagnostics:
        found.render()
    if result.summary is None:
        assert result.tables is None
        assert any(found.severity == "error" for found in result.diagnostics)
        return
    data = summary_data(result.summary)
    assert data["in"]["rows"] == sum(entry["rows"] for entry in data["rows"])
    read = sum(Decimal(text) for text in data["in"]["amounts"].values())
    assert read == sum(Decimal(text) for entry in data["rows"] for text in entry["amounts"].values())


@given(st.one_of(st.binary(max_size=400), st.text(max_size=300).map(str.encode)))
def test_any_bytes_as_an_export(content):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.csv"
        path.write_bytes(content)
        for mapping in (MAPPING, (MAPPINGS / "quickbooks-ageing-summary.yaml").read_bytes()):
            result = import_csv([path], parse_mapping(mapping, "m.yaml").mapping, AS_OF)
            assert result.diagnostics
        guess = guess_mapping(path)
        assert (guess.text is None) == any(found.severity == "error" for found in guess.diagnostics)


MAPPING_TEXTS = [
    path.read_text(encoding="utf-8") for path in sorted([*MAPPINGS.glob("*.yaml"), *BAD.glob("*/mapping.yaml")])
]


@given(
    st.sampled_from(MAPPING_TEXTS), st.integers(0, 900), st.integers(0, 30), st.text("{}[]:,#*&!-\n ax1\"'", max_size=8)
)
def test_a_changed_mapping_never_raises(text, place, length, patch):
    changed = text[:place] + patch + text[place + length :]
    loaded = parse_mapping(changed.encode(), "m.yaml")
    assert (loaded.mapping is None) == any(found.severity == "error" for found in loaded.diagnostics)
    if loaded.mapping is not None:
        import_csv([MAPPINGS / "samples/xero-aged-receivables.csv"], loaded.mapping, date(2026, 11, 20))
