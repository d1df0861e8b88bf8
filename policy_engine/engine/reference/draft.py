"""A customer's decision while it is being made: everything that the numbered functions share."""

from datetime import date

from policy_engine.engine.reference.exchange import NO_RATES, ExchangeRates
from policy_engine.engine.reference.facts import CustomerFacts
from policy_engine.engine.reference.family import Family
from policy_engine.engine.reference.item import Item
from policy_engine.engine.reference.ledger import Credit
from policy_engine.engine.reference.message import Message
from policy_engine.engine.reference.program import LadderProgram, Program
from policy_engine.engine.reference.s04_history import Contacts, live
from policy_engine.engine.reference.s12_charges import charges_of
from policy_engine.plan.model import Action, Amounts
from policy_engine.policy.resolved import CONTACT_CHANNELS
from policy_engine.snapshot.model import EXECUTED, Alert, Charge, CustomerAccount


class Draft:
    """One customer's decision before the portfolio stages.

    Attributes:
        segment: index of the segment, -1 when the customer's own row is broken.
        credits_left: unallocated after netting, minor units by currency.
        foreign: whether anything of the customer is in another currency than the policy's.
        rates: the snapshot's exchange rates.
        outside: currencies that no ladder of the policy covers.
        unpriced: currencies that the customer's outstanding lacks, in want of a rate or outside: no approval on it.
        unconverted: currencies whose rate is missing though the policy reads what needs it of the customer.
        charge_rows: the rows of `charges` by invoice id.
        charges: what each due item's step asks, by invoice id (of a part: and its own), as far as somebody asked
            (`asked_of`).
        messages: what will be sent; `actions` are the same as values, interventions added.
        climbers: what climbs (3.10): the items, or the parts of invoices in their stead.
        held: climbers that a hold, a block, quarantine or triage keeps back.
        family: whoever shares the limit with the customer; None when it stands alone (3.19).
    """

    __slots__ = (
        "_room",
        "account",
        "actions",
        "alerts",
        "as_of",
        "charge_rows",
        "charges",
        "climbers",
        "contacts",
        "credits",
        "credits_left",
        "customer",
        "family",
        "finished",
        "foreign",
        "held",
        "items",
        "ladder",
        "messages",
        "outside",
        "program",
        "rates",
        "segment",
        "unconverted",
        "unpriced",
    )  # fmt: skip

    def __init__(
        self,
        program: Program,
        account: CustomerAccount,
        as_of: date,
        customer: CustomerFacts,
        items: list[Item],
        contacts: Contacts,
        credits_: list[Credit],
        family: Family | None = None,
        rates: ExchangeRates = NO_RATES,
    ) -> None:
        self.program = program
        self.account = account
        self.as_of = as_of
        self.customer = customer
        self.items = items
        self.climbers = items
        self.contacts = contacts
        self.credits = credits_
        self.family = family
        self.credits_left: dict[str, int] = {}
        self.foreign = False
        self.rates = rates
        self.unconverted: set[str] = set()
        self.unpriced: set[str] = set()
        self.outside: frozenset[str] = frozenset()
        self.segment = -1
        self.ladder: LadderProgram | None = None
        self.charge_rows: dict[str, list[Charge]] = {}
        for row in account.charges:
            self.charge_rows.setdefault(row.invoice, []).append(row)
        self.charges: dict[str | tuple[str, str], tuple[Amounts, ...]] = {}
        self.messages: list[Message] = []
        self.actions: list[Action] = []
        self.finished = False
        self.held: list[Item] = []
        self.alerts: list[Alert] = []
        self._room: dict[str, int] = {}

    def asked_of(self, item: Item) -> tuple[Amounts, ...]:
        """What the item's step asks on top of the principal (3.12).

        Raises:
            MissingRateError: a rate that would have to be stated is unknown.
        """
        if item.uncharged:
            return ()
        key = item.id if item.instalment is None else (item.id, item.instalment)
        charges = self.charges.get(key)
        if charges is None:
            assert item.candidate is not None
            rows = self.charge_rows.get(item.id, ())
            charges = charges_of(item, self.customer, item.candidate.asks, self.program.stops, rows, self.as_of)
            self.charges[key] = charges
        return charges

    def let_go(self) -> None:
        """Undo what refers back, so that the memory is free at once: for those who look at many and keep none.

        Items know their message and messages their items, parts their invoice and the other way round; the collector,
        which would find that, is held back while a command runs (`cli.memory`). The actions stay.
        """
        for item in (*self.items, *self.climbers):
            item.message, item.parts, item.whole = None, (), None

    @property
    def segment_name(self) -> str | None:
        """The segment's name, None when it can't be told: the customer's own row is broken, or a rate is missing."""
        return None if self.segment < 0 else self.program.policy.segments[self.segment].name

    @property
    def currency(self) -> str:
        """The policy's currency."""
        return self.program.policy.currency

    def account_room(self, currency: str) -> int:
        """With `netting: account`, what may still be asked of overdue items in a currency today (3.5).

        The overdue, unheld items less the credits, less what was asked today already or is under way; may be negative.
        """
        if currency not in self._room:
            policy = self.program.policy
            room = -self.credits_left.get(currency, 0)
            for item in self.climbers:
                if not item.overdue or item.held or item.currency != currency:
                    continue
                room += item.principal
                if any(
                    (row.status in EXECUTED and row.day == self.as_of)
                    or live(row, self.as_of, policy.calendar, policy.valid_for)
                    for row in item.rows
                ):
                    room -= item.principal
            self._room[currency] = room
        return self._room[currency]

    def asked_of_account(self, message: Message) -> int:
        """What a message may ask with `netting: account`: at most the room; items not yet due less the credits left."""
        if message.overdue:
            return min(message.principal, self.account_room(message.currency))
        return message.principal - max(0, -self.account_room(message.currency))

    def take_from_account(self, message: Message, asked: int) -> None:
        """Count what a message asks against the room."""
        if self.program.policy.netting == "account" and message.overdue:
            self._room[message.currency] = self.account_room(message.currency) - asked

    @property
    def spoke_today(self) -> bool:
        """Whether a contact about an overdue item was made today or is under way (3.11)."""
        policy = self.program.policy
        return any(
            (row.channel or "email") in CONTACT_CHANNELS
            and (
                (row.status in EXECUTED and row.day == self.as_of)
                or live(row, self.as_of, policy.calendar, policy.valid_for)
            )
            for item in self.climbers
            if item.overdue
            for row in item.rows
        )
