"""What is written the short way is what the long way writes: the library's functions are the measure."""

import html
import json
import textwrap
import unicodedata
from dataclasses import astuple, dataclass, field
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import nodes

from policy_engine.execution.basis import _plain
from policy_engine.explanation.locale import locale_of
from policy_engine.templates import text
from policy_engine.templates.document import Column, Table, clean
from policy_engine.templates.html import as_html, escape
from policy_engine.templates.sandbox import environment
from policy_engine.values.indented import indented_json
from policy_engine.values.text import _UNSEEN, _escaped, inert_json
from tests.hostile.corpus import CORPUS

PIECES = st.sampled_from(
    ["a", "mots", "12\u202f345,00\u00a0€", "b-c", "x" * 90, " ", "  ", "\t", "\u00a0", "\u2003", ""]
)
PROSE = st.lists(PIECES, max_size=60).flatmap(
    lambda pieces: st.sampled_from(["".join(pieces), " ".join(pieces), " ".join(" ".join(pieces).split())])
)


@settings(max_examples=400)
@given(PROSE, st.sampled_from([("", ""), ("- ", "  ")]))
def test_lines_are_filled_as_the_library_fills_them(prose: str, indents: tuple[str, str]) -> None:
    lines = textwrap.wrap(
        prose, text.WIDTH, initial_indent=indents[0], subsequent_indent=indents[1], break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
    assert text._wrapped(prose, *indents) == ("\n".join(lines) or indents[0].rstrip())


def test_a_text_is_as_wide_as_its_characters() -> None:
    for code in range(0x11_0000):
        ch = chr(code)
        wide = 2 if unicodedata.east_asian_width(ch) in "WF" else 1
        assert text.width(ch) == (0 if unicodedata.combining(ch) else wide), hex(code)


@given(st.text(st.characters() | st.sampled_from("&<>\"' é\u00a0\u202f€")))
def test_pages_escape_as_the_library_escapes(words: str) -> None:
    assert escape(words) == html.escape(words)


def test_no_character_passes_uncleaned() -> None:
    """Each stands in the middle, where the short way sees what the long way would change."""
    for code in range(0x3000):
        ch = chr(code)
        seen = clean(f"a{ch}b")
        if ch in "\u00a0\u202f" or (ch.isprintable() and not ch.isspace()):
            kept = unicodedata.normalize("NFC", f"a{ch}b")
            assert seen == kept or unicodedata.bidirectional(ch) in {"LRE", "RLE", "PDF", "LRO", "RLO"}, hex(code)
        elif ch.isspace():
            assert seen == "a b", hex(code)
        else:
            assert seen == "ab", hex(code)


@pytest.mark.parametrize("blank", ["\u00a0", "\u202f", "\u00a0 \u202f"])
def test_a_value_of_nothing_but_blanks_is_marked(blank: str) -> None:
    assert clean(blank) == "\ufffd"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from([one.text for one in CORPUS]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_indented_json_is_the_librarys(value: object) -> None:
    assert indented_json(value) == json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True)


def test_a_float_has_no_json() -> None:
    with pytest.raises(TypeError, match="a float has no JSON"):
        indented_json({"amount": [1.5]})


@dataclass(frozen=True, slots=True)
class _Row:
    day: date | None
    words: tuple[str, ...] = ()
    within: "tuple[_Row, ...]" = ()
    marks: frozenset[str] = frozenset()
    more: dict[str, object] = field(default_factory=dict)


def test_a_basis_holds_rows_as_the_lists_of_their_fields() -> None:
    row = _Row(date(2026, 6, 1), ("a", "b"), (_Row(None),), frozenset({"z", "y"}), {"k": date(2026, 1, 2)})
    assert _plain(row) == ["2026-06-01", ["a", "b"], [[None, [], [], [], {}]], ["y", "z"], {"k": "2026-01-02"}]
    assert _plain(astuple(row)) == _plain(row)


CELLS = st.sampled_from(
    ["", "a", "-5,00\u00a0€", "1\u202f234,00\u00a0€", "%s", "{0}", "日本", "e\u0301", "\u00a0", "x" * 30]
)


@given(st.integers(1, 5).flatmap(lambda n: st.tuples(*[st.lists(CELLS, min_size=n, max_size=n).map(tuple)] * 3)))
def test_tables_are_padded_as_their_widths_say(rows: tuple[tuple[str, ...], ...]) -> None:
    columns = tuple(Column(f"Titre {at}", right=at % 2 == 1) for at in range(len(rows[0])))
    widths = [max(map(text.width, column)) for column in zip([one.title for one in columns], *rows, strict=True)]
    lines = text.as_text(Table("t", columns, rows)).split("\n")
    if sum(widths) + 2 * (len(widths) - 1) <= text.WIDTH:
        assert lines[2:] == [text._row(row, widths, [one.right for one in columns]) for row in rows]


def test_tables_of_pages_escape_each_cell() -> None:
    columns = (Column("A & B"), Column("C", right=True))
    page = as_html(Table("t", columns, (("x", "1"), ("<b>", "%s")), ("&", "")))
    assert '<tr><td>x</td><td class="n">1</td></tr>\n<tr><td>&lt;b&gt;</td><td class="n">%s</td></tr>' in page
    assert '<th scope="col">A &amp; B</th>' in page
    assert '<tfoot><tr><td>&amp;</td><td class="n"></td></tr></tfoot>' in page


INCLUDING = {
    "in_text": "a {% include 'plain' %} b",
    "in_if": "{% if n %}{% include 'plain' %}{% elif x %}-{% else %}{% include 'plain' %}!{% endif %}",
    "in_block": "{% extends 'base' %}{% block one %}{% include 'plain' %}{% endblock %}{% include 'plain' %}",
    "in_loop": "{% for x in n %}{% include 'plain' %}{% include 'looping' %}{% endfor %}",
    "named": "{% set x = 'own' %}{{ x }}{% include 'plain' %}",
    "of_all": "{% include 'in_text' %}{% include 'in_loop' %}{% include 'named' %}{% include 'in_block' %}",
    "base": "[{% block one %}{% endblock %}{% include 'plain' %}]",
    "looping": "{% for y in n %}{{ x }}{{ y }}{% endfor %}",
    "plain": "({% if x %}{{ x }}{% endif %}{{ 'a' if n else 'b' }})",
}


@pytest.mark.parametrize("name", INCLUDING)
@pytest.mark.parametrize("given_names", [{"x": "data", "n": (1, 2)}, {"x": "", "n": ()}])
def test_includes_print_the_same_wherever_they_are_put_in(name: str, given_names: dict[str, object]) -> None:
    quick, slow = (environment(INCLUDING, locale_of("fr")) for _ in range(2))
    assert set(quick.plain) == {"plain"}
    slow.plain = {}
    printed = [[*env.get_template(name).generate(given_names)] for env in (quick, slow)]
    assert printed[0] == printed[1]


def test_includes_that_are_put_in_have_bounds() -> None:
    """Sixty thousand characters, included two thousand times: they are put in once."""
    sources = {"leaf": "x" * 60_000, "top": "{% include 'leaf' %}" * 2_000}
    tree = environment(sources, locale_of("fr")).parse(sources["top"])
    assert len([*tree.find_all(nodes.Include)]) == 1_999


def test_json_that_is_inert_as_it_stands_holds_nothing_unseen() -> None:
    for code in (*range(0x20, 0x3_0000), *range(0xE_0000, 0xE_1100)):
        written = f'"a{chr(code)}b"'
        assert inert_json(written) == _UNSEEN.sub(_escaped, written), hex(code)
    assert inert_json('"</p> ##[x] ##vso[y] \u00a0</"') == '"<\\/p> #\\u0023[x] #\\u0023vso[y] \u00a0<\\/"'
