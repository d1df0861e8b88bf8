"""A customer's figures for adapters that want them: overdue, exposure, credit limit, as the policy counts them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from policy_engine.engine.reference.decide import draft
from policy_engine.engine.reference.exchange import NO_RATES, ExchangeRates
from policy_engine.engine.reference.families import credit_families
from policy_engine.engine.reference.family import Family
from policy_engine.engine.reference.program import program_for
from policy_engine.execution.more import Pairs
from policy_engine.policy.resolved import Policy
from policy_engine.snapshot.model import Snapshot
from policy_engine.values.money import minor_text

FIGURES = "figures"
"""What adapters want (`job.Wanting`) that say how a customer stands."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Tells how customers stand on the snapshot's day (`more.Tell`).

    Attributes:
        policy: the plan's policy; its currency is that of the figures.
        snapshot: where the customers, and those who share their limits, stand.
    """

    policy: Policy
    snapshot: Snapshot
    _families: list[Mapping[str, Family]] = field(default_factory=list)

    def tell(self, connection: Connection | None, pairs: Pairs) -> dict[str, Any]:
        """Currency, overdue, exposure, credit limit (None: none) of each action's customer, by the action's id."""
        del connection
        program = program_for(self.policy)
        rows = self.snapshot.exchange_rates
        rates = ExchangeRates(rows) if rows else NO_RATES
        if not self._families:
            self._families.append(credit_families(program, self.snapshot, rates))
        currency, found = self.policy.currency, {}
        for action, account in pairs:
            family = self._families[0].get(account.customer.id)
            decided = draft(program, account, self.snapshot.as_of, family, rates)
            decided.let_go()
            customer = decided.customer
            limit = customer.credit_limit
            found[action.id] = {
                "currency": currency,
                "overdue": minor_text(customer.overdue, currency),
                "exposure": None if program.credit is None else minor_text(customer.exposure, currency),
                "credit_limit": None if limit is None else minor_text(limit, currency),
            }
        return found
