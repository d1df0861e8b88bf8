"""One ledger, written in every dialect, is the same snapshot."""

import pytest

from policy_engine.imports.fec_dialect import COLUMNS
from tests.imports.fec.support import done, entry, fec, run

LEDGER = [
    *entry("AN", 1, "20260101", "C01", 300_00),
    *entry("VE", 2, "20260201", "C01", 69_60, "AA"),
    *entry("BQ", 3, "20260210", "C01", -20_00, "AA", DateLet="20260211"),
    *entry("VE", 4, "20260301", "C02", 1234_50, CompAuxLib="Épicerie Čapek", EcritureLib="Œufs, 12 boîtes"),
    *entry("BQ", 5, "20260310", "C01", -250_00),
]
LATIN = [row | {"CompAuxLib": row["CompAuxLib"].replace("Č", "C")} for row in LEDGER]
MORE = ("DateRglt", "ModeRglt", "NatOp", "IdClient")
SIGNED = (*(name for name in COLUMNS if name not in ("Debit", "Credit")), "Montant", "Sens")


def with_sides(debit, credit):
    return [
        row | {"Montant": row["Debit"] if row["Debit"] != "0,00" else row["Credit"],
               "Sens": debit if row["Debit"] != "0,00" else credit}
        for row in LATIN
    ]  # fmt: skip


def padded(cell):
    return f"  {cell} "


def zeros(cell):
    whole, comma, rest = cell.partition(",")
    return f"{whole:0>10},{rest}" if comma and whole.isdigit() and rest.isdigit() else cell


def quoted(cell):
    return '"' + cell.replace('"', '""') + '"'


DIALECTS = {
    "tab": fec(LATIN),
    "pipe": fec(LATIN, separator="|"),
    "semicolon": fec(LATIN, separator=";"),
    "quoted semicolon": fec(LATIN, separator=";", write=quoted),
    "quoted tab": fec(LATIN, write=quoted),
    "byte order mark": fec(LATIN, encoding="utf-8-sig"),
    "cp1252": fec(LATIN, encoding="cp1252"),
    "iso-8859-15": fec(LATIN, encoding="iso-8859-15"),
    "crlf": fec(LATIN, end="\r\n"),
    "cr cr lf": fec(LATIN, end="\r\r\n"),
    "cr": fec(LATIN, end="\r"),
    "no end of the last line": fec(LATIN).removesuffix(b"\n"),
    "blank lines": fec(LATIN) + b"\n\r\n\t\t\t\n\n",
    "dos end of file": fec(LATIN) + b"\x1a",
    "padded": fec(LATIN, separator="|", write=padded),
    "trailing separator": fec(LATIN, separator="|", tail="|"),
    "trailing separator in the lines only": fec(LATIN, tail="\t").replace(b"\t\n", b"\n", 1),
    "zero padded": fec(LATIN, write=zeros),
    "22 columns": fec(LATIN, columns=(*COLUMNS, *MORE)),
    "another order": fec(LATIN, columns=tuple(reversed(COLUMNS))),
    "other letters in the header": fec(LATIN).replace(b"Debit\tCredit", b"D\xc3\xa9bit\tCREDIT", 1),
    "montant and sens": fec(with_sides("D", "C"), columns=SIGNED),
    "montant and signs": fec(with_sides("+1", "-1"), columns=SIGNED),
    "decimal point": fec([row | {name: row[name].replace(",", ".") for name in ("Debit", "Credit")} for row in LATIN]),
    "blank instead of 0,00": fec([row | {n: row[n].replace("0,00", "") if row[n] == "0,00" else row[n] for n in ("Debit", "Credit")} for row in LATIN]),  # noqa: E501
    "dates with dashes": fec([row | {"EcritureDate": f"{row['EcritureDate'][:4]}-{row['EcritureDate'][4:6]}-{row['EcritureDate'][6:]}"} for row in LATIN]),  # noqa: E501
    "dates with slashes": fec([row | {"EcritureDate": f"{row['EcritureDate'][6:]}/{row['EcritureDate'][4:6]}/{row['EcritureDate'][:4]}"} for row in LATIN]),  # noqa: E501
    "signed, blank and zero padded": fec([row | {n: (" " if not row[n].startswith("-") else "") + row[n].zfill(16) for n in ("Debit", "Credit")} for row in LATIN]),  # noqa: E501
    "other names of columns": fec(LATIN).replace(b"JournalLib\t", b"JournalLibelle\t", 1).replace(b"EcritureLet\tDateLet", b"EcritureLettrage\tDateLettrage", 1),  # noqa: E501
    "no validation date": fec([row | {"ValidDate": ""} for row in LATIN]),
    "18 columns, 15 needed": fec(LATIN, columns=[c for c in COLUMNS if c not in ("ValidDate", "Montantdevise", "Idevise")]),  # noqa: E501
}  # fmt: skip


