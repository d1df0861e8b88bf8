"""What an action is about, in lines for a terminal: below each decision, and at the head of `ledger show`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from policy_engine.values.text import inert

if TYPE_CHECKING:
    from policy_engine.execution.about import About

_NUMBERS = 8
"""Invoices named on a line."""
_DAYS = 5
"""Days named on a line."""


def about_lines(found: "About", indent: str = "  ") -> Iterator[str]:
    """A line each, `label  value`, for `lines_to_stdout` to fold."""
    name = "" if found.name is None else f" {found.name}"
    more = f" and {len(found.invoices) - _NUMBERS} more" if len(found.invoices) > _NUMBERS else ""
    invoices = f"{', '.join(found.invoices[:_NUMBERS])}{more}" if found.invoices else ""
    payee = "" if found.payee is None else f"{found.payee['holder']}, account ending in {found.payee['last_four']}"
    pairs = [
        ("customer", f"{found.customer}{name}"),
        ("step", f"{found.step} ({found.stage}) by {', also '.join(found.channels)}" if found.stage else found.step),
        ("total", f"{found.total} {found.currency}"),
        ("invoices", f"{len(found.invoices)}: {invoices}" if found.invoices else ""),
        ("payee", payee),
        ("wording", ", ".join(dict.fromkeys(found.wording.values()))),
        ("send on", f"{found.send_on}, its plan is valid until {found.valid_until}"),
        ("pay by", _pay_by(found)),
    ]
    for label, value in pairs:
        if value:
            yield f"{indent}{label:<9} {inert(value)}"


def _pay_by(found: "About") -> str:
    """Until when its messages ask to be paid; they bear the day on which they leave, and give as many days from it."""
    if found.left_on is not None:
        until = found.pay_by.get(found.left_on)
        return f"{until}, as its messages of {found.left_on} say" if until else ""
    days = [f"{until} if it leaves on {day}" for day, until in sorted(found.pay_by.items())]
    more = f" and {len(days) - _DAYS} more days" if len(days) > _DAYS else ""
    return f"{', '.join(days[:_DAYS])}{more}; its messages bear the day on which they leave" if days else ""


def message_lines(found: "About") -> Iterator[str]:
    """Subject and text of each channel's message, as the customer reads them; their lines have 78 columns.

    What hasn't left is shown as it would leave on its first day.
    """
    if found.name is not None and not found.messages:
        yield ""
        yield "no text was written: `execute` writes it with the policy (-p) and a `sender` in the operator's file"
    for channel in (name for name in found.channels if name in found.messages):
        subject, text = found.messages[channel]
        yield ""
        yield f"{channel}: {inert(subject)}"
        for line in text.rstrip("\n").split("\n"):
            yield f"| {inert(line)}".rstrip()
