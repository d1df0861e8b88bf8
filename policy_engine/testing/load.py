"""A test file into its model: YAML, schema, and names that must be unique. Every mistake is a diagnostic."""

from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from policy_engine.language.check import check_model
from policy_engine.language.files import read_bytes
from policy_engine.language.findings import Findings
from policy_engine.language.nodes import Map, lookalike
from policy_engine.language.yaml import read_yaml
from policy_engine.testing.model import SuiteSyntax
from policy_engine.values.diagnostics import Diagnostic
from policy_engine.values.position import Position

_START = "start with `dunning_test: 1` and `policy: ../acme.yaml`"


@dataclass(frozen=True, slots=True)
class Suite:
    """A file of tests that can be used. `shown` is how positions name it, `findings` knows its lines."""

    path: Path
    shown: str
    syntax: SuiteSyntax
    findings: Findings


@dataclass(frozen=True, slots=True)
class SuiteLoaded:
    """What loading gave: a suite, or None and the errors that say why."""

    suite: Suite | None
    file: str
    diagnostics: tuple[Diagnostic, ...]


def load_suite(path: Path) -> SuiteLoaded:
    """Read a test file. Never raises on what the file holds or lacks."""
    shown = str(path).replace("\\", "/")
    findings = Findings()
    data = read_bytes(path, shown, Position(shown, 1, 1), findings)
    if data is None:
        return SuiteLoaded(None, shown, findings.all())
    return parse_suite(data, path)


def parse_suite(data: bytes, path: Path) -> SuiteLoaded:
    """The tests in the bytes of a file; paths in it count from the folder of `path`."""
    shown = str(path).replace("\\", "/")
    findings = Findings()
    node = read_yaml(data, shown, findings)
    if node is not None and not isinstance(node, Map):
        text = f"a test file is a mapping of keys, not {lookalike(node)}"
        findings.add("DUN103", text, node.position, hint=_START)
        node = None
    syntax = None if node is None else check_model(SuiteSyntax, node, findings, "the test file")
    if syntax is not None:
        _check(syntax, findings)
    diagnostics = tuple(_our_words(found) for found in findings.all())
    if syntax is None or findings.errors:
        return SuiteLoaded(None, shown, diagnostics)
    return SuiteLoaded(Suite(path, shown, syntax, findings), shown, diagnostics)


def _our_words(found: Diagnostic) -> Diagnostic:
    """What the reader of YAML says of policies, said of tests."""
    message = found.message.replace("can't be used in a policy", "can't be used in a test file")
    message = message.replace("a policy file holds", "a test file holds")
    return replace(found, message=message, help=_START if found.code == "DUN006" else found.help)


def _check(syntax: SuiteSyntax, findings: Findings) -> None:
    """What the keys together must say: tests, unique names, days that rise."""
    if not syntax.tests:
        findings.add("DUN707", "the file holds no test", syntax.at("tests"), hint="add `- name: ...` below `tests:`")
    first: dict[str, int] = {}
    for case in syntax.tests:
        if case.name in first:
            text = f"the test `{case.name[:60]}` stands twice, first on line {first[case.name]}"
            findings.add("DUN707", text, case.name.position, hint="give each a name of its own")
        first.setdefault(case.name, case.name.line)
        days = case.days or ()
        if case.has("days") and not days:
            findings.add("DUN707", f"`{case.name[:60]}` has no day", case.at("days"), hint="add `- as_of: ...`")
        elif days and all(day.expect is None for day in days):
            text = f"`{case.name[:60]}` expects nothing on any day"
            findings.add("DUN707", text, case.at("days"), hint="add `expect:` to one of its days")
        for before, day in pairwise(days):
            if day.as_of <= before.as_of:
                text = f"{day.as_of} isn't after {before.as_of}, the day before it in this test"
                findings.add("DUN705", text, day.at("as_of"), hint="put the days in order")
        if days and (days[0].has("executed") or days[0].has("events")):
            key = "executed" if days[0].has("executed") else "events"
            hint = (
                "give the rows in `given`, history too" if key == "events" else "give past actions in `given: history`"
            )
            findings.add("DUN705", f"`{key}` needs a day before it", days[0].at(key), hint=hint)
