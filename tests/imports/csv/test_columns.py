"""Reading rows of an export by columns leaves behind what reading them one by one leaves: tables, sums, findings."""

import random
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_engine.imports import csv_plain, csv_records
from policy_engine.imports.csv_documents import exact
from policy_engine.imports.csv_figures import cents_reader, figure_reader
from policy_engine.imports.csv_plain_tables import amount_texts
from policy_engine.imports.mapping_parts import FileSyntax
from policy_engine.snapshot.cells import CellError
from policy_engine.snapshot.tables import TABLES
from policy_engine.snapshot.write import table_text
from policy_engine.values.money import minor_text
from tests.imports.csv.support import AS_OF, run

HEADER = [
    "Number", "Type", "Customer", "Name", "Country", "Date", "Due", "Amount", "Currency", "Paid", "Paid on", "Ref",
    "E-mail", "Disputed",
]  # fmt: skip
SECTIONS = {
    "documents": "",
    "types": """
rows:
  - when: {column: Type, in: Payment}
    is: payment
  - when: [{column: Type, like: "Cr*"}]
    is: credit_note
  - when: {column: Type, in: Deposit}
    is: prepayment
  - when: {column: Type, in: Note}
    is: skip
    because: no money
  - when: {column: Type, like: "*otal"}
    is: total
credit_notes: positive
totals: Amount
unknown_invoice: unallocated
payments: {id: Number, date: Date, customer: Customer, amount: {column: Amount, sign: reversed}, invoice: Ref}
""",
    "signs": """
rows:
  - when: {column: Amount, sign: zero}
    is: skip
paid: {amount: Paid, date: {column: Paid on, empty: "19/11/2026"}}
""",
    "balance": """
paid: {balance: Paid}
otherwise: document
contact_persons: {email: E-mail}
""",
    "settled": """
paid: {date: Paid on}
disputes: {when: {column: Disputed, in: "Yes"}, opened: Date, closed: Paid on}
history: {when: {column: Disputed, empty: false}, step: Disputed, date: Date}
contact_persons: {when: {column: E-mail, empty: false}, email: E-mail}
""",
}
AMOUNTS = {
    "documents": "Amount",
    "types": "Amount",
    "signs": "{column: Amount, negative_when: {column: Type, in: Credit}}",
    "balance": "Amount",
    "settled": "{debit: Amount, credit: Paid}",
}
MAPPING = """mapping: 1
file: {{separator: "{separator}", decimal: "{decimal}", thousands: "{thousands}", dates: dd/mm/yyyy{more}}}
{sections}
customers:
  name: Name
  kind: {{constant: business}}
  country: {{column: Country, lookup: {{FRA: FR, DEU: DE}}, otherwise: BE}}
invoices:
  id: {ident}
  number: Number
  customer: Customer
  currency: {{column: Currency, empty: EUR}}
  amount: {amount}
  issue_date: Date
  due_date: Due
  attributes: {{rep: Name}}
"""
ODD = [
    "", " ", "F-1", "Total", "Sommer", "=1+1", '="0012"', "é", "e\u0301", " x ", "a  b", "two\nlines", 'qu"ote',
    "x" * 201,
    "32/13/2026", "2026-11-01", "01/11/2027", "-0,00", "-0.00", "1.234,56", "1 234,56", "1,234.56", "12", "12.5",
    "12,5",
    "(7.00)", "7.00-", "€ 5.00", "5.00 EUR", "0.00", "0,00", "10000000000.01", "JPY", "XXQ", "Number", "Solde",
    "Payment", "Credit", "Note", "\u00a0", "x@y.example", "Yes", "FRA",
]  # fmt: skip


def figure(cents, decimal, mark):
    """Hundredths as the export writes them."""
    whole, rest = divmod(abs(cents), 100)
    return ("-" if cents < 0 else "") + f"{whole:,}".replace(",", mark) + f"{decimal}{rest:02}"


