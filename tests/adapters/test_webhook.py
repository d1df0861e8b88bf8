"""Webhooks against a real receiver that verifies signatures, dedupes, and fails on purpose."""

import gzip
import json
import socket
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import jsonschema
import pytest
import trustme

from policy_engine.adapters.document import json_bytes
from policy_engine.adapters.http.answers import LONGEST_WAIT, retry_after
from policy_engine.adapters.http.endpoint import MOST, UNREACHABLE
from policy_engine.adapters.webhook import KIND, WebhookAdapter
from policy_engine.adapters.webhook_document import document_of, webhook_schema
from policy_engine.execution.job import Adapter, Broken, Checked, Job, Receipt, Refused, Retry, Unanswered
from policy_engine.execution.kinds import SettingsError
from tests.adapters.receiver import (
    LOCAL,
    OTHER,
    SECRET,
    Receiver,
    adapter_of,
    dies,
    endless,
    local,
    raw,
    says,
    serving,
)
from tests.execution.support import House
from tests.hostile.corpus import CORPUS, NAMES, assert_inert_json


@pytest.fixture(autouse=True)
def secrets(monkeypatch):
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    monkeypatch.setenv("HOOK_OTHER", OTHER)
    monkeypatch.setenv("HOOK_TOKEN", "Bearer open-sesame")


@pytest.fixture
def receiver():
    with serving(Receiver()) as found:
        yield found


@pytest.fixture
def job(tmp_path):
    folder = tmp_path / "house"
    folder.mkdir()
    house = House(folder, customers=1)
    ledger = house.ledger()
    house.take_in(ledger)
    with ledger.reading() as connection:
        facts = ledger.facts(connection, [1])[1]
    action = house.plan.actions[0]
    return Job(f"{action.id}-1", action.id, 1, "email", (), action.customer, facts)


@pytest.fixture
def deliver(tmp_path, receiver, job):
    """Delivers the job to the receiver, with an adapter of its own unless told which."""
    made = []

    def call(adapter=None, work=job, **settings):
        if adapter is None:
            adapter = adapter_of(tmp_path, local(receiver, **settings))
            made.append(adapter)
        return adapter.deliver(work)

    yield call
    for adapter in made:
        adapter.close()


# what is sent


def test_it_is_an_adapter(tmp_path, receiver):
    adapter = adapter_of(tmp_path, local(receiver))
    assert isinstance(adapter, Adapter)
    assert isinstance(adapter, Checked)
    assert (adapter.real, adapter.idempotent, adapter.name) == (True, True, "hook")


def test_a_signed_document_arrives(deliver, receiver, job):
    receipt = deliver(authorization="env:HOOK_TOKEN", headers={"X-Tenant": "acme", "X-Key": "env:HOOK_OTHER"})
    assert receipt == Receipt({"status": "200", "id": "r-1"})
    (seen,) = receiver.seen
    assert seen.path == "/dunning"
    assert seen.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert seen.headers["content-type"] == "application/json"
    assert (seen.headers["webhook-id"], seen.headers["idempotency-key"]) == (job.key, job.key)
    assert (seen.headers["authorization"], seen.headers["x-tenant"], seen.headers["x-key"]) == (
        "Bearer open-sesame", "acme", OTHER,
    )  # fmt: skip
    document = receiver.documents[job.key]
    jsonschema.Draft202012Validator(webhook_schema()).validate(document)
    assert {name: document[name] for name in ("dunning_webhook", "type", "timestamp", "trial", "redirected_to")} == {
        "dunning_webhook": 1, "type": "dunning.action", "timestamp": "2026-06-01T00:00:00Z", "trial": False,
        "redirected_to": None,
    }  # fmt: skip
    data = document["data"]
    assert (data["action"]["step"], data["action"]["total"], data["action"]["currency"]) == (
        "reminder",
        "100.00",
        "EUR",
    )
    assert data["customer"]["id"] == "C-1"
    assert [(one["number"], one["role"], one["outstanding"]) for one in data["invoices"]] == [
        ("N-1", "demanded", "100.00")
    ]
    assert data["contacts"] == []


