"""Run the tests of a file: build each day's snapshot, plan it, compare. Every test runs, whatever the others do."""

import os
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Protocol

from policy_engine.engine.reference.decide import on_the_books
from policy_engine.engine.reference.evaluate import evaluate
from policy_engine.engine.reference.exchange import ExchangeRates
from policy_engine.engine.reference.families import credit_families
from policy_engine.engine.reference.program import program_for
from policy_engine.engine.reference.s16_sending_date import CalendarError
from policy_engine.language.findings import Findings
from policy_engine.language.nodes import Map
from policy_engine.plan.model import Plan
from policy_engine.policy.resolved import Policy
from policy_engine.snapshot.model import Snapshot
from policy_engine.snapshot.read import snapshot_date
from policy_engine.testing.build import Given
from policy_engine.testing.check import Names, check_executed, check_expected
from policy_engine.testing.compare import compare
from policy_engine.testing.happened import history_of
from policy_engine.testing.load import Suite, SuiteLoaded
from policy_engine.testing.model import CaseSyntax, DaySyntax, ExecutedSyntax, ExpectSyntax
from policy_engine.testing.policies import Policies
from policy_engine.testing.results import CaseResult, Difference, SuiteResult
from policy_engine.values.diagnostics import Diagnostic

MOST_EXPLAINED = 3
"""Customers or invoices of a failed test whose explanation is shown."""

Rows = list[tuple[str, Map]]


class Observer(Protocol):
    """Is shown every plan that a test made."""

    def observe(self, policy: Policy, snapshot: Snapshot, plan: Plan) -> None:
        """Note what the plan reached."""


class Runner:
    """Runs tests; what they share (policies, names) is made once.

    Args:
        policies: where policies come from.
        observer: is shown every plan, for coverage.
        language: of the explanations, `en` or `fr`.
        explain: whether failures are explained, which costs more than finding them.
    """

    def __init__(
        self, policies: Policies, observer: Observer | None = None, language: str = "en", *, explain: bool = True
    ) -> None:
        self.policies = policies
        self.explain = explain
        self.observer = observer
        self.language = language
        self._names: dict[str, Names] = {}

    def names(self, policy: Policy) -> Names:
        """The names of a policy."""
        found = self._names.get(policy.digest)
        if found is None:
            found = self._names[policy.digest] = Names(policy)
        return found


def run_suite(loaded: SuiteLoaded, runner: Runner, wanted: Callable[[str], bool] | None = None) -> SuiteResult:
    """Run the tests of a file; only those whose name is `wanted`, when something is."""
    suite = loaded.suite
    if suite is None:
        return SuiteResult(loaded.file, "", (), loaded.diagnostics)
    path = str(runner.policies.path(suite)).replace("\\", "/")
    wrong = policy_findings(suite, runner)
    if wrong:
        return SuiteResult(suite.shown, path, (), wrong)
    cases = tuple(run_case(suite, case, runner) for case in suite.syntax.tests if wanted is None or wanted(case.name))
    return SuiteResult(suite.shown, path, cases)


def policy_findings(suite: Suite, runner: Runner) -> tuple[Diagnostic, ...]:
    """What is wrong with the policy that a file is about, said where it is named; a folder is judged day by day."""
    path = runner.policies.path(suite)
    if path.is_dir():
        return ()
    policy, wrong = runner.policies.of(suite, None)
    if policy is not None:
        return ()
    findings = suite.findings.aside()
    text = f"the policy `{suite.syntax.policy[:100]}` can't be used"
    findings.add("DUN701", text, suite.syntax.at("policy"), hint="what is wrong with it is said there")
    return (*findings.all(), *wrong)


def run_case(suite: Suite, case: CaseSyntax, runner: Runner) -> CaseResult:
    """Run one test."""
    findings = suite.findings.aside()
    try:
        run = _Run(suite, case, runner, findings)
        differences = run.differences()
    except CalendarError as error:
        findings.add("DUN705", str(error), case.name.position, hint="judge a day that the policy's calendar knows")
        differences = []
    if findings.errors:
        return CaseResult(str(case.name), case.name.position, "error", diagnostics=findings.all())
    if not differences:
        return CaseResult(str(case.name), case.name.position, "passed")
    return CaseResult(str(case.name), case.name.position, "failed", tuple(differences), explanations=run.explanations)


