"""3.16 Sending date: business days of the policy's calendar. Triggers and legal deadlines never move."""

from datetime import date, timedelta

from policy_engine.policy.resolved import Calendar
from policy_engine.values.days import ONE_DAY


class CalendarError(ValueError):
    """A day outside the years whose closed days the calendar knows."""


def is_business_day(calendar: Calendar, day: date) -> bool:
    """Neither weekend nor closed.

    Raises:
        CalendarError: the calendar doesn't know the year.
    """
    if not calendar.first_year <= day.year <= calendar.last_year:
        raise CalendarError(
            f"{day} lies outside {calendar.first_year} to {calendar.last_year},"
            f" the years whose closed days are known for {calendar.country}"
        )
    return day.weekday() not in calendar.weekend and day not in calendar.closed


def next_business_day(calendar: Calendar, day: date) -> date:
    """`day` itself when it is a business day, else the next one."""
    while not is_business_day(calendar, day):
        day += ONE_DAY
    return day


def add_business_days(calendar: Calendar, day: date, count: int) -> date:
    """The `count`-th business day after `day`; `day` itself for 0. Years before the calendar's count as far past."""
    if day.year < calendar.first_year:
        return day
    for _ in range(count):
        day = next_business_day(calendar, day + ONE_DAY)
    return day


def closed_days(calendar: Calendar, first: date, last: date) -> tuple[date, ...]:
    """The days from `first` to `last`, both included, that are no business days; days of unknown years are left out."""
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    known = (day for day in days if calendar.first_year <= day.year <= calendar.last_year)
    return tuple(day for day in known if not is_business_day(calendar, day))


def business_days_between(calendar: Calendar, after: date, until: date, most: int) -> int:
    """How many business days lie after `after` up to `until`, counted no further than `most`."""
    count, day = 0, until
    while day > after and count < most:
        count += is_business_day(calendar, day)
        day -= ONE_DAY
    return count


def send_on(calendar: Calendar, adjust: str, as_of: date) -> date:
    """The day an action planned on `as_of` leaves: `as_of`, or the next business day unless `adjust` is none."""
    return as_of if adjust == "none" else next_business_day(calendar, as_of)
