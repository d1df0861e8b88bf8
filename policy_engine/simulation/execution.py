"""Virtual execution: what would become of a plan's actions if nothing failed, with approvals given after some days.

Follows language.md 3.4 and 3.16 to 3.18. An action leaves on its `send_on`; one that waits for approval on the day that
it is approved, if that is later. Until then its rows of history are pending: `planned`, or `awaiting_approval` and then
`approved`, dated the day of the plan. It expires `valid_for` business days after the plan, and when the balance, the
dispute or the hold of one of its invoices has changed since. Delivered, each demanded or mentioned item has one row.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from policy_engine.engine.reference.draft import Draft
from policy_engine.engine.reference.s16_sending_date import add_business_days
from policy_engine.engine.reference.s20_order import action_key
from policy_engine.plan.model import Action, Line
from policy_engine.policy.resolved import Policy
from policy_engine.simulation.planning import DayPlan
from policy_engine.simulation.scenario import Approvals
from policy_engine.snapshot.model import Charge, ContactRole, History

Standing: TypeAlias = tuple[tuple[str, str, int, int, bool], ...]
"""Of each invoice that an action is about, and of each of its parts: id, part, outstanding, disputed, held."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a day's execution comes to.

    Attributes:
        delivered: in the order of 3.20.
        expired: in the order of 3.20.
        history: rows, new or in place of those with the same id.
        charges: what the delivered messages claimed.
    """

    delivered: tuple[Action, ...]
    expired: tuple[Action, ...]
    history: tuple[History, ...]
    charges: tuple[Charge, ...]


@dataclass(slots=True)
class _Waiting:
    """An action under way. `approved_on` None: nobody ever approves it; `leaves_on` None then."""

    action: Action
    planned_on: date
    valid_until: date
    approved_on: date | None
    leaves_on: date | None
    standing: Standing
    ids: tuple[str, ...]
    sequence: int
    status: str


class Executor:
    """Carries out the plans of one run, day after day."""

    def __init__(self, policy: Policy, approvals: Approvals, prefix: str) -> None:
        self._policy = policy
        self._approvals = approvals
        self._prefix = prefix
        self._stage = {(ladder.name, step.name): step.stage for ladder in policy.ladders for step in ladder.steps}
        self._once = {intervention.name: intervention.once for intervention in policy.interventions}
        self._waiting: list[_Waiting] = []
        self._rows = self._claims = self._sequence = 0

    @property
    def waiting(self) -> int:
        """How many actions are under way."""
        return len(self._waiting)

    def execute(self, plan: DayPlan) -> Done:
        """Deliver what is due on the plan's day, of earlier plans and of this one; the rest waits or has expired."""
        day = plan.day
        self._sequence = 0
        delivered, expired = list[Action](), list[Action]()
        history, charges = list[History](), list[Charge]()
        under_way, self._waiting = self._waiting, []
        for item in under_way:
            if day > item.valid_until or (item.leaves_on == day and not _unchanged(item, plan.drafts)):
                expired.append(item.action)
                history += self._history(item.action, "expired", day, item.ids)
            elif item.leaves_on == day:
                delivered.append(item.action)
                history += self._history(item.action, "delivered", day, item.ids)
                charges += self._claimed(item.action, day)
            else:
                if item.status == "awaiting_approval" and item.approved_on is not None and day >= item.approved_on:
                    item.status = "approved"
                    history += self._history(item.action, "approved", item.planned_on, item.ids, item.sequence)
                self._waiting.append(item)
        for action in plan.actions:
            ids = self._new_ids(action)
            item = self._start(action, plan, ids)
            if item.leaves_on == day:
                delivered.append(action)
                history += self._history(action, "delivered", day, ids)
                charges += self._claimed(action, day)
                continue
            rows = self._history(action, item.status, day, ids)
            item.sequence = rows[0].sequence if rows else 0
            history += rows
            self._waiting.append(item)
        return Done(
            tuple(sorted(delivered, key=action_key)),
            tuple(sorted(expired, key=action_key)),
            tuple(history),
            tuple(charges),
        )

    def _start(self, action: Action, plan: DayPlan, ids: tuple[str, ...]) -> _Waiting:
        calendar, day = self._policy.calendar, plan.day
        approved_on: date | None = day
        status = "planned"
        if action.approval is not None:
            wait = self._approvals.wait(action.stage)
            approved_on = None if wait is None else add_business_days(calendar, day, wait)
            if approved_on != day:
                status = "awaiting_approval"
            elif action.send_on != day:
                status = "approved"
        leaves_on = None if approved_on is None else max(action.send_on, approved_on)
        return _Waiting(
            action=action,
            planned_on=day,
            valid_until=add_business_days(calendar, day, self._policy.valid_for),
            approved_on=approved_on,
            leaves_on=leaves_on,
            standing=_standing(action, plan.drafts[action.customer]),
            ids=ids,
            sequence=0,
            status=status,
        )

    def _new_ids(self, action: Action) -> tuple[str, ...]:
        """An id for each row of history: one an item, one for an intervention."""
        count = max(1, len(action.demanded) + len(action.mentioned))
        first = self._rows + 1
        self._rows += count
        return tuple(f"{self._prefix}-H{number:06d}" for number in range(first, first + count))

    def _history(
        self, action: Action, status: str, day: date, ids: Sequence[str], sequence: int | None = None
    ) -> list[History]:
        """The rows of an action, `sequence` in the order of recording of the day."""
        if sequence is None:
            self._sequence += 1
            sequence = self._sequence
        if action.intervention is not None:
            once = self._once[action.intervention]
            invoice = action.listed[0].invoice if once == "invoice" else None
            return [
                History(
                    ids[0], action.customer, invoice, None, None, action.channel, status, day, sequence, action.id,
                    intervention=action.intervention,
                )
            ]  # fmt: skip
        lines: list[tuple[Line, ContactRole]] = [(line, "demanded") for line in action.demanded]
        lines += [(line, "mentioned") for line in action.mentioned]
        return [
            History(
                ident, action.customer, line.invoice, line.step, self._stage[action.ladder, line.step], action.channel,
                status, day, sequence, action.id, role, instalment=line.instalment, carrier=line.carrier,
            )
            for ident, (line, role) in zip(ids, lines, strict=True)
        ]  # fmt: skip

    def _claimed(self, action: Action, day: date) -> Iterable[Charge]:
        """What a delivered message asks on top, one row an invoice and penalty; parts of an invoice are one."""
        asked: dict[tuple[str, str], int] = {}
        for line in action.demanded:
            for amounts in line.charges:
                if amounts.asked > 0:
                    key = (line.invoice, amounts.penalty)
                    asked[key] = asked.get(key, 0) + amounts.asked
        for (invoice, penalty), amount in asked.items():
            self._claims += 1
            ident = f"{self._prefix}-C{self._claims:06d}"
            yield Charge(ident, action.customer, invoice, penalty, "claimed", day, amount)


def _standing(action: Action, found: Draft) -> Standing:
    """How the invoices of an action stand, with their parts: of an intervention those that it lists."""
    ids = {line.invoice for line in (*action.demanded, *action.mentioned)}
    if action.intervention is not None:
        ids = {line.invoice for line in action.listed}
    return tuple(
        (unit.id, unit.instalment or "", unit.outstanding, unit.disputed_amount, unit.held)
        for item in sorted((item for item in found.items if item.id in ids), key=lambda item: item.id)
        for unit in (item, *item.parts)
    )


def _unchanged(item: _Waiting, drafts: dict[str, Draft]) -> bool:
    return _standing(item.action, drafts[item.action.customer]) == item.standing
