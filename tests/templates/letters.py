"""Six letters that are looked at as pictures: `python -m tests.templates.letters FOLDER` writes them."""

import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from policy_engine.templates.build import build_context
from policy_engine.templates.context import ListedLine, MessageContext, Money, StatementLine
from policy_engine.templates.letter import Letter, LetterPress
from policy_engine.templates.render import render
from tests.templates.given import AS_OF, PAYEE, SENDER, TABLES, action_of, given, notice

LONG_NAME = "Société Coopérative Agricole et Viticole des Producteurs Réunis de la Haute Vallée du Loir"
"""Ninety characters."""


def euro(cents: int) -> Money:
    return Money(cents, "EUR")


def _forty(base: MessageContext) -> MessageContext:
    """Forty invoices of 100.00, 101.00 ... 139.00: 4,780.00 in all."""
    first = base.demanded[0]
    lines = tuple(
        replace(
            first, number=f"FA-2026-{n:04d}", amount=euro(10000 + 100 * n), paid=euro(0),
            outstanding=euro(10000 + 100 * n),
            principal=euro(10000 + 100 * n), interest=euro(0), lump_sums=euro(0), total=euro(10000 + 100 * n),
            issue_date=first.issue_date + timedelta(days=n), due_date=first.due_date + timedelta(days=n),
            days_late=173 - n, settlements=(), charges=(), periods=(),
        )
        for n in range(40)
    )  # fmt: skip
    total = euro(sum(line.principal.minor for line in lines))
    return replace(
        base, template="second_reminder", channel="letter", demanded=lines, mentioned=(), listed=(), principal=total,
        interest=euro(0), lump_sums=euro(0), total=total,
    )  # fmt: skip


def _account(tables: dict[str, Any], **options: Any) -> MessageContext:
    """The formal notice of an account that the engine decided on."""
    with tempfile.TemporaryDirectory() as folder:
        policy, snapshot = given(Path(folder), **tables)
        action = action_of(policy, snapshot, "formal_notice")
        return build_context(action, policy, snapshot.accounts[0], SENDER, AS_OF, payee=PAYEE, **options)


def _millions() -> MessageContext:
    """23,456,789.01 due on 31 May, 11,111,110.11 of it paid on 10 July: 12,345,678.90 are left."""
    invoice = {**TABLES["invoices"][0], "number": "FA-2026-000123456", "amount": "23456789.01"}
    payment = {**TABLES["payments"][0], "amount": "11111110.11"}
    return _account({"invoices": [invoice], "payments": [payment], "history": TABLES["history"][:3]})


def _everything(**options: Any) -> MessageContext:
    """Parts of an invoice, a dispute, a credit note, part payments, interest in several periods, one paid late."""
    first, second, *_ = TABLES["invoices"]
    invoices = [
        first,
        {**second, "id": "F4", "number": "FA-4", "amount": "2400.00", "issue_date": date(2026, 4, 10),
         "due_date": date(2026, 5, 10)},
        {**second, "id": "F5", "number": "FA-5", "amount": "3000.00", "issue_date": date(2026, 4, 1),
         "due_date": date(2026, 7, 31)},
        {**second, "id": "F9", "number": "FA-9", "amount": "1000.00", "issue_date": date(2026, 6, 1),
         "due_date": date(2026, 6, 30)},
        {**TABLES["invoices"][3], "allocated_to": "F4", "issue_date": date(2026, 6, 20), "due_date": date(2026, 6, 20)},
    ]  # fmt: skip
    part = {"customer": "C1", "invoice": "F5", "amount": "1000.00"}
    days = (date(2026, 5, 31), date(2026, 6, 30), date(2026, 12, 31))
    instalments = [{**part, "id": f"F5-{n}", "due_date": day} for n, day in enumerate(days, 1)]
    payments = [
        *TABLES["payments"],
        {**TABLES["payments"][0], "id": "P2", "invoice": "F4", "amount": "500.00", "date": date(2026, 8, 3)},
        {**TABLES["payments"][0], "id": "P9", "invoice": "F9", "amount": "1000.00", "date": date(2026, 7, 30)},
    ]
    disputes = [{"id": "D1", "customer": "C1", "invoice": "F1", "amount": "1500.00", "opened": date(2026, 6, 10),
                 "status": "open"}]  # fmt: skip
    asked = TABLES["history"][:3]
    history = [{**row, "id": f"{row['id']}-{invoice}", "invoice": invoice}
               for row in asked for invoice in ("F1", "F4", "F5")]  # fmt: skip
    tables = {"invoices": invoices, "instalments": instalments, "payments": payments, "disputes": disputes,
              "history": history}  # fmt: skip
    return _account(tables, settled=True, **options)


def _credit_notes(base: MessageContext) -> MessageContext:
    day = base.as_of
    rows = (
        StatementLine(
            "invoice", "FA-1", day - timedelta(days=90), day - timedelta(days=60), 60, euro(120000), euro(120000)
        ),
        StatementLine("credit_note", "AV-7", day - timedelta(days=40), None, 0, euro(-30000), euro(-30000)),
        StatementLine("payment", "P-31", day - timedelta(days=20), None, 0, euro(-5050), euro(-5050)),
        StatementLine(
            "invoice", "FA-2", day - timedelta(days=10), day + timedelta(days=20), 0, euro(20000), euro(20000)
        ),
    )
    return replace(
        base, template="statement", channel="letter", statement=rows, balance=euro(104950), overdue=euro(120000),
        reference="C1",
    )  # fmt: skip


def letters(base: MessageContext) -> Mapping[str, MessageContext]:
    """The six, by name."""
    long = replace(
        base,
        template="courtesy",
        channel="letter",
        recipient=replace(
            base.recipient,
            company=LONG_NAME,
            address=(
                "Service comptabilité fournisseurs",
                "Bâtiment C, 2e étage",
                "1234 avenue du Maréchal",
                "72500 Loir",
            ),
        ),
        customer=replace(base.customer, name=LONG_NAME),
        listed=(ListedLine("FA-3", base.listed[0].due_date, 31, euro(30000)),),
    )
    return {
        "two-pages": base,
        "forty-lines": _forty(base),
        "long-name": long,
        "millions": _millions(),
        "credit-notes": _credit_notes(base),
        "english": replace(base, language="en"),
    }


def more() -> Mapping[str, MessageContext]:
    """Further letters to look at: everything that an account can hold, in both languages."""
    french, english = _everything(), _everything(language="en")
    late = {"template": "settled_late", "channel": "letter"}
    return {
        "everything-fr": french,
        "everything-en": english,
        "reminder-fr": replace(french, template="second_reminder", channel="letter"),
        "courtesy-en": replace(english, template="courtesy", channel="letter"),
        "statement-en": replace(english, template="statement", channel="letter"),
        "settled-late-fr": replace(french, **late),
        "settled-late-en": replace(english, **late),
    }


def pressed(base: MessageContext) -> dict[str, Letter]:
    return set_all(letters(base))


def set_all(contexts: Mapping[str, MessageContext]) -> dict[str, Letter]:
    with LetterPress() as press:
        return {name: press.letter(render(context), context) for name, context in contexts.items()}


if __name__ == "__main__":
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, letter in set_all({**letters(notice(Path(folder))), **more()}).items():
            (out / f"{name}.pdf").write_bytes(letter.pdf)
