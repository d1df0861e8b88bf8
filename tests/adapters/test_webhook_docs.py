"""The page on webhooks: its receiver verifies what is really sent, its example fits the schema, its settings exist."""

import json
import re
import time
from pathlib import Path

import jsonschema
import pytest

from policy_engine.adapters.http.signing import key_of, signatures
from policy_engine.adapters.webhook import WebhookSettings
from policy_engine.adapters.webhook_document import webhook_schema
from policy_engine.execution.operator_file import load_operator
from tests.adapters.receiver import OTHER, SECRET

PAGE = (Path(__file__).parents[2] / "docs/adapter-webhook.md").read_text(encoding="utf-8")


def block(language):
    return re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)[1]


@pytest.fixture(scope="module")
def verified():
    names = {}
    exec(block("python"), names)  # noqa: S102 - our own page
    return names["verified"]


def test_the_receiver_of_the_page(verified):
    now, body = int(time.time()), b'{"a": 1}'
    headers = {
        "webhook-id": "k-1",
        "webhook-timestamp": str(now),
        "webhook-signature": signatures([key_of(OTHER), key_of(SECRET)], "k-1", now, body),
    }
    assert verified(headers, body, SECRET) == {"a": 1}
    assert verified(headers, body, OTHER) == {"a": 1}
    assert verified(headers, body + b" ", SECRET) is None
    assert verified({**headers, "webhook-id": "k-2"}, body, SECRET) is None
    old = now - 400
    late = {
        **headers,
        "webhook-timestamp": str(old),
        "webhook-signature": signatures([key_of(SECRET)], "k-1", old, body),
    }
    assert verified(late, body, SECRET) is None


def test_the_example_fits_the_schema():
    jsonschema.Draft202012Validator(webhook_schema()).validate(json.loads(block("json")))


def test_the_operators_file_of_the_page(tmp_path):
    path = tmp_path / "operator.yaml"
    path.write_text(block("yaml"), encoding="utf-8")
    found = load_operator(path)
    assert found.diagnostics == ()


def test_every_setting_is_on_the_page():
    rows = re.findall(r"^\| `([a-z_]+)` \|", PAGE, re.MULTILINE)
    assert sorted(rows) == sorted(WebhookSettings.keys())
