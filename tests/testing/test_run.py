"""Tests of policies: what is expected against what comes out, in both directions, over one day and several."""

from pathlib import Path

import pytest

from policy_engine.testing.coverage import Coverage
from policy_engine.testing.report import tests_report as report_of
from tests.testing.support import HEAD, POLICY, run_text, said

PASSING = {
    "an expected action with its amounts": """
  - name: x
    given: {invoice: {days_late: 30, amount: 100, issue_date: 2026-04-01}}
    expect:
      actions:
        - {step: first, demanded: [F-1], total: 100.00, interest: 0, charges: {}}
""",
    "rows have defaults": """
  - name: x
    given: {invoice: {}}
    expect:
      segments: {C-1: others}
      outcomes: {F-1: {is: not_due, due_date: 2026-06-30, outstanding: 1000, days_late: 0}}
""",
    "payments settle in full by default": """
  - name: x
    given: {invoice: {days_late: 2}, payment: {invoice: F-1, date: 2026-06-28}}
    expect: {outcomes: {F-1: settled/paid}}
""",
    "a step after another is executed": """
  - name: x
    given: {invoice: {due_date: 2026-06-01, amount: 50}}
    days:
      - {as_of: 2026-06-04, expect: {actions: [{step: first}]}}
      - {as_of: 2026-06-13, executed: all, expect: {actions: [{step: second, principal: 50}]}}
      - {as_of: 2026-07-01, executed: all, expect: {actions: [{step: formal, lump_sums: 40, total: 90,
         charges: {lump_sum: 40}, approval: {role: credit_manager}}]}}
""",
    "what was returned is planned again": """
  - name: x
    given: {invoice: {due_date: 2026-06-01}}
    days:
      - {as_of: 2026-06-04, expect: {actions: [{step: first}]}}
      - as_of: 2026-06-05
        executed: [{step: first, status: returned}]
        expect: {actions: [{step: first}]}
""",
    "a payment arrives between two days": """
  - name: x
    given: {invoice: {due_date: 2026-06-01, amount: 500}}
    days:
      - {as_of: 2026-06-04, expect: {actions: [{step: first, total: 500}]}}
      - as_of: 2026-06-13
        executed: all
        events: {payment: {amount: 200}}
        expect: {actions: [{step: second, total: 300}]}
      - {as_of: 2026-06-20, executed: all, events: {payment: {amount: 300, date: 2026-06-19}},
         expect: {outcomes: {F-1: settled/charges_due}}}
""",
    "an intervention is carried out once": """
  - name: x
    given: {customer: {insolvent_since: 2026-05-04}, invoice: {days_late: 10}}
    days:
      - as_of: 2026-06-30
        expect:
          outcomes: {F-1: held/insolvent}
          actions: [{intervention: declare_claim, channel: task, deadline: 2026-07-04, demanded: []}]
      - {as_of: 2026-07-01, executed: all, expect: {actions: []}}
""",
    "history moves an invoice up": """
  - name: x
    given: {invoice: {due_date: 2026-06-01}, history: [{step: first, date: 2026-06-04}]}
    expect: {outcomes: {F-1: {is: acted, reached: first}}, actions: [{step: second}]}
""",
    "actions that aren't judged": """
  - name: x
    given: {invoice: {days_late: 3}}
    expect: {actions: any}
""",
    "only some customers are judged": """
  - name: x
    given: {customers: [{}, {}], invoices: [{customer: C-1, days_late: 3}, {customer: C-2, days_late: 3}]}
    expect: {about: [C-2], actions: [{step: first, customer: C-2, demanded: [F-2]}]}
""",
}

