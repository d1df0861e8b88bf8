"""Whatever the bytes, the answer is a policy or diagnostics that can be shown, never an exception."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy_engine.language.findings import MAX_FINDINGS
from policy_engine.language.load import load_policy

pytestmark = pytest.mark.property
ROOT = Path(__file__).resolve().parent.parent.parent
PACK = (ROOT / "policies" / "fr-b2b.yaml").read_text(encoding="utf-8")
LINES = PACK.splitlines()
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


@settings(max_examples=150)
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
