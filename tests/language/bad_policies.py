"""The bad policies under tests/bad/policy and what is said about each.

A case is NAME.yaml, or a folder NAME: its `policy.yaml` when there is one, else the folder as versions. A first line
`# as_of: DATE` plans for that day. `UPDATE_GOLDEN=1` writes the .expected files anew.
"""

import os
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

from policy_engine.language.load import load_policy

ROOT = Path(__file__).resolve().parent.parent / "bad" / "policy"
AS_OF = date(2026, 10, 30)
_COMMAND = re.compile(rb"# as_of: (\d{4}-\d\d-\d\d)")

BUILT: dict[str, Callable[[Path], None]] = {
    "built_missing_file": lambda path: None,
    "built_too_large": lambda path: (path.write_bytes(b"# " + b"x" * 2_000_000), None)[1],
    "built_too_many_values": lambda path: (path.write_bytes(b"a: [" + b"1," * 200_001 + b"]\n"), None)[1],
}
"""Cases that are better made than kept."""


def names() -> list[str]:
    found = {entry.stem for entry in ROOT.iterdir() if entry.suffix != ".expected"}
    return sorted(found | set(BUILT))


def rendered(name: str, tmp_path: Path) -> str:
    """Everything the loader says, paths relative to tests/bad/policy."""
    before = Path.cwd()
    try:
        if name in BUILT:
            os.chdir(tmp_path)
            path = Path(f"{name}.yaml")
            BUILT[name](path)
        else:
            os.chdir(ROOT)
            path = Path(name) if Path(name).is_dir() else Path(f"{name}.yaml")
            if (path / "policy.yaml").exists():
                path = path / "policy.yaml"
        day = AS_OF
        if path.is_file():
            with path.open("rb") as stream:
                asked = _COMMAND.match(stream.readline())
            if asked:
                day = date.fromisoformat(asked[1].decode())
        result = load_policy(path, as_of=day)
    finally:
        os.chdir(before)
    errors = [d for d in result.diagnostics if d.severity == "error"]
    assert (result.policy is None) == bool(errors), "a policy exactly when there is no error"
    return "\n".join(d.render() for d in result.diagnostics) + "\n"


def expected(name: str) -> Path:
    return ROOT / f"{name}.expected"
