"""The comparison as people read it: the pack against a policy that extends it, on the twelve, word for word."""

import os
from pathlib import Path

import pytest

from policy_engine.cli.main import run

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden"
STRICTER = """\
dunning: 1
policy: stricter
version: 1
extends: pack:fr-b2b
minimum: {item: 100}
ladders:
  standard:
    steps:
      - {name: formal_notice, days: 26}
      - {name: phone_call, remove: true}
"""


@pytest.mark.parametrize(("kind", "language"), [("text", "en"), ("markdown", "fr")])
def test_the_twelve_under_a_stricter_policy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], kind: str, language: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    Path("stricter.yaml").write_text(STRICTER, encoding="utf-8")
    old, twelve = str(ROOT / "policies" / "fr-b2b.yaml"), str(ROOT / "examples" / "twelve")
    options = ("--lang", language, "--format", kind, "--customers", "2", "--max-new", "formal_notice=0")
    assert run(["diff", "-p", old, "-p", "stricter.yaml", "-s", twelve, *options]) == 1
    made = capsys.readouterr().out
    golden = GOLDEN / f"twelve.{language}.{'md' if kind == 'markdown' else 'txt'}"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(made, encoding="utf-8")
    assert made == golden.read_text(encoding="utf-8")
