"""Which invoices need a person before dunning begins (language.md 3.7), and what is known about each."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from policy_engine.engine.reference.decide import draft
from policy_engine.engine.reference.draft import Draft
from policy_engine.engine.reference.exchange import ExchangeRates
from policy_engine.engine.reference.families import credit_families
from policy_engine.engine.reference.item import Item
from policy_engine.engine.reference.program import LadderProgram, Program, StepProgram, program_for
from policy_engine.engine.reference.s01_days import days_late, lapsed, step_date
from policy_engine.engine.reference.s02_bad_data import quarantine
from policy_engine.engine.reference.s04_history import live
from policy_engine.engine.reference.s06_holds import block_on
from policy_engine.engine.reference.s07_onboarding import is_backlog
from policy_engine.engine.reference.s10_scope import climbers
from policy_engine.policy.resolved import FINAL_STAGES, Policy
from policy_engine.snapshot.model import EXECUTED, Snapshot
from policy_engine.triage.limitation import Limitation, barred_since
from policy_engine.triage.model import Argument, Mode, NextStep, Proposal, Triage, TriageCustomer, TriageItem
from policy_engine.triage.suggest import suggested_onboarding
from policy_engine.values.money import minor_text


def find_triage(policy: Policy, snapshot: Snapshot, limitation: Limitation) -> Triage:
    """The backlog: what onboarding holds, or lets in by age; without onboarding what is overdue without history.

    Invoices that something else holds (a dispute, a block) are in it too: once that is over, onboarding is next.
    Without `onboarding`, in a snapshot that has history, only invoices that have missed a step are shown: what became
    overdue yesterday is not a backlog.

    Raises:
        CalendarError: `as_of` lies outside the years whose closed days the policy's calendar knows.
    """
    onboarding = policy.onboarding
    mode: Mode = "none" if onboarding is None else "hold" if onboarding.entry is None else "by_age"
    program = program_for(replace(policy, onboarding=None) if mode == "hold" else policy)
    rates = ExchangeRates(snapshot.exchange_rates)
    families = credit_families(program, snapshot, rates)
    history = has_history(snapshot)
    day = None if onboarding is None else onboarding.day
    customers = []
    families = credit_families(program, snapshot)
    for account in snapshot.accounts:
        found = draft(program, account, snapshot.as_of, families.get(account.customer.id), rates)
        if found.ladder is None:
            continue
        start = snapshot.as_of if day is None else day
        items = [
            _item(found, item, unit, day, limitation)
            for item in climbers(found.items)
            if (unit := _backlog_unit(item, start, policy.grace)) is not None
            and (unit.overdue or day is not None)
            and (day is not None or not history or _missed(found, unit))
        ]
        if items:
            items.sort(key=lambda one: (one.due_date, one.invoice))
            row = account.customer
            segment = found.segment_name or ""
            customers.append(TriageCustomer(row.id, row.name, segment, found.ladder.ladder.name, tuple(items)))
    customers.sort(key=lambda one: one.id)
    lines = () if onboarding is not None else suggested_onboarding(policy, customers, snapshot.as_of)
    return Triage(
        snapshot.as_of, policy.name, policy.version, policy.currency, mode, day, history, tuple(customers), lines
    )


def has_history(snapshot: Snapshot) -> bool:
    """Whether any row of the snapshot says that something was executed or set for an invoice."""
    return any(
        row.invoice is not None and (row.status == "set" or row.status in EXECUTED)
        for account in snapshot.accounts
        for row in account.history
    )


def _backlog_unit(item: Item, start: date, grace: int) -> Item | None:
    """What of an invoice is backlog: itself, or the oldest of its parts where they climb apart (3.10)."""
    units = climbers(item.parts) if item.apart else [item]
    old = [unit for unit in units if is_backlog(unit, start, grace)]
    return min(old, key=lambda unit: (unit.due_date, unit.id), default=None)


def _item(found: Draft, item: Item, unit: Item, day: date | None, limitation: Limitation) -> TriageItem:
    """The invoice, at the age of what of it climbs."""
    ladder = found.ladder
    assert ladder is not None  # customers without a ladder are left out
    candidate = unit.candidate
    enters = None if candidate is None else NextStep(candidate.step.name, candidate.step.stage, unit.next_on)
    against = tuple(_against(found, item, limitation))
    return TriageItem(
        invoice=item.id,
        number=item.number,
        customer=found.account.customer.id,
        currency=item.currency,
        outstanding=item.outstanding,
        issue_date=item.issue_date,
        due_date=unit.due_date,
        late_then=None if day is None else days_late(unit.due_date, day),
        late=unit.days_late,
        ladder=ladder.ladder.name,
        steps=tuple((program.step.name, program.step.stage) for program in ladder.steps),
        enters=enters,
        at_once=unit.due,
        against=against,
        proposal=_proposal(found, ladder, unit, against),
    )


def _missed(found: Draft, item: Item) -> bool:
    """Whether a step above the one it would take is reached already: it wasn't there when its time came."""
    ladder = found.ladder
    assert ladder is not None  # customers without a ladder are left out
    if item.candidate is None:
        return False
    return any(reached.step.index > item.candidate.step.index for reached in _open_steps(found, ladder, item, due=True))


