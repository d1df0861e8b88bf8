"""Each format of one report, worked out by hand or held against the format's schema."""

import json
import re
from urllib.parse import urlsplit

import pytest

from policy_engine.reporting.model import Finding, Group, counted
from policy_engine.reporting.places import Place, Root, columns, place_of, uri
from policy_engine.reporting.render import FORMATS, render
from policy_engine.reporting.rules import docs_folder, rules
from policy_engine.values.position import Position
from tests.reporting.samples import FINDINGS, ROOT, checked_junit, checked_sarif, report, test_report


def test_text_is_what_authors_know():
    assert render(report(), "text") == (
        "policies/fr.yaml:41:15: DUN203 `invoice.outstading` is not a known fact\n"
        "  41 |         when: invoice.outstading >= 500\n"
        "     |               ^^^^^^^^^^^^^^^^^^\n"
        "  help: did you mean `invoice.outstanding`?\n"
        "policies/fr.yaml:50:3: DUN219 warning: a missing value decides\n"
        "  50 |   x: y\n"
        "     |   ^^^^\n"
        "1 error, 1 warning\n"
    )


def test_text_of_tests_and_tables():
    assert render(test_report(), "text") == (
        "tests/late.test.yaml:14:5: failed `a disputed invoice is left alone`: 1 action was not expected\n"
        "  expected: actions: []\n"
        "  got:\n"
        "    actions:\n"
        "      - courtesy_reminder\n"
        "  customer C1, segment everybody\n"
        "tests/late.test.yaml:30:5: error `an unknown step`: there is no step `remainder`\n"
        "tests/late.test.yaml:40:5: skipped `of next year`\n"
        "\n"
        "By segment\n"
        "  segment       actions       EUR\n"
        "  standard           12  1,200.00\n"
        "  key accounts        3     90.50\n"
        "  amounts in EUR\n"
        "2 of 4 failed\n"
    )


def test_json_has_every_finding_with_its_page():
    data = json.loads(render(report(), "json", docs="https://example.org/docs/"))
    assert list(data) == [
        "tool",
        "version",
        "command",
        "verdict",
        "summary",
        "findings",
        "suites",
        "tables",
        "listings",
    ]
    assert (data["verdict"], data["summary"]) == ("failed", "1 error, 1 warning")
    first = data["findings"][0]
    assert (first["file"], first["line"], first["column"], first["length"]) == ("policies/fr.yaml", 41, 15, 18)
    assert first["about"] == "policies/fr.yaml"
    assert first["docs"] == "https://example.org/docs/diagnostics-expressions.md#dun203-not-a-known-fact"
    assert json.loads(render(report(), "json"))["findings"][0]["docs"].startswith("docs/diagnostics-expressions.md#")


def test_json_of_tests():
    data = json.loads(render(test_report(), "json"))
    cases = data["suites"][0]["cases"]
    assert [case["outcome"] for case in cases] == ["passed", "failed", "error", "skipped"]
    assert cases[1]["got"] == "actions:\n  - courtesy_reminder"
    assert data["tables"][0]["rows"][1] == ["key accounts", "3", "90.50"]


def test_sarif_is_valid_and_points_at_the_words():
    log = checked_sarif(render(report(), "sarif", root=ROOT, docs="https://example.org/docs"))
    run = log["runs"][0]
    assert run["columnKind"] == "utf16CodeUnits"
    assert run["invocations"] == [{"executionSuccessful": True}]
    error, warning = run["results"]
    assert (error["level"], warning["level"]) == ("error", "warning")
    where = error["locations"][0]["physicalLocation"]
    assert where["artifactLocation"] == {"uri": "policies/fr.yaml", "uriBaseId": "%SRCROOT%"}
    assert where["region"] == {"startLine": 41, "startColumn": 15, "endColumn": 33}
    assert error["message"]["text"] == (
        "`invoice.outstading` is not a known fact. Help: did you mean `invoice.outstanding`?"
    )
    rule = run["tool"]["driver"]["rules"][0]
    assert rule["helpUri"] == "https://example.org/docs/diagnostics-expressions.md#dun203-not-a-known-fact"
    assert rule["shortDescription"]["text"] == "Not a known fact"
    assert "Prefer" in rule["help"]["markdown"]


def test_sarif_without_an_address_has_the_help_but_no_link():
    log = checked_sarif(render(report(), "sarif", root=ROOT))
    for rule in log["runs"][0]["tool"]["driver"]["rules"]:
        assert "helpUri" not in rule
        assert rule["help"]["markdown"]


@pytest.mark.parametrize("verdict", ["passed", "unusable"])
def test_sarif_is_valid_without_results_and_when_nothing_could_be_read(verdict):
    missing = Finding("DUN001", "error", "there is no file `x y.yaml`", Position("x y.yaml", 1, 1))
    groups = (Group("x y.yaml", (missing,) if verdict == "unusable" else ()),)
    log = checked_sarif(render(report(verdict=verdict, groups=groups), "sarif", root=ROOT))
    run = log["runs"][0]
    assert run["invocations"] == [{"executionSuccessful": verdict == "passed"}]
    assert len(run["results"]) == (1 if verdict == "unusable" else 0)
    for result in run["results"]:
        location = result["locations"][0]["physicalLocation"]["artifactLocation"]
        assert location["uri"] == "x%20y.yaml"


