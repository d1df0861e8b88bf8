"""Which addresses are connected to, and URLs that have one reading alone."""

from ipaddress import ip_network

import pytest

from policy_engine.adapters.http.addresses import address, refusal
from policy_engine.adapters.http.target import Target, TargetError, parse_target


@pytest.mark.parametrize(
    "text",
    [
        "0.0.0.0", "0.1.2.3",  # noqa: S104
        "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.9.9.9",
        "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.9", "192.0.2.1", "192.88.99.1",
        "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.7", "224.0.0.1", "239.1.1.1",
        "240.0.0.1", "255.255.255.255",
        "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1",
        "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::",
        "2002:808:808::1", "3fff::1", "4000::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%eth0",
        "fec0::1", "ff02::1",
    ],
)  # fmt: skip
def test_forbidden(text):
    assert refusal(address(text))


@pytest.mark.parametrize(
    "text",
    ["1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "126.255.255.255",
     "172.15.255.255", "172.32.0.1", "192.167.255.255", "198.17.255.255", "223.255.255.255", "2606:4700::1111",
     "2a01:e0a::1", "2001:4860:4860::8888", "3ffe::1"],
)  # fmt: skip
def test_public(text):
    assert refusal(address(text)) == ""


def test_what_the_operator_lists_is_allowed_and_nothing_beside():
    allowed = [ip_network("10.20.0.0/16"), ip_network("fd00:1::/32")]
    assert refusal(address("10.20.3.4"), allowed) == ""
    assert refusal(address("fd00:1::5"), allowed) == ""
    assert refusal(address("10.21.0.1"), allowed) == "private"
    assert "inside IPv6" in refusal(address("::ffff:10.20.3.4"), allowed)
    assert refusal(address("169.254.169.254"), allowed) == "link-local, where clouds keep their metadata"


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://hooks.acme.example", Target(True, "hooks.acme.example", 443, "/")),
        ("https://HOOKS.acme.example.:8443/a/b?c=d&e", Target(True, "hooks.acme.example", 8443, "/a/b?c=d&e")),
        ("https://x.example?a", Target(True, "x.example", 443, "/?a")),
        ("http://127.0.0.1:80/", Target(False, "127.0.0.1", 80, "/")),
        ("https://[2606:4700:0:0::1111]/", Target(True, "2606:4700::1111", 443, "/")),
        ("https://xn--bcher-kva.example/", Target(True, "xn--bcher-kva.example", 443, "/")),
    ],
)
def test_a_url_is_taken_apart(url, target):
    assert parse_target(url) == target


def test_the_host_header_names_a_port_of_its_own():
    assert parse_target("https://x.example:443/").authority == "x.example"
    assert parse_target("http://127.0.0.1:8080/").authority == "127.0.0.1:8080"
    assert parse_target("https://[::1]:8443/").authority == "[::1]:8443"


@pytest.mark.parametrize(
    "url",
    [
        "https://2130706433/", "https://0x7f000001/", "https://0x7f.1/", "https://0177.0.0.1/", "https://127.1/",
        "https://127.0.0.01/", "https://256.0.0.1/", "https://1.2.3.4.5/", "https://1.2.3.0x4/", "https://0x/",
        "https://017700000001/",
    ],
)  # fmt: skip
def test_an_address_has_one_spelling(url):
    with pytest.raises(TargetError, match="four plain numbers"):
        parse_target(url)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://user@x.example/", "a user or password"),
        ("https://public.example@127.0.0.1/", "a user or password"),
        ("https://user:pass@x.example/", "a user or password"),
        ("https://x.example/#a", "never sent"),
        ("https://x.example:0/", "1 to 65535"),
        ("https://x.example:65536/", "1 to 65535"),
        ("https://[::1/", "not a URL"),
        ("https://[::1%25eth0]/", "not a URL"),
        ("https://[:::]/", "no IPv6 address"),
        ("https://x..example/", "not the name of a host"),
        ("https://-x.example/", "not the name of a host"),
        ("https://x.example\\@127.0.0.1/", "a user or password"),
        ("https:/x.example/", "not a URL"),
        ("https://", "not a URL"),
        ("ftp://x.example/", "not a URL"),
        ("file:///etc/passwd", "not a URL"),
        ("https://x.example/\r\nX-A: b", "printable ASCII"),
        ("https://b\u00fccher.example/", "printable ASCII"),
        ("https://\u2460.example/", "printable ASCII"),
        ("https://x.example/ a", "not a URL"),
        ("https://x.example/" + "a" * 2000, "2000"),
    ],
)
def test_no_url(url, words):
    with pytest.raises(TargetError, match=words):
        parse_target(url)
