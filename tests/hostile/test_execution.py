"""Hostile strings through the execution: what debtors, authors and typists say is inert in files, lists, screens."""

import contextlib
import csv
import email.policy
import io
import json
import re
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from policy_engine.engine.reference.s17_identity import action_id
from policy_engine.plan.canonical import plan_identity
from policy_engine.plan.read import PlanError, read_plan
from tests.hostile.corpus import (
    CORPUS,
    assert_inert_json,
    assert_inert_text,
    unseen,
)
from tests.hostile.test_commands import dunning  # noqa: F401 - a fixture

POLICY = """\
dunning: 1
policy: small
currency: EUR
effective: {from: 2026-01-01}
segments:
  - {name: everybody, ladder: standard}
ladders:
  standard:
    steps:
      - {name: courtesy_reminder, stage: reminder, days: 3, channel: email, also: [letter, call], template: courtesy,
         approval: {role: credit_manager, people: 1}}
"""
DAY = ("--on", "2026-11-20")
csv.field_size_limit(10_000_000)
HEADERS = {
    "Date", "From", "To", "Reply-To", "Subject", "Message-ID", "In-Reply-To", "References", "Auto-Submitted",
    "X-Auto-Response-Suppress", "Content-Language", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
}  # fmt: skip
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


SHARP = {"ansi_clear", "newlines", "nul", "lone_surrogate", "path", "quotes", "formula", "right_to_left", "sql"}
"""Strings of the corpus that plans are forged with, and that ids are made of."""


def portfolio(text: str, *, ids: bool = False) -> dict[str, Any]:
    """A portfolio with the text in every field that a message, a list or a file shows."""
    key = text if ids else "C1"
    return {
        "manifest": {"as_of": "2026-11-20", "payments_complete_through": "2026-11-19"},
        "customers": [{"id": key, "name": text, "kind": "business", "registration": text}],
        "contact_persons": [
            {"id": "K1", "customer": key, "email": f"{text}@example.org", "name": text, "phone": text, "address": text},
            {"id": "K2", "customer": key, "email": "a@example.org\r\nBcc: b@example.org", "name": text, "role": text},
        ],
        "invoices": [
            {"id": text if ids else "F1", "number": text, "customer": key, "kind": "invoice", "currency": "EUR",
             "amount": "1200.00", "issue_date": "2026-09-15", "due_date": "2026-10-15"},
        ],
    }  # fmt: skip


def operators(text: str, *, live: bool = False) -> tuple[str, str]:
    """An operator's file with the text wherever a text may stand; without it where it is refused."""
    said = json.dumps(text)
    sender = ", ".join(f"{key}: {said}" for key in ("name", "registration", "email", "phone", "place", "signatory"))
    Path("ops").mkdir(exist_ok=True)
    Path("ops/operator.yaml").write_text(
        f"operator: 1\nlive: {str(live).lower()}\nredirect_to: {said}\n"
        f"payee: {{name: {said}, iban: FR14 2004 1010 0505 0001 3M02 606}}\n"
        f"sender: {{{sender}, address: [{said}, {said}]}}\n"
        "roles: {credit_manager: [m.leroy]}\n"
        "rights: {void: credit_manager, reject: credit_manager, resolve: credit_manager, payee: credit_manager}\n",
        encoding="utf-8",
        errors="replace",
    )
    return ("--operator", "ops/operator.yaml")


def checked(code: int, out: str, format_: str) -> Any:
    if format_ == "json" and code in (0, 1):
        return assert_inert_json(out)
    assert_inert_text(out)
    return None


def files_are_inert(folder: Path) -> int:
    """Every file lies inside, is called harmlessly, and holds nothing live."""
    count = 0
    for path in folder.rglob("*"):
        assert path.resolve().is_relative_to(folder.resolve())
        assert not path.is_symlink()
        if not path.is_file() or path.name.startswith("."):
            continue
        count += 1
        assert path.name.isascii()
        assert unseen(path.name) == set()
        assert len(path.name) < 200
        if path.suffix == ".pdf":
            assert path.read_bytes().startswith(b"%PDF-")
            continue
        text = path.read_bytes().decode("utf-8-sig")
        if path.suffix == ".eml":
            assert unseen(text) <= {"\r"}
            assert text.count("\r") == text.count("\n") == text.count("\r\n")
            mail = message_from_bytes(path.read_bytes(), policy=email.policy.default)
            assert set(mail.keys()) <= HEADERS
            assert len(mail.keys()) == len(set(mail.keys()))
            assert len(mail["To"].addresses) == 1
        elif path.suffix == ".ics":
            assert unseen(text) <= {"\r"}
            assert text.count("\r") == text.count("\n") == text.count("\r\n")
            lines = text.replace("\r\n ", "").split("\r\n")
            assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT") == 1
        elif path.suffix == ".json":
            assert_inert_json(text)
        elif path.suffix == ".csv":
            assert unseen(text) <= {"\r"}
            for delimiter in ",;":  # what a spreadsheet makes of it depends on the country
                for row in csv.reader(io.StringIO(text), delimiter=delimiter):
                    for cell in row:
                        assert not cell.lstrip().startswith(FORMULAS), cell
        elif path.suffix == ".html":
            assert unseen(text) == set()
            page = html.document_fromstring(text)
            assert not page.xpath("//script | //iframe | //img | //a[@href] | //*[@*[starts-with(name(), 'on')]]")
        else:
            assert unseen(text) == set()
    return count


