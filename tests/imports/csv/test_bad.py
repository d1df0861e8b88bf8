"""Every folder of tests/bad/import_csv: a mapping and an export, what is wrong with them, rendered.

`UPDATE_GOLDEN=1` writes the expected texts; read the difference before committing it.
"""

import os
import re
from pathlib import Path

import pytest

from tests.imports.csv.support import BAD, ROOT, run

CASES = sorted(path.name for path in BAD.iterdir())


@pytest.mark.parametrize("case", CASES)
def test_bad_export(case, monkeypatch):
    monkeypatch.chdir(BAD / case)
    loaded, result = run(Path("mapping.yaml"), Path("export.csv"))
    found = loaded.diagnostics if result is None else result.diagnostics
    text = "\n".join(diagnostic.render() for diagnostic in found) + "\n"
    expected = Path("expected.txt")
    if os.environ.get("UPDATE_GOLDEN"):
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")
    assert re.search(r"DUN\d\d\d", text)
    if any(diagnostic.severity == "error" for diagnostic in found):
        assert result is None or (result.tables is None and result.summary is None)
    else:
        assert result.tables is not None


def emitted_codes():
    files = [*(ROOT / "policy_engine/imports").glob("csv_*.py"), *(ROOT / "policy_engine/imports").glob("mapping*.py")]
    source = "\n".join(path.read_text(encoding="utf-8") for path in files)
    return {code for code in re.findall(r'"(DUN6\d\d)"', source) if code < "DUN650"}


PROGRAM_ERRORS = {"DUN629"}
"""Codes of our own mistakes: no input leads to them."""


def test_every_code_has_a_case():
    seen = "\n".join(path.read_text(encoding="utf-8") for path in BAD.glob("*/expected.txt"))
    assert emitted_codes() - PROGRAM_ERRORS == {
        code for code in re.findall(r"DUN6\d\d", seen) if code not in PROGRAM_ERRORS
    }


def test_every_code_is_documented_with_avoid_prefer_and_why():
    text = (ROOT / "docs/diagnostics-import.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## (DUN6\d\d)[^\n]*\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    assert set(sections) == emitted_codes()
    for code, section in sections.items():
        for word in ("Avoid", "Prefer", "Why"):
            assert f"**{word}**" in section, (code, word)
