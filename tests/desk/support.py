"""What the tests of the desk and of the rates share: a command line in the process, a policy, a snapshot."""

import shlex
from pathlib import Path
from types import SimpleNamespace

import pytest

from policy_engine.cli import actor
from policy_engine.cli.main import run

ROOT = Path(__file__).resolve().parents[2]
POLICY = """\
dunning: 1
policy: small
currency: EUR
holds:
  - {name: disputed, when: invoice.disputed}
  - {name: promise_to_pay, when: invoice.promise_active}
segments:
  - {name: everybody, ladder: standard}
ladders:
  standard:
    steps:
      - {name: courtesy_reminder, stage: reminder, days: 3, channel: email, template: courtesy}
"""
ERP = {
    "manifest.yaml": "as_of: 2026-10-30\nsource: test\npayments_complete_through: 2026-10-29\n",
    "customers.csv": "id,name,kind\nC-1,Duval,business\nC-2,Petit,business\n",
    "contact_persons.csv": "id,customer,email\nK-1,C-1,a@example.org\nK-2,C-2,b@example.org\n",
    "invoices.csv": (
        "id,number,customer,kind,currency,amount,issue_date,due_date\n"
        "F-1,2026-1,C-1,invoice,EUR,1200.00,2026-08-01,2026-09-01\n"
        "F-2,2026-2,C-1,invoice,EUR,50.00,2026-10-20,2026-11-20\n"
        "F-3,2026-3,C-2,invoice,JPY,9000,2026-10-20,2026-11-20\n"
        "F-4,twice,C-2,invoice,EUR,10.00,2026-10-20,2026-11-20\n"
        "F-5,twice,C-2,invoice,EUR,10.00,2026-10-20,2026-11-20\n"
        "F-6,2026-6,C-2,invoice,EUR,one,2026-10-20,2026-11-20\n"
    ),
    "blocks.csv": "id,customer,from,reason\nB-1,C-2,2026-10-01,court\n",
}


def commands(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]):
    """A function that runs the command line: exit code, stdout, stderr."""
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(actor, "actor", lambda: "m.leroy")

    def call(*arguments: object) -> SimpleNamespace:
        given = shlex.split(arguments[0]) if len(arguments) == 1 else [str(argument) for argument in arguments]
        code = run(given)
        seen = capsysbinary.readouterr()
        return SimpleNamespace(code=code, out=seen.out.decode(), err=seen.err.decode())

    return call
