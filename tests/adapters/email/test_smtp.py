"""Real mail servers: what leaves, what is tried again, what is refused, what nobody knows."""

import socket
import time
from itertools import pairwise

import pytest

from policy_engine.adapters.email import smtp
from policy_engine.adapters.email.smtp import Access, Letter, Server, dotted
from policy_engine.execution.job import Broken, Refused, Retry, Unanswered
from tests.adapters.email.servers import (
    DATA,
    HELLO,
    MAIL,
    PASSWORD,
    QUIT,
    RCPT,
    USER,
    Authority,
    Inbox,
    Scripted,
    free_port,
    running,
)

BODY = b"Subject: x\r\n\r\n.hidden dot\r\n..two\r\nend\r\n"
LETTER = Letter("k-1", "bounces@acme.example", "anna@dupont.example", (), BODY)
BIG = Letter("k-1", "a@acme.example", "b@x.example", (), b"Subject: x\r\n\r\n" + (b"x" * 70 + b"\r\n") * 400_000)


def access(port, **more):
    return Access(**{"host": "127.0.0.1", "port": port, "security": "none", "timeout": 5, "answer_timeout": 5, **more})


def sent(server, letter=LETTER):
    try:
        return server.send(letter)
    finally:
        server.close()


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


def secured(secure, authority):
    """What server and client need for TLS from the beginning."""
    return (authority.context(), {"security": "tls", "ca_file": authority.pem}) if secure else (None, {})


def test_a_message_arrives_as_it_was_written():
    inbox = Inbox()
    with running(inbox) as port:
        answer = sent(Server(access(port, hello="acme.example")))
    (envelope,) = inbox.taken
    assert answer.text == "250 2.0.0 Ok: queued as 4F1A"
    assert (envelope.mail_from, envelope.rcpt_tos) == ("bounces@acme.example", ["anna@dupont.example"])
    assert envelope.content == BODY
    assert inbox.commands[0] == f"MAIL bounces@acme.example SIZE={len(BODY)}"


def test_starttls_and_login(authority):
    inbox = Inbox()
    with running(inbox, starttls=authority.context(), login=True) as port:
        server = Server(access(port, security="starttls", ca_file=authority.pem, login=(USER, PASSWORD)))
        assert server.check() == ([], 33554432)
        assert inbox.commands == []
        sent(server)
    assert len(inbox.taken) == 1


def test_the_dot_waits_for_no_receipt(authority):
    with running(Inbox(), starttls=authority.context()) as port:
        server = Server(access(port, security="starttls", ca_file=authority.pem))
        server.send(LETTER)
        assert server._smtp.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        server.close()


def test_tls_from_the_beginning(authority):
    inbox = Inbox()
    with running(inbox, tls=authority.context()) as port:
        sent(Server(access(port, security="tls", ca_file=authority.pem)))
    assert len(inbox.taken) == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("wrong", ["unknown authority", "another name"])
def test_a_certificate_that_is_not_trusted_ends_it(authority, tmp_path, security, wrong):
    inbox = Inbox()
    context = authority.context(*(["mail.evil.example"] if wrong == "another name" else []))
    with running(inbox, **{security: context}) as port:
        server = Server(access(port, security=security, ca_file=authority.pem if wrong == "another name" else None))
        with pytest.raises(Broken, match=r"the certificate of the mail server .* isn't trusted"):
            sent(server)
        faults, _ = server.check()
        assert "isn't trusted" in faults[0]
    assert (inbox.taken, inbox.commands) == ([], [])


def test_a_server_without_starttls_gets_neither_login_nor_message():
    inbox = Inbox()
    with running(inbox) as port, pytest.raises(Broken, match="offers no STARTTLS"):
        sent(Server(access(port, security="starttls", login=(USER, PASSWORD))))
    assert inbox.commands == []


def test_tls_where_the_server_speaks_plainly_names_the_settings():
    with running(Inbox()) as port, pytest.raises(Broken, match="`security` or `port` may be wrong"):
        sent(Server(access(port, security="tls")))


def test_a_wrong_password_is_tried_once_and_not_repeated():
    with Scripted((b"220 x\r\n", Scripted.READ, b"250-x\r\n250 AUTH PLAIN LOGIN CRAM-MD5\r\n", Scripted.READ,
                   b"535 5.7.8 no anna@dupont.example \x1b[31m\r\n", *QUIT)) as fake:  # fmt: skip
        server = Server(access(fake.port, login=(USER, "wrong")))
        with pytest.raises(Broken) as broken:
            sent(server)
    assert str(broken.value).endswith("refuses the login: 535 5.7.8 no <address> \\x1b[31m")
    assert "wrong" not in str(broken.value)
    assert fake.connections == 1


