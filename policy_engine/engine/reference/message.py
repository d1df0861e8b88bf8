"""A message, or another action, while it is being put together."""

from datetime import date

from policy_engine.engine.reference.item import Item
from policy_engine.engine.reference.program import StepProgram
from policy_engine.engine.reference.s17_identity import action_id, item_key
from policy_engine.policy.resolved import CONTACT_CHANNELS, Channel


class Message:
    """What may become an action: items that reached its step, items that go along, what is asked.

    Attributes:
        demanded: items that have reached the step.
        mentioned: items with a lower step due, which they execute through this message.
        listed: overdue items shown for information, in no total.
        customer: the id of the customer it is for.
        credits: what `netting: account` takes off, minor units.
    """

    __slots__ = (
        "_id", "_keys", "channel", "credits", "customer", "demanded", "listed", "mentioned", "overdue", "program",
        "send_on",
    )  # fmt: skip

    def __init__(self, program: StepProgram, channel: Channel, demanded: list[Item], mentioned: list[Item]) -> None:
        self.customer = ""
        self.program = program
        self.channel = channel
        self.demanded = demanded
        self.mentioned = mentioned
        self.listed: list[Item] = []
        self.overdue = False
        for item in demanded + mentioned if mentioned else demanded:
            if item.overdue:
                self.overdue = True
                break
        self.credits = 0
        self._id: str | None = None
        self._keys: tuple[str, ...] | None = None
        self.send_on: date = date.min

    @property
    def items(self) -> list[Item]:
        """Demanded and mentioned."""
        return self.demanded + self.mentioned if self.mentioned else self.demanded

    @property
    def keys(self) -> tuple[str, ...]:
        """The dunning items, sorted (3.17); made when first asked for, like the id: verdicts need neither."""
        if self._keys is None:
            self._keys = tuple(
                sorted([item_key(item.id, _step(item), item.occurrence, item.instalment) for item in self.items])
            )
        return self._keys

    @property
    def id(self) -> str:
        """The action's id (3.17)."""
        if self._id is None:
            self._id = action_id(self.customer, self.program.step.name, self.channel, self.keys)
        return self._id

    @property
    def currency(self) -> str:
        """The one currency of its items."""
        return self.demanded[0].currency

    @property
    def is_contact(self) -> bool:
        """Whether it speaks to the customer."""
        return self.channel in CONTACT_CHANNELS

    @property
    def principal(self) -> int:
        """What its items may be asked for together, minor units, before account netting."""
        return sum([item.outstanding - item.disputed_amount - item.later for item in self.items])


def _step(item: Item) -> str:
    assert item.candidate is not None
    return item.candidate.step.name
