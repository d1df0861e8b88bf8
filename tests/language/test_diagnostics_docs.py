"""Every code has a golden and a page, and every example of the page shows what it claims."""

import re
from datetime import date
from pathlib import Path

import pytest

from policy_engine.language.load import load_policy
from tests.language import bad_policies

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "diagnostics.md").read_text(encoding="utf-8")
_SECTION = re.compile(r"^## (DUN\d{3}): [^\n]+\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
SECTIONS = {match[1]: match[2] for match in _SECTION.finditer(PAGE)}
CODE = re.compile(r"\bDUN[0134]\d\d\b")
BASE = {
    "dunning": "dunning: 1\n",
    "policy": "policy: acme\n",
    "currency": "currency: EUR\n",
    "segments": "segments:\n  - {name: everybody, ladder: standard}\n",
    "ladders": (
        "ladders:\n  standard:\n    steps:\n      - {name: courtesy, stage: reminder, days: 5, channel: email}\n"
    ),
}


def _emitted() -> set[str]:
    found: set[str] = set()
    for path in (ROOT / "policy_engine" / "language").rglob("*.py"):
        if "expressions" not in path.parts:
            found.update(re.findall(r"\"(DUN[0134]\d\d)\"", path.read_text(encoding="utf-8")))
    return found


def test_every_code_has_a_golden_and_a_page() -> None:
    emitted = _emitted()
    shown = {code for path in bad_policies.ROOT.glob("*.expected") for code in CODE.findall(path.read_text("utf-8"))}
    assert len(emitted) > 40
    assert emitted - shown == set()
    assert set(SECTIONS) == emitted
    assert all("*Why:*" in text or "*Prefer*" in text for text in SECTIONS.values())


EXAMPLES = [
    (code, word, fragment)
    for code, text in SECTIONS.items()
    for word, fragment in re.findall(r"^(Avoid|Prefer):\n\n```yaml\n(.*?)```", text, re.MULTILINE | re.DOTALL)
]


@pytest.mark.parametrize(("code", "word", "fragment"), EXAMPLES, ids=[f"{c}-{w}" for c, w, _ in EXAMPLES])
def test_the_examples_show_what_they_claim(code: str, word: str, fragment: str, tmp_path: Path) -> None:
    given = set(re.findall(r"^([a-z_]+):", fragment, re.MULTILINE))
    path = tmp_path / "policy.yaml"
    path.write_text("".join(text for key, text in BASE.items() if key not in given) + fragment, encoding="utf-8")
    codes = {found.code for found in load_policy(path, as_of=date(2026, 10, 30)).diagnostics}
    if word == "Avoid":
        assert code in codes
    elif code == "DUN015":  # on top of a pack, a whole policy's lists would need places
        assert code not in codes
    else:
        assert codes == set()