def test_a_login_refused_by_a_real_server(authority):
    with running(Inbox(), starttls=authority.context(), login=True) as port:
        server = Server(access(port, security="starttls", ca_file=authority.pem, login=(USER, "wrong")))
        with pytest.raises(Broken, match="refuses the login: 535"):
            sent(server)


def test_a_login_that_cannot_be_checked_now_is_tried_later():
    script = (b"220 x\r\n", Scripted.READ, b"250-x\r\n250 AUTH LOGIN\r\n", Scripted.READ, b"454 4.7.0 later\r\n")
    with Scripted(script) as fake, pytest.raises(Retry, match=r"can't check the login now: 454 4\.7\.0 later"):
        sent(Server(access(fake.port, login=(USER, PASSWORD))))


def test_a_server_without_a_known_login():
    script = (b"220 x\r\n", Scripted.READ, b"250-x\r\n250 AUTH GSSAPI\r\n")
    with Scripted(script) as fake, pytest.raises(Broken, match="offers no login"):
        sent(Server(access(fake.port, login=(USER, PASSWORD))))


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("450 4.2.0 Greylisted, please try again in 300 seconds", 300),
        ("451 4.7.1 Greylisting in action, please come back in 00:04:52", 292),
        ("450 try again in 5 min.", 300),
        ("450 4.7.1 try later", None),
        ("450 in 99999 hours", 6 * 3600),
    ],
)
def test_greylisting_is_tried_again_when_the_server_says(said, seconds):
    inbox = Inbox(rcpt=[said])
    with running(inbox) as port:
        server = Server(access(port))
        with pytest.raises(Retry, match="the recipient is refused: 45") as retry:
            server.send(LETTER)
        assert retry.value.seconds == seconds
        server.send(LETTER)
        server.close()
    assert len(inbox.taken) == 1


@pytest.mark.parametrize(
    ("stage", "said", "raised", "text"),
    [
        ("mail", "451 4.3.0 busy", Retry, "the sender is refused: 451 4.3.0 busy"),
        ("mail", "550 5.7.1 not you", Broken, "the sender is refused: 550 5.7.1 not you"),
        ("mail", "552 5.3.4 too big", Refused, "the sender is refused: 552 5.3.4 too big"),
        ("rcpt", "452 4.5.3 too many", Retry, "the recipient is refused: 452"),
        (
            "rcpt", "550 5.1.1 <anna@dupont.example>: Recipient address rejected", Refused,
            "the recipient is refused: 550 5.1.1 <address>: Recipient address rejected",
        ),
        ("data", "451 4.3.0 disk", Retry, "the message is refused: 451 4.3.0 disk"),
        ("data", "554 5.7.1 spam", Refused, "the message is refused: 554 5.7.1 spam"),
    ],
)  # fmt: skip
def test_refusals_at_each_stage_leave_the_connection_to_the_next_message(stage, said, raised, text):
    inbox = Inbox(**{stage: [said]})
    with running(inbox) as port:
        server = Server(access(port))
        with pytest.raises(raised) as found:
            server.send(LETTER)
        assert text in str(found.value)
        assert type(found.value) is raised
        assert server.send(LETTER).refused_copies == 0
        server.close()
    assert [one.rcpt_tos for one in inbox.taken] == [["anna@dupont.example"]]


def test_hostile_answers_are_one_short_line():
    said = b"550-first ::error::x\r\n550-\x1b[2J" + b"y" * 400 + b"\r\n550 last\r\n"
    script = (*HELLO, *MAIL, Scripted.READ, said, Scripted.READ, b"250 Ok\r\n", *QUIT)
    with Scripted(script) as fake, pytest.raises(Refused) as refused:
        sent(Server(access(fake.port)))
    text = str(refused.value)
    assert text.isprintable()
    assert "::error" not in text
    assert len(text) < 260


def test_a_copy_that_is_refused_keeps_nobody_from_it():
    with Scripted((*HELLO, *MAIL, *RCPT, Scripted.READ, b"550 no\r\n", *RCPT, *DATA, Scripted.BODY, b"250 taken\r\n",
                   *QUIT)) as fake:  # fmt: skip
        letter = Letter("k-1", "a@acme.example", "b@x.example", ("c@x.example", "d@x.example"), BODY)
        assert sent(Server(access(fake.port)), letter) == smtp.Answer("250 taken", 1)
    assert fake.bodies == [dotted(BODY)]


