"""The page as one HTML file: no script, nothing fetched, fit to be printed on A4. Every text is escaped."""

from collections.abc import Iterator
from html import escape

from policy_engine.description.page import Block, Bullets, Line, Page, Paragraph, Section, Table, TimeLine
from policy_engine.values.text import inert

_STYLE = """
@page { size: A4; margin: 8mm 10mm; }
:root { --ink: #1d2733; --soft: #5b6775; --rule: #d9dfe6; --tint: #f4f6f9; --accent: #1f4e79; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1040px; padding: 22px 28px; color: var(--ink); background: #fff;
  font: 13px/1.42 system-ui, "Segoe UI", "Helvetica Neue", Arial, "Liberation Sans", sans-serif; }
h1 { font-size: 22px; margin: 0; } h1 small { font-weight: 400; color: var(--soft); font-size: 14px; }
h2 { font-size: 14px; margin: 15px 0 5px; color: var(--accent); border-bottom: 1px solid var(--rule);
  padding-bottom: 2px; break-after: avoid; }
p { margin: 3px 0; } .subtitle { color: var(--soft); }
.about { margin: 5px 0 0; color: var(--soft); font-size: 12px; } .about span { margin-right: 16px; }
.lead { background: var(--tint); border-left: 3px solid var(--accent); margin: 9px 0 0; padding: 7px 12px 7px 28px; }
table { border-collapse: collapse; width: 100%; font-size: 12px; margin: 4px 0; }
th, td { text-align: left; vertical-align: top; padding: 2px 7px 2px 0; border-bottom: 1px solid var(--rule); }
th { color: var(--soft); font-weight: 600; white-space: nowrap; } td:first-child { font-weight: 600; }
td.day { white-space: nowrap; font-variant-numeric: tabular-nums; }
tr { break-inside: avoid; }
dl { margin: 3px 0; display: grid; grid-template-columns: minmax(120px, max-content) 1fr; gap: 1px 12px;
  font-size: 12px; }
dt { font-weight: 600; max-width: 250px; } dd { margin: 0; }
svg { display: block; width: 100%; height: auto; margin: 5px 0 2px; } svg text { font-size: 11px; fill: var(--soft); }
svg .name { fill: var(--ink); font-weight: 600; }
.rules { columns: 2; column-gap: 26px; } .rules section { break-inside: avoid; }
.steps td:nth-last-child(2) { min-width: 240px; } .steps td:first-child { white-space: nowrap; }
.rules dl { display: block; } .rules dt, .rules dd { display: inline; }
.rules dd::after { content: ""; display: block; margin-bottom: 3px; }
@media screen and (max-width: 760px) { .rules { columns: 1; } body { padding: 14px; } .scroll { overflow-x: auto; } }
.note { margin-top: 11px; color: var(--soft); font-size: 11px; }
@media print { body { padding: 0; font-size: 7.2pt; line-height: 1.2; max-width: none; } h1 { font-size: 13pt; }
  h2 { font-size: 8.6pt; margin: 4pt 0 1pt; } table, dl { font-size: 6.8pt; }
  p, .about { margin: 1pt 0; font-size: 6.9pt; }  ul { margin: 2pt 0; }
  .lead { padding: 3pt 8pt 3pt 18pt; margin-top: 4pt; } th, td { padding: 0.7pt 6pt 0.7pt 0; }
  .steps td:nth-last-child(2) { min-width: 148pt; } .steps td:nth-last-child(3) { min-width: 112pt; }
  .rules { column-gap: 16pt; } .rules section { break-inside: auto; } .rules dd::after { margin-bottom: 0.5pt; }
  .note { font-size: 6.6pt; margin-top: 4pt; }
  body, svg { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
"""

_COLOURS = ("#7aa6c2", "#2f7fb5", "#2a9d8f", "#e09f3e", "#c8553d", "#7b2d26")
_LEFT, _RIGHT, _ROW = 120, 985, 24
"""The time line's place on a drawing 1,000 units wide; the height of a ladder's row."""


