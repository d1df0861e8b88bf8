"""Where bounces lie: told until they are noted, put away, never deleted."""

import pytest

from policy_engine.adapters.email.bounces import Folder, Mailbox
from policy_engine.execution.job import Broken, Retry, Return
from tests.adapters.email.imap import PASSWORD, USER, ImapServer
from tests.adapters.email.servers import Authority
from tests.adapters.email.test_reports import KEY, OURS, data

FULL = Return(KEY, "5.2.2 smtp; 552 5.2.2 mailbox full", "a.eml")
LATE = Return(
    KEY, "4.4.1 X-Postfix; connect to mx.dupont.example[192.0.2.10]:25: Connection timed out", "b.eml", permanent=False
)


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_folder_is_told_until_noted(tmp_path):
    names = {"a": "envelope_id_only", "b": "postfix_delayed", "c": "postfix_relayed", "d": "out_of_office"}
    for name, sample in names.items():
        (tmp_path / f"{name}.eml").write_bytes(data(sample))
    (tmp_path / "notes.txt").write_bytes(data("postfix_failed"))
    folder = Folder(tmp_path, OURS)
    assert folder.returns() == [FULL, LATE]
    assert files(tmp_path) == ["a.eml", "b.eml", "done/c.eml", "notes.txt", "other/d.eml"]
    assert folder.returns() == [FULL, LATE]
    folder.noted([FULL])
    assert folder.returns() == [LATE]
    (tmp_path / "a.eml").write_bytes(data("verp_only"))
    again = folder.returns()
    assert [one.source for one in again] == ["a.eml", "b.eml"]
    folder.noted(again)
    folder.noted(again)
    assert folder.returns() == []
    assert files(tmp_path) == ["done/a-2.eml", "done/a.eml", "done/b.eml", "done/c.eml", "notes.txt", "other/d.eml"]


def test_two_runs_that_read_one_folder_at_once(tmp_path, monkeypatch):
    """What the other has put away since this one looked is passed over, wherever this one has come."""
    for name in ("a", "b"):
        (tmp_path / f"{name}.eml").write_bytes(data("envelope_id_only"))
    folder, other = Folder(tmp_path, OURS), Folder(tmp_path, OURS)
    seen = folder._files()
    other.noted(other.returns()[:1])
    monkeypatch.setattr(folder, "_files", lambda: seen)
    news = folder.returns()
    assert [one.source for one in news] == ["b.eml"]
    other.noted(news)
    with monkeypatch.context() as patch:
        patch.setattr(type(seen[1]), "is_file", lambda path: True)  # it still was when this one asked
        folder.noted(news)
    assert (files(tmp_path), folder.returns()) == (["done/a.eml", "done/b.eml"], [])


def test_links_are_not_followed(tmp_path):
    (tmp_path / "real").write_bytes(data("postfix_failed"))
    (tmp_path / "bounces").mkdir()
    (tmp_path / "bounces" / "a.eml").symlink_to(tmp_path / "real")
    assert Folder(tmp_path / "bounces", OURS).returns() == []


def test_a_maildir_keeps_everything(tmp_path):
    for name in ("new", "cur", "tmp"):
        (tmp_path / name).mkdir()
    (tmp_path / "new" / "1.host").write_bytes(data("envelope_id_only"))
    (tmp_path / "new" / "2.host").write_bytes(data("out_of_office"))
    (tmp_path / "cur" / "3.host:2,F").write_bytes(data("envelope_id_only"))
    (tmp_path / "cur" / "4.host:2,S").write_bytes(data("envelope_id_only"))
    folder = Folder(tmp_path, OURS)
    news = folder.returns()
    assert [one.source for one in news] == ["cur/3.host:2,F", "new/1.host"]
    folder.noted(news)
    assert folder.returns() == []
    assert files(tmp_path) == ["cur/1.host:2,S", "cur/3.host:2,FS", "cur/4.host:2,S", "new/2.host"]


def test_a_folder_that_is_not_there(tmp_path):
    folder = Folder(tmp_path / "none", OURS)
    assert folder.check() == ["the folder of bounces isn't there"]
    with pytest.raises(Retry, match="the folder of bounces can't be read"):
        folder.returns()


def crlf(name):
    return data(name).replace(b"\n", b"\r\n")


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


def mailbox(server, authority, **more):
    known = {"login": (USER, PASSWORD), "mailbox": "INBOX", "ca_file": authority.pem}
    return Mailbox("127.0.0.1", server.port, ours=OURS, timeout=5, **{**known, **more})


def test_a_mailbox_is_told_until_noted_and_people_keep_their_mail(authority):
    samples = {3: "out_of_office", 5: "envelope_id_only", 8: "postfix_relayed", 9: "read_receipt"}
    messages = {uid: crlf(name) for uid, name in samples.items()}
    messages[12] = b"Subject: hello\r\n\r\nwhen will you pay?\r\n"
    with ImapServer(authority.context(), messages) as server:
        box = mailbox(server, authority)
        assert box.check() == []
        expected = [Return(KEY, FULL.reason, "imap INBOX 7/5")]
        assert box.returns() == expected
        assert server.seen == {8}
        assert box.returns() == expected
        box.noted(expected)
        assert server.seen == {5, 8}
        assert box.returns() == []
        assert not any("DELETE" in command.upper() or "EXPUNGE" in command for command in server.commands)
        assert not any(command.startswith("UID FETCH 12 (BODY.PEEK[]") for command in server.commands)


def test_uids_of_a_mailbox_made_anew_are_not_marked(authority):
    with ImapServer(authority.context(), {5: crlf("envelope_id_only")}) as server:
        box = mailbox(server, authority)
        news = box.returns()
        server.validity = "8"
        box.noted(news)
        assert server.seen == set()


def test_a_mailbox_that_cannot_be_read(authority, tmp_path):
    (tmp_path / "other").mkdir()
    with ImapServer(authority.context(), {}) as server:
        with pytest.raises(Broken, match=r"refuses the login: \[AUTHENTICATIONFAILED\] wrong") as broken:
            mailbox(server, authority, login=(USER, "guess")).returns()
        assert "guess" not in str(broken.value)
        with pytest.raises(Broken, match="has no mailbox `Bounces`"):
            mailbox(server, authority, mailbox="Bounces").returns()
        with pytest.raises(Broken, match="isn't trusted"):
            mailbox(server, Authority(tmp_path / "other")).returns()
        assert server.commands.count(f'LOGIN {USER} "{PASSWORD}"') == 1
    with pytest.raises(Retry, match="Connection refused"):
        mailbox(server, authority).returns()
    assert "Connection refused" in mailbox(server, authority).check()[0]
