"""Where bounces come from: a folder of files, a maildir, or a mailbox read by IMAP. Nothing is ever deleted."""

import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from policy_engine.adapters.email.replies import shown
from policy_engine.adapters.email.reports import MOST_OCTETS, Ours, Report, read_report
from policy_engine.execution.job import Broken, Retry, Return
from policy_engine.values.text import inert

MOST_MESSAGES = 1000
"""Looked at in one run, the latest ones."""
_HEADS = "(BODY.PEEK[HEADER.FIELDS (CONTENT-TYPE FROM X-FAILED-RECIPIENTS)])"
_PERHAPS = re.compile(rb"multipart/report|mailer-daemon|postmaster|mail delivery s|x-failed-recipients", re.IGNORECASE)


class Source(Protocol):
    """Somewhere that bounces come to."""

    def returns(self) -> list[Return]:
        """The news that wasn't noted yet."""
        ...

    def noted(self, news: Sequence[Return]) -> None:
        """These needn't be told again."""
        ...

    def check(self) -> list[str]:
        """What would keep it from being read."""
        ...


def _news(report: Report, source: str) -> Return | None:
    if report.key is None or report.outcome == "fine":
        return None
    return Return(report.key, report.reason, source, permanent=report.outcome == "failed")


class Folder:
    """A folder of `.eml` files, or a maildir.

    What was noted, and reports that bring no news, go to `done/`; what is no report goes to `other/`. In a maildir
    reports are marked as seen and stay, and what is no report isn't touched: people may read it. What another run has
    put away meanwhile stands in the ledger already.
    """

    def __init__(self, path: Path, ours: Ours) -> None:
        self._path = path
        self._ours = ours

    @property
    def _maildir(self) -> bool:
        return (self._path / "new").is_dir() and (self._path / "cur").is_dir()

    def returns(self) -> list[Return]:
        """The news of reports that lie there, by file name.

        Raises:
            Retry: the folder can't be read.
        """
        try:
            return list(self._returns())
        except OSError as error:
            raise Retry(f"the folder of bounces can't be read: {error.strerror}") from error

    def noted(self, news: Sequence[Return]) -> None:
        """Put their files away.

        Raises:
            Retry: they can't be moved; they are told again.
        """
        try:
            for one in news:
                path = self._path / one.source
                if path.is_file():
                    self._away(path, "done")
        except OSError as error:
            raise Retry(f"bounces can't be put away: {error.strerror}") from error

    def check(self) -> list[str]:
        """Whether the folder is there."""
        return [] if self._path.is_dir() else ["the folder of bounces isn't there"]

    def _returns(self) -> Iterator[Return]:
        for path in self._files()[-MOST_MESSAGES:]:  # in a maildir the latest; what people leave unread stays
            try:
                with path.open("rb") as stream:
                    data = stream.read(MOST_OCTETS)
            except FileNotFoundError:
                continue
            report = read_report(data, self._ours)
            if report is None:
                if not self._maildir:
                    self._away(path, "other")
                continue
            found = _news(report, path.relative_to(self._path).as_posix())
            if found is None:
                self._away(path, "done")
            else:
                yield found

    def _files(self) -> list[Path]:
        if self._maildir:
            folders = [self._path / "new", self._path / "cur"]
            unseen = [path for folder in folders for path in folder.iterdir() if not _seen(path)]
            return sorted(path for path in unseen if path.is_file() and not path.is_symlink())
        return sorted(
            path for path in self._path.iterdir()
            if path.suffix.lower() == ".eml" and path.is_file() and not path.is_symlink()
        )  # fmt: skip

    def _away(self, path: Path, where: str) -> None:
        with suppress(FileNotFoundError):
            path.rename(self._place(path, where))

    def _place(self, path: Path, where: str) -> Path:
        if self._maildir:
            name, _, flags = path.name.partition(":2,")
            return self._path / "cur" / f"{name}:2,{''.join(sorted({*flags, 'S'}))}"
        folder = self._path / where
        folder.mkdir(exist_ok=True)
        target, number = folder / path.name, 1
        while target.exists():
            number += 1
            target = folder / f"{path.stem}-{number}{path.suffix}"
        return target


def _seen(path: Path) -> bool:
    return path.name.startswith(".") or "S" in path.name.partition(":2,")[2]