def test_sarif_fingerprints_stay_when_lines_move_and_differ_between_equal_lines():
    def prints(*findings):
        log = checked_sarif(render(report(groups=(Group("p", findings, "p"),)), "sarif", root=ROOT))
        return [result["partialFingerprints"]["dunningFinding/v1"] for result in log["runs"][0]["results"]]

    def at(line, source="  days: 3"):
        return Finding("DUN302", "error", f"said on line {line}", Position("p", line, 3, 4), None, source)

    assert prints(at(7)) == prints(at(90, "      days: 3"))
    assert prints(at(7)) != prints(at(7, "  days: 4"))
    both = prints(at(7), at(9))
    assert both[0] == prints(at(7))[0]
    assert both[0] != both[1]


def test_strict_shows_warnings_as_errors_where_levels_decide():
    strict = report(failing=frozenset({"error", "warning"}))
    assert [r["level"] for r in checked_sarif(render(strict, "sarif"))["runs"][0]["results"]] == ["error", "error"]
    assert render(strict, "github", root=ROOT).count("::error ") == 2
    assert checked_junit(render(strict, "junit")).get("failures") == "2"


def test_sarif_of_tests():
    log = checked_sarif(render(test_report(), "sarif", root=ROOT))
    results = log["runs"][0]["results"]
    assert [result["locations"][0]["physicalLocation"]["region"]["startLine"] for result in results] == [14, 30]
    assert "expected: actions: []; got: actions: /   - courtesy_reminder" in results[0]["message"]["text"]


def test_junit_is_valid_with_a_suite_a_file():
    document = checked_junit(render(report(), "junit"))
    assert [suite.get("name") for suite in document] == ["policies/fr.yaml", "policies/de.yaml"]
    first, second = document[0]
    assert first.get("name") == "DUN203 at policies/fr.yaml:41:15: `invoice.outstading` is not a known fact"
    assert first[0].tag == "failure"
    assert first[0].get("type") == "DUN203"
    assert "^^^^^^^^^^^^^^^^^^" in first[0].text
    assert [child.tag for child in second] == ["system-out"]
    (fine,) = document[1]
    assert (fine.get("name"), len(fine)) == ("no findings", 0)


def test_junit_of_a_file_that_cannot_be_read_is_an_error():
    missing = Finding("DUN001", "error", "there is no file `x`", Position("x", 1, 1))
    document = checked_junit(render(report(verdict="unusable", groups=(Group("x", (missing,)),)), "junit"))
    assert (document.get("failures"), document.get("errors")) == ("0", "1")


def test_junit_of_tests():
    document = checked_junit(render(test_report(), "junit"))
    assert [document.get(name) for name in ("tests", "failures", "errors")] == ["4", "1", "1"]
    assert document[0].get("skipped") == "1"
    failure = document[0][1][0]
    assert failure.get("message") == "1 action was not expected"
    assert failure.text.splitlines() == [
        "tests/late.test.yaml:14:5",
        "expected:",
        "actions: []",
        "got:",
        "actions:",
        "  - courtesy_reminder",
        "customer C1, segment everybody",
    ]


def test_junit_of_a_command_without_findings_or_cases_is_valid():
    assert checked_junit(render(report(groups=(), verdict="passed"), "junit")).get("tests") == "1"


def test_github_annotations():
    assert render(report(), "github", root=Root("/repo", "/repo/credit")) == (
        "::error file=credit/policies/fr.yaml,line=41,col=15,endColumn=33,title=DUN203::"
        "`invoice.outstading` is not a known fact%0Ahelp: did you mean `invoice.outstanding`?\n"
        "::warning file=credit/policies/fr.yaml,line=50,col=3,endColumn=7,title=DUN219::a missing value decides\n"
        "1 error, 1 warning\n"
    )
    assert render(test_report(), "github", root=ROOT).splitlines()[0] == (
        "::error file=tests/late.test.yaml,line=14,col=5,endColumn=6,"
        "title=test%3A a disputed invoice is left alone::"
        "1 action was not expected%0Aexpected: actions: []%0Agot: actions:%0A  - courtesy_reminder%0A"
        "customer C1, segment everybody"
    )


def test_github_escapes_as_the_toolkit_does():
    odd = Finding("DUN203", "error", "100 %, a:b", Position("50%:a,b.yaml", 1, 1))
    assert render(report(groups=(Group("p", (odd,)),)), "github", root=ROOT).splitlines()[0] == (
        "::error file=50%25%3Aa%2Cb.yaml,line=1,col=1,endColumn=2,title=DUN203::100 %25, a:b"
    )


