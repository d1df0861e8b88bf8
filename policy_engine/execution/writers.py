"""The messages of large plans, written by several processes: words take most of the time of taking a plan in."""

from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from policy_engine.execution.helping import Helping, Sharing
from policy_engine.execution.intake import Ahead, Write
from policy_engine.execution.messages import STATEMENT, Writer, nothing_wanted
from policy_engine.plan.model import Action
from policy_engine.snapshot.model import CustomerAccount

Given: TypeAlias = tuple[Action, CustomerAccount]
Share: TypeAlias = tuple[Action, CustomerAccount, bool]
"""An action, its customer's account with what the ledger knows, and whether the statement is wanted."""


@dataclass(frozen=True, slots=True)
class _Making:
    """What a helping process does: it needs neither the ledger's history nor the adapters."""

    writer: Writer

    def __call__(self, share: Share) -> dict[str, Any]:
        action, account, statement = share
        return self.writer.make(action, account, statement=statement)


def writing(writer: Writer | None, helping: Helping) -> tuple[Write | None, Ahead | None]:
    """What `take_in` wants to write a plan's messages."""
    if writer is None:
        return None, None

    def sent(given: Given) -> Share:
        action, account = given
        return action, writer.known_of(account), STATEMENT in writer.wants(action)

    making = _Making(replace(writer, known=None, wants=nothing_wanted))
    shared = Sharing[Given, dict[str, Any]](helping, making, lambda given: given[0].id, sent)
    return (lambda action, account: shared.of((action, account))), shared.begin
