"""One customer's decision, in the order of language.md section 3: the room in which the numbered functions meet.

`draft` goes as far as the customer alone allows; capacity (3.15) needs the portfolio and may drop an action
afterwards; `outcomes` (3.3) comes last.
"""

from datetime import date

from policy_engine.engine.reference.account import climb_accounts
from policy_engine.engine.reference.actions import add_interventions, build_action
from policy_engine.engine.reference.build_facts import (
    set_account_facts,
    set_contact_facts,
    set_customer_row,
)
from policy_engine.engine.reference.currencies import (
    convert_facts,
    cover,
    has_foreign,
    lacking,
    leave_outside,
    own_limit,
)
from policy_engine.engine.reference.draft import Draft
from policy_engine.engine.reference.exchange import NO_RATES, ExchangeRates
from policy_engine.engine.reference.facts import CustomerFacts
from policy_engine.engine.reference.family import Family
from policy_engine.engine.reference.item import Item
from policy_engine.engine.reference.ledger import allocate, new_item
from policy_engine.engine.reference.messages import plan_messages
from policy_engine.engine.reference.parts import set_part_facts, settle_parts, take_parts
from policy_engine.engine.reference.program import LadderProgram, Program
from policy_engine.engine.reference.s02_bad_data import quarantine, segment_unknown
from policy_engine.engine.reference.s03_outcomes import codes, outcomes
from policy_engine.engine.reference.s04_history import (
    Contacts,
    blocked_until,
    by_invoice,
    contacts_of,
    is_pending,
    standing,
)
from policy_engine.engine.reference.s05_netting import credits_left, net_oldest_first
from policy_engine.engine.reference.s06_holds import block_on, check_stops
from policy_engine.engine.reference.s07_onboarding import enter
from policy_engine.engine.reference.s08_position import set_position
from policy_engine.engine.reference.s09_step_due import set_step_due
from policy_engine.engine.reference.s10_scope import climbers, held_in, units
from policy_engine.engine.reference.s13_minimum import below_item
from policy_engine.engine.reference.s19_credit import credit_alerts, decide_orders, inherited_limit, set_exposure
from policy_engine.engine.reference.s20_order import action_key
from policy_engine.plan.model import Action, CreditAlert, Decision, Outcome
from policy_engine.snapshot.model import EXECUTED, Alert, CustomerAccount
from policy_engine.values.days import ONE_DAY

NO_CONTACTS = Contacts((), (), ())


class CustomerDecision:
    """What one customer's account comes to on a day, before capacity and safeguards.

    The verdicts are made; outcomes with their reasons, and actions with their charges, are rendered when they are first
    asked for. Read it in one thread, or read it once before handing it to others.
    """

    __slots__ = ("_actions", "_found", "_outcomes")

    def __init__(self, found: Draft) -> None:
        self._found = found
        self._outcomes: tuple[Outcome, ...] | None = None
        self._actions: tuple[Action, ...] | None = None

    @property
    def segment(self) -> str | None:
        """The customer's segment; None when the customer's own row is broken."""
        return self._found.segment_name

    @property
    def codes(self) -> tuple[tuple[str, str, str], ...]:
        """(invoice id, outcome, reason) of each invoice, sorted by id: all that many applications need."""
        return codes(self._found.program, self._found)

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """One a row of `invoices` that can be used, sorted by invoice id."""
        if self._outcomes is None:
            self._outcomes = outcomes(self._found.program, self._found)
        return self._outcomes

    @property
    def actions(self) -> tuple[Action, ...]:
        """What is to be done for the customer, in the order of 3.20."""
        if self._actions is None:
            finish(self._found)
            self._actions = tuple(sorted(self._found.actions, key=action_key))
        return self._actions

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """What somebody should know about the customer."""
        _ = self.outcomes
        return tuple(self._found.alerts)

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """What becomes of the customer's open orders (3.19), by day, then id."""
        return decide_orders(self._found.program, [self._found])

    @property
    def credit_alerts(self) -> tuple[CreditAlert, ...]:
        """The policy's credit alerts that hold of the customer, in the policy's order."""
        return credit_alerts(self._found.program, [self._found])


