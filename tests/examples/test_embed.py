"""The library example is typed strictly, runs, and says what it should."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EMBED = ROOT / "examples" / "embed.py"


def test_runs_from_anywhere(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-X", "utf8", str(EMBED)]
    run = subprocess.run(command, check=False, capture_output=True, text=True, encoding="utf-8", cwd=tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    lines = run.stdout.splitlines()
    assert lines[0].startswith("7 actions on 2026-10-30, plan ")
    notice = (
        "2026-10-30 registered_letter: Menuiserie Martin SARL, formal_notice, 4312.77 EUR (waits for credit_manager)"
    )
    assert notice in lines
    assert "2026-2019: waiting (step_to_come), then formal_notice on 2026-11-13" in lines
    assert any("402,48" in line or "362,48" in line for line in lines), "the explanation in French, with its amounts"


def test_findings_come_as_values(tmp_path: Path) -> None:
    sys.path.insert(0, str(EMBED.parent))
    try:
        from embed import checked
    finally:
        sys.path.remove(str(EMBED.parent))
    assert checked(ROOT / "policies" / "fr-b2b.yaml") == []
    broken = tmp_path / "broken.yaml"
    text = (ROOT / "policies" / "minimal.yaml").read_text(encoding="utf-8")
    broken.write_text(text.replace("invoice.disputed", "invoice.disptued"), encoding="utf-8")
    assert any("`invoice.disputed`" in finding for finding in checked(broken))


def test_is_typed_strictly(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), str(EMBED)]
    run = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, run.stdout + run.stderr
