"""What a mapping can say, piece by piece: small exports and the tables that come of them."""

from datetime import date

import pytest

from policy_engine.imports.csv_import import import_csv
from policy_engine.imports.csv_tally import summary_data, summary_text
from policy_engine.imports.mapping_load import parse_mapping
from tests.imports.csv.support import AS_OF

BASE = """\
mapping: 1
customers: {kind: {constant: business}}
invoices: {id: No, customer: Client, currency: {constant: EUR}, amount: Amount, issue_date: Date, due_date: Due}
"""
HEAD = "No,Client,Date,Due,Amount"


@pytest.fixture
def imported(tmp_path):
    def build(mapping, *exports, as_of=AS_OF, **options):
        loaded = parse_mapping(mapping.encode(), "m.yaml")
        assert loaded.mapping is not None, "\n".join(found.render() for found in loaded.diagnostics)
        paths = []
        for number, export in enumerate(exports):
            path = tmp_path / f"{number}.csv"
            path.write_bytes(export if isinstance(export, bytes) else export.encode())
            paths.append(path)
        return import_csv(paths, loaded.mapping, as_of, **options)

    return build


def ok(result):
    assert result.tables is not None, "\n".join(found.render() for found in result.diagnostics)
    return result.tables


def test_several_files_of_several_encodings(imported):
    first = f"{HEAD}\nF-1,Café,2026-09-01,2026-10-01,10.00\n".encode("utf-8-sig")
    second = f"Titre\n\n{HEAD.replace(',', ';')}\nF-2;Café;2026-09-02;2026-10-02;20.00\n".encode("cp1252")
    result = imported(BASE, first, second)
    tables = ok(result)
    assert [row["id"] for row in tables["customers"]] == ["Café"]
    assert [read.header_line for read in result.summary.files] == [1, 3]
    assert summary_data(result.summary)["in"] == {"rows": 2, "amounts": {"EUR": "30.00"}}


def test_an_id_in_two_files(imported):
    export = f"{HEAD}\nF-1,Duval,2026-09-01,2026-10-01,10.00\n"
    result = imported(BASE, export, export)
    assert [found.code for found in result.diagnostics] == ["DUN625"]


@pytest.mark.parametrize(
    ("letter", "encoding"),
    [("€", "cp1252"), ("\x81Š", "iso-8859-15"), ("é", "cp1252"), ("é", "utf-16"), ("é", "utf-8")],
)
def test_encodings_are_told(imported, letter, encoding):
    text = f"{HEAD}\nF-1,A{letter}Z,2026-09-01,2026-10-01,10.00\n"
    result = imported(
        BASE.replace("id: No, customer: Client", "id: No, customer: {constant: C}"), text.encode(encoding)
    )
    ok(result)


def test_header_on_line_7_and_again_in_the_middle(imported):
    row = "F-{0},Duval,2026-09-01,2026-10-01,10.00\n"
    export = f"Report\n\n,,,,\n1,2,3\n\nPage 1\n{HEAD}\n{row.format(1)}{HEAD}\n ,, ,,\n{row.format(2)}"
    result = imported(BASE, export)
    assert len(ok(result)["invoices"]) == 2
    assert result.summary.files[0].header_line == 7
    assert [row["why"] for row in summary_data(result.summary)["rows"]] == ["", "the header again"]


def test_a_separator_at_the_end_of_every_row_shifts_nothing(imported):
    export = f"{HEAD}\nF-1,Duval,2026-09-01,2026-10-01,10.00,\nF-2,Duval,2026-09-01,2026-10-01,5.00,\n"
    assert len(ok(imported(BASE, export))["invoices"]) == 2
    export = f"{HEAD},\nF-1,Duval,2026-09-01,2026-10-01,10.00,\n"
    assert len(ok(imported(BASE, export))["invoices"]) == 1


