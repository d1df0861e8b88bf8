"""How the invented customers buy and pay: amounts, terms, habits. Whole cents and calendar days, no floats."""

from datetime import date, timedelta
from random import Random

HABITS = (  # share of customers in percent, days after the due date from .. to, days of the month on which they pay
    ("punctual", 48, (-8, 1), ()),
    ("fair", 27, (-4, 13), ()),
    ("slow", 17, (6, 26), (10, 20, 28)),
    ("partial", 4, (5, 25), ()),
    ("very_late", 4, (24, 80), (15, 28)),
)
DISPUTED = ("goods damaged", "price not as ordered", "delivery incomplete", "order number missing")
TERMS = ("net_30", "net_30", "net_30", "net_45", "net_60", "45_days_then_end_of_month", "end_of_month_then_45_days")


def cents(amount: int) -> str:
    """Cents as a decimal."""
    sign, amount = ("-", -amount) if amount < 0 else ("", amount)
    return f"{sign}{amount // 100}.{amount % 100:02d}"


def weekday(day: date) -> date:
    """The day itself, or the Monday after a weekend."""
    return day + timedelta(days=max(0, 7 - day.weekday())) if day.weekday() > 4 else day


def month_end(day: date) -> date:
    """The last day of the month."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def due_date(terms: str, issued: date) -> date:
    """The due date by the terms used here."""
    if terms == "45_days_then_end_of_month":
        return month_end(issued + timedelta(days=45))
    if terms == "end_of_month_then_45_days":
        return month_end(issued) + timedelta(days=45)
    return issued + timedelta(days=int(terms.removeprefix("net_")))


def gross(rng: Random, size: int) -> int:
    """An invoice in cents, 20 % VAT included: many small ones, few large; `size` 1 to 4 is the customer's."""
    low, high = rng.choice(((40, 150), (90, 500), (120, 900), (300, 1_800), (900, 5_200)))
    net = rng.randrange(low * 100, high * 100) * size
    if rng.randrange(3) == 0:
        net = net // 1_000 * 1_000  # round prices
    return (net * 120 + 50) // 100


def payday(rng: Random, due: date, late: tuple[int, int], runs: tuple[int, ...]) -> date:
    """When a customer of that habit pays: on a bank day, on payment runs if there are any."""
    day = due + timedelta(days=rng.randrange(late[0], late[1] + 1))
    while runs and day.day not in runs:
        day += timedelta(days=1)
    return weekday(day)
