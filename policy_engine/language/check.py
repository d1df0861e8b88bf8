"""From nodes to the syntax model: pydantic decides, its errors become diagnostics at the key or the value."""

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any, TypeVar

from pydantic import ValidationError

from policy_engine.language.findings import Findings
from policy_engine.language.models.base import NOT_YET, Syntax
from policy_engine.language.models.penalties import LATER_KINDS
from policy_engine.language.models.policy import PolicySyntax
from policy_engine.language.named_lists import NAMED_LISTS
from policy_engine.language.nodes import Items, Map, Node, Text, lookalike, shorten
from policy_engine.values.diagnostics import did_you_mean
from policy_engine.values.position import Position

Model = TypeVar("Model", bound=Syntax)


def check_syntax(node: Node, findings: Findings) -> PolicySyntax | None:
    """The policy's syntax model, or None with findings. Unknown keys are findings beside a model."""
    if not isinstance(node, Map):
        findings.add(
            "DUN103",
            f"a policy is a mapping of keys, not {lookalike(node)}",
            node.position,
            hint="start with `dunning: 1` and `policy: NAME`",
        )
        return None
    return check_model(PolicySyntax, node, findings)


def check_model(model: type[Model], node: Map, findings: Findings, whole: str = "the policy") -> Model | None:
    """The syntax model of a document, or None with findings. `whole` names the document in messages."""
    with _BUILDING:
        model.model_rebuild()  # once; the models are built when first needed, to import fast
    try:
        return model.model_validate(node, context=findings)
    except ValidationError as errors:
        for error in errors.errors(include_url=False, include_input=False):
            _report(error, node, findings, whole)
        return None


def _report(error: Mapping[str, Any], root: Map, findings: Findings, whole: str) -> None:
    where, last, missing = _find(root, error["loc"])
    kind = error["type"]
    context: Mapping[str, Any] = error.get("ctx") or {}
    if kind == "dun":
        findings.add(context["code"], context["message"], where.position, hint=context["help"])
    elif kind == "missing":
        assert missing is not None  # the last part of a missing key's place is the key
        if isinstance(where, Map) and missing not in where.empty:
            findings.add(
                "DUN102",
                f"{_owner(where, last, whole)} lacks `{missing}`",
                _start(where, last),
                hint=f"add `{missing}: ...`",
            )
    elif kind in {"literal_error", "union_tag_invalid"}:
        _choice(kind, context, where, findings)
    elif kind == "union_tag_not_found":
        if isinstance(where, Map):
            tag = str(context["discriminator"]).strip("'")
            if tag not in where.empty:
                findings.add(
                    "DUN102",
                    f"{_owner(where, last, whole)} lacks `{tag}`",
                    _start(where, last),
                    hint=f"add `{tag}: ...`",
                )
        else:
            _shape("a mapping of keys", where, last, findings)
    elif kind == "too_short":
        findings.add("DUN115", "this list is empty", where.position, hint="name one thing at least, or delete the key")
    elif kind == "too_long":
        findings.add(
            "DUN115",
            f"there are {context.get('actual_length')} of these, at most {context.get('max_length')} are possible",
            where.position,
        )
    elif kind in _SHAPES:
        _shape(_SHAPES[kind], where, last, findings)
    else:
        findings.add("DUN103", str(error["msg"])[:1].lower() + str(error["msg"])[1:], where.position)


_BUILDING = Lock()
"""Two threads must not build the models at the same time."""

_LISTS = NAMED_LISTS | {"amount"}

_SHAPES = {
    "model_type": "a mapping of keys",
    "model_attributes_type": "a mapping of keys",
    "dict_type": "a mapping of keys",
    "mapping_type": "a mapping of keys",
    "tuple_type": "a list",
    "list_type": "a list",
}


def _find(root: Map, loc: Sequence[int | str]) -> tuple[Node, Text | None, str | None]:
    """The node an error is about, the key above it, and the name of a key that isn't there.

    Parts of `loc` that are no key or index are names of union members: skipped.
    """
    node: Node = root
    last: Text | None = None
    missing: str | None = None
    for index, part in enumerate(loc):
        if part == "[key]":
            return (last if last is not None else node), last, None
        if isinstance(node, Map) and isinstance(part, str) and part in node:
            last = node.key(part)
            node = node[part]
        elif isinstance(node, Items) and isinstance(part, int) and part < len(node):
            node = node[part]
        elif index == len(loc) - 1 and isinstance(part, str):
            missing = part
    return node, last, missing


def _choice(kind: str, context: Mapping[str, Any], where: Node, findings: Findings) -> None:
    listed = str(context.get("expected") if kind == "literal_error" else context.get("expected_tags", ""))
    possible = [word.strip().strip("'") for word in listed.replace(" or ", ", ").split(",")]
    value: Node = where
    if kind == "union_tag_invalid" and isinstance(where, Map):
        value = where.get("kind", where)
        if isinstance(value, Text) and value in LATER_KINDS:
            findings.add(
                "DUN105", f"`{value}` is {NOT_YET}", value.position, hint="this version knows `interest` and `flat`"
            )
            return
    if not isinstance(value, Text):
        findings.add(
            "DUN103", f"a word is wanted here, not {lookalike(value)}", value.position, hint=_offer("", possible)
        )
        return
    findings.add("DUN104", f"`{shorten(value)}` can't stand here", value.position, hint=_offer(value, possible))


def _offer(word: str, possible: list[str]) -> str:
    return did_you_mean(word, possible) or f"possible here: {', '.join(possible)}"


def _shape(wanted: str, where: Node, last: Text | None, findings: Findings) -> None:
    hint = None
    if wanted == "a list" and isinstance(where, Text):
        hint = "begin each item with `- name: ...`" if last in NAMED_LISTS else f"write `[{shorten(where)}]`"
    elif wanted == "a list":
        hint = "begin each item with `- `"
    elif last is not None:
        hint = "write its keys on lines of their own, indented: `key: value`"
    of = "" if last is None else f" for `{last}`"
    findings.add("DUN103", f"{wanted} is wanted{of}, not {lookalike(where)}", where.position, hint=hint)


def _owner(node: Map, last: Text | None, whole: str) -> str:
    name = node.get("name")
    if isinstance(name, Text):
        return f"`{shorten(name)}`"
    if last is not None and last in _LISTS:
        return f"an item of `{last}`"
    return whole if last is None else f"`{last}`"


def _start(node: Map, last: Text | None) -> Position:
    name = node.get("name")
    if isinstance(name, Text):
        return name.position
    if last is not None and last not in _LISTS and (last.line, last.column) <= (node.line, node.column):
        return last.position
    return node.position