def page_html(page: Page) -> str:
    """The whole document."""
    body = "\n".join(_body(page))
    return (
        f'<!doctype html>\n<html lang="{page.language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{_text(page.title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _text(text: str) -> str:
    return escape(inert(text))


def _lines(text: str) -> str:
    return "<br>".join(_text(line) for line in text.split("\n"))


def _body(page: Page) -> Iterator[str]:
    yield f"<h1>{_text(page.title)}</h1>"
    if page.subtitle:
        yield f'<p class="subtitle">{_text(page.subtitle)}</p>'
    about = "".join(f"<span>{_text(label)}{page.mark} <b>{_text(value)}</b></span>" for label, value in page.about)
    yield f'<p class="about">{about}</p>'
    if page.lead:
        yield '<ul class="lead">' + "".join(f"<li>{_text(said)}</li>" for said in page.lead) + "</ul>"
    for section in page.sections[:2]:
        yield from _section(section, page.mark)
    yield '<div class="rules">'
    for section in page.sections[2:]:
        yield from _section(section, page.mark)
    yield "</div>"
    yield f'<p class="note">{_text(page.note)}</p>'


def _section(section: Section, mark: str) -> Iterator[str]:
    yield f"<section>\n<h2>{_text(section.title)}</h2>"
    for block in section.blocks:
        yield _block(block, mark)
    yield "</section>"


def _block(block: Block, mark: str) -> str:
    match block:
        case Paragraph():
            return f"<p>{_text(block.text)}</p>"
        case Bullets():
            return (
                "<dl>" + "".join(f"<dt>{_text(a)}{mark}</dt> <dd>{_lines(b)}</dd>" for a, b in block.entries) + "</dl>"
            )
        case Table():
            return _table(block)
        case TimeLine():
            return _time_line(block)


def _table(table: Table) -> str:
    head = "".join(f"<th>{_text(column)}</th>" for column in table.columns)
    rows = "".join(
        "<tr>" + "".join(f"<td{_day_class(cell)}>{_lines(cell)}</td>" for cell in row) + "</tr>\n" for row in table.rows
    )
    kind = "scroll steps" if len(table.columns) > 4 else "scroll"
    return f'<div class="{kind}"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>'


def _day_class(cell: str) -> str:
    return ' class="day"' if len(cell) <= 12 else ""


def _time_line(drawing: TimeLine) -> str:
    """Dots on a scale of days, one row a ladder; a colour a stage. The table below says the same in words."""
    days = [mark.day for line in drawing.lines for mark in line.marks]
    if not days:
        return ""
    first, last = min(0, *days), max(30, *days)
    height = _ROW * len(drawing.lines) + 52
    parts = [f'<svg viewBox="0 0 1000 {height}" role="img" aria-label="{_text(drawing.axis)}">']
    base = _ROW * len(drawing.lines) + 8
    for tick in _ticks(first, last):
        x = _x(tick, first, last)
        parts.append(f'<line x1="{x}" y1="4" x2="{x}" y2="{base}" stroke="#d9dfe6"/>')
        parts.append(f'<text x="{x}" y="{base + 13}" text-anchor="middle">{tick}</text>')
    for row, line in enumerate(drawing.lines):
        parts += _row(line, _ROW * row + 16, first, last)
    parts.append(f'<text x="{_RIGHT}" y="{base + 30}" text-anchor="end">{_text(drawing.axis)}</text>')
    parts += _legend(drawing, base + 34)
    return "\n".join([*parts, "</svg>"])


def _row(line: Line, y: int, first: int, last: int) -> Iterator[str]:
    yield f'<text class="name" x="0" y="{y + 4}">{_text(line.name[:18])}</text>'
    if not line.marks:
        return
    ends = [_x(mark.day, first, last) for mark in line.marks]
    yield f'<line x1="{min(ends)}" y1="{y}" x2="{max(ends)}" y2="{y}" stroke="#9fb0c0" stroke-width="2"/>'
    for mark in line.marks:
        colour = _COLOURS[min(mark.rank, len(_COLOURS) - 1)]
        x = _x(mark.day, first, last)
        yield f'<circle cx="{x}" cy="{y}" r="6" fill="{colour}"><title>{_text(mark.label)}</title></circle>'


def _legend(drawing: TimeLine, y: int) -> Iterator[str]:
    x = _LEFT
    for rank, stage in enumerate(drawing.stages):
        colour = _COLOURS[min(rank, len(_COLOURS) - 1)]
        yield f'<circle cx="{x}" cy="{y - 4}" r="5" fill="{colour}"/><text x="{x + 9}" y="{y}">{_text(stage)}</text>'
        x += 34 + 7 * len(stage)


def _x(day: int, first: int, last: int) -> int:
    return _LEFT + (day - first) * (_RIGHT - _LEFT) // max(1, last - first)


def _ticks(first: int, last: int) -> Iterator[int]:
    step = next((step for step in (10, 30, 60, 90, 180) if (last - first) // step <= 9), 365)
    tick = -(-first // step) * step
    while tick <= last:
        yield tick
        tick += step
