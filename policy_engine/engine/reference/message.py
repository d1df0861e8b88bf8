"""A message, or another action, while it is being put together."""

from datetime import date

from policy_engine.engine.reference.item import Item
from policy_engine.engine.reference.program import StepProgram
from policy_engine.policy.resolved import CONTACT_CHANNELS, Channel


class Message:
    """What may become an action: items that reached its step, items that go along, what is asked.

    Attributes:
        demanded: items that have reached the step.
        mentioned: items with a lower step due, which they execute through this message.
        listed: overdue items shown for information, in no total.
        keys: the dunning items, sorted (3.17).
        credits: what `netting: account` takes off, minor units.
    """

    __slots__ = ("channel", "credits", "demanded", "id", "keys", "listed", "mentioned", "overdue", "program", "send_on")

    def __init__(self, program: StepProgram, channel: Channel, demanded: list[Item], mentioned: list[Item]) -> None:
        self.program = program
        self.channel = channel
        self.demanded = demanded
        self.mentioned = mentioned
        self.listed: list[Item] = []
        self.overdue = any(item.overdue for item in demanded) or any(item.overdue for item in mentioned)
        self.credits = 0
        self.id = ""
        self.keys: tuple[str, ...] = ()
        self.send_on: date = date.min

    @property
    def items(self) -> list[Item]:
        """Demanded and mentioned."""
        return self.demanded + self.mentioned if self.mentioned else self.demanded

    @property
    def is_contact(self) -> bool:
        """Whether it speaks to the customer."""
        return self.channel in CONTACT_CHANNELS

    @property
    def principal(self) -> int:
        """What its items may be asked for together, minor units, before account netting."""
        return sum(item.principal for item in self.items)
