"""Jobs for e-mails, and what the standard library reads in what was written."""

from datetime import UTC, datetime
from email import message_from_bytes, policy

from policy_engine.adapters.email.address import read_address
from policy_engine.adapters.email.message import Head
from policy_engine.execution.job import Job

ACTION = "3f9a0c12d4e5" + "0" * 52
MOMENT = datetime(2026, 6, 1, 8, 30, tzinfo=UTC)
HEAD = Head(read_address("accounts@acme.example"), "Acme SAS", "acme.example")
PAGE = '<!doctype html>\n<html lang="en">\n<body>\n<p>Please pay 100.00 € for N-1.</p>\n</body>\n</html>\n'


def facts(**more):
    message = {
        "subject": "Invoice N-1: a reminder",
        "text": "Dear Anna,\n\nplease pay 100.00 € for N-1.\n",
        "html": PAGE,
        "language": "en",
        "to": {"company": "Dupont SARL", "person": "Anna Roux", "email": "anna@dupont.example"},
    }
    to = {**message["to"], **more.pop("to", {})}
    line = {"invoice": "F-1", "number": "N-1"}
    return {
        "action": {"demanded": [line], "mentioned": [], "listed": [], "send_on": "2026-06-01", "step": "reminder"},
        "messages": {"email": {**message, **more, "to": to}},
    }


def job(found=None, **more):
    known = {
        "key": f"{ACTION}-1", "action": ACTION, "attempt": 1, "channel": "email", "also": (), "customer": "C-1",
        "facts": facts() if found is None else found,
    }  # fmt: skip
    return Job(**{**known, **more})


def read(data):
    """The message as the standard library reads it; it must find no defect, and no octet that mail can't carry."""
    assert all(len(line) <= 998 for line in data.split(b"\r\n"))
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert b"\r" not in data.replace(b"\r\n", b"")
    message = message_from_bytes(data, policy=policy.SMTP)
    for part in message.walk():
        assert part.defects == []
        for name, value in part.items():
            assert value.defects == (), name
    return message
