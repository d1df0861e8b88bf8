"""Reports to render, and the schemas that the renderings are held against."""

import json
from functools import cache
from pathlib import Path

from jsonschema import Draft7Validator
from lxml import etree

from policy_engine.reporting.model import Case, Finding, Group, Report, Suite, Table
from policy_engine.reporting.places import Root
from policy_engine.values.position import Position

SCHEMAS = Path(__file__).parent / "schemas"
ROOT = Root("/repo", "/repo")
LINE = "        when: invoice.outstading >= 500"
FINDINGS = (
    Finding(
        "DUN203",
        "error",
        "`invoice.outstading` is not a known fact",
        Position("policies/fr.yaml", 41, 15, 18),
        "did you mean `invoice.outstanding`?",
        LINE,
    ),
    Finding("DUN219", "warning", "a missing value decides", Position("policies/fr.yaml", 50, 3, 4), None, "  x: y"),
)
CASES = (
    Case("a late invoice is reminded", "passed", Position("tests/late.test.yaml", 3, 5)),
    Case(
        "a disputed invoice is left alone",
        "failed",
        Position("tests/late.test.yaml", 14, 5),
        "1 action was not expected",
        "actions: []",
        "actions:\n  - courtesy_reminder",
        "customer C1, segment everybody",
    ),
    Case("an unknown step", "error", Position("tests/late.test.yaml", 30, 5), "there is no step `remainder`"),
    Case("of next year", "skipped", Position("tests/late.test.yaml", 40, 5)),
)
TABLE = Table(
    "By segment", ("segment", "actions", "EUR"), (("standard", "12", "1,200.00"), ("key accounts", "3", "90.50")),
    frozenset({1, 2}), "amounts in EUR",
)  # fmt: skip


def report(**changes) -> Report:
    values = {
        "command": "validate",
        "verdict": "failed",
        "summary": "1 error, 1 warning",
        "version": "0.1.0",
        "groups": (Group("policies/fr.yaml", FINDINGS, "policies/fr.yaml"), Group("policies/de.yaml")),
    }
    return Report(**(values | changes))


def test_report() -> Report:
    suites = (Suite("tests/late.test.yaml", CASES, "tests/late.test.yaml"),)
    return report(command="test", summary="2 of 4 failed", groups=(), suites=suites, tables=(TABLE,))


test_report.__test__ = False


@cache
def schema(name: str) -> Draft7Validator:
    return Draft7Validator(json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8")))


@cache
def junit_schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(SCHEMAS / "junit-10.xsd")))


def checked_sarif(text: str) -> dict:
    """The log, after the schema and what the schema can't say."""
    log = json.loads(text)
    assert [error.message for error in schema("sarif-2.1.0").iter_errors(log)] == []
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    prints = [result["partialFingerprints"]["dunningFinding/v1"] for result in run["results"]]
    assert len(set(prints)) == len(prints)
    return log


def checked_junit(text: str) -> etree._Element:
    """The document, after the schema and after counting again."""
    document = etree.fromstring(text.encode("utf-8"))
    junit_schema().assertValid(document)
    suites = document.findall("testsuite")
    for name, tag in (("tests", "testcase"), ("failures", "testcase/failure"), ("errors", "testcase/error")):
        counts = [len(suite.findall(tag)) for suite in suites]
        assert [int(suite.get(name)) for suite in suites] == counts
        assert int(document.get(name)) == sum(counts)
    return document
