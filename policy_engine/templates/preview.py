"""The message of a step for a customer: from the plan when the step is due, else as a what-if that is marked so."""

from collections.abc import Sequence
from dataclasses import dataclass

from policy_engine.engine.reference.actions import build_action, intervention_action
from policy_engine.engine.reference.decide import decide_customer, draft
from policy_engine.engine.reference.evaluate import evaluate
from policy_engine.engine.reference.exchange import ExchangeRates
from policy_engine.engine.reference.message import Message
from policy_engine.engine.reference.program import LadderProgram, Program, program_for
from policy_engine.engine.reference.s12_charges import MissingRateError
from policy_engine.engine.reference.s16_sending_date import send_on
from policy_engine.explanation.locale import Language
from policy_engine.plan.model import Action
from policy_engine.policy.resolved import Policy
from policy_engine.snapshot.model import CustomerAccount, Snapshot
from policy_engine.templates.build import build_context
from policy_engine.templates.context import Carrier, MessageContext, Payee, Sender
from policy_engine.templates.source import template_name
from policy_engine.values.diagnostics import did_you_mean
from policy_engine.values.text import inert

WHOLE_ACCOUNT = ("settled_late", "statement")
"""Messages about the account, which no step of a ladder stands for."""


class PreviewError(LookupError):
    """No such customer or step, nothing to write about or no words; the message says what there is."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A message that may be looked at.

    Attributes:
        context: what its templates read.
        due: whether the plan has it; else it is a what-if.
    """

    context: MessageContext
    due: bool


def preview(
    policy: Policy,
    snapshot: Snapshot,
    customer: str,
    sender: Sender,
    *,
    step: str | None = None,
    language: Language | None = None,
    channel: Carrier | None = None,
    payee: Payee | None = None,
) -> Preview:
    """The message of a step, of the customer's first action without one.

    Args:
        policy: whose step it is.
        snapshot: of what.
        customer: a customer's id.
        sender: whose letterhead.
        step: a step of any ladder, an intervention, `settled_late` or `statement`.
        language: instead of the customer's.
        channel: instead of the step's.
        payee: where to pay.

    Raises:
        PreviewError: no such customer or step, no invoice that the step could be about, a step without words.
        CalendarError: the snapshot's date lies outside the years the policy's calendar knows.
    """
    account = _account(snapshot, customer)
    program = program_for(policy)
    actions = _actions(policy, snapshot, program, account)
    action = next((one for one in actions if (_speaks(one, channel) if step is None else one.step == step)), None)
    due = action is not None
    if action is None and step is None and actions:
        names = ", ".join(dict.fromkeys(one.step for one in actions))
        raise PreviewError(
            f"what is planned for `{inert(customer)}` has no words ({inert(names)}): name a step with --step"
        )
    if action is None:
        action = _what_if(program, snapshot, account, step)
    if step not in WHOLE_ACCOUNT and not _speaks(action, channel):
        carried = (channel or action.channel).replace("_", " ")
        raise PreviewError(
            f"nothing is written for `{inert(action.step)}`: of the channel {carried} only what has a `template` is"
        )
    whole = step if step in WHOLE_ACCOUNT else None
    context = build_context(
        action,
        policy,
        account,
        sender,
        snapshot.as_of,
        payee=payee,
        language=language,
        channel=channel,
        exchange_rates=snapshot.exchange_rates,
        settled=whole == "settled_late",
        what_if=not due and whole is None,
        template=whole,
    )
    if whole == "settled_late" and not context.settled:
        raise PreviewError(f"nothing is owed on invoices that `{inert(customer)}` paid late")
    return Preview(context, due)


def _speaks(action: Action, channel: str | None) -> bool:
    """Whether anything is written for a channel of an action, its main one without any."""
    return template_name(action.template, action.stage, channel or action.channel, action.step) is not None


def _account(snapshot: Snapshot, customer: str) -> CustomerAccount:
    for account in snapshot.accounts:
        if account.customer.id == customer:
            return account
    hint = did_you_mean(customer, (account.customer.id for account in snapshot.accounts[:10_000]))
    raise PreviewError(f"there is no customer `{inert(customer)[:60]}`" + (f"; {hint}" if hint else ""))


