"""A customer whose formal notice is worked out by hand, and what the tests of messages share."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import policy_engine as pe
from policy_engine.plan.model import Action
from policy_engine.policy.resolved import Policy
from policy_engine.snapshot.model import Snapshot
from policy_engine.templates.build import build_context
from policy_engine.templates.context import MessageContext, Payee, Sender

AS_OF = date(2026, 11, 20)
SENDER = Sender(
    name="Dupont Fournitures SAS",
    address=("12 rue des Artisans", "69003 Lyon"),
    registration="RCS Lyon 123 456 789",
    email="compta@dupont.example",
    phone="04 00 00 00 00",
    place="Lyon",
    signatory="Claire Martin",
    role="Responsable crédit",
)
PAYEE = Payee.of("Dupont Fournitures SAS", "FR76 3000 6000 0112 3456 7890 189", "Banque Exemple")
POLICY = """\
dunning: 1
policy: acme
extends: pack:fr-b2b
penalties:
  late_interest: {allocation: principal_first}
"""
TABLES: dict[str, Any] = {
    "manifest": {"as_of": AS_OF, "source": "tests", "payments_complete_through": date(2026, 11, 19)},
    "customers": [
        {"id": "C1", "name": "Boulangerie Ménard SARL", "kind": "business", "country": "FR", "language": "fr",
         "registration": "501298719"},
    ],
    "contact_persons": [
        {"id": "K1", "customer": "C1", "name": "Nadia Renaud", "role": "accounting", "email": "compta@menard.example",
         "phone": "05 36 49 85 44", "address": "85 rue de la République, 33000 Bordeaux"},
    ],
    "invoices": [
        {"id": "F1", "number": "FA-1", "customer": "C1", "kind": "invoice", "status": "open", "currency": "EUR",
         "amount": "10000.00", "issue_date": date(2026, 5, 1), "due_date": date(2026, 5, 31)},
        {"id": "F2", "number": "FA-2", "customer": "C1", "kind": "invoice", "status": "open", "currency": "EUR",
         "amount": "500.00", "issue_date": date(2026, 10, 1), "due_date": date(2026, 10, 31)},
        {"id": "F3", "number": "FA-3", "customer": "C1", "kind": "invoice", "status": "open", "currency": "EUR",
         "amount": "300.00", "issue_date": date(2026, 9, 20), "due_date": date(2026, 10, 20)},
        {"id": "N1", "number": "AV-1", "customer": "C1", "kind": "credit_note", "status": "open", "currency": "EUR",
         "amount": "-200.00", "issue_date": date(2026, 10, 5), "due_date": date(2026, 10, 5), "allocated_to": "F2"},
    ],
    "payments": [
        {"id": "P1", "customer": "C1", "date": date(2026, 7, 10), "amount": "4000.00", "currency": "EUR",
         "invoice": "F1"},
    ],
    "history": [
        {"id": "H1", "customer": "C1", "invoice": "F1", "step": "courtesy_reminder", "stage": "reminder",
         "channel": "email", "status": "delivered", "date": date(2026, 6, 5), "role": "demanded"},
        {"id": "H2", "customer": "C1", "invoice": "F1", "step": "second_reminder", "stage": "reminder",
         "channel": "email", "status": "delivered", "date": date(2026, 6, 15), "role": "demanded"},
        {"id": "H3", "customer": "C1", "invoice": "F1", "step": "phone_call", "stage": "call",
         "channel": "call", "status": "delivered", "date": date(2026, 6, 25), "role": "demanded"},
        {"id": "H4", "customer": "C1", "invoice": "F3", "step": "courtesy_reminder", "stage": "reminder",
         "channel": "email", "status": "delivered", "date": date(2026, 11, 17), "role": "demanded"},
    ],
}  # fmt: skip


def given(folder: Path, policy: str = POLICY, **changed: Any) -> tuple[Policy, Snapshot]:
    """The policy and the snapshot, tables replaced as told; written to a folder and read like anybody's."""
    (folder / "policy.yaml").write_text(policy, encoding="utf-8")
    (folder / "snapshot.json").write_text(
        json.dumps({**TABLES, **changed}, ensure_ascii=False, default=date.isoformat), encoding="utf-8"
    )
    loaded = pe.load_policy(folder / "policy.yaml", as_of=AS_OF)
    return loaded, pe.read_snapshot(folder / "snapshot.json", policy=loaded)


def action_of(policy: Policy, snapshot: Snapshot, step: str) -> Action:
    return next(action for action in pe.evaluate(policy, snapshot).actions if action.step == step)


def notice(folder: Path, **options: Any) -> MessageContext:
    """The formal notice of the customer."""
    policy, snapshot = given(folder)
    action = action_of(policy, snapshot, "formal_notice")
    return build_context(action, policy, snapshot.accounts[0], SENDER, AS_OF, payee=PAYEE, **options)
