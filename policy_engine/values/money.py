"""Money: integers in minor units, and exact text. No float ever touches an amount.

The exponents are those of ISO 4217 (not CLDR's, which differ for a few currencies).
"""

import re
from decimal import Decimal
from fractions import Fraction

MAX_MINOR = 10**12
"""Bound of one row's amount, in minor units (language.md section 2)."""

_ZERO = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_TWO = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY"
    " COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR"
    " ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK"
    " MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP"
    " SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR"
    " ZMW ZWG"
)
EXPONENTS: dict[str, int] = {
    **dict.fromkeys(_ZERO.split(), 0),
    **dict.fromkeys(_TWO.split(), 2),
    **dict.fromkeys(_THREE.split(), 3),
}
"""Currency code to its number of decimals (ISO 4217)."""

_PLAIN = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,9})?")


class AmountError(ValueError):
    """A text that is no amount of the currency; the message says why, in one lower-case sentence."""


def parse_minor(text: str, currency: str) -> int:
    """Exact minor units of a plain decimal text, e.g. `"1234.5"` in EUR is 123450.

    Raises:
        AmountError: no plain decimal, more decimals than the currency has, or beyond 1e12 minor units.
        KeyError: `currency` is not an ISO 4217 code.
    """
    exponent = EXPONENTS[currency]
    if not _PLAIN.fullmatch(text) or not text.isascii():
        raise AmountError(f"`{text[:40]}` is not a decimal amount like `1234.50`")
    scaled = Decimal(text).scaleb(exponent)
    if scaled != scaled.to_integral_value():
        raise AmountError(f"`{text[:40]}` has more than {exponent} decimals, {currency} has {exponent}")
    minor = int(scaled)
    if abs(minor) > MAX_MINOR:
        raise AmountError(f"`{text[:40]}` is beyond the bound of 1e12 minor units a row")
    return minor


def minor_text(minor: int, currency: str) -> str:
    """The canonical decimal text of minor units, e.g. 123450 in EUR is `"1234.50"`."""
    exponent = EXPONENTS[currency]
    if exponent == 0:
        return str(minor)
    sign = "-" if minor < 0 else ""
    whole, rest = divmod(abs(minor), 10**exponent)
    return f"{sign}{whole}.{rest:0{exponent}d}"


def round_half_up(numerator: int, denominator: int) -> int:
    """`numerator / denominator` rounded to an integer, halves away from zero. `denominator` > 0."""
    quotient, remainder = divmod(abs(numerator), denominator)
    if 2 * remainder >= denominator:
        quotient += 1
    return quotient if numerator >= 0 else -quotient


def round_fraction(value: Fraction) -> int:
    """A rational rounded to an integer, halves away from zero."""
    return round_half_up(value.numerator, value.denominator)
