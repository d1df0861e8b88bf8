"""Standard Webhooks signatures: HMAC-SHA256 over id, timestamp and body (standardwebhooks.com, specification 1.0)."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

PREFIX = "whsec_"
SHORTEST, LONGEST = 24, 64
"""Bytes of a secret, as the specification recommends."""


def key_of(secret: str) -> bytes:
    """The key of a secret, `whsec_` and Base64.

    Raises:
        ValueError: it is none; the text doesn't hold it.
    """
    if not secret.startswith(PREFIX):
        raise ValueError(f"it doesn't begin with `{PREFIX}`")
    text = secret.removeprefix(PREFIX).rstrip("=")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError(f"what follows `{PREFIX}` isn't Base64") from error
    if not SHORTEST <= len(key) <= LONGEST:
        raise ValueError(f"it is {len(key)} bytes long; {SHORTEST} to {LONGEST} are wanted")
    return key


def signatures(keys: Sequence[bytes], ident: str, timestamp: int, body: bytes) -> str:
    """The header `webhook-signature`: one signature a key, the newest first, so that secrets can be changed.

    Args:
        keys: of all secrets that receivers may still hold.
        ident: the header `webhook-id`.
        timestamp: the header `webhook-timestamp`, seconds since 1970.
        body: as it is sent.
    """
    signed = f"{ident}.{timestamp}.".encode("ascii") + body
    made = (base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode("ascii") for key in keys)
    return " ".join(f"v1,{one}" for one in made)
