"""The sender of messages from a YAML file: letterhead, signatory, payee. Every mistake is located."""

from dataclasses import dataclass
from pathlib import Path

from policy_engine.language.check import check_model
from policy_engine.language.findings import Findings
from policy_engine.language.models.base import Syntax, key
from policy_engine.language.nodes import Map, lookalike
from policy_engine.language.scalars import Line
from policy_engine.language.yaml import MAX_BYTES, read_yaml
from policy_engine.templates.context import Payee, Sender
from policy_engine.values.diagnostics import Diagnostic
from policy_engine.values.position import Position


class PayeeSyntax(Syntax):
    """Where money goes. Messages show the last four characters of the account."""

    holder: Line = key("Who holds the account.")
    bank: Line | None = key("The bank's name.", default=None)
    account: Line = key("The account number or IBAN.")


class SenderSyntax(Syntax):
    """The letterhead."""

    name: Line = key("The company's name.")
    address: list[Line] = key("The postal address, a line an item.")
    registration: Line | None = key("What the letterhead must name: legal form, capital, register.", default=None)
    email: Line | None = key("E-mail address of the accounts department.", default=None)
    phone: Line | None = key("Its telephone number.", default=None)
    place: Line | None = key("Where letters are written.", default=None)
    signatory: Line | None = key("Who signs.", default=None)
    role: Line | None = key("The signatory's function.", default=None)
    payee: PayeeSyntax | None = key("Where money goes.", default=None)


@dataclass(frozen=True, slots=True)
class SenderFile:
    """What reading gave: the sender, or None and the errors that say why."""

    sender: Sender | None
    payee: Payee | None
    diagnostics: tuple[Diagnostic, ...]


EXAMPLE = Sender(
    name="Exemple Fournitures SAS",
    address=("1 rue de l'Exemple", "75001 Paris"),
    registration="SAS au capital de 50 000 €, RCS Paris 000 000 000",
    email="comptabilite@exemple.example",
    phone="01 00 00 00 00",
    place="Paris",
    signatory="Camille Exemple",
    role="Credit management",
)
"""Stands in for a sender where none is given, in previews only."""


def read_sender(path: Path) -> SenderFile:
    """Read a sender's file. Never raises on what the file holds or lacks."""
    shown = path.as_posix()
    findings = Findings()
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "its name is impossible"
        findings.add("DUN001", f"the sender can't be read: {reason}", Position(shown, 1, 1))
        return SenderFile(None, None, findings.all())
    node = read_yaml(data, shown, findings)
    if node is not None and not isinstance(node, Map):
        text = f"a sender is a map of keys, not {lookalike(node)}"
        findings.add("DUN103", text, node.position, hint="start with `name:` and `address:`")
        node = None
    syntax = None if node is None else check_model(SenderSyntax, node, findings, "the sender")
    if syntax is None or findings.errors:
        return SenderFile(None, None, findings.all())
    payee = syntax.payee
    return SenderFile(
        Sender(
            name=str(syntax.name),
            address=tuple(map(str, syntax.address)),
            registration=_text(syntax.registration),
            email=_text(syntax.email),
            phone=_text(syntax.phone),
            place=_text(syntax.place),
            signatory=_text(syntax.signatory),
            role=_text(syntax.role),
        ),
        None if payee is None else Payee.of(str(payee.holder), str(payee.account), _text(payee.bank)),
        findings.all(),
    )


def _text(value: str | None) -> str | None:
    return None if value is None else str(value)