def test_contacts_are_named_when_the_operator_says_so(deliver, receiver, job):
    deliver(contacts=True)
    assert [one["email"] for one in receiver.documents[job.key]["data"]["contacts"]] == ["c1@x.example"]


def test_no_more_of_an_account_than_its_last_four(job):
    job.facts["payee"] = {"name": "Acme SAS", "iban": "FR1420041010050500013M02606", "bic": "PSSTFRPPPAR"}
    job.facts["messages"] = {
        "email": {"subject": "s", "text": "t", "html": "<p>t</p>", "letter": {"iban": "FR1420041010050500013M02606"}}
    }
    text = json_bytes(document_of(job, contacts=True)).decode()
    assert "FR14" not in text
    assert "500013M" not in text
    data = json.loads(text)["data"]
    assert data["payee"] == {"name": "Acme SAS", "account_ends": "2606"}
    assert data["messages"] == {"email": {"subject": "s", "text": "t", "html": "<p>t</p>"}}


def test_a_trial_says_so_has_a_key_of_its_own_and_no_contacts(deliver, receiver, job):
    trial = Job(**{**{name: getattr(job, name) for name in Job.__slots__}, "redirect_to": "trial@acme.example"})
    deliver(work=trial, contacts=True)
    document = receiver.documents[f"trial-{job.key}"]
    assert (document["type"], document["trial"], document["redirected_to"]) == (
        "dunning.trial", True, "trial@acme.example",
    )  # fmt: skip
    assert document["data"]["contacts"] == []
    deliver()
    assert receiver.effects == [f"trial-{job.key}", job.key]  # what was tried isn't taken for done


def test_the_same_bytes_at_every_try(deliver, receiver):
    receiver.script = [says(503, ("Retry-After", "0")), dies(effect=True)]
    for expected in (Retry, Unanswered):
        with pytest.raises(expected):
            deliver()
    deliver()
    assert len({seen.body for seen in receiver.seen}) == 1
    assert len({seen.headers["webhook-id"] for seen in receiver.seen}) == 1


@pytest.mark.parametrize("hostile", CORPUS, ids=NAMES)
def test_hostile_texts_are_inert_and_arrive_as_they_are(deliver, receiver, job, hostile):
    job.facts["customer"]["name"] = hostile.text
    job.facts["action"]["demanded"][0]["number"] = hostile.text
    job.facts["messages"] = {"email": {"subject": hostile.text, "text": hostile.text, "html": hostile.text}}
    deliver()
    (seen,) = receiver.seen
    assert_inert_json(seen.body.decode())
    data = receiver.documents[job.key]["data"]
    assert data["customer"]["name"] == hostile.text
    assert data["messages"]["email"]["subject"] == hostile.text


def test_purged_facts_are_refused(deliver, job):
    with pytest.raises(Refused, match="aren't known any more"):
        deliver(work=Job(job.key, job.action, 1, "email", (), "C-1", {}))


# signatures


def test_a_wrong_secret_is_turned_away(deliver, receiver):
    receiver.secrets = (OTHER,)
    with pytest.raises(Broken, match=r"answered 401 \(not authorised\)"):
        deliver()
    assert receiver.effects == []


def test_secrets_can_be_changed(deliver, receiver):
    for known in (SECRET, OTHER):
        receiver.secrets = (known,)
        deliver(secrets=["env:HOOK_OTHER", "env:HOOK_SECRET"])
    assert len(receiver.effects) == 1


def test_a_repeated_id_is_done_once(deliver, receiver, job):
    assert deliver().details["status"] == "200"
    assert deliver().details["status"] == "200"
    assert (len(receiver.seen), receiver.effects) == (2, [job.key])