FAILING = {
    "an action that nothing expects": (
        """
  - name: x
    given: {invoice: {days_late: 3}}
    expect: {outcomes: {F-1: acted}}
""",
        ["DUN722 `first` is planned, and nothing expects it"],
    ),
    "an expected action that isn't planned": (
        """
  - name: x
    given: {invoice: {days_late: 2}}
    expect: {actions: [{step: first}]}
""",
        ["DUN721 `first` is not planned"],
    ),
    "amounts, channels, reasons": (
        """
  - name: x
    given: {invoice: {days_late: 3, amount: 99.99}}
    expect:
      outcomes: {F-1: {is: waiting/contact_cap, outstanding: 100}}
      actions: [{step: first, total: 100, channel: letter, send_on: 2026-07-01}]
""",
        [
            "DUN723 another outcome of `F-1`",
            "DUN723 another `outstanding` of `F-1`",
            "DUN725 another `channel` of `first`",
            "DUN725 another `send_on` of `first`",
            "DUN725 another `total` of `first`",
        ],
    ),
    "another segment, another alert, another stop": (
        """
  - name: x
    given: {customer: {category: key_account}, invoice: {}}
    expect: {segments: {C-1: others}, alerts: [rate_ended], stopped: [bank_lag]}
""",
        [
            "DUN724 another segment of `C-1`",
            "DUN724 the alerts differ",
            "DUN724 the safeguards that stop the plan differ",
        ],
    ),
    "an action that wasn't planned can't be executed": (
        """
  - name: x
    given: {invoice: {days_late: 3}}
    days:
      - {as_of: 2026-06-30, expect: {actions: [{step: first}]}}
      - {as_of: 2026-07-01, executed: [{step: second}]}
""",
        ["DUN721 `second` was not planned on 2026-06-30, so it can't have been executed"],
    ),
}


@pytest.mark.parametrize("name", PASSING)
def test_what_fits_passes(name: str, tmp_path: Path) -> None:
    result = run_text(tmp_path, PASSING[name])
    assert said(result) == []
    assert [case.status for case in result.cases] == ["passed"]


@pytest.mark.parametrize("name", FAILING)
def test_what_differs_fails_and_says_why(name: str, tmp_path: Path) -> None:
    tests, expected = FAILING[name]
    result = run_text(tmp_path, tests)
    assert said(result) == expected
    assert [case.status for case in result.cases] == ["failed"]
    assert all(found.position.line > 4 for found in result.cases[0].differences)


def test_instalments_are_executed_one_by_one(tmp_path: Path) -> None:
    policy = POLICY.replace("  standard:\n    steps", "  standard:\n    scope: instalment\n    steps")
    tests = """
  - name: x
    given:
      invoice: {amount: 300, issue_date: 2026-05-01, due_date: 2026-06-01}
      instalments: [{amount: 100, due_date: 2026-06-01}, {amount: 200, due_date: 2026-06-11}]
    days:
      - {as_of: 2026-06-04, expect: {actions: [{step: first, total: 100}]}}
      - as_of: 2026-06-14
        executed: all
        expect: {actions: [{step: second, demanded: [F-1], mentioned: [F-1], total: 300}]}
      - {as_of: 2026-06-22, executed: all, expect: {actions: []}}
      - {as_of: 2026-06-23, expect: {actions: [{step: second, total: 200}]}}
"""
    assert said(run_text(tmp_path, tests, policy=policy)) == []


def test_a_message_about_the_account_is_executed_by_its_carrier(tmp_path: Path) -> None:
    policy = POLICY.replace("  standard:\n    steps", "  standard:\n    scope: customer\n    steps")
    tests = """
  - name: x
    given: {invoices: [{due_date: 2026-06-01, amount: 100}, {due_date: 2026-06-03, amount: 50}]}
    days:
      - {as_of: 2026-06-04, expect: {actions: [{step: first, demanded: [F-1], mentioned: [F-2], total: 150}]}}
      - {as_of: 2026-06-12, executed: all, expect: {actions: []}}
      - {as_of: 2026-06-13, expect: {actions: [{step: second, total: 150}]}}
"""
    assert said(run_text(tmp_path, tests, policy=policy)) == []


