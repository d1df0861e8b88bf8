"""What stands in an e-mail, read back with the standard library; hostile texts make no header and no recipient."""

import json
from dataclasses import replace
from email.header import decode_header, make_header

import pytest

from policy_engine.adapters.email.address import read_address
from policy_engine.adapters.email.message import Attachment, write_mail
from policy_engine.adapters.email.mime import file_part, header
from policy_engine.execution.job import Refused
from tests.adapters.email.support import ACTION, HEAD, MOMENT, PAGE, facts, job, read
from tests.hostile.corpus import CORPUS, NAMES, unseen

USUAL = [
    "Date", "From", "To", "Subject", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress", "Content-Language",
    "MIME-Version", "Content-Type",
]  # fmt: skip


def parts(message):
    return [part.get_content_type() for part in message.walk()]


def shown(part):
    return part.get_content().replace("\r\n", "\n")


def test_the_usual_message():
    mail = write_mail(job(), HEAD, MOMENT)
    message = read(mail.data)
    assert message.keys() == USUAL
    assert message["Date"] == "Mon, 01 Jun 2026 08:30:00 +0000"
    assert message["From"] == "Acme SAS <accounts@acme.example>"
    assert message["To"] == "Anna Roux <anna@dupont.example>"
    assert message["Subject"] == "Invoice N-1: a reminder"
    assert message["Message-ID"] == f"<{ACTION}.1@acme.example>" == mail.message_id
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert message["Content-Language"] == "en"
    assert parts(message) == ["multipart/alternative", "text/plain", "text/html"]
    text, page = message.iter_parts()
    assert shown(text) == "Dear Anna,\n\nplease pay 100.00 € for N-1.\n"
    assert shown(page) == PAGE
    assert {part["Content-Transfer-Encoding"] for part in (text, page)} == {"quoted-printable"}
    assert (str(mail.to), mail.copies, mail.utf8) == ("anna@dupont.example", (), False)


def test_equal_jobs_make_equal_bytes_and_other_attempts_other_boundaries():
    first, again = write_mail(job(), HEAD, MOMENT), write_mail(job(), HEAD, MOMENT)
    assert first == again
    other = write_mail(job(key=f"{ACTION}-2", attempt=2), HEAD, MOMENT)
    assert read(first.data).get_boundary() != read(other.data).get_boundary()
    assert other.message_id == f"<{ACTION}.2@acme.example>"


def test_copies_answers_and_the_thread():
    head = replace(
        HEAD, cc=(read_address("a@acme.example"), read_address("b@acme.example")),
        bcc=(read_address("archive@acme.example"),), reply_to=read_address("answers@acme.example"),
    )  # fmt: skip
    earlier = [f"<{number:064x}.1@acme.example>" for number in range(14)]
    own = f"<{ACTION}.1@acme.example>"
    mail = write_mail(
        job({**facts(), "thread": [*earlier, own, "<a@b>\r\nBcc: x@evil.example", "no id"]}), head, MOMENT
    )
    message = read(mail.data)
    assert message["Cc"] == "a@acme.example, b@acme.example"
    assert message["Reply-To"] == "answers@acme.example"
    assert "Bcc" not in message
    assert b"archive" not in mail.data
    assert [str(one) for one in mail.copies] == ["a@acme.example", "b@acme.example", "archive@acme.example"]
    assert message["In-Reply-To"] == earlier[-1]
    assert message["References"].split() == [earlier[0], *earlier[5:]]


def test_a_trial_names_the_true_recipient_and_nobody_else_gets_it():
    head = replace(HEAD, cc=(read_address("a@acme.example"),), bcc=(read_address("b@acme.example"),))
    mail = write_mail(job(facts(language="fr"), redirect_to="trial@acme.example"), head, MOMENT)
    message = read(mail.data)
    assert (str(mail.to), mail.copies) == ("trial@acme.example", ())
    assert message["To"] == "Anna Roux <trial@acme.example>"
    assert message["Subject"] == "[ESSAI : Dupont SARL] Invoice N-1: a reminder"
    assert "Cc" not in message
    line = "ESSAI : ce message était destiné à Anna Roux, Dupont SARL, anna@dupont.example"
    text, page = message.iter_parts()
    assert shown(text).splitlines()[0] == line
    assert f'<body>\n<p class="b">{line}</p>\n' in shown(page)


def test_a_trial_reaches_nobody_even_when_the_customer_has_no_address():
    mail = write_mail(job(facts(to={"email": None}), redirect_to="trial@acme.example"), HEAD, MOMENT)
    assert str(mail.to) == "trial@acme.example"


def test_attachments():
    data = bytes(range(256)) * 20
    mail = write_mail(job(), HEAD, MOMENT, [Attachment("N-1.pdf", data), Attachment("statement-C-1.pdf", b"")])
    message = read(mail.data)
    assert parts(message) == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "application/pdf", "application/pdf",
    ]  # fmt: skip
    first, second = message.iter_attachments()
    assert (first.get_filename(), first.get_content()) == ("N-1.pdf", data)
    assert (second.get_filename(), second.get_content()) == ("statement-C-1.pdf", b"")


def test_files_say_what_they_are():
    files = [Attachment(name, b"x") for name in ("a.PDF", "b.xml", "c.zip", "d.exe", f"{'n' * 290}.pdf")]
    message = read(write_mail(job(), HEAD, MOMENT, files).data)
    kinds = [part.get_content_type().partition("/")[2] for part in message.iter_attachments()]
    assert kinds == ["pdf", "xml", "zip", "octet-stream", "pdf"]


