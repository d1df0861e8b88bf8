"""Reading many rows at a time says what reading them one by one says: the same snapshot, findings, places."""

import dataclasses
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_engine.snapshot import csv_folder, digest, payments, receivables, rows
from policy_engine.snapshot.cells import CellError, parser
from policy_engine.snapshot.columns import column_parser, in_minor
from policy_engine.snapshot.model import Allocation, CustomerAccount, History, Invoice, Payment
from policy_engine.snapshot.quick import maker
from policy_engine.snapshot.tables import TABLES
from tests.snapshot.support import PORTFOLIO, read, shown, write_csv

CELLS = [
    "",
    " ",
    "F-1",
    " F-1",
    "é",
    "e\u0301",
    "1.50",
    "1.5",
    "-0.00",
    "+7",
    "007.00",
    "1.200",
    "EUR",
    "JPY",
    "x" * 201,
]
CELLS += ["2026-07-01", "2026-7-1", "\t", "C-1", "invoice", "yes", "a;b", "F-1=1.00", "10000000000.01", "\u200b", "٣"]


@pytest.mark.property
@given(st.lists(st.sampled_from(CELLS), min_size=1, max_size=8))
def test_a_column_is_read_as_its_cells(cells):
    for table in TABLES.values():
        for column in table.columns:
            one = parser(column)
            try:
                expected = [one(cell) for cell in cells]
            except CellError:
                expected = None
            try:
                found = list(column_parser(column, one)(tuple(cells)))
            except CellError:
                found = None
            assert found == expected, (table.name, column.name)


@pytest.mark.parametrize(
    ("amounts", "currencies", "expected"),
    [
        (("1.50", "-2.00"), ("EUR", "USD"), [150, -200]),
        (("1.5", "2.00"), ("EUR", "EUR"), ("1.5", "2.00")),
        (("1.50", "2.00"), ("EUR", "JPY"), ("1.50", "2.00")),
        (("01.50",), ("EUR",), ("01.50",)),
        (("1.50", None), ("EUR", "EUR"), ("1.50", None)),
        ((150,), ("EUR",), (150,)),
        (("9999999999999.99",), ("EUR",), ("9999999999999.99",)),
    ],
)
def test_only_plain_cents_become_numbers(amounts, currencies, expected):
    assert in_minor(amounts, currencies) == expected


@pytest.mark.parametrize("kind", [Invoice, Payment, History, CustomerAccount])
def test_a_quick_value_is_a_frozen_value(kind):
    fields = range(len(kind.__dataclass_fields__))
    made = maker(kind)(*fields)
    assert type(made) is kind
    assert made == kind(*fields)
    assert hash(made) == hash(kind(*fields))
    with pytest.raises(AttributeError):
        made.customer = "x"


def broken(text, dice):
    """A file with a few characters put in, taken out or changed."""
    for _ in range(dice.randrange(4)):
        place = dice.randrange(len(text))
        put = dice.choice(['"', ",", "\n", "\r", "\r\n", ",,,", "\n\n", "\n,,,,\n", "é", "x", '""', ";", " ", '"a\nb"'])
        text = text[:place] + put + text[place + dice.randrange(3) :]
    return text


@pytest.mark.parametrize("seed", range(60))
def test_broken_files_are_read_alike_in_chunks_of_any_size(seed, tmp_path, monkeypatch):
    dice = random.Random(seed)  # noqa: S311
    folder = write_csv(tmp_path / "s", PORTFOLIO, newline=dice.choice(["\n", "\r\n"]))
    for path in folder.glob("*.csv"):
        text = path.read_bytes().decode()
        path.write_bytes((broken(text, dice) if dice.random() < 0.4 else text).encode())
    results = []
    for chunk in (1 << 18, 1, 40, 300):
        monkeypatch.setattr(csv_folder, "_CHUNK", chunk)
        results.append(read(folder, accept_unattributed=1000))
    monkeypatch.setattr(rows, "_singly", lambda raw, wanted, good: raw.rows)
    monkeypatch.setattr(csv_folder, "plain_columns", lambda chunk, delimiter, width: None)
    monkeypatch.setattr(receivables, "_not_plain", lambda books, rows, attributes, ids: rows)
    monkeypatch.setattr(payments, "_not_plain", lambda books, rows, found: rows)
    monkeypatch.setattr(csv_folder, "_CHUNK", 1 << 18)
    alone = read(folder, accept_unattributed=1000)
    for result in results:
        assert shown(result) == shown(alone)
        assert result == alone