# answers


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, None), (201, None), (202, None), (204, None),
        (301, Broken), (302, Broken), (303, Broken), (307, Broken), (308, Broken), (304, Broken),
        (400, Refused), (401, Broken), (403, Broken), (404, Broken), (405, Broken), (408, Retry), (409, Refused),
        (410, Broken), (413, Refused), (418, Refused), (422, Refused), (425, Retry), (429, Retry),
        (500, Unanswered), (501, Unanswered), (502, Unanswered), (503, Retry), (504, Unanswered), (599, Unanswered),
    ],
)  # fmt: skip
def test_what_an_answer_means(deliver, receiver, status, expected):
    receiver.script = [says(status, ("Location", "http://169.254.169.254/"))]
    if expected is None:
        assert deliver().details == {"status": str(status)}
        return
    with pytest.raises(expected, match=f"answered {status}"):
        deliver()
    assert len(receiver.seen) == 1


def test_no_redirect_is_followed(deliver, receiver):
    with serving(Receiver()) as inside:
        receiver.script = [says(307, ("Location", f"http://127.0.0.1:{inside.port}/"))]
        with pytest.raises(Broken, match="a redirect: it isn't followed"):
            deliver()
        assert inside.connections == 0


def test_retry_after_in_seconds_and_as_a_date(deliver, receiver):
    on = datetime.now(UTC) + timedelta(seconds=900)
    receiver.script = [says(429, ("Retry-After", "75")), says(503, ("Retry-After", format_datetime(on, usegmt=True)))]
    with pytest.raises(Retry) as error:
        deliver()
    assert error.value.seconds == 75
    with pytest.raises(Retry) as error:
        deliver()
    assert 850 < error.value.seconds <= 900


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0), ("120", 120), (" 7 ", 7), ("99999999999999999999999", LONGEST_WAIT), ("-5", None), ("1.5", None),
        ("", None), ("soon", None), ("\u0661\u0662", None), ("Sun, 22 Nov 2026 12:01:00 GMT", 60),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0), ("Sunday, 22-Nov-26 12:01:00 GMT", 60),
        ("Sun Nov 22 12:01:00 2026", 60), ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_WAIT),
        ("Sun, 99 Nov 2026 12:01:00 GMT", None),
    ],
)  # fmt: skip
def test_what_retry_after_says(text, seconds):
    assert retry_after(text, datetime(2026, 11, 22, 12, 0, tzinfo=UTC)) == seconds


def test_a_pause_holds_for_all_and_counts_for_no_try(tmp_path, deliver, receiver):
    adapter = adapter_of(tmp_path, local(receiver))
    receiver.script = [says(429, ("Retry-After", "600"))]
    with pytest.raises(Retry) as first:
        deliver(adapter)
    with pytest.raises(Retry, match="asked for a pause") as second:
        deliver(adapter)
    assert (first.value.tried, second.value.tried, len(receiver.seen)) == (True, False, 1)
    assert 500 < second.value.seconds <= 600
    adapter.close()


def test_a_short_pause_is_waited_for(tmp_path, deliver, receiver):
    adapter = adapter_of(tmp_path, local(receiver))
    receiver.script = [says(429, ("Retry-After", "2"))]
    with pytest.raises(Retry):
        deliver(adapter)
    began = time.monotonic()
    assert deliver(adapter).details["status"] == "200"
    assert time.monotonic() - began > 0.5
    adapter.close()


def test_500_then_200(deliver, receiver, job):
    receiver.script = [says(500, effect=True)]
    with pytest.raises(Unanswered):
        deliver()
    assert deliver().details == {"status": "200", "id": "r-2"}
    assert receiver.effects == [job.key]


@pytest.mark.parametrize(
    ("headers", "body", "ident"),
    [
        ([], b'{"id": "evt_1"}', "evt_1"),
        ([("X-Request-Id", "a-b")], b"", "a-b"),
        ([("X-Request-Id", "a-b")], b'{"id": 5}', "a-b"),
        ([("X-Request-Id", "a" * 101)], b'{"id": "=cmd()"}', None),
        ([], b'{"id": "\\u001b[31m"}', None),
        ([], b'{"id"', None),
        ([], b"[" * 60_000, None),
        ([], b'{"a":' * 12_000, None),
        ([], b"<html>", None),
    ],
)
def test_a_short_id_is_kept_and_nothing_else(deliver, receiver, headers, body, ident):
    receiver.script = [says(200, *headers, body=body)]
    assert deliver().details.get("id") == ident


