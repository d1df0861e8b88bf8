"""Due dates from payment terms (language.md 3.1)."""

import re
from datetime import date

from policy_engine.values.days import LAST_DAY, add_days, end_of_month

_TERMS = re.compile(
    r"net_(?P<net>[0-9]{1,4})|(?P<first>[0-9]{1,4})_days_then_end_of_month|end_of_month_then_(?P<then>[0-9]{1,4})_days"
    r"|(?P<receipt>due_on_receipt)|(?P<month>end_of_month)"
)


def due_date(terms: str, issued: date) -> date | None:
    """The last day to pay in time, or None when the terms are not known or lead beyond 2200.

    `45_days_then_end_of_month` = eom(issue + 45), `end_of_month_then_45_days` = eom(issue) + 45: the two ways that
    C. com. art. L441-10 I leaves open for "45 jours fin de mois".
    """
    found = _TERMS.fullmatch(terms)
    if not found or not terms.isascii():
        return None
    if found["net"]:
        day = add_days(issued, int(found["net"]))
    elif found["first"]:
        day = end_of_month(add_days(issued, int(found["first"])))
    elif found["then"]:
        day = add_days(end_of_month(issued), int(found["then"]))
    else:
        day = issued if found["receipt"] else end_of_month(issued)
    return day if day <= LAST_DAY else None
