"""The help that editors show: complete, valid to begin with, and without any weight on what a policy may say."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from policy_engine.language.load import load_policy
from policy_engine.language.schema import policy_schema
from policy_engine.language.schema_help import Snippet, Words, title, with_help
from policy_engine.language.schema_words import POLICY, STAGES
from tests.language.snippets import inserted

SCHEMA = policy_schema()
AROUND = """\
dunning: 1
policy: acme
currency: EUR
segments:
  - name: everybody
    ladder: usual
ladders:
  usual:
    steps:
      - {name: first, stage: notice, days: 1, channel: email}
"""


def schemas(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for key, value in node.items():
            if key not in {"examples", "default", "defaultSnippets"}:
                yield from schemas(value)
    elif isinstance(node, list):
        for item in node:
            yield from schemas(item)


def test_every_choice_says_what_each_value_means() -> None:
    choices = [node for node in schemas(SCHEMA) if "enum" in node]
    assert len(choices) > 20
    for node in choices:
        assert len(node["enumDescriptions"]) == len(node["enum"])
        assert all(node["enumDescriptions"]), node["enum"]


def test_every_definition_has_a_title_and_every_key_its_words() -> None:
    for name, definition in SCHEMA["$defs"].items():
        assert definition["title"], name
        for key, value in definition["properties"].items():
            assert value["markdownDescription"].startswith(value["description"]), (name, key)


def test_every_scalar_says_what_is_wanted() -> None:
    """A bare `Incorrect type` helps nobody. The plain numbers ask for a credit limit's type, and then its bound."""
    plain = [{"type": "number"}, {"type": "number", "minimum": 0}]
    for node in schemas(SCHEMA):
        if node.get("type") in {"integer", "number", "boolean", "array"} or "pattern" in node:
            assert "wanted here" in node.get("errorMessage", "") or node in plain, node


def test_units_are_said_in_words() -> None:
    assert not any("unit" in node for node in schemas(SCHEMA) if isinstance(node.get("unit"), str))
    step = SCHEMA["$defs"]["Step"]["properties"]
    assert step["after_previous"]["markdownDescription"] == (
        "Days since the delivery of the invoice's last executed step; default 7.\n\n"
        "*Unit:* calendar days. *From* 0 *to* 36500."
    )


def _placed(place: str, body: Any) -> dict[str, Any]:
    policy = yaml.safe_load(AROUND)
    owner, _, key = place.partition(".")
    if not place:
        return {**body}
    if owner == "Ladder":
        policy["ladders"]["usual"]["steps"].append(body)
    elif owner == "Credit":
        rules = [body] if "when" not in body else [body, {"name": "the_rest", "decision": "approve"}]
        policy["credit"] = {key: rules}
    elif key in {"ladders", "penalties"}:
        policy.setdefault(key, {}).update(body)
    elif key == "segments":
        last = "when" not in body
        policy[key] = [body] if last else [body, *policy[key]]
    else:
        policy[key] = [body]
    for segment in policy["segments"]:
        if segment["ladder"] != "none":
            segment["ladder"] = "usual"
    return policy


SNIPPETS = [
    (place, snippet) for place, snippets in POLICY.snippets.items() for snippet in snippets if place != "Step.stage"
]


@pytest.mark.parametrize(("place", "snippet"), SNIPPETS, ids=lambda value: getattr(value, "label", ""))
def test_what_there_is_to_begin_with_makes_a_policy_without_error(place: str, snippet: Snippet, tmp_path: Path) -> None:
    """Each snippet, with what it proposes in its places, in the smallest policy around it."""
    filled = inserted(snippet)
    policy = _placed(place, filled)
    if snippet.label == "step: a formal notice":
        policy["penalties"] = {"late_interest": {"kind": "interest", "rate": {"annual": 10}}}
    if snippet.label.startswith("segment with") or place == ".segments":
        assert policy["segments"][0] == filled | {"ladder": policy["segments"][0]["ladder"]}
    path = tmp_path / "policy.yaml"
    path.write_text(yaml.safe_dump(policy, sort_keys=False), encoding="utf-8")
    loaded = load_policy(path)
    assert loaded.policy is not None, [found.render() for found in loaded.diagnostics]


def test_the_stages_proposed_are_those_of_a_policy_that_names_none() -> None:
    assert list(STAGES) == SCHEMA["properties"]["stages"]["default"]


def test_words_name_keys_that_exist() -> None:
    """What is said about a key that was renamed would be lost in silence."""
    for place in [*POLICY.snippets, *POLICY.more]:
        owner, _, key = place.partition(".")
        definition = SCHEMA["$defs"][owner] if owner else SCHEMA
        assert not key or key in definition["properties"], place
    used = {value for node in schemas(SCHEMA) for value in node.get("enumDescriptions", ())}
    for key, words in POLICY.choices.items():
        assert used.intersection(words.values()), key


def test_help_changes_nothing_of_what_is_accepted() -> None:
    plain = {"type": "object", "properties": {"a": {"type": "integer", "description": "How many.", "unit": "days"}}}
    helped = with_help(json.loads(json.dumps(plain)), Words(choices={}))
    assert helped["properties"]["a"] == {
        "type": "integer",
        "description": "How many.",
        "markdownDescription": "How many.\n\n*Unit:* days.",
    }


@pytest.mark.parametrize(
    ("name", "words"),
    [("CreditRule", "Credit rule"), ("Step", "Step"), ("Contact_persons", "Contact persons")],
)
def test_titles_read_like_words(name: str, words: str) -> None:
    assert title(name) == words