def test_several_currencies(imported):
    mapping = BASE.replace("{constant: EUR}", "{column: Cur, empty: EUR, lookup: {Euro: EUR, Yen: JPY}}")
    export = f"{HEAD},Cur\nF-1,Duval,2026-09-01,2026-10-01,10.00,Euro\nF-2,Duval,2026-09-01,2026-10-01,900,Yen\n"
    export += "F-3,Duval,2026-09-01,2026-10-01,1.50,\n"
    result = imported(mapping, export)
    assert summary_data(result.summary)["in"]["amounts"] == {"EUR": "11.50", "JPY": "900"}


def test_payments_without_a_day_are_said(imported):
    export = f"{HEAD},Open,Paid\nF-1,Duval,2026-01-01,2026-02-01,10.00,4.00,2026-02-20\n"
    export += "F-2,Duval,2026-01-01,2026-02-01,7.00,0.00,2026-02-01\nF-3,Duval,2026-01-01,2026-02-01,7.00,7.00,\n"
    result = imported(BASE + "paid: {balance: Open}\n", export, as_of=date(2026, 4, 1))
    assert [(row["amount"], row["date"]) for row in ok(result)["payments"]] == [
        ("6.00", "2026-04-01"),
        ("7.00", "2026-04-01"),
    ]
    assert (
        "2 payments without a day count as of 2026-04-01: what they settled shows as paid late, with interest until "
        "then; map `paid.date` where the export has it\n"
    ) in summary_text(result.summary)
    assert summary_data(result.summary)["payments_without_a_day"] == 2
    dated = imported(BASE + "paid: {balance: Open, date: Paid}\n", export, as_of=date(2026, 4, 1))
    assert [row["date"] for row in ok(dated)["payments"]] == ["2026-02-20", "2026-02-01"]
    assert summary_data(dated.summary)["payments_without_a_day"] == 0


def test_paid_with_dates_and_parts_at_two_days(imported):
    mapping = BASE + "paid: {date: Paid, amount: Part}\n"
    export = f"{HEAD},Paid,Part\nF-1,Duval,2026-01-01,2026-02-01,10.00,2026-03-01,4.00\n"
    export += "F-2,Duval,2026-01-01,2026-02-01,10.00,2026-06-01,\nF-3,Duval,2026-01-01,2026-02-01,7.00,,\n"
    export += "F-4,Duval,2026-05-01,2026-06-01,9.00,,\n"
    early = imported(mapping, export, as_of=date(2026, 4, 1))
    assert [(row["id"], row["amount"], row["date"]) for row in ok(early)["payments"]] == [
        ("P-F-1", "4.00", "2026-03-01")
    ]
    data = summary_data(early.summary)
    assert data["open"] == {"EUR": "23.00"}
    assert {"fate": "later", "why": "issued after 2026-04-01", "rows": 1, "amounts": {"EUR": "9.00"}} in data["rows"]
    assert {"what": "paid later, open then", "why": "`Paid`", "rows": 1, "amounts": {"EUR": "10.00"}} in data["derived"]
    late = imported(mapping, export, as_of=date(2026, 7, 1))
    assert summary_data(late.summary)["open"] == {"EUR": "22.00"}


def test_payments_find_their_invoices(imported):
    mapping = BASE + (
        "rows: [{when: {column: No, like: 'P*'}, is: payment}]\nunknown_invoice: unallocated\n"
        "payments: {id: No, date: Date, amount: {column: Amount, sign: reversed}, invoice: For}\n"
    )
    export = f"{HEAD},For\nF-1,Duval,2026-01-01,2026-02-01,10.00,\nP-1,Duval,2026-03-01,,-4.00,F-1\n"
    export += "P-2,Duval,2026-03-02,,-1.00,F-9\nP-3,Duval,2027-03-02,,-1.00,F-1\n"
    result = imported(mapping, export)
    assert [(row["id"], row["amount"], row.get("invoice")) for row in ok(result)["payments"]] == [
        ("P-1", "4.00", "F-1"),
        ("P-2", "1.00", None),
    ]
    data = summary_data(result.summary)
    assert data["open"] == {"EUR": "5.00"}
    assert data["in"]["amounts"] == {"EUR": "4.00"}


