"""From the settings of the operator's file to an adapter; what the settings can't say alone is checked here."""

from importlib.util import find_spec
from pathlib import Path

from policy_engine.adapters.email.adapter import EmailAdapter
from policy_engine.adapters.email.address import Address, AddressError, read_address
from policy_engine.adapters.email.bounces import Folder, Mailbox, Source
from policy_engine.adapters.email.files import Files
from policy_engine.adapters.email.message import Head
from policy_engine.adapters.email.reports import Ours
from policy_engine.adapters.email.settings import PORTS, EmailSettings
from policy_engine.adapters.email.smtp import Access, Server
from policy_engine.execution.kinds import SettingsError, Surroundings, secret

_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
LONGEST_BOUNCER = 7
"""Characters before the `@` of `bounce_to` that leave room for an action's 52, `+`, `-` and an attempt of 3 digits."""


def build_email(name: str, settings: EmailSettings, around: Surroundings) -> EmailAdapter:
    """The adapter.

    Raises:
        SettingsError: there is no sender, a login would go unencrypted, a secret isn't set ...
    """
    own = _sender(settings, around)
    domain = own.domain if settings.domain is None else str(settings.domain).lower()
    head = Head(
        sender=own,
        name=settings.name or (around.sender.name if around.sender is not None else ""),
        domain=domain,
        reply_to=None if settings.reply_to is None else _address(settings.reply_to, "reply_to"),
        cc=tuple(_address(one, "cc") for one in settings.cc),
        bcc=tuple(_address(one, "bcc") for one in settings.bcc),
    )
    if around.redirect_to is not None:
        _address(around.redirect_to, "redirect_to")
    bounce_to = own if settings.bounce_to is None else _address(settings.bounce_to, "bounce_to")
    if settings.verp and len(bounce_to.local) > LONGEST_BOUNCER:
        raise SettingsError(
            f"with `verp` what stands before the @ of `bounce_to` has {LONGEST_BOUNCER} letters at most"
        )
    if "statement" in settings.attach and find_spec("typst") is None:
        raise SettingsError("statements need typst: pip install 'dunning-policy-engine[letters]'")
    return EmailAdapter(
        name,
        Server(_access(settings, around, domain)),
        head,
        Files(settings.attach, around.documents, settings.attach_mb),
        around.documents,
        bounce_to,
        settings.attach,
        settings.attach_mb,
        verp=settings.verp,
        refuse_missing=settings.missing == "refuse",
        asked=settings.has("attach"),
        bounces=_bounces(settings, around, Ours(domain, bounce_to, frozenset(map(str, (*head.cc, *head.bcc))))),
    )


def _bounces(settings: EmailSettings, around: Surroundings, ours: Ours) -> Source | None:
    said = settings.bounces
    if said is None:
        return None
    if said.folder is not None:
        return Folder(around.at(said.folder), ours)
    imap = said.imap
    assert imap is not None  # one of them is given
    if not imap.mailbox.isascii() or not imap.mailbox.isprintable() or '"' in imap.mailbox or "\\" in imap.mailbox:
        raise SettingsError("`mailbox` must be plain ASCII, without quotes and backslashes")
    ca_file = _ca_file(imap.ca_file, around)
    login = (str(imap.user), secret(str(imap.password)))
    if not (login[0] + login[1]).isascii():
        raise SettingsError("user and password must be plain ASCII")
    return Mailbox(str(imap.host), imap.port, login, str(imap.mailbox), ca_file, ours)


def _ca_file(said: str | None, around: Surroundings) -> Path | None:
    found = None if said is None else around.at(said)
    if found is not None and not found.is_file():
        raise SettingsError("`ca_file` isn't there")
    return found


def _sender(settings: EmailSettings, around: Surroundings) -> Address:
    if settings.sender is not None:
        return _address(settings.sender, "from")
    if around.sender is None or not around.sender.email:
        raise SettingsError("say who writes: `from`, or `email` of the operator's `sender`")
    return _address(around.sender.email, "sender.email")


def _address(text: str, name: str) -> Address:
    try:
        found = read_address(str(text))
    except AddressError as error:
        raise SettingsError(f"`{name}` can't be used: {error}") from error
    if found.utf8:
        raise SettingsError(f"`{name}` must be plain ASCII before its @")
    return found


def _access(settings: EmailSettings, around: Surroundings, domain: str) -> Access:
    if (settings.user is None) != (settings.password is None):
        raise SettingsError("`user` and `password` belong together")
    if settings.security == "none":
        if settings.user is not None:
            raise SettingsError("a login isn't sent unencrypted: `security: none` has no `user`")
        if str(settings.host) not in _HERE and not settings.allow_plaintext:
            raise SettingsError(
                "`security: none` is for this machine: write `starttls` or `tls`, or `allow_plaintext: true`"
            )
    login = None
    if settings.user is not None and settings.password is not None:
        login = (str(settings.user), secret(str(settings.password)))
        if not (login[0] + login[1]).isascii():
            raise SettingsError("user and password must be plain ASCII")
    return Access(
        host=str(settings.host),
        port=settings.port or PORTS[settings.security],
        security=settings.security,
        login=login,
        ca_file=_ca_file(settings.ca_file, around),
        timeout=settings.timeout,
        answer_timeout=settings.answer_timeout,
        messages_per_connection=settings.messages_per_connection,
        hello=domain,
    )
