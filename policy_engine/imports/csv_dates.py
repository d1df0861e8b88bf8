"""Dates as exports write them: exactly one format, said by the mapping, because `03/04/2026` is two days."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from policy_engine.values.days import FIRST_DAY, LAST_DAY

FORMAT_HELP = "write it with d, m and y, e.g. `dd/mm/yyyy`, `m/d/yyyy`, `dd.mm.yy`, `yyyymmdd`, `dd mmm yyyy`"
_TOKEN = re.compile(r"yyyy|yy|mmm|mm|m|dd|d|[ ./-]")
_TIME = r"(?:[ T][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)?"
_PIVOT = 70
"""Years of two digits from here on are 19xx: no snapshot holds a date before 1970."""
MONTHS = {
    **dict.fromkeys(("jan", "janv", "january", "janvier", "januar"), 1),
    **dict.fromkeys(("feb", "fev", "fevr", "february", "fevrier", "februar", "fév", "févr", "février"), 2),
    **dict.fromkeys(("mar", "mars", "march", "märz", "mär"), 3),
    **dict.fromkeys(("apr", "avr", "april", "avril"), 4),
    **dict.fromkeys(("may", "mai"), 5),
    **dict.fromkeys(("jun", "juin", "june", "juni"), 6),
    **dict.fromkeys(("jul", "juil", "july", "juillet", "juli"), 7),
    **dict.fromkeys(("aug", "aout", "août", "august"), 8),
    **dict.fromkeys(("sep", "sept", "september", "septembre"), 9),
    **dict.fromkeys(("oct", "okt", "october", "octobre", "oktober"), 10),
    **dict.fromkeys(("nov", "november", "novembre"), 11),
    **dict.fromkeys(("dec", "dez", "déc", "december", "décembre", "decembre", "dezember"), 12),
}
CANDIDATES = (
    "yyyy-mm-dd", "yyyymmdd", "d/m/yyyy", "m/d/yyyy", "d.m.yyyy", "d-m-yyyy", "m-d-yyyy", "yyyy/m/d", "d/m/yy",
    "m/d/yy", "d.m.yy", "d mmm yyyy", "d-mmm-yyyy", "mmm d yyyy",
)  # fmt: skip
"""Formats that a guess tries, and that a refusal tells about."""

ReadDate = Callable[[str], date | None]


@dataclass(frozen=True, slots=True)
class DateFormat:
    """A format, compiled. One digit is as good as two where a separator follows."""

    text: str
    pattern: re.Pattern[str]

    def read(self, cell: str) -> date | None:
        """The day, or None when the cell isn't written so, is no day, or lies outside 1970 to 2200.

        A time of day behind the date is dropped.
        """
        found = self.pattern.fullmatch(cell)
        if found is None:
            return None
        parts = found.groupdict()
        year = int(parts["y"])
        if len(parts["y"]) == 2:
            year += 1900 if year >= _PIVOT else 2000
        word = parts["m"]
        month = int(word) if word.isascii() and word.isdigit() else MONTHS.get(word.rstrip(".").casefold(), 0)
        try:
            day = date(year, month, int(parts["d"]))
        except ValueError:
            return None
        return day if FIRST_DAY <= day <= LAST_DAY else None


_FORMATS: dict[str, DateFormat] = {}


def date_format(text: str) -> DateFormat | None:
    """The format that a text like `dd/mm/yyyy` describes, or None when it describes none."""
    if text in _FORMATS:
        return _FORMATS[text]
    tokens = _TOKEN.findall(text)
    letters = [token[0] for token in tokens if token[0] in "dmy"]
    if (
        "".join(tokens) != text
        or sorted(letters) != ["d", "m", "y"]
        or not 5 <= len(text) <= 12
        or text[-1] not in "dmy"
    ):
        return None
    tight = all(token[0] in "dmy" for token in tokens)
    digits = "[0-9]{2}" if tight else "[0-9]{1,2}"
    if tight and text not in {"yyyymmdd", "ddmmyyyy", "mmddyyyy", "yymmdd", "ddmmyy", "mmddyy"}:
        return None
    shapes = {"d": f"(?P<d>{digits})", "m": f"(?P<m>{digits})", "yyyy": "(?P<y>[0-9]{4})", "yy": "(?P<y>[0-9]{2})"}
    shapes |= {"dd": shapes["d"], "mm": shapes["m"], "mmm": r"(?P<m>[^\W\d_]{3,9}\.?)"}
    pattern = re.compile("".join(shapes.get(token, re.escape(token)) for token in tokens) + _TIME)
    return _FORMATS.setdefault(text, DateFormat(text, pattern))


def formats_of(cell: str) -> list[tuple[str, date]]:
    """The usual formats in which a cell is a date, and the day it is in each."""
    found = []
    for text in CANDIDATES:
        form = date_format(text)
        day = None if form is None else form.read(cell)
        if day is not None:
            found.append((text, day))
    return found
