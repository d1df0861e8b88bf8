"""Calendar dates: months that clamp and don't drift, ends of months, half-years.

Dates only, never datetimes (language.md 3.1). Nothing here reads the clock.
"""

from calendar import monthrange
from datetime import date, timedelta

FIRST_DAY = date(1970, 1, 1)
"""The earliest date a snapshot or a policy may hold (language.md section 4)."""
LAST_DAY = date(2200, 12, 31)
"""The latest date a snapshot or a policy may hold."""

ONE_DAY = timedelta(days=1)


def add_days(day: date, days: int) -> date:
    """`day` plus a number of calendar days (negative: minus).

    Raises:
        OverflowError: outside the years Python's dates know; callers bound their input to 1970..2200.
    """
    return day + timedelta(days=days)


def add_months(day: date, months: int) -> date:
    """`day` plus calendar months: same day number, else the last day of the month (CPC art. 641).

    Counting always starts from the original date, so 31 January + 1 + 1 month is not how to get March:
    pass 2 months to keep the 31st.
    """
    total = day.year * 12 + (day.month - 1) + months
    year, month = divmod(total, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def end_of_month(day: date) -> date:
    """The last day of the month of `day`."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def half_year_start(day: date) -> date:
    """1 January or 1 July, whichever begins the half-year of `day` (C. com. L441-10 II)."""
    return date(day.year, 1 if day.month <= 6 else 7, 1)


def next_half_year(day: date) -> date:
    """The first day of the half-year after the one of `day`."""
    return date(day.year, 7, 1) if day.month <= 6 else date(day.year + 1, 1, 1)


def parse_date(text: str) -> date | None:
    """An ISO 8601 calendar date `YYYY-MM-DD` between 1970 and 2200, or None when the text is none."""
    if len(text) != 10 or text[4] != "-" or text[7] != "-" or not text.isascii():
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST_DAY <= day <= LAST_DAY else None
