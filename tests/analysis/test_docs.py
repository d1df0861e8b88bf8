"""Every rule has an entry, and every example of the page shows what it claims."""

import re
from pathlib import Path

import pytest

from policy_engine.analysis.project import project_of
from policy_engine.analysis.waivers import read_waivers
from policy_engine.reporting.rules import rules
from tests.analysis.judged import BAD, findings_in, text_of

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "diagnostics-analysis.md").read_text(encoding="utf-8")
_SECTION = re.compile(r"^## (DUN\d{3}): [^\n]+\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
SECTIONS = {match[1]: match[2] for match in _SECTION.finditer(PAGE)}
BASE = {
    "dunning": "dunning: 1\n",
    "policy": "policy: acme\n",
    "currency": "currency: EUR\n",
    "segments": "segments:\n  - {name: everybody, ladder: standard}\n",
    "ladders": (
        "ladders:\n  standard:\n    steps:\n      - {name: courtesy, stage: reminder, days: 5, channel: email}\n"
        "      - {name: phone_call, stage: call, days: 15, channel: call}\n"
    ),
}
EXAMPLES = [
    (code, word, fragment)
    for code, text in SECTIONS.items()
    for word, fragment in re.findall(r"^(Avoid|Prefer):\n\n```yaml\n(.*?)```", text, re.MULTILINE | re.DOTALL)
]


def _emitted() -> set[str]:
    found: set[str] = set()
    for path in (ROOT / "policy_engine" / "analysis").rglob("*.py"):
        if path.name != "model.py":
            found.update(re.findall(r"\"(DUN4[23]\d)\"", path.read_text(encoding="utf-8")))
    return found


def test_every_code_has_a_page_and_a_golden() -> None:
    shown = {finding.code for path in BAD for finding in findings_in(path)}
    assert _emitted() - set(SECTIONS) == set()
    assert {code for code in _emitted() if code < "DUN430"} - shown == set()
    assert set(SECTIONS) <= set(rules())
    assert all("*Why:*" in text for text in SECTIONS.values())


@pytest.mark.parametrize(("code", "word", "fragment"), EXAMPLES, ids=[f"{c}-{w}" for c, w, _ in EXAMPLES])
def test_the_examples_show_what_they_claim(code: str, word: str, fragment: str, tmp_path: Path) -> None:
    given = set(re.findall(r"^([a-z_]+):", fragment, re.MULTILINE))
    path = tmp_path / "policy.yaml"
    path.write_text("".join(text for key, text in BASE.items() if key not in given) + fragment, encoding="utf-8")
    codes = {finding.code for finding in findings_in(path)}
    assert (code in codes) if word == "Avoid" else codes == set()


def test_the_example_of_the_page_is_what_is_printed() -> None:
    page = (ROOT / "docs" / "analysis.md").read_text(encoding="utf-8")
    assert f"```text\n{text_of(ROOT / 'tests/analysis/policies/segment_shadowed.yaml')}```" in page


def test_the_levels_and_the_waiver_of_the_page_are_read(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "analysis.md").read_text(encoding="utf-8")
    levels, waived = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "dunning.yaml").write_text(levels, encoding="utf-8")
    project = project_of(tmp_path / "policy.yaml")
    assert (project.levels, project.findings) == ({"DUN401": "error", "DUN426": "note", "DUN429": "off"}, ())
    waivers, wrong = read_waivers({"policy.yaml": waived.splitlines()})
    assert wrong == ()
    assert [(one.code, sorted(one.lines)) for one in waivers] == [("DUN426", [1, 2])]
