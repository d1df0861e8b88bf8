"""3.11 One voice: which due items share a message, and which only appear in it."""

from collections.abc import Iterable, Sequence

from policy_engine.engine.reference.item import Item
from policy_engine.engine.reference.message import Message
from policy_engine.engine.reference.program import LadderProgram, StepProgram
from policy_engine.policy.resolved import CONTACT_CHANNELS, FINAL_STAGES, Channel


def handed_over(item: Item, stages: Sequence[str]) -> bool:
    """Whether the last step of the invoice is of stage agency or legal: it stands in no shared message any more."""
    return item.stage_rank >= 0 and stages[item.stage_rank] in FINAL_STAGES


def compose_by_currency(
    ladder: LadderProgram, due: Sequence[tuple[Item, Channel]], stages: Sequence[str]
) -> tuple[list[Message], list[Message]]:
    """The customer's messages of each currency, as `compose` makes them of one."""
    now: list[Message] = []
    early: list[Message] = []
    for code in sorted({item.currency for item, _ in due}):
        same = compose(ladder, [pair for pair in due if pair[0].currency == code], stages)
        now += same[0]
        early += same[1]
    return now, early


def compose(
    ladder: LadderProgram, due: Sequence[tuple[Item, Channel]], stages: Sequence[str]
) -> tuple[list[Message], list[Message]]:
    """The messages in one currency, and apart from them those of items not yet due: sent only when nothing overdue is.

    With `consolidate: customer` one contact message at the highest step due demands what has reached that step and
    mentions what is due at a lower one. Other channels are actions of their own, one a step, as are the next contact
    steps of what was handed over.
    """
    main: list[tuple[Item, Channel]] = []
    early: list[tuple[Item, Channel]] = []
    apart: list[tuple[Item, Channel]] = []
    whole = ladder.ladder.consolidate == "customer"
    for item, channel in due:
        if channel not in CONTACT_CHANNELS or not whole or handed_over(item, stages):
            apart.append((item, channel))
        elif item.overdue:
            main.append((item, channel))
        else:
            early.append((item, channel))
    per_item = ladder.ladder.consolidate == "item"
    messages = [_shared(main)] if main else []
    messages += _apart(apart, per_item=per_item)
    return messages, [_shared(early)] if early else []


def carried_along(
    ladder: LadderProgram, ready: Iterable[tuple[Item, Channel]], unaddressed: Iterable[Item], stages: Sequence[str]
) -> list[Item]:
    """Items whose own step has no channel, but which a message at a higher step mentions: they go by its channel."""
    if ladder.ladder.consolidate != "customer":
        return []
    top: dict[str, int] = {}
    for item, channel in ready:
        if item.overdue and channel in CONTACT_CHANNELS and not handed_over(item, stages):
            top[item.currency] = max(_step(item).step.index, top.get(item.currency, -1))
    return [
        item
        for item in unaddressed
        if item.overdue and _step(item).step.index < top.get(item.currency, -1) and not handed_over(item, stages)
    ]


def _step(item: Item) -> StepProgram:
    assert item.candidate is not None
    return item.candidate


def _shared(due: Sequence[tuple[Item, Channel]]) -> Message:
    if len(due) == 1:
        item, channel = due[0]
        return Message(_step(item), channel, [item], [])
    top, channel = max([(_step(item), channel) for item, channel in due], key=lambda pair: pair[0].step.index)
    index = top.step.index
    demanded = [item for item, _ in due if _step(item).step.index == index]
    mentioned = [item for item, _ in due if _step(item).step.index != index]
    return Message(top, channel, demanded, mentioned)


def _apart(due: Iterable[tuple[Item, Channel]], *, per_item: bool) -> list[Message]:
    """One action a step (contact channels of `consolidate: item`: one an item)."""
    groups: dict[tuple[int, str], Message] = {}
    for item, channel in due:
        own = f"{item.id}|{item.instalment or ''}" if per_item and channel in CONTACT_CHANNELS else ""
        key = (_step(item).step.index, own)
        if key in groups:
            groups[key].demanded.append(item)
            groups[key].overdue = groups[key].overdue or item.overdue
        else:
            groups[key] = Message(_step(item), channel, [item], [])
    return list(groups.values())


def listed_beside(message: Message, climbing: Iterable[Item], stages: Sequence[str]) -> list[Item]:
    """Overdue items of its currency, unheld and not handed over, that the message shows for information only."""
    inside = {(item.id, item.instalment) for item in message.items}
    currency = message.currency
    return [
        item
        for item in climbing
        if item.overdue
        and item.currency == currency
        and (item.id, item.instalment) not in inside
        and not handed_over(item, stages)
    ]
