"""Bank accounts in texts of people who mustn't name one, however they are spelled.

IBANs are told by their country's length and their check digits (ISO 13616, modulo 97), whatever stands between their
characters: blanks of every kind, hyphens, invisible characters, markup; in small, wide or Cyrillic letters. Other
numbers are told by their length, or by the words beside them.
"""

import re
import unicodedata
from collections.abc import Iterator
from html import unescape

LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AO": 25, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BF": 28, "BG": 22, "BH": 22,
    "BI": 27, "BJ": 28, "BR": 29, "BY": 28, "CF": 27, "CG": 27, "CH": 21, "CI": 28, "CM": 27, "CR": 22, "CV": 25,
    "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "DZ": 26, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
    "FK": 18, "FO": 18, "FR": 27, "GA": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GQ": 27, "GR": 27, "GT": 28,
    "GW": 25, "HN": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IR": 26, "IS": 26, "IT": 27, "JO": 30,
    "KM": 27, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MA": 28,
    "MC": 27, "MD": 24, "ME": 22, "MG": 27, "MK": 19, "ML": 28, "MN": 20, "MR": 27, "MT": 31, "MU": 30, "MZ": 25,
    "NE": 28, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24,
    "RS": 22, "RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SN": 28, "SO": 23,
    "ST": 25, "SV": 28, "TD": 27, "TG": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
    "YE": 30,
}  # fmt: skip
"""Characters of an IBAN by country (SWIFT's IBAN registry, and the countries that use the form outside of it)."""
_BEGIN = re.compile(r"(?=([A-Z]{2})[0-9]{2})")
_FEWEST_DIGITS = 7
"""Of an IBAN after its check digits; Malta's with the fewest has more."""
_LONG = re.compile(r"(?<![\d.,])\d(?:[ \n.-]{0,3}\d){9,33}(?![\d.,]\d)")
_WORDS = re.compile(
    r"\b(?:iban|rib|bic|swift|sort[ -]?code|routing|aba|bsb|blz|account\s*(?:no|number|nr)|acct"
    r"|(?:num[ée]ro|n[°ºo]\.?)\s*(?:de\s*)?compte|compte\s*n[°ºo]|code\s*(?:banque|guichet)|kontonummer|konto)(?!\w)",
    re.IGNORECASE,
)
_NEAR = 60
"""Characters behind a word in which a number belongs to it."""
_FEW = 6
"""Digits that make a number beside such a word an account."""
_TAG = re.compile(r"<[^<>]{0,200}>")
_ENTITY = re.compile(r"&#?\w{1,12};")
_ALIKE = str.maketrans("АВСЕНІЈКМОРЅТХУΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABCEHIJKMOPSTXYABEZHIKMNOPTYX")
"""Cyrillic and Greek capitals that look like Latin ones."""


def account_in(text: str) -> tuple[int, int] | None:
    """Where a text holds what looks like a bank account (begin, end), None when it doesn't."""
    plain, places = _plain(text)
    found = [*_ibans(plain), *((match.start(), match.end()) for match in _LONG.finditer(plain)), *_told(plain)]
    if not found:
        return None
    begin, end = min(found)
    return places[begin], places[end - 1] + 1


def iban_in(text: str) -> tuple[int, int] | None:
    """Where a text holds a true IBAN (begin, end), None when it doesn't."""
    if not any(ch.isdigit() for ch in text):
        return None
    plain, places = _plain(text)
    begin, end = min(_ibans(plain), default=(0, 0))
    return None if end == 0 else (places[begin], places[end - 1] + 1)


def _plain(text: str) -> tuple[str, list[int]]:
    """A text in plain capitals, digits and signs, and where each of its characters stood: no markup, nothing unseen."""
    made, places = list[str](), list[int]()
    place = 0
    while place < len(text):
        tag = _TAG.match(text, place) if text[place] == "<" else None
        if tag is not None:
            place = tag.end()
            continue
        entity = _ENTITY.match(text, place) if text[place] == "&" else None
        shown = text[place] if entity is None else unescape(entity[0])
        for ch in unicodedata.normalize("NFKC", shown):
            plain = _character(ch)
            made.append(plain)
            places.extend([place] * len(plain))
        place += 1 if entity is None else len(entity[0])
    return "".join(made), places


def _character(ch: str) -> str:
    if ch.isascii():
        return ch.upper() if ch.isprintable() or ch == "\n" else " "
    if ch.isdecimal():
        return str(unicodedata.decimal(ch))
    if unicodedata.category(ch) in ("Cf", "Mn", "Me", "Cc", "Co"):
        return ""
    if ch.isspace():
        return " "
    if unicodedata.category(ch) == "Pd" or ch in "·•‧∙":
        return "-"
    return ch.upper()[:1].translate(_ALIKE)


def _ibans(plain: str) -> Iterator[tuple[int, int]]:
    """Letters and digits in a row, whatever stands between them, that are an IBAN."""
    kept = [place for place, ch in enumerate(plain) if ch.isascii() and ch.isalnum()]
    row = "".join(plain[place] for place in kept)
    for match in _BEGIN.finditer(row):
        length = LENGTHS.get(match[1])
        begin = match.start()
        candidate = row[begin : begin + (length or 0)]
        if length is None or len(candidate) < length or sum(map(str.isdigit, candidate[4:])) < _FEWEST_DIGITS:
            continue
        number = "".join(str(int(ch, 36)) for ch in candidate[4:] + candidate[:4])
        if int(number) % 97 == 1:
            yield kept[begin], kept[begin + length - 1] + 1


def _told(plain: str) -> Iterator[tuple[int, int]]:
    """Numbers beside a word that says what they are, e.g. `sort code 20-00-00`, `routing 021000021`."""
    words = list(_WORDS.finditer(plain))
    for number, word in enumerate(words, 1):
        following = words[number].start() if number < len(words) else len(plain)
        near = plain[word.end() : min(word.end() + _NEAR, following)]
        for told in (near.split("\n")[0], near):
            if sum(ch.isdigit() for ch in told) >= _FEW:
                yield word.start(), word.end() + max(place for place, ch in enumerate(told, 1) if ch.isdigit())
                break
