"""The hostile strings, and what inert means in each format: checks that the tests of every output share."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

_FILE = Path(__file__).parent / "strings.json"


@dataclass(frozen=True)
class Hostile:
    name: str
    text: str
    why: str


CORPUS = tuple(
    Hostile(entry["name"], entry["text"] * entry.get("times", 1), entry["why"])
    for entry in json.loads(_FILE.read_text(encoding="utf-8"))
)
NAMES = [hostile.name for hostile in CORPUS]

_SEEN = {"\n", "\u00a0", "\u202f"}
"""What isn't printable for Python and yet harmless: line ends, and the blanks inside French figures."""
_BIDI = {*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A)), "\u200e", "\u200f", "\u061c"}
_COMMAND = re.compile(r"::([^ :]+)(?: ([^:]*))?::(.*)")
_LEGACY = re.compile(r"##(?:vso)?\[[^\]]*\]?")
_EMBEDDED_LINK = re.compile(r"(?<!\\)\[(?:[^\[\]\\]|\\.)*\]\(")
MOST = 60_000
"""Characters of an output for people, whatever the length of a name."""


def unseen(text: str) -> set[str]:
    """Characters that move a cursor, hide or reorder."""
    return {
        character for character in text if character in _BIDI or not (character.isprintable() or character in _SEEN)
    }


def runner_commands(text: str) -> Iterator[tuple[str, dict[str, str], str]]:
    """What GitHub's runner makes of each line: a command, its properties and data unescaped, as its source does."""
    for line in re.split(r"\r\n|\r|\n", text):
        found = _COMMAND.match(line.lstrip())
        if found is None:
            continue
        pairs = [pair.split("=", 1) for pair in (found[2] or "").split(",") if "=" in pair]
        properties = {
            key.strip(): _unescaped(value, {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ","}) for key, value in pairs
        }
        yield found[1], properties, _unescaped(found[3], {"%0D": "\r", "%0A": "\n"})


def _unescaped(text: str, pairs: dict[str, str]) -> str:
    for escaped, character in pairs.items():
        text = text.replace(escaped, character)
    return text.replace("%25", "%")


def assert_inert_text(text: str) -> None:
    """For a terminal and a log."""
    assert unseen(text) == set()
    assert list(runner_commands(text)) == []
    assert _LEGACY.search(text) is None
    assert len(text) <= MOST


def assert_inert_json(text: str) -> Any:
    """JSON that can be looked at, logged and put into a page; the data."""
    assert unseen(text) == set()
    assert "</" not in text
    assert list(runner_commands(text)) == []
    assert _LEGACY.search(text) is None
    return json.loads(text)


def texts_of(data: Any) -> Iterator[str]:
    """Every text in JSON data, keys too."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for key, value in data.items():
            yield key
            yield from texts_of(value)
    elif isinstance(data, list):
        for value in data:
            yield from texts_of(value)


def assert_inert_sarif(log: dict[str, Any]) -> None:
    """Messages without placeholders and embedded links, on one line; paths that are URIs."""
    (run,) = log["runs"]
    for result in run["results"]:
        message = result["message"]["text"]
        assert unseen(message) == set()
        assert "\n" not in message
        assert re.search(r"(?<!\{)\{\d+\}(?!\})", message) is None
        assert _EMBEDDED_LINK.search(message) is None
        assert len(message) <= 2500
        for location in result.get("locations", ()):
            uri = location["physicalLocation"]["artifactLocation"]["uri"]
            assert re.fullmatch(r"(file:)?([\w/.~!$&'()*+,;=@-]|%[0-9A-F]{2})*", uri, re.ASCII), uri


_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_FOLDS = frozenset({"<details><summary>", "</summary>", "</details>"})
_LIVE = re.compile(r"@\w|#\d|\bGH-\d|://|www\.|:\w+:|\$[^$]*\$|[\w.]@[\w.]")
"""What GitHub turns into a mention, a reference, a link, a sign or a formula in plain text; code is left alone."""


def markdown_shape(text: str) -> list[str]:
    """The structure of a document: its tokens without texts and code; fails when anything in it is live."""
    shape = []
    for token in _MARKDOWN.parse(text):
        assert token.type != "html_block" or token.content.strip() in _FOLDS, f"HTML: {token.content[:80]}"
        shape.append(token.type)
        for child in token.children or ():
            if child.type == "text":
                assert _LIVE.search(child.content) is None, child.content
            elif child.type == "html_inline":
                assert child.content == "<br>"
            elif child.type == "link_open":
                assert str(child.attrs["href"]).startswith(("https://docs.example/", "docs/")), child.attrs
            if child.type not in {"text", "text_special", "code_inline", "softbreak"}:
                shape.append(child.type)
    return shape


def assert_inert_markdown(text: str, harmless: str) -> None:
    """The structure is that of the same report with harmless texts; nothing live, nothing unseen, no endless line."""
    assert unseen(text) == set()
    assert list(runner_commands(text)) == []
    assert _LEGACY.search(text) is None
    assert markdown_shape(text) == markdown_shape(harmless)
    assert len(text) <= MOST
