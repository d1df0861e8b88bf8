"""Which addresses a request may be connected to: the public internet, and what the operator lists.

The ranges are those of the IANA special-purpose address registries (RFC 6890 and what followed), written down here
because `ipaddress` judges some of them differently from one Python to the next.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

_SPECIAL: tuple[tuple[Network, str], ...] = tuple(
    (ip_network(text), why)
    for text, why in (
        ("0.0.0.0/8", "of this host itself"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared by a carrier's customers"),
        ("127.0.0.0/8", "of this host itself (loopback)"),
        ("169.254.0.0/16", "link-local, where clouds keep their metadata"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "of protocols"),
        ("192.0.2.0/24", "for documentation"),
        ("192.31.196.0/24", "reserved"),
        ("192.52.193.0/24", "reserved"),
        ("192.88.99.0/24", "reserved"),
        ("192.168.0.0/16", "private"),
        ("192.175.48.0/24", "reserved"),
        ("198.18.0.0/15", "for benchmarks"),
        ("198.51.100.0/24", "for documentation"),
        ("203.0.113.0/24", "for documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
        ("::/128", "of this host itself"),
        ("::1/128", "of this host itself (loopback)"),
        ("::ffff:0:0/96", "an IPv4 address inside IPv6"),
        ("::/96", "an IPv4 address inside IPv6"),
        ("64:ff9b::/96", "an IPv4 address inside IPv6 (NAT64)"),
        ("64:ff9b:1::/48", "an IPv4 address inside IPv6 (NAT64)"),
        ("2001::/32", "an IPv4 address inside IPv6 (Teredo)"),
        ("2001::/23", "of protocols"),
        ("2001:db8::/32", "for documentation"),
        ("2002::/16", "an IPv4 address inside IPv6 (6to4)"),
        ("2620:4f:8000::/48", "reserved"),
        ("3fff::/20", "for documentation"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "private (site-local)"),
        ("ff00::/8", "multicast"),
    )
)
_PUBLIC_V6 = IPv6Network("2000::/3")
_LOOPBACK: tuple[Network, ...] = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))


def address(text: str) -> Address:
    """An address as the system gives it, without the zone of a link-local one.

    Raises:
        ValueError: it is none.
    """
    return ip_address(text.partition("%")[0])


def is_loopback(found: Address) -> bool:
    """Whether it is an address of this host itself."""
    return any(found.version == network.version and found in network for network in _LOOPBACK)


def refusal(found: Address, allowed: Sequence[Network] = ()) -> str:
    """Why an address isn't connected to: what it is, "" when it may be.

    Args:
        found: the very address of the connection.
        allowed: what the operator lists. Listing `10.0.0.0/8` allows no IPv6 address that holds such an IPv4 address.
    """
    if any(found.version == network.version and found in network for network in allowed):
        return ""
    for network, why in _SPECIAL:
        if found.version == network.version and found in network:
            return why
    if found.version == 6 and found not in _PUBLIC_V6:
        return "reserved"
    return ""
