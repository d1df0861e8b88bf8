"""A report as JUnit XML: a suite a file, read by every CI server; valid against the schema that Jenkins publishes.

A finding is a case that failed when its level fails the command, else one that passed and says so in `system-out`; a
file without findings is one passed case. A file that can't be read is an error, not a failure.
"""

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from policy_engine.reporting.model import Case, Finding, Group, Report, Suite
from policy_engine.values.text import inert

_NAME = 300
"""Characters of a name or a message in an attribute."""


def as_junit(report: Report) -> str:
    """The report as an XML document."""
    suites = [_group(group, report) for group in report.groups] + [_suite(suite) for suite in report.suites]
    if not suites:
        suites = [_element(report.command, [("passed", _testcase(report.summary, report.command, ""))])]
    totals = [sum(counts[place] for counts, _ in suites) for place in range(3)]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f"<testsuites name={_attribute(f'dunning {report.command}')} {_counts(totals)}>",
        *(text for _, text in suites),
        "</testsuites>",
    ]
    return "\n".join(lines) + "\n"


def _group(group: Group, report: Report) -> tuple[list[int], str]:
    name = f"dunning.{report.command}"
    cases: list[tuple[str, str]] = []
    for finding in group.findings:
        if finding.level not in report.failing:
            outcome, tag = "passed", "system-out"
        elif report.verdict == "unusable":
            outcome = tag = "error"
        else:
            outcome, tag = "failed", "failure"
        body = _body(finding) if finding.position is not None else _plain(finding)
        cases.append((outcome, _testcase(_title(finding), name, _inner(tag, finding.code, finding.message, body))))
    if not cases:
        cases = [("passed", _testcase("no findings", name, ""))]
    return _element(group.title, cases)


def _suite(suite: Suite) -> tuple[list[int], str]:
    return _element(suite.title, [(case.outcome, _case(case, suite)) for case in suite.cases])


def _case(case: Case, suite: Suite) -> str:
    parts = [] if case.position is None else [str(case.position)]
    for heading, text in (("expected:", case.expected), ("got:", case.got), ("", case.detail)):
        if text is not None:
            parts += [part for part in (heading, text) if part]
    body = "\n".join(inert(line) for part in parts for line in part.split("\n"))
    tags = {"failed": "failure", "error": "error", "skipped": "skipped"}
    inner = "" if case.outcome == "passed" else _inner(tags[case.outcome], case.outcome, case.message, body)
    return _testcase(case.name, suite.title, inner)


def _title(finding: Finding) -> str:
    where = "" if finding.position is None else f" at {finding.position}"
    return f"{finding.code}{where}: {finding.message}"


def _body(finding: Finding) -> str:
    text = finding.diagnostic().render()
    return text if finding.witness is None else f"{text}\n  witness: {inert(finding.witness.text)}"


def _plain(finding: Finding) -> str:
    lines = [f"{finding.code} {inert(finding.message)}"]
    return "\n".join([*lines, *(f"  {inert(note)}" for note in finding.notes)])


def _element(title: str, cases: Sequence[tuple[str, str]]) -> tuple[list[int], str]:
    """Tests, failures and errors, and the suite's text."""
    outcomes = [outcome for outcome, _ in cases]
    counts = [len(cases), outcomes.count("failed"), outcomes.count("error")]
    lines = [
        f'  <testsuite name={_attribute(title)} {_counts(counts)} skipped="{outcomes.count("skipped")}">',
        *(text for _, text in cases),
        "  </testsuite>",
    ]
    return counts, "\n".join(lines)


def _counts(counts: Sequence[int]) -> str:
    tests, failures, errors = counts
    return f'tests="{tests}" failures="{failures}" errors="{errors}"'


def _testcase(name: str, classname: str, inner: str) -> str:
    start = f"    <testcase name={_attribute(name)} classname={_attribute(classname)}"
    return f"{start}>{inner}</testcase>" if inner else f"{start}/>"


def _inner(tag: str, kind: str, message: str, body: str) -> str:
    if tag == "system-out":
        return f"<system-out>{escape(body)}</system-out>"
    return f"<{tag} type={_attribute(kind)} message={_attribute(message)}>{escape(body)}</{tag}>"


def _attribute(text: str) -> str:
    """Quoted, on one line, without characters that XML has no word for."""
    shown = inert(text)
    return quoteattr(shown if len(shown) <= _NAME else shown[:_NAME] + "...")
