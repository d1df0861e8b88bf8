"""From due items to messages: channels, minimum, account netting, cap (3.5, 3.11 to 3.14); the rest becomes actions."""

from collections.abc import Sequence
from datetime import date

from policy_engine.engine.reference.draft import Draft
from policy_engine.engine.reference.item import Item
from policy_engine.engine.reference.message import Message
from policy_engine.engine.reference.program import LadderProgram
from policy_engine.engine.reference.s11_one_voice import (
    carried_along,
    compose,
    compose_by_currency,
    handed_over,
    listed_beside,
)
from policy_engine.engine.reference.s12_charges import MissingRateError, rates_reach
from policy_engine.engine.reference.s13_minimum import below_message, channel_for, reachable
from policy_engine.engine.reference.s14_contact_cap import CapCounter
from policy_engine.engine.reference.s16_sending_date import send_on
from policy_engine.policy.resolved import Channel
from policy_engine.values.days import ONE_DAY


def plan_messages(found: Draft, ladder: LadderProgram, climbing: Sequence[Item], due: Sequence[Item]) -> None:
    """Channels, messages, minimum, cap: what is left becomes actions."""
    policy = found.program.policy
    addresses = reachable(found.account)
    ready: list[tuple[Item, Channel]] = []
    unaddressed: list[Item] = []
    for item in due:
        assert item.candidate is not None
        channel = channel_for(item.candidate.step, addresses)
        if channel is None:
            unaddressed.append(item)
        elif charged(found, item):
            ready.append((item, channel))
    for item in carried_along(ladder, ready, unaddressed, policy.stages) if unaddressed else ():
        assert item.candidate is not None
        unaddressed.remove(item)
        if charged(found, item):
            ready.append((item, item.candidate.step.channel))
    for item in unaddressed:
        item.blocked = "no_channel"
    together = compose_by_currency if found.foreign else compose
    now, early = together(ladder, ready, policy.stages)
    cap = None if policy.contact is None else CapCounter(policy.contact, found.contacts)
    if ladder.ladder.consolidate == "customer":
        now, early = _one_a_day(found, now, early)
    serve(found, ladder, now, cap)
    if early:
        spoken = found.spoke_today or any(action.overdue and action.is_contact for action in found.messages)
        if spoken:
            for message in early:
                _wait(message, "behind_overdue", _tomorrow(found))
        else:
            serve(found, ladder, early, cap)
    unsendable = [item for item in due if item.blocked in ("no_channel", "missing_rate")]
    if unsendable:
        _wait_for_more(found, ladder, due, unsendable, cap)
    tell_items(found, ladder, climbing)


def tell_items(found: Draft, ladder: LadderProgram, climbing: Sequence[Item]) -> None:
    """Each item learns which action it is in and how; each shared message which items it lists."""
    stages = found.program.policy.stages
    for message in found.messages:
        own = handed_over(message.demanded[0], stages)
        if message.is_contact and ladder.ladder.consolidate == "customer" and message.overdue and not own:
            message.listed = listed_beside(message, climbing, stages)
        for item in message.demanded:
            item.message, item.role = message, "demanded"
        for item in message.mentioned:
            item.message, item.role = message, "mentioned"


def _tomorrow(found: Draft) -> date:
    """The next business day after `as_of`."""
    return send_on(found.program.policy.calendar, "next_business_day", found.as_of + ONE_DAY)


def _one_a_day(found: Draft, now: list[Message], early: list[Message]) -> tuple[list[Message], list[Message]]:
    """One message a currency and day (3.11): what became due since today's message waits until tomorrow."""
    today = {code for day, _, code in found.contacts.executed if day == found.as_of}
    if not today:
        return now, early
    stages = found.program.policy.stages
    late = [
        message
        for message in now
        if message.is_contact and message.currency in today and not handed_over(message.demanded[0], stages)
    ]
    if not found.spoke_today:  # else those not yet due wait behind what is overdue
        late += [message for message in early if message.currency in today]
    for message in late:
        _wait(message, "already_today", _tomorrow(found))
    return [message for message in now if message not in late], [message for message in early if message not in late]


def charged(found: Draft, item: Item) -> bool:
    """Whether what the item's step asks for can be stated; how much it is, is computed when somebody reads it."""
    assert item.candidate is not None
    if all(rates_reach(program, item, found.customer, found.as_of) for program in item.candidate.asks):
        return True
    try:
        found.asked_of(item)
    except MissingRateError:
        item.blocked = "missing_rate"
        return False
    return True


def _wait_for_more(
    found: Draft, ladder: LadderProgram, due: Sequence[Item], unsendable: Sequence[Item], cap: CapCounter | None
) -> None:
    """What lacks an address or a rate may wait for an earlier reason of 3.3: too small a message, or the cap."""
    stages, calendar = found.program.policy.stages, found.program.policy.calendar
    wished = [(item, item.candidate.step.channel) for item in due if item.candidate is not None]
    now, early = (compose_by_currency if found.foreign else compose)(ladder, wished, stages)
    least = ladder.ladder.minimum
    messages = [message for message in now + early if below_message(message, message.principal, least)]
    small = {(item.id, item.instalment) for message in messages for item in message.items}
    for item in unsendable:
        assert item.candidate is not None
        step = item.candidate.step
        day = send_on(calendar, step.adjust, found.as_of)
        if (item.id, item.instalment) in small:
            item.blocked = "below_minimum"
        elif cap is not None and cap.covers((step.channel,)) and not step.exempt and not cap.fits(day, item.currency):
            item.blocked, item.blocked_until = "contact_cap", cap.next_fit(day, item.currency)


def _wait(message: Message, reason: str, until: date | None) -> None:
    for item in message.items:
        item.blocked, item.blocked_until = reason, until


def serve(found: Draft, ladder: LadderProgram, messages: list[Message], cap: CapCounter | None) -> None:
    """Account netting, the customer's minimum and the cap, by stage descending, oldest due date, action id (3.14)."""
    policy = found.program.policy
    for message in messages:
        message.send_on = send_on(policy.calendar, message.program.step.adjust, found.as_of)
        message.customer = found.account.customer.id
    if len(messages) > 1:
        place = {id(m): (-m.program.step.rank, min([item.due_date for item in m.items])) for m in messages}
        if len(set(place.values())) < len(messages):  # ids are made for ties only
            messages.sort(key=lambda m: m.id)
        messages.sort(key=lambda m: place[id(m)])
    for message in messages:
        asked = message.principal
        if policy.netting == "account":
            asked = found.asked_of_account(message)
            if asked <= 0:
                _wait(message, "account_in_credit", None)
                continue
        if below_message(message, asked, ladder.ladder.minimum):
            _wait(message, "below_minimum", None)
            continue
        step = message.program.step
        if cap is not None and cap.covers((message.channel, *step.also)):
            if not step.exempt and not cap.fits(message.send_on, message.currency):
                _wait(message, "contact_cap", cap.next_fit(message.send_on, message.currency))
                for item in message.items:
                    item.rule = policy.place(policy.contact.position) if policy.contact else None
                continue
            cap.fill(message.send_on, message.currency)
        message.credits = message.principal - asked
        found.take_from_account(message, asked)
        found.messages.append(message)
