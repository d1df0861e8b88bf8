"""Mappings: the schema says what the loader says, formats of dates and amounts read exactly one way, guesses work."""

import json
from datetime import date

import pytest
import yaml
from jsonschema import Draft202012Validator

from policy_engine.imports.csv_dates import CANDIDATES, date_format, formats_of
from policy_engine.imports.csv_figures import figure_reader
from policy_engine.imports.csv_guess import guess_mapping
from policy_engine.imports.csv_import import import_csv
from policy_engine.imports.csv_tally import summary_data
from policy_engine.imports.mapping_load import parse_mapping
from policy_engine.imports.mapping_schema import mapping_schema
from policy_engine.snapshot.cells import CellError
from tests.imports.csv.support import AS_OF, BAD, MAPPINGS, ROOT


def test_the_schema_is_the_models():
    written = json.loads((ROOT / "schemas/mapping.schema.json").read_text(encoding="utf-8"))
    assert written == mapping_schema()
    Draft202012Validator.check_schema(written)


def described(node, path="$"):
    if isinstance(node, dict):
        for name, part in (node.get("properties") or {}).items():
            yield f"{path}.{name}", part
            yield from described(part, f"{path}.{name}")
        for name, part in node.get("$defs", {}).items():
            yield from described(part, name)


def test_every_key_has_a_description_and_an_example():
    keys = dict(described(mapping_schema()))
    assert len(keys) > 100
    for path, part in keys.items():
        assert part.get("description"), path
        shown = part.get("examples") or "Example:" in part.get("markdownDescription", "")
        assert shown or "const" in part or "default" in part, path


