"""The words of actions: what the templates make of them, kept with their facts when the plan is taken in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, cast

from policy_engine.engine.reference.exchange import ExchangeRates
from policy_engine.execution.history import LedgerHistory, extended
from policy_engine.plan.model import Action
from policy_engine.policy.resolved import Policy
from policy_engine.snapshot.model import CustomerAccount, ExchangeRate
from policy_engine.templates.build import build_context, carried_by, known_rates
from policy_engine.templates.context import Carrier, MessageContext, Payee, Recipient, Sender
from policy_engine.templates.letter import letter_data
from policy_engine.templates.render import MessageError, Written, render
from policy_engine.templates.source import Folders, template_name

LETTERS = frozenset({"letter", "registered_letter"})
"""Channels whose messages are set as letters: their facts hold the letter's data, from which its PDF can be made."""


STATEMENT = "statement"
"""What adapters want (`job.Wanting`) that enclose the customer's account."""


class UnwrittenError(ValueError):
    """A message that can't be made: its template is missing or at fault; the text says which action."""


def nothing_wanted(action: Action) -> frozenset[str]:
    """Adapters that want the messages and no more."""
    del action
    return frozenset()


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes the messages of a plan's actions.

    Attributes:
        policy: the plan's policy; templates are looked for beside it.
        sender: whose letterhead it is.
        payee: where customers pay; messages show the last four characters of the account.
        as_of: the plan's date.
        exchange_rates: the snapshot's.
        known: the ledger's history, when the plan was made with it.
        wants: what an action's adapters want to know beside its messages.
        folders: where the templates are, looked for once.
        rates: the exchange rates that are known on the plan's date.
        shown: what messages show of the payee.
    """

    policy: Policy
    sender: Sender
    payee: Mapping[str, str] | None
    as_of: date
    exchange_rates: Sequence[ExchangeRate]
    known: LedgerHistory | None = None
    wants: Callable[[Action], frozenset[str]] = nothing_wanted
    folders: Folders = field(init=False)
    rates: ExchangeRates = field(init=False)
    shown: Payee | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "folders", Folders.beside(self.policy.file))
        object.__setattr__(self, "rates", known_rates(self.exchange_rates, self.as_of))
        payee = None if self.payee is None else Payee.of(self.payee["name"], self.payee["iban"])
        object.__setattr__(self, "shown", payee)

    def write(self, action: Action, account: CustomerAccount) -> dict[str, Any]:
        """`messages` by channel: subject, text, page, language, whom it reaches (`to`), a letter's data too.

        None for a channel that carries data alone, as order holds do. `statement`, a letter's data, if wanted.

        Raises:
            UnwrittenError: a message can't be made.
        """
        return self.make(action, self.known_of(account), statement=STATEMENT in self.wants(action))

    def known_of(self, account: CustomerAccount) -> CustomerAccount:
        """An account with what the ledger knows of it."""
        return account if self.known is None else extended(account, self.known, self.as_of)

    def make(self, action: Action, account: CustomerAccount, *, statement: bool) -> dict[str, Any]:
        """As `write`, of an account that the ledger's history has been added to.

        Raises:
            UnwrittenError: a message can't be made.
        """
        context = build_context(
            action, self.policy, account, self.sender, self.as_of, payee=self.shown, exchange_rates=self.rates
        )
        tables: dict[str, Written | None] = {}
        channels = cast("Sequence[Carrier]", (action.channel, *action.also))  # a plan's channels are the policy's
        found: dict[str, Any] = {
            "messages": {
                channel: self._one(action, carried_by(context, action, account, channel), tables)
                for channel in channels
                if template_name(action.template, action.stage, channel, action.step) is not None
            }
        }
        if statement:
            letter = replace(carried_by(context, action, account, "letter"), template=STATEMENT)
            found[STATEMENT] = self._one(action, letter, tables)["letter"]
        return found

    def _one(self, action: Action, context: MessageContext, tables: dict[str, Written | None]) -> dict[str, Any]:
        try:
            made = render(context, context.channel, self.folders, tables)
        except MessageError as error:
            raise UnwrittenError(
                f"the message of the action {action.id[:12]} for {action.customer}: {error}"
            ) from error
        message: dict[str, Any] = {
            "subject": made.subject,
            "text": made.text,
            "html": made.html,
            "template": made.template,
            "language": context.language,
            "to": _recipient(context.recipient),
        }
        if context.channel in LETTERS:
            message["letter"] = letter_data(made, context)
        return message


def _recipient(to: Recipient) -> dict[str, Any]:
    """Whom a message reaches, as its template chose."""
    return {
        "company": to.company,
        "person": to.person,
        "email": to.email,
        "phone": to.phone,
        "address": list(to.address),
    }
