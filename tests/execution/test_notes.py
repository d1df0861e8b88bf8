"""Notes of many actions: the same rows whether they are held or wait in a file, however they are asked for."""

import json
import tracemalloc

import pytest

from policy_engine.cli.output import Unheld, json_to_stdout, parts_to_stdout
from policy_engine.execution import notes
from policy_engine.execution.notes import Notes
from policy_engine.execution.tally import Noted
from tests.hostile.corpus import CORPUS


def noted(number, why="no\ud800 answer </script> é"):
    return Noted(f"{number:064x}", f"C-{number}", "reminder", "email", "failed", why)


@pytest.fixture(params=[0, 2, 500])
def many(request, monkeypatch):
    monkeypatch.setattr(notes, "HELD", request.param)
    found = Notes(Noted)
    for number in range(5):
        found.append(noted(number))
    return found


def test_rows_come_back_as_they_were_added(many):
    every = [noted(number) for number in range(5)]
    assert list(many) == every
    assert len(many) == 5
    assert many == every
    assert many != every[:4]
    assert many != [*every[:4], noted(9)]
    assert type(many[4]) is Noted
    assert (many[0], many[-1]) == (every[0], every[4])
    assert (many[:2], many[1:9:2], many[::-1]) == (every[:2], every[1::2], every[::-1])
    with pytest.raises(IndexError):
        many[5]


def test_nothing_is_false_and_equal_to_nothing():
    assert not Notes(Noted)
    assert Notes(Noted) == []


def test_several_may_look_and_add_at_the_same_time(many):
    pairs = list(zip(many, many, strict=True))
    assert [one for one, _ in pairs] == [other for _, other in pairs] == [noted(number) for number in range(5)]
    seen = []
    for one in many:
        seen.append(one.customer)
        if len(many) < 7:
            many.append(noted(len(many)))
    assert seen == [f"C-{number}" for number in range(7)]
    more = Notes(Noted)
    more.extend(many)
    assert more == many


@pytest.mark.parametrize("count", [0, 1, 4000])
def test_json_is_the_same_whether_it_is_held_or_not(count, capsysbinary):
    hostile = [one.text for one in CORPUS]
    rows = [noted(number, hostile[number % len(hostile)]) for number in range(count)]
    found = Notes(Noted)
    found.extend(rows)
    json_to_stdout({"first": 1, "rows": [one._asdict() for one in rows], "last": {"a": []}})
    held = capsysbinary.readouterr().out
    parts_to_stdout({"first": 1, "rows": Unheld(found, Noted._asdict), "last": {"a": []}})
    assert capsysbinary.readouterr().out == held
    assert len(json.loads(held)["rows"]) == count


def test_what_waits_takes_no_memory():
    def peak(count):
        tracemalloc.start()
        try:
            found = Notes(Noted)
            for number in range(count):
                found.append(noted(number))
            assert sum(1 for _ in found) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(600)
    assert peak(6_000) - peak(600) < 20_000  # held they would be 2 MB
