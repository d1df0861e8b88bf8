"""The carriers of one message: which adapter has which of its channels, and what became of each.

A French formal notice goes by registered letter and by e-mail. The first channel is the *main* carrier: once it is
delivered the action counts as delivered, whatever becomes of its copies. Channels that one adapter serves leave
together, as one share; shares leave one after the other.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any, Literal, NamedTuple, TypeAlias

from policy_engine.execution.adapters import Adapters
from policy_engine.execution.job import MESSAGES, Adapter, Wanting
from policy_engine.plan.model import Action

What: TypeAlias = Literal["sending", "delivered", "failed", "dropped", "returned"]
"""What became of a carrier: claimed, done, refused for good, not sent as something changed, come back."""


class Fate(NamedTuple):
    """What became of a carrier, through which adapter, and the day whose message it took (`by_day`).

    `day` is None where it was recorded before messages had a day of their own.
    """

    what: What
    by: str | None
    day: str | None = None


Carried: TypeAlias = dict[str, Fate]
"""By channel; channels that are still to come aren't in it."""
NONE = "{}"
"""Nothing has been tried."""


class Share(NamedTuple):
    """The channels of one message that one adapter delivers together, in the message's order.

    `perhaps`: they were being sent already, a process died or nobody answered; they may have left.
    """

    adapter: Adapter
    channels: tuple[str, ...]
    perhaps: bool = False


def channels_of(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The channels of an action, the main carrier's first."""
    also = row["also"]
    return (row["channel"],) if also == "[]" else (row["channel"], *json.loads(also))


def carried(row: Mapping[str, Any]) -> Carried:
    """What became of the carriers so far."""
    text = row["carriers"]
    if text == NONE:
        return {}
    return {channel: Fate(*said) for channel, said in json.loads(text).items()}


def text_of(carriers: Carried) -> str:
    """As the ledger keeps it."""
    kept = {channel: [*said] if said.day is not None else [said.what, said.by] for channel, said in carriers.items()}
    return json.dumps(kept, sort_keys=True)


def became(carriers: Carried, channels: Iterable[str], what: What, by: str | None, day: str | None = None) -> Carried:
    """The same with something new about some channels; the day of their message stays as it was claimed."""
    nothing = Fate(what, by, day)
    return carriers | {channel: Fate(what, by, day or carriers.get(channel, nothing).day) for channel in channels}


def leaves_on(row: Mapping[str, Any]) -> str | None:
    """The day whose message an action takes, of its main carrier; None while none is claimed.

    Its copies say what the main carrier's message says, and what has perhaps left is repeated as it was.
    """
    if row["carriers"] == NONE:
        return None
    found = carried(row)
    return next((found[channel].day for channel in channels_of(row) if channel in found and found[channel].day), None)


def under_way(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The channels that are claimed, or in doubt; of rows from before carriers were kept, all of them."""
    found = carried(row)
    marked = tuple(channel for channel in channels_of(row) if found.get(channel, ("",))[0] == "sending")
    return marked or (channels_of(row) if not found else ())


def to_come(row: Mapping[str, Any], carriers: Carried) -> tuple[str, ...]:
    """The channels of which nothing is known yet."""
    return tuple(channel for channel in channels_of(row) if channel not in carriers)


def main_is_done(row: Mapping[str, Any]) -> bool:
    """Whether the main carrier has delivered: what is left are copies."""
    return '"delivered"' in row["carriers"] and carried(row).get(row["channel"], ("",))[0] == "delivered"


def is_resting(row: Mapping[str, Any]) -> bool:
    """Whether an action rests between two of its carriers: nobody has it in hand."""
    return row["state"] == "sending" and row["worker"] is None


def next_share(row: Mapping[str, Any], adapters: Adapters) -> Share | None:
    """What is to be delivered next, by whom; None when nothing is left, or who had it isn't there any more.

    What a dead worker left is the share that it had claimed, through the adapter that had it.
    """
    if row["state"] == "sending" and row["worker"] is not None:
        adapter = adapters.by_name(row["sent_by"])
        return None if adapter is None else Share(adapter, under_way(row), perhaps=True)
    found = shares(row, adapters, to_come(row, carried(row)))
    return found[0] if found else None


def shares(row: Mapping[str, Any], adapters: Adapters, channels: Iterable[str] | None = None) -> list[Share]:
    """The channels of an action, or those named, by adapter, in the order in which they leave."""
    found: dict[int, Share] = {}
    for channel in channels_of(row) if channels is None else channels:
        adapter = adapters.serving(channel, row["adapter"])
        before = found.get(id(adapter))
        found[id(adapter)] = Share(adapter, (channel,) if before is None else (*before.channels, channel))
    return list(found.values())


def wants_text(adapter: Adapter) -> bool:
    """Whether an adapter delivers nothing without the message's own words."""
    return isinstance(adapter, Wanting) and MESSAGES in adapter.wants


def unwritten(chunks: Iterable[Iterable[Action]], adapters: Adapters) -> Counter[tuple[str, str]]:
    """The carriers of a plan that couldn't leave without a text, by channel and adapter; `chunks` are its actions."""
    found = Counter[tuple[str, str]]()
    if not any(map(wants_text, adapters.all())):
        return found
    for action in chain.from_iterable(chunks):
        for channel in (action.channel, *action.also):
            adapter = adapters.serving(channel, action.adapter)
            if wants_text(adapter):
                found[channel, adapter.name] += 1
    return found


class Told(NamedTuple):
    """What became of one carrier, in words, and through which adapter."""

    channel: str
    state: str
    by: str | None


def told(row: Mapping[str, Any]) -> list[Told]:
    """Every carrier of an action, for people."""
    known = carried(row)
    open_ = (
        "to come" if row["state"] in ("planned", "awaiting_approval", "approved", "sending", "in_doubt") else "not sent"
    )
    if not known and row["state"] in ("delivered", "returned", "voided"):
        open_ = "delivered"  # recorded before carriers were kept
    words = {"sending": "in doubt" if row["state"] == "in_doubt" else "under way", "dropped": "not sent"}
    found = []
    for channel in channels_of(row):
        said = known.get(channel)
        what, by = (open_, None) if said is None else (said.what, said.by)
        found.append(Told(channel, words.get(what, what), by))
    return found


def troubles(carriers: Carried) -> dict[str, list[str]]:
    """The channels that weren't delivered, by what became of them: what the receipt of a delivered action says."""
    found: dict[str, list[str]] = {}
    for channel, said in carriers.items():
        if said.what in ("failed", "dropped", "returned"):
            found.setdefault(said.what, []).append(channel)
    return found