@pytest.mark.parametrize("path", sorted(MAPPINGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_mappings_fit_the_schema(path):
    validator = Draft202012Validator(mapping_schema())
    assert list(validator.iter_errors(yaml.safe_load(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize("case", ["mapping_unknown_keys", "mapping_missing", "mapping_version"])
def test_the_schema_refuses_what_the_loader_refuses_of_shape(case):
    validator = Draft202012Validator(mapping_schema())
    errors = list(validator.iter_errors(yaml.safe_load((BAD / case / "mapping.yaml").read_text(encoding="utf-8"))))
    assert bool(errors) == (case != "mapping_missing"), "what keys must say together only the loader knows"


@pytest.mark.parametrize(
    ("form", "cell", "day"),
    [
        ("yyyy-mm-dd", "2026-03-04", date(2026, 3, 4)),
        ("yyyy-mm-dd", "2026-03-04 00:00:00", date(2026, 3, 4)),
        ("yyyy-mm-dd", "2026-03-04T23:59:59.5", date(2026, 3, 4)),
        ("dd/mm/yyyy", "03/04/2026", date(2026, 4, 3)),
        ("dd/mm/yyyy", "3/4/2026", date(2026, 4, 3)),
        ("m/d/yyyy", "03/04/2026", date(2026, 3, 4)),
        ("m/d/yyyy", "13/04/2026", None),
        ("dd.mm.yy", "03.04.26", date(2026, 4, 3)),
        ("dd.mm.yy", "03.04.71", date(1971, 4, 3)),
        ("yyyymmdd", "20260304", date(2026, 3, 4)),
        ("yyyymmdd", "2026034", None),
        ("dd mmm yyyy", "3 févr. 2026", date(2026, 2, 3)),
        ("d-mmm-yyyy", "03-Dec-2026", date(2026, 12, 3)),
        ("dd mmm yyyy", "3 Foo 2026", None),
        ("dd/mm/yyyy", "31/02/2026", None),
        ("dd/mm/yyyy", "03/04/1969", None),
        ("dd/mm/yyyy", "03/04/2026 24h", None),
        ("dd/mm/yyyy", "٠٣/٠٤/2026", None),
    ],
)
def test_dates(form, cell, day):
    assert date_format(form).read(cell) == day


@pytest.mark.parametrize("form", ["", "dd/mm", "dd/mm/yyyy/", "xx/mm/yyyy", "dd/mm/yyyyy", "dmyyyy", "d" * 5000])
def test_no_date_formats(form):
    assert date_format(form) is None


def test_an_ambiguous_date_has_two_days():
    assert {day for _, day in formats_of("03/04/2026")} == {date(2026, 4, 3), date(2026, 3, 4)}
    assert {text for text, _ in formats_of("2026-03-04")} == {"yyyy-mm-dd"}
    assert all(date_format(text) for text in CANDIDATES)


def options(**keys):
    text = "mapping: 1\ninvoices: {id: a, customer: a, currency: a, amount: a, issue_date: a, due_date: a}\n"
    loaded = parse_mapping((text + f"file: {json.dumps(keys)}\n").encode(), "m.yaml")
    assert loaded.mapping is not None, loaded.diagnostics
    return loaded.mapping.file


POINT = {"decimal": ".", "thousands": ","}
COMMA = {"decimal": ",", "thousands": "."}
BLANK = {"decimal": ",", "thousands": "blank"}


@pytest.mark.parametrize(
    ("keys", "cell", "plain"),
    [
        ({}, "1234.50", "1234.50"),
        ({}, "-1234", "-1234"),
        ({}, "1234-", "-1234"),
        ({}, "(12.00)", "-12.00"),
        ({}, "\u221212", "-12"),
        ({}, "+12", "12"),
        ({}, ".5", "0.5"),
        ({}, "0012", "12"),
        ({}, "-0.00", "0.00"),
        ({}, "1,234.50", None),
        ({}, "1.234,50", None),
        ({}, "1e3", None),
        ({}, "NaN", None),
        ({}, "12%", None),
        ({}, "--1", None),
        ({}, "1.", None),
        ({}, "٣", None),
        (POINT, "1,234,567.89", "1234567.89"),
        (POINT, "1,23,456.00", None),
        (POINT, "1,2345.00", None),
        (POINT, "1234567.89", "1234567.89"),
        (COMMA, "1.234,56", "1234.56"),
        (COMMA, "1,234.56", None),
        (COMMA, "1.234", "1234"),
        (BLANK, "1 234,56", "1234.56"),
        (BLANK, "1\u202f234\u00a0567,8", "1234567.8"),
        ({**POINT, "thousands": "'"}, "1'234.50", "1234.50"),
    ],
)
def test_amounts(keys, cell, plain):
    read = figure_reader(options(**keys))
    if plain is None:
        with pytest.raises(CellError):
            read(cell)
    else:
        assert read(cell) == (plain, None)


def test_currency_signs():
    read = figure_reader(options(currency_signs={"€": "EUR", "US$": "USD", "$": "CAD"}))
    assert read("120.00 €") == ("120.00", "EUR")
    assert read("-US$12.50") == ("-12.50", "USD")
    assert read("($3)") == ("-3", "CAD")


@pytest.mark.parametrize(
    ("sample", "still"),
    [
        ("odoo-open-items", "8660.75"),  # nothing says that `reversed` is settled
        ("odoo-aged-receivable", "8260.75"),
        ("odoo-journal-items-follow-up", "8260.75"),
        ("erpnext-accounts-receivable", "8010.75"),
        ("quickbooks-ageing-summary", "8300.75"),
        ("erpnext-receivable-with-dunning", "8260.75"),
        ("xero-aged-receivables", "8260.75"),
        ("sage-100-echeancier", "8260.75"),
        ("sage-100-echeancier-relances", "8260.75"),
    ],
)
def test_a_guess_is_a_mapping_that_loads_and_mostly_works(sample, still):
    path = MAPPINGS / f"samples/{sample}.csv"
    guess = guess_mapping(path)
    assert guess.diagnostics == ()
    loaded = parse_mapping(guess.text.encode(), "guess.yaml")
    assert loaded.mapping is not None, "\n".join(found.render() for found in loaded.diagnostics)
    result = import_csv([path], loaded.mapping, AS_OF)
    assert result.summary is not None, "\n".join(found.render() for found in result.diagnostics)
    data = summary_data(result.summary)
    assert list(data["open"].values()) == [still]
    assert data["customers"]["unknown_kind"] == data["customers"]["all"]


def test_every_sample_is_guessed():
    (marker,) = test_a_guess_is_a_mapping_that_loads_and_mostly_works.pytestmark
    assert {sample for sample, _ in marker.args[1]} == {path.stem for path in (MAPPINGS / "samples").iterdir()}


def test_percentages_are_no_currency():
    with pytest.raises(CellError) as raised:
        figure_reader(options())("9%")
    assert raised.value.code == "DUN610"
    assert raised.value.fix == "percentages are no amounts: skip the row in `rows`, or map another column"


def test_a_guess_asks_what_it_cannot_know(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text("Invoice;Date;Due;Betrag\nF-1;03/04/2026;05/06/2026;1.234\n", encoding="utf-8")
    text = guess_mapping(path).text
    assert 'dates: "?"' in text
    assert "d/m/yyyy and m/d/yyyy" in text
    assert "it may be the decimal sign" in text
    loaded = parse_mapping(text.encode(), "guess.yaml")
    assert loaded.mapping is None
    assert [found.code for found in loaded.diagnostics] == ["DUN631"]


def test_an_abbreviated_due_date_is_found_and_tells_the_day_from_the_month(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text("Num;Code;Date;Ech;Montant\nF-1;A;01/02/2026;28/02/2026;1 234,56\n", encoding="utf-8")
    text = guess_mapping(path).text
    assert 'due_date: "Ech"\n' in text
    assert 'customer: "Code"\n' in text
    assert "dates: d/m/yyyy\n" in text


def test_hostile_headers_stay_in_their_comment(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text('"a\nmapping: 2","b\u2028c",Amount,Date\n1,2,3.00,2026-01-01\n', encoding="utf-8")
    text = guess_mapping(path).text
    assert sum(line.startswith("mapping:") for line in text.split("\n")) == 1
    assert "\u2028" not in text
