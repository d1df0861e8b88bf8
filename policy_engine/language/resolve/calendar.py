"""Business days: weekend, public holidays, the company's own closed days, for the years 2000 to 2099."""

from datetime import date
from functools import lru_cache

from policy_engine.language.models.parts import CalendarSyntax
from policy_engine.language.resolve.context import Context
from policy_engine.policy.resolved import Calendar
from policy_engine.values.diagnostics import did_you_mean

FIRST_YEAR = 2000
LAST_YEAR = 2099
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@lru_cache(maxsize=64)
def public_holidays(country: str, subdivision: str | None) -> frozenset[date]:
    """The public holidays of 2000 to 2099.

    Raises:
        NotImplementedError: unknown country or subdivision.
    """
    import holidays

    found = holidays.country_holidays(country, subdiv=subdivision, years=range(FIRST_YEAR, LAST_YEAR + 1))
    return frozenset(day for day in found if FIRST_YEAR <= day.year <= LAST_YEAR)


def resolve_calendar(syntax: CalendarSyntax, context: Context) -> Calendar:
    """The calendar; an unknown country is a finding."""
    closed = set(syntax.closed)
    if syntax.subdivision is not None and syntax.country is None:
        context.findings.add(
            "DUN311",
            f"`subdivision: {syntax.subdivision}` has no meaning without a country",
            syntax.at("subdivision"),
            hint="add `country: FR`",
        )
    elif syntax.country is not None:
        try:
            closed |= public_holidays(
                str(syntax.country), None if syntax.subdivision is None else str(syntax.subdivision)
            )
        except NotImplementedError:
            _unknown(syntax, context)
    weekend = ("sat", "sun") if syntax.weekend is None else syntax.weekend
    return Calendar(
        None if syntax.country is None else str(syntax.country),
        frozenset(_WEEKDAYS.index(day) for day in weekend),
        frozenset(closed),
        syntax.adjust,
        FIRST_YEAR,
        LAST_YEAR,
    )


def _unknown(syntax: CalendarSyntax, context: Context) -> None:
    import holidays

    countries = holidays.list_supported_countries(include_aliases=False)
    country = str(syntax.country)
    if country not in countries:
        at, word, what, known = syntax.at("country"), country, "country", sorted(countries)
    else:
        at, word, what = syntax.at("subdivision"), str(syntax.subdivision), f"subdivision of {country}"
        known = sorted({*countries[country], *_aliases(country)})
    context.findings.add(
        "DUN301",
        f"there is no {what} `{word}` with known holidays",
        at,
        hint=did_you_mean(word, known) or "leave it out and list the days under `closed`",
    )


def _aliases(country: str) -> tuple[str, ...]:
    import holidays

    return tuple(getattr(holidays.country_holidays(country), "subdivisions_aliases", ()))
