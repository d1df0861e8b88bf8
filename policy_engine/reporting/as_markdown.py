"""A report in Markdown: for a pull request's comment or a job's summary."""

from collections.abc import Iterator

from policy_engine.reporting.markdown import block, code, sentence, table, text
from policy_engine.reporting.model import Case, Finding, Report, Suite, Table
from policy_engine.reporting.rules import rules

MOST = 50
"""Findings, failed cases or rows shown of each list; the others are counted. GitHub takes 65,536 characters."""
_SIGN = {"error": "❌", "warning": "⚠️", "note": "ℹ️"}
_VERDICT = {"passed": "✅", "failed": "❌", "unusable": "❌"}


def as_markdown(report: Report, *, docs: str | None = None) -> str:
    """The report; codes are links when `docs`, the address of the documentation, is known."""
    lines = [f"### {_VERDICT[report.verdict]} dunning {report.command}: {text(report.summary)}"]
    for group in report.groups:
        if group.findings:
            lines += ["", f"**{text(group.title)}**", ""]
            rows = [_finding(finding, docs) for finding in group.findings[:MOST]]
            lines += [*table(["", "code", "where", "finding"], rows), *_more(len(group.findings))]
    for suite in report.suites:
        lines += _suite(suite)
    for one in report.tables:
        lines += _table(one)
    for listing in report.listings:
        lines += [
            "",
            "<details><summary>",
            "",
            text(listing.title),
            "",
            "</summary>",
            "",
            block(listing.text),
            "",
            "</details>",
        ]
    return "\n".join(lines) + "\n"


def _finding(finding: Finding, docs: str | None) -> list[str]:
    rule = rules().get(finding.code)
    link = code(finding.code) if rule is None or docs is None else f"[{code(finding.code)}]({rule.link(docs)})"
    where = "" if finding.position is None else code(str(finding.position))
    notes = "".join(f"<br>{sentence(note)}" for note in finding.notes)
    return [_SIGN[finding.level], link, where, sentence(finding.message) + notes]


def _suite(suite: Suite) -> Iterator[str]:
    wrong = [case for case in suite.cases if case.outcome in ("failed", "error")]
    passed, skipped = suite.count("passed"), suite.count("skipped")
    counts = f"{passed} passed, {len(wrong)} failed" + (f", {skipped} skipped" if skipped else "")
    yield ""
    yield f"**{text(suite.title)}**: {counts}"
    for case in wrong[:MOST]:
        yield from _case(case)
    yield from _more(len(wrong))


def _case(case: Case) -> Iterator[str]:
    where = "" if case.position is None else f" ({code(str(case.position))})"
    said = f": {sentence(case.message)}" if case.message else ""
    yield ""
    yield f"{_SIGN['error']} {text(case.name)}{where}{said}"
    for heading, body in (("expected", case.expected), ("got", case.got), ("detail", case.detail)):
        if body is not None:
            yield from ("", f"{heading}:", "", block(body))


def _table(one: Table) -> Iterator[str]:
    yield ""
    if one.title:
        yield from (f"**{text(one.title)}**", "")
    rows = [[text(cell) for cell in row] for row in one.rows[:MOST]]
    yield from table([text(column) for column in one.columns], rows, one.figures)
    yield from _more(len(one.rows))
    if one.note is not None:
        yield from ("", sentence(one.note))


def _more(count: int) -> list[str]:
    return ["", f"... and {count - MOST} more"] if count > MOST else []