def _actions(policy: Policy, snapshot: Snapshot, program: Program, account: CustomerAccount) -> Sequence[Action]:
    """The customer's actions; where a capacity may drop one, those of the whole plan."""
    rates = ExchangeRates(rate for rate in snapshot.exchange_rates if rate.day <= snapshot.as_of)
    actions = decide_customer(program, account, snapshot.as_of, None, rates).actions
    limited = {capacity.channel for capacity in policy.capacity}
    if any(action.channel in limited for action in actions):
        return [one for one in evaluate(policy, snapshot).actions if one.customer == account.customer.id]
    return actions


def _what_if(program: Program, snapshot: Snapshot, account: CustomerAccount, step: str | None) -> Action:
    """The step as if every overdue invoice had reached it today, whatever holds it back."""
    rates = ExchangeRates(rate for rate in snapshot.exchange_rates if rate.day <= snapshot.as_of)
    found = draft(program, account, snapshot.as_of, None, rates)
    found.charges.clear()
    if step is None:
        raise PreviewError(
            f"nothing is planned for `{inert(account.customer.id)}` on {snapshot.as_of}: name a step with --step"
        )
    items = [item for item in found.items if item.open and item.outstanding > 0]
    if step in WHOLE_ACCOUNT:
        return _about_account(program, found.currency, account, snapshot)
    intervention = program.interventions.get(step)
    if intervention is not None:
        if not items:
            raise PreviewError(f"`{inert(account.customer.id)}` has no open invoice that `{step}` could be about")
        return intervention_action(found, intervention, account.customer.id, items, "")
    ladder = _ladder(program, found.ladder, step)
    rung = ladder.steps[ladder.by_name[step]]
    early = rung.step.days is not None and rung.step.days < 0
    chosen = [item for item in items if item.overdue != early] or items
    currency = chosen[0].currency if chosen else found.currency
    chosen = sorted((item for item in chosen if item.currency == currency), key=lambda item: item.id)
    if not chosen:
        raise PreviewError(f"`{inert(account.customer.id)}` has no open invoice that `{step}` could be about")
    for item in chosen:
        item.candidate, item.occurrence, item.trigger_on, item.uncharged = rung, 1, found.as_of, False
    found.ladder = ladder
    message = Message(rung, rung.step.channel, chosen, [])
    message.customer = account.customer.id
    message.send_on = send_on(program.policy.calendar, rung.step.adjust, found.as_of)
    try:
        return build_action(found, message)
    except MissingRateError as error:
        raise PreviewError(f"a rate that `{step}` has to state isn't known on {found.as_of}") from error


def _ladder(program: Program, own: LadderProgram | None, step: str) -> LadderProgram:
    """The customer's ladder when it has the step, else the first that has."""
    ladders = [ladder for ladder in (own, *program.ladders) if ladder is not None]
    for ladder in ladders:
        if step in ladder.by_name:
            return ladder
    names = {name for ladder in ladders for name in ladder.by_name} | set(program.interventions) | set(WHOLE_ACCOUNT)
    hint = did_you_mean(step, names) or f"steps: {', '.join(sorted(names))}"
    raise PreviewError(f"there is no step `{inert(step)[:60]}`; {hint}")


def _about_account(program: Program, currency: str, account: CustomerAccount, snapshot: Snapshot) -> Action:
    """An action that asks nothing, for messages about the account."""
    day = send_on(program.policy.calendar, program.policy.calendar.adjust, snapshot.as_of)
    return Action(
        id="", customer=account.customer.id, customer_name=account.customer.name, segment="", ladder="", step="",
        stage="", rank=-1, channel="letter", also=(), template=None, adapter=None, demanded=(), mentioned=(),
        listed=(), currency=currency, principal=0, credits=0, interest=0, lump_sums=0, total=0, priority=None,
        approval=None, exempt=True, trigger_on=snapshot.as_of, send_on=day, items=(), why="",
    )  # fmt: skip