# what goes wrong on the way


def test_slow_headers_end_in_time(deliver, receiver):
    receiver.script = [raw(b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 400, effect=True, drip=0.05)]
    began = time.monotonic()
    with pytest.raises(Unanswered, match="no answer"):
        deliver(timeout=1)
    assert 0.9 < time.monotonic() - began < 12


def test_interim_answers_without_an_end_end_in_time(deliver, receiver):
    receiver.script = [raw(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 200, drip=0.005)]
    began = time.monotonic()
    with pytest.raises(Unanswered):
        deliver(timeout=1)
    assert time.monotonic() - began < 12


def test_an_endless_body_is_left_alone(deliver, receiver):
    receiver.script = [endless]
    assert deliver().details == {"status": "200"}


def test_a_dripping_body_ends_in_time(deliver, receiver):
    receiver.script = [raw(b"x" * 400, effect=True, drip=0.05, head=b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")]
    began = time.monotonic()
    assert deliver(timeout=2).details == {"status": "200"}
    assert time.monotonic() - began < 12


@pytest.mark.parametrize("effect", [False, True], ids=["before", "after"])
def test_a_connection_that_ends_without_an_answer(deliver, receiver, job, effect):
    receiver.script = [dies(effect=effect)]
    with pytest.raises(Unanswered, match="no answer"):
        deliver()
    assert receiver.effects == ([job.key] if effect else [])
    deliver()
    assert receiver.effects == [job.key]


def test_a_bomb_is_not_unpacked(deliver, receiver):
    bomb = gzip.compress(b'{"id": "' + b"a" * 50_000_000)
    assert len(bomb) < MOST
    receiver.script = [says(200, ("Content-Encoding", "gzip"), body=bomb)]
    assert deliver().details == {"status": "200"}
    assert receiver.seen[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\ngarbage\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort",
    ],
    ids=["chunks", "sizes", "short"],
)
def test_a_broken_body_after_a_good_status_is_delivered(deliver, receiver, data):
    receiver.script = [raw(data, effect=True)]
    assert deliver().details == {"status": "200"}


@pytest.mark.parametrize(
    "data",
    [b"garbage\r\n\r\n", b"HTTP/1.1 abc OK\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: " + b"a" * 200_000, b"\x16\x03\x01"],
    ids=["garbage", "status", "headers", "tls"],
)
def test_an_answer_that_is_none(deliver, receiver, data):
    receiver.script = [raw(data)]
    with pytest.raises(Unanswered, match="no answer"):
        deliver()


def closed_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def test_nobody_there_is_tried_later_and_the_run_asks_no_more(tmp_path, job):
    adapter = adapter_of(tmp_path, local(Receiver(port=closed_port())))
    for _ in range(UNREACHABLE):
        with pytest.raises(Retry, match="can't be reached") as error:
            adapter.deliver(job)
        assert error.value.tried
    with pytest.raises(Retry, match="not asked, as 3 others had no answer") as error:
        adapter.deliver(job)
    assert not error.value.tried


def test_connections_are_kept_where_repeating_is_safe(tmp_path, deliver, receiver):
    for idempotent, connections in ((True, 1), (False, 3)):
        receiver.connections = 0
        adapter = adapter_of(tmp_path, local(receiver, idempotent=idempotent))
        for _ in range(3):
            deliver(adapter)
        adapter.close()
        assert receiver.connections == connections


def test_a_receiver_that_cannot_dedupe(tmp_path, receiver):
    assert not adapter_of(tmp_path, local(receiver, idempotent=False)).idempotent


def test_the_environment_has_no_say(deliver, receiver, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")
    assert deliver().details["status"] == "200"


# addresses and certificates


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def secure(tmp_path, authority):
    """Settings for a receiver with TLS under a name, and the certificate's authority as a file."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")

    def settings(receiver, host="localhost", **more):
        return {
            "url": f"https://{host}:{receiver.port}/", "secrets": "env:HOOK_SECRET", "ca_file": "ca.pem",
            "allow_private": LOCAL, "timeout": 20, **more,
        }  # fmt: skip

    return settings


def tls(authority, *names):
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


def test_tls_with_an_authority_of_ones_own(tmp_path, authority, secure, job):
    with serving(Receiver(), context=tls(authority, "localhost")) as receiver:
        adapter = adapter_of(tmp_path, secure(receiver))
        assert adapter.check() == []
        assert receiver.seen == []
        assert adapter.deliver(job).details["status"] == "200"
        assert receiver.seen[0].headers["host"] == f"localhost:{receiver.port}"
        adapter.close()


def test_a_certificate_for_another_name(tmp_path, authority, secure, job):
    with serving(Receiver(), context=tls(authority, "other.example")) as receiver:
        adapter = adapter_of(tmp_path, secure(receiver))
        with pytest.raises(Broken, match="certificate isn't accepted: Hostname mismatch"):
            adapter.deliver(job)
        assert receiver.seen == []
        assert adapter.check()[0].startswith("the receiver's certificate isn't accepted: Hostname mismatch")


def test_a_certificate_of_somebody_else(tmp_path, authority, secure, job):
    with serving(Receiver(), context=tls(trustme.CA(), "localhost")) as receiver:
        with pytest.raises(Broken, match="certificate isn't accepted"):
            adapter_of(tmp_path, secure(receiver)).deliver(job)
        settings = secure(receiver)
        del settings["ca_file"]
        with pytest.raises(Broken, match="certificate isn't accepted"):
            adapter_of(tmp_path, settings).deliver(job)
        assert receiver.seen == []


def test_ipv6(tmp_path, authority, secure, job):
    with serving(Receiver(), context=tls(authority, "::1"), address="::1") as receiver:
        adapter = adapter_of(tmp_path, secure(receiver, host="[::1]"))
        assert adapter.deliver(job).details["status"] == "200"
        assert receiver.seen[0].headers["host"] == f"[::1]:{receiver.port}"
        adapter.close()


def test_private_addresses_are_refused_by_default(tmp_path, authority, secure, job):
    with serving(Receiver(), context=tls(authority, "localhost")) as receiver:
        adapter = adapter_of(tmp_path, secure(receiver, allow_private=[]))
        with pytest.raises(Broken, match=r"isn't permitted: 127\.0\.0\.1 is of this host itself"):
            adapter.deliver(job)
        assert receiver.connections == 0
        assert "isn't permitted" in adapter.check()[0]
        with pytest.raises(SettingsError, match="`url` is an address of this host itself"):
            adapter_of(tmp_path, secure(receiver, host="127.0.0.1", allow_private=[]))


def answers_with(monkeypatch, *turns):
    """The system's resolver says these addresses, each turn once, the last for ever; how often it was asked."""
    asked = []

    def resolver(host, port, *_, **__):
        asked.append(host)
        found = turns[min(len(asked), len(turns)) - 1]
        return [
            (socket.AF_INET6 if ":" in text else socket.AF_INET, socket.SOCK_STREAM, 6, "", (text, port))
            for text in found
        ]

    monkeypatch.setattr("policy_engine.adapters.http.network.socket.getaddrinfo", resolver)
    return asked


def connecting_here(monkeypatch, reached, says=None):
    """Connections arrive at this host, as if it were the address that they were made to, or another."""
    import httpcore2

    class Stream(httpcore2.NetworkStream):
        def __init__(self, stream, place):
            self.stream, self.place = stream, place

        def __getattribute__(self, name):
            if name in ("read", "write", "close", "start_tls"):
                return getattr(object.__getattribute__(self, "stream"), name)
            return object.__getattribute__(self, name)

        def get_extra_info(self, info):
            return self.place if info == "server_addr" else self.stream.get_extra_info(info)

    def connect_tcp(self, host, port, *_):
        reached.append(host)
        found = socket.socket()
        found.settimeout(20)
        found.connect(("127.0.0.1", port))
        return Stream(SyncStream(found), (says or host, port))

    from httpcore2._backends.sync import SyncStream

    monkeypatch.setattr(httpcore2.SyncBackend, "connect_tcp", connect_tcp)


def test_a_name_that_changes_between_check_and_connection(tmp_path, authority, secure, job, monkeypatch):
    """DNS rebinding: whatever the next answer is, what was judged is what is connected to; and it is asked once."""
    with serving(Receiver(), context=tls(authority, "hooks.acme.example")) as receiver:
        reached = []
        connecting_here(monkeypatch, reached)
        asked = answers_with(monkeypatch, ["93.184.216.34"], ["169.254.169.254"])
        adapter = adapter_of(tmp_path, secure(receiver, host="hooks.acme.example", allow_private=[]))
        assert adapter.deliver(job).details["status"] == "200"
        assert (asked, reached) == (["hooks.acme.example"], ["93.184.216.34"])
        assert receiver.seen[0].headers["host"] == f"hooks.acme.example:{receiver.port}"
        adapter.close()
        with pytest.raises(Broken, match=r"169\.254\.169\.254 is link-local, where clouds keep their metadata"):
            adapter.deliver(job)
        assert reached == ["93.184.216.34"]


@pytest.mark.parametrize(
    "text",
    ["10.0.0.1", "169.254.169.254", "0.0.0.0", "::1", "::ffff:127.0.0.1", "64:ff9b::a00:1", "100.64.1.1"],  # noqa: S104
)
def test_names_that_lead_inside(tmp_path, job, monkeypatch, text):
    monkeypatch.setattr("socket.create_connection", lambda *_, **__: pytest.fail("it was connected to"))
    answers_with(monkeypatch, [text])
    adapter = adapter_of(tmp_path, {"url": "https://hooks.acme.example/", "secrets": "env:HOOK_SECRET"})
    with pytest.raises(Broken, match="isn't permitted"):
        adapter.deliver(job)
    assert "isn't permitted" in adapter.check()[0]


def test_of_several_addresses_only_permitted_ones_are_tried(tmp_path, authority, secure, job, monkeypatch):
    with serving(Receiver(), context=tls(authority, "hooks.acme.example")) as receiver:
        reached = []
        connecting_here(monkeypatch, reached)
        answers_with(monkeypatch, ["10.0.0.1", "192.168.7.7", "fd00::1"])
        settings = secure(receiver, host="hooks.acme.example", allow_private=["192.168.7.0/24"])
        adapter = adapter_of(tmp_path, settings)
        assert adapter.deliver(job).details["status"] == "200"
        assert reached == ["192.168.7.7"]
        adapter.close()


def test_what_the_connection_says_counts(tmp_path, authority, secure, job, monkeypatch):
    """Should the system connect to another address than it was asked for, nothing is said to it."""
    with serving(Receiver(), context=tls(authority, "hooks.acme.example")) as receiver:
        connecting_here(monkeypatch, [], says="10.0.0.9")
        answers_with(monkeypatch, ["93.184.216.34"])
        adapter = adapter_of(tmp_path, secure(receiver, host="hooks.acme.example", allow_private=[]))
        with pytest.raises(Broken, match=r"10\.0\.0\.9 is private"):
            adapter.deliver(job)
        assert receiver.seen == []


def test_http_reaches_this_host_alone(tmp_path, job, monkeypatch):
    monkeypatch.setattr("socket.create_connection", lambda *_, **__: pytest.fail("it was connected to"))
    answers_with(monkeypatch, ["93.184.216.34"])
    settings = {"url": "http://hooks.acme.example/", "secrets": "env:HOOK_SECRET", "allow_http": True}
    with pytest.raises(Broken, match=r"93\.184\.216\.34 is not of this host itself"):
        adapter_of(tmp_path, settings).deliver(job)


def test_a_name_that_is_none(tmp_path, job, monkeypatch):
    def resolver(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr("policy_engine.adapters.http.network.socket.getaddrinfo", resolver)
    adapter = adapter_of(tmp_path, {"url": "https://hooks.acme.example/", "secrets": "env:HOOK_SECRET"})
    with pytest.raises(Retry, match="the name can't be resolved: Name or service not known"):
        adapter.deliver(job)


def test_a_resolver_that_hangs(tmp_path, job, monkeypatch):
    monkeypatch.setattr("policy_engine.adapters.http.network.socket.getaddrinfo", lambda *_, **__: time.sleep(15) or [])
    adapter = adapter_of(tmp_path, {"url": "https://a.example/", "secrets": "env:HOOK_SECRET", "timeout": 1})
    began = time.monotonic()
    with pytest.raises(Retry, match="wasn't resolved in time"):
        adapter.deliver(job)
    assert time.monotonic() - began < 12


def test_a_handshake_that_hangs(tmp_path, secure, job):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        receiver = Receiver(port=silent.getsockname()[1])
        adapter = adapter_of(tmp_path, secure(receiver, timeout=1))
        began = time.monotonic()
        with pytest.raises(Retry, match="can't be reached"):
            adapter.deliver(job)
        assert time.monotonic() - began < 12


# settings


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"url": "http://hooks.acme.example/"}, "`url` must be `https://`"),
        ({"url": "env:HOOK_URL"}, "`HOOK_URL` isn't set"),
        ({"url": "env:HOOK_SECRET"}, "`url`: this is not a URL"),
        ({"secrets": "env:HOOK_NONE"}, "`HOOK_NONE` isn't set"),
        (
            {"secrets": ["env:HOOK_NONE", "env:HOOK_SECRET"], "headers": {"X-Key": "env:HOOK_NO"}},
            "the environment variables `HOOK_NONE`, `HOOK_NO` aren't set",  # all at once
        ),
        ({"secrets": "env:HOOK_TOKEN"}, "`env:HOOK_TOKEN` holds no secret of webhooks: it doesn't begin"),
        ({"secrets": []}, "`secrets` is empty"),
        ({"authorization": "env:HOOK_LINES"}, "can't be the value of a header"),
        ({"headers": {"X-Key": "env:HOOK_LINES"}}, "can't be the value of a header"),
        ({"ca_file": "none.pem"}, "`ca_file` can't be read"),
        ({"ca_file": "operator.yaml"}, "`ca_file` can't be read: it holds no certificate"),
        ({"proxy": "env:HOOK_SECRET"}, "`proxy`: this is not a URL"),
    ],
)
def test_settings_that_cannot_work(tmp_path, monkeypatch, more, words):
    monkeypatch.setenv("HOOK_LINES", "a\r\nX-Evil: b")
    with pytest.raises(SettingsError, match=words) as error:
        adapter_of(tmp_path, {"url": "https://hooks.acme.example/", "secrets": "env:HOOK_SECRET", **more})
    assert SECRET not in str(error.value)
    assert "open-sesame" not in str(error.value)


def test_without_the_extra(tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "httpcore2", None)
    for name in ("endpoint", "network"):
        monkeypatch.delitem(sys.modules, f"policy_engine.adapters.http.{name}", raising=False)
    with pytest.raises(SettingsError, match=r"it needs the extra `http`: pip install 'dunning-policy-engine\[http\]'"):
        adapter_of(tmp_path, {"url": "https://hooks.acme.example/", "secrets": "env:HOOK_SECRET"})


def test_the_kind():
    assert KIND.settings.keys()[:2] == ["url", "secrets"]
    assert "order_hold" not in WebhookAdapter.channels