@pytest.mark.parametrize("name", DIALECTS)
def test_every_dialect_is_the_same_snapshot(name, tmp_path):
    plain = run(tmp_path / "plain.txt", DIALECTS["tab"])
    tables = done(run(tmp_path / "fec.txt", DIALECTS[name]))
    assert tables == done(plain)
    assert [row["name"] for row in tables["customers"]] == ["Société C01", "Épicerie Capek"]


@pytest.mark.parametrize(
    ("name", "encoding", "guessed", "separator"),
    [
        ("tab", "UTF-8", False, "TAB"),
        ("pipe", "UTF-8", False, "|"),
        ("byte order mark", "UTF-8 with BOM", False, "TAB"),
        ("cp1252", "CP1252", True, "TAB"),
        ("semicolon", "UTF-8", False, ";"),
    ],
)
def test_the_report_says_how_the_file_is_written(name, encoding, guessed, separator, tmp_path):
    report = run(tmp_path / "fec.txt", DIALECTS[name]).report
    assert (report.encoding, report.guessed, report.separator) == (encoding, guessed, separator)


def test_iso_8859_15_and_windows_1252_are_told_apart_by_their_control_characters(tmp_path):
    row = entry("VE", 1, "20260201", "C01", 100, CompAuxLib="Cœur 100 €")
    assert done(run(tmp_path / "a.txt", fec(row, encoding="iso-8859-15")))["customers"][0]["name"] == "Cœur 100 €"
    assert done(run(tmp_path / "b.txt", fec(row, encoding="cp1252")))["customers"][0]["name"] == "Cœur 100 €"
    given = run(tmp_path / "c.txt", fec(row, encoding="iso-8859-15"), encoding="cp1252")
    assert done(given)["customers"][0]["name"] == "C½ur 100 ¤"


def test_letters_beyond_latin_stay(tmp_path):
    tables = done(run(tmp_path / "fec.txt", fec(LEDGER)))
    assert tables["customers"][1]["name"] == "Épicerie Čapek"


def test_without_any_lettering_the_oldest_is_paid_first(tmp_path):
    bare = [row | {"EcritureLet": "", "DateLet": ""} for row in LATIN]
    tables = done(run(tmp_path / "fec.txt", fec(bare)))
    assert [(row["number"], row["amount"]) for row in tables["invoices"]] == [
        ("P1", "300.00"), ("P2", "69.60"), ("P4", "1234.50"),
    ]  # fmt: skip


@pytest.mark.parametrize("number", ["0", "", "000"])
def test_entries_without_a_number_are_known_by_their_document(number, tmp_path):
    tables = done(run(tmp_path / "fec.txt", fec([row | {"EcritureNum": number} for row in LATIN])))
    assert [row["id"] for row in tables["invoices"]] == ["AN-20260101-P1-1", "VE-20260201-P2-1", "VE-20260301-P4-1"]