@pytest.mark.parametrize(
    ("chunk", "width", "expected"),
    [
        ("a,b\nc,d\n", 2, [["a", "c"], ["b", "d"]]),
        ("a,b\r\nc,", 2, [["a", "c"], ["b", ""]]),
        ("a\nb\n", 1, [["a", "b"]]),
        ("a,b,c\nd\n", 2, None),
        ("a\nb,c,d\n", 2, None),
        ("a,b,c,d\n", 2, None),
        ("a,b\n\nc,d\n", 2, None),
        ("a,b\n,\n", 2, None),
        ("a,b\n \nc,d\n", 2, None),
        ("a\n\nb\n", 1, None),
        ("a\rb\n", 1, None),
        ('a,"b"\n', 2, None),
        ("a," + "x" * 131_072 + "\n", 2, None),
        ("a," + "x" * 65_000 + "\n", 2, [["a"], ["x" * 65_000]]),
    ],
)
def test_lines_split_at_once_only_when_all_are_alike(chunk, width, expected):
    assert csv_folder.plain_columns(chunk, ",", width) == expected


@pytest.mark.property
@given(st.lists(st.lists(st.sampled_from(["", "a", " ", "b"]), min_size=1, max_size=4), min_size=1, max_size=6))
def test_columns_are_those_of_the_csv_module(records):
    text = "".join(",".join(cells) + "\n" for cells in records)
    found = csv_folder.plain_columns(text, ",", 3)
    plain = all(len(cells) == 3 and any(cells) for cells in records)
    assert found == ([list(column) for column in zip(*records, strict=True)] if plain else None)


TEXTS = st.text(st.sampled_from("aé'\"\\%\u2028€"), max_size=5)
PARTS = st.lists(st.builds(Allocation, TEXTS, st.integers()), max_size=2).map(tuple)
DAYS = st.dates()


@pytest.mark.property
@given(
    st.builds(
        Invoice, TEXTS, TEXTS, TEXTS, TEXTS, TEXTS, TEXTS, st.integers(), DAYS, DAYS, st.none() | TEXTS,
        factored=st.booleans(), allocations=PARTS, attributes=st.dictionaries(TEXTS, TEXTS, max_size=2),
    ),
    st.builds(Payment, TEXTS, TEXTS, DAYS, st.integers(), TEXTS, PARTS, st.none() | TEXTS),
)  # fmt: skip
def test_the_digest_takes_in_whole_rows(invoice, payment):
    fields = [item.name for item in dataclasses.fields(Invoice) if item.name != "customer"]
    row = tuple(digest._plain(getattr(invoice, name)) for name in fields)
    days = (invoice.issue_date.toordinal(), invoice.due_date.toordinal())
    assert digest._invoice(invoice, digest._Forms()) == ascii(
        (*row[:6], *days, *row[8:12], row[12], row[13] if invoice.attributes else ())
    )
    assert digest._payment(payment) == ascii(digest._row(payment))


def test_lines_after_quoted_line_breaks_are_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_folder, "_CHUNK", 64)
    lines = [f'D-{number},F-1,2026-06-2{number % 10},"one\ntwo\r\nthree"' for number in range(40)]
    folder = write_csv(tmp_path / "s", PORTFOLIO)
    (folder / "disputes.csv").write_bytes("\n".join(["id,invoice,opened,reason", *lines, "D-x,F-1,never,"]).encode())
    (problem,) = read(folder).snapshot.problems
    assert problem.where == "s/disputes.csv:122"
