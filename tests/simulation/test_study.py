"""Figures and differences, worked out by hand on two invoices; equal inputs, equal bytes."""

import csv
import io
import json
from datetime import date
from fractions import Fraction

from policy_engine.reports.simulation_csv import TABLES, csv_text, safe_text
from policy_engine.reports.simulation_data import simulation_data
from policy_engine.reports.simulation_text import simulation_text
from tests.simulation.support import policy_of, run_text

SCENARIO = "days: 12\nrules: [{customers: C-1, pays: {days: 7}}]\n"
"""C-1 pays 1,000.00 on 7 June; C-2 never pays its 500.00. The last planned day is 12 June, a Friday."""


def later(tmp_path):
    return policy_of(tmp_path, name="later", change=[("stage: reminder, days: 3", "stage: reminder, days: 5")])


def test_figures_of_a_run(tmp_path):
    found = run_text(tmp_path, SCENARIO)
    run, figures = found.runs[0], found.figures[0]
    assert figures.days == 12
    assert [(item.stage, item.actions, item.customers, item.newly_asked) for item in figures.stages] == [
        ("reminder", 2, 2, 0),
        ("formal_notice", 1, 1, 4000),  # F-2 on 12 June; F-1 was paid on the 7th
        ("agency", 0, 0, 0),
        ("", 0, 0, 0),
    ]
    assert (figures.cash, figures.invoiced, figures.expired, figures.under_way) == (100000, 0, 0, 0)
    assert run.closing.aged == (0, 50000, 0, 0, 0, 0)  # on 13 June F-2 is 11 days late
    assert (run.closing.overdue, run.closing.customers_overdue) == (50000, 1)
    assert figures.overdue_ratio == Fraction(1)
    # Overdue in the mornings: F-1 from 1 to 7 June (7 mornings), F-2 from 3 to 12 June (10): 12,000.00 / 12 days.
    assert figures.mean_overdue == 100000
    # Receivables 500.00, sales of the year to 12 June 1,500.00.
    assert figures.dso == Fraction(500 * 365, 1500)
    assert (figures.contacts, figures.contacted, figures.most_contacts) == (3, 2, 2)


def test_weeks_from_monday_to_sunday(tmp_path):
    weeks = run_text(tmp_path, SCENARIO).figures[0].weeks
    assert [(week.first, week.days, dict(week.actions), week.cash, week.closing.overdue) for week in weeks] == [
        (date(2026, 6, 1), 7, {"reminder": 2, "formal_notice": 0, "agency": 0, "": 0}, 100000, 50000),
        (date(2026, 6, 8), 5, {"reminder": 0, "formal_notice": 1, "agency": 0, "": 0}, 0, 50000),
    ]


def test_the_day_on_which_each_customer_reaches_each_stage(tmp_path):
    customers = run_text(tmp_path, SCENARIO).figures[0].customers
    assert [(found.customer, found.contacts, dict(found.reached)) for found in customers] == [
        ("C-1", 1, {"reminder": date(2026, 6, 3)}),
        ("C-2", 2, {"reminder": date(2026, 6, 5), "formal_notice": date(2026, 6, 12)}),
    ]


def test_a_policy_differs_from_itself_nowhere(tmp_path):
    policies = [policy_of(tmp_path), policy_of(tmp_path)]
    found = run_text(tmp_path, SCENARIO + "charges: asked\napprovals: {after: 1}\n", policies=policies)
    assert found.differences == ((),)
    assert found.figures[0] == found.figures[1]
    assert found.runs[0].days == found.runs[1].days
    assert "B differs from A for no customer, on no day" in simulation_text(found)


def test_where_two_policies_first_differ(tmp_path):
    """Two days later: C-1 on the 5th instead of the 3rd, C-2 on Sunday the 7th, so on Monday the 8th."""
    found = run_text(tmp_path, SCENARIO, policies=[policy_of(tmp_path), later(tmp_path)])
    (rows,) = found.differences
    assert [
        (row.customer, row.day, [did.step for did in row.first], [did.step for did in row.second]) for row in rows
    ] == [
        ("C-1", date(2026, 6, 3), ["reminder"], []),
        ("C-2", date(2026, 6, 5), ["reminder"], []),
    ]
    assert [(row.second_next[0], row.second_next[1].step, row.first_next) for row in rows] == [
        (date(2026, 6, 5), "reminder", None),
        (date(2026, 6, 8), "reminder", None),
    ]
    assert rows[0].first[0].invoices == ("F-1",)
    assert rows[0].first[0].total == 100000


def test_equal_inputs_give_the_same_bytes(tmp_path):
    scenario = SCENARIO + "approvals: {after: 1}\n"
    first, second = (run_text(tmp_path, scenario, policies=[policy_of(tmp_path), later(tmp_path)]) for _ in range(2))
    for table in TABLES:
        assert csv_text(first, table) == csv_text(second, table)
    assert json.dumps(simulation_data(first)) == json.dumps(simulation_data(second))
    assert simulation_text(first) == simulation_text(second)


