"""Rows that are printed one by one: the same bytes as all of them at once, and nothing when one can't be made."""

import pytest

from policy_engine.cli.output import json_to_stdout, rows_to_stdout
from tests.hostile.corpus import CORPUS

ROWS = [{"text": one.text, "inner": {"list": [1, [], None]}} for one in CORPUS]


@pytest.mark.parametrize("rows", [[], ROWS[:1], ROWS, [1, "two", [3]]])
def test_rows_are_printed_as_the_whole_document_is(rows, capsys):
    head = {"plan": "x", "payee": None, "more": {"a": [0]}}
    json_to_stdout({**head, "actions": rows})
    whole = capsys.readouterr().out
    rows_to_stdout(head, "actions", iter(rows))
    assert capsys.readouterr().out == whole


def test_nothing_is_printed_when_a_row_cannot_be_made(capsys):
    def rows():
        yield 1
        raise LookupError("no more")

    with pytest.raises(LookupError):
        rows_to_stdout({}, "actions", rows())
    assert capsys.readouterr().out == ""