def decide_customer(
    program: Program,
    account: CustomerAccount,
    as_of: date,
    family: Family | None = None,
    rates: ExchangeRates = NO_RATES,
) -> CustomerDecision:
    """Decide one customer on `as_of`, as if there were no other but its family: no capacity, no safeguards."""
    return CustomerDecision(_verdicts(program, account, as_of, family, rates))


def draft(
    program: Program,
    account: CustomerAccount,
    as_of: date,
    family: Family | None = None,
    rates: ExchangeRates = NO_RATES,
) -> Draft:
    """Everything about one customer that doesn't need the portfolio, its actions included."""
    found = _verdicts(program, account, as_of, family, rates)
    finish(found)
    return found


def finish(found: Draft) -> None:
    """Turn the messages into actions and add the interventions; once."""
    if not found.finished:
        found.finished = True
        found.actions = [build_action(found, message) for message in found.messages]
        add_interventions(found)


def _verdicts(
    program: Program, account: CustomerAccount, as_of: date, family: Family | None, rates: ExchangeRates
) -> Draft:
    found = on_the_books(program, account, as_of, family, rates)
    if found.ladder is not None or found.segment < 0:
        _climb(found)
    return found


def on_the_books(
    program: Program, account: CustomerAccount, as_of: date, family: Family | None, rates: ExchangeRates
) -> Draft:
    """What the customer owes and is: facts, netting, segment, limit, positions; no step is looked for yet."""
    policy = program.policy
    items = {invoice.id: new_item(invoice, policy.currency, as_of, rates) for invoice in account.invoices}
    mixed = not {invoice.currency for invoice in account.invoices} <= {policy.currency}
    contacts = NO_CONTACTS
    if account.history:
        history = standing(account.history)
        others: dict[str | None, str] = {}
        if mixed:
            others = {item.id: item.currency for item in items.values() if item.foreign}
        contacts = contacts_of(history, as_of, policy.calendar, policy.valid_for, policy.currency, others)
        for invoice_id, rows in by_invoice(history).items():
            if invoice_id in items:
                items[invoice_id].rows = tuple(rows)
                items[invoice_id].rejected_until = blocked_until(rows)
    customer = CustomerFacts()
    in_order = list(items.values())
    set_customer_row(customer, account, in_order, as_of)
    set_contact_facts(customer, contacts, as_of)
    credits_ = allocate(account, items, as_of)
    if account.instalments:
        take_parts(account, items)
        settle_parts(in_order)
    found = Draft(program, account, as_of, customer, in_order, contacts, credits_, family, rates)
    if mixed or has_foreign(account, policy.currency):
        found.foreign = True
        leave_outside(found)
    _facts(found)
    _place(found)
    if credits_ and policy.netting == "oldest_first":
        for item in found.climbers:
            _hold(found, item)
        if net_oldest_first(in_order, credits_, as_of, held_in):
            if account.instalments:
                settle_parts(in_order)
            _facts(found)
            _place(found)
    found.credits_left = credits_left(credits_)
    return found


def _facts(found: Draft) -> None:
    policy = found.program.policy
    set_account_facts(
        found.customer,
        found.account,
        found.items,
        found.as_of,
        grace=policy.grace,
        promise_grace=policy.promise_grace,
        needs_paid=found.program.needs_paid,
    )
    if found.account.instalments:
        set_part_facts(found.customer, found.items, found.as_of, policy.grace)
    if found.foreign:
        convert_facts(found)
    if found.program.credit is not None:
        set_exposure(found)


def _place(found: Draft) -> None:
    """Segment, limit, ladder, positions and the facts that name them."""
    program, customer = found.program, found.customer
    if segment_unknown(found.account) or found.unconverted:
        return
    customer.credit_limit = own_limit(found)
    found.segment = program.segment(customer, None)
    segment = program.policy.segments[found.segment]
    if customer.credit_limit is None:
        customer.credit_limit = inherited_limit(found, segment.credit_limit)
    found.ladder = program.ladders[found.segment]
    if found.account.instalments:
        found.climbers = units(found.items, None if found.ladder is None else found.ladder.ladder.scope)
    if found.ladder is None:
        return
    if found.foreign:
        cover(found, found.ladder.ladder.minimum)
    for item in found.items:
        if item.rows:
            _position(item, found.ladder, program.stages, found.as_of)
    if found.account.instalments:
        for item in found.climbers:
            if item.whole is not None:
                _position(item, found.ladder, program.stages, found.as_of)