EVERYWHERE = [(entry, False) for entry in CORPUS] + [(entry, True) for entry in CORPUS if entry.name in SHARP]


@pytest.mark.parametrize(
    ("hostile", "ids"), EVERYWHERE, ids=[f"{entry.name}-{'ids' if ids else 'names'}" for entry, ids in EVERYWHERE]
)
def test_execute_and_decide(dunning, hostile, ids):  # noqa: F811
    """The debtor's names, numbers and addresses; the letterhead; reasons and remarks."""
    text = hostile.text
    Path("pol").mkdir(exist_ok=True)
    Path("pol/p.yaml").write_text(POLICY, encoding="utf-8")
    Path("s.json").write_text(json.dumps(portfolio(text, ids=ids)), encoding="utf-8")
    if dunning("plan", "-p", "pol/p.yaml", "-s", "s.json", "-o", "plan.json", "--accept-unattributed", "9")[0] != 0:
        return
    actions = json.loads(Path("plan.json").read_text(encoding="utf-8"))["actions"]
    who = operators(text)
    if dunning("adapters", "check", *who)[0] != 0:
        who = operators("Acme")
    given = ("execute", "plan.json", "--ledger", "l.db", "-s", "s.json", "-p", "pol/p.yaml", *DAY, *who)
    for format_ in ("text", "json"):
        code, out, err = dunning(*given, "--dry-run", "--format", format_)
        assert code == 0, err
        checked(code, out, format_)
        checked(*dunning("adapters", "check", *who, "--format", format_)[:2], format_)
    code, out, _ = dunning(*given, "--format", "json")
    assert code == 0
    checked(code, out, "json")
    ledger = ("--ledger", "l.db")
    for action in actions[:1]:
        for format_ in ("text", "json"):
            code, out, _ = dunning("ledger", "show", action["id"], *ledger, "--format", format_)
            assert code == 0
            checked(code, out, format_)
    argument = text.replace("\0", "").encode("utf-8", "replace").decode()
    for words in (
        ("ledger", "list", *ledger),
        ("ledger", "list", *ledger, f"--customer={argument}"),
        ("ledger", "show", *ledger, "--", argument),
        ("approve", *ledger, *who, f"--by={argument}", "--", argument, *[one["id"] for one in actions[:1]]),
        ("reject", *ledger, *who, f"--by={argument}", "--", argument),
        ("resolve", *ledger, *who, "--as", "failed", f"--by={argument}", "--", argument),
        ("void", *ledger, *who, f"--reason={argument}", "--", argument),
        ("payee", "confirm", *ledger, *who, f"--by={argument}", "--", argument),
        ("payee", "confirm", *ledger, *who, f"--by={argument}", "2606"),
        ("payee", "show", *ledger, *who),
    ):
        for format_ in ("json", "text")[: 1 if words[0] in ("approve", "payee") else 2]:
            code, out, _ = dunning(*words[:2], "--format", format_, *words[2:])
            checked(code, out, format_)
    monkeyed = dunning("approve", *ledger, *who, *[one["id"] for one in actions[:1]])
    assert_inert_text(monkeyed[1])
    code, out, _ = dunning(*given)
    assert code in (0, 1)
    assert_inert_text(out)
    if actions:
        assert files_are_inert(Path("outbox")) > 0
    for action in actions[:1]:
        checked(*dunning("void", action["id"], *ledger, *who, f"--reason={argument}", "--format", "json")[:2], "json")
        code, out, _ = dunning("ledger", "show", action["id"], *ledger)
        assert_inert_text(out)
    assert dunning("ledger", "verify", *ledger)[0] == 0
    _, out, _ = dunning("plan", "-p", "pol/p.yaml", "-s", "s.json", "--history", "l.db", "--accept-unattributed", "9")
    assert_inert_text(out)


