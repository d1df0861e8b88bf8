"""Equal inputs give equal bytes whatever the process looks like: hash seed, locale, time zone, working directory."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUN = [
    sys.executable, str(ROOT / "cli.py"), "plan", "-p", str(ROOT / "policies" / "fr-b2b.yaml"),
    "-s", str(ROOT / "examples" / "twelve"), "--format", "json",
]  # fmt: skip


def plan_bytes(folder: Path, **environment: str) -> bytes:
    found = subprocess.run(
        RUN, cwd=folder, env={**os.environ, **environment}, capture_output=True, check=True, timeout=50
    )
    return found.stdout


@pytest.fixture(scope="module")
def usual() -> bytes:
    found = plan_bytes(ROOT, PYTHONHASHSEED="0", LC_ALL="C.UTF-8", TZ="UTC")
    assert len(found) > 1000
    return found


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONHASHSEED": "1"},
        {"PYTHONHASHSEED": "4242", "LC_ALL": "fr_FR.UTF-8", "LANG": "fr_FR.UTF-8"},
        {"TZ": "Pacific/Kiritimati"},
        {"TZ": "America/Los_Angeles", "LC_ALL": "C", "PYTHONUTF8": "0"},
    ],
    ids=["hash seed", "French locale", "time zone east", "time zone west, C locale"],
)
def test_the_same_bytes_in_every_environment(usual: bytes, environment: dict[str, str], tmp_path: Path) -> None:
    assert hashlib.sha256(plan_bytes(tmp_path, **environment)).digest() == hashlib.sha256(usual).digest()