def _position(item: Item, ladder: LadderProgram, stages: dict[str, int], as_of: date) -> None:
    set_position(item, ladder, stages)
    step = ladder.steps[item.position].step if item.position >= 0 else None
    item.step = None if step is None else step.name
    item.stage = None if step is None else step.stage
    item.days_since_step = None if item.last_delivery is None else (as_of - item.last_delivery).days


def _hold(found: Draft, item: Item) -> None:
    """Quarantine, block, the policy's holds in order, triage: fills in `blocked` with the first reason, or nothing."""
    if item.held:
        item.blocked, item.detail, item.rule, item.blocked_until, item.hold, item.held = None, (), None, None, -1, False
    if not item.open or item.outstanding <= 0:
        return
    program = found.program
    onboarding = program.policy.onboarding
    if found.ladder is not None:
        enter(item, onboarding, found.ladder, program.stages, program.policy.grace)
    data = quarantine(found.account, item)
    if data is None and found.foreign:
        data = lacking(found, item)
    if data is not None:
        item.blocked, item.detail, item.held = "data_problem", data, True
        return
    if found.account.blocks:
        block = block_on(item, found.account.blocks, found.as_of)
        if block is not None:
            item.blocked, item.held = "block", True
            item.blocked_until = None if block.until is None else block.until + ONE_DAY
            item.detail = (("block", block.id), ("by", block.by or ""), ("reason", block.reason or ""))
            item.hold = program.hold(found.customer, item)
            return
    item.hold = program.hold(found.customer, item)
    if item.hold >= 0:
        hold = program.policy.holds[item.hold]
        item.blocked, item.rule, item.held = hold.name, program.hold_at[item.hold], True
        check_stops(found, item)
    elif item.triage and onboarding is not None:
        item.blocked, item.rule, item.held = "needs_triage", program.policy.place(onboarding.position), True


def _climb(found: Draft) -> None:
    """Holds, positions, steps, messages: 3.6 to 3.14."""
    program, ladder = found.program, found.ladder
    policy = program.policy
    onboarding = policy.onboarding
    as_account = ladder is not None and ladder.ladder.scope == "customer"
    climbing: list[Item] = []
    for item in climbers(found.climbers):
        _hold(found, item)
        if ladder is None:
            continue
        if not as_account:
            set_step_due(
                item,
                found.customer,
                ladder,
                found.as_of,
                policy.grace,
                None if onboarding is None else onboarding.day,
            )
        (found.held if item.held else climbing).append(item)
    if ladder is None or not climbing:
        return
    if as_account:
        climb_accounts(found, ladder, climbing)
        return
    due = [item for item in climbing if _blocked_reason(found, ladder, item)]
    if due:
        plan_messages(found, ladder, climbing, due)


def _blocked_reason(found: Draft, ladder: LadderProgram, item: Item) -> bool:
    """Fill in the first reason of 3.3 that keeps the invoice waiting, as it alone can tell; true when it is due."""
    as_of = found.as_of
    reached = item.trigger_on is not None and item.trigger_on <= as_of
    if not item.overdue and not reached:
        return False
    policy = found.program.policy
    step = item.candidate.step.name if item.candidate is not None else None
    if item.rows:
        if is_pending(item, step, as_of, policy.calendar, policy.valid_for):
            item.blocked = "pending"
            return False
        if item.rejected_until is not None and item.rejected_until >= as_of:
            item.blocked, item.blocked_until = "rejected", item.rejected_until + ONE_DAY
            return False
        for row in item.rows:
            if row.day == as_of and row.status in EXECUTED:
                item.blocked = "already_today"
                return False
    if policy.netting == "account" and item.overdue and found.account_room(item.currency) <= 0:
        item.blocked = "account_in_credit"
    elif reached and not item.due:
        item.blocked = "after_previous"
    elif item.principal < ladder.ladder.minimum.item if not item.foreign else below_item(item, ladder.ladder.minimum):
        item.blocked = "below_minimum"
    elif item.due:
        return True
    elif item.candidate is None:
        item.blocked = "ladder_done"
    else:
        item.blocked = "step_to_come"
    return False
