"""An account climbs (3.10, `scope: customer`): one position and one message for all that is overdue in a currency.

The carrier's age says which step is due. What has reached that step by its own age is demanded; what is overdue
otherwise is mentioned: in the total and the minimum, without charges or legal effect.
"""

from collections.abc import Sequence
from datetime import date

from policy_engine.engine.reference.account_position import (
    account_rows,
    overdue_since,
    own_age_reaches,
    place_account,
)
from policy_engine.engine.reference.build_facts import settled_day
from policy_engine.engine.reference.carrier import choose_carrier
from policy_engine.engine.reference.draft import Draft
from policy_engine.engine.reference.item import Item
from policy_engine.engine.reference.message import Message
from policy_engine.engine.reference.messages import charged, serve, tell_items
from policy_engine.engine.reference.program import LadderProgram
from policy_engine.engine.reference.s02_bad_data import quarantine
from policy_engine.engine.reference.s04_history import live
from policy_engine.engine.reference.s08_position import set_position
from policy_engine.engine.reference.s09_step_due import executed_before, set_step_due
from policy_engine.engine.reference.s11_one_voice import handed_over
from policy_engine.engine.reference.s13_minimum import below_customer, below_item, channel_for, reachable
from policy_engine.engine.reference.s14_contact_cap import CapCounter
from policy_engine.engine.reference.s16_sending_date import send_on
from policy_engine.policy.resolved import CONTACT_CHANNELS
from policy_engine.snapshot.model import EXECUTED
from policy_engine.values.days import ONE_DAY


def climb_accounts(found: Draft, ladder: LadderProgram, climbing: Sequence[Item]) -> None:
    """Place each currency's account, and plan its message. `climbing` are the open, unheld items."""
    policy = found.program.policy
    cap = None if policy.contact is None else CapCounter(policy.contact, found.contacts)
    messages: list[Message] = []
    for currency in sorted({item.currency for item in climbing}):
        account = _Account(found, ladder, currency, [item for item in climbing if item.currency == currency])
        message = account.message(cap)
        if message is not None:
            messages.append(message)
    serve(found, ladder, messages, cap)
    tell_items(found, ladder, climbing)


