"""Hostile strings in every field of a report, in every format."""

import json

import pytest

from policy_engine.reporting.markdown import block, code, sentence, table, text
from policy_engine.reporting.model import Case, Finding, Group, Listing, Report, Suite, Table
from policy_engine.reporting.places import Root
from policy_engine.reporting.render import render
from policy_engine.values.position import Position
from policy_engine.values.text import inert
from tests.hostile.corpus import (
    CORPUS,
    NAMES,
    Hostile,
    assert_inert_json,
    assert_inert_markdown,
    assert_inert_sarif,
    assert_inert_text,
    markdown_shape,
    runner_commands,
    texts_of,
    unseen,
)
from tests.reporting.samples import checked_junit, checked_sarif

ROOT = Root("/repo", "/repo")
DOCS = "https://docs.example/"


def full(word: str) -> Report:
    """A report whose every text is `word`."""
    at = Position(word, 3, 2, 4)
    findings = (
        Finding("DUN203", "error", word, at, word, word),
        Finding("DUN203", "warning", f"`{word}` is not known", Position("p.yaml", 1, 1), None, f"  key: {word}"),
        Finding("DUN219", "note", word, None, word),
    )
    cases = (
        Case(word, "failed", at, word, word, word, word),
        Case(word, "error", None, word),
        Case(word, "passed"),
        Case(word, "skipped", at),
    )
    tables = (Table(word, (word, "EUR"), ((word, word), ("x", "1.00")), frozenset({1}), word),)
    listings = (Listing(word, f"{word}\n</details>\n{word}"),)
    groups = (Group(word, findings, "p.yaml"), Group(word))
    return Report(
        "validate", "failed", word, "0.1.0", groups, (Suite(word, cases, "t.yaml"),), tables, listings=listings
    )


@pytest.fixture(params=CORPUS, ids=NAMES)
def hostile(request) -> Hostile:
    return request.param


def test_the_corpus_is_what_it_says():
    assert len(CORPUS) >= 30
    assert len(set(NAMES)) == len(NAMES)
    assert all(hostile.why for hostile in CORPUS)
    assert max(len(hostile.text) for hostile in CORPUS) >= 100_000


def test_inert_says_it_in_harmless_characters(hostile):
    shown = inert(hostile.text)
    assert_inert_text(shown)
    assert "\n" not in shown
    assert inert(shown) == shown or len(hostile.text) > 2000


def test_text(hostile):
    assert_inert_text(render(full(hostile.text), "text"))


def test_json_keeps_the_text_whole(hostile):
    data = assert_inert_json(render(full(hostile.text), "json", docs=DOCS))
    assert data["findings"][0]["message"] == hostile.text
    assert data["suites"][0]["cases"][0]["got"] == hostile.text
    assert data["tables"][0]["rows"][0] == [hostile.text, hostile.text]
    assert data["listings"][0]["title"] == hostile.text
    assert hostile.text in set(texts_of(data))


def test_sarif(hostile):
    text = render(full(hostile.text), "sarif", root=ROOT, docs=DOCS)
    assert_inert_json(text)
    log = checked_sarif(text)
    assert_inert_sarif(log)
    assert len(log["runs"][0]["results"]) == 5


def test_junit(hostile):
    text = render(full(hostile.text), "junit")
    assert unseen(text) == set()
    assert list(runner_commands(text)) == []
    document = checked_junit(text)
    assert [len(suite) for suite in document] == [3, 1, 4]
    shape = [element.tag for element in document.iter()]
    assert shape == [element.tag for element in checked_junit(render(full("word"), "junit")).iter()]
    assert document[2][1].get("name") in (inert(hostile.text), inert(hostile.text)[:300] + "...")


def test_github(hostile):
    lines = render(full(hostile.text), "github", root=ROOT)
    assert unseen(lines) == set()
    assert lines.count("\n") == 6  # three findings, two cases, the summary
    commands = list(runner_commands(lines))
    assert [command for command, _, _ in commands] == ["error", "warning", "notice", "error", "error"]
    for _, properties, data in commands:
        assert set(properties) <= {"file", "line", "col", "endColumn", "title"}
        assert unseen(data) == set()
    assert "##[" not in lines
    first = inert(hostile.text)
    expected = f"{first}\nhelp: {first}"
    assert commands[0][2] == (expected if len(expected) <= 4000 else expected[:4000] + " ...")
    assert commands[0][1]["line"] == "3"
    assert commands[1][1]["file"] == "p.yaml"


def test_markdown(hostile):
    assert_inert_markdown(
        render(full(hostile.text), "markdown", docs=DOCS), render(full("word"), "markdown", docs=DOCS)
    )


@pytest.mark.parametrize("make", [text, code, sentence], ids=["text", "code", "sentence"])
def test_markdown_in_a_line_and_in_a_cell(hostile, make):
    shown = make(hostile.text)
    assert "\n" not in shown
    assert markdown_shape(f"x {shown} y") == ["paragraph_open", "inline", "paragraph_close"]
    harmless = "\n".join(table(["a", "b"], [["x", "y"], ["z", "w"]]))
    assert markdown_shape("\n".join(table(["a", "b"], [[shown, "y"], [f"z {shown}", shown]]))) == markdown_shape(
        harmless
    )


def test_markdown_block(hostile):
    assert markdown_shape(block(f"x\n{hostile.text}\ny") + "\n\nafter") == [
        "fence",
        "paragraph_open",
        "inline",
        "paragraph_close",
    ]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Menuiserie Duval, 3 rue de l'Église (Lyon)", "Menuiserie Duval, 3 rue de l'Église (Lyon)"),
        ("formal_notice", "formal_notice"),
        ("1\u202f234,50\u00a0€", "1\u202f234,50\u00a0€"),
        ("@octocat", "`@octocat`"),
        ("fixes #12", "`fixes #12`"),
        ("a|b", "`a|b`"),
        ("**x**", "`**x**`"),
        ("a`b", "`` a`b ``"),
        ("", ""),
        ("  ", ""),
    ],
)
def test_markdown_text_is_code_only_when_it_must(given, shown):
    assert text(given) == shown


def test_markdown_sentences_keep_the_words_of_the_author():
    assert sentence("`a` is no `b`") == "`a` is no `b`"
    assert sentence("`a` pings @b") == "`` `a` pings @b ``"
    assert sentence("`a``b`") == "``` `a``b` ```"
    assert json.dumps(sentence("odd ` tick")) == '"`` odd ` tick ``"'
