"""A process of its own for the memory of execution: `python -m benchmarks.execution_child WHAT FOLDER` prints its peak.

WHAT is `start` (the program's modules), `plan` (its file is read), `snapshot`, or `execute` and `dry`: the command line
itself, messages written or the facts alone.
"""

import contextlib
import os
import resource
import sys
from pathlib import Path

from policy_engine.cli.memory import hold_collector


def peak() -> float:
    """The most memory that this process has held, in MB; what its parent held doesn't count where Linux tells."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    scale = 1 << 20 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale


def main(what: str, folder: Path) -> None:
    import babel.numbers  # noqa: F401 - what every execution loads belongs to the program

    import policy_engine.adapters.folder
    import policy_engine.execution.messages
    import policy_engine.execution.run
    import policy_engine.language.load  # noqa: F401
    from policy_engine.cli.main import run
    from policy_engine.execution.check import wrong_with
    from policy_engine.plan.source import open_plan
    from policy_engine.snapshot.read import read_snapshot

    hold_collector()
    if what == "plan":
        plan = open_plan(lambda: (folder / "plan.json").open("rb"), wrong_with)
        assert sum(map(len, plan.chunks())) == plan.size
    elif what == "snapshot":
        assert read_snapshot([folder / "given" / "snapshot"], policy_currency="EUR").snapshot is not None
    elif what in ("execute", "dry"):
        command = [
            "execute", str(folder / "plan.json"), "-s", str(folder / "given" / "snapshot"), "-p",
            str(folder / "given" / "policy.yaml"), "--ledger", f"sqlite:///{folder / 'ledger.db'}",
            "--out", str(folder / "outbox"), "--on", "2026-10-29",
        ]  # fmt: skip
        more = ["--dry-run"] if what == "dry" else ["--operator", str(folder / "operator" / "operator.yaml")]
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
            assert run([*command, *more]) == 0
    print(f"{peak():.0f}")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
