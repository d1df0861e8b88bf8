"""Reads a template without running it: what it may not say, names it doesn't know, values that may be missing.

What `check_source` lets pass can be rendered for every message of its kind: each name exists, each value that may be
missing is asked for before it is printed, nothing outside the allow-list is used, no bank account is in it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from jinja2 import TemplateSyntaxError, nodes

from policy_engine.explanation.locale import Language, locale_of
from policy_engine.templates.context import Loop, MessageContext
from policy_engine.templates.document import TABLE
from policy_engine.templates.sandbox import environment, refused
from policy_engine.templates.source import Folders, Source, TemplateFileError
from policy_engine.templates.tables import TABLES
from policy_engine.templates.types import ANYTHING, Kind, kind_of, printable
from policy_engine.values.accounts import account_in
from policy_engine.values.diagnostics import Diagnostic, did_you_mean, in_order
from policy_engine.values.position import Position

_TAGS = re.compile(r"\{#.*?(?:#\}|\Z)|\{%.*?(?:%\}|\Z)|\{\{.*?(?:\}\}|\Z)", re.DOTALL)
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_UNSEEN = "\u200b"
_ASKED_TABLE = re.compile(r"^[ \t]*\[table:?[^\]\n]*\]?[ \t]*$", re.MULTILINE)
MAX_FILES = 20
"""Templates that one may stand on, through `extends` and `include`."""


def check_source(source: Source, language: Language, folders: Folders) -> tuple[Diagnostic, ...]:
    """Every finding in one file, what it extends and includes only as far as they exist."""
    found = list(_accounts(source))
    try:
        tree = environment({}, locale_of(language)).parse(source.text)
    except TemplateSyntaxError as error:
        line = error.lineno or 1
        found.append(_finding(source, "DUN444", line, "", f"not a template: {_lower(error.message or 'syntax')}"))
        return in_order(found)
    except (RecursionError, MemoryError):
        found.append(
            _finding(source, "DUN444", 1, "", "not a template: its constructs lie too deep inside one another")
        )
        return in_order(found)
    unwanted = [_finding(source, "DUN443", line, "", message) for line, message in refused(tree)]
    if unwanted:
        return in_order([*found, *unwanted])
    found += _tables(source)
    found += _others(source, tree, language, folders)
    scope = _Scope(dict(kind_of(MessageContext).known_fields or {}))
    found += _Walk(source).body(tree.body, scope)
    return in_order(found)


def closure(file: str, language: Language, folders: Folders) -> tuple[list[Source], list[Diagnostic]]:
    """A template with all that it extends and includes, and what keeps them from being read."""
    found: dict[str, Source] = {}
    wrong: list[Diagnostic] = []
    waiting = [file]
    on_the_way: dict[str, list[str]] = {}
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        try:
            source = folders.read(name, language)
        except TemplateFileError as error:
            wrong.append(Diagnostic("DUN446", "error", f"`{error.place}`: {error}", Position(error.place, 1, 1)))
            continue
        if source is None:
            continue  # said where it is named
        found[name] = source
        on_the_way[name] = [str(node.template.value) for node in _named(source, language)]  # type: ignore[attr-defined]
        if len(found) > MAX_FILES:
            wrong.append(_finding(source, "DUN447", 1, "", f"more than {MAX_FILES} templates stand on one another"))
            break
        waiting += on_the_way[name]
    wrong += [
        _finding(source, "DUN447", 1, "", f"`{name}` extends or includes itself in the end")
        for name, source in found.items()
        if _circle(name, on_the_way)
    ]
    return list(found.values()), wrong


def _circle(name: str, named: Mapping[str, Sequence[str]]) -> bool:
    seen: set[str] = set()
    waiting = list(named.get(name, ()))
    while waiting:
        one = waiting.pop()
        if one == name:
            return True
        if one not in seen:
            seen.add(one)
            waiting += named.get(one, ())
    return False


def _named(source: Source, language: Language) -> list[nodes.Node]:
    try:
        tree = environment({}, locale_of(language)).parse(source.text)
    except (TemplateSyntaxError, RecursionError, MemoryError):
        return []
    wanted = tree.find_all((nodes.Extends, nodes.Include))
    return [node for node in wanted if isinstance(node.template, nodes.Const)]  # type: ignore[attr-defined]


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:].rstrip(".")


def _finding(source: Source, code: str, line: int, word: str, message: str, hint: str | None = None) -> Diagnostic:
    """A finding at a word of a line; at the line's first character when the word isn't in it."""
    lines = source.text.split("\n")
    text = lines[line - 1] if 1 <= line <= len(lines) else ""
    place = re.search(rf"(?<![\w]){re.escape(word)}(?!\w)", text) if word else None
    column, length = (place.start() + 1, len(word)) if place else (len(text) - len(text.lstrip()) + 1, 1)
    return Diagnostic(code, "error", message, Position(source.shown, line, column, length), hint, text)


def _accounts(source: Source) -> Iterator[Diagnostic]:
    """Bank accounts: who may write templates must not be able to say where money goes.

    What stands between the parts of a number doesn't matter: comments, tags, the quotes of a text that is printed.
    """
    left = _TAGS.sub(lambda tag: _quoted(tag[0]), source.text)
    begin = 0
    while (found := account_in(left[begin:])) is not None:
        start, end = begin + found[0], begin + found[1]
        line = source.text.count("\n", 0, start) + 1
        first = source.text.rfind("\n", 0, start) + 1
        shown = source.text[first:].split("\n", 1)[0]
        yield Diagnostic(
            "DUN445",
            "error",
            "this looks like a bank account, which no template may hold",
            Position(source.shown, line, start - first + 1, min(end, first + len(shown)) - start),
            "bank details stand in the operator's file: print `payee.last_four`; a telephone number is `sender.phone`",
            shown,
        )
        begin = max(end, first + len(shown))  # one finding a line


def _quoted(tag: str) -> str:
    """The texts in quotes of a tag, each in its place; unseen characters for all the rest."""
    made = [_UNSEEN] * len(tag)
    if not tag.startswith("{#"):
        for match in _QUOTED.finditer(tag):
            made[match.start() + 1 : match.end() - 1] = match[0][1:-1]
    return "".join(made)


def _tables(source: Source) -> Iterator[Diagnostic]:
    for match in _ASKED_TABLE.finditer(source.text):
        name = TABLE.fullmatch(match[0].strip())
        line = source.text.count("\n", 0, match.start()) + 1
        if name is None or name[1] not in TABLES:
            known = ", ".join(TABLES)
            wanted = "" if name is None else name[1]
            hint = did_you_mean(wanted, TABLES) or f"tables: {known}"
            yield _finding(source, "DUN441", line, wanted, f"`{match[0].strip()[:60]}` is no table of a message", hint)


def _others(source: Source, tree: nodes.Template, language: Language, folders: Folders) -> Iterator[Diagnostic]:
    for node in tree.find_all((nodes.Extends, nodes.Include)):
        name = str(node.template.value)  # type: ignore[attr-defined]
        try:
            missing = folders.read(name, language) is None
        except TemplateFileError:
            missing = False  # said of that file
        if missing:
            message = f"there is no template `{name[:60]}` in {'French' if language == 'fr' else 'English'}"
            yield _finding(
                source, "DUN447", node.lineno, name, message, "write it as `base.jinja`, a file of this folder"
            )


@dataclass
class _Scope:
    """Names in force and their types; `asked` holds the paths that are known to be there."""

    names: dict[str, Kind]
    asked: frozenset[str] = frozenset()

    def inside(self, asked: frozenset[str] = frozenset()) -> "_Scope":
        return _Scope(dict(self.names), self.asked | asked)


@dataclass
class _Walk:
    """Types a template from top to bottom, collecting findings."""

    source: Source
    found: list[Diagnostic] = field(default_factory=list)

    def body(self, body: Sequence[nodes.Node], scope: _Scope) -> list[Diagnostic]:
        for node in body:
            self._statement(node, scope)
        return self.found

    def _statement(self, node: nodes.Node, scope: _Scope) -> None:
        if isinstance(node, nodes.Output):
            for part in node.nodes:
                if not isinstance(part, nodes.TemplateData):
                    self._printed(part, scope)
        elif isinstance(node, nodes.If):
            self._if(node, scope)
        elif isinstance(node, nodes.For):
            self._for(node, scope)
        elif isinstance(node, nodes.Assign) and isinstance(node.target, nodes.Name):
            kind = self.kind(node.node, scope)
            scope.names[node.target.name] = kind
            scope.asked -= {path for path in scope.asked if path.split(".")[0] == node.target.name}
        elif isinstance(node, nodes.Block):
            self.body(node.body, _Scope(dict(scope.names), scope.asked) if not node.scoped else scope.inside())

    def _printed(self, node: nodes.Expr, scope: _Scope) -> None:
        if isinstance(node, nodes.CondExpr):
            self.kind(node.test, scope)
            self._printed(node.expr1, scope.inside(_asked(node.test)))
            if node.expr2 is None:
                self._say("DUN442", node, "", "the `if` without `else` prints nothing when it is false", "add `else`")
            else:
                self._printed(node.expr2, scope.inside(_denied(node.test)))
            return
        kind = self.kind(node, scope)
        if kind.optional:
            path = _path(node) or "the value"
            hint = f"write `{{% if {path} %}} ... {{% endif %}}` around it"
            self._say("DUN442", node, path.split(".")[-1], f"`{path}` may be missing", hint)
        elif not printable(kind):
            path = _path(node) or "this"
            what = "a list" if kind.cls is tuple else "no text"
            self._say("DUN442", node, path.split(".")[-1], f"`{path}` is {what} and can't be printed", _fields(kind))

    def _if(self, node: nodes.If, scope: _Scope) -> None:
        self.kind(node.test, scope)
        self.body(node.body, scope.inside(_asked(node.test)))
        rest = scope.inside(_denied(node.test))
        for other in node.elif_:
            self.kind(other.test, rest)
            self.body(other.body, rest.inside(_asked(other.test)))
            rest = rest.inside(_denied(other.test))
        self.body(node.else_, rest)

    def _for(self, node: nodes.For, scope: _Scope) -> None:
        kind = self.kind(node.iter, scope)
        inner = scope.inside()
        assert isinstance(node.target, nodes.Name)
        if kind.cls is not None and kind.items is None:
            path = _path(node.iter) or "this"
            self._say("DUN442", node, path.split(".")[-1], f"`{path}` is no list", None)
        inner.names[node.target.name] = kind.items or ANYTHING
        inner.names["loop"] = Kind(Loop)
        inner.asked = frozenset(path for path in inner.asked if path.split(".")[0] != node.target.name)
        self.body(node.body, inner)
        self.body(node.else_, scope.inside())

    def kind(self, node: nodes.Node, scope: _Scope) -> Kind:
        """The type of an expression; says what is wrong in it."""
        kind = self._kind(node, scope)
        path = _path(node)
        return Kind(kind.cls, items=kind.items) if path is not None and path in scope.asked else kind

    def _kind(self, node: nodes.Node, scope: _Scope) -> Kind:
        if isinstance(node, nodes.Const):
            return Kind(None if node.value is None else type(node.value))
        if isinstance(node, nodes.Name):
            kind = scope.names.get(node.name)
            if kind is None:
                self._say("DUN441", node, node.name, f"`{node.name}` is not known in a message",
                          did_you_mean(node.name, scope.names))  # fmt: skip
            return kind or ANYTHING
        if isinstance(node, nodes.Getattr):
            return self._field(node, scope)
        if isinstance(node, nodes.Filter):
            return self._filter(node, scope)
        if isinstance(node, nodes.CondExpr):
            self.kind(node.test, scope)
            kind = self.kind(node.expr1, scope.inside(_asked(node.test)))
            if node.expr2 is not None:
                self.kind(node.expr2, scope.inside(_denied(node.test)))
            return kind
        if isinstance(node, nodes.And | nodes.Or):
            self.kind(node.left, scope)
            self.kind(
                node.right, scope.inside(_asked(node.left) if isinstance(node, nodes.And) else _denied(node.left))
            )
            return Kind(bool)
        if isinstance(node, nodes.Add | nodes.Sub):
            kind = self.kind(node.left, scope)
            self.kind(node.right, scope)
            return kind
        kinds = [self.kind(child, scope) for child in node.iter_child_nodes()]
        if isinstance(node, nodes.Neg) and kinds:
            return kinds[0]
        return Kind(bool) if isinstance(node, nodes.Not | nodes.Compare | nodes.Test) else ANYTHING

    def _field(self, node: nodes.Getattr, scope: _Scope) -> Kind:
        owner = self.kind(node.node, scope)
        if owner.cls is None:
            return ANYTHING
        path = _path(node) or node.attr
        known = owner.known_fields
        if known is None or node.attr not in known:
            hint = did_you_mean(node.attr, known or ()) or _fields(owner)
            self._say("DUN441", node, node.attr, f"`{path}` is not known in a message", hint)
            return ANYTHING
        if owner.optional:
            before = path.rpartition(".")[0]
            hint = f"write `{{% if {before} %}} ... {{% endif %}}` around it"
            self._say("DUN442", node, node.attr, f"`{before}` may be missing", hint)
        return known[node.attr]

    def _filter(self, node: nodes.Filter, scope: _Scope) -> Kind:
        kind = self.kind(node.node, scope) if node.node is not None else ANYTHING
        for argument in node.args:
            self.kind(argument, scope)
        if node.name in ("first", "last"):
            return Kind((kind.items or ANYTHING).cls, optional=True, items=(kind.items or ANYTHING).items)
        if node.name in ("length", "count"):
            return Kind(int)
        return Kind(str, kind.optional)

    def _say(self, code: str, node: nodes.Node, word: str, message: str, hint: str | None) -> None:
        self.found.append(_finding(self.source, code, node.lineno, word, message, hint))


def _fields(kind: Kind) -> str | None:
    known = kind.known_fields
    return None if known is None else f"its fields: {', '.join(known)}"


def _path(node: nodes.Node | None) -> str | None:
    """`recipient.person` for a name or a chain of fields, else None."""
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        before = _path(node.node)
        return None if before is None else f"{before}.{node.attr}"
    return None


def _asked(test: nodes.Node) -> frozenset[str]:
    """The paths that are there when a test holds."""
    path = _path(test)
    if path is not None:
        return frozenset({path})
    if isinstance(test, nodes.And):
        return _asked(test.left) | _asked(test.right)
    if isinstance(test, nodes.Not):
        return _denied(test.node)
    return frozenset()


def _denied(test: nodes.Node) -> frozenset[str]:
    """The paths that are there when a test doesn't hold: `x is none`, `not x`."""
    if isinstance(test, nodes.Not):
        return _asked(test.node)
    if isinstance(test, nodes.Or):
        return _denied(test.left) | _denied(test.right)
    if isinstance(test, nodes.Test) and test.name == "none":
        path = _path(test.node)
        return frozenset({path} if path is not None else ())
    return frozenset()
