"""An execution on a terminal and as JSON: what would leave, what was done, what people must look at."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click

from policy_engine.cli.inputs import say, shown
from policy_engine.cli.main import DONE, FINDINGS
from policy_engine.cli.output import Unheld, parts_to_stdout, rows_to_stdout
from policy_engine.cli.returns_report import SHOWN, returns_data, show_noted, show_returns
from policy_engine.values.text import inert

if TYPE_CHECKING:
    from policy_engine.execution.due import Wait
    from policy_engine.execution.intake import Conflict, Taken
    from policy_engine.execution.ledger import Ledger
    from policy_engine.execution.preview import Seen, SeenCarrier
    from policy_engine.execution.returns import Heard
    from policy_engine.execution.tally import Noted, Tally
    from policy_engine.plan.source import PlanSource


@dataclass(frozen=True, slots=True)
class ShownPayee:
    """The account that messages name, and whether two people have confirmed it."""

    holder: str
    last_four: str
    agreed: bool


def show_preview(seen: "Iterable[Seen]", plan: "PlanSource", payee: ShownPayee | None, format_: str) -> int:
    """What would leave, and why the rest wouldn't."""
    from policy_engine.execution.about import payee_of

    if format_ == "json":
        head = {"dry_run": True, "plan": plan.identity, "payee": None if payee is None else asdict(payee)}
        rows_to_stdout(
            head,
            "actions",
            (
                {
                    "action": one.action,
                    "customer": one.customer,
                    "step": one.step,
                    "channel": one.channel,
                    "would_leave": one.why_not is None,
                    "why_not": one.why_not,
                    "adapter": one.adapter,
                    "carriers": [carrier._asdict() for carrier in one.carriers],
                    "redirected_to": one.redirect_to,
                    "payee": payee_of(one.facts),
                    "pay_by": dict(one.pay_by),
                    "facts": one.facts if one.why_not is None else None,
                }
                for one in seen
            ),
        )
        return DONE
    reasons, leaving, waiting = Counter[str](), Counter[str](), Counter[str]()
    count = dated = 0
    for one in seen:
        if one.why_not is not None:
            reasons[one.why_not] += 1
            dated += len(one.pay_by) > 1
            continue
        count += 1
        for carrier in one.carriers:
            (waiting if carrier.why_not else leaving)[carrier.channel] += 1
        about = one.facts["action"]
        say(
            f"{one.action[:12]}  {inert(_recipient(one))}, {inert(one.step)}, {about['total']} {about['currency']}"
            f"{''.join(f', to be paid by {until}' for until in one.pay_by.values())}"
        )
        carriers = (_carrier(carrier, trial=one.redirect_to is not None) for carrier in one.carriers)
        say(f"    {'; '.join(carriers)}")
    click.echo(shown(f"{count} would leave{_by_channel(leaving)}; nothing was written"))
    _say_payee(payee)
    for channel, number in sorted(waiting.items()):
        say(f"{number:>6} copies by {channel} would wait")
    for reason, number in sorted(reasons.items()):
        say(f"{number:>6} {inert(_of_so_many(reason, number))}")
    if dated:
        say("Messages that wait will bear the day on which they leave, and count their time to pay from it.")
    return DONE


_PLURAL = {"is": "are", "isn't": "aren't", "was": "were", "waits": "wait"}


def _of_so_many(reason: str, number: int) -> str:
    """A reason behind the number of actions that share it: `1 is delivered`, `2 are delivered`, `1 not, as its ...`."""
    verb, blank, rest = reason.partition(" ")
    if verb in ("its", "one", "the"):
        return f"not, as {reason}"
    return f"{_PLURAL.get(verb, verb)}{blank}{rest}" if number > 1 else reason


def _carrier(one: "SeenCarrier", *, trial: bool) -> str:
    """A carrier in words; in a trial what really sends reaches no customer."""
    sends = "" if not one.really_sends else " (a trial)" if trial else " (really sends)"
    why = f": {one.why_not}" if one.why_not else ""
    return f"by {one.channel} through {inert(one.adapter)}{sends}{inert(why)}"


def _recipient(one: "Seen") -> str:
    """Whom it would reach: an address of the channel, else the customer's name."""
    customer = f"{one.facts['customer']['name']} ({one.customer})"
    return customer if one.redirect_to is None else f"{one.redirect_to} instead of {customer}"


def _say_payee(payee: ShownPayee | None) -> None:
    if payee is not None:
        stands = "" if payee.agreed else " (not confirmed by two people yet)"
        say(f"payee: {inert(payee.holder)}, account ending in {payee.last_four}{stands}")


