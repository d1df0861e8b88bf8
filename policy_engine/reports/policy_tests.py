"""The result of policy tests as text and as data: what was expected, what came out, why, and what no test reached."""

from collections.abc import Iterator, Sequence
from typing import Any

from policy_engine.testing.coverage import Covered
from policy_engine.testing.results import CaseResult, Difference, SuiteResult
from policy_engine.values.diagnostics import Diagnostic
from policy_engine.values.text import inert

MARKS = {"passed": "ok  ", "failed": "FAIL", "error": "ERR "}


def run_text(
    suites: Sequence[SuiteResult], covered: Sequence[Covered] = (), least: int | None = None, *, verbose: bool = False
) -> str:
    """The whole run: failures with their explanation, then coverage, then one line of counts. Inert on a terminal."""
    return "\n".join(_lines(suites, covered, least, verbose=verbose)) + "\n"


def _lines(
    suites: Sequence[SuiteResult], covered: Sequence[Covered], least: int | None, *, verbose: bool
) -> Iterator[str]:
    for suite in suites:
        for found in suite.diagnostics:
            yield from found.render().split("\n")
        for case in suite.cases:
            if case.status != "passed":
                yield from _case(case)
            elif verbose:
                yield f"{MARKS['passed']} {case.position.file}:{case.position.line} {inert(case.name)}"
    for policy in covered:
        yield from _coverage(policy, least)
    yield counts_line(suites)


def counts_line(suites: Sequence[SuiteResult]) -> str:
    """`12 tests in 2 files: 11 passed, 1 failed`."""
    cases = sum(len(suite.cases) for suite in suites)
    parts = [f"{sum(suite.count('passed') for suite in suites)} passed"]
    failed = sum(suite.count("failed") for suite in suites)
    errors = sum(suite.count("error") for suite in suites)
    unusable = sum(bool(suite.diagnostics) for suite in suites)
    parts += [f"{failed} failed"] if failed else []
    parts += [f"{errors} can't be run"] if errors else []
    parts += [f"{unusable} of the files can't be used"] if unusable else []
    tests = "1 test" if cases == 1 else f"{cases} tests"
    files = "1 file" if len(suites) == 1 else f"{len(suites)} files"
    return f"{tests} in {files}: {', '.join(parts)}"


def _case(case: CaseResult) -> Iterator[str]:
    yield f"{MARKS[case.status]} {inert(case.position.file)}:{case.position.line} {inert(case.name)}"
    for found in case.diagnostics:
        yield from (f"  {line}" for line in found.render().split("\n"))
    for difference in case.differences:
        yield from (f"  {line}" for line in difference_lines(difference))
    for ident, text in case.explanations:
        yield f"  why {inert(ident)}:"
        yield from (f"    {line}".rstrip() for line in text.rstrip("\n").split("\n"))


def difference_lines(difference: Difference) -> Iterator[str]:
    """Place and sentence, then what was expected and what came out."""
    at = difference.position
    yield f"{inert(at.file)}:{at.line}:{at.column}: {difference.code} {inert(difference.message)}"
    yield f"  expected: {inert(difference.expected or 'nothing')}"
    yield f"  got:      {inert(difference.got or 'nothing')}"


def _coverage(covered: Covered, least: int | None) -> Iterator[str]:
    below = least is not None and covered.below(least)
    wanted = f", at least {least} % are wanted" if below else ""
    share = f"{covered.percent} %, {covered.reached} of {len(covered.rules)} rules"
    yield f"coverage of {inert(covered.file)}: {share}{wanted}"
    for rule in covered.missed:
        yield f"  {inert(rule.position.file)}:{rule.position.line}: no test reaches {inert(str(rule))}"


# -------------------------------------------------------------------------------------------------------------- data


def run_data(suites: Sequence[SuiteResult], covered: Sequence[Covered] = (), least: int | None = None) -> Any:
    """The run as data for JSON."""
    data: dict[str, Any] = {
        "dunning_test_run": 1,
        "tests": sum(len(suite.cases) for suite in suites),
        "passed": sum(suite.count("passed") for suite in suites),
        "failed": sum(suite.count("failed") for suite in suites),
        "errors": sum(suite.count("error") for suite in suites),
        "files": [_suite_data(suite) for suite in suites],
    }
    if covered:
        data["coverage"] = [_covered_data(found, least) for found in covered]
    return data


def _suite_data(suite: SuiteResult) -> dict[str, Any]:
    return {
        "file": suite.file,
        "policy": suite.policy,
        "diagnostics": [_diagnostic_data(found) for found in suite.diagnostics],
        "tests": [
            {
                "name": case.name,
                "line": case.position.line,
                "status": case.status,
                "diagnostics": [_diagnostic_data(found) for found in case.diagnostics],
                "differences": [
                    {
                        "code": found.code,
                        "message": found.message,
                        "file": found.position.file,
                        "line": found.position.line,
                        "column": found.position.column,
                        "expected": found.expected,
                        "got": found.got,
                    }
                    for found in case.differences
                ],
                "explanations": [{"about": ident, "text": text} for ident, text in case.explanations],
            }
            for case in suite.cases
        ],
    }


def _diagnostic_data(found: Diagnostic) -> dict[str, Any]:
    at = found.position
    return {
        "code": found.code,
        "severity": found.severity,
        "message": found.message,
        "file": at.file,
        "line": at.line,
        "column": at.column,
        "length": at.length,
        "help": found.help,
        "source": found.source,
    }


def _covered_data(covered: Covered, least: int | None) -> dict[str, Any]:
    return {
        "policy": covered.policy,
        "file": covered.file,
        "rules": len(covered.rules),
        "reached": covered.reached,
        "percent": covered.percent,
        "least": least,
        "enough": least is None or not covered.below(least),
        "missed": [
            {
                "kind": rule.kind,
                "name": rule.name,
                "branch": rule.branch,
                "file": rule.position.file,
                "line": rule.position.line,
            }
            for rule in covered.missed
        ],
    }
