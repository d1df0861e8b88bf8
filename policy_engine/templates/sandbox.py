"""The Jinja2 environment: closed by an allow-list of what a template may say, and the immutable sandbox below it.

Three walls, each enough alone for most attacks: `allowed` refuses every construct that isn't listed (no calls, no
arithmetic but sums, no text building), Jinja2's `ImmutableSandboxedEnvironment` with intercepted operators refuses what
slips through, and `rendered` counts turns of loops and characters.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from itertools import islice
from typing import Any

from jinja2 import BaseLoader, Environment, StrictUndefined, Template, TemplateNotFound, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from policy_engine.explanation.locale import Locale
from policy_engine.templates import context as readable
from policy_engine.templates.context import Money, Rate
from policy_engine.templates.dates import MOVES, Moving
from policy_engine.templates.document import VALUE, clean
from policy_engine.templates.trees import is_plain, put_in, tick
from policy_engine.values.accounts import iban_in
from policy_engine.values.text import inert

MAX_SOURCE = 64_000
"""Characters of a template."""
MAX_OUTPUT = 200_000
"""Characters that a template may print; tables are made apart."""
MAX_CHUNKS = 50_000
"""Pieces of output, turns of loops included."""
_BATCH = 500
"""Pieces between two looks at the bounds, each a constant of the template or a value of `LONGEST_VALUE` characters."""
MAX_DEPTH = 30
"""Nested constructs of a template."""
MAX_LOOPS = 2
"""Loops inside one another."""

ALLOWED: frozenset[type[nodes.Node]] = frozenset(
    {
        nodes.Template, nodes.Output, nodes.TemplateData, nodes.Extends, nodes.Include, nodes.Block, nodes.If,
        nodes.For, nodes.Assign, nodes.Name, nodes.Const, nodes.Getattr, nodes.Filter, nodes.Test, nodes.CondExpr,
        nodes.And, nodes.Or, nodes.Not, nodes.Compare, nodes.Operand, nodes.Add, nodes.Sub, nodes.Neg,
    }
)  # fmt: skip
"""Everything else is refused: calls, subscripts, macros, literals of lists, products, powers, text building."""
FILTERS = frozenset({"long_date", "upper", "length", "count", "plural", "first", "last"})
TESTS = frozenset({"none"})

_FIGURE, _BREAK = "\ue002", "\ue003"
"""Stands before whole numbers until they are looked at; stands for a value of the data."""
_SHORT = 4
"""Characters of a value, its mark included, that could be a piece of an account."""
_FIGURES = re.compile(r"\d(?:(?:[^\w\ue003]|_)*\d){5}")
"""Six digits in a row, whatever stands between them: with fewer nothing is an IBAN but rare ones of mostly letters."""

MONTHS = {
    "fr": [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
}


class TemplateLimitError(Exception):
    """A template that prints or loops beyond the bounds."""


class TemplateAccountError(Exception):
    """A template whose words and figures together print a bank account."""


class TemplateValueError(Exception):
    """A value that can't be shown: missing, or of a kind without a text."""


def long_date(day: date, language: str) -> str:
    """A date in words: `22 novembre 2026`, `1er juillet 2026`, `22 November 2026`."""
    first = "1er" if day.day == 1 and language == "fr" else str(day.day)
    return f"{first} {MONTHS[language][day.month - 1]} {day.year}"