def test_nobody_listens_and_is_not_called_again_at_once(monkeypatch):
    server = Server(access(free_port()))
    with pytest.raises(Retry, match="can't be reached: Connection refused"):
        server.send(LETTER)
    monkeypatch.setattr(smtp.smtplib, "SMTP", None)  # a call would be seen
    with pytest.raises(Retry, match="Connection refused") as retry:
        server.send(LETTER)
    assert not retry.value.tried


def test_a_name_that_nobody_has():
    with pytest.raises(Retry, match=r"the mail server mail\.invalid:25 can't be reached"):
        Server(access(25, host="mail.invalid")).send(LETTER)


@pytest.mark.parametrize(
    "script",
    [
        (),
        (Scripted.RESET,),
        (b"220 x\r\n",),
        (b"554 no service\r\n",),
        (b"421 busy\r\n",),
        HELLO,
        (*HELLO, Scripted.READ),
        (*HELLO, Scripted.READ, b"421 closing\r\n"),
        (*HELLO, *MAIL),
        (*HELLO, *MAIL, Scripted.READ, b"421 closing\r\n"),
        (*HELLO, *MAIL, *RCPT),
        (*HELLO, *MAIL, *RCPT, Scripted.READ, b"421 closing\r\n"),
        (*HELLO, *MAIL, *RCPT, *DATA, Scripted.SOME, Scripted.RESET),
        (*HELLO, *MAIL, *RCPT, *DATA, Scripted.SOME, b"421 too much\r\n", Scripted.SLEEP),
        (*HELLO, *MAIL, *RCPT, *DATA, Scripted.BODY, b"421 closing\r\n"),
    ],
)
@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
def test_before_the_end_of_the_message_nothing_was_taken(script, secure, authority):
    """The body is larger than what the system holds for a connection, so the client sees that nobody reads it."""
    context, more = secured(secure, authority)
    with Scripted(script, context=context) as fake, pytest.raises(Retry) as retry:
        sent(Server(access(fake.port, **more)), BIG)
    assert str(retry.value)


def test_a_refusal_before_the_end_of_the_message_is_final_and_the_dot_is_not_sent():
    refusing = (Scripted.SOME, b"552 5.3.4 too big\r\n", Scripted.BODY)
    said = r"refused before its end: 552 5\.3\.4 too big"
    with Scripted((*HELLO, *MAIL, *RCPT, *DATA, *refusing)) as fake, pytest.raises(Refused, match=said):
        sent(Server(access(fake.port)), BIG)
    assert fake.bodies == []


@pytest.mark.parametrize(
    "script",
    [
        (*HELLO, *MAIL, *RCPT, *DATA, Scripted.BODY),
        (*HELLO, *MAIL, *RCPT, *DATA, Scripted.BODY, Scripted.RESET),
        (*HELLO, *MAIL, *RCPT, *DATA, Scripted.BODY, b"354 what\r\n"),
        (*HELLO, *MAIL, *RCPT, *DATA, Scripted.BODY, b"25"),
        (*HELLO, *MAIL, *RCPT, *DATA, Scripted.BODY, b"no number\r\n"),
    ],
)
@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
def test_after_the_end_of_the_message_only_an_answer_tells(script, secure, authority):
    context, more = secured(secure, authority)
    with Scripted(script, context=context) as fake, pytest.raises(Unanswered):
        sent(Server(access(fake.port, **more)))
    assert (fake.bodies, fake.connections) == ([dotted(BODY)], 1)


def test_a_slow_server_leaves_an_action_in_doubt_only_after_the_end():
    script = (*HELLO, *MAIL, *RCPT, *DATA, Scripted.BODY, Scripted.SLEEP)
    with Scripted(script) as fake, pytest.raises(Unanswered, match="it took too long"):
        sent(Server(access(fake.port, timeout=0.5, answer_timeout=0.5)))
    for script in ((Scripted.SLEEP,), (*HELLO, Scripted.SLEEP), (*HELLO, *MAIL, Scripted.SLEEP)):
        with Scripted(script) as fake:
            server = Server(access(fake.port, timeout=0.5))
            with pytest.raises(Retry):
                server.send(LETTER)
            with pytest.raises(Retry) as retry:
                server.send(LETTER)
            assert (retry.value.tried, fake.connections) == (False, 1)


