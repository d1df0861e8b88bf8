"""The words of actions: what the templates make of them, kept with their facts when the plan is taken in."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, cast

from policy_engine.engine.reference.exchange import ExchangeRates
from policy_engine.execution.by_day import BY_DAY, PAY_BY, Difference, differences, leaving_days
from policy_engine.execution.history import LedgerHistory, extended
from policy_engine.plan.model import Action
from policy_engine.policy.resolved import Policy
from policy_engine.snapshot.model import CustomerAccount, ExchangeRate
from policy_engine.templates.build import build_context, carried_by, known_rates
from policy_engine.templates.context import Carrier, MessageContext, Payee, Recipient, Sender
from policy_engine.templates.dates import Dates, dates_on, leaving_on
from policy_engine.templates.draft import Draft, Rendered, Written
from policy_engine.templates.letter import letter_changes, letter_data
from policy_engine.templates.render import MessageError, draft
from policy_engine.templates.source import Folders, template_name

LETTERS = frozenset({"letter", "registered_letter"})
"""Channels whose messages are set as letters: their facts hold the letter's data, from which its PDF can be made."""


STATEMENT = "statement"
"""What adapters want (`job.Wanting`) that enclose the customer's account."""


_DEADLINE = frozenset({"pay_by", "pay_days"})


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
        valid_until: the last day on which the plan's actions may leave; None: messages of the planned day alone.
        closed: the days until then that are no business days.
        folders: where the templates are, looked for once.
        rates: the exchange rates that are known on the plan's date.
        shown: what messages show of the payee.
        dates: those found so far, by all that they rest upon: actions of one step have the same.
    """

    policy: Policy
    sender: Sender
    payee: Mapping[str, str] | None
    as_of: date
    exchange_rates: Sequence[ExchangeRate]
    known: LedgerHistory | None = None
    wants: Callable[[Action], frozenset[str]] = nothing_wanted
    valid_until: date | None = None
    closed: Collection[date] = ()
    folders: Folders = field(init=False)
    rates: ExchangeRates = field(init=False)
    shown: Payee | None = field(init=False)
    dates: dict[tuple[object, ...], list[Dates]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "folders", Folders.beside(self.policy.file))
        object.__setattr__(self, "rates", known_rates(self.exchange_rates, self.as_of))
        payee = None if self.payee is None else Payee.of(self.payee["name"], self.payee["iban"])
        object.__setattr__(self, "shown", payee)
        object.__setattr__(self, "dates", {})

    def write(self, action: Action, account: CustomerAccount) -> dict[str, Any]:
        """`messages` by channel: subject, text, page, language, whom it reaches (`to`), a letter's data too.

        None for a channel that carries data alone, as order holds do. They are those of the planned day; `by_day` says
        where those of later days differ, `pay_by` until when they ask to be paid. `statement`, a letter's data, if
        wanted.

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
        days = self._days(action)
        found: dict[str, Any] = {"messages": {}}
        by_day: dict[str, list[Difference]] = {}
        names = set[str]()
        for channel in channels:
            if template_name(action.template, action.stage, channel, action.step) is None:
                continue
            one = carried_by(context, action, account, channel)
            made = self._draft(action, one, tables)
            names |= made.dates
            found["messages"][channel] = _message(made.first, one)
            self._differ(action, one, made, found["messages"][channel], days, ("messages", channel), by_day)
        if statement:
            one = replace(carried_by(context, action, account, "letter"), template=STATEMENT)
            made = self._draft(action, one, tables)
            found[STATEMENT] = letter_data(made.first, one)
            self._differ(action, one, made, {"letter": found[STATEMENT]}, days, (), by_day)
        if by_day:
            found[BY_DAY] = by_day
        if not _DEADLINE.isdisjoint(names):
            found[PAY_BY] = {day.sent_on.isoformat(): day.pay_by.isoformat() for day in days}
        return found

    def _days(self, action: Action) -> list[Dates]:
        """The dates of the days on which an action may leave."""
        key = (action.ladder, action.step, action.stage, action.intervention, action.send_on, action.any_day)
        found = self.dates.get(key)
        if found is None:
            days = [action.send_on]
            if self.valid_until is not None:
                days = leaving_days(action.send_on, self.valid_until, self.closed, any_day=action.any_day)
            found = self.dates[key] = [dates_on(self.policy, action, day) for day in days]
        return found

    def _draft(self, action: Action, context: MessageContext, tables: dict[str, Written | None]) -> Draft:
        try:
            return draft(context, context.channel, self.folders, tables)
        except MessageError as error:
            raise UnwrittenError(
                f"the message of the action {action.id[:12]} for {action.customer}: {error}"
            ) from error

    def _differ(
        self,
        action: Action,
        context: MessageContext,
        made: Draft,
        first: Mapping[str, Any],
        days: Sequence[Dates],
        path: tuple[str, ...],
        by_day: dict[str, list[Difference]],
    ) -> None:
        """Add to `by_day` where a message differs on each day after the first; without `path` it is a statement."""
        if not made.dates and "letter" not in first:
            return
        for dates in days[1:]:
            differ = by_day.setdefault(dates.sent_on.isoformat(), [])
            changes = made.on(dates)
            if changes is None:
                moved = leaving_on(context, dates)
                again = _message(self._draft(action, moved, {}).first, moved)
                before, after = (first, again) if path else (first["letter"], again["letter"])
                differ += differences(before, after, path or (STATEMENT,))
                continue
            if path:
                differ += [[[*path, *where], text] for where, text in changes.texts]
            if "letter" in first:
                within = (*path, "letter") if path else (STATEMENT,)
                for where, value in letter_changes(first["letter"], changes, dates, context):
                    differ.append([[*within, *where], value])


def _message(made: Rendered, context: MessageContext) -> dict[str, Any]:
    """A message as the facts keep it."""
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
