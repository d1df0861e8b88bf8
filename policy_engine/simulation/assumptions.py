"""What a scenario assumes about the policy's surroundings: reference rates that aren't published yet."""

from dataclasses import replace
from datetime import date

from policy_engine.policy.resolved import Policy
from policy_engine.values.days import half_year_start


def with_last_known_rates(policy: Policy, until: date) -> Policy:
    """The policy with every reference rate going on as last known, up to the end of the half-year of `until`.

    An assumption and no fact: nobody knows the rates of a half-year that hasn't begun.
    """
    tables = tuple(
        table if table.checked_through >= until else replace(table, checked_through=until) for table in policy.rates
    )
    return policy if tables == policy.rates else replace(policy, rates=tables)


def first_missing_rate(policy: Policy, start: date, until: date) -> tuple[date, str] | None:
    """The first half-year up to `until` whose rate isn't known, and the table that ends; None when all are known.

    Each half-year bears the rate of its first day (language.md 3.12), so one that begins after a table's last checked
    day has none.
    """
    found: list[tuple[date, str]] = []
    for table in policy.rates:
        day = half_year_start(start)
        while day <= until and day <= table.checked_through:
            day = date(day.year, 7, 1) if day.month == 1 else date(day.year + 1, 1, 1)
        if day <= until:
            found.append((day, table.name))
    return min(found, default=None)
