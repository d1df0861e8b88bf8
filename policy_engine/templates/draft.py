"""What a template printed becomes a message: subject, text, page, blocks; and what of them differs on another day."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from policy_engine.explanation.locale import Language, locale_of
from policy_engine.templates.context import MessageContext
from policy_engine.templates.dates import MOVES, Dates, Moved, Moving
from policy_engine.templates.document import (
    TICK,
    VALUE,
    Block,
    Paragraph,
    Space,
    TableAsked,
    blocks_of,
    chunks_of,
    clean,
    remembered,
)
from policy_engine.templates.html import BODY, TITLE, as_html, page, title
from policy_engine.templates.sandbox import long_date, shown
from policy_engine.templates.tables import table
from policy_engine.templates.text import as_text

MAX_SUBJECT = 150
"""Characters of a subject line."""
WHAT_IF: dict[Language, str] = {
    "fr": "SIMULATION : cette étape n'est pas due ; ce message ne doit pas partir.",
    "en": "WHAT-IF: this step isn't due; this message must not leave.",
}


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message ready for its channel.

    Attributes:
        subject: one line without line breaks, at most `MAX_SUBJECT` characters.
        text: plain text, ends with a line end.
        html: a whole page that loads nothing.
        blocks: the same as a document, for letters.
        template: the file whose words they are, as findings name it.
        banner: what must stand at the head of a what-if, else None; text and page have it already.
    """

    subject: str
    text: str
    html: str
    blocks: tuple[Block, ...]
    template: str
    banner: str | None = None


Written: TypeAlias = tuple[Block, str | None, str | None]
"""A block with its text and its piece of a page, as far as it has them."""


class Changes(NamedTuple):
    """Where a message of another day differs from the first: paths and texts, a number being a line; and its blocks."""

    subject: str
    texts: Sequence[tuple[tuple[str | int, ...], str]]
    blocks: Mapping[int, Block]


class _Marked(NamedTuple):
    """A chunk with marks: what it is on the first day, and where its blocks and lines begin in the message."""

    chunk: str
    written: Sequence[Written]
    place: int
    line: int
    page_line: int


class Draft:
    """A message with marks in place of the dates of the day on which it leaves, where its template only prints them.

    Attributes:
        first: the message as it leaves on the day of its context.
        dates: those of `dates.DATES` that its words name.

    Args:
        context: of the first day.
        printed: what the template printed, with marks.
        tables: those made so far of the same action; more are added.
        file: whose words they are.
        dates: as above.
        prints: whether the template only prints them; else there are no marks.
    """

    def __init__(
        self,
        context: MessageContext,
        printed: str,
        tables: dict[str, Written | None],
        file: str,
        dates: frozenset[str],
        *,
        prints: bool,
    ) -> None:
        self.dates = dates
        self._prints = prints
        self._context = context
        self._tables = tables
        self._head, _, body = printed.replace(TICK, "").lstrip("\n ").partition("\n")
        moved = moved_to(context.language, Dates(context.sent_on, context.pay_by, context.pay_days))
        banner = WHAT_IF[context.language] if context.what_if else None
        texts = [] if banner is None else [as_text(Paragraph((banner,)))]
        pieces = list[str]()
        blocks = list[Block]()
        self._marked = list[_Marked]()
        for chunk in chunks_of(body):
            marked = MOVES in chunk
            written = [*_written(moved.put(chunk) if marked else chunk, context, tables)]
            if marked:
                line = sum([text.count("\n") + 2 for text in texts])
                page_line = BODY + (banner is not None) + sum([piece.count("\n") + 1 for piece in pieces])
                self._marked.append(_Marked(chunk, written, len(blocks), line, page_line))
            blocks += [block for block, _, _ in written]
            texts += [text for _, text, _ in written if text is not None]
            pieces += [piece for _, _, piece in written if piece is not None]
        subject = _subject(self._head, moved)
        html = page(subject, pieces, context.language, banner=banner)
        self.first = Rendered(subject, "\n\n".join(texts) + "\n", html, tuple(blocks), file, banner)

    def on(self, dates: Dates) -> Changes | None:
        """What differs on another day; None when the message must be made anew for it."""
        if not self._prints:
            return None
        moved = moved_to(self._context.language, dates)
        texts = list[tuple[tuple[str | int, ...], str]]()
        blocks = dict[int, Block]()
        subject = self.first.subject
        if MOVES in self._head:
            subject = _subject(self._head, moved)
            texts += [(("subject",), subject), (("html", TITLE), title(subject))]
        for one in self._marked:
            now = [*_written(moved.put(one.chunk), self._context, self._tables)]
            differ = _differing(("text", one.line), _text(one.written), _text(now))
            differ_there = _differing(("html", one.page_line), _page(one.written), _page(now))
            if differ is None or differ_there is None:
                return None
            texts += [*differ, *differ_there]
            blocks |= {one.place + at: block for at, (block, _, _) in enumerate(now) if block != one.written[at][0]}
        return Changes(subject, texts, blocks)


def _subject(head: str, moved: Moved) -> str:
    subject = clean(moved.put(head).replace(VALUE, "").strip())
    return subject if len(subject) <= MAX_SUBJECT else subject[: MAX_SUBJECT - 1].rstrip() + "…"


def _text(written: Sequence[Written]) -> list[str]:
    return "\n\n".join([text for _, text, _ in written if text is not None]).split("\n")


def _page(written: Sequence[Written]) -> list[str]:
    return "\n".join([piece for _, _, piece in written if piece is not None]).split("\n")


def _differing(
    start: tuple[str, int], old: Sequence[str], new: Sequence[str]
) -> list[tuple[tuple[str | int, ...], str]] | None:
    """The lines that differ, by part and number; None when there aren't as many."""
    if len(old) != len(new):
        return None
    part, first = start
    return [((part, first + at), line) for at, line in enumerate(new) if line != old[at]]


def _written(chunk: str, context: MessageContext, tables: dict[str, Written | None]) -> Iterator[Written]:
    for one in _chunk(chunk):
        if not isinstance(one, TableAsked):
            yield one
            continue
        if one.name not in tables:
            made = table(one.name, context)
            tables[one.name] = None if made is None else (made, as_text(made), as_html(made))
        known = tables[one.name]
        if known is not None:
            yield known


@remembered
def _chunk(chunk: str) -> tuple[Written | TableAsked, ...]:
    """What stands between two blank lines; room for a signature shows in letters alone."""
    return tuple(
        [
            block
            if isinstance(block, TableAsked)
            else (block, None, None)
            if isinstance(block, Space)
            else (block, as_text(block), as_html(block))
            for block in blocks_of(chunk)
        ]
    )


@lru_cache(maxsize=1000)
def moved_to(language: Language, dates: Dates) -> Moved:
    """The dates of a day as a language writes them."""
    locale = locale_of(language)
    texts = [(Moving("pay_days", dates.pay_days).mark, shown(dates.pay_days, locale))]
    for name, day in (("sent_on", dates.sent_on), ("pay_by", dates.pay_by)):
        texts += [(Moving(name, day).mark, shown(day, locale))]
        texts += [(Moving(name, day, in_words=True).mark, long_date(day, language))]
    return Moved(tuple(texts))
