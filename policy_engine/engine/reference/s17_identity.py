"""3.17 Identity: the unit of "once" is the dunning item; an action's id holds no amount, date, text or digest."""

from collections.abc import Iterable
from hashlib import sha256
from json.encoder import encode_basestring


def item_key(invoice: str, step: str, occurrence: int, instalment: str | None = None) -> str:
    """`invoice|step|occurrence`, of a part `invoice|instalment|step|occurrence`.

    Backslashes and bars in ids are escaped, so that no two items share a key.
    """
    if instalment is not None:
        return f"{_escaped(invoice)}|{_escaped(instalment)}|{step}|{occurrence}"
    return f"{_escaped(invoice)}|{step}|{occurrence}"


def _escaped(ident: str) -> str:
    if "|" in ident or "\\" in ident:
        return ident.replace("\\", "\\\\").replace("|", "\\|")
    return ident


def intervention_key(subject: str, intervention: str) -> str:
    """`customer-or-invoice|intervention`."""
    return item_key(subject, intervention, 0)[:-2]


def action_id(customer: str, step: str, channel: str, items: Iterable[str]) -> str:
    """Lower-case hex sha256 of the canonical JSON of customer, step, channel and the sorted items."""
    parts = ",".join(encode_basestring(item) for item in sorted(items))
    text = f"[{encode_basestring(customer)},{encode_basestring(step)},{encode_basestring(channel)},[{parts}]]"
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
