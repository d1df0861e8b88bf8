"""`render`: a message's context and a channel into subject, text, page and document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache

from jinja2 import Environment, TemplateError, nodes
from jinja2.exceptions import SecurityError

from policy_engine.explanation.locale import Language, locale_of
from policy_engine.templates.check import check_source, closure
from policy_engine.templates.context import Carrier, MessageContext
from policy_engine.templates.dates import DATES, Moving, only_prints
from policy_engine.templates.document import clean
from policy_engine.templates.draft import Draft, Rendered, Written
from policy_engine.templates.sandbox import (
    TemplateAccountError,
    TemplateLimitError,
    TemplateValueError,
    environment,
    rendered,
)
from policy_engine.templates.source import Folders
from policy_engine.values.diagnostics import Diagnostic


class MessageError(Exception):
    """A message that can't be made. `diagnostics` say where in the templates, when they are at fault."""

    def __init__(self, message: str, diagnostics: tuple[Diagnostic, ...] = ()) -> None:
        super().__init__(message)
        self.diagnostics = diagnostics


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A template with all it stands on, checked and ready; `names` are those of the context that any of it reads."""

    env: Environment
    file: str
    shown: str
    names: tuple[str, ...]
    dates: frozenset[str]  # those of `dates.DATES` that any of it names
    prints: bool  # whether it only prints them


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
    trees = [env.parse(source.text) for source in sources]
    read = {name.name for tree in trees for name in tree.find_all(nodes.Name)}
    prints = all(map(only_prints, trees))
    return _Loaded(env, file, shown, tuple(name for name in _NAMES if name in read), DATES & read, prints)


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
    return draft(context, channel, folders, tables).first


def draft(
    context: MessageContext,
    channel: Carrier | None = None,
    folders: Folders | None = None,
    tables: dict[str, Written | None] | None = None,
) -> Draft:
    """A message that may leave on several days: as it leaves on that of its context, and what differs on others.

    Raises:
        MessageError: as `render`.
    """
    loaded = _loaded(context.template, context.language, channel or context.channel, folders or Folders())
    moving = {name: Moving(name, getattr(context, name)) for name in loaded.dates} if loaded.prints else {}
    try:
        template = loaded.env.get_template(loaded.file)
        printed = rendered(template, {**_names(context, loaded.names), **moving})
    except (TemplateAccountError, TemplateLimitError, TemplateValueError, SecurityError, TemplateError) as error:
        raise MessageError(f"the template `{loaded.file}` can't be rendered: {error}") from error
    except TypeError as error:  # a comparison, a test or a filter: a template can do nothing else with values
        why = "it compares or counts values that can't be compared or counted, amounts or dates with numbers say"
        raise MessageError(f"the template `{loaded.file}` can't be rendered: {why} ({error})") from error
    made = {} if tables is None else tables
    return Draft(context, printed, made, loaded.shown, loaded.dates, prints=loaded.prints)


_NAMES = (
    *(field.name for field in fields(MessageContext)),
    *(name for name, member in vars(MessageContext).items() if isinstance(member, property)),
)


def _names(context: MessageContext, names: Sequence[str]) -> Mapping[str, object]:
    """Fields and properties of the context by name: those that the templates read, as some take time to make."""
    return {name: getattr(context, name) for name in names}
