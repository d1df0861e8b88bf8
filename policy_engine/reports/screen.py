"""Lines and tables for a terminal of some width, as text. Rich is loaded here and nowhere else, and reads no markup."""

from collections.abc import Sequence
from io import StringIO
from typing import Literal, TypeAlias

from policy_engine.explanation.sentences import Words
from policy_engine.values.text import inert

NARROWEST = 60
"""Below this width tables can't be read anyway."""
_LEAST = 8
"""Fewest characters of a column that has to give way."""
_NAME = 18
"""Characters of a text that should be seen."""

Column: TypeAlias = tuple[str, Literal["left", "right", "cut", "wide"]]
"""A heading and its kind: `cut` gets what is left and ends with an ellipsis, `wide` shares what is left and folds."""


class Screen:
    """Where lines and tables are put: a rich console that writes into text."""

    def __init__(self, words: Words, width: int, limit: int, *, colour: bool) -> None:
        from rich.console import Console

        self.words = words
        self.limit = limit
        self.width = max(NARROWEST, width)
        self._file = StringIO()
        self._console = Console(
            file=self._file,
            width=self.width,
            force_terminal=colour,
            color_system="standard" if colour else None,
            no_color=not colour,
            highlight=False,
            markup=False,
            emoji=False,
            legacy_windows=False,
            _environ={},
        )

    def line(self, text: str = "", style: str | None = None, *, whole: bool = False) -> None:
        """A line of text, folded at the width; `whole` leaves it in one piece, to be copied."""
        from rich.text import Text

        self._console.print(Text(text, style=style or ""), soft_wrap=whole)

    def title(self, key: str, **facts: object) -> None:
        """A blank line and a heading."""
        self.line()
        self.line(self.words.say(key, **facts), style="bold")

    def table(
        self, columns: Sequence[Column], rows: Sequence[Sequence[str]], *, indent: int = 2, last: str | None = None
    ) -> None:
        """Rows below their headings, every text inert, as wide as their widest cell; `last` styles the last row."""
        from rich.cells import cell_len, set_cell_size
        from rich.padding import Padding
        from rich.table import Table
        from rich.text import Text

        cells = [[inert(cell) for cell in row] for row in rows]
        widest = _widest(columns, cells)
        gap = 2 if self.fits(columns, rows, indent=indent) else 1
        flexible = [place for place, (_, kind) in enumerate(columns) if kind in ("cut", "wide")]
        left = _left(self.width - indent, columns, widest, flexible, gap)
        if left < _LEAST * len(flexible):  # figures are never cut: texts fold instead
            flexible = [place for place, (_, kind) in enumerate(columns) if kind != "right"]
            left = _left(self.width - indent, columns, widest, flexible, gap)
        widths = dict(enumerate(widest)) | _share(left, {place: widest[place] for place in flexible})
        table = Table(box=None, padding=(0, gap, 0, 0), show_edge=False, pad_edge=False, header_style="dim")
        for place, (heading, kind) in enumerate(columns):
            justify: Literal["left", "right"] = "right" if kind == "right" else "left"
            table.add_column(
                Text(heading), justify=justify, overflow="fold", no_wrap=kind in ("right", "cut"), width=widths[place]
            )
        for number, row in enumerate(cells, start=1):
            shown = [
                set_cell_size(text, widths[place] - 1) + "…"
                if columns[place][1] == "cut" and cell_len(text) > widths[place]
                else text
                for place, text in enumerate(row)
            ]
            table.add_row(*map(Text, shown), style=last if number == len(cells) else None)
        self._console.print(Padding(table, (0, 0, 0, indent)))

    def fits(self, columns: Sequence[Column], rows: Sequence[Sequence[str]], *, indent: int = 2) -> bool:
        """Whether no column has to fold or be cut to less than a name's width."""
        widest = _widest(columns, [[inert(cell) for cell in row] for row in rows])
        flexible = [place for place, (_, kind) in enumerate(columns) if kind in ("cut", "wide")]
        left = _left(self.width - indent, columns, widest, flexible, 2)
        return left >= sum(min(widest[place], _NAME) for place in flexible)

    def more(self, left: int) -> None:
        """Say how many rows were cut."""
        if left > 0:
            self.line("  " + self.words.say("report.more", count=self.words.locale.count(left)), style="dim")

    def text(self) -> str:
        """All that was printed, without blanks at the ends of lines."""
        return "\n".join(line.rstrip() for line in self._file.getvalue().split("\n"))


def _widest(columns: Sequence[Column], cells: Sequence[Sequence[str]]) -> list[int]:
    from rich.cells import cell_len

    return [
        max(cell_len(text) for text in (heading, *(row[place] for row in cells)))
        for place, (heading, _) in enumerate(columns)
    ]


def _left(width: int, columns: Sequence[Column], widest: Sequence[int], flexible: Sequence[int], gap: int) -> int:
    """What the columns that can't give way leave to the others."""
    return width - gap * len(columns) - sum(size for place, size in enumerate(widest) if place not in flexible)


def _share(left: int, wanted: dict[int, int]) -> dict[int, int]:
    """Widths of the flexible columns: what each wants while there is room, the same for those that want more."""
    widths: dict[int, int] = {}
    for position, (place, width) in enumerate(sorted(wanted.items(), key=lambda pair: pair[1])):
        widths[place] = min(width, max(_LEAST, left // (len(wanted) - position)))
        left -= widths[place]
    return widths
