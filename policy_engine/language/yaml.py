"""Strict YAML 1.2, core schema, one document, over PyYAML's C events: text with places, nothing guessed.

Refused with a located diagnostic: duplicate keys, anchors and aliases, tags, merge keys, several documents,
tabs and control characters, other encodings than UTF-8, and everything beyond the bounds below. The file's
text is untrusted: whatever it holds, the outcome is nodes or diagnostics.
"""

from typing import Any

import yaml
from yaml.cyaml import CParser  # type: ignore[attr-defined]

from policy_engine.language.findings import Findings
from policy_engine.language.nodes import Items, Map, Node, Text, items_at, map_at
from policy_engine.language.traps import cut_scalars, syntax_help
from policy_engine.values.position import Position

MAX_BYTES = 2_000_000
"""Largest file, in bytes."""
MAX_DEPTH = 50
"""Deepest nesting of mappings and lists."""
MAX_NODES = 200_000
"""Most scalars, mappings and lists in a file."""

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_ALLOWED_BREAKS = frozenset("\n\r")


class _StopReadingError(Exception):
    """The rest of the file can't be read; its finding is recorded."""


def read_yaml(data: bytes, file: str, findings: Findings) -> Node | None:
    """The one document of a file, or None with findings. `file` is the name shown in positions."""
    text = _decode(data, file, findings)
    if text is None:
        return None
    findings.knows(file, text)
    if not _readable(text, file, findings):
        return None
    try:
        node = _Builder(text, file, findings).document()
    except _StopReadingError:
        return None
    except yaml.MarkedYAMLError as error:
        _syntax(error, text, file, findings)
        return None
    except yaml.YAMLError as error:
        findings.add("DUN005", f"YAML can't be read: {error}"[:200], Position(file, 1, 1))
        return None
    if node is not None:
        cut_scalars(node, findings)
    return node


def _decode(data: bytes, file: str, findings: Findings) -> str | None:
    if len(data) > MAX_BYTES:
        findings.add(
            "DUN002",
            f"the file has {len(data)} bytes, a policy has at most {MAX_BYTES}",
            Position(file, 1, 1),
            hint="split it and let one part extend the other",
        )
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        start = data.rfind(b"\n", 0, error.start) + 1
        column = len(data[start : error.start].decode("utf-8", "replace")) + 1
        findings.add(
            "DUN003",
            f"the file is not UTF-8: byte 0x{data[error.start]:02X} has no meaning here",
            Position(file, line, column),
            hint="save the file as UTF-8 in your editor",
        )
        return None
    return text.removeprefix("\ufeff")


def _readable(text: str, file: str, findings: Findings) -> bool:
    """Refuse characters that YAML forbids or that hide something."""
    if text.isprintable():
        return True
    bad = 0
    number = 1
    rest = text
    for line in rest.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if not line.isprintable():
            for column, character in enumerate(line, 1):
                if not _harmless(character):
                    bad += 1
                    _forbidden(character, Position(file, number, column), findings)
                    break  # one finding a line
        number += 1
        if bad >= 5:
            break
    return bad == 0


def _harmless(character: str) -> bool:
    if character.isprintable() or character in "\u00a0\u202f\u2009\u3000":
        return True
    code = ord(character)
    controls = code < 0x20 or 0x7F <= code <= 0x9F
    breaks = code in {0x2028, 0x2029, 0xFEFF}
    bidi = 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069 or code in {0x200E, 0x200F, 0x061C}
    return not (controls or breaks or bidi or code & 0xFFFE == 0xFFFE)


def _forbidden(character: str, position: Position, findings: Findings) -> None:
    if character == "\t":
        findings.add("DUN004", "a tab can't be used in a policy", position, hint="use spaces")
    else:
        findings.add(
            "DUN004",
            f"the invisible character U+{ord(character):04X} can't be used in a policy",
            position,
            hint="delete it; a file copied from elsewhere is best typed again",
        )


def _syntax(error: yaml.MarkedYAMLError, text: str, file: str, findings: Findings) -> None:
    mark = error.problem_mark or error.context_mark
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    if line > len(lines):
        line, column = len(lines), 1
    problem = error.problem or "unreadable"
    if "end of stream" in problem and error.context_mark is not None and "quoted" in str(error.context):
        opened = error.context_mark
        findings.add(
            "DUN005",
            "this quote is never closed",
            Position(file, opened.line + 1, opened.column + 1),
            hint="end the text with the same quote",
        )
        return
    code, message, position, hint = syntax_help(problem, lines, file, line, column)
    findings.add(code, message, position, hint=hint)


