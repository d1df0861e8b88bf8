"""3.14 Contact cap: how often a customer hears from us."""

from datetime import date

from policy_engine.engine.reference.s04_history import Contacts
from policy_engine.policy.resolved import ContactCap
from policy_engine.values.days import ONE_DAY, add_days


class CapCounter:
    """Counts a customer's contacts under a cap: executed, pending, and planned while this plan is made.

    A contact on day d fills d to d + per_days - 1. What is pending may leave any day, so it fills every day.
    """

    __slots__ = ("_cap", "_days", "_pending")

    def __init__(self, cap: ContactCap, contacts: Contacts) -> None:
        self._cap = cap
        self._days = [day for day, channel in contacts.executed if channel in cap.channels]
        self._pending = sum(channel in cap.channels for channel in contacts.pending)

    def fits(self, day: date) -> bool:
        """Whether one more contact may be made on `day`."""
        first = add_days(day, 1 - self._cap.per_days)
        filled = self._pending
        for contact in self._days:
            if first <= contact <= day:
                filled += 1
        return filled < self._cap.max

    def fill(self, day: date) -> None:
        """Count a contact planned for `day`."""
        self._days.append(day)

    def next_fit(self, day: date) -> date | None:
        """The first day after `day` on which a contact fits, or None while what is pending fills the cap."""
        if self._pending >= self._cap.max:
            return None
        last = add_days(day, 2 * self._cap.per_days * (len(self._days) + 1))
        while day < last:
            day += ONE_DAY
            if self.fits(day):
                return day
        return None

    def covers(self, channels: tuple[str, ...]) -> bool:
        """Whether a message on these carriers counts as a contact under the cap."""
        return not self._cap.channels.isdisjoint(channels)
