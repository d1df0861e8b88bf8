"""The adapter by itself: what it gives the server, and that nothing is in doubt that never began to leave."""

import pytest

from policy_engine.adapters.email.adapter import EmailAdapter
from policy_engine.adapters.email.address import read_address
from policy_engine.adapters.email.files import Files
from policy_engine.adapters.email.smtp import Answer
from policy_engine.execution.documents import Documents
from policy_engine.execution.job import Refused, Unanswered
from tests.adapters.email.support import ACTION, HEAD, MOMENT, facts, job


class Counter:
    """A server that takes everything, or raises what it is told to."""

    def __init__(self, error=None):
        self.letters = []
        self.error = error

    def send(self, letter):
        self.letters.append(letter)
        if self.error is not None:
            raise self.error
        return Answer("250 taken")


def adapter(server, documents=None, **more):
    documents = documents or Documents()
    files = Files(("invoices",), documents, 10)
    bounce_to = read_address("bounces@acme.example")
    return EmailAdapter("mail", server, HEAD, files, documents, bounce_to, clock=lambda: MOMENT, **more)


def test_the_envelope():
    server = Counter()
    receipt = adapter(server).deliver(job())
    (letter,) = server.letters
    assert (letter.key, letter.sender, letter.to) == (f"{ACTION}-1", "bounces@acme.example", "anna@dupont.example")
    assert receipt.details == {"message_id": f"<{ACTION}.1@acme.example>", "answer": "250 taken"}
    adapter(server, verp=True).deliver(job())
    assert server.letters[1].sender.startswith("bounces+h6na")
    assert server.letters[1].sender.endswith("-1@acme.example")
    assert server.letters[1].data == letter.data


@pytest.mark.parametrize("broken", [{"messages": {"email": {"to": {"email": "a@b.example"}}}, "action": {}}, {}])
def test_what_cannot_be_written_has_not_left(broken):
    server = Counter()
    with pytest.raises(Refused):
        adapter(server).deliver(job(broken))
    assert server.letters == []


def test_what_nobody_answers_is_said_as_it_is():
    with pytest.raises(Unanswered):
        adapter(Counter(Unanswered("?"))).deliver(job())


def test_each_invoice_is_attached_once_and_none_leads_out_of_the_folder(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "N-1.pdf").write_bytes(b"%PDF one")
    (tmp_path / "secret.pdf").write_bytes(b"secret")
    (tmp_path / "in" / "N-2.pdf").symlink_to(tmp_path / "secret.pdf")
    found = facts()
    found["action"]["demanded"] = [
        {"invoice": "F-1", "number": "N-1"}, {"invoice": "F-1", "number": "N-1"}, {"invoice": "F-2", "number": "N-2"},
    ]  # fmt: skip
    found["action"]["mentioned"] = [
        {"invoice": "F-3", "number": "../secret"},
        {"invoice": "F-4", "number": "x\r\n\x1b"},
    ]
    server = Counter()
    mail = adapter(server, Documents(tmp_path / "in"))
    receipt = mail.deliver(job(found))
    assert receipt.details["attached"] == "1"
    assert receipt.details["not_attached"] == "N-2: no file, ../secret: no file, x\\r\\n\\x1b: no file"
    assert b"secret" not in server.letters[0].data
    assert mail.notes() == ["e-mails without a file that was to be attached: 1 (their receipts name it)"]
    assert mail.notes() == []
