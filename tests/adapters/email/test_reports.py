"""Bounces as mail servers write them, and as an attacker would: which message, what outcome, what reason."""

from pathlib import Path

import pytest

from policy_engine.adapters.email.adapter import returned_to
from policy_engine.adapters.email.address import read_address
from policy_engine.adapters.email.reports import Ours, Report, read_report
from tests.adapters.email.support import ACTION
from tests.hostile.corpus import CORPUS, unseen

FILES = Path(__file__).parent / "bounces"
KEY = f"{ACTION}-1"
OURS = Ours("acme.example", read_address("bounces@acme.example"), frozenset({"archive@acme.example"}))


def data(name):
    return (FILES / f"{name}.eml").read_bytes()


EXPECTED = {
    "postfix_failed": (
        KEY, "failed",
        "5.1.1 smtp; 550 5.1.1 <address>: Recipient address rejected: User unknown in virtual mailbox table",
    ),
    "postfix_delayed": (
        KEY, "delayed", "4.4.1 X-Postfix; connect to mx.dupont.example[192.0.2.10]:25: Connection timed out",
    ),
    "postfix_relayed": (KEY, "fine", ""),
    "exim_text": (KEY, "failed", "host mx.dupont.example [192.0.2.10]: 550 5.1.1 unknown user"),
    "exim_delayed": (KEY, "delayed", "Delay reason: SMTP error from remote mail server: 451 4.7.1 try again later"),
    "exchange_failed": (
        KEY, "failed",
        "5.1.10 smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient <address> not found by SMTP address lookup",
    ),
    "gmail_failed": (
        KEY, "failed",
        ("5.1.1 smtp; 550-5.1.1 The email account that you tried to reach does not exist. Please try 550-5.1.1"
        " double-checking the recipient's email address for typos or 550 5.1.1 unnecessary spaces. - gsmtp"),
    ),
    "envelope_id_only": (KEY, "failed", "5.2.2 smtp; 552 5.2.2 mailbox full"),
    "verp_only": (KEY, "failed", "5.4.4"),
    "qmail_text": (KEY, "failed", "Remote host said: 550 5.1.1 unknown"),
    "of_a_copy": (KEY, "fine", ""),
    "of_another_house": (
        None, "failed",
        "5.1.1 smtp; 550 5.1.1 <address>: Recipient address rejected: User unknown in virtual mailbox table",
    ),
    "no_third_part": (None, "failed", "5.4.4"),
    "out_of_office": None,
    "read_receipt": None,
}  # fmt: skip


def test_every_sample_has_its_meaning():
    assert {path.stem for path in FILES.glob("*.eml")} == set(EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["lf", "crlf"])
def test_what_mail_servers_write(name, end):
    expected = EXPECTED[name]
    found = read_report(data(name).replace(b"\n", end), OURS)
    assert found == (None if expected is None else Report(expected[0], expected[2], expected[1]))


def test_the_envelope_carries_the_action_and_fits():
    sender = returned_to(read_address("bounces@acme.example"), "f" * 64, 999)
    assert len(sender.split("@")[0]) == 64
    text = (
        data("verp_only").decode().split("To: ")[0] + f"To: <{sender}>\n" + data("verp_only").decode().split("\n", 3)[3]
    )
    assert read_report(text.encode(), OURS).key == f"{'f' * 64}-999"
    assert returned_to(read_address("bounces@acme.example"), "no-id", 1) == "bounces@acme.example"


def test_several_recipients_the_worst_counts():
    two = data("postfix_failed").replace(
        b"Final-Recipient: rfc822; anna", b"Final-Recipient: rfc822; b@x.example\nAction: relayed\nStatus: 2.0.0\n\n"
        b"Final-Recipient: rfc822; c@x.example\nAction: delayed\nStatus: 4.0.0\n\nFinal-Recipient: rfc822; anna", 1
    )  # fmt: skip
    assert read_report(two, OURS).outcome == "failed"


def nested(depth):
    lines = [f"Content-Type: multipart/report; report-type=delivery-status; boundary=b{0}\n\n"]
    lines += [f"--b{n}\nContent-Type: multipart/mixed; boundary=b{n + 1}\n\n" for n in range(depth)]
    return "".join(lines).encode()


HOSTILE = [
    b"",
    b"\n",
    b"\0" * 1000,
    bytes(range(256)) * 100,
    nested(1000),
    b"Content-Type: message/rfc822\n\n" * 1000,
    b"Content-Type: multipart/report; report-type=delivery-status\n\nno boundary",
    b'Content-Type: multipart/report; report-type="delivery-status"; boundary="b"\n\n--b\n'
    b"Content-Type: message/delivery-status\n\n" + b"Action: failed\n\n" * 100_000,
    b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/rfc822\n\nMessage-ID: <x>\n--b--\n",
    b"From: mailer-daemon@x\n\n" + b"550 " * 500_000,
    b"From: mailer-daemon@x\nX-Failed-Recipients: " + b"," * 100_000 + b"\n\n",
    b"A: " + b"x\n " * 300_000,
    b"Content-Type: " + b"multipart/report;" * 1000 + b"\n\n",
    (
        b"Content-Type: multipart/report; report-type*=utf-8''delivery-status; boundary*=utf-8''b\n\n--b\n"
        b"Content-Type: message/delivery-status\n\nAction: failed\n--b--\n"
    ),
]


@pytest.mark.parametrize("octets", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.timeout(20)
def test_nonsense_is_no_news(octets):
    found = read_report(octets, OURS)
    assert found is None or found.key is None


@pytest.mark.parametrize("hostile", CORPUS, ids=lambda one: one.name)
def test_hostile_reasons_are_inert(hostile):
    said = hostile.text.encode("utf-8", "surrogatepass")[:5000]
    found = read_report(data("postfix_failed").replace(b"smtp; 550 5.1.1 <anna", said + b"<anna"), OURS)
    if found is not None:
        assert unseen(found.reason) == set()
        assert len(found.reason) <= 200
        assert "\n" not in found.reason


def test_a_huge_message_given_back_is_read_as_far_as_its_head():
    huge = data("exchange_failed").replace(b"Dear Anna", b"x" * 70 * 50_000)
    assert read_report(huge, OURS).key == KEY
