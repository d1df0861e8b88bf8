"""A plan's file is checked and given out chunk by chunk: the same plan, the same errors, never all of it at once."""

import dataclasses
import io
import json
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from policy_engine.plan import scan, source
from policy_engine.plan.canonical import plan_data, with_identity, write_plan
from policy_engine.plan.model import Plan
from policy_engine.plan.read import PlanError, read_plan
from policy_engine.plan.scan import Scanner
from policy_engine.plan.source import PlanFile, open_plan
from tests.plan.plan_samples import HOSTILE, sample_plan, with_credit

PLANS = [
    with_identity(plan)
    for plan in (
        sample_plan(),
        sample_plan(customer_name=HOSTILE, stopped=True),
        sample_plan(many=3),
        with_credit(sample_plan(), customer_name=HOSTILE),
        dataclasses.replace(sample_plan(), actions=(), outcomes=(), closed=(sample_plan().valid_until,)),
    )
]


def fine(action):
    del action


def text_of(plan):
    file = io.StringIO()
    write_plan(plan, file)
    return file.getvalue()


def opened(text, judge=fine, **more):
    data = text if isinstance(text, bytes) else text.encode("utf-8")
    return open_plan(lambda: io.BytesIO(data), judge, **more)


def refusal(text):
    with pytest.raises(PlanError) as caught:
        opened(text)
    return str(caught.value)


@pytest.fixture
def small_pieces(monkeypatch):
    """The window slides at every few characters."""
    monkeypatch.setattr(scan, "PIECE", 5)
    monkeypatch.setattr(source, "CHUNK", 2)


def same(found, plan):
    names = ("as_of", "policy", "policy_version", "currency", "valid_until", "closed", "identity", "header", "stopped",
             "size")  # fmt: skip
    assert [getattr(found, name) for name in names] == [getattr(plan, name) for name in names]
    assert tuple(action for chunk in found.chunks() for action in chunk) == plan.actions
    assert tuple(action for chunk in found.chunks(1) for action in chunk) == plan.actions


@pytest.mark.parametrize("plan", PLANS)
def test_the_file_gives_what_the_plan_gives(plan, small_pieces):
    seen = []
    found = opened(text_of(plan), seen.append)
    assert isinstance(found, PlanFile)
    assert tuple(seen) == plan.actions
    same(found, plan)


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("indent", [None, 1, 4, "\t"])
def test_layout_does_not_matter(plan, indent, small_pieces):
    text = json.dumps(plan_data(plan), indent=indent, ensure_ascii=indent is None)
    found = opened(f"\n {text}\r\n\t ")
    assert isinstance(found, PlanFile)
    same(found, plan)


@pytest.mark.parametrize("plan", PLANS)
def test_a_file_in_another_order_is_held_whole(plan):
    found = opened(json.dumps(plan_data(plan), sort_keys=True))
    assert isinstance(found, Plan)
    same(found, plan)


def test_what_can_be_read_once_is_held_whole():
    times = []

    def once():
        times.append(1)
        assert len(times) == 1
        return io.BytesIO(text_of(PLANS[2]).encode())

    same(open_plan(once, fine, again=False), PLANS[2])


