"""What an editor shows over a key or a value: what it means, in which unit, an example."""

from pathlib import Path

import pytest

from tests.editor.server import Server

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "policies" / "new.yaml"
HEAD = "# yaml-language-server: $schema=../schemas/policy.schema.json\ndunning: 1\npolicy: acme\ncurrency: EUR\n"
STEP = HEAD + "ladders:\n  standard:\n    steps:\n      - name: courtesy\n        "


def test_after_previous_shows_its_description_unit_and_example(server: Server) -> None:
    assert server.hover(FILE, STEP + "after_|previous: 5\n").startswith(
        "#### Step\n\n"
        "Days since the delivery of the invoice's last executed step; default 7.\n\n"
        "*Unit:* calendar days. *From* 0 *to* 36500.\n\n"
        "Example:\n\n```yaml\n10\n```\n"
    )


def test_a_choice_shows_what_each_value_means(server: Server) -> None:
    shown = server.hover(FILE, STEP + "channel: regis|tered_letter\n")
    assert "* `registered_letter`: A letter with proof of delivery. A contact: the cap counts it.\n" in shown
    assert "* `order_hold`: The customer's orders are stopped.\n" in shown


@pytest.mark.parametrize(
    ("before", "words"),
    [
        ("valid_|for: 2\n", "*Unit:* business days. *From* 0 *to* 250. *Left out:* `2`."),
        ("minimum:\n  it|em: 10\n", "*Unit:* the policy's currency."),
        ("penalties:\n  late_interest:\n    kind: interest\n    rate:\n      an|nual: 12\n", "*Unit:* percent a year."),
        ("segments:\n  - name: a\n    credit_|limit: 5\n", "*Unit:* the policy's currency."),
        ("segments:\n  - name: a\n    wh|en: customer.overdue > 5\n", "`customer.days_since_contact`"),
        ("holds:\n  - name: a\n    wh|en: invoice.disputed\n", "`invoice.days_late`"),
        ("pol|icy: acme\n", "*Required.*"),
        ("seg|ments: []\n", "Groups of customers; the first whose condition holds, the last has none."),
    ],
    ids=lambda value: value.strip().rpartition("\n")[2],
)
def test_keys_show_what_they_are(server: Server, before: str, words: str) -> None:
    text = before if before.startswith("pol|") else HEAD + before
    if before.startswith("pol|"):
        text = HEAD.replace("policy: acme\n", before)
    assert words in server.hover(FILE, text)


def test_a_segment_is_not_offered_facts_of_an_invoice(server: Server) -> None:
    shown = server.hover(FILE, HEAD + "segments:\n  - name: a\n    wh|en: customer.overdue > 5\n")
    assert "invoice." not in shown.split("Example:")[0]