@pytest.mark.parametrize("name", ["a\r\nX: y.pdf", 'a".pdf', "é.pdf", "a b.pdf", "", "../x.pdf"])
def test_names_of_attachments_are_plain(name):
    with pytest.raises(ValueError, match="name of an attachment"):
        file_part(name, b"")


@pytest.mark.parametrize(
    "text",
    [
        "one line without an end",
        "x" * 5000,
        "é" * 5000,
        ".\n..\n.\n",
        "trailing blanks  \t\nFrom here\n",
        "old\rmac\r\nand dos\n",
        "=_ =20 =\n",
        "",
    ],
)
def test_texts_come_back_as_they_were(text):
    mail = write_mail(job(facts(text=text)), HEAD, MOMENT)
    plain = read(mail.data).get_body(("plain",)).get_payload(decode=True).decode()
    assert plain.removesuffix("\r\n").replace("\r\n", "\n") in (
        text.replace("\r\n", "\n").replace("\r", "\n"),
        text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n"),
    )


@pytest.mark.parametrize("name", NAMES)
def test_hostile_texts_are_values_and_nothing_else(name):
    hostile = next(one.text for one in CORPUS if one.name == name)
    found = facts(subject=hostile, text=hostile, html=f"<body>\n{hostile}", to={"company": hostile, "person": hostile})
    for redirect_to in (None, "trial@acme.example"):
        mail = write_mail(job(found, redirect_to=redirect_to), replace(HEAD, name=hostile), MOMENT)
        message = read(mail.data)
        assert message.keys() == USUAL
        (to,) = message["To"].addresses
        (sender,) = message["From"].addresses
        assert to.addr_spec == (redirect_to or "anna@dupont.example")
        assert sender.addr_spec == "accounts@acme.example"
        assert parts(message) == ["multipart/alternative", "text/plain", "text/html"]
        for value in (message["Subject"], to.display_name, sender.display_name):
            assert unseen(value) <= {"\u200d"} - {"\u200d"}
            assert "\n" not in value


INJECTIONS = [
    "anna@dupont.example\r\nBcc: x@evil.example",
    "anna@dupont.example, x@evil.example",
    "anna@dupont.example;x@evil.example",
    "anna@dupont.example x@evil.example",
    "Anna <anna@dupont.example>",
    "<anna@dupont.example>",
    "anna@dupont.example>\r\nRCPT TO:<x@evil.example",
    "anna@dupont.example\0",
    "anna\u2028@dupont.example",
    "anna@dupont.example\n",
    '"a b"@dupont.example',
    "a@b@dupont.example",
    "anna@[192.0.2.1]",
    "anna@192.0.2.1",
    "anna@-dupont.example",
    "anna@dupont..example",
    ".anna@dupont.example",
    "anna@",
    "@dupont.example",
    "anna",
    "x" * 65 + "@dupont.example",
    "anna@" + "x" * 64 + ".example",
    "anna@" + "x.example." * 30 + "example",
    "anna@stra\u00dfe.example",
    "anna\ud83d@dupont.example",
]


@pytest.mark.parametrize("text", INJECTIONS)
def test_what_is_no_single_address_is_refused_and_not_repeated(text):
    with pytest.raises(Refused) as refused:
        write_mail(job(facts(to={"email": text})), HEAD, MOMENT)
    assert "@d" not in str(refused.value)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize(
    ("text", "shown", "utf8"),
    [
        ("anna@dupont.example", "anna@dupont.example", False),
        ("Anna.Roux+x@Dupont.Example", "Anna.Roux+x@dupont.example", False),
        ("anna@café.example", "anna@xn--caf-dma.example", False),
        ("hélène@café.example", "hélène@xn--caf-dma.example", True),
        ("a@b", "a@b", False),
    ],
)
def test_addresses(text, shown, utf8):
    found = read_address(text)
    assert (str(found), found.utf8) == (shown, utf8)


def test_an_address_beyond_ascii_stands_in_the_header_as_it_is():
    mail = write_mail(job(facts(to={"email": "hélène@café.example"})), HEAD, MOMENT)
    assert mail.utf8
    assert "<hélène@xn--caf-dma.example>".encode() in mail.data


@pytest.mark.parametrize("found", [{}, {"messages": {}}, {"messages": {"email": {"subject": "x"}}}])
def test_a_message_that_was_not_written_is_refused(found):
    with pytest.raises(Refused, match="wasn't written"):
        write_mail(job(found), HEAD, MOMENT)


def test_nobody_to_write_to():
    with pytest.raises(Refused, match="no e-mail address of the customer is known"):
        write_mail(job(facts(to={"email": None})), HEAD, MOMENT)


@pytest.mark.parametrize("value", ["a\r\nBcc: x", "a\nb", "a\rb", "a\0b", "a\r\n\r\n b"])
def test_no_value_opens_a_header(value):
    with pytest.raises(ValueError, match="line break"):
        header("X", value)


def test_long_names_and_subjects_are_folded():
    subject = "Relance : " + "très " * 25 + "tard"
    mail = write_mail(job(facts(subject=subject, to={"company": "É" * 300, "person": None})), HEAD, MOMENT)
    message = read(mail.data)
    assert message["Subject"] == subject
    to = mail.data.split(b"\r\nTo: ")[1].split(b"\r\n <")[0].decode()  # the new parser puts blanks between words
    assert str(make_header(decode_header(to))) == "É" * 100
    head = mail.data.split(b"\r\n\r\n", 1)[0]
    assert {line[:11] for line in head.split(b"\r\n") if len(line) > 76} == {b"Message-ID:"}


def test_facts_survive_the_ledger():
    again = json.loads(json.dumps(facts()))
    assert write_mail(job(again), HEAD, MOMENT).data == write_mail(job(), HEAD, MOMENT).data
