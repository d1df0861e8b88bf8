"""What a scenario assumes about the policy's surroundings: reference rates that aren't published yet."""

from dataclasses import replace
from datetime import date

from policy_engine.policy.resolved import Policy
from policy_engine.rates.company import rates_text
from policy_engine.rates.table_file import RateFile, RateRow
from policy_engine.values.days import half_year_start, next_half_year
from policy_engine.values.position import Position


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


def assumed_rates(policy: Policy, until: date, scenario: str) -> dict[str, str]:
    """The assumed rates as files that `--rates` takes, by file name: they go on where the package's tables end."""
    found: dict[str, str] = {}
    for table in policy.rates:
        if table.checked_through < until and table.days:
            at = Position(f"{table.name}.csv", 1, 1)
            source = f"assumed by the scenario {scenario}: the last known rate goes on"
            days = [table.days[-1]]
            while (day := next_half_year(max(days[-1], table.checked_through))) <= until:
                days.append(day)  # one each half-year: some tables must say so even when the rate stayed
            rows = tuple(RateRow(day, table.ppm[-1], "no", source, at) for day in days)
            found[f"{table.name}.csv"] = rates_text(RateFile(table.name, table.title, rows, until, at))
    return found