FORGED = {
    "channel": lambda text: {"channel": text},
    "path": lambda text: {"channel": f"../../{text}"},
    "also": lambda text: {"also": ["call", text]},
    "step": lambda text: {"step": f"a\n{text}"},
    "stage": lambda text: {"stage": text},
    "template": lambda text: {"template": f"../{text}"},
    "adapter": lambda text: {"adapter": text},
    "customer": lambda text: {"customer": f"../../{text}"},
    "customer_name": lambda text: {"customer_name": text},
    "currency": lambda text: {"currency": text},
    "why": lambda text: {"why": text},
    "items": lambda text: {"items": [text, f"{text}|x"]},
    "role": lambda text: {"approval": {"role": text, "people": 1, "grave": False}},
    "segment": lambda text: {"segment": text},
    "send_on": lambda text: {"send_on": text},
}


def forged(data: dict[str, Any], changes: dict[str, Any]) -> str:
    """A plan whose first action was changed by somebody who computes every digest anew, where that is possible."""
    data = json.loads(json.dumps(data))
    data["actions"][0] |= changes
    action = data["actions"][0]
    with contextlib.suppress(TypeError, AttributeError):
        action["id"] = action_id(action["customer"], action["step"], action["channel"], tuple(action["items"]))
    found = re.search(r"have the identity ([0-9a-f]{12})", _said(json.dumps(data)))
    if found is not None:
        from policy_engine.plan import read as reader

        data["identity"] = plan_identity(reader._plan(data))
    return json.dumps(data)


def _said(text: str) -> str:
    try:
        read_plan(text)
    except PlanError as error:
        return str(error)
    return ""


@pytest.fixture
def plan(dunning):  # noqa: F811
    """A sound plan of one customer, without an approval."""
    Path("pol").mkdir(exist_ok=True)
    Path("pol/p.yaml").write_text(POLICY.replace("people: 1", "people: 2"), encoding="utf-8")
    Path("s.json").write_text(json.dumps(portfolio("Dupont")), encoding="utf-8")
    assert dunning("plan", "-p", "pol/p.yaml", "-s", "s.json", "-o", "plan.json")[0] == 0
    return json.loads(Path("plan.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("field", FORGED)
def test_forged_plans(dunning, plan, field):  # noqa: F811
    """Whatever a forger writes into a plan: refused, or harmless; nothing lies outside of the folder."""
    for entry in (one for one in CORPUS if one.name in SHARP):
        Path("forged.json").write_text(forged(plan, {"approval": None} | FORGED[field](entry.text)), encoding="utf-8")
        given = ("execute", "forged.json", "--ledger", "l.db", "-s", "s.json", *DAY)
        if entry.name == "newlines":
            code, out, _ = dunning(*given, "--dry-run", "--format", "json")
            assert code in (0, 2)
            checked(code, out, "json")
        code, out, _ = dunning(*given)
        assert_inert_text(out)
        if field in ("channel", "path", "also", "step", "stage", "template", "currency", "role", "segment", "adapter"):
            assert code == 2, entry.name
    around = {path.name for path in Path.cwd().iterdir()}
    assert around <= {"pol", "p.yaml", "s.json", "plan.json", "forged.json", "outbox", "l.db", "l.db-wal", "l.db-shm"}
    if Path("outbox").exists():
        files_are_inert(Path("outbox"))
    if Path("l.db").exists():
        assert dunning("ledger", "verify", "--ledger", "l.db")[0] == 0


@pytest.mark.parametrize("number", [2**63, -(2**63), 10**400, 1.5, True, "1", None, [], {}])
@pytest.mark.parametrize("field", ["rank", "people", "occurrence", "days_late", "total"])
def test_forged_numbers(dunning, plan, field, number):  # noqa: F811
    changes: dict[str, Any] = {"approval": None}
    if field == "rank":
        changes["rank"] = number
    elif field == "people":
        changes["approval"] = {"role": "credit_manager", "people": number, "grave": False}
    elif field == "total":
        changes["total"] = f"{number}.00" if isinstance(number, int) else number
    else:
        changes["demanded"] = [plan["actions"][0]["demanded"][0] | {field: number}]
    Path("forged.json").write_text(forged(plan, changes), encoding="utf-8")
    code, _, err = dunning("execute", "forged.json", "--ledger", "l.db", "-s", "s.json", *DAY)
    assert code == 2, err
    assert not Path("outbox").exists()