def _open_steps(found: Draft, ladder: LadderProgram, item: Item, *, due: bool) -> Iterator[StepProgram]:
    """The steps whose time isn't over and whose `when` holds; with `due` those whose date is reached."""
    for program in ladder.steps:
        step = program.step
        if lapsed(step, item.due_date, found.as_of):
            continue
        if program.when is not None and not program.when(found.customer, item):
            continue
        day = step_date(step, item.issue_date, item.due_date, None, found.program.policy.grace)
        if not due or (day is not None and day <= found.as_of):
            yield program


def _proposal(found: Draft, ladder: LadderProgram, item: Item, against: Iterable[Argument]) -> Proposal:
    """Where a person could put the invoice: so that the step of its age comes next, but never an agency or a court.

    Nobody is handed over whom no formal notice has reached.
    """
    codes = {argument.code for argument in against}
    if "data_problem" in codes:
        return Proposal("repair", None, None, "data_problem")
    if "limitation" in codes:
        return Proposal("leave_alone", None, None, "limitation")
    steps = list(_open_steps(found, ladder, item, due=False))
    reached = [
        program.step.index
        for program in _open_steps(found, ladder, item, due=True)
        if program.step.stage not in FINAL_STAGES
    ]
    target = max(reached, default=steps[0].step.index if steps else 0)
    below = [program.step for program in steps if program.step.index < target]
    then = next((program.step.name for program in steps if program.step.index >= target), None)
    return Proposal("step", below[-1].name if below else None, then, "age")


def _against(found: Draft, item: Item, limitation: Limitation) -> Iterator[Argument]:
    """What speaks against dunning the invoice, in the order of `ARGUMENTS`."""
    account, as_of, program = found.account, found.as_of, found.program
    data = quarantine(account, item)
    if data is not None:
        yield Argument("data_problem", tuple(sorted(dict(data).items())))
    block = block_on(item, account.blocks, as_of)
    if block is not None:
        yield _argument("block", id=block.id, until=block.until, reason=block.reason, by=block.by)
    yield from _policy_hold(program, item)
    for dispute in account.disputes:
        closed = dispute.closed is not None and dispute.closed <= as_of
        if dispute.invoice == item.id and dispute.opened <= as_of and not closed:
            amount = None if dispute.amount is None else minor_text(dispute.amount, item.currency)
            yield _argument("dispute", id=dispute.id, since=dispute.opened, amount=amount, reason=dispute.reason)
    if item.promise_active:
        covering = [
            promise
            for promise in account.promises
            if promise.made <= as_of and (item.id in promise.invoices or not promise.invoices)
        ]
        latest = max(covering, key=lambda promise: (promise.day, promise.id), default=None)
        yield _argument("promise", id=latest and latest.id, until=latest and latest.day)
    if item.payment_plan_kept:
        yield Argument("payment_plan")
    if found.customer.insolvent:
        yield _argument("insolvent", since=found.customer.insolvent_since)
    if item.factored:
        yield Argument("factored")
    barred = barred_since(item, account, limitation)
    if barred is not None and barred <= as_of:
        yield _argument("limitation", since=barred)
    policy = program.policy
    for row in item.rows:
        if live(row, as_of, policy.calendar, policy.valid_for):
            yield _argument("pending", step=row.step, since=row.day)
    if found.ladder is not None and not item.disputed and item.principal < found.ladder.ladder.minimum.item:
        yield Argument("below_minimum")


def _policy_hold(program: Program, item: Item) -> Iterator[Argument]:
    if item.hold >= 0:
        yield Argument("hold", (("name", program.policy.holds[item.hold].name),))


def _argument(code: str, **detail: object) -> Argument:
    return Argument(code, tuple((name, str(value)) for name, value in sorted(detail.items()) if value is not None))
