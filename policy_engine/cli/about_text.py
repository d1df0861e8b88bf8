"""What an action is about, in lines for a terminal: below each decision, and at the head of `ledger show`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from policy_engine.values.text import inert

if TYPE_CHECKING:
    from policy_engine.execution.about import About

_NUMBERS = 8
"""Invoices named on a line."""


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
    ]
    for label, value in pairs:
        if value:
            yield f"{indent}{label:<9} {inert(value)}"


def message_lines(found: "About") -> Iterator[str]:
    """Subject and text of each channel's message, as the customer reads them; their lines have 78 columns."""
    if found.name is not None and not found.messages:
        yield ""
        yield "no text was written: `execute` writes it with the policy (-p) and a `sender` in the operator's file"
    for channel in (name for name in found.channels if name in found.messages):
        subject, text = found.messages[channel]
        yield ""
        yield f"{channel}: {inert(subject)}"
        for line in text.rstrip("\n").split("\n"):
            yield f"| {inert(line)}".rstrip()