def test_positive_credit_notes_are_turned_and_said_so(imported):
    mapping = BASE + "credit_notes: positive\nrows: [{when: {column: No, like: 'A*'}, is: credit_note}]\n"
    export = f"{HEAD}\nF-1,Duval,2026-01-01,2026-02-01,10.00\nA-1,Duval,2026-01-02,,3.00\n"
    result = imported(mapping, export)
    assert [(row["kind"], row["amount"]) for row in ok(result)["invoices"]] == [
        ("invoice", "10.00"),
        ("credit_note", "-3.00"),
    ]
    turned = {"fate": "credit_note", "why": "sign turned", "rows": 1, "amounts": {"EUR": "3.00"}}
    assert turned in summary_data(result.summary)["rows"]


def test_contacts_disputes_and_reminders_beside_documents(imported):
    mapping = BASE + (
        "contact_persons: {email: Mail}\n"
        "disputes: {when: {column: Dispute, empty: false}, opened: Dispute}\n"
        "history: {when: {column: Level, empty: false}, date: On, step: {column: Level, prefix: level_}}\n"
    )
    export = (
        f"{HEAD},Mail,Dispute,Level,On\nF-1,Duval,2026-01-01,2026-02-01,10.00,a@example.org,2026-03-01,2,2026-04-01\n"
    )
    export += "F-2,Duval,2026-01-01,2026-02-01,10.00,a@example.org,,,\n"
    export += "F-3,Duval,2026-01-01,2026-02-01,10.00,b@example.org,2027-01-01,,\n"
    tables = ok(imported(mapping, export))
    assert [(row["id"], row["email"]) for row in tables["contact_persons"]] == [
        ("K-Duval", "a@example.org"),
        ("K-Duval-2", "b@example.org"),
    ]
    assert [(row["invoice"], row["opened"]) for row in tables["disputes"]] == [("F-1", "2026-03-01")]
    assert [(row["step"], row["status"], row["date"]) for row in tables["history"]] == [
        ("level_2", "set", "2026-04-01")
    ]


def test_levels_of_reminders_are_positions_that_somebody_set(imported):
    mapping = BASE + (
        "history:\n"
        "  step: {column: last_step, lookup: {'0': '', Level 1: courtesy_reminder, Level 2: second_reminder}}\n"
        "  date: {column: last_step_on, empty: 2026-01-02}\n"
    )
    export = f"{HEAD},last_step,last_step_on\n"
    export += "F-1,Duval,2026-01-01,2026-02-01,10.00,level 1,2026-03-01\n"
    export += "F-2,Duval,2026-01-01,2026-02-01,10.00,Level 2,\n"
    export += "F-3,Duval,2026-01-01,2026-02-01,10.00,0,2026-03-01\n"
    export += "F-4,Duval,2026-01-01,2026-02-01,10.00,,\n"
    export += "F-5,Duval,2026-01-01,2026-02-01,10.00,Level 1,2026-12-31\n"
    result = imported(mapping, export)
    assert [(row["invoice"], row["step"], row["status"], row["date"]) for row in ok(result)["history"]] == [
        ("F-1", "courtesy_reminder", "set", "2026-03-01"),
        ("F-2", "second_reminder", "set", "2026-01-02"),
    ]
    made = [entry for entry in summary_data(result.summary)["derived"] if "history" in entry["what"]]
    assert sorted((entry["what"], entry["rows"]) for entry in made) == [
        ("history", 2),
        ("history of later, left out", 1),
    ]


