"""The page as Markdown (GitHub's tables), for a wiki or a pull request. Author's words format and link nothing."""

import re
from collections.abc import Iterator

from policy_engine.description.page import Block, Bullets, Page, Paragraph, Table, TimeLine
from policy_engine.reporting import markdown
from policy_engine.values.text import inert

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#~|!])")
_ACTIVE = re.compile(r"[@:]\w|://|www\.|\bGH-\d|#\d|\b(?=\d*[a-f])[0-9a-f]{7,64}\b|&\w+;|\$.*\$", re.IGNORECASE)
"""What renderers turn into a mention, a link, a reference or a sign even when it is escaped."""


def page_markdown(page: Page) -> str:
    """The whole document."""
    return "\n".join(_lines(page)).rstrip() + "\n"


def _lines(page: Page) -> Iterator[str]:
    yield f"# {_text(page.title)}"
    yield ""
    if page.subtitle:
        yield from (_text(page.subtitle), "")
    yield " · ".join(f"{_text(label)}{page.mark} **{_text(value)}**" for label, value in page.about)
    yield ""
    for said in page.lead:
        yield f"- {_text(said)}"
    yield ""
    for section in page.sections:
        yield from (f"## {_text(section.title)}", "")
        for block in section.blocks:
            yield from _block(block, page.mark)
    yield f"*{_text(page.note)}*"


def _block(block: Block, mark: str) -> Iterator[str]:
    match block:
        case Paragraph():
            yield from (_text(block.text), "")
        case Bullets():
            for lead, said in block.entries:
                yield f"- **{_text(lead)}**{mark} {_text(said)}" if lead else f"- {_text(said)}"
            yield ""
        case Table():
            cells = [[_cell(cell) for cell in row] for row in block.rows]
            yield from markdown.table([_text(column) for column in block.columns], cells)
            yield ""
        case TimeLine():
            return  # the table that follows says the same


def _cell(text: str) -> str:
    return "<br>".join(_text(line) for line in text.split("\n"))


def _text(text: str) -> str:
    shown = inert(text.replace("\n", " "))
    if _ACTIVE.search(shown):
        return markdown.code(shown, longest=len(shown))
    return _SPECIAL.sub(r"\\\1", shown)
