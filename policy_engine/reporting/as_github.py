"""A report as GitHub annotations: workflow commands, one a line, escaped as the runner's own toolkit does.

`::error file=policies/fr.yaml,line=41,col=15,title=DUN203::message`: properties escape `%`, CR, LF, `:` and `,`,
messages the first three. The runner unescapes `%25` last, so that nothing in a text can become a command or a property.
"""

from collections.abc import Iterator

from policy_engine.reporting.model import Case, Report
from policy_engine.reporting.places import Place, Root, columns, place_of, place_of_case
from policy_engine.values.text import inert

LONGEST = 4000
"""Characters of a message; the runner cuts longer ones anyway."""
_COMMAND = {"error": "error", "warning": "warning", "note": "notice"}


def as_github(report: Report, root: Root) -> str:
    """An annotation for each finding and each case that didn't pass; then a line with the summary."""
    return "\n".join([*_annotations(report, root), inert(report.summary)]) + "\n"


def _annotations(report: Report, root: Root) -> Iterator[str]:
    for group, finding in report.findings():
        place = place_of(finding, group, root)
        lines = [inert(finding.message)]
        if place is not None and place.elsewhere is not None:
            lines.append(f"at {inert(place.elsewhere)}")
        lines += [inert(note) for note in finding.notes]
        # A level that fails the command is shown as one: `--strict` turns warnings into errors.
        command = "error" if finding.level in report.failing else _COMMAND[finding.level]
        yield _command(command, _where(place, finding.source), finding.code, lines)
    for suite, case in report.cases():
        if case.outcome in ("failed", "error"):
            yield _command("error", _where(place_of_case(case, suite, root), None), f"test: {case.name}", _said(case))


def _said(case: Case) -> list[str]:
    lines = [inert(case.message)] if case.message else []
    for heading, text in (("expected: ", case.expected), ("got: ", case.got), ("", case.detail)):
        if text is not None:
            lines += [inert(line) for line in f"{heading}{text}".split("\n")]
    return lines or [case.outcome]


def _where(place: Place | None, source: str | None) -> list[tuple[str, str]]:
    if place is None:
        return []
    found = [("file", inert(place.path))]
    if place.at is not None:
        first, after = columns(place.at, source)
        found += [("line", str(place.at.line)), ("col", str(first)), ("endColumn", str(after))]
    return found


def _command(command: str, where: list[tuple[str, str]], title: str, lines: list[str]) -> str:
    properties = ",".join(f"{key}={_property(value)}" for key, value in [*where, ("title", inert(title))])
    message = "\n".join(lines)
    if len(message) > LONGEST:
        message = message[:LONGEST] + " ..."
    return f"::{command} {properties}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
