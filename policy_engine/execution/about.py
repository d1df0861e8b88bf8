"""What an action is about, as people see it who decide on it: whom, how much, into which account, in whose words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policy_engine.execution.by_day import asked_by, on_day
from policy_engine.execution.carriers import leaves_on
from policy_engine.values.money import minor_text


@dataclass(frozen=True, slots=True)
class About:
    """An action of the ledger in the words of people.

    Attributes:
        name: the customer's name; None once the action's payloads are purged, as all that the facts tell.
        invoices: the numbers of what it is about.
        total: in major units.
        payee: `holder` and `last_four` of the account that its messages name; nobody is shown more of it.
        wording: the template's file of each channel.
        left_on: the day that its messages bear, once one of its carriers was tried; None: that on which they leave.
        pay_by: until when its messages ask to be paid, by the day on which they leave; empty when they name none.
        messages: subject and text of each channel, of the day on which they left, else of the first one.
    """

    customer: str
    name: str | None
    step: str
    stage: str
    channels: tuple[str, ...]
    send_on: str
    valid_until: str
    left_on: str | None
    pay_by: Mapping[str, str]
    invoices: tuple[str, ...]
    total: str
    currency: str
    payee: Mapping[str, str] | None
    wording: Mapping[str, str]
    messages: Mapping[str, tuple[str, str]]


def about(row: Mapping[str, Any], facts: Mapping[str, Any] | None) -> About:
    """An action's row and its facts, None when they were purged."""
    day = leaves_on(row)
    known: Mapping[str, Any] = on_day(facts or {}, day)
    action, messages = known.get("action", {}), known.get("messages", {})
    return About(
        customer=row["customer"],
        name=known.get("customer", {}).get("name"),
        step=row["step"],
        stage=row["stage"],
        channels=(row["channel"], *action.get("also", ())),
        send_on=row["send_on"],
        valid_until=row["valid_until"],
        left_on=day,
        pay_by=asked_by(known, day),
        invoices=numbers(action),
        total=minor_text(row["total"], row["currency"]),
        currency=row["currency"],
        payee=payee_of(known),
        wording={channel: made["template"] for channel, made in messages.items() if made.get("template")},
        messages={channel: (made["subject"], made["text"]) for channel, made in messages.items()},
    )


def payee_of(facts: Mapping[str, Any] | None) -> dict[str, str] | None:
    """Holder and last four characters of the account that an action's messages name."""
    payee = (facts or {}).get("payee")
    return None if payee is None else {"holder": payee["name"], "last_four": payee["iban"][-4:]}


def numbers(action: Mapping[str, Any]) -> tuple[str, ...]:
    """The invoices' numbers, of an action as JSON data."""
    lines = [*action.get("demanded", ()), *action.get("mentioned", ())] or action.get("listed", ())
    return tuple(str(line["number"]) for line in lines)


def about_data(found: About) -> dict[str, Any]:
    """As JSON data, without the messages' texts."""
    return {
        "customer": found.customer,
        "name": found.name,
        "step": found.step,
        "stage": found.stage,
        "channels": list(found.channels),
        "send_on": found.send_on,
        "valid_until": found.valid_until,
        "left_on": found.left_on,
        "pay_by": dict(found.pay_by),
        "invoices": list(found.invoices),
        "total": found.total,
        "currency": found.currency,
        "payee": None if found.payee is None else dict(found.payee),
        "wording": dict(found.wording),
    }
