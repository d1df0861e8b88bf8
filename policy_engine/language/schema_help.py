"""Help for whoever writes a file in an editor: words for hover and completion, snippets, plain error messages.

JSON Schema knows descriptions and examples. Editors also read the annotations that VS Code introduced and
yaml-language-server follows (`markdownDescription`, `enumDescriptions`, `defaultSnippets`, `errorMessage`,
`patternErrorMessage`, `doNotSuggest`). They change nothing of what a schema accepts; other validators ignore them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

Schema = dict[str, Any]
Choices = Mapping[str, Mapping[str, str]]
"""What each value of a choice means, by the key that chooses."""

LIST = "a list is wanted here: each item on a line of its own that begins with `- `"
UNIT = "unit"
"""What the number of a scalar counts: the models put it into their schema, `with_help` says it in words."""
_PLACEHOLDER = re.compile(r"\$\{[0-9]+:([^}]*)\}")
_CHOICE = re.compile(r"\$\{[0-9]+\|([^,|}]*)[^}]*\}")
_UNIONS = ("then", "else")


@dataclass(frozen=True, slots=True)
class Snippet:
    """Something to begin with, as an editor's list offers it.

    Attributes:
        label: what the list shows.
        description: what it is for.
        body: the data; texts may hold places to fill in, `${1:standard}`.
    """

    label: str
    description: str
    body: Any

    def data(self) -> Schema:
        """As the schema holds it."""
        return {"label": self.label, "description": self.description, "body": self.body}

    def filled(self) -> Any:
        """The body with every place as it is proposed: texts as YAML reads them are for the caller to write."""
        return _filled(self.body)


@dataclass(frozen=True, slots=True)
class Words:
    """What the help of one schema says beyond the models.

    Attributes:
        choices: by key, or by `Definition.key` where a key means different things.
        snippets: by `Definition.key`; `.key` is a key of the document, the empty text the document itself.
        more: paragraphs to add to the description, by `Definition.key`.
    """

    choices: Choices
    snippets: Mapping[str, Sequence[Snippet]] = field(default_factory=dict)
    more: Mapping[str, str] = field(default_factory=dict)


def with_help(schema: Schema, words: Words) -> Schema:
    """The schema with its help; what it accepts is the same. The schema given is changed."""
    for owner, definition in {"": schema, **schema.get("$defs", {})}.items():
        if owner:
            definition["title"] = title(owner)
        for node, key in list(_nodes(definition, "")):
            _help(node, owner, key, words)
        for name, value in definition.get("properties", {}).items():
            _describe(value, owner, name, words, required=name in definition.get("required", ()))
    for node, _ in _nodes(schema, ""):
        node.pop(UNIT, None)
    if "" in words.snippets:
        schema["defaultSnippets"] = [snippet.data() for snippet in words.snippets[""]]
    return schema


def title(name: str) -> str:
    """`CreditRule` as people read it: Credit rule."""
    parts = re.findall(r"[A-Z][a-z]*|[a-z]+|[0-9]+", name)
    return " ".join(parts).capitalize()


def _nodes(node: Any, key: str) -> Iterator[tuple[Schema, str]]:
    """Every schema inside one, with the key whose value it describes; definitions too."""
    if not isinstance(node, dict):
        return
    yield node, key
    for name, inner in node.get("properties", {}).items():
        yield from _nodes(inner, name)
    for inner in (*node.get("patternProperties", {}).values(), *node.get("$defs", {}).values()):
        yield from _nodes(inner, key)
    for name in ("items", "additionalProperties", "if", *_UNIONS):
        yield from _nodes(node.get(name), key)
    for name in ("allOf", "anyOf"):
        for inner in node.get(name, ()):
            yield from _nodes(inner, key)


def _help(node: Schema, owner: str, key: str, words: Words) -> None:
    """What any schema gets: words for choices, an error that says what is wanted, no empty defaults."""
    choices = words.choices.get(f"{owner}.{key}") or words.choices.get(key)
    if choices is not None and isinstance(node.get("enum"), list):
        node["enumDescriptions"] = [
            "Empty." if value is None else choices.get(str(value), "") for value in node["enum"]
        ]
    if node.get("type") == "array":
        node.setdefault("errorMessage", LIST)
        if node.get("default") == []:
            del node["default"]  # an editor would write `[]`, which helps nobody
    if node.get("type") == "object" and "patternProperties" in node:
        (pattern,) = node["patternProperties"]
        keys = "currencies, e.g. `EUR`" if "[A-Z]" in pattern else "names: lower-case letters, digits and `_`"
        node.setdefault("errorMessage", f"a mapping is wanted here; its keys are {keys}")


def _describe(value: Schema, owner: str, name: str, words: Words, *, required: bool) -> None:
    """What the value of a key gets: its description with unit, bounds and default, and its snippets."""
    place = f"{owner}.{name}"
    if "description" in value and not value.get("doNotSuggest"):
        parts = [value["description"], _figures(value, required=required), words.more.get(place, ""), *_shown(value)]
        value["markdownDescription"] = "\n\n".join(part for part in parts if part)
    snippets = words.snippets.get(place)
    if snippets is not None:
        value["defaultSnippets"] = [snippet.data() for snippet in snippets]


def _shown(value: Schema) -> list[str]:
    """Examples that hold lists of mappings, as text: the server would insert `[object Object]` for them."""
    examples = value.get("examples", [])
    deep = [example for example in examples if _has_list_of_mappings(example)]
    if deep:
        value["examples"] = [example for example in examples if example not in deep]
    if not value.get("examples", True):
        del value["examples"]
    return [f"Example:\n\n```yaml\n{_written(example)}```" for example in deep]


def _written(example: Any) -> str:
    return yaml.safe_dump(example, allow_unicode=True, width=120)


def _has_list_of_mappings(example: Any) -> bool:
    if isinstance(example, dict):
        return any(map(_has_list_of_mappings, example.values()))
    if isinstance(example, list):
        return any(isinstance(item, dict) or _has_list_of_mappings(item) for item in example)
    return False


def _figures(value: Schema, *, required: bool) -> str:
    facts = ["*Required.*"] if required else []
    unit = _unit(value)
    if unit:
        facts.append(f"*Unit:* {unit}.")
    low, high = value.get("minimum"), value.get("maximum")
    if low is not None and high is not None:
        facts.append(f"*From* {low} *to* {high}.")
    if isinstance(value.get("default"), (str, int, float, bool)):
        shown = str(value["default"]).lower() if isinstance(value["default"], bool) else value["default"]
        facts.append(f"*Left out:* `{shown}`.")
    return " ".join(facts)


def _unit(value: Any) -> str | None:
    if not isinstance(value, dict):
        return None
    if UNIT in value:
        return str(value[UNIT])
    found = [_unit(value.get(name)) for name in _UNIONS] + [_unit(one) for one in value.get("anyOf", ())]
    return next((unit for unit in found if unit), None)


def _filled(body: Any) -> Any:
    if isinstance(body, dict):
        return {_filled(key): _filled(value) for key, value in body.items()}
    if isinstance(body, list):
        return [_filled(item) for item in body]
    if isinstance(body, str):
        return _CHOICE.sub(r"\1", _PLACEHOLDER.sub(r"\1", body))
    return body
