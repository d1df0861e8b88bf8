"""A report for programs: JSON with the same keys for every command."""

import json
from typing import Any

from policy_engine.reporting.model import Case, Finding, Group, Report, Shown, Suite, Table
from policy_engine.reporting.rules import rules
from policy_engine.values.text import inert_json


def as_json(report: Report, more: dict[str, Any] | None = None, *, docs: str | None = None) -> str:
    """The report as indented JSON; `more` is added behind it. Texts are whole; what can't be seen is escaped."""
    data = report_data(report, docs=docs) | (more or {})
    return inert_json(json.dumps(data, ensure_ascii=False, indent=2)) + "\n"


def report_data(report: Report, *, docs: str | None = None) -> dict[str, Any]:
    """The report as JSON values; `docs` is the address below which the documentation's pages are."""
    return {
        "tool": "dunning",
        "version": report.version,
        "command": report.command,
        "verdict": report.verdict,
        "summary": report.summary,
        "findings": [_finding(group, finding, docs) for group, finding in report.findings()],
        "suites": [_suite(suite) for suite in report.suites],
        "tables": [_table(table) for table in report.tables],
        "listings": [{"title": listing.title, "text": listing.text} for listing in report.listings],
    }


def _finding(group: Group, finding: Finding, docs: str | None) -> dict[str, Any]:
    at = finding.position
    rule = rules().get(finding.code)
    return {
        "code": finding.code,
        "severity": finding.level,
        "message": finding.message,
        "file": None if at is None else at.file,
        "line": None if at is None else at.line,
        "column": None if at is None else at.column,
        "length": None if at is None else at.length,
        "help": finding.help,
        "source": finding.source,
        "about": group.title,
        "docs": None if rule is None else rule.link(docs),
    } | ({} if finding.witness is None else {"witness": _witness(finding.witness)})


def _witness(shown: Shown) -> dict[str, Any]:
    return {
        "as_of": shown.as_of.isoformat(),
        "facts": {name: value for name, value in shown.facts if name},
        "more": [value for name, value in shown.facts if not name],
        "shows": shown.shows,
        "text": shown.text,
    }


def _suite(suite: Suite) -> dict[str, Any]:
    return {"title": suite.title, "file": suite.file, "cases": [_case(case) for case in suite.cases]}


def _case(case: Case) -> dict[str, Any]:
    at = case.position
    return {
        "name": case.name,
        "outcome": case.outcome,
        "file": None if at is None else at.file,
        "line": None if at is None else at.line,
        "column": None if at is None else at.column,
        "message": case.message,
        "expected": case.expected,
        "got": case.got,
        "detail": case.detail,
    }


def _table(table: Table) -> dict[str, Any]:
    return {
        "title": table.title,
        "columns": list(table.columns),
        "rows": [list(row) for row in table.rows],
        "note": table.note,
    }
