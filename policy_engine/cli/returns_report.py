"""What came back, on a terminal and as JSON."""

from typing import TYPE_CHECKING, Any

import click

from policy_engine.cli.inputs import say, shown
from policy_engine.values.text import inert

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policy_engine.execution.returns import Heard
    from policy_engine.execution.tally import Noted

SHOWN = 20
"""Rows of a list on a terminal."""


def returns_data(heard: "Heard") -> dict[str, Any]:
    """As JSON data."""
    return {
        "returned": [one._asdict() for one in heard.returned],
        "copies_returned": [one._asdict() for one in heard.copies],
        "delayed": [one._asdict() for one in heard.delayed],
        "changing_nothing": [one._asdict() for one in heard.strange],
        "told_again": heard.later,
        "known": heard.known,
        "adapters_not_asked": dict(sorted(heard.unasked.items())),
    }


def show_returns(heard: "Heard") -> None:
    """As lines; nothing when there is nothing to tell."""
    for name, why in sorted(heard.unasked.items()):
        say(f"what came back isn't known: the adapter `{inert(name)}` can't be asked: {inert(why)}")
    show_noted("came back: it waits for another address, so correct it", heard.returned)
    show_noted("copies came back; the actions stay delivered by their main carriers", heard.copies)
    show_noted("delayed, on their way still", heard.delayed)
    if heard.strange:
        say(f"{len(heard.strange)} pieces of news that change nothing")
        for one in heard.strange[:SHOWN]:
            say(f"  {inert(one.key[:14])}  {inert(one.why)}: {inert(one.reason)}")
    if heard.later:
        say(f"{heard.later} told again next time: a worker has them in hand, or they are in doubt")


def show_noted(title: str, noted: "Sequence[Noted]", *, grave: bool = False) -> None:
    """Actions to look at, under a title with their number; `grave` ones stand out."""
    if not noted:
        return
    click.echo(shown(f"{len(noted)} {title}", grave=grave) if grave else f"{len(noted)} {title}")
    for one in noted[:SHOWN]:
        say(f"  {one.action[:12]}  {inert(one.customer)}, {inert(one.step)}, {one.channel}: {inert(one.why)}")
    if len(noted) > SHOWN:
        say(f"  ... and {len(noted) - SHOWN} more; `dunning ledger list` shows all")
