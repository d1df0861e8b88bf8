"""3.17 Identity: the unit of "once" is the dunning item; an action's id holds no amount, date, text or digest."""

from collections.abc import Iterable
from hashlib import sha256
from json.encoder import encode_basestring


def item_key(invoice: str, step: str, occurrence: int) -> str:
    """`invoice|step|occurrence`, backslashes and bars in the id escaped so that no two items share a key."""
    if "|" in invoice or "\\" in invoice:
        invoice = invoice.replace("\\", "\\\\").replace("|", "\\|")
    return f"{invoice}|{step}|{occurrence}"


def intervention_key(subject: str, intervention: str) -> str:
    """`customer-or-invoice|intervention`."""
    return item_key(subject, intervention, 0)[:-2]


def action_id(customer: str, step: str, channel: str, items: Iterable[str]) -> str:
    """Lower-case hex sha256 of the canonical JSON of customer, step, channel and the sorted items."""
    parts = ",".join(encode_basestring(item) for item in sorted(items))
    text = f"[{encode_basestring(customer)},{encode_basestring(step)},{encode_basestring(channel)},[{parts}]]"
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