def shown(value: object, locale: Locale) -> str:
    """A value as the language writes it, on one line.

    Raises:
        TemplateValueError: missing, or of a kind that has no text of its own.
    """
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Money):
        return locale.amount(value.minor, value.currency)
    if isinstance(value, Rate):
        return locale.percent(value.ppm)
    if isinstance(value, date):
        return locale.day(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return locale.count(value)
    if value is None:
        raise TemplateValueError("a value is missing: ask `{% if ... %}` before it is printed")
    raise TemplateValueError(f"a {type(value).__name__} has no text: print one of its fields")


_FIELDS: Mapping[type, frozenset[str]] = {
    one: frozenset(field.name for field in fields(one))
    for one in vars(readable).values()
    if isinstance(one, type) and is_dataclass(one) and one.__module__ == readable.__name__
}
"""Fields of our own values, none of which holds anything that can be called: what templates read."""


class _Sandbox(ImmutableSandboxedEnvironment):
    """Sums of whole numbers and amounts of one currency are the only arithmetic."""

    plain: Mapping[str, str] = {}
    """Texts of the templates that are put into others at once (`trees.put_in`)."""
    intercepted_binops = frozenset(ImmutableSandboxedEnvironment.default_binop_table)
    intercepted_unops = frozenset(ImmutableSandboxedEnvironment.default_unop_table)

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._ready: dict[str, Template] = {}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        def ticking(text: str) -> nodes.Template:
            tree = parse(text, name, filename)
            tick(tree)
            return tree

        parse = super()._parse
        tree = ticking(source)
        put_in(tree, self.plain, ticking, MAX_SOURCE)
        return tree

    def get_template(self, name: Any, parent: str | None = None, globals: Any = None) -> Template:  # noqa: A002
        """A template of the environment; compiled once, as its text never changes."""
        found = self._ready.get(name)
        if found is None:
            found = self._ready[name] = super().get_template(name, parent, globals)
        return found

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A field of our own values at once; anything else as the library and `is_safe_attribute` have it."""
        if attribute in _FIELDS.get(type(obj), ()):
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Sums and differences of whole numbers, or of amounts of one currency."""
        del context
        sign = {"+": 1, "-": -1}.get(operator)
        if sign is not None and type(left) is int and type(right) is int:
            return left + sign * right
        if (
            sign is not None
            and isinstance(left, Money)
            and isinstance(right, Money)
            and left.currency == right.currency
        ):
            return Money(left.minor + sign * right.minor, left.currency)
        raise SecurityError(f"`{operator}` is not allowed between these values")

    def call_unop(self, context: Any, operator: str, arg: Any) -> Any:
        """The negative of a whole number or an amount."""
        del context
        if operator == "-" and type(arg) is int:
            return -arg
        if operator == "-" and isinstance(arg, Money):
            return Money(-arg.minor, arg.currency)
        raise SecurityError(f"`{operator}` is not allowed here")

    def is_safe_callable(self, obj: Any) -> bool:
        """Nothing is called."""
        del obj
        return False

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Fields of our own values only: no method, of texts neither; and the turn of a loop."""
        if isinstance(obj, LoopContext):
            return attr in ("index", "first", "last")
        return not callable(value) and type(obj).__module__ == "policy_engine.templates.context" and attr[:1] != "_"


class _Sources(BaseLoader):
    """Templates by name, from texts that were read and checked before."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self._sources = sources

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Any]:
        """The text of a template."""
        del environment
        if template not in self._sources:
            raise TemplateNotFound(template)
        return self._sources[template], template, None


def environment(sources: Mapping[str, str], locale: Locale) -> Environment:
    """An environment for templates of one language; nothing but `sources` can be loaded."""
    env = _Sandbox(
        loader=_Sources(sources),
        undefined=StrictUndefined,
        autoescape=False,  # every output format escapes for itself
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
        finalize=_marking(locale),
        cache_size=100,
        optimized=False,
    )
    env.globals.clear()
    env.filters = {
        "long_date": lambda day: (
            day._replace(in_words=True) if type(day) is Moving else long_date(day, locale.language)
        ),
        "upper": lambda text: str(text).upper(),
        "length": len,
        "count": len,
        "plural": lambda number, one, many: (
            one if abs(number) < 2 and (locale.language == "fr" or number == 1) else many
        ),
        "first": lambda items: items[0] if items else None,
        "last": lambda items: items[-1] if items else None,
    }
    env.tests = {name: found for name, found in env.tests.items() if name in TESTS}
    env.plain = {name: source for name, source in sources.items() if is_plain(env.parse(source))}
    return env


def _marking(locale: Locale) -> Callable[[object], str]:
    """Writes a value with its marks."""

    def marked(value: object) -> str:
        if type(value) is str:
            return VALUE + clean(value)
        if type(value) is Moving:  # the figures that it has today stand behind its mark, for `rendered` to look at
            return VALUE + value.mark + (str(value.value) if type(value.value) is int else "")
        return (VALUE + _FIGURE if type(value) is int else VALUE) + shown(value, locale)

    return marked