class _Run:
    """One test on its way through its days."""

    def __init__(self, suite: Suite, case: CaseSyntax, runner: Runner, findings: Findings) -> None:
        self.suite = suite
        self.case = case
        self.runner = runner
        self.findings = findings
        self.explanations: tuple[tuple[str, str], ...] = ()

    def differences(self) -> list[Difference]:
        """Every day's differences, as far as findings let the days be judged."""
        found: list[Difference] = []
        source = self._source()
        days = self._days(source)
        if not days or self.findings.errors:
            return found
        first = days[0].as_of
        policy = self._policy(first)
        if policy is None:
            return found
        given = Given(self.suite.shown, policy, self.findings, first, self.suite.syntax.defaults, source)
        start = self.case.given
        at = self.case.name.position
        last = days[-1].as_of
        given.add([] if start is None else [(name, row.node) for name, row in start.rows()], first, at, last)
        before: Plan | None = None
        for day in days:
            today = policy if day is days[0] else self._policy(day.as_of)
            if today is None:
                break
            found += self._executed(day, before, given, today)
            if day.events is not None:
                rows = [(name, row.node) for name, row in day.events.rows()]
                given.add(rows, day.as_of, day.position, last)
            complete = None if start is None else start.payments_complete_through
            snapshot = given.snapshot(day.as_of, complete)
            if snapshot is None:
                break
            before = self._judge(day.expect, today, snapshot, found)
        return found

    def _judge(self, expect: ExpectSyntax | None, policy: Policy, snapshot: Snapshot, found: list[Difference]) -> Plan:
        if expect is not None:
            check_expected(expect, self.runner.names(policy), snapshot, self.findings)
        plan = evaluate(policy, snapshot)
        if self.runner.observer is not None:
            self.runner.observer.observe(policy, snapshot, plan)
        if expect is not None and not self.findings.errors:
            differences = compare(plan, expect, lambda customer: _standing(policy, snapshot, customer))
            if differences and self.runner.explain and not self.explanations:
                self.explanations = _explained(policy, snapshot, differences, self.runner.language)
            found += differences
        return plan

    def _policy(self, day: date) -> Policy | None:
        policy, wrong = self.runner.policies.of(self.suite, day)
        if policy is None:
            text = f"no policy can be used on {day}"
            self.findings.add("DUN701", text, self.suite.syntax.at("policy"))
            self.findings.extend(wrong)
        return policy

    def _source(self) -> Path | None:
        given = self.case.given
        if given is None or given.snapshot is None:
            return None
        path = Path(os.path.normpath(self.suite.path.parent / str(given.snapshot)))
        if not path.exists():
            text = f"there is no file or folder `{given.snapshot[:100]}`"
            self.findings.add("DUN706", text, given.at("snapshot"), hint="paths count from the test file's folder")
        return path

    def _days(self, source: Path | None) -> Sequence["DaySyntax | _OneDay"]:
        if self.case.days is not None:
            return self.case.days
        day = self.case.as_of or self.suite.syntax.as_of
        if day is None and source is not None:
            day = snapshot_date([source])
        if day is None:
            text = "nothing says which day is judged"
            self.findings.add("DUN705", text, self.case.name.position, hint="add `as_of: 2026-06-30` to test or file")
            return ()
        return (_OneDay(day, self.case.expect),)

    def _executed(
        self, day: "DaySyntax | _OneDay", before: Plan | None, given: Given, policy: Policy
    ) -> list[Difference]:
        """Rows of history for what became of the actions of the day before."""
        if before is None or isinstance(day, _OneDay) or day.executed == "none":
            return []
        if isinstance(day.executed, str):
            for action in before.actions:
                if action.send_on > day.as_of:
                    text = f"`{action.step}` leaves on {action.send_on} only, after this day"
                    self.findings.add("DUN705", text, day.at("executed"), hint="judge a later day")
                given.add_executed(history_of(action, action.send_on, "delivered", policy), day.at("executed"))
            return []
        found: list[Difference] = []
        for one in day.executed:
            check_executed(one, self.runner.names(policy), self.findings)
            found += self._carried_out(one, day.as_of, before, given, policy)
        return found

    def _carried_out(
        self, one: ExecutedSyntax, today: date, before: Plan, given: Given, policy: Policy
    ) -> list[Difference]:
        name = one.step if one.step is not None else one.intervention
        actions = [
            action
            for action in before.actions
            if action.step == name and (one.customer is None or action.customer == one.customer)
        ]
        if not actions:
            text = f"`{name}` was not planned on {before.as_of}, so it can't have been executed"
            planned = ", ".join(action.step for action in before.actions) or "nothing"
            return [Difference("DUN721", text, one.position, str(name), planned, None, f"`{name}`")]
        status = "delivered" if one.status in (None, "executed") else str(one.status)
        for action in actions:
            on = one.date or action.send_on
            if on > today:
                text = f"`{name}` of {on} can't be known on {today}"
                self.findings.add("DUN705", text, one.at("date"), hint="put the dates in order")
            rows = history_of(action, on, status, policy, until=one.until)
            given.add_executed(rows, one.position)
        return []


class _OneDay:
    """The only day of a test without `days`."""

    events = None

    def __init__(self, as_of: date, expect: ExpectSyntax | None) -> None:
        self.as_of = as_of
        self.expect = expect


def _standing(policy: Policy, snapshot: Snapshot, customer: str) -> tuple[str | None, int | None]:
    """The customer's segment and credit limit."""
    program = program_for(policy)
    account = next(account for account in snapshot.accounts if account.customer.id == customer)
    rates = ExchangeRates(snapshot.exchange_rates)
    family = credit_families(program, snapshot, rates).get(customer)
    found = on_the_books(program, account, snapshot.as_of, family, rates)
    return found.segment_name, found.customer.credit_limit


def _explained(
    policy: Policy, snapshot: Snapshot, differences: Sequence[Difference], language: str
) -> tuple[tuple[str, str], ...]:
    """The text of `dunning why` for what the differences are about; of a test with one customer, always."""
    from policy_engine.explanation.build import UnknownIdentError, explain
    from policy_engine.explanation.text import explanation_text

    idents = list(dict.fromkeys(found.about for found in differences if found.about is not None))
    if not idents and len(snapshot.accounts) == 1:
        idents = [snapshot.accounts[0].customer.id]
    found = []
    for ident in idents[:MOST_EXPLAINED]:
        try:
            explanation = explain(policy, snapshot, ident)
        except UnknownIdentError:
            continue
        found.append((ident, explanation_text(explanation, "fr" if language == "fr" else "en")))
    return tuple(found)