def test_reminders_may_be_said_to_be_delivered(imported):
    mapping = BASE + "history: {step: last_step, date: last_step_on, status: {constant: delivered}}\n"
    export = f"{HEAD},last_step,last_step_on\nF-1,Duval,2026-01-01,2026-02-01,10.00,x,2026-03-01\n"
    assert [row["status"] for row in ok(imported(mapping, export))["history"]] == ["delivered"]


def test_attributes_terms_and_ids_of_several_columns(imported):
    mapping = """\
mapping: 1
customers: {name: Client, kind: {constant: business}, attributes: {rep: Rep}}
invoices:
  id: {columns: [Journal, No], joined_by: "-"}
  customer: {column: Client, prefix: C/}
  currency: {constant: EUR}
  amount: {column: Amount, negative_when: {column: Side, in: C}}
  issue_date: Date
  terms: {column: Terms, lookup: {"30": net_30, FDM: end_of_month}}
  attributes: {project: Project}
"""
    export = "Journal,No,Client,Date,Amount,Side,Terms,Rep,Project\nVT,1,Duval\u00a0SA,2026-01-01,10.00,D,30,Léa,P1\n"
    export += "VT,2,Duval SA,2026-01-01,3.00,C,FDM,Léa,\n"
    tables = ok(imported(mapping, export))
    assert tables["customers"] == [{"id": "C/Duval SA", "name": "Duval\u00a0SA", "kind": "business", "rep": "Léa"}]
    assert [(row["id"], row["amount"], row["terms"], row.get("project")) for row in tables["invoices"]] == [
        ("VT-1", "10.00", "net_30", "P1"),
        ("VT-2", "-3.00", "end_of_month", None),
    ]


def test_buckets_of_days_and_months_and_of_what_is_not_due_yet(imported):
    mapping = """\
mapping: 1
customers: {kind: {constant: business}}
invoices: {id: No, customer: Client, currency: {constant: EUR}, issue_date: Date}
ageing:
  buckets:
    - {column: Next month, days_late: -30}
    - {column: 1-30, days_late: 1}
    - {column: 2 months, months_late: 2}
"""
    export = "No,Client,Date,Next month,1-30,2 months\nF-1,Duval,2026-11-01,5.00,,\nF-2,Duval,2026-10-01,,6.00,\n"
    export += "F-3,Duval,2026-08-01,,,7.00\nF-4,Duval,2026-12-01,8.00,,\nF-5,Duval,2026-11-02,,,\n"
    result = imported(mapping, export)
    assert [(row["id"], row["due_date"]) for row in ok(result)["invoices"]] == [
        ("F-1", "2026-12-20"),
        ("F-2", "2026-11-19"),
        ("F-3", "2026-09-20"),
    ]
    assert summary_data(result.summary)["in"] == {"rows": 5, "amounts": {"EUR": "26.00"}}
    without = imported(mapping.replace(", issue_date: Date", ""), export)
    assert min(row["issue_date"] for row in ok(without)["invoices"]) == "2026-09-20"
    assert max(row["issue_date"] for row in ok(without)["invoices"]) == "2026-11-20"


@pytest.mark.parametrize("day", [date(1970, 1, 1), date(2200, 12, 31)])
def test_the_ends_of_the_calendar(imported, day):
    mapping = """\
mapping: 1
invoices: {customer: Client, currency: {constant: EUR}}
ageing: {buckets: [{column: a, months_late: 1200}, {column: b, days_late: 36500}, {column: c, days_late: -3650}]}
"""
    result = imported(mapping, "Client,a,b,c\nDuval,1.00,1.00,1.00\n", as_of=day)
    assert result.tables is None
    assert {found.code for found in result.diagnostics} == {"DUN628"}


def test_of_one_kind_five_are_shown_and_the_others_counted(imported):
    export = HEAD + "\n" + "".join(f"F-{n},Duval,2026-01-01,2026-02-01,x\n" for n in range(40))
    found = imported(BASE, export).diagnostics
    assert len(found) == 6
    assert found[-1].message == "and 35 more of this kind about `Amount`"
