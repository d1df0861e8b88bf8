"""The payee, where customers are asked to pay: it counts once two people have said so, and the ledger keeps who.

Whoever changes the bank details in the operator's file could have all customers pay into an account of his own. So each
account is confirmed by two different users with the right `payee`; what they said stands in the chain beside the
actions. The account that the ledger *agreed* on last is the only one that messages may name while things really leave.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, select

from policy_engine.execution.ledger import Ledger
from policy_engine.execution.operator_file import Operator
from policy_engine.execution.tables import PAYLOADS, TRANSITIONS
from policy_engine.values.canonical import sha256

PEOPLE = 2
"""How many users must confirm an account."""
NAMED, AGREED = "payee_named", "payee_agreed"


class PayeeError(ValueError):
    """Messages would name an account that the ledger hasn't agreed on; one line says what to do."""


@dataclass(frozen=True, slots=True)
class Said:
    """One person's word on an account.

    Attributes:
        account: the hash of holder, IBAN and BIC.
        agreed: whether it was the last word that was needed.
        actor: who; like holder and last_four None once its payload is gone.
    """

    seq: int
    at: str
    account: str
    agreed: bool
    actor: str | None
    holder: str | None
    last_four: str | None
    remark: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How an account stands: `agreed`, `named` by some people since the last agreement, or `unknown`.

    Attributes:
        people: who has confirmed it.
        agreed_on: the last agreement of the ledger, on whatever account; None when there was none.
    """

    state: Literal["agreed", "named", "unknown"]
    people: tuple[str, ...]
    agreed_on: Said | None


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What a word on an account came to; `state` None: nothing was recorded, `text` says why."""

    state: Literal["agreed", "named"] | None
    text: str


def account_of(payee: Mapping[str, str]) -> str:
    """The hash that names an account: of its holder, IBAN and BIC."""
    return sha256(dict(payee))


def last_four(payee: Mapping[str, str]) -> str:
    """What messages and people see of an account."""
    return payee["iban"][-4:]


def in_words(payee: Mapping[str, str]) -> str:
    """Holder and last four characters."""
    return f"{payee['name']}, account ending in {last_four(payee)}"


def words(connection: Connection) -> list[Said]:
    """Everything that was said about accounts, oldest first."""
    wanted = (
        select(TRANSITIONS.c.seq, TRANSITIONS.c.at, TRANSITIONS.c.action, TRANSITIONS.c.after, PAYLOADS.c.body)
        .outerjoin(PAYLOADS, PAYLOADS.c.seq == TRANSITIONS.c.seq)
        .where(TRANSITIONS.c.action_n.is_(None), TRANSITIONS.c.after.in_((NAMED, AGREED)))
        .order_by(TRANSITIONS.c.seq)
    )
    found = []
    for row in connection.execute(wanted):
        body: Mapping[str, Any] = {} if row.body is None else json.loads(row.body)
        told = (body.get(name) for name in ("actor", "holder", "last_four", "remark"))
        found.append(Said(row.seq, row.at, row.action, row.after == AGREED, *told))
    return found


def standing(connection: Connection, payee: Mapping[str, str]) -> Standing:
    """How an account stands in the ledger. An agreement on another account ends what was said before it."""
    account, people, agreed_on = account_of(payee), list[str](), None
    for said in words(connection):
        if said.account == account and said.actor is not None and said.actor not in people:
            people.append(said.actor)
        if said.agreed:
            agreed_on = said
            if said.account != account:
                people = []
    if agreed_on is not None and agreed_on.account == account:
        return Standing("agreed", tuple(people), agreed_on)
    return Standing("named" if people else "unknown", tuple(people), agreed_on)


def check_payee(ledger: Ledger | None, payee: Mapping[str, str] | None) -> None:
    """Refuse an account that the ledger hasn't agreed on.

    Args:
        ledger: the ledger, None when there is none yet.
        payee: the account of the operator's file; without one no message names any.

    Raises:
        PayeeError: two people must confirm it first.
    """
    if payee is None:
        return
    if ledger is None:
        found = Standing("unknown", (), None)
    else:
        with ledger.reading() as connection:
            found = standing(connection, payee)
    if found.state == "agreed":
        return
    other = found.agreed_on
    before = "" if other is None else f" (the ledger agreed on the account ending in {other.last_four or '?'})"
    by = f"; {found.people[0]} has, a second person must" if found.people else "; two people must"
    raise PayeeError(
        f"the payee {in_words(payee)}, was not confirmed{before}{by}:"
        f" `dunning payee confirm {last_four(payee)} --ledger URL --operator FILE`"
    )


def confirm(ledger: Ledger, operator: Operator, ending: str, remark: str | None = None) -> Confirmed:
    """Say that the payee of the operator's file is the right one. The second of two people makes it count.

    Args:
        ledger: where it is recorded.
        operator: the operator's file.
        ending: the last four characters of the account as the person knows them, from the bank's own paper.
        remark: kept.
    """
    payee, actor = operator.payee, ledger.actor
    if payee is None:
        return Confirmed(None, "the operator's file names no payee")
    if not operator.may(actor, "payee"):
        return Confirmed(
            None, f"`{actor}` may not confirm it: no role of the operator's file allows it (`rights.payee`)"
        )
    if len(ending) != len(last_four(payee)):
        return Confirmed(None, f"`{ending[:40]}` isn't the last four characters of an account")
    if ending.upper() != last_four(payee):
        return Confirmed(None, f"the account of the operator's file doesn't end in {ending[:40]}: it is another one")
    with ledger.writing() as connection:
        found = standing(connection, payee)
        if found.state == "agreed":
            return Confirmed(None, f"{in_words(payee)}: was agreed already by {' and '.join(found.people)}")
        if actor in found.people:
            return Confirmed(None, f"{in_words(payee)}: `{actor}` has confirmed it already; a second person must")
        people = [*found.people, actor]
        state: Literal["agreed", "named"] = "agreed" if len(people) >= PEOPLE else "named"
        body = {
            "holder": payee["name"],
            "last_four": last_four(payee),
            "people": people,
            "remark": remark,
            "operator": operator.digest,
        }
        before, after = (NAMED, AGREED) if state == "agreed" else (None, NAMED)
        ledger.testify(connection, account_of(payee), before, after, body, ledger.clock())
    if state == "named":
        return Confirmed(state, f"{in_words(payee)}: confirmed by {actor}; a second person must confirm it too")
    return Confirmed(state, f"{in_words(payee)}: agreed by {' and '.join(people)}; messages may name it")
