"""From the operator's file to an adapter: what can't work is said, secrets come from the environment."""

import pytest
import yaml
from jsonschema import Draft202012Validator

from policy_engine.adapters.email import KIND
from policy_engine.adapters.email.bounces import Folder, Mailbox
from policy_engine.execution.adapters import Adapters
from policy_engine.execution.job import Adapter, Checked, Returning, Wanting
from policy_engine.execution.kinds import SettingsError
from policy_engine.execution.operator_file import load_operator

BASE = "host: mail.acme.example, from: accounts@acme.example"


def built(tmp_path, settings=BASE, more="live: true", sender=""):
    path = tmp_path / "operator.yaml"
    text = f"operator: 1\n{more}\n{sender}\nadapters:\n  - name: mail\n    uses: email\n    channels: email\n"
    path.write_text(f"{text}    settings: {{{settings}}}\n", encoding="utf-8")
    file = load_operator(path)
    assert file.diagnostics == (), [one.render() for one in file.diagnostics]
    return Adapters(file.operator, tmp_path / "outbox").serving("email", None)


def test_the_least_settings(tmp_path):
    mail = built(tmp_path)
    for protocol in (Adapter, Checked, Returning, Wanting):
        assert isinstance(mail, protocol)
    access = mail._server.access
    assert (access.host, access.port, access.security, access.login) == ("mail.acme.example", 587, "starttls", None)
    assert (access.hello, access.timeout, access.answer_timeout) == ("acme.example", 30, 240)
    assert (mail.channels, mail.idempotent, mail.real, mail.wants) == ({"email"}, False, True, {"messages", "thread"})
    assert mail.returns() == []
    mail.noted([])
    mail.close()


def test_every_setting(tmp_path, monkeypatch):
    monkeypatch.setenv("SMTP_PASSWORD", "open sesame")
    monkeypatch.setenv("IMAP_PASSWORD", "open too")
    (tmp_path / "ca.pem").write_text("x", encoding="utf-8")
    mail = built(
        tmp_path,
        f"{BASE}, port: 2525, security: tls, ca_file: ca.pem, user: u, password: 'env:SMTP_PASSWORD', timeout: 5,"
        " answer_timeout: 6, messages_per_connection: 7, name: Accounts, reply_to: r@acme.example, cc: c@acme.example,"
        " bcc: [d@acme.example, e@acme.example], domain: Id.Acme.example, bounce_to: b@acme.example, verp: true,"
        " attach: [invoices, statement], attach_mb: 3, missing: refuse,"
        " bounces: {imap: {host: imap.acme.example, user: b, password: 'env:IMAP_PASSWORD'}}",
    )
    access = mail._server.access
    assert (access.port, access.security, access.login) == (2525, "tls", ("u", "open sesame"))
    assert (access.timeout, access.answer_timeout, access.messages_per_connection) == (5, 6, 7)
    assert access.ca_file == tmp_path / "ca.pem"
    assert mail.wants == {"messages", "thread", "statement"}
    assert isinstance(mail._bounces, Mailbox)
    assert mail._head.domain == "id.acme.example"


def test_the_letterhead_says_who_writes(tmp_path):
    mail = built(tmp_path, "host: mail.acme.example", sender="sender: {name: Acme SAS, email: a@acme.example}")
    assert (str(mail._head.sender), mail._head.name) == ("a@acme.example", "Acme SAS")


def test_a_folder_of_bounces_lies_beside_the_file(tmp_path):
    mail = built(tmp_path, f"{BASE}, bounces: {{folder: back}}")
    assert isinstance(mail._bounces, Folder)
    assert mail._bounces._path == tmp_path / "back"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("host: mail.acme.example", "say who writes: `from`, or `email` of the operator's `sender`"),
        (f"{BASE}, security: none", "`security: none` is for this machine"),
        (f"{BASE}, security: none, allow_plaintext: true, user: u, password: 'env:P'", "isn't sent unencrypted"),
        ("host: localhost, from: a@acme.example, security: none, user: u, password: 'env:P'", "isn't sent unencrypted"),
        (f"{BASE}, user: u", "`user` and `password` belong together"),
        (f"{BASE}, password: 'env:P'", "`user` and `password` belong together"),
        (f"{BASE}, user: u, password: 'env:DUNNING_UNSET'", "the environment variable `DUNNING_UNSET` isn't set"),
        (f"{BASE}, user: ü, password: 'env:P'", "user and password must be plain ASCII"),
        (f"{BASE}, ca_file: none.pem", "`ca_file` isn't there"),
        (f"{BASE}, verp: true", "what stands before the @ of `bounce_to` has 7 letters at most"),
        (f"{BASE}, bounce_to: b@-x.example", "`bounce_to` can't be used: its domain isn't one"),
        (
            f"{BASE}, bounces: {{imap: {{host: i.example, user: b, password: 'env:P', mailbox: 'a\"b'}}}}",
            "`mailbox` must be plain ASCII",
        ),
    ],
)
def test_settings_that_cannot_work(tmp_path, monkeypatch, settings, told):
    monkeypatch.setenv("P", "x")
    monkeypatch.delenv("DUNNING_UNSET", raising=False)
    with pytest.raises(SettingsError) as error:
        built(tmp_path, settings)
    assert str(error.value).startswith("the adapter `mail`: ")
    assert told in str(error.value)


def test_a_trial_needs_an_address(tmp_path):
    with pytest.raises(SettingsError, match="`redirect_to` can't be used: it is more than one e-mail address"):
        built(tmp_path, more="live: true\nredirect_to: 'a@acme.example, b@acme.example'")


@pytest.mark.parametrize(
    ("settings", "codes"),
    [
        ("from: a@acme.example", ["DUN102"]),
        ("host: 'a b', port: 0, timeout: 1000, attach_mb: '5', from: 'Anna <a@b.example>'", None),
        (f"{BASE}, bounces: {{}}", ["DUN114"]),
        (f"{BASE}, security: ssl", None),
        (f"{BASE}, cc: 'a@b.example\\r\\nBcc: c@d.example'", None),
        (f"{BASE}, attach: contract", None),
    ],
)
def test_mistakes_are_found_where_they_stand(tmp_path, settings, codes):
    path = tmp_path / "operator.yaml"
    path.write_text(
        f"operator: 1\nadapters:\n  - name: mail\n    uses: email\n    settings: {{{settings}}}\n", encoding="utf-8"
    )
    found = load_operator(path)
    assert found.operator is None
    assert {one.position.line for one in found.diagnostics} <= {3, 4, 5}
    if codes is not None:
        assert [one.code for one in found.diagnostics] == codes


def test_the_schema_takes_what_the_model_takes():
    schema = KIND.settings.model_json_schema()
    check = Draft202012Validator(schema)
    Draft202012Validator.check_schema(schema)
    assert list(check.iter_errors(yaml.safe_load(f"{{{BASE}, cc: a@b.example, attach: [invoices]}}"))) == []
    for text in ("{host: x, port: 0}", "{from: a@b.example}", "{host: x, attach: contract}", "{host: x, livee: 1}"):
        assert list(check.iter_errors(yaml.safe_load(text))) != []