def test_an_intervention_once_an_invoice_is_executed_for_each(tmp_path: Path) -> None:
    policy = POLICY.replace("channel: task, deadline", "channel: task, once: invoice, deadline")
    tests = """
  - name: x
    given: {customer: {insolvent_since: 2026-05-04}, invoices: [{days_late: 10}, {days_late: 10}]}
    days:
      - as_of: 2026-06-30
        expect: {actions: [{intervention: declare_claim, listed: [F-1]}, {intervention: declare_claim, listed: [F-2]}]}
      - {as_of: 2026-07-01, executed: all, expect: {actions: []}}
"""
    assert said(run_text(tmp_path, tests, policy=policy)) == []


def test_all_run_even_when_some_fail(tmp_path: Path) -> None:
    tests = "".join(
        f"  - {{name: t{number}, given: {{invoice: {{days_late: {number}}}}}, expect: {{actions: []}}}}\n"
        for number in range(5)
    )
    tests += "  - {name: wrong, given: {}, expect: {actions: [{step: frist}]}}\n"
    result = run_text(tmp_path, tests)
    assert [case.status for case in result.cases] == ["passed"] * 3 + ["failed"] * 2 + ["error"]


def test_a_failure_explains_itself(tmp_path: Path) -> None:
    tests = "\n  - {name: x, given: {invoice: {days_late: 3}, dispute: {}}, expect: {actions: [{step: first}]}}\n"
    (case,) = run_text(tmp_path, tests).cases
    ((about, text),) = case.explanations
    assert about == "C-1"
    assert "invoice.disputed" in text


def test_coverage_lists_what_no_test_reached(tmp_path: Path) -> None:
    coverage = Coverage()
    run_text(tmp_path, PASSING["a step after another is executed"], head=HEAD, observer=coverage)
    (covered,) = coverage.covered()
    assert [(str(rule), rule.position.line) for rule in covered.missed] == [
        ("segment big", 5),
        ("hold disputed", 18),
        ("hold insolvent", 19),
        ("intervention declare_claim", 21),
    ]
    assert (covered.reached, covered.percent) == (5, "55.5")
    assert covered.below(56)
    assert not covered.below(55)
    told = [(f.code, f.level) for _, f in report_of((), (covered,), 56, "1").findings()]
    assert told == [("DUN727", "error"), *[("DUN726", "note")] * 4]
    assert {f.code for _, f in report_of((), (covered,), 55, "1").findings()} == {"DUN726"}


def test_a_snapshot_file_with_rows_added(tmp_path: Path) -> None:
    snapshot = """
manifest: {as_of: 2026-06-30, payments_complete_through: 2026-06-30}
customers:
  - {id: C-7, name: Duval, kind: business}
  - {id: C-8, name: Moreau, kind: business}
invoices:
  - {id: F-71, customer: C-7, kind: invoice, currency: EUR, amount: 100, issue_date: 2026-05-28, due_date: 2026-06-27}
  - {id: F-81, customer: C-8, kind: invoice, currency: EUR, amount: 100, issue_date: 2026-05-28, due_date: 2026-06-27}
"""
    (tmp_path / "portfolio.yaml").write_text(snapshot, encoding="utf-8")
    tests = """
  - name: as it is
    given: {snapshot: portfolio.yaml}
    expect: {about: [C-7], actions: [{step: first, customer: C-7, total: 100}]}
  - name: on its own day, with a payment more
    given: {snapshot: portfolio.yaml, payment: {customer: C-7, invoice: F-71, amount: 40}}
    expect: {about: [C-7], actions: [{step: first, customer: C-7, total: 60}]}
  - name: later
    given: {snapshot: portfolio.yaml}
    days:
      - as_of: 2026-06-30
        expect: {actions: any}
      - as_of: 2026-07-09
        executed: [{step: first, customer: C-7}]
        events: {dispute: {invoice: F-81}}
        expect: {outcomes: {F-81: held/disputed}, actions: [{step: second, customer: C-7}]}
"""
    head = "dunning_test: 1\npolicy: small.yaml\ntests:\n"
    assert said(run_text(tmp_path, tests, head=head)) == []


