"""From a message to an action, and the interventions that holds and settled steps ask for."""

from datetime import date

from policy_engine.engine.reference.draft import Draft
from policy_engine.engine.reference.item import Item
from policy_engine.engine.reference.message import Message
from policy_engine.engine.reference.s04_history import live, standing
from policy_engine.engine.reference.s16_sending_date import send_on
from policy_engine.engine.reference.s17_identity import action_id, intervention_key
from policy_engine.engine.reference.s18_grave_steps import approval_for
from policy_engine.plan.model import Action, Line, Listed
from policy_engine.policy.resolved import Intervention
from policy_engine.snapshot.model import EXECUTED, History
from policy_engine.values.days import add_days, add_months


def _line(found: Draft, item: Item) -> Line:
    assert item.candidate is not None
    assert item.trigger_on is not None
    charges = found.asked_of(item)
    interest = lump_sums = 0
    for amounts in charges:
        if amounts.kind == "interest":
            interest += amounts.asked
        else:
            lump_sums += amounts.asked
    return Line(
        item.id,
        item.number,
        item.candidate.step.name,
        item.occurrence,
        item.due_date,
        item.days_late,
        item.trigger_on,
        item.outstanding,
        item.disputed_amount,
        item.principal,
        interest,
        lump_sums,
        charges,
        item.later,
        item.instalment,
        item.carrier,
    )


def _lines(found: Draft, items: list[Item]) -> tuple[Line, ...]:
    """The items' lines by invoice id, then instalment."""
    if len(items) == 1:
        return (_line(found, items[0]),)
    return tuple(sorted([_line(found, item) for item in items], key=lambda line: (line.invoice, line.instalment or "")))


def _listed(item: Item) -> Listed:
    return Listed(item.id, item.number, item.due_date, item.days_late, item.outstanding, item.currency, item.instalment)


def _by_age(items: list[Item]) -> tuple[Listed, ...]:
    """For information: by due date, then invoice id, then instalment."""
    found = [_listed(item) for item in items]
    return tuple(sorted(found, key=lambda row: (row.due_date, row.invoice, row.instalment or "")))


def build_action(found: Draft, message: Message) -> Action:
    """The message as a value."""
    program = message.program
    step = program.step
    demanded = _lines(found, message.demanded)
    mentioned = _lines(found, message.mentioned)
    principal, interest, lump_sums = -message.credits, 0, 0
    for line in demanded + mentioned:
        principal += line.principal
        interest += line.interest
        lump_sums += line.lump_sums
    assert found.ladder is not None
    return Action(
        id=message.id,
        customer=found.account.customer.id,
        customer_name=found.account.customer.name,
        segment=found.segment_name or "",
        ladder=found.ladder.ladder.name,
        step=step.name,
        stage=step.stage,
        rank=step.rank,
        channel=message.channel,
        also=step.also,
        template=step.template,
        adapter=step.adapter,
        demanded=demanded,
        mentioned=mentioned,
        listed=_by_age(message.listed),
        currency=message.currency,
        principal=principal,
        credits=message.credits,
        interest=interest,
        lump_sums=lump_sums,
        total=principal + interest + lump_sums,
        priority=None,
        approval=approval_for(
            [(item.candidate, item) for item in message.items if item.candidate is not None], found.customer
        ),
        exempt=step.exempt,
        any_day=step.adjust == "none",
        trigger_on=max(line.trigger_on for line in demanded),
        send_on=message.send_on,
        items=message.keys,
        why=program.at,
    )


def add_interventions(found: Draft) -> None:
    """Plan what holds ask for instead, and what undoes a step that is no longer justified; each once."""
    wanted: dict[tuple[str, str], tuple[Intervention, list[Item], str]] = {}
    for item in found.held:
        if item.hold < 0:
            continue
        hold = found.program.policy.holds[item.hold]
        if (
            hold.instead is not None
        ):  # a block keeps the customer from being written to, not a claim from being declared
            intervention = found.program.interventions[hold.instead]
            _want(wanted, found, intervention, item, found.program.hold_at[item.hold], None)
    if found.ladder is not None and found.account.history:
        _undo(wanted, found)
    for (subject, _), (intervention, items, why) in sorted(wanted.items()):
        found.actions.append(intervention_action(found, intervention, subject, items, why))


