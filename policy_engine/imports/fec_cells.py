"""One cell of a FEC, read: exact cents, dates, sides of an account. No float ever touches an amount."""

import re
import unicodedata
from datetime import date

from policy_engine.values.days import FIRST_DAY, LAST_DAY
from policy_engine.values.money import MAX_MINOR

SIDES = {"D": 1, "DEBIT": 1, "+1": 1, "1": 1, "+": 1, "C": -1, "CREDIT": -1, "-1": -1, "-": -1}
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:[ \u00a0\u202f][0-9]{3})+(?:[.,][0-9]{1,2})?")
_AMOUNT = re.compile(r"([+-]?)0*([0-9]{0,15})(?:[.,]([0-9]{0,9}))?")


class CellError(ValueError):
    """A cell that can't be used: the message, and the likely fix in `fix`."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.fix = fix


def read_amount(text: str) -> int:
    """Cents of `1234,56`; padding with zeros and blanks between thousands are no harm, an empty text is 0.

    Raises:
        CellError: anything else: a thousands point, three decimals, more than 1e12 cents.
    """
    if not text:
        return 0
    tidy = re.sub(r"[ \u00a0\u202f]", "", text) if _GROUPED.fullmatch(text) else text
    found = _AMOUNT.fullmatch(tidy)
    if found is None or not (found[2] or found[3] or tidy.lstrip("+-").startswith("0")):
        raise CellError(f"`{shown(text)}` is not an amount", "amounts are written `1234,56`")
    fraction = found[3] or ""
    kept = fraction.rstrip("0")
    if len(fraction) == 3 or len(kept) > 2:
        raise CellError(f"`{shown(text)}` has more than two decimals", "amounts are written `1234,56`")
    cents = int(found[2] or "0") * 100 + int(kept.ljust(2, "0"))
    if cents > MAX_MINOR:
        raise CellError(f"`{shown(text)}` is beyond the bound of 10 billion", "is this an amount?")
    return -cents if found[1] == "-" else cents


def read_day(text: str) -> date:
    """The date `AAAAMMJJ`, from 1970 to 2200; also `AAAA-MM-JJ`, and `JJ/MM/AAAA`, as it is a French file.

    Raises:
        CellError: it is none.
    """
    plain = text
    if len(text) == 10 and text[4] == text[7] == "-":
        plain = text.replace("-", "")
    elif len(text) == 10 and text[2] == text[5] == "/":
        plain = text[6:] + text[3:5] + text[:2]
    if len(plain) == 8 and plain.isascii() and plain.isdigit():
        try:
            day = date(int(plain[:4]), int(plain[4:6]), int(plain[6:]))
        except ValueError:
            day = date.min
        if FIRST_DAY <= day <= LAST_DAY:
            return day
    raise CellError(f"`{shown(text)}` is not a date", "dates are written AAAAMMJJ, like `20260731`")


def plain(text: str) -> str:
    """Lower case without accents, to compare words."""
    if text.isascii():
        return text.casefold()
    letters = unicodedata.normalize("NFKD", text)
    return "".join(ch for ch in letters if not unicodedata.combining(ch)).casefold()


def shown(text: str) -> str:
    """The beginning of a text, for messages."""
    return text if len(text) <= 40 else text[:40] + "..."