def test_json_says_what_the_run_says(tmp_path):
    found = run_text(tmp_path, SCENARIO, policies=[policy_of(tmp_path), later(tmp_path)])
    data = simulation_data(found)
    assert (data["start"], data["last"], data["morning_after"]) == ("2026-06-01", "2026-06-12", "2026-06-13")
    own = data["policies"][0]
    assert own["figures"]["cash"] == "1000.00"
    assert own["figures"]["dso"] == "121.7"  # 121.66...
    assert own["closing"] == {
        "not_due": "0.00", "1-30": "500.00", "31-60": "0.00", "61-90": "0.00", "91+": "0.00", "unallocated": "0.00",
        "balance": "500.00", "overdue": "500.00", "customers_overdue": 1, "others": {},
    }  # fmt: skip
    assert own["customers"][1]["reached"] == {"reminder": "2026-06-05", "formal_notice": "2026-06-12"}
    assert sum(day["delivered"] for day in own["days"]) == own["figures"]["delivered"] == 3
    assert data["differences"][0]["customers"][0]["next"]["day"] == "2026-06-05"


def test_every_table_as_csv(tmp_path):
    found = run_text(tmp_path, SCENARIO, policies=[policy_of(tmp_path), later(tmp_path)])
    tables = {name: list(csv.DictReader(io.StringIO(csv_text(found, name)))) for name in TABLES}
    assert [len(tables[name]) for name in TABLES] == [4, 24, 5, 4, 2]
    assert tables["weeks"][0]["reminder"] == "2"
    assert tables["weeks"][0]["cash"] == "1000.00"
    assert {row["overdue"] for row in tables["days"] if row["label"] == "A" and row["day"] == "2026-06-04"} == {
        "1500.00"
    }
    assert [(row["label"], row["day"], row["step"], row["total"]) for row in tables["actions"]] == [
        ("A", "2026-06-03", "reminder", "1000.00"),
        ("A", "2026-06-05", "reminder", "500.00"),
        ("A", "2026-06-12", "formal_notice", "540.00"),
        ("B", "2026-06-05", "reminder", "1000.00"),
        ("B", "2026-06-08", "reminder", "500.00"),
    ]
    assert tables["customers"][1]["first_formal_notice"] == "2026-06-12"
    assert tables["differences"][0] | {} == {
        "label": "B", "against": "A", "day": "2026-06-03", "customer": "C-1", "name": "One", "steps": "",
        "steps_against": "reminder", "total": "0.00", "total_against": "1000.00", "next_step": "reminder",
        "next_day": "2026-06-05", "next_step_against": "", "next_day_against": "",
    }  # fmt: skip


def test_no_cell_is_a_formula():
    assert safe_text("=1+1") == "'=1+1"
    assert safe_text("  -2") == "'  -2"
    assert safe_text("@SUM(A1)") == "'@SUM(A1)"
    assert safe_text("\t=1") == "'\\t=1"
    assert safe_text("＝1") == "'＝1"
    assert safe_text("Menuiserie Duval - Fils") == "Menuiserie Duval - Fils"


def test_figures_without_sales_and_without_debts(tmp_path):
    snapshot = """
manifest: {as_of: 2026-06-01, source: test}
customers:
  - {id: C-1, name: One, kind: business}
invoices: []
"""
    found = run_text(tmp_path, "days: 3\n", snapshot=snapshot)
    figures = found.figures[0]
    assert (figures.dso, figures.overdue_ratio, figures.mean_overdue, figures.contacted) == (None, None, 0, 0)
    assert simulation_data(found)["policies"][0]["figures"]["dso"] is None
    assert "DSO" in simulation_text(found)


def test_text_keeps_within_its_width(tmp_path):
    policies = [policy_of(tmp_path), later(tmp_path), policy_of(tmp_path, name="third")]
    for count in (1, 2, 3):
        found = run_text(tmp_path, SCENARIO, policies=policies[:count])
        for width in (80, 120):
            for language in ("en", "fr"):
                text = simulation_text(found, width=width, language=language)
                assert max(map(len, text.splitlines())) <= width
                assert text.endswith("\n")


def test_a_stopped_run_says_when_why_and_how_to_go_on(tmp_path):
    guard = ("penalties:", "safeguards: {steps: {reminder: {max: 0}}}\npenalties:")
    found = run_text(tmp_path, SCENARIO, policies=[policy_of(tmp_path, change=[guard])])
    text = " ".join(simulation_text(found).split())
    assert "STOPPED on 2026-06-03 by the safeguard reminder.max of A: 1 found, 0 allowed" in text
    assert "--override reminder.max" in text
    assert simulation_data(found)["policies"][0]["stopped"]["day"] == "2026-06-03"


def test_a_run_that_is_stopped_on_its_first_day_has_no_day(tmp_path):
    guard = ("penalties:", "safeguards: {all: {max: 0}}\npenalties:")
    policies = [policy_of(tmp_path, change=[guard, ("stage: reminder, days: 3", "stage: reminder, days: 1")])]
    found = run_text(tmp_path, SCENARIO, policies=policies)  # F-1 is one day late on the first morning
    assert found.stopped
    assert found.figures[0].days == 0
    assert "Simulation: test, 0 days" in simulation_text(found)
    assert simulation_data(found)["last"] == ""
    assert [len(csv_text(found, table).splitlines()) for table in TABLES] == [1, 1, 1, 1, 1]