def show_run(
    ledger: "Ledger",
    plan: "PlanSource",
    taken: "Taken | None",
    heard: "Heard",
    tally: "Tally",
    payee: ShownPayee | None,
    notes: "Sequence[str]",
    format_: str,
) -> int:
    """What the run did, what its adapters say, where the plan's actions stand now, and the head of the chain."""
    from policy_engine.execution.due import resting_today, waits

    with ledger.reading() as connection:
        now = ledger.clock()
        resting = resting_today(connection, plan.identity, now)
        waiting_until = waits(connection, plan.identity, now)
        standings = {str(state): count for state, count in sorted(ledger.standings(connection, plan.identity).items())}
        head = ledger.head(connection)
    conflicts: Sequence[Conflict] = () if taken is None else taken.conflicts
    waiting: Sequence[Noted] = () if taken is None else taken.waiting
    stuck = tally.failed or tally.in_doubt or tally.copies_failed or tally.broken or tally.unwritten or heard.unasked
    bad = bool(stuck or conflicts or waiting or standings.get("in_doubt"))
    if format_ == "json":
        parts_to_stdout({
            "plan": plan.identity,
            "taken_in": 0 if taken is None else taken.new,
            "delivered": dict(sorted(tally.delivered.items())),
            "expired": _rows(tally.expired),
            "failed": _rows(tally.failed),
            "in_doubt": _rows(tally.in_doubt),
            "tried_again_later": _rows(tally.retried),
            "waiting_for_a_business_day": resting,
            "waiting_until": {name: one._asdict() for name, one in waiting_until.items()},
            "limited": [one._asdict() for one in tally.limited],
            "copies": dict(sorted(tally.copies.items())),
            "copies_failed": _rows(tally.copies_failed),
            "copies_dropped": _rows(tally.copies_dropped),
            "held": _rows(tally.held),
            "adapters_that_cannot_work": dict(sorted(tally.broken.items())),
            "unwritten": dict(sorted(tally.unwritten.items())),
            "only_in_the_folder": dict(sorted(tally.unserved.items())),
            "came_back": returns_data(heard),
            "conflicts": _rows(conflicts),
            "waiting_for_address": _rows(waiting),
            "notes": list(notes),
            "standing": standings,
            "payee": None if payee is None else asdict(payee),
            "head": {"transitions": head.seq, "hash": head.hash},
        })  # fmt: skip
        return FINDINGS if bad else DONE
    show_returns(heard)
    click.echo(shown(f"{tally.all_delivered} delivered{_by_channel(tally.delivered)}"))
    if tally.copies:
        count = sum(tally.copies.values())
        copies = "copy" if count == 1 else "copies"
        say(f"{count} {copies} of them or of earlier ones{_by_channel(tally.copies)}")
    for name, why in sorted(tally.broken.items()):
        click.echo(shown(f"the adapter `{inert(name)}` can't work, its actions wait: {inert(why)}", grave=True))
    if tally.unwritten:
        say(
            f"{sum(tally.unwritten.values())} not sent, as they were taken in without their messages"
            f"{_by_channel(tally.unwritten)}; `dunning void` them, then a plan of another day asks again"
        )
    if tally.unserved:
        count = sum(tally.unserved.values())
        say(
            f"{count} lie{'s' if count == 1 else ''} in the folder only{_by_channel(tally.unserved)}: no adapter of the"
            " operator's file serves that; they count as sent: post them by hand, or `dunning void` them"
        )
    show_noted("failed: a plan of a later day asks again", tally.failed, grave=True)
    show_noted("in doubt: find out, then `dunning resolve`", tally.in_doubt, grave=True)
    show_noted("expired: they are planned again", tally.expired)
    show_noted("tried again later", tally.retried)
    if resting:
        say(f"{resting} {_wait(resting)} for a business day")
    _show_waits(waiting_until, len(tally.retried))
    for held in tally.limited:
        again = f"run again after {_minute(held.again)}"
        say(f"{held.actions} {_wait(held.actions)} for the limit of {held.channel}, {held.limit}; {again}")
    show_noted("copies that can't be delivered; the actions were, by their main carriers", tally.copies_failed)
    show_noted("approved, but not yet by this operator's file", tally.held)
    show_noted("copies not sent, as something has changed; the actions were delivered", tally.copies_dropped)
    show_noted("not sent again where they came back from; `dunning void` what came back to send it there", waiting)
    if conflicts:
        told = f"{len(conflicts)} not taken in: plan with --history, so that the plan knows the ledger"
        click.echo(shown(told, grave=True))
        for one in conflicts[:SHOWN]:
            say(f"  {one.action[:12]}  {inert(one.customer)}: an item belongs to {one.other[:12]}")
    for note in notes:
        say(inert(note))
    states = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in standings.items())
    say(f"this plan's actions: {states or 'none'}")
    _say_payee(payee)
    say(f"ledger: {head.seq} transitions, head {head.hash}")
    return FINDINGS if bad else DONE


def _show_waits(found: "Mapping[str, Wait]", told: int) -> None:
    """What waits for a later moment, and when to run again; `told` of those to be tried again were listed above."""
    again, cooling, later = (found.get(name) for name in ("again", "cooling", "later"))
    if again is not None and again.actions > told:
        say(f"{again.actions} {_wait(again.actions)} to be tried again; run again after {_minute(again.first)}")
    if cooling is not None:
        cools = "cools" if cooling.actions == 1 else "cool"
        say(f"{cooling.actions} {cools} off since the approval; run again after {_minute(cooling.first)}")
    if later is not None:
        say(f"{later.actions} {_wait(later.actions)} for a later day, the first for {later.first}")


def _wait(count: int) -> str:
    return "waits" if count == 1 else "wait"


def _minute(at: str) -> str:
    """A stamp to the minute."""
    return f"{at[:16].replace('T', ' ')} UTC"


def _by_channel(counts: "Mapping[str, int]") -> str:
    parts = ", ".join(f"{count} {channel}" for channel, count in sorted(counts.items()))
    return f": {parts}" if parts else ""


def _rows(noted: "Sequence[Noted] | Sequence[Conflict]") -> Unheld:
    return Unheld(noted, lambda one: one._asdict())
