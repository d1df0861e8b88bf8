"""An invoice in another currency than the policy's: its own amounts as they are, converted for expressions."""

from datetime import date

from policy_engine.engine.reference.exchange import NO_RATES, ExchangeRates, converted
from policy_engine.engine.reference.item import Item
from policy_engine.policy.resolved import DatedAmount


class ForeignItem(Item):
    """An item whose converted amounts are computed when an expression reads them.

    Where the rate is missing they read as 0: whatever needs it is held before it is judged by them
    (`currencies.lacking`), and an expression never meets something that isn't a number.

    Attributes:
        rates: the snapshot's exchange rates.
        into: the policy's currency.
        as_of: rates of later days don't exist yet.
    """

    foreign = True
    rates: ExchangeRates = NO_RATES
    into: str
    as_of: date

    @property
    def amount_converted(self) -> int:
        """The gross amount in the policy's currency."""
        return self.in_policy_currency(self.amount) or 0

    @property
    def outstanding_converted(self) -> int:
        """What is outstanding in the policy's currency."""
        return self.in_policy_currency(self.outstanding) or 0

    @property
    def disputed_amount_converted(self) -> int:
        """The disputed part in the policy's currency."""
        return self.in_policy_currency(self.disputed_amount) or 0

    def sibling(self) -> "ForeignItem":
        """A new item in the same currency, for a part of the invoice."""
        part = ForeignItem()
        part.rates, part.into, part.as_of = self.rates, self.into, self.as_of
        return part

    def in_policy_currency(self, amount: int) -> int | None:
        """Minor units of its currency in those of the policy's, at the rate of `as_of`; None without a rate."""
        return converted(self.rates, amount, self.currency, self.into, self.as_of)

    def fee(self, dated: DatedAmount, day: date) -> int | None:
        """A fee in minor units of the invoice's currency.

        Amounts by currency are never converted, and one that they lack is nothing. A plain amount converts at the rate
        of `day`, the day of the fee's first claim; None when that rate is missing.
        """
        if dated.by is not None:
            return dict(dated.by).get(self.currency, 0)
        return converted(self.rates, dated.amount, self.into, self.currency, day)
