"""Six letters that are looked at as pictures: `python -m tests.templates.letters FOLDER` writes them."""

import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from policy_engine.templates.context import ListedLine, MessageContext, Money, StatementLine
from policy_engine.templates.letter import Letter, LetterPress
from policy_engine.templates.render import render
from tests.templates.given import notice

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


def _millions(base: MessageContext) -> MessageContext:
    """12,345,678.90 asked, of 23,456,789.01, and interest of 1,234,567.89."""
    line = base.demanded[0]
    big = replace(
        line, number="FA-2026-000123456", amount=euro(2345678901), paid=euro(1111111011), outstanding=euro(1234567890),
        principal=euro(1234567890), interest=euro(123456789), total=euro(1234567890 + 123456789 + 4000),
    )  # fmt: skip
    return replace(
        base, demanded=(big,), mentioned=(), principal=euro(1234567890), interest=euro(123456789),
        total=euro(1234567890 + 123456789 + 4000),
    )  # fmt: skip


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
        "millions": _millions(base),
        "credit-notes": _credit_notes(base),
        "english": replace(base, language="en"),
    }


def pressed(base: MessageContext) -> dict[str, Letter]:
    with LetterPress() as press:
        return {name: press.letter(render(context), context) for name, context in letters(base).items()}


if __name__ == "__main__":
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, letter in pressed(notice(Path(folder))).items():
            (out / f"{name}.pdf").write_bytes(letter.pdf)
