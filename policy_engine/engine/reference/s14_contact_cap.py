"""3.14 Contact cap: how often a customer hears from us."""

from datetime import date

from policy_engine.engine.reference.s04_history import Contacts, contact_days
from policy_engine.policy.resolved import ContactCap
from policy_engine.values.days import ONE_DAY, add_days


class CapCounter:
    """Counts a customer's contacts under a cap: executed, pending, and planned while this plan is made.

    A contact on day d fills d to d + per_days - 1. What is pending may leave any day, so it fills every day. Messages
    of one day in several currencies are one contact: a day counts as many as the currency with the most messages has.
    """

    __slots__ = ("_cap", "_days", "_pending")

    def __init__(self, cap: ContactCap, contacts: Contacts) -> None:
        self._cap = cap
        self._days = [(day, code) for day, channel, code in contacts.executed if channel in cap.channels]
        codes = [code for channel, code in contacts.pending if channel in cap.channels]
        self._pending = max([codes.count(code) for code in codes], default=0)

    def fits(self, day: date, currency: str) -> bool:
        """Whether one more contact may be made on `day`; in a further currency it may be the same contact."""
        first = add_days(day, 1 - self._cap.per_days)
        inside = [contact for contact in self._days if first <= contact[0] <= day]
        if len(inside) + self._pending < self._cap.max:
            return True
        before = sum(contact_days(inside).values())
        after = sum(contact_days([*inside, (day, currency)]).values())
        return after == before or after + self._pending <= self._cap.max

    def fill(self, day: date, currency: str) -> None:
        """Count a contact planned for `day`."""
        self._days.append((day, currency))

    def next_fit(self, day: date, currency: str) -> date | None:
        """The first day after `day` on which a contact fits, or None while what is pending fills the cap."""
        if self._pending >= self._cap.max:
            return None
        last = add_days(day, 2 * self._cap.per_days * (len(self._days) + 1))
        while day < last:
            day += ONE_DAY
            if self.fits(day, currency):
                return day
        return None

    def covers(self, channels: tuple[str, ...]) -> bool:
        """Whether a message on these carriers counts as a contact under the cap."""
        return any(channel in self._cap.channels for channel in channels)
