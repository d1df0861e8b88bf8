"""Webhooks through a proxy: a tunnel that it can't look into, its login, its refusals; what is judged by whom."""

import socket

import pytest
import trustme

from policy_engine.execution.job import Broken, Retry, Unanswered
from policy_engine.execution.kinds import SettingsError
from tests.adapters.proxy import Proxy, proxying
from tests.adapters.receiver import LOCAL, SECRET, Receiver, adapter_of, dies, serving
from tests.adapters.test_webhook import authority, job, tls  # noqa: F401 - fixtures, and a certificate

HOST = "hooks.acme.example"
LOGIN = "Basic ZHVubmluZzpvcGVuLXNlc2FtZQ=="


@pytest.fixture(autouse=True)
def secrets(monkeypatch):
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    monkeypatch.setenv("HOOK_TOKEN", "Bearer only-for-the-receiver")
    monkeypatch.setenv("PROXY_LOGIN", LOGIN)


@pytest.fixture
def receiver(authority):  # noqa: F811 - the fixture
    with serving(Receiver(), context=tls(authority, HOST)) as found:
        yield found


@pytest.fixture
def proxy(receiver):
    with proxying(Proxy({HOST: ("127.0.0.1", receiver.port)})) as found:
        yield found


@pytest.fixture
def adapter(tmp_path, authority, proxy):  # noqa: F811 - as above
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    built = []

    def make(**more):
        settings = {
            "url": f"https://{HOST}/dunning", "secrets": "env:HOOK_SECRET", "authorization": "env:HOOK_TOKEN",
            "ca_file": "ca.pem", "timeout": 20, "proxy": f"http://127.0.0.1:{proxy.port}", "allow_private": LOCAL,
            **more,
        }  # fmt: skip
        built.append(adapter_of(tmp_path, settings))
        return built[-1]

    yield make
    for one in built:
        one.close()


@pytest.fixture
def no_names(monkeypatch):
    """A house whose resolver knows nothing of the internet, but its own addresses."""
    real = socket.getaddrinfo

    def asked(host, *more, **named):
        assert host == "127.0.0.1", f"{host} was resolved here"
        return real(host, *more, **named)

    monkeypatch.setattr("socket.getaddrinfo", asked)


@pytest.mark.usefixtures("no_names")
def test_a_tunnel_into_which_the_proxy_cannot_look(adapter, receiver, proxy, job):  # noqa: F811 - as above
    one = adapter()
    assert one.check() == []
    assert receiver.seen == []
    for _ in range(2):
        assert one.deliver(job).details["status"] == "200"
    assert receiver.effects == [job.key]
    assert receiver.seen[0].headers["host"] == HOST
    assert receiver.seen[0].headers["authorization"] == "Bearer only-for-the-receiver"
    assert len(proxy.asked) == 2  # the check's, and one for both deliveries
    assert {asked.split("\r\n")[0] for asked in proxy.asked} == {f"CONNECT {HOST}:443 HTTP/1.1"}
    told = "".join(proxy.asked).encode() + proxy.passed
    for secret in (b"only-for-the-receiver", b"webhook-signature", b"/dunning", b"Proxy-Authorization", b"C-1"):
        assert secret not in told


def test_a_proxy_that_wants_a_login(adapter, receiver, proxy, job):  # noqa: F811 - as above
    one = adapter(proxy_authorization="env:PROXY_LOGIN")
    assert one.check() == []
    one.deliver(job)
    assert all(f"Proxy-Authorization: {LOGIN}\r\n" in asked for asked in proxy.asked)
    assert "proxy-authorization" not in receiver.seen[0].headers


def test_a_proxy_that_speaks_tls(tmp_path, adapter, authority, receiver, job):  # noqa: F811 - as above
    with proxying(Proxy({HOST: ("127.0.0.1", receiver.port)}), context=tls(authority, "localhost")) as proxy:
        one = adapter(proxy=f"https://localhost:{proxy.port}")
        assert one.check() == []
        assert one.deliver(job).details["status"] == "200"
        assert len(proxy.asked) == 2
    with proxying(Proxy(), context=tls(trustme.CA(), "localhost")) as proxy:
        with pytest.raises(Broken, match="certificate isn't accepted"):
            adapter(proxy=f"https://localhost:{proxy.port}").deliver(job)
        assert proxy.asked == []


