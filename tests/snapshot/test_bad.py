"""Every folder of tests/bad/snapshot: what is wrong with it, rendered, against `expected.txt`.

A case holds `snapshot/` or `snapshot.yaml` or `.json`, perhaps a second one (`desk`), perhaps `args.yaml`.
`UPDATE_GOLDEN=1` writes the expected texts; read the difference before committing it.
"""

import os
import re
from pathlib import Path

import pytest

from policy_engine.snapshot.read import read_snapshot
from tests.snapshot.support import options, shown, texts

ROOT = Path(__file__).parents[2]
CASES = sorted(path.name for path in (ROOT / "tests/bad/snapshot").iterdir())
SOURCES = ("snapshot", "snapshot.yaml", "snapshot.json", "desk", "desk.yaml")


@pytest.mark.parametrize("case", CASES)
def test_bad_snapshot(case, monkeypatch):
    folder = ROOT / "tests/bad/snapshot" / case
    monkeypatch.chdir(folder)
    args = Path("args.yaml")
    given = texts(args.read_text()) if args.exists() else {"as_of": "2026-07-21"}
    names = given.get("paths") or [name for name in SOURCES if Path(name).exists()]
    text = shown(read_snapshot([Path(name) for name in names], **options(given)))
    expected = Path("expected.txt")
    if os.environ.get("UPDATE_GOLDEN"):
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")
    assert re.search(r"DUN5\d\d|^alert", text, re.MULTILINE)


def emitted_codes():
    source = "\n".join(path.read_text() for path in (ROOT / "policy_engine/snapshot").glob("*.py"))
    return set(re.findall(r'"(DUN5\d\d)"', source))


def test_every_code_is_documented_with_avoid_prefer_and_why():
    text = (ROOT / "docs/diagnostics-snapshot.md").read_text()
    sections = dict(re.findall(r"^## (DUN5\d\d)[^\n]*\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    assert set(sections) == emitted_codes()
    for code, section in sections.items():
        for word in ("Avoid", "Prefer", "Why"):
            assert f"**{word}**" in section, (code, word)


def test_every_code_has_a_case():
    seen = "\n".join(path.read_text() for path in (ROOT / "tests/bad/snapshot").glob("*/expected.txt"))
    assert emitted_codes() <= set(re.findall(r"DUN5\d\d", seen))


def test_every_alert_has_a_case():
    source = "\n".join(path.read_text() for path in (ROOT / "policy_engine/snapshot").glob("*.py"))
    seen = "\n".join(path.read_text() for path in (ROOT / "tests/bad/snapshot").glob("*/expected.txt"))
    assert set(re.findall(r'alert\(\s*"(\w+)"', source)) <= set(re.findall(r"^alert (\w+)", seen, re.MULTILINE))
