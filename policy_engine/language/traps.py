"""YAML's traps for an author of expressions: commas that cut, `#` that hides, quotes and brackets that end early."""

import re

from policy_engine.language.findings import Findings
from policy_engine.language.nodes import Items, Map, Node, Text, shorten, text_at
from policy_engine.values.position import Position

_EXPRESSION_KEYS = ("when", "priority", "contract", "from")
_FUNCTION = re.compile(r"\b(days_between|min|max|abs|known|has|date)\s*\([^()]*$")
_WHOLE = re.compile(r"[0-9]{1,15}")
_KEY_LINE = re.compile(r"^(?P<lead>\s*(?:- )*)(?P<key>[\w-]+):\s+(?P<value>\S.*)$")


def cut_scalars(root: Node, findings: Findings) -> None:
    """Find expressions that YAML cut without an error: at a comma in flow style, at ` #` in a plain scalar."""
    pending: list[Node] = [root]
    while pending:
        node = pending.pop()
        if isinstance(node, Map):
            if node.flow:
                _cut_at_comma(node, findings)
            fixes: dict[str, Text] = {}
            for key, value in node.items():
                if isinstance(value, Text):
                    if value.style == "plain":
                        whole = _cut_at_hash(key, value, findings)
                        if whole is not value:
                            fixes[key] = whole
                else:
                    pending.append(value)
            node.update(fixes)
        elif isinstance(node, Items):
            pending.extend(node)


def _cut_at_comma(node: Map, findings: Findings) -> None:
    """`{when: days_between(a, b) < 3}` is read as `when: days_between(a` and an empty key `b) < 3`."""
    parts: list[tuple[Text, Node | None]] = [
        *((key, value) for key, value in node.items() if isinstance(key, Text)),
        *((key, None) for key in node.empty),
    ]
    parts.sort(key=lambda part: (part[0].line, part[0].column))
    for index, (key, value) in enumerate(parts):
        if not isinstance(value, Text) or value.style != "plain":
            continue
        following = parts[index + 1] if index + 1 < len(parts) else None
        if (
            following is not None
            and following[1] is None
            and _WHOLE.fullmatch(value)
            and _WHOLE.fullmatch(following[0])
        ):
            findings.add(
                "DUN012",
                f"YAML cuts this number at the comma: `{key}` is only `{value}`",
                value.position,
                hint=f"the decimal sign is a point: `{value}.{following[0]}`",
            )
            node.empty = tuple(other for other in node.empty if other is not following[0])
            continue
        if _open(value) <= 0:
            continue
        whole, used, left = str(value), [], _open(value)
        for rest, more in parts[index + 1 :]:
            if left <= 0:
                break
            tail = rest if more is None else f"{rest}: {more}"
            whole, left = f"{whole}, {tail}", left + _open(tail)
            used.append(rest)
        if not used or left != 0:
            continue
        findings.add(
            "DUN012",
            f"YAML cuts this expression at the comma: `{key}` is only `{shorten(value)}`",
            value.position,
            hint=f'quote it: `{key}: "{whole}"`' if '"' not in whole else f"quote it: `{key}: '{whole}'`",
        )
        node.empty = tuple(other for other in node.empty if not any(other is rest for rest in used))
        for rest in used:
            node.pop(rest, None)
        node[key] = text_at(whole, value.position)  # go on with what the author meant


def _open(text: str) -> int:
    return text.count("(") - text.count(")")


def _cut_at_hash(key: str, value: Text, findings: Findings) -> Text:
    """`when: a == 1 #2` ends at ` #`: suspicious where the text before it is unfinished."""
    if not (_open(value) > 0 or value.count('"') % 2 or value.count("'") % 2):
        return value  # finished: what follows is a comment
    line = findings.line(value.position)
    if line is None or " #" not in line:
        return value
    end = value.column - 1 + len(value)
    rest = line[end:]
    if not rest.lstrip().startswith("#") or line[value.column - 1 : end] != value:
        return value
    whole = f"{value}{rest}".rstrip()
    quoted = f"'{whole}'" if "'" not in whole else '"' + whole.replace('"', '\\"') + '"'
    findings.add(
        "DUN012",
        f"YAML reads what follows ` #` as a comment: `{key}` is only `{shorten(value)}`",
        value.position,
        hint=f"quote it: `{key}: {quoted}`",
    )
    return text_at(whole, value.position)  # go on with what the author meant


def syntax_help(
    problem: str, lines: list[str], file: str, line: int, column: int
) -> tuple[str, str, Position, str | None]:
    """Code, message, position and help for a syntax error that the parser reports at `line`:`column`."""
    for number in dict.fromkeys((line, line - 1)):
        if not 1 <= number <= len(lines):
            continue
        found = _KEY_LINE.match(lines[number - 1])
        if found is None:
            continue
        key, value = found["key"], found["value"].rstrip()
        position = Position(file, number, found.start("value") + 1, max(1, len(value)))
        if value[0] in "\"'" and not _closed(value):
            whole = "'" + value.replace("'", "''") + "'" if value[0] == '"' else '"' + value.replace('"', '\\"') + '"'
            return "DUN012", f"YAML ends `{key}` at the second quote", position, f"quote the whole: `{key}: {whole}`"
        if value[0] == "[" and not value.endswith("]"):
            return (
                "DUN012",
                f"YAML reads `{key}` as a list because it begins with `[`",
                position,
                f"quote the whole: `{key}: '{value}'`" if "'" not in value else f"quote the whole value of `{key}`",
            )
        if value[0] in "%@`":
            return "DUN005", f"a value can't begin with `{value[0]}`", position, f"quote it: `{key}: '{value}'`"
        if ": " in value and value[0] not in "{[\"'|>&*!":
            return (
                "DUN005",
                f"YAML reads the `: ` in the value of `{key}` as another key",
                position,
                f"quote it: `{key}: '{value}'`" if "'" not in value else f'quote it: `{key}: "{value}"`',
            )
    words = {
        "could not find expected ':'": "this line is neither `key: value` nor an item `- ...`",
        "did not find expected key": "this line is indented differently from the keys above, or the value above is cut",
        "did not find expected '-' indicator": "this line is indented differently from the items above it",
        "mapping values are not allowed in this context": "a key can't stand here; is the line indented right?",
        "did not find expected ',' or '}'": "the `{` above is not closed, or a `,` is missing",
        "did not find expected ',' or ']'": "the `[` above is not closed, or a `,` is missing",
    }
    message = words.get(problem, f"YAML can't be read here: {problem}")
    return (
        "DUN005",
        message,
        Position(file, line, column),
        "compare with the lines above: spaces, colons, quotes, brackets",
    )


def _closed(value: str) -> bool:
    """Whether a text that begins with a quote ends where that quote is closed (a comment may follow)."""
    quote = value[0]
    index = 1
    while index < len(value):
        if quote == '"' and value[index] == "\\":
            index += 2
            continue
        if value[index] == quote:
            if quote == "'" and value[index + 1 : index + 2] == "'":
                index += 2
                continue
            rest = value[index + 1 :].strip()
            return not rest or rest.startswith("#")
        index += 1
    return False
