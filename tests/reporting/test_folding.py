"""Long lines of an explanation on a terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_engine.values.diagnostics import Diagnostic
from policy_engine.values.folding import folded, width_of
from policy_engine.values.position import Position


def test_a_rest_stands_below_its_column() -> None:
    line = "    insolvency  no    policy.yaml:10:13  customer.insolvent = no, customer.overdue = 1,200.00 EUR\n"
    assert folded(line, 60) == (
        "    insolvency  no    policy.yaml:10:13  customer.insolvent\n"
        "                      = no, customer.overdue = 1,200.00 EUR\n"
    )


def test_without_columns_a_rest_stands_a_bit_further_in() -> None:
    assert folded("  " + "a word and " * 7, 60) == "  " + "a word and " * 5 + "a\n    word and a word and"


@pytest.mark.parametrize("text", ["", "\n", "short\n\nlines", "  no end  of  line"])
def test_what_fits_stays_as_it_is(text: str) -> None:
    assert folded(text, 60) == text


def test_a_long_word_stays_in_one_piece() -> None:
    word = "x" * 90
    assert folded(f"  see {word} there\n", 60) == f"  see\n    {word}\n    there\n"


@given(st.text(st.sampled_from("ab  é漢\n"), max_size=400), st.integers(0, 130))
def test_nothing_is_lost_and_nothing_is_too_wide(text: str, width: int) -> None:
    found = folded(text, width)
    assert found.split() == text.split()
    for line in found.split("\n"):
        assert width_of(line) <= max(60, width) or len(line.split()) <= 1 or line in text.split("\n")


def _diagnostic(column: int, source: str) -> Diagnostic:
    return Diagnostic("DUN301", "error", "there is no penalty `late`", Position("p.yaml", 3, column, 4), "try", source)


def test_a_finding_shows_what_is_around_its_caret() -> None:
    """80 columns: 73 of the source line beside its number; they begin 36 before the caret's first."""
    lines = _diagnostic(101, "a" * 100 + "late" + "b" * 100).render(80).split("\n")
    assert lines == [
        "p.yaml:3:101: DUN301 there is no penalty `late`",
        "   3 | " + "a" * 36 + "late" + "b" * 33,
        "     | " + " " * 36 + "^^^^",
        "  help: try",
    ]


def test_a_narrow_terminal_folds_what_a_finding_says() -> None:
    assert _diagnostic(1, "late").render(60).split("\n")[0] == "p.yaml:3:1: DUN301 there is no penalty `late`"
    long = Diagnostic("DUN301", "error", "word " * 14 + "end", Position("p.yaml", 3, 1), None, None)
    assert long.render(60).split("\n") == ["p.yaml:3:1: DUN301" + " word" * 8, "  " + "word " * 6 + "end"]
    assert "\n" not in long.render()