def refused(tree: nodes.Template) -> Iterator[tuple[int, str]]:
    """(line, what) of everything in a parsed template that isn't allowed."""
    yield from _refused(tree, 0, 0)


def _refused(node: nodes.Node, depth: int, loops: int) -> Iterator[tuple[int, str]]:
    if depth > MAX_DEPTH:
        yield node.lineno, f"more than {MAX_DEPTH} constructs inside one another"
        return
    if type(node) not in ALLOWED:
        yield node.lineno, f"{_WORDS.get(type(node).__name__, type(node).__name__)} can't be used in a template"
        return
    if isinstance(node, nodes.For):
        loops += 1
        if loops > MAX_LOOPS:
            yield node.lineno, f"more than {MAX_LOOPS} loops inside one another"
        if node.recursive or node.test is not None or not isinstance(node.target, nodes.Name):
            yield node.lineno, "a loop is `{% for NAME in LIST %}`, without `if` or `recursive`"
    elif isinstance(node, nodes.Filter) and node.name not in FILTERS:
        yield node.lineno, f"there is no filter `{inert(node.name)[:40]}` (known: {', '.join(sorted(FILTERS))})"
    elif isinstance(node, nodes.Test) and node.name not in TESTS:
        yield node.lineno, f"there is no test `{inert(node.name)[:40]}` (known: {', '.join(sorted(TESTS))})"
    elif isinstance(node, nodes.Extends | nodes.Include) and not isinstance(node.template, nodes.Const):
        yield node.lineno, "a template names another one by a plain text"
    elif isinstance(node, nodes.Assign) and not isinstance(node.target, nodes.Name):
        yield node.lineno, "`set` gives one name a value"
    for child in node.iter_child_nodes():
        yield from _refused(child, depth + 1, loops)


_WORDS = {
    "Call": "calling something", "Getitem": "a subscript `[...]`", "Macro": "a macro", "CallBlock": "a call block",
    "FilterBlock": "a filter block", "AssignBlock": "a `set` block", "Import": "an import", "FromImport": "an import",
    "Mul": "a product", "Div": "a division", "FloorDiv": "a division", "Mod": "`%`", "Pow": "a power",
    "Concat": "`~`", "List": "a list", "Dict": "a mapping", "Tuple": "a tuple", "With": "a `with` block",
    "NSRef": "a namespace", "ScopedEvalContextModifier": "an autoescape block", "Slice": "a slice",
}  # fmt: skip


def rendered(template: Template, names: Mapping[str, object]) -> str:
    """What a template prints.

    Raises:
        TemplateLimitError: more than `MAX_OUTPUT` characters or `MAX_CHUNKS` pieces.
        TemplateAccountError: what the template says itself is an IBAN, put together from pieces.
        jinja2.TemplateError: an unknown name, or something that the sandbox refuses.
    """
    pieces: list[str] = []
    own: list[str] = []  # what the template says: its words, whole numbers (it may add them up), the shortest texts
    size = 0
    making = template.generate(names)
    while batch := list(islice(making, _BATCH)):
        pieces += batch
        size += sum(map(len, batch))
        if size > MAX_OUTPUT or len(pieces) > MAX_CHUNKS + 1:
            raise TemplateLimitError(f"more than {MAX_OUTPUT} characters or {MAX_CHUNKS} turns of loops")
    for place, piece in enumerate(pieces):
        if piece[:1] != VALUE:
            own.append(piece)
        elif piece[1:2] == _FIGURE:
            own.append(piece[2:])
            pieces[place] = VALUE + piece[2:]
        elif piece[1:2] == MOVES:
            own.append(piece[3:] or _BREAK)
            pieces[place] = piece[:3]
        else:
            own.append(piece[1:] if len(piece) <= _SHORT else _BREAK)
    _no_account("".join(own))
    return "".join(pieces)


def _no_account(own: str) -> None:
    """Refuse words and figures that together are an IBAN; values of the data part them."""
    if _FIGURES.search(own) is not None and any(map(iban_in, own.split(_BREAK))):
        raise TemplateAccountError("its words together are a bank account, which no template may hold")