def test_chunks_are_bounded(small_pieces):
    plan = PLANS[2]
    found = opened(text_of(plan))
    assert [len(chunk) for chunk in found.chunks()] == [2] * (plan.size // 2) + [1] * (plan.size % 2)
    assert [len(chunk) for chunk in plan.chunks(2)] == [len(chunk) for chunk in found.chunks()]


def test_a_file_that_is_cut_off_is_refused_as_by_the_whole_reader(small_pieces):
    text = text_of(PLANS[0])
    for end in range(0, len(text) - 2, 7):
        with pytest.raises(PlanError) as whole:
            read_plan(text[:end])
        assert refusal(text[:end]) == str(whole.value)


@pytest.mark.parametrize(
    "broken", ["{]", '{"a" 1}', '{"a":1,}', "[1,", "", "  ", "hello", '{"dunning_plan":1} x', "1 2"]
)
def test_what_is_no_json_is_refused_with_its_place(broken):
    with pytest.raises(PlanError) as whole:
        read_plan(broken)
    assert str(whole.value).startswith("not a JSON document")
    said = refusal(broken)
    assert said.startswith("not a JSON document")
    assert said.partition(": line ")[2] == str(whole.value).partition(": line ")[2]


@pytest.mark.parametrize(
    "other", ["[]", '"plan"', "7", "{}", '{"dunning_plan":2,"run":1}', '{"run":{},"dunning_plan":"1"}']
)
def test_what_is_no_plan_is_refused(other):
    assert refusal(other) == "not a dunning plan of format 1"


@pytest.mark.parametrize(
    ("old", "new"),
    [('"total":"', '"total":"9'), ('"vouched":true', '"vouched":false'), ('"rule":', '"more":1,"rule":'),
     ('"reason":"', '"reason":"x'), ('"identity":"', '"identity":"0')],
)  # fmt: skip
def test_an_edited_file_is_refused(old, new):
    text = text_of(PLANS[0])
    assert old in text
    assert refusal(text.replace(old, new, 1)).startswith("the plan was edited: its rows have the identity ")


def test_rows_that_are_none_are_refused():
    data = plan_data(PLANS[0])
    assert refusal(json.dumps({**data, "actions": {}})) == "a row is not what a plan holds: `actions` is no list"
    assert refusal(json.dumps({**data, "actions": [{}]})) == "a row is not what a plan holds: 'currency'"
    del data["alerts"]
    assert refusal(json.dumps(data)) == "a row is not what a plan holds: 'alerts'"


def test_a_key_that_stands_twice_is_refused():
    text = text_of(PLANS[0])
    twice = text.rstrip().removesuffix("}") + ',"actions":[]}'
    assert refusal(twice) == "the key `actions` stands twice"
    assert refusal(text.replace("{", '{"identity":"x",', 1)) == "the key `identity` stands twice"


def test_what_the_judge_says_of_an_action_ends_the_reading():
    for text in (text_of(PLANS[0]), json.dumps(plan_data(PLANS[0]), sort_keys=True)):
        with pytest.raises(PlanError, match="not this one"):
            opened(text, lambda action: "not this one")


def test_bytes_that_are_no_text_are_said_to_be_so():
    with pytest.raises(UnicodeDecodeError):
        opened(text_of(PLANS[0]).encode() + b"\xff")


def test_a_file_that_changes_between_the_readings_gives_nothing_of_what_was_changed(tmp_path, small_pieces):
    plan = PLANS[2]
    assert plan.size > 2
    path = tmp_path / "plan.json"
    text = text_of(plan)
    path.write_text(text, encoding="utf-8")
    found = open_plan(lambda: path.open("rb"), fine)
    last = text.rindex('"total":"', 0, text.index('\n"outcomes":['))
    edited = text[:last] + text[last:].replace('"total":"', '"total":"9', 1)
    emptied = text[: text.index('\n"actions":[')] + '"actions":[],"outcomes":[]}'
    for changed in (edited, emptied):
        path.write_text(changed, encoding="utf-8")
        given_out = []
        with pytest.raises(PlanError, match="changed while it was read"):
            given_out.extend(action for chunk in found.chunks() for action in chunk)
        assert given_out == list(plan.actions[: len(given_out)])
        assert len(given_out) < plan.size
    path.write_text(text, encoding="utf-8")
    same(found, plan)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=15,
)


@example([1.5e-07, -1e300, 12.25], None, True)  # the window ends within a number, whose beginning is a number too
@given(st.lists(JSON, max_size=5), st.sampled_from([None, 0, 2]), st.booleans())
def test_the_scanner_reads_what_json_reads(rows, indent, plain):
    text = json.dumps(rows, indent=indent, ensure_ascii=plain)
    before, scan.PIECE = scan.PIECE, 3
    try:
        scanner = Scanner(io.BytesIO(text.encode("utf-8", "surrogatepass").decode("utf-8", "replace").encode()))
        found = list(scanner.rows())
        scanner.end()
    finally:
        scan.PIECE = before
    kept = json.loads(text.encode("utf-8", "surrogatepass").decode("utf-8", "replace"))
    assert [value for value, _ in found] == kept
    assert [json.loads(part) for _, part in found] == kept


def test_memory_does_not_grow_with_the_plan(tmp_path, monkeypatch):
    monkeypatch.setattr(scan, "PIECE", 4096)
    monkeypatch.setattr(source, "CHUNK", 20)
    small = sample_plan(many=3)
    path = tmp_path / "plan.json"
    held = []
    for times in (30, 60, 180):
        plan = with_identity(dataclasses.replace(small, actions=small.actions * times, outcomes=small.outcomes * times))
        with path.open("w", encoding="utf-8", newline="\n") as file:
            write_plan(plan, file)
        del plan
        tracemalloc.start()
        found = open_plan(lambda: path.open("rb"), fine)
        assert sum(map(len, found.chunks())) == len(small.actions) * times
        held.append((path.stat().st_size, tracemalloc.get_traced_memory()[1]))
        tracemalloc.stop()
    _, (size, peak), (larger, highest) = held  # the first time some things are made once for all
    assert highest - peak < (larger - size) / 8