class Mailbox:
    """A mailbox read by IMAP over TLS. Reports are marked as seen once they are noted; nothing else is touched."""

    def __init__(
        self, host: str, port: int, login: tuple[str, str], mailbox: str, ca_file: Path | None, ours: Ours,
        timeout: float = 30,
    ) -> None:  # fmt: skip
        self._host, self._port, self._login, self._mailbox = host, port, login, mailbox
        self._ca_file = ca_file
        self._ours = ours
        self._timeout = timeout

    def returns(self) -> list[Return]:
        """The news of reports that aren't seen.

        Raises:
            Retry: the mailbox can't be read now.
            Broken: the login is refused, or the server isn't who it says.
        """
        found, quiet = list[Return](), list[str]()
        with self._open() as (imap, validity):
            for uid in self._unseen(imap):
                if not _PERHAPS.search(self._fetch(imap, uid, _HEADS)):
                    continue
                report = read_report(self._fetch(imap, uid, f"(BODY.PEEK[]<0.{MOST_OCTETS}>)"), self._ours)
                if report is None:
                    continue
                one = _news(report, f"imap {self._mailbox} {validity}/{uid}")
                if one is None:
                    quiet.append(uid)
                else:
                    found.append(one)
            self._see(imap, quiet)
        return found

    def noted(self, news: Sequence[Return]) -> None:
        """Mark them as seen.

        Raises:
            Retry, Broken: as `returns`.
        """
        if not news:
            return
        with self._open() as (imap, validity):
            head = f"imap {self._mailbox} {validity}/"
            self._see(imap, [one.source.removeprefix(head) for one in news if one.source.startswith(head)])

    def check(self) -> list[str]:
        """Whether the mailbox can be opened."""
        try:
            with self._open():
                return []
        except (Retry, Broken) as error:
            return [str(error)]

    @contextmanager
    def _open(self) -> Iterator[tuple[imaplib.IMAP4, str]]:
        """The mailbox, and what its ids are valid with."""
        name = f"the mailbox server {self._host}:{self._port}"
        imap: imaplib.IMAP4 | None = None
        try:
            context = ssl.create_default_context(cafile=self._ca_file)
            imap = imaplib.IMAP4_SSL(self._host, self._port, ssl_context=context, timeout=self._timeout)
            try:
                imap.login(*self._login)
            except imaplib.IMAP4.abort:
                raise
            except imaplib.IMAP4.error as error:
                raise Broken(f"{name} refuses the login: {shown(_said(error))}") from None
            if imap.select(f'"{self._mailbox}"')[0] != "OK":
                raise Broken(f"{name} has no mailbox `{inert(self._mailbox)}`")
            validity = imap.response("UIDVALIDITY")[1][0]
            yield imap, validity.decode("ascii", "replace") if isinstance(validity, bytes) else "0"
        except ssl.SSLCertVerificationError as error:
            raise Broken(f"the certificate of {name} isn't trusted: {shown(error.verify_message)}") from None
        except (OSError, imaplib.IMAP4.error) as error:
            raise Retry(f"{name} can't be read: {shown(_said(error))}") from None
        finally:
            if imap is not None:
                try:
                    imap.logout()
                except (OSError, imaplib.IMAP4.error):
                    imap.shutdown()

    def _unseen(self, imap: imaplib.IMAP4) -> list[str]:
        kind, data = imap.uid("SEARCH", "UNSEEN")
        if kind != "OK" or not data or not isinstance(data[0], bytes):
            return []
        return [uid for uid in data[0].decode("ascii", "replace").split() if uid.isdigit()][-MOST_MESSAGES:]

    def _fetch(self, imap: imaplib.IMAP4, uid: str, what: str) -> bytes:
        kind, data = imap.uid("FETCH", uid, what)
        if kind != "OK":
            return b""
        return next((bytes(part[1]) for part in data if isinstance(part, tuple)), b"")

    def _see(self, imap: imaplib.IMAP4, uids: Sequence[str]) -> None:
        for uid in uids:
            imap.uid("STORE", uid, "+FLAGS", r"(\Seen)")


def _said(error: Exception) -> str | bytes:
    first = error.args[0] if error.args else ""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return first if isinstance(first, (str, bytes)) else str(error)