def row(number, dice, decimal, mark, name):
    """One row as it should be."""
    day = AS_OF - timedelta(days=dice.randrange(-5, 300))
    cents = dice.randrange(100, 3_000_000)
    types = ["Invoice"] * 4 + (["Payment", "Credit", "Deposit", "Note"] if name in ("types", "signs") else [])
    paid = {"balance": dice.choice([0, 0, cents, cents // 2]), "settled": 0}.get(name, dice.choice([cents, cents // 3]))
    paid_on = f"{day + timedelta(days=dice.randrange(40)):%d/%m/%Y}" if dice.random() < 0.6 else ""
    customer = dice.randrange(5)
    country = dice.choice(["FRA", "DEU", "USA"])
    return [
        f"F-{number:04}", dice.choice(types), f"C-{customer}", f"Société {customer}", country,
        f"{day:%d/%m/%Y}", f"{day + timedelta(days=30):%d/%m/%Y}", figure(cents, decimal, mark),
        dice.choice(["EUR", "EUR", ""]), figure(paid, decimal, mark), paid_on,
        f"F-{dice.randrange(number + 1):04}", dice.choice(["", f"{customer}@x.example"]), dice.choice(["", "", "Yes"]),
    ]  # fmt: skip


def export(dice, name, path):
    """A messy export of a few dozen rows and its mapping."""
    separator, decimal = dice.choice([(";", ","), (",", "."), ("tab", "."), (";", ".")])
    thousands, mark = dice.choice([("none", ""), ("blank", "\u202f"), ("blank", " "), ("'", "'")])
    glue = "\t" if separator == "tab" else separator
    rows = [row(number, dice, decimal, mark, name) for number in range(dice.randrange(1, 60))]
    for _ in range(dice.choice([0, 0, 1, 2, 6])):
        dice.choice(rows)[dice.randrange(len(HEADER))] = dice.choice(ODD)
    for _ in range(dice.choice([0, 0, 0, 1])):
        found = dice.choice(rows)
        change = dice.choice(["short", "long", "blank", "header", "again", "total", "empty"])
        place = rows.index(found)
        if change == "short":
            del found[-1]
        elif change == "long":
            found.append(dice.choice(["", "x"]))
        else:
            new = {"blank": [" "] * 14, "header": [*HEADER], "again": [*found], "empty": [""] * 14}.get(change)
            rows.insert(place, new or ["", "Total", "", "", "", "", "", figure(100, decimal, mark), "", *[""] * 5])
    quoted = dice.random() < 0.3
    tail = [""] if dice.random() < 0.1 else []
    lines = [["Ageing of 2026"], []] if dice.random() < 0.3 else []
    lines += [HEADER + tail, *(cells + tail for cells in rows)]
    text = dice.choice(["\n", "\r\n"]).join(
        glue.join(cell_text(cell, glue, quoted=quoted) for cell in cells) for cells in lines
    )
    text += dice.choice(["\n", "\n", "\n", "", '"'])
    encoding = dice.choice(["utf-8", "utf-8-sig", "utf-16"]) if not text.isascii() else "utf-8"
    path.write_bytes(text.encode(encoding, "replace"))
    mapping = path.with_suffix(".yaml")
    more = ', currency_signs: {"€": EUR}' if dice.random() < 0.3 else ""
    ident = dice.choice(["Number", "Number", "{columns: [Type, Number]}", "{column: Number, prefix: A}"])
    mapping.write_text(
        MAPPING.format(
            separator=separator, decimal=decimal, thousands=thousands, more=more, sections=SECTIONS[name],
            amount=AMOUNTS[name], ident=ident,
        ),
        encoding="utf-8",
    )  # fmt: skip
    return mapping


def cell_text(cell, glue, *, quoted):
    """A cell in quotes where it needs them, or always."""
    return '"' + cell.replace('"', '""') + '"' if quoted or any(ch in cell for ch in f'{glue}"\n') else cell


def told(result):
    """All that an import says."""
    loaded, found = result
    assert loaded.mapping is not None, [one.render() for one in loaded.diagnostics]
    if found.tables is None:
        return found
    written = {name: table_text(TABLES[name], rows) for name, rows in found.tables.items()}
    return written, found.manifest, found.summary, found.diagnostics


@pytest.mark.parametrize("name", SECTIONS)
@pytest.mark.parametrize("seed", range(40))
def test_messy_exports_are_read_alike(name, seed, tmp_path, monkeypatch):
    dice = random.Random(f"{name} {seed}")  # noqa: S311
    files = [tmp_path / "a.csv", tmp_path / "b.csv"][: dice.choice([1, 1, 2])]
    mapping = export(dice, name, files[0])
    for other in files[1:]:
        other.write_bytes(files[0].read_bytes().replace(b"F-", b"G-"))
    results = []
    for batch, shortest in ((8_192, 16), (7, 2), (16, 1), (1, 1)):
        monkeypatch.setattr(csv_records, "BATCH", batch)
        monkeypatch.setattr(csv_plain, "_SHORTEST", shortest)
        results.append(told(run(mapping, *files, payments_complete_through=date(2026, 11, 19))))
    monkeypatch.setattr(csv_plain, "by_columns", lambda mapping: False)
    alone = told(run(mapping, *files, payments_complete_through=date(2026, 11, 19)))
    for result in results:
        assert result == alone


def test_most_rows_are_read_by_columns(tmp_path, monkeypatch):
    """What the comparison above is worth: one odd cell leaves the other rows on the quick way."""
    dice = random.Random(1)  # noqa: S311
    rows = [row(number, dice, ".", "", "documents") for number in range(200)]
    rows[120][7] = "1 234.00"
    path = tmp_path / "a.csv"
    path.write_text("\n".join(",".join(cells) for cells in [HEADER, *rows, []]), encoding="utf-8")
    mapping = path.with_suffix(".yaml")
    form = {"separator": ",", "decimal": ".", "thousands": "blank", "more": "", "sections": "", "ident": "Number"}
    mapping.write_text(MAPPING.format(amount="Amount", **form), encoding="utf-8")
    singly = []
    plain_row = csv_plain.RowReader.row
    monkeypatch.setattr(csv_plain.RowReader, "row", lambda *found: singly.append(found[1]) or plain_row(*found))
    _, result = run(mapping, path)
    assert sum(total.rows for total in result.summary.tables if total.table == "invoices") > 150
    assert singly == []  # `1 234.00` is plain where blanks mark thousands
    rows[120][7] = "1 234.00 "
    path.write_text("\n".join(",".join(cells) for cells in [HEADER, *rows, []]), encoding="utf-8")
    run(mapping, path)
    assert singly == []  # read by its own function, and fine
    rows[120][7] = "Total"
    path.write_text("\n".join(",".join(cells) for cells in [HEADER, *rows, []]), encoding="utf-8")
    run(mapping, path)
    assert singly == [122]


CELLS = st.one_of(
    st.integers(-(10**13), 10**13).map(lambda cents: figure(cents, ".", "")),
    st.integers(-(10**8), 10**8).map(lambda cents: figure(cents, ",", ".")),
    st.sampled_from(
        ["", "0", "-0.00", "0.5", "00.50", "1.234", "1,5", "1'000.00", "1 000,00", "+1.00", "x", "1\n2", "."]
    ),
)


@pytest.mark.property
@given(
    st.lists(CELLS, min_size=1, max_size=4),
    st.sampled_from([".", ","]),
    st.sampled_from(["none", ".", ",", "blank", "'"]),
)
def test_cents_are_what_the_figures_are(cells, decimal, thousands):
    if decimal == thousands:
        return
    options = FileSyntax.model_construct(decimal=decimal, thousands=thousands, currency_signs={})
    found = cents_reader(options)(cells)
    read = figure_reader(options)
    if found is None:
        return
    assert found == [exact(*read(cell), "EUR") for cell in cells]


def test_plain_cents_are_read_together():
    """Otherwise the property above would say nothing."""
    options = FileSyntax.model_construct(decimal=",", thousands="blank", currency_signs={"€": "EUR"})
    assert cents_reader(options)(["1 234,56", "-0,00", "12,00"]) == [123456, 0, 1200]
    assert cents_reader(options)(["1\u202f234,5", "7", "0,5"]) == [123450, 700, 50]
    for odd in ("€ 5,00", "1.00", "", "1 23,00", "01,00", "1000000000,00", "(1,00)"):
        assert cents_reader(options)(["1,00", odd]) is None
    with pytest.raises(CellError):
        figure_reader(options)("1 23,00")


@pytest.mark.property
@given(st.lists(st.tuples(st.integers(-(10**12), 10**12), st.sampled_from(["EUR", "USD", "JPY", "KWD"]))))
def test_amounts_are_written_alike(pairs):
    units, codes = [unit for unit, _ in pairs], [code for _, code in pairs]
    assert amount_texts(units, codes) == [minor_text(unit, code) for unit, code in pairs]