def test_the_keyboard_interrupts_and_nothing_more_is_said(monkeypatch):
    inbox = Inbox()
    with running(inbox) as port:
        server = Server(access(port))
        server.send(LETTER)

        def interrupted(_):
            raise KeyboardInterrupt

        monkeypatch.setattr(server, "_nothing_said", interrupted)
        with pytest.raises(KeyboardInterrupt):
            server.send(LETTER)
        assert server._smtp is None
        server.close()
    assert len(inbox.taken) == 1


def test_one_connection_for_many_messages_up_to_the_limit():
    inbox = Inbox()
    with running(inbox) as port:
        server = Server(access(port, messages_per_connection=3))
        sessions = []
        for _ in range(7):
            server.send(LETTER)
            sessions.append(server._smtp)
        server.close()
    assert len(inbox.taken) == 7
    assert [first is not second for first, second in pairwise(sessions)].count(True) == 2


def test_a_connection_that_was_closed_meanwhile_is_opened_again():
    once = (*HELLO, *MAIL, *RCPT, *DATA, Scripted.BODY, b"250 taken\r\n")
    for end in ((), (Scripted.READ, b"421 too many\r\n")):
        with Scripted((*once, *end), (*once, *QUIT)) as fake:
            server = Server(access(fake.port))
            server.send(LETTER)
            time.sleep(0.05)
            server.send(LETTER)
            server.close()
        assert (len(fake.bodies), fake.connections) == (2, 2)


def test_a_message_beyond_the_servers_limit_is_not_begun():
    inbox = Inbox()
    with running(inbox, data_size_limit=1000) as port:
        server = Server(access(port))
        big = Letter("k-1", "a@acme.example", "b@x.example", (), b"x" * 1001)
        with pytest.raises(Refused, match="has 1001 octets, the mail server takes 1000: lower `attach_mb`"):
            server.send(big)
        server.send(LETTER)
        server.close()
    assert len(inbox.commands) == 2


def test_addresses_beyond_ascii_need_a_server_that_knows_them():
    letter = Letter("k-1", "a@acme.example", "hélène@x.example", (), "To: hélène@x.example\r\n\r\n".encode(), utf8=True)
    inbox = Inbox(hide=["SMTPUTF8"])
    with running(inbox) as port, pytest.raises(Refused, match="SMTPUTF8"):
        sent(Server(access(port)), letter)
    assert inbox.commands == []
    inbox = Inbox()
    with running(inbox, enable_SMTPUTF8=True) as port:
        sent(Server(access(port)), letter)
    (envelope,) = inbox.taken
    assert envelope.rcpt_tos == ["hélène@x.example"]
    assert {"SMTPUTF8", "BODY=8BITMIME"} <= set(envelope.mail_options)


def test_a_server_that_knows_delivery_reports_is_told_the_key():
    lines = []

    class Noting(Scripted):
        def _follow(self, connection, script):
            stream = connection.makefile("rb")
            with stream:
                for step in script:
                    if isinstance(step, bytes):
                        connection.sendall(step)
                    elif step == self.READ:
                        lines.append(stream.readline().strip())
                    else:
                        assert self._body(stream)

    hello = (b"220 x\r\n", Scripted.READ, b"250-x\r\n250-8BITMIME\r\n250 DSN\r\n")
    with Noting((*hello, *MAIL, *RCPT, *DATA, Scripted.BODY, b"250 taken\r\n", *QUIT)) as fake:
        sent(Server(access(fake.port)))
    assert lines[1:3] == [
        b"mail FROM:<bounces@acme.example> RET=HDRS ENVID=k-1",
        b"rcpt TO:<anna@dupont.example> NOTIFY=FAILURE,DELAY",
    ]


def test_an_old_server_that_knows_no_ehlo():
    hello = (b"220 x\r\n", Scripted.READ, b"502 what\r\n", Scripted.READ, b"250 x\r\n")
    with Scripted((*hello, *MAIL, *RCPT, *DATA, Scripted.BODY, b"250 taken\r\n", *QUIT)) as fake:
        assert sent(Server(access(fake.port))).text == "250 taken"


def test_a_ca_file_that_holds_none(tmp_path):
    (tmp_path / "ca.pem").write_text("nothing", encoding="utf-8")
    with pytest.raises(Broken, match="`ca_file` can't be read"):
        Server(access(25, security="tls", ca_file=tmp_path / "ca.pem")).send(LETTER)
