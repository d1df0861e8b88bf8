"""E-mail addresses as they may stand in an envelope and a header: one, plain, never a list, never a second header."""

import re
from dataclasses import dataclass

LONGEST = 254
"""Octets of an address (RFC 5321 4.5.3.1.3: 256 with the angle brackets)."""
LONGEST_LOCAL = 64
_ATEXT = r"-A-Za-z0-9!#$%&'*+/=?^_`{|}~"
_LOCAL = re.compile(rf"[{_ATEXT}\u0080-\U0010ffff]+(\.[{_ATEXT}\u0080-\U0010ffff]+)*")
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_DEVIANT = re.compile("[\u00df\u1e9e\u03c2\u200c\u200d]")
"""Characters that older and newer rules for domains read differently: another domain could be meant."""


class AddressError(ValueError):
    """A text that is no single e-mail address; says why, without the address."""


@dataclass(frozen=True, slots=True)
class Address:
    """An address. `domain` is ASCII; `utf8`: the local part isn't, so that the server must know SMTPUTF8."""

    local: str
    domain: str

    @property
    def utf8(self) -> bool:
        """Whether it needs SMTPUTF8 (RFC 6531)."""
        return not self.local.isascii()

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


def read_address(text: str) -> Address:
    """The address that a text is: a dot-string before the `@`, a host name after it (RFC 5321 4.1.2).

    Quoted local parts and address literals aren't taken: no business customer has them, and they are what injections
    are made of.

    Raises:
        AddressError: it is none, or several.
    """
    local, at, domain = text.strip(" ").rpartition("@")
    if not at or not local or not domain:
        raise AddressError("it isn't an e-mail address")
    if "@" in local or any(ch in text for ch in ",;"):
        raise AddressError("it is more than one e-mail address")
    if not _LOCAL.fullmatch(local) or any(not ch.isprintable() or ch.isspace() for ch in local):
        raise AddressError("what stands before its @ can't stand there")
    if _DEVIANT.search(domain):
        raise AddressError(
            "its domain has a letter that not every mail server reads alike; write the domain as xn--..."
        )
    try:
        plain = domain.encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise AddressError("its domain isn't one") from error
    labels = plain.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        raise AddressError("its domain isn't one")
    found = Address(local, plain)
    if len(local.encode("utf-8", "replace")) > LONGEST_LOCAL or len(str(found).encode("utf-8", "replace")) > LONGEST:
        raise AddressError("it is too long")
    return found
