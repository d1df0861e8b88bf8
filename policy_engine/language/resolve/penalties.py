"""Penalties: rates in parts per million, amounts in minor units, reference tables found, their end watched."""

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import pairwise

from policy_engine.language.models.penalties import FlatSyntax, InterestSyntax
from policy_engine.language.nodes import Text
from policy_engine.language.resolve.context import Context
from policy_engine.policy.resolved import DatedAmount, FlatPenalty, InterestPenalty, Penalty, ReferenceRate
from policy_engine.rates import RateTable
from policy_engine.values.days import half_year_start, next_half_year
from policy_engine.values.position import Position

WARN_AHEAD = timedelta(days=30)
"""How long before a missing rate is needed the author hears of it."""


def resolve_penalty(
    name: str, syntax: InterestSyntax | FlatSyntax, position: Position, as_of: date | None, context: Context
) -> Penalty:
    """One penalty."""
    if isinstance(syntax, FlatSyntax):
        return _flat(name, syntax, position, context)
    return _interest(name, syntax, position, as_of, context)


def tables_of(penalties: tuple[Penalty, ...], rates: Mapping[str, RateTable]) -> tuple[RateTable, ...]:
    """The rate tables that the penalties name, by name."""
    named = {
        rate.table
        for penalty in penalties
        if isinstance(penalty, InterestPenalty)
        for rate in (penalty.floor, penalty.otherwise)
        if rate is not None
    }
    return tuple(rates[name] for name in sorted(named) if name in rates)


def _interest(
    name: str, syntax: InterestSyntax, position: Position, as_of: date | None, context: Context
) -> InterestPenalty:
    rate = syntax.rate
    floor = otherwise = None
    if rate.floor is not None:
        floor = ReferenceRate(str(rate.floor.reference), rate.floor.times, 0)
        _table(rate.floor.reference, as_of, context)
        if rate.contract is None:
            context.findings.add(
                "DUN114",
                "`floor` limits the agreed rate, and no `contract` is given",
                rate.at("floor"),
                hint="add `contract: customer.contract_rate`, or delete `floor`",
            )
    if rate.otherwise is not None:
        otherwise = ReferenceRate(str(rate.otherwise.reference), 1, rate.otherwise.plus)
        _table(rate.otherwise.reference, as_of, context)
    return InterestPenalty(
        name,
        context.expression(syntax.when, "invoice"),
        context.expression(rate.contract, "customer", "percent"),
        floor,
        otherwise,
        rate.annual,
        syntax.allocation,
        position,
        syntax.reference,
    )


def _table(reference: Text, as_of: date | None, context: Context) -> None:
    rates = context.rates
    if not context.known(str(reference), sorted(rates), "reference rate", reference.position) or as_of is None:
        return
    through = rates[reference].checked_through
    current, following = half_year_start(as_of), next_half_year(as_of)
    if current > through:
        missing = current
    elif following > through and following - as_of <= WARN_AHEAD:
        missing = following
    else:
        return
    context.findings.warn(
        "DUN403",
        f"`{reference}` is known up to {through}: the rate of {missing} is missing, what states it is held",
        reference.position,
        hint="install a newer version of the package once the rate is published",
    )


def _flat(name: str, syntax: FlatSyntax, position: Position, context: Context) -> FlatPenalty:
    amounts: list[DatedAmount] = []
    if not isinstance(syntax.amount, tuple):
        plain, by = context.amounts(syntax.amount, "amount", syntax.at("amount"))
        amounts.append(DatedAmount(None, plain, None, by))
    else:
        for row in syntax.amount:
            plain, by = context.amounts(row.value, "value", row.at("value"))
            amounts.append(DatedAmount(row.start, plain, row.reference, by))
        if not amounts:
            context.findings.add("DUN102", f"`{name}` has no amount", syntax.at("amount"), hint="add `- value: 40`")
        for earlier, later in pairwise(syntax.amount):
            if later.start is None or (earlier.start is not None and later.start <= earlier.start):
                context.findings.add(
                    "DUN308",
                    "the amounts are not in the order of their dates",
                    later.at("from"),
                    hint="let `from` rise from one to the next; only the first may lack it",
                )
    return FlatPenalty(name, context.expression(syntax.when, "invoice"), tuple(amounts), position, syntax.reference)
