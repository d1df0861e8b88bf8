"""Whatever the bytes, the answer is a policy or diagnostics that can be shown, never an exception."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from policy_engine.language.findings import MAX_FINDINGS
from policy_engine.language.load import load_policy

pytestmark = pytest.mark.property
ROOT = Path(__file__).resolve().parent.parent.parent
PACK = (ROOT / "policies" / "fr-b2b.yaml").read_text(encoding="utf-8")
LINES = PACK.splitlines()
DATA: Any = json.loads(json.dumps(yaml.safe_load(PACK), default=str))
WORDS = [
    "none", "null", "~", "[]", "{}", "- x", "*a", "&a b", "!!int 3", "1e400", ".nan", "010", "-5", "22:30", "yes", '"',
    "'", "[", "{", "}", ": ", " #", "|", ">-", "<<: x", "2026-13-45", "invoice.disputed", "a / b", "(((", "pack:fr-b2b",
    "extends", "steps", "standard", "remove: true", "name", "\t", "\0", "é", "\u202e", "99999999999999999999", "---",
]  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("policies") / "policy.yaml"


def judged(data: bytes, path: Path) -> None:
    path.write_bytes(data)
    result = load_policy(path, as_of=date(2026, 10, 30))
    errors = [found for found in result.diagnostics if found.severity == "error"]
    assert (result.policy is None) == bool(errors)
    assert len(result.diagnostics) <= MAX_FINDINGS + 1
    assert list(result.diagnostics[:-1]) == sorted(
        result.diagnostics[:-1], key=lambda d: (d.position, d.code, d.message, d.help or "")
    )
    for found in result.diagnostics:
        shown = found.render()
        assert all(ch.isprintable() or ch in "\n\u00a0\u202f" for ch in shown)
        assert found.position.line >= 1
        assert found.position.column >= 1
    text = result.resolved_text()
    if result.policy is not None:
        assert text is not None
        path.write_text(text, encoding="utf-8")
        again = load_policy(path).policy
        assert again is not None
        assert again.digest == result.policy.digest


@given(st.binary(max_size=300))
def test_any_bytes(place: Path, data: bytes) -> None:
    judged(data, place)


@given(st.text(max_size=300))
def test_any_text(place: Path, text: str) -> None:
    judged(text.encode("utf-8", "surrogatepass"), place)


@given(st.lists(st.tuples(st.sampled_from(["dunning", "policy", "currency", "segments", "ladders", "facts", "holds",
    "penalties", "extends", "calendar", "minimum", "stages"]), st.sampled_from(WORDS)), max_size=12))  # fmt: skip
def test_any_small_mapping(place: Path, pairs: list[tuple[str, str]]) -> None:
    judged("".join(f"{key}: {value}\n" for key, value in pairs).encode(), place)


@given(st.data())
def test_a_mutated_policy(place: Path, data: st.DataObject) -> None:
    lines = list(LINES)
    for _ in range(data.draw(st.integers(1, 4))):
        index = data.draw(st.integers(0, len(lines) - 1))
        line = lines[index]
        match data.draw(st.sampled_from(["drop", "twice", "value", "insert", "cut", "indent", "swap"])):
            case "drop":
                lines[index] = ""
            case "twice":
                lines.insert(index, line)
            case "value":
                lines[index] = f"{line.split(':')[0]}: {data.draw(st.sampled_from(WORDS))}"
            case "insert":
                at = data.draw(st.integers(0, len(line)))
                lines[index] = line[:at] + data.draw(st.sampled_from(WORDS)) + line[at:]
            case "cut":
                lines[index] = line[: data.draw(st.integers(0, len(line)))]
            case "indent":
                lines[index] = " " * data.draw(st.integers(0, 12)) + line.lstrip()
            case "swap":
                other = data.draw(st.integers(0, len(lines) - 1))
                lines[index], lines[other] = lines[other], line
    judged("\n".join(lines).encode("utf-8", "surrogatepass"), place)


KEYS = sorted(
    {
        "name", "when", "before", "after", "remove", "extends", "steps", "days", "months", "anchor", "channel", "also",
        "charge", "repeat", "every", "times", "approval", "kind", "rate", "amount", "from", "to", "item", "customer",
        "courtesy_reminder", "standard", "firm", "late_interest", "minimum", "stage", "<<", "none",
    }
)  # fmt: skip
LEAVES = st.one_of(st.sampled_from(WORDS), st.integers(-5, 40000), st.booleans(), st.none(), st.sampled_from(KEYS))
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=8,
)


def places(node: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [above] if above else []
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in pairs:
        found.extend(places(value, (*above, key)))
    return found


PLACES = places(DATA)


@given(st.lists(st.tuples(st.sampled_from(PLACES), TREES), min_size=1, max_size=3))
def test_a_policy_with_other_values(place: Path, changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    data = json.loads(json.dumps(DATA))
    for where, value in changes:
        node = data
        for key in where[:-1]:
            node = node[key] if isinstance(node, dict) and key in node else node
        if isinstance(node, dict) or (isinstance(node, list) and isinstance(where[-1], int) and where[-1] < len(node)):
            node[where[-1]] = value
    judged(json.dumps(data, ensure_ascii=False).encode("utf-8", "surrogatepass"), place)


OVERLAID = st.sampled_from(["segments", "ladders", "holds", "interventions", "capacity", "penalties", "minimum"])
ITEMS = st.dictionaries(
    st.sampled_from(["name", "before", "after", "remove", "when", "ladder", "days", "stage"]), LEAVES
)


@given(st.dictionaries(OVERLAID, TREES | st.lists(ITEMS, max_size=4), max_size=3))
def test_any_overlay_on_a_pack(place: Path, overlay: dict[str, Any]) -> None:
    judged(json.dumps({"dunning": 1, "policy": "mine", "extends": "pack:fr-b2b", **overlay}).encode(), place)


@given(st.lists(ITEMS, max_size=5), st.lists(ITEMS, max_size=5))
def test_any_ladder_overlay_on_a_pack(place: Path, one: list[Any], two: list[Any]) -> None:
    ladders = {"standard": {"steps": one}, "firm": {"steps": two}, "new": {"extends": "gentle", "steps": two}}
    data = {"dunning": 1, "policy": "mine", "extends": "pack:fr-b2b", "ladders": ladders}
    judged(json.dumps(data).encode(), place)
