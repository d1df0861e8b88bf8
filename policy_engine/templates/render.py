"""`render`: a message's context and a channel into subject, text, page and document."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import TypeAlias

from jinja2 import Environment, TemplateError, nodes
from jinja2.exceptions import SecurityError

from policy_engine.explanation.locale import Language, locale_of
from policy_engine.templates.check import check_source, closure
from policy_engine.templates.context import Carrier, MessageContext
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
from policy_engine.templates.html import as_html, page
from policy_engine.templates.sandbox import (
    TemplateAccountError,
    TemplateLimitError,
    TemplateValueError,
    environment,
    rendered,
)
from policy_engine.templates.source import Folders
from policy_engine.templates.tables import table
from policy_engine.templates.text import as_text
from policy_engine.values.diagnostics import Diagnostic

MAX_SUBJECT = 150
"""Characters of a subject line."""
WHAT_IF: dict[Language, str] = {
    "fr": "SIMULATION : cette étape n'est pas due ; ce message ne doit pas partir.",
    "en": "WHAT-IF: this step isn't due; this message must not leave.",
}


class MessageError(Exception):
    """A message that can't be made. `diagnostics` say where in the templates, when they are at fault."""

    def __init__(self, message: str, diagnostics: tuple[Diagnostic, ...] = ()) -> None:
        super().__init__(message)
        self.diagnostics = diagnostics


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


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A template with all it stands on, checked and ready; `names` are those of the context that any of it reads."""

    env: Environment
    file: str
    shown: str
    names: tuple[str, ...]


@lru_cache(maxsize=200)
def _loaded(name: str, language: Language, channel: Carrier | None, folders: Folders) -> _Loaded:
    """Read and check a template once; files that change later are read by the next process.

    Raises:
        MessageError: there is none, or it has findings.
    """
    file = folders.find(name, language, channel)
    if file is None:
        raise MessageError(
            f"there is no template `{clean(name)[:60]}` in {'French' if language == 'fr' else 'English'}"
        )
    sources, wrong = closure(file, language, folders)
    found = [*wrong, *(one for source in sources for one in check_source(source, language, folders))]
    if found:
        raise MessageError(f"the template `{file}` can't be used: {found[0].message}", tuple(found))
    shown = next(source.shown for source in sources if source.name == file)
    env = environment({source.name: source.text for source in sources}, locale_of(language))
    read = {name.name for source in sources for name in env.parse(source.text).find_all(nodes.Name)}
    return _Loaded(env, file, shown, tuple(name for name in _NAMES if name in read))


def render(
    context: MessageContext,
    channel: Carrier | None = None,
    folders: Folders | None = None,
    tables: dict[str, Written | None] | None = None,
) -> Rendered:
    """A message for a channel: the same template, or the channel's own where there is one.

    Args:
        context: what the template may read.
        channel: which one; the context's own without it.
        folders: where templates are looked for (`Folders.beside(policy.file)`); the shipped set without it.
        tables: those made so far of the same action, which are the same on each of its channels; more are added.

    Raises:
        MessageError: no template for its name and language, a template with mistakes or beyond the limits.
    """
    loaded = _loaded(context.template, context.language, channel or context.channel, folders or Folders())
    try:
        template = loaded.env.get_template(loaded.file)
        printed = rendered(template, _names(context, loaded.names))
    except (TemplateAccountError, TemplateLimitError, TemplateValueError, SecurityError, TemplateError) as error:
        raise MessageError(f"the template `{loaded.file}` can't be rendered: {error}") from error
    head, _, body = printed.replace(TICK, "").lstrip("\n ").partition("\n")
    subject = clean(head.replace(VALUE, "").strip())
    if len(subject) > MAX_SUBJECT:
        subject = subject[: MAX_SUBJECT - 1].rstrip() + "…"
    banner = WHAT_IF[context.language] if context.what_if else None
    tables = {} if tables is None else tables
    written = [*_written(body, context, tables)]
    texts = [] if banner is None else [as_text(Paragraph((banner,)))]
    texts += [text for _, text, _ in written if text is not None]
    html = page(subject, [piece for _, _, piece in written if piece is not None], context.language, banner=banner)
    blocks = tuple([block for block, _, _ in written])
    return Rendered(subject, "\n\n".join(texts) + "\n", html, blocks, loaded.shown, banner)


def _written(body: str, context: MessageContext, tables: dict[str, Written | None]) -> Iterator[Written]:
    for chunk in chunks_of(body):
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


_NAMES = (
    *(field.name for field in fields(MessageContext)),
    *(name for name, member in vars(MessageContext).items() if isinstance(member, property)),
)


def _names(context: MessageContext, names: Sequence[str]) -> Mapping[str, object]:
    """Fields and properties of the context by name: those that the templates read, as some take time to make."""
    return {name: getattr(context, name) for name in names}
