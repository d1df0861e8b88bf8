"""Every folder of tests/bad/import_fec: what is wrong with it, rendered, against `expected.txt`.

A case holds `fec.txt` (or none), perhaps lists, perhaps `args.yaml` with `as_of`, `terms`, `kinds`, `encoding`.
`UPDATE_GOLDEN=1` writes the expected texts; read the difference before committing it.
"""

import os
import re
from datetime import date
from pathlib import Path

import pytest
import yaml

from policy_engine.imports.fec import import_fec
from policy_engine.imports.fec_customers import Choices, read_list, read_terms
from policy_engine.imports.fec_report import report_text

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "tests/bad/import_fec"
CASES = sorted(path.name for path in FOLDER.iterdir())


@pytest.mark.parametrize("case", CASES)
def test_bad_fec(case, monkeypatch):
    monkeypatch.chdir(FOLDER / case)
    args = {"as_of": "2026-02-28", "terms": "net_30"}
    if Path("args.yaml").exists():
        args |= yaml.load(Path("args.yaml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - texts
    terms, found = read_terms(args["terms"])
    kinds = Choices()
    if "kinds" in args:
        kinds, more = read_list(Path(args["kinds"]), "kind")
        found = (*found, *more)
    result = import_fec(
        Path("fec.txt"), as_of=date.fromisoformat(args["as_of"]), terms=terms, kinds=kinds, kind="business",
        encoding=args.get("encoding"),
    )  # fmt: skip
    lines = [diagnostic.render() for diagnostic in (*found, *(() if found else result.diagnostics))]
    text = "\n".join(lines) + "\n"
    if result.report is not None and not found:
        text += report_text(result.report)
    expected = Path("expected.txt")
    if os.environ.get("UPDATE_GOLDEN"):
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")
    assert re.search(r"DUN65\d", text)


def emitted_codes():
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "policy_engine/imports").glob("fec*.py"))
    return set(re.findall(r'"(DUN6\d\d)"', source))


def test_every_code_is_documented_with_avoid_prefer_and_why():
    text = (ROOT / "docs/diagnostics-import-fec.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## (DUN6\d\d)[^\n]*\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    assert set(sections) == emitted_codes()
    for code, section in sections.items():
        for word in ("Avoid", "Prefer", "Why"):
            assert f"**{word}**" in section, (code, word)


def test_every_code_has_a_case():
    seen = "\n".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*/expected.txt"))
    assert emitted_codes() - {"DUN659"} <= set(re.findall(r"DUN6\d\d", seen))  # DUN659: test_report.py