def test_an_ipv6_address_as_a_tunnel_is_asked_for(adapter, authority, proxy, job):  # noqa: F811 - as above
    with serving(Receiver(), context=tls(authority, "::1"), address="::1") as receiver:
        proxy.names["[::1]"] = ("::1", receiver.port)
        one = adapter(url=f"https://[::1]:{receiver.port}/")
        assert one.check() == []
        assert one.deliver(job).details["status"] == "200"
        assert proxy.asked[0].startswith(f"CONNECT [::1]:{receiver.port} HTTP/1.1\r\nHost: [::1]:{receiver.port}\r\n")


def test_whoever_is_at_the_end_must_have_the_certificate(adapter, authority, proxy, job):  # noqa: F811 - as above
    """Wherever the proxy leads, by mistake or on purpose: nothing is said to a host without the name's certificate."""
    with serving(Receiver(), context=tls(authority, "inside.acme.example")) as other:
        proxy.names[HOST] = ("127.0.0.1", other.port)
        one = adapter()
        with pytest.raises(Broken, match="certificate isn't accepted: Hostname mismatch"):
            one.deliver(job)
        assert "Hostname mismatch" in one.check()[0]
        assert other.seen == []


def test_the_proxys_own_address_is_judged_and_a_private_literal(adapter, proxy, job):  # noqa: F811 - as above
    one = adapter(allow_private=[])
    with pytest.raises(Broken, match=r"^the proxy's address isn't permitted: 127\.0\.0\.1 is of this host itself"):
        one.deliver(job)
    assert one.check()[0].startswith("the proxy's address isn't permitted")
    assert proxy.asked == []
    with pytest.raises(SettingsError, match="`url` is an address private"):
        adapter(url="https://10.0.0.1/")


@pytest.mark.parametrize(("answer", "error"), [
    (b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", Broken),
    (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", Broken),
    (b"HTTP/1.1 302 Found\r\nLocation: https://evil.example/\r\nContent-Length: 0\r\n\r\n", Broken),
    (b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", Retry),
    (b"HTTP/1.1 429 Slowly\r\nContent-Length: 0\r\n\r\n", Retry),
    (b"nonsense\r\n\r\n", Retry),
    (b"", Retry),
])  # fmt: skip
@pytest.mark.parametrize("idempotent", [True, False])
def test_what_a_proxy_refuses_has_not_left(adapter, receiver, proxy, job, answer, error, idempotent):  # noqa: F811
    proxy.answers = [answer, answer]
    one = adapter(idempotent=idempotent)
    with pytest.raises(error, match="the proxy lets nothing through"):
        one.deliver(job)
    assert one.check() != []
    assert receiver.seen == []
    assert one.deliver(job).details["status"] == "200"


def test_a_proxy_that_knows_no_such_host(adapter, proxy, job):  # noqa: F811 - as above
    proxy.names.clear()
    with pytest.raises(Retry, match="the proxy lets nothing through: 502 Unknown Host"):
        adapter().deliver(job)
    assert adapter().check() == ["the proxy lets nothing through: 502 Unknown Host"]


def test_what_was_sent_and_not_answered_may_have_arrived(adapter, receiver, job):  # noqa: F811 - as above
    receiver.script = [dies(effect=True)]
    one = adapter(idempotent=False)
    with pytest.raises(Unanswered):
        one.deliver(job)
    assert receiver.effects == [job.key]


@pytest.mark.parametrize(("more", "words"), [
    ({"url": "http://127.0.0.1:1/", "allow_http": True}, "through `proxy` go `https://` requests alone"),
    ({"proxy": None, "proxy_authorization": "env:PROXY_LOGIN"}, "`proxy_authorization` needs `proxy`"),
    ({"proxy_authorization": "env:PROXY_NONE"}, "`PROXY_NONE` isn't set"),
])  # fmt: skip
def test_settings_that_cannot_work(tmp_path, more, words):
    settings = {
        "url": f"https://{HOST}/", "secrets": "env:HOOK_SECRET", "proxy": "http://proxy.acme.example:3128", **more,
    }  # fmt: skip
    settings = {name: value for name, value in settings.items() if value is not None}
    with pytest.raises(SettingsError, match=words) as error:
        adapter_of(tmp_path, settings)
    assert LOGIN not in str(error.value)
