"""The report: one value that a command builds and every format renders.

A command fills what it has: `validate` groups of findings, `test` suites of cases, `diff` and `simulate` tables. Texts
are kept as they were read; each format makes them inert in its own way.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from policy_engine.values.diagnostics import Diagnostic, Severity
from policy_engine.values.position import NOWHERE, Position

Verdict = Literal["passed", "failed", "unusable"]
"""`unusable`: the input couldn't be read, so that nothing was judged (exit code 2)."""
CaseOutcome = Literal["passed", "failed", "error", "skipped"]
"""`error`: the case itself can't be run; `failed`: it ran and something else came out than was expected."""
LEVELS: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Shown:
    """A made-up case on which a finding shows.

    Attributes:
        facts: names and values, as an author writes them; a clause of its own has an empty name.
        shows: what happens to it, one clause.
        as_of: the day on which it does.
    """

    facts: tuple[tuple[str, str], ...]
    shows: str
    as_of: date

    @property
    def text(self) -> str:
        """`customer.kind=business, invoice 31 days late -> lands in strategic`."""
        facts = ", ".join(value if not name else f"{name}={value}" for name, value in self.facts)
        return f"{facts} -> {self.shows}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found.

    Attributes:
        code: stable, e.g. `DUN203`; documented under `docs/diagnostics*.md`.
        level: `error`, `warning` or `note`.
        message: one sentence, the author's own words in backticks.
        position: where, or None for what only the data or the whole shows.
        help: the likely fix, or None.
        source: the line it points at, without its end, or None.
        witness: a case on which it shows, or None.
    """

    code: str
    level: Severity
    message: str
    position: Position | None = None
    help: str | None = None
    source: str | None = None
    witness: Shown | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What is said below the message, one line each: `help: ...`, `witness: ...`."""
        help_ = () if self.help is None else (f"help: {self.help}",)
        return help_ if self.witness is None else (*help_, f"witness: {self.witness.text}")

    @classmethod
    def of(cls, found: Diagnostic) -> "Finding":
        """A diagnostic as a finding."""
        position = None if found.position == NOWHERE else found.position
        return cls(found.code, found.severity, found.message, position, found.help, found.source)

    def diagnostic(self) -> Diagnostic:
        """The finding as a diagnostic, for the text that authors know."""
        return Diagnostic(self.code, self.level, self.message, self.position or NOWHERE, self.help, self.source)


@dataclass(frozen=True, slots=True)
class Group:
    """Findings about one thing.

    Attributes:
        title: what was looked at, e.g. a policy's path: the name of a JUnit suite.
        findings: in the order to show them; none when all is well.
        file: the file that a finding is shown at which has no place of its own in the repository.
    """

    title: str
    findings: tuple[Finding, ...] = ()
    file: str | None = None

    @classmethod
    def of(cls, title: str, found: Iterable[Diagnostic], *, file: str | None = None) -> "Group":
        """Diagnostics as a group."""
        return cls(title, tuple(Finding.of(one) for one in found), file)


@dataclass(frozen=True, slots=True)
class Case:
    """One test.

    Attributes:
        name: what it tests.
        outcome: `passed`, `failed`, `error` or `skipped`.
        position: where it is written.
        message: one sentence on what went wrong; empty when it passed.
        expected: what should have come out, as text of some lines, or None.
        got: what came out instead, or None.
        detail: more to read, e.g. the explanation, or None.
    """

    name: str
    outcome: CaseOutcome
    position: Position | None = None
    message: str = ""
    expected: str | None = None
    got: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Suite:
    """The tests of one file."""

    title: str
    cases: tuple[Case, ...]
    file: str | None = None

    def count(self, outcome: CaseOutcome) -> int:
        """How many cases came out like that."""
        return sum(case.outcome == outcome for case in self.cases)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows to show as they are.

    Attributes:
        title: a heading, or empty.
        columns: the headings.
        rows: as many texts a row as there are columns.
        figures: places of the columns that hold figures, set flush right.
        note: a line below, or None.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    figures: frozenset[int] = frozenset()
    note: str | None = None

    def __post_init__(self) -> None:
        assert all(len(row) == len(self.columns) for row in self.rows), "a row of another width"


@dataclass(frozen=True, slots=True)
class Listing:
    """Lines of text to read as they are, e.g. an explanation."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a command has to say.

    Attributes:
        command: the verb, e.g. `validate`.
        verdict: `passed`, `failed` or `unusable`.
        summary: one line, e.g. `2 errors, 1 warning`.
        version: of this program.
        groups: findings by what was looked at.
        suites: test cases by file.
        tables: figures.
        listings: texts to read, after the tables.
        failing: the levels of findings that make the command fail; warnings too with `--strict`.
    """

    command: str
    verdict: Verdict
    summary: str
    version: str
    groups: tuple[Group, ...] = ()
    suites: tuple[Suite, ...] = ()
    tables: tuple[Table, ...] = ()
    failing: frozenset[Severity] = frozenset({"error"})
    listings: tuple[Listing, ...] = ()

    def findings(self) -> Iterator[tuple[Group, Finding]]:
        """Every finding with its group."""
        for group in self.groups:
            for finding in group.findings:
                yield group, finding

    def cases(self) -> Iterator[tuple[Suite, Case]]:
        """Every case with its suite."""
        for suite in self.suites:
            for case in suite.cases:
                yield suite, case


def counted(findings: Iterable[Finding]) -> str:
    """`2 errors, 1 warning`; empty when there is nothing."""
    levels = [finding.level for finding in findings]
    counts = [(levels.count(level), level) for level in LEVELS]
    return ", ".join(f"{count} {level}{'' if count == 1 else 's'}" for count, level in counts if count)
