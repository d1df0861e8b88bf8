"""Signatures, held against the reference package."""

import base64
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from policy_engine.adapters.http.signing import key_of, signatures
from tests.adapters.receiver import OTHER, SECRET


def test_the_example_of_the_specification():
    """The vector that the reference implementations of Standard Webhooks share in their tests."""
    made = signatures([key_of(OTHER)], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(st.binary(min_size=24, max_size=64), st.text(st.characters(codec="utf-8"), max_size=200))
def test_the_reference_says_the_same(key, text):
    secret = "whsec_" + base64.b64encode(key).decode()
    at = datetime.fromtimestamp(1_790_000_000, UTC).replace(tzinfo=None)
    assert signatures([key_of(secret)], "abc-1", 1_790_000_000, text.encode()) == Webhook(secret).sign(
        "abc-1", at, text
    )


def test_either_secret_verifies_while_they_are_changed():
    now = int(time.time())
    made = signatures([key_of(OTHER), key_of(SECRET)], "abc-1", now, b"{}")
    headers = {"webhook-id": "abc-1", "webhook-timestamp": str(now), "webhook-signature": made}
    for secret in (OTHER, SECRET):
        assert Webhook(secret).verify(b"{}", headers) == {}
    for wrong in ({"webhook-id": "abc-2"}, {"webhook-timestamp": str(now - 1)}):
        with pytest.raises(WebhookVerificationError):
            Webhook(SECRET).verify(b"{}", {**headers, **wrong})
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + base64.b64encode(b"x" * 24).decode()).verify(b"{}", headers)


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        ("C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "doesn't begin"),
        ("whsec_", "0 bytes"),
        ("whsec_c2hvcnQ=", "5 bytes"),
        ("whsec_" + "QUJD" * 22, "66 bytes"),
        ("whsec_not base64!", "isn't Base64"),
    ],
)
def test_no_secret(secret, words):
    with pytest.raises(ValueError, match=words) as error:
        key_of(secret)
    assert secret[6:] == "" or secret[6:] not in str(error.value)


def test_padding_may_be_left_out():
    assert key_of("whsec_" + base64.b64encode(b"y" * 25).decode().rstrip("=")) == b"y" * 25