def test_of_a_folder_of_versions_the_one_in_force_is_tested(tmp_path: Path) -> None:
    versions = tmp_path / "versions"
    versions.mkdir()
    old = POLICY.replace("currency", "version: 1\neffective: {to: 2026-06-30}\ncurrency")
    new = POLICY.replace("currency", "version: 2\neffective: {from: 2026-07-01}\ncurrency").replace(
        "days: 3,", "days: 5,"
    )
    (versions / "1.yaml").write_text(old, encoding="utf-8")
    (versions / "2.yaml").write_text(new, encoding="utf-8")
    tests = """
  - {name: old, as_of: 2026-06-30, given: {invoice: {days_late: 3}}, expect: {actions: [{step: first}]}}
  - {name: new, as_of: 2026-07-01, given: {invoice: {days_late: 4}}, expect: {actions: []}}
  - name: both
    given: {invoice: {due_date: 2026-06-27}}
    days:
      - {as_of: 2026-06-30, expect: {actions: [{step: first}]}}
      - {as_of: 2026-07-01, expect: {actions: []}}
      - {as_of: 2026-07-02, expect: {actions: [{step: first}]}}
"""
    assert said(run_text(tmp_path, tests, head="dunning_test: 1\npolicy: versions\ntests:\n")) == []
    (versions / "1.yaml").unlink()
    result = run_text(tmp_path, tests, head="dunning_test: 1\npolicy: versions\ntests:\n")
    assert [case.status for case in result.cases] == ["error", "passed", "error"]
    assert said(result)[0] == "DUN701 no policy can be used on 2026-06-30"


CREDIT = """\
credit:
  exposure: [outstanding]
  decisions:
    - {name: blocked, when: customer.insolvent or customer.oldest_days_late > 60, decision: refuse}
    - {name: over_limit, when: customer.exposure + order.amount > customer.credit_limit, decision: refer}
    - {name: fine, decision: approve}
  alerts:
    - {name: used_up, when: customer.exposure >= customer.credit_limit}
"""


def test_orders_are_judged_and_credit_rules_covered(tmp_path: Path) -> None:
    policy = POLICY.replace("ladder: standard}\nladders", "ladder: standard, credit_limit: 1000}\nladders") + CREDIT
    given = "given: {invoice: {days_late: -5, amount: 600}, orders: [{amount: 400}, {amount: 400.01}]}"
    tests = f"""
  - name: passes
    {given}
    expect:
      limits: {{C-1: 1000}}
      decisions: {{O-1: approve/fine, O-2: {{is: refer/over_limit, role: credit_manager, exposure: 600, limit: 1000}}}}
      credit_alerts: []
  - name: old debts
    given: {{invoice: {{days_late: 61, amount: 1000}}, order: {{amount: 1}}}}
    expect: {{decisions: {{O-1: refuse/blocked}}, credit_alerts: [used_up], actions: any}}
"""
    coverage = Coverage()
    assert said(run_text(tmp_path, tests, policy=policy, observer=coverage)) == []
    (covered,) = coverage.covered()
    missed = [str(rule) for rule in covered.missed if rule.kind.startswith("credit")]
    assert missed == ["credit rule blocked: customer.insolvent"]
    wrong = f"""
  - name: fails
    {given}
    expect:
      limits: {{C-1: none}}
      decisions: {{O-1: refer, O-2: {{is: refer/over_limit, exposure: 1000, limit: none, role: none}}}}
      credit_alerts: [used_up C-1]
"""
    assert said(run_text(tmp_path, wrong, policy=policy)) == [
        "DUN724 another credit limit of `C-1`",
        "DUN724 another decision on `O-1`",
        "DUN724 another `role` of `O-2`",
        "DUN724 another `exposure` of `O-2`",
        "DUN724 another `limit` of `O-2`",
        "DUN724 the credit alerts differ",
    ]