def _undo(wanted: dict[tuple[str, str], tuple[Intervention, list[Item], str]], found: Draft) -> None:
    """A step with `undo` is undone once the invoice is settled or its execution voided, if nothing else justifies it.

    For an intervention once a customer, another invoice still open on that step justifies it; for one once an
    invoice, another part of it.
    """
    assert found.ladder is not None
    for program in found.ladder.steps:
        name = program.step.undo
        if name is None:
            continue
        intervention = found.program.interventions[name]
        undone: list[tuple[Item, date]] = []  # with the day from which the intervention has undone it
        justified: set[str] = set()
        for item in found.climbers:
            rows = [row for row in item.rows if row.step == program.step.name]
            executed = [row.day for row in rows if row.status in EXECUTED]
            voided = [row.day for row in rows if row.status == "voided"]
            if executed and item.open and item.outstanding > 0:
                justified.add(item.id)
            elif executed or voided:
                undone.append((item, _undone_from(intervention, executed, voided)))
        if justified and intervention.once == "customer":
            continue
        for item, day in (pair for pair in undone if pair[0].id not in justified):
            _want(wanted, found, intervention, item, program.at, day)


def _undone_from(intervention: Intervention, executed: list[date], voided: list[date]) -> date:
    """The first day on which the intervention has undone what was executed, or voided.

    What was executed on its very day may be of the same plan, which the intervention didn't mean: it was about another
    invoice of the customer, or about an execution that was voided before.
    """
    last = max(executed + voided)
    shared = intervention.once == "customer" or bool(voided)
    return add_days(last, 1) if shared and last in executed else last


def _want(
    wanted: dict[tuple[str, str], tuple[Intervention, list[Item], str]],
    found: Draft,
    intervention: Intervention,
    item: Item,
    why: str,
    after: date | None,
) -> None:
    """Note an intervention unless it was executed (on `after` or later, when given) or is under way."""
    subject = found.account.customer.id if intervention.once == "customer" else item.id
    for row in standing(found.account.history):
        if row.intervention == intervention.name and _same_subject(row, intervention, item):
            done = row.status in EXECUTED and (after is None or row.day >= after)
            if done or live(row, found.as_of, found.program.policy.calendar, found.program.policy.valid_for):
                return
    wanted.setdefault((subject, intervention.name), (intervention, [], why))[1].append(item)


def _same_subject(row: History, intervention: Intervention, item: Item) -> bool:
    return intervention.once == "customer" or row.invoice == item.id


def intervention_action(found: Draft, intervention: Intervention, subject: str, items: list[Item], why: str) -> Action:
    """An intervention about these invoices, as a value; `subject` is the customer's or the invoice's id."""
    policy = found.program.policy
    key = intervention_key(subject, intervention.name)
    return Action(
        id=action_id(found.account.customer.id, intervention.name, intervention.channel, [key]),
        customer=found.account.customer.id,
        customer_name=found.account.customer.name,
        segment=found.segment_name or "",
        ladder=found.ladder.ladder.name if found.ladder is not None else "",
        step=intervention.name,
        stage="",
        rank=-1,
        channel=intervention.channel,
        also=(),
        template=intervention.template,
        adapter=intervention.adapter,
        demanded=(),
        mentioned=(),
        listed=_by_age(items),
        currency=policy.currency,
        principal=0,
        credits=0,
        interest=0,
        lump_sums=0,
        total=0,
        priority=None,
        approval=None,
        exempt=True,
        any_day=policy.calendar.adjust == "none",
        trigger_on=found.as_of,
        send_on=send_on(policy.calendar, policy.calendar.adjust, found.as_of),
        items=(key,),
        why=why,
        intervention=intervention.name,
        deadline=_deadline(found, intervention, items[0]),
    )


def _deadline(found: Draft, intervention: Intervention, item: Item) -> date | None:
    """The legal deadline: never moved for holidays (3.16); None when its date isn't known."""
    deadline = intervention.deadline
    if deadline is None:
        return None
    since = found.program.deadlines[intervention.name](found.customer, item)
    if not isinstance(since, date):
        return None
    return add_days(since, deadline.days) if deadline.days is not None else add_months(since, deadline.months or 0)
