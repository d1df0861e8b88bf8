"""A report for people at a terminal: findings as authors know them, failed tests, tables, one line at the end."""

from collections.abc import Iterator, Sequence

from policy_engine.reporting.model import Case, Report, Suite, Table
from policy_engine.values.folding import folded, width_of
from policy_engine.values.text import inert


def as_text(report: Report, width: int | None = None) -> str:
    """The report as lines; every text that comes from files is inert. Sentences are folded at `width`, when given."""
    summary = inert(report.summary)
    return "\n".join([*text_lines(report, width), summary if width is None else folded(summary, width)]) + "\n"


def text_lines(report: Report, width: int | None = None) -> Iterator[str]:
    """All but the summary."""
    for _, finding in report.findings():
        if finding.position is None:
            level = "" if finding.level == "error" else f"{finding.level}: "
            yield f"{finding.code} {level}{inert(finding.message)}"
            yield from (f"  {inert(note)}" for note in finding.notes)
        else:
            yield finding.diagnostic().render(width)
            if finding.witness is not None:
                said = f"  witness: {inert(finding.witness.text)}"
                yield said if width is None else folded(said, width)
    for suite, case in report.cases():
        if case.outcome != "passed":
            yield from _case(suite, case)
    for table in report.tables:
        lines = _table(table)
        yield from lines if width is None else (folded(line, width) for line in lines)
    for listing in report.listings:
        yield from ("", inert(listing.title), *(f"  {inert(line)}".rstrip() for line in listing.text.split("\n")))


def _case(suite: Suite, case: Case) -> Iterator[str]:
    place = inert(suite.title) if case.position is None else inert(str(case.position))
    said = f": {inert(case.message)}" if case.message else ""
    yield f"{place}: {case.outcome} `{inert(case.name)}`{said}"
    for heading, text in (("expected:", case.expected), ("got:", case.got), ("", case.detail)):
        if text is None:
            continue
        lines = [inert(line) for line in text.split("\n")]
        if heading and len(lines) == 1:
            yield f"  {heading} {lines[0]}".rstrip()
            continue
        if heading:
            yield f"  {heading}"
        yield from (f"  {'  ' if heading else ''}{line}".rstrip() for line in lines)


def _table(table: Table) -> Iterator[str]:
    rows = [[inert(cell) for cell in row] for row in (table.columns, *table.rows)]
    widths = [max(map(width_of, column)) for column in zip(*rows, strict=True)]
    yield ""
    if table.title:
        yield inert(table.title)
    yield from (f"  {_row(row, widths, table.figures)}".rstrip() for row in rows)
    if table.note is not None:
        yield f"  {inert(table.note)}"


def _row(cells: Sequence[str], widths: Sequence[int], figures: frozenset[int]) -> str:
    filled = []
    for place, (cell, size) in enumerate(zip(cells, widths, strict=True)):
        blanks = " " * (size - width_of(cell))
        filled.append(blanks + cell if place in figures else cell + blanks)
    return "  ".join(filled)