class _Account:
    """One currency of a customer.

    Attributes:
        items: every invoice of the currency, settled ones too: their history is the account's.
        overdue: the unheld items that are overdue.
        carrier: whose age counts, None when nothing is large enough.
    """

    def __init__(self, found: Draft, ladder: LadderProgram, currency: str, climbing: list[Item]) -> None:
        self.found, self.ladder, self.currency = found, ladder, currency
        self.items = [item for item in found.items if item.currency == currency]
        self.overdue = [item for item in climbing if item.overdue]
        self.carrier = choose_carrier(self.overdue, ladder.ladder)

    def message(self, cap: CapCounter | None) -> Message | None:
        """What is to be sent, before the customer's minimum and the cap; else each item learns why not."""
        for item in self.overdue:
            self._own_stage(item)
        if self.carrier is not None:
            self._place(self.carrier)
        due = [item for item in self.overdue if not item.held and not self._waits(item)]
        return self._compose(self.carrier, due, cap) if self.carrier is not None and due else None

    def _own_stage(self, item: Item) -> None:
        """What was handed over: by what was demanded of the item itself, not what a message mentioned."""
        own = Item()
        own.rows = tuple(row for row in item.rows if row.role == "demanded")
        set_position(own, self.ladder, self.found.program.stages)
        item.stage_rank = own.stage_rank

    def _place(self, carrier: Item) -> None:
        """The account's position, and the step that is due at the carrier's age, for every overdue item."""
        found, ladder = self.found, self.ladder
        policy = found.program.policy
        since = overdue_since(self.items, found.as_of, policy.grace, settled_day)
        account = place_account(
            carrier, self.items, ladder, found.program.stages, found.customer, found.as_of, policy.grace, since
        )
        if account.unmapped is not None:
            self._hold_all(account)
            return
        step = ladder.steps[account.position].step if account.position >= 0 else None
        for item in self.overdue:
            item.position, item.last_delivery = account.position, account.last_delivery
            item.account_rows, item.reached_on = account.rows, account.reached_on
            item.step, item.stage = (None, None) if step is None else (step.name, step.stage)
            last = account.last_delivery
            item.days_since_step = None if last is None else (found.as_of - last).days
        own, carrier.rows = carrier.rows, account.rows
        onboarding = policy.onboarding
        day = None if onboarding is None else onboarding.day
        set_step_due(carrier, found.customer, ladder, found.as_of, policy.grace, day)
        carrier.rows, carrier.carrier = own, True
        for item in self.overdue:
            item.candidate, item.due = carrier.candidate, carrier.due
            item.trigger_on, item.next_on = carrier.trigger_on, carrier.next_on
            if item.candidate is not None:
                item.occurrence = executed_before(item, item.candidate) + 1

    def _hold_all(self, account: Item) -> None:
        """History that counts and that no stage explains: where the account stands can't be told."""
        for item in self.overdue:
            item.unmapped = account.unmapped
            item.blocked, item.held = "data_problem", True
            item.detail = quarantine(self.found.account, item) or ()
            self.found.held.append(item)

    def _waits(self, item: Item) -> bool:
        """Fill in the first reason of 3.3 that keeps the item waiting, the account's or its own."""
        found, carrier = self.found, self.carrier
        policy, as_of = found.program.policy, found.as_of
        reached = item.trigger_on is not None and item.trigger_on <= as_of
        rejected = max(
            (one.rejected_until for one in (item, carrier) if one is not None and one.rejected_until is not None),
            default=None,
        )
        if self._under_way():
            item.blocked = "pending"
        elif rejected is not None and rejected >= as_of:
            item.blocked, item.blocked_until = "rejected", rejected + ONE_DAY
        elif any(row.status in EXECUTED and row.day == as_of for row in account_rows(self.items)):
            item.blocked = "already_today"
        elif policy.netting == "account" and found.account_room(self.currency) <= 0:
            item.blocked = "account_in_credit"
        elif reached and not item.due:
            item.blocked = "after_previous"
        elif below_item(item, self.ladder.ladder.minimum) or carrier is None:
            item.blocked = "below_minimum"
        elif item.due:
            return False
        else:
            item.blocked = "ladder_done" if item.candidate is None else "step_to_come"
        return True

    def _under_way(self) -> bool:
        """Whether a message about the account is under way: it blocks the one position."""
        policy = self.found.program.policy
        return any(
            row.role == "demanded" and live(row, self.found.as_of, policy.calendar, policy.valid_for)
            for item in self.items
            for row in item.rows
        )

    def _compose(self, carrier: Item, due: list[Item], cap: CapCounter | None) -> Message | None:
        found, program = self.found, carrier.candidate
        assert program is not None
        channel = channel_for(program.step, reachable(found.account))
        contact = program.step.channel in CONTACT_CHANNELS
        stages = found.program.policy.stages
        demanded: list[Item] = []
        mentioned: list[Item] = []
        for item in due:
            reached = self._reached(item, carrier)
            other_hands = contact and handed_over(item, stages) != handed_over(carrier, stages)
            if other_hands or (reached is None and not contact):
                item.blocked = "step_to_come"
            elif reached is None:
                item.uncharged = True
                mentioned.append(item)
            else:
                item.trigger_on = reached
                demanded.append(item)
        if channel is None:
            self._unsendable("no_channel", demanded + mentioned, cap)
            return None
        stated = [item for item in demanded if charged(found, item)]
        if carrier not in stated:
            self._unsendable("missing_rate", demanded + mentioned, cap)
            return None
        missing = [item for item in demanded if item not in stated]
        if missing:
            self._unsendable("missing_rate", missing, cap, stated + mentioned)
        return Message(program, channel, stated, mentioned)

    def _reached(self, item: Item, carrier: Item) -> date | None:
        """The day on which the item's own age reached the step, None when it hasn't."""
        found, program = self.found, carrier.candidate
        assert program is not None
        grace = found.program.policy.grace
        if item is carrier:
            return carrier.trigger_on
        day = own_age_reaches(item, self.ladder, program.step.index, found.as_of, grace)
        again = program.step.index <= carrier.position
        return carrier.trigger_on if day is not None and (again or program.step.anchor == "previous_step") else day

    def _unsendable(self, reason: str, items: list[Item], cap: CapCounter | None, others: Sequence[Item] = ()) -> None:
        """Keep items waiting for an address or a rate, or for an earlier reason of 3.3: too small, or the cap."""
        assert self.carrier is not None
        assert self.carrier.candidate is not None
        step = self.carrier.candidate.step
        day = send_on(self.found.program.policy.calendar, step.adjust, self.found.as_of)
        asked = sum(item.principal for item in (*items, *others))
        small = below_customer(self.carrier, asked, self.ladder.ladder.minimum)
        full = cap is not None and cap.covers((step.channel,)) and not step.exempt and not cap.fits(day, self.currency)
        for item in items:
            item.blocked = "below_minimum" if small else "contact_cap" if full else reason
            item.blocked_until = cap.next_fit(day, self.currency) if cap is not None and full and not small else None
