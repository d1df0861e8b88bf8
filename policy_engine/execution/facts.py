"""What is kept of an action when its plan is taken in: the facts of its messages, and what it rests upon.

`Keeping` makes it of the action and its customer's account alone, so that a helping process can do it.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from operator import attrgetter
from typing import Any, NamedTuple, Protocol, TypeAlias

from policy_engine.execution.basis import basis, invoices_of
from policy_engine.execution.helping import Helping, Sharing
from policy_engine.execution.messages import STATEMENT, Writer, nothing_wanted
from policy_engine.plan.canonical import action_data
from policy_engine.plan.model import Action
from policy_engine.snapshot.model import ContactPerson, CustomerAccount
from policy_engine.values.canonical import Encoded

Write: TypeAlias = Callable[[Action, CustomerAccount], dict[str, Any]]
"""An action's `messages`, by channel, and what its adapters want beside (`job.Wanting`): parts of its facts."""
Given: TypeAlias = tuple[Action, CustomerAccount | None]
Share: TypeAlias = tuple[Action, CustomerAccount | None, CustomerAccount | None, bool]
"""An action, its customer's account, that with what the ledger knows, and whether the statement is wanted."""

_PERSON = tuple(field.name for field in fields(ContactPerson))
_person = attrgetter(*_PERSON)
"""The fields of a contact person: texts or nothing, so that there is nothing to copy within them."""


class Planned(Protocol):
    """What facts say of their plan."""

    @property
    def as_of(self) -> date: ...  # noqa: D102
    @property
    def identity(self) -> str: ...  # noqa: D102
    @property
    def policy(self) -> str: ...  # noqa: D102
    @property
    def policy_version(self) -> int: ...  # noqa: D102


class Origin(NamedTuple):
    """`Planned`, without the plan."""

    as_of: date
    identity: str
    policy: str
    policy_version: int


class Kept(NamedTuple):
    """What is kept of an action.

    Attributes:
        rests_on: the invoices, and the hash of each part that it rests upon.
        facts: what its messages are made of, but for what the ledger alone can tell.
        written: whether there are messages.
    """

    rests_on: str
    facts: Encoded
    written: bool


class Keep(Protocol):
    """Who makes what is kept of actions."""

    def of(self, given: Given) -> Kept:
        """Of an action and its customer's account.

        Raises:
            UnwrittenError: a message can't be made.
        """
        ...

    def begin(self, given: Sequence[Given]) -> None:
        """Be told what will be asked for next."""
        ...


@dataclass(frozen=True, slots=True)
class Here:
    """Makes what is kept when it is asked for, in this process.

    Attributes:
        plan: the actions' plan.
        as_of: the snapshot's date.
        payee: where customers are asked to pay.
        write: gives an action's messages; without it the facts alone are kept.
    """

    plan: Planned
    as_of: date
    payee: Mapping[str, str] | None
    write: Write | None

    def of(self, given: Given) -> Kept:
        """As `Keep`."""
        action, account = given
        facts = facts_of(action, self.plan, account, self.payee, self.write)
        rests = rests_on(action, account, self.as_of, self.payee)
        return Kept(rests, Encoded.of(facts), bool(facts["messages"]))

    def begin(self, given: Sequence[Given]) -> None:
        """Nothing is made before it is asked for."""


@dataclass(frozen=True, slots=True)
class _Making:
    """What a helping process does: it needs neither the ledger's history nor the adapters."""

    plan: Origin
    as_of: date
    payee: Mapping[str, str] | None
    writer: Writer | None

    def __call__(self, share: Share) -> Kept:
        action, account, known, statement = share
        write: Write | None = None
        if self.writer is not None and known is not None:
            made = self.writer.make(action, known, statement=statement)
            write = lambda _, __: made  # noqa: E731 - what is written doesn't depend on the account without history
        return Here(self.plan, self.as_of, self.payee, write).of((action, account))


def keeping(
    plan: Planned, as_of: date, payee: Mapping[str, str] | None, writer: Writer | None, helping: Helping
) -> Keep:
    """Who makes what is kept of a plan's actions, with the processes that help.

    Args:
        plan: the actions' plan.
        as_of: the snapshot's date.
        payee: where customers are asked to pay.
        writer: writes the messages; without it the facts alone are kept.
        helping: the processes.
    """
    origin = Origin(plan.as_of, plan.identity, plan.policy, plan.policy_version)

    def sent(given: Given) -> Share:
        action, account = given
        if writer is None or account is None:
            return action, account, None, False
        return action, account, writer.known_of(account), STATEMENT in writer.wants(action)

    alone = None if writer is None else replace(writer, known=None, wants=nothing_wanted)
    return Sharing(helping, _Making(origin, as_of, payee, alone), lambda given: given[0].id, sent)


def rests_on(action: Action, account: CustomerAccount | None, as_of: date, payee: Mapping[str, str] | None) -> str:
    """What an action rests upon, as the ledger keeps it: the invoices, and the hash of each part."""
    invoices = invoices_of(action)
    return json.dumps({"hashes": basis(account, invoices, as_of, payee), "invoices": invoices})


def facts_of(
    action: Action,
    plan: Planned,
    account: CustomerAccount | None,
    payee: Mapping[str, str] | None,
    write: Write | None = None,
    more: Mapping[str, Any] | None = None,
) -> Any:
    """What a message about the action is made of, as JSON data; `more` is what its adapters want beside."""
    customer = None if account is None else account.customer
    return {
        **(more or {}),
        "action": action_data(action),
        "as_of": plan.as_of.isoformat(),
        "contacts": []
        if account is None
        else [dict(zip(_PERSON, _person(person), strict=True)) for person in account.contact_persons],
        "customer": {
            "id": action.customer,
            "name": action.customer_name,
            "country": customer and customer.country,
            "language": customer and customer.language,
            "registration": customer and customer.registration,
        },
        "messages": {},
        "payee": None if payee is None else dict(payee),
        "plan": plan.identity,
        "policy": plan.policy,
        "policy_version": plan.policy_version,
        **({} if write is None or account is None else write(action, account)),
    }
