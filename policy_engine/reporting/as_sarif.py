"""A report as SARIF 2.1.0 (OASIS), for code scanning and editors; valid too when nothing could be read.

Columns count UTF-16 code units and say so; paths are relative to the top of the repository; a finding keeps its
fingerprint when lines move above it. Messages hold no placeholders and no embedded links: `{0}` is doubled as the
standard wants it (3.11.5); other braces, which consumers show as they are, stay.
"""

import hashlib
import json
import re
from collections import Counter
from typing import Any

from policy_engine.reporting.model import Case, Finding, Report
from policy_engine.reporting.places import Place, Root, columns, place_of, place_of_case, uri
from policy_engine.reporting.rules import Rule, rules
from policy_engine.values.text import inert, inert_json

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
FAILED_TEST = "DUNTEST"
"""The rule of a test case that failed."""
_ROOT = "%SRCROOT%"
_LONGEST = 1000
_PLACEHOLDER = re.compile(r"\{(\d+)\}")


def as_sarif(report: Report, root: Root, *, docs: str | None = None) -> str:
    """The report as a SARIF log with one run."""
    return inert_json(json.dumps(sarif_data(report, root, docs=docs), ensure_ascii=False, indent=2)) + "\n"


def sarif_data(report: Report, root: Root, *, docs: str | None = None) -> dict[str, Any]:
    """The log as JSON values; `docs` is the address below which the documentation's pages are."""
    codes = sorted({finding.code for _, finding in report.findings()})
    failed = [(suite, case) for suite, case in report.cases() if case.outcome in ("failed", "error")]
    if failed:
        codes.append(FAILED_TEST)
    index = {code: place for place, code in enumerate(codes)}
    seen: Counter[str] = Counter()
    results = []
    for group, finding in report.findings():
        # A level that fails the command is shown as one: `--strict` turns warnings into errors.
        level = "error" if finding.level in report.failing else finding.level
        place = place_of(finding, group, root)
        results.append(_result(finding, level, place, index[finding.code], seen))
    for suite, case in failed:
        found = Finding(FAILED_TEST, "error", _said(case), case.position)
        results.append(_result(found, "error", place_of_case(case, suite, root), index[FAILED_TEST], seen, case.name))
    driver: dict[str, Any] = {"name": "dunning", "version": report.version}
    driver["rules"] = [_rule(code, docs) for code in codes]
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"dunning/{report.command}/"},
        "columnKind": "utf16CodeUnits",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "the top of the repository"}}},
        "invocations": [{"executionSuccessful": report.verdict != "unusable"}],
        "results": results,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str, docs: str | None) -> dict[str, Any]:
    if code == FAILED_TEST:
        text = "A test of the policy failed."
        return {"id": code, "shortDescription": {"text": text}, "help": {"text": text}}
    rule = rules().get(code)
    if rule is None:
        return {"id": code, "shortDescription": {"text": code}}
    title = message_text(rule.title[:1].upper() + rule.title[1:])
    data: dict[str, Any] = {"id": code, "shortDescription": {"text": title}, "fullDescription": {"text": title}}
    data["help"] = _help(rule)
    if docs is not None:
        data["helpUri"] = rule.link(docs)
    return data


def _help(rule: Rule) -> dict[str, str]:
    """Our own documentation: Markdown as it stands."""
    text = _PLACEHOLDER.sub(r"{{\1}}", rule.markdown or rule.title)
    return {"text": text, "markdown": text}


def _said(case: Case) -> str:
    parts = [case.message or case.outcome]
    for heading, text in (("expected: ", case.expected), ("got: ", case.got)):
        if text is not None:
            parts.append(heading + " / ".join(text.split("\n")))
    return f"`{case.name}`: " + "; ".join(parts)


def _result(
    finding: Finding, level: str, place: Place | None, index: int, seen: Counter[str], key: str = ""
) -> dict[str, Any]:
    text = finding.message
    if place is not None and place.elsewhere is not None:
        text += f" (at {place.elsewhere})"
    if finding.help is not None:
        text += f". Help: {finding.help}"
    if finding.witness is not None:
        text += f". Witness: {finding.witness.text}"
    data: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": level,
        "message": {"text": message_text(text)},
    }
    path = "" if place is None else place.path
    if place is not None:
        data["locations"] = [_location(place, finding.source)]
    data["partialFingerprints"] = {"dunningFinding/v1": _fingerprint(finding, path, key, seen)}
    return data


def _location(place: Place, source: str | None) -> dict[str, Any]:
    artifact = {"uri": uri(place.path)}
    if not artifact["uri"].startswith("file:"):
        artifact["uriBaseId"] = _ROOT
    physical: dict[str, Any] = {"artifactLocation": artifact}
    region: dict[str, Any] = {"startLine": 1}
    if place.at is not None:
        first, after = columns(place.at, source)
        region = {"startLine": place.at.line, "startColumn": first, "endColumn": after}
    physical["region"] = region
    location: dict[str, Any] = {"physicalLocation": physical}
    if place.elsewhere is not None:
        location["logicalLocations"] = [{"fullyQualifiedName": inert(place.elsewhere)}]
    return location


def _fingerprint(finding: Finding, path: str, key: str, seen: Counter[str]) -> str:
    """What stays when lines move: the code, the file, the line's text, and which of equal ones it is."""
    stem = json.dumps([finding.code, path, (finding.source or "").strip(), key])
    seen[stem] += 1
    return hashlib.sha256(f"{stem}{seen[stem]}".encode()).hexdigest()[:32]


def message_text(text: str) -> str:
    """A plain text message: inert, no placeholders (SARIF 3.11.5), no embedded links (3.11.6), not endless."""
    shown = inert(text)
    if len(shown) > _LONGEST:
        shown = shown[:_LONGEST] + "…"
    return _PLACEHOLDER.sub(r"{{\1}}", shown.replace("](", "] ("))
