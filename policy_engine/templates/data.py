"""A message's context and text as JSON data: amounts as decimal text with their currency, dates ISO 8601."""

from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from policy_engine.templates.context import MessageContext, Money, Rate
from policy_engine.templates.draft import Rendered
from policy_engine.values.money import minor_text


def preview_data(context: MessageContext, rendered: Rendered, *, due: bool) -> dict[str, Any]:
    """What `json.dumps` can write; `context` is everything that a template may read."""
    return {
        "due": due,
        "subject": rendered.subject,
        "text": rendered.text,
        "html": rendered.html,
        "context": context_data(context),
    }


def context_data(value: Any) -> Any:
    """Any value of a context."""
    if isinstance(value, Money):
        return {"amount": minor_text(value.minor, value.currency), "currency": value.currency}
    if isinstance(value, Rate):
        return {"percent": str(Decimal(value.ppm) / 10_000)}
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value):
        return {field.name: context_data(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [context_data(one) for one in value]
    return value
