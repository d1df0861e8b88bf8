"""The result of policy tests as the report that every format renders: findings, cases with why, unreached rules."""

from collections.abc import Sequence
from typing import Any

from policy_engine.reporting.model import Case, Finding, Group, Report, Suite, Verdict
from policy_engine.testing.coverage import Covered
from policy_engine.testing.results import CaseResult, Difference, SuiteResult
from policy_engine.testing.rules import Rule
from policy_engine.values.position import Position


def tests_report(suites: Sequence[SuiteResult], covered: Sequence[Covered], least: int | None, version: str) -> Report:
    """The whole run. Rules that no test reached are notes; a policy below `least` percent is an error."""
    groups = [Group.of(suite.file, suite.diagnostics, file=suite.file) for suite in suites if suite.diagnostics]
    groups += [_coverage(found, least) for found in covered if found.missed]
    return Report(
        "test",
        _verdict(suites, covered, least),
        "; ".join([counts_line(suites), *(coverage_line(found) for found in covered)]),
        version,
        tuple(groups),
        tuple(_suite(suite) for suite in suites if suite.cases),
    )


def _verdict(suites: Sequence[SuiteResult], covered: Sequence[Covered], least: int | None) -> Verdict:
    if any(suite.diagnostics for suite in suites):
        return "unusable"
    failed = any(case.status != "passed" for suite in suites for case in suite.cases)
    below = least is not None and any(found.below(least) for found in covered)
    return "failed" if failed or below else "passed"


def counts_line(suites: Sequence[SuiteResult]) -> str:
    """`12 tests in 2 files: 11 passed, 1 failed`."""
    cases = sum(len(suite.cases) for suite in suites)
    parts = [f"{sum(suite.count('passed') for suite in suites)} passed"]
    failed = sum(suite.count("failed") for suite in suites)
    errors = sum(suite.count("error") for suite in suites)
    unusable = sum(bool(suite.diagnostics) for suite in suites)
    parts += [f"{failed} failed"] if failed else []
    parts += [f"{errors} can't be run"] if errors else []
    parts += [f"{_many(unusable, 'file')} can't be used"] if unusable else []
    return f"{_many(cases, 'test')} in {_many(len(suites), 'file')}: {', '.join(parts)}"


def coverage_line(covered: Covered) -> str:
    """`fr-b2b: 37 of 37 rules reached (100.0 %)`."""
    return f"{covered.policy}: {covered.reached} of {len(covered.rules)} rules reached ({covered.percent} %)"


def _many(count: int, what: str) -> str:
    return f"1 {what}" if count == 1 else f"{count} {what}s"


def _suite(suite: SuiteResult) -> Suite:
    return Suite(suite.file, tuple(_case(case) for case in suite.cases), suite.file)


def _case(case: CaseResult) -> Case:
    if case.status == "passed":
        return Case(case.name, "passed", case.position)
    if case.status == "error":
        text = case.diagnostics[0].message if case.diagnostics else ""
        detail = "\n".join(found.render() for found in case.diagnostics)
        return Case(case.name, "error", case.position, text, detail=detail)
    first, *rest = case.differences
    message = first.message + (f", and {_many(len(rest), 'more difference')}" if rest else "")
    places = [f"{found.position}: {found.code} {found.message}" for found in case.differences]
    why = [f"why {ident}:\n" + _indented(text) for ident, text in case.explanations]
    return Case(
        case.name,
        "failed",
        case.position,
        message,
        expected="\n".join(_value(found, found.expected, alone=not rest) for found in case.differences),
        got="\n".join(_value(found, found.got, alone=not rest) for found in case.differences),
        detail="\n".join([*places, *why]),
    )


def _value(found: Difference, value: str | None, *, alone: bool) -> str:
    """What was expected, or came out; of several differences, with what it is about."""
    shown = "nothing" if value is None else value
    return shown if alone else f"{found.subject}: {shown}"


def _indented(text: str) -> str:
    return "\n".join(f"  {line}".rstrip() for line in text.rstrip("\n").split("\n"))


def _coverage(covered: Covered, least: int | None) -> Group:
    found = [Finding("DUN726", "note", f"no test reaches {_named(rule)}", rule.position) for rule in covered.missed]
    if least is not None and covered.below(least):
        text = f"the tests reach {covered.percent} % of the rules of `{covered.policy}`, at least {least} % are wanted"
        place = Position(covered.file, 1, 1)
        found.insert(0, Finding("DUN727", "error", text, place, _missing(len(covered.missed))))
    return Group(f"coverage of {covered.file}", tuple(found), covered.file)


def _named(rule: Rule) -> str:
    """``the step `standard.first` ``, the way to it behind."""
    return f"the {rule.kind} `{rule.name}`" + (f": {rule.branch}" if rule.branch else "")


def _missing(count: int) -> str:
    return "add a test that reaches the rule below" if count == 1 else f"add tests that reach the {count} rules below"


def coverage_data(covered: Sequence[Covered], least: int | None) -> list[dict[str, Any]]:
    """Coverage as JSON values, policy by policy."""
    return [
        {
            "policy": found.policy,
            "file": found.file,
            "rules": len(found.rules),
            "reached": found.reached,
            "percent": found.percent,
            "least": least,
            "enough": least is None or not found.below(least),
            "missed": [
                {
                    "kind": rule.kind,
                    "name": rule.name,
                    "branch": rule.branch,
                    "file": rule.position.file,
                    "line": rule.position.line,
                }
                for rule in found.missed
            ],
        }
        for found in covered
    ]
