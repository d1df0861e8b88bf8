"""Waivers: comments by which an author accepts a finding, with a reason and a last day.

`# dunning: allow DUN426 until 2027-06-30: the call centre takes over by hand`, on the line of the finding or on a line
of its own above it. What is waived isn't reported; a waiver that can't be read, is past its day or waives nothing is.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import yaml

from policy_engine.analysis.model import RULES
from policy_engine.language.files import PACK
from policy_engine.reporting.model import Finding
from policy_engine.values.days import parse_date
from policy_engine.values.diagnostics import Diagnostic
from policy_engine.values.position import Position

_MARK = re.compile(r"(?:(?<=\s)|^)#\s*dunning:\s*allow\b(?P<rest>.*)$")
_FORM = re.compile(r"\s+(?P<code>DUN\d{3})\s+until\s+(?P<until>\d{4}-\d{2}-\d{2})\s*(?::\s*(?P<reason>\S.*)?)?$")
_EXAMPLE = "write `# dunning: allow DUN426 until 2027-06-30: why this is accepted`"


@dataclass(frozen=True, slots=True)
class Waiver:
    """One waiver.

    Attributes:
        code: of the findings that it accepts.
        until: the last day on which it does.
        reason: in the author's words.
        position: of the comment.
        lines: the lines whose findings it accepts: its own, or of a comment that stands alone the next one too.
        source: the comment's line.
    """

    code: str
    until: date
    reason: str
    position: Position
    lines: frozenset[int]
    source: str


def read_waivers(sources: Mapping[str, Sequence[str]]) -> tuple[tuple[Waiver, ...], tuple[Diagnostic, ...]]:
    """The waivers in every file of a policy, and what is wrong with those that can't be read (`DUN430`)."""
    waivers: list[Waiver] = []
    wrong: list[Diagnostic] = []
    for file, lines in sources.items():
        marked = [(number, mark) for number, line in enumerate(lines, 1) if (mark := _MARK.search(line))]
        quoted = _in_scalars(lines) if marked else frozenset()
        for number, mark in marked:
            if (number, mark.start()) in quoted:
                continue
            position = Position(file, number, mark.start() + 1, len(mark[0].rstrip()))
            form = _FORM.fullmatch(mark["rest"].rstrip())
            problem = _problem(form)
            if problem is not None:
                wrong.append(Diagnostic("DUN430", "error", problem, position, _fix(form), lines[number - 1]))
                continue
            assert form is not None
            until = parse_date(form["until"])
            assert until is not None
            accepted = _lines(lines, number)
            waivers.append(Waiver(form["code"], until, form["reason"], position, accepted, lines[number - 1]))
    return tuple(waivers), tuple(wrong)


def _problem(form: re.Match[str] | None) -> str | None:
    if form is None:
        return "this waiver can't be read: it needs a code, a last day and a reason"
    if form["code"] not in RULES:
        return f"`{form['code']}` can't be waived"
    if parse_date(form["until"]) is None:
        return f"`{form['until']}` is no day of the calendar"
    if form["reason"] is None:
        return "this waiver gives no reason"
    return None


def _fix(form: re.Match[str] | None) -> str:
    if form is not None and form["code"] not in RULES:
        return "correct the policy: only the findings in docs/diagnostics-analysis.md can be waived"
    return _EXAMPLE


def _lines(lines: Sequence[str], number: int) -> frozenset[int]:
    """The comment's own line; of a comment that stands alone also the next line that is no comment."""
    if not lines[number - 1].lstrip().startswith("#"):
        return frozenset({number})
    for following in range(number + 1, len(lines) + 1):
        text = lines[following - 1].strip()
        if text and not text.startswith("#"):
            return frozenset({number, following})
    return frozenset({number})


def _in_scalars(lines: Sequence[str]) -> frozenset[tuple[int, int]]:
    """Line and offset of each `#` that stands within a value: text, no comment."""
    text = "\n".join(lines)
    found: set[tuple[int, int]] = set()
    try:
        for token in yaml.scan(text, Loader=yaml.SafeLoader):
            if isinstance(token, yaml.ScalarToken):
                for index in range(token.start_mark.index, token.end_mark.index):
                    if text[index : index + 1] == "#":
                        before = text.rfind("\n", 0, index)
                        found.add((text.count("\n", 0, index) + 1, index - before - 1))
    except yaml.YAMLError:
        return frozenset()
    return frozenset(found)


def waive(
    findings: Iterable[Finding], waivers: Sequence[Waiver], as_of: date, *, complete: bool
) -> tuple[Finding, ...]:
    """The findings that no waiver accepts, and what is wrong with the waivers.

    Args:
        findings: with their final levels; those of level error that stop a load are never waived.
        waivers: of the policy's files.
        as_of: the day on which they are judged.
        complete: whether every rule has run, so that a waiver that found nothing has nothing to waive.
    """
    kept: list[Finding] = []
    used: set[Waiver] = set()
    for finding in findings:
        at = finding.position
        mine = [
            w for w in waivers if at and (w.code, w.position.file) == (finding.code, at.file) and at.line in w.lines
        ]
        used.update(mine)
        if not any(as_of <= waiver.until for waiver in mine):
            kept.append(finding)
    for waiver in waivers:
        if waiver.position.file.startswith(PACK):
            continue  # a pack's waivers are the pack's business
        if waiver in used and as_of > waiver.until:
            text = f"this waiver of {waiver.code} ended on {waiver.until}"
            hint = "look at the finding again: correct the policy, or give the waiver a new day and reason"
            kept.append(Finding("DUN431", "warning", text, waiver.position, hint, waiver.source))
        elif complete and waiver not in used:
            text = f"this waiver waives nothing: there is no {waiver.code} on the line"
            kept.append(Finding("DUN432", "warning", text, waiver.position, "delete it", waiver.source))
    return tuple(kept)