def test_markdown():
    assert render(report(), "markdown", docs="https://example.org/docs").splitlines() == [
        "### ❌ dunning validate: 1 error, 1 warning",
        "",
        "**policies/fr.yaml**",
        "",
        "|  | code | where | finding |",
        "| --- | --- | --- | --- |",
        (
            "| ❌ | [`DUN203`](https://example.org/docs/diagnostics-expressions.md#dun203-not-a-known-fact) "
            "| `policies/fr.yaml:41:15` | `invoice.outstading` is not a known fact"
            "<br>help: did you mean `invoice.outstanding`? |"
        ),
        (
            "| ⚠️ | [`DUN219`](https://example.org/docs/diagnostics-expressions.md"
            "#dun219-a-missing-value-decides-warning) | `policies/fr.yaml:50:3` | a missing value decides |"
        ),
    ]


def test_markdown_of_tests_and_tables():
    text = render(test_report(), "markdown")
    assert "**tests/late.test.yaml**: 1 passed, 2 failed, 1 skipped\n" in text
    assert "got:\n\n```text\nactions:\n  - courtesy_reminder\n```\n" in text
    assert "| segment | actions | EUR |\n| --- | ---: | ---: |\n| standard | 12 | 1,200.00 |\n" in text


def test_markdown_stays_below_what_a_comment_takes():
    many = tuple(Finding("DUN203", "error", "x" * 5000, Position("p", line, 1), "y" * 5000) for line in range(1, 200))
    text = render(report(groups=(Group("p", many),)), "markdown")
    assert len(text) < 65536
    assert text.endswith("... and 149 more\n")


def test_a_finding_inside_a_pack_is_shown_at_the_policy_that_was_checked():
    inside = Finding("DUN403", "warning", "not the 21st", Position("pack:fr-b2b", 12, 3), None, "  x: 1")
    group = Group("policies/ours.yaml", (inside,), "policies/ours.yaml")
    assert place_of(inside, group, ROOT) == Place("policies/ours.yaml", None, "pack:fr-b2b:12:3")
    assert place_of(inside, Group("pack:fr-b2b", (inside,), "pack:fr-b2b"), ROOT) is None
    log = checked_sarif(render(report(groups=(group,)), "sarif", root=ROOT))
    (result,) = log["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "policies/ours.yaml"
    assert result["message"]["text"] == "not the 21st (at pack:fr-b2b:12:3)"
    assert render(report(groups=(group,)), "github", root=ROOT).startswith(
        "::warning file=policies/ours.yaml,title=DUN403::not the 21st%0Aat pack:fr-b2b:12:3\n"
    )


@pytest.mark.parametrize(
    ("source", "at", "expected"),
    [
        ("  days: x", (9, 1), (9, 10)),
        ("🙂🙂 days: x", (10, 1), (12, 13)),  # two characters of two units each before it
        ("a: 🙂", (4, 1), (4, 6)),
        ("a: b", (4, 90), (4, 5)),  # a length beyond the line ends with the line
        ("a:", (3, 1), (3, 4)),  # behind the last character
        (None, (5, 3), (5, 8)),
    ],
)
def test_columns_count_utf16(source, at, expected):
    assert columns(Position("p", 1, *at), source) == expected


@pytest.mark.parametrize(
    ("root", "file", "path", "address"),
    [
        (Root("/r", "/r"), "a/../b c.yaml", "b c.yaml", "b%20c.yaml"),
        (Root("/r", "/r/sub"), "../p.yaml", "p.yaml", "p.yaml"),
        (Root("/r", "/r"), "/r/p.yaml", "p.yaml", "p.yaml"),
        (Root("/r", "/r"), "/else/é.yaml", "/else/é.yaml", "file:///else/%C3%A9.yaml"),
        (Root("C:/r", "C:/r"), "p\\q.yaml", "p/q.yaml", "p/q.yaml"),
        (Root("/r", "/r"), "50%#?:.yaml", "50%#?:.yaml", "50%25%23%3F%3A.yaml"),
        (Root(), "policies/fr.yaml", "policies/fr.yaml", "policies/fr.yaml"),
    ],
)
def test_paths_and_uris(root, file, path, address):
    assert root.path(file) == path
    assert uri(path) == address
    assert urlsplit(address).scheme in ("", "file")


def test_every_documented_code_is_a_rule():
    written = {
        code
        for page in docs_folder().glob("diagnostics*.md")
        for code in re.findall(r"^## (DUN\d{3})\b", page.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert set(rules()) == written
    assert len(written) > 100
    for rule in rules().values():
        assert rule.title.strip()
        assert "](" not in re.sub(r"\]\(https?:", "", rule.markdown)


@pytest.mark.parametrize("format_", FORMATS)
def test_every_format_is_the_same_twice_and_ends_with_one_line_break(format_):
    for one in (report(), test_report()):
        text = render(one, format_, root=ROOT)
        assert text == render(one, format_, root=ROOT)
        assert text.endswith("\n")
        assert not text.endswith("\n\n")


def test_counted():
    assert counted(FINDINGS) == "1 error, 1 warning"
    assert counted([*FINDINGS, *FINDINGS]) == "2 errors, 2 warnings"
    assert counted([]) == ""
