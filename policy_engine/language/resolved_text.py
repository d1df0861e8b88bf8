"""The outcome of inheritance as YAML again, each value with the file and line where it was written."""

import re

from policy_engine.language.nodes import Items, Map, Node, Text, map_like
from policy_engine.values.text import inert, yaml_quoted

_PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_./+-]*")
_COLUMN = 72


def resolved_text(node: Node) -> str:
    """YAML in block style; what follows `#` on a line is the origin of the line's value."""
    lines: list[str] = []
    if isinstance(node, Map) and "extends" in node:
        own = map_like(node)
        own.update((key, value) for key, value in node.items() if key != "extends")
        node = own
    _write(node, 0, "", lines)
    return "\n".join(lines) + "\n"


def _write(node: Node, depth: int, lead: str, lines: list[str]) -> None:
    """Lines of a node; `lead` is what stands before its first line instead of blanks (`- `)."""
    blank = " " * depth
    if isinstance(node, Map):
        if not node:
            lines.append(_line(f"{lead or blank}{{}}", node))
        for key, value in node.items():
            _entry(key, value, depth, lead or blank, lines)
            lead = ""
    elif isinstance(node, Items):
        if not node:
            lines.append(_line(f"{lead or blank}[]", node))
        for item in node:
            first = f"{lead or blank}- "
            lead = ""
            if isinstance(item, Text):
                lines.append(_line(first + _scalar(item), item))
            else:
                _write(item, depth + 2, first, lines)
    else:
        lines.append(_line(f"{lead or blank}{_scalar(node)}", node))


def _entry(key: str, value: Node, depth: int, lead: str, lines: list[str]) -> None:
    name = _scalar(key)
    if isinstance(value, Text):
        lines.append(_line(f"{lead}{name}: {_scalar(value)}", value))
    elif not value:
        lines.append(_line(f"{lead}{name}: {'{}' if isinstance(value, Map) else '[]'}", value))
    elif isinstance(value, Items) and all(isinstance(item, Text) for item in value):
        inside = ", ".join(_scalar(item, flow=True) for item in value if isinstance(item, Text))
        lines.append(_line(f"{lead}{name}: [{inside}]", value))
    else:
        lines.append(f"{lead}{name}:")
        _write(value, depth + 2, "", lines)


def _scalar(text: str, *, flow: bool = False) -> str:
    """A scalar as it may stand in a block, or in a flow list: plain where it was, else quoted."""
    seen = inert(text) == text
    if isinstance(text, Text) and text.style == "plain" and seen and (not flow or _PLAIN.fullmatch(text)):
        return str(text)
    if '"' in text and seen:
        return "'" + text.replace("'", "''") + "'"
    return yaml_quoted(text)


def _line(text: str, node: Node) -> str:
    return f"{text:<{_COLUMN}}  # {inert(node.file)}:{node.line}"
