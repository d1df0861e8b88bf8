"""`dunning execute` in a process of its own, which may be killed, on a Monday: `child FOLDER`."""

import os
import sys

from policy_engine.cli import ledger_inputs
from policy_engine.cli.main import run
from tests.execution.support import DAY

COMMAND = (
    "execute", "plan.json", "--ledger", "sqlite:///ledger.db", "-s", "snapshot.yaml", "-p", "policies/small.yaml",
    "--operator", "ops/operator.yaml",
)  # fmt: skip

if __name__ == "__main__":
    os.chdir(sys.argv[1])
    ledger_inputs.today = lambda: DAY
    sys.exit(run([*COMMAND, *sys.argv[2:]]))