class _Builder:
    """Builds the nodes of one document from the parser's events, without recursion."""

    def __init__(self, text: str, file: str, findings: Findings) -> None:
        self._parser = CParser(text)
        self._file = file
        self._findings = findings

    def document(self) -> Node | None:
        """The root, or None when the document is empty.

        Raises:
            _StopReadingError: a finding says why.
            yaml.YAMLError: no YAML.
        """
        root: Node | None = None
        documents = 0
        while True:
            event: Any = self._parser.get_event()
            kind = type(event)
            if kind is yaml.StreamEndEvent:
                break
            if kind is yaml.DocumentStartEvent:
                documents += 1
                if documents > 1:
                    self._stop(
                        "DUN007", "a policy file holds one document", event, "move the rest to a file of its own"
                    )
                root = self._tree()
        if root is None or (isinstance(root, Text) and root.style == "plain" and root in _NULLS):
            self._findings.add(
                "DUN006",
                "the file is empty",
                Position(self._file, 1, 1),
                hint="start with `dunning: 1` and `policy: NAME`",
            )
            return None
        return root

    def _stop(self, code: str, message: str, event: Any, hint: str) -> None:
        self._findings.add(code, message, self._at(event), hint=hint)
        raise _StopReadingError

    def _at(self, event: Any) -> Position:
        mark = event.start_mark
        return Position(self._file, mark.line + 1, mark.column + 1, _width(event))

    def _tree(self) -> Node:
        """One node with everything under it."""
        next_event = self._parser.get_event
        stack: list[Map | Items] = []
        keys: list[Text | None] = []  # for each open mapping, the key whose value comes next
        nodes = 0
        while True:
            event: Any = next_event()
            kind = type(event)
            if kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                node: Node = stack.pop()
                keys.pop()
            else:
                nodes += 1
                if nodes > MAX_NODES or kind is yaml.AliasEvent or event.anchor is not None or event.tag is not None:
                    self._refused(event, nodes)
                if kind is not yaml.ScalarEvent:
                    if len(stack) >= MAX_DEPTH:
                        self._stop(
                            "DUN011", f"nested deeper than {MAX_DEPTH} levels", event, "a policy needs about eight"
                        )
                    if stack and isinstance(stack[-1], Map) and keys[-1] is None:
                        self._stop("DUN014", "a key must be a plain text", event, "write `key: value`")
                    stack.append(self._opened(event))
                    keys.append(None)
                    continue
                node = self._scalar(event)
            if not stack:
                return node
            self._attach(stack[-1], keys, node)

    def _refused(self, event: Any, nodes: int) -> None:
        """Stop: an anchor, an alias, a tag, or beyond the bound."""
        if nodes > MAX_NODES:
            self._stop("DUN011", f"the file has more than {MAX_NODES} values", event, "split it")
        if type(event) is yaml.AliasEvent or event.anchor is not None:
            self._stop(
                "DUN009",
                "anchors (`&`) and aliases (`*`) can't be used in a policy",
                event,
                "repeat the value, or let a ladder or policy `extends` another; a text that begins with `&` or `*`"
                " needs quotes",
            )
        self._stop(
            "DUN010",
            f"the tag `{event.tag[:40]}` can't be used in a policy",
            event,
            "delete it; a text that begins with `!` needs quotes",
        )

    def _opened(self, event: Any) -> Map | Items:
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        if type(event) is yaml.MappingStartEvent:
            return map_at(self._file, line, column, flow=bool(event.flow_style))
        return items_at(self._file, line, column)

    def _scalar(self, event: Any) -> Text:
        node = Text(event.value)
        start, end = event.start_mark, event.end_mark
        line, column = start.line, start.column
        node.file, node.line, node.column = self._file, line + 1, column + 1
        node.length = max(1, end.column - column) if end.line == line else 1
        style = event.style
        node.style = "plain" if style is None or style == "" else "block" if style in {"|", ">"} else "quoted"
        return node

    def _attach(self, parent: Map | Items, keys: list[Text | None], node: Node) -> None:
        if isinstance(parent, Items):
            if isinstance(node, Text) and node.style == "plain" and node in _NULLS:
                self._findings.add(
                    "DUN013", "an item of this list has no value", node.position, hint="give it one, or delete the line"
                )
                return
            parent.append(node)
            return
        key = keys[-1]
        if key is None:
            assert isinstance(node, Text)  # `_tree` refuses other keys before they are opened
            keys[-1] = self._key(parent, node)
            return
        keys[-1] = None
        if key == "<<":
            return  # its finding is made
        if isinstance(node, Text) and node.style == "plain" and node in _NULLS:
            parent.empty = (*parent.empty, key)
        elif key not in parent:
            parent[key] = node

    def _key(self, parent: Map, key: Text) -> Text:
        if key == "<<":
            self._findings.add(
                "DUN009",
                "merge keys (`<<`) can't be used in a policy",
                key.position,
                hint="let the ladder or policy `extends` another",
            )
        elif key in parent or key in parent.empty:
            first = parent.key(key)
            line = first.line if first is not None else next(k.line for k in parent.empty if k == key)
            self._findings.add(
                "DUN008",
                f"`{key[:60]}` is written twice, first on line {line}",
                key.position,
                hint="keep one of them",
            )
        return key


def _width(event: Any) -> int:
    start, end = event.start_mark, event.end_mark
    return max(1, end.column - start.column) if end.line == start.line else 1
