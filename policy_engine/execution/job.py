"""What an adapter gets and gives back: the small protocol behind which anything can deliver."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Job:
    """One action to deliver.

    Attributes:
        key: `action id-attempt`: the idempotency key, the same for every try of an attempt.
        facts: what the message is made of, as JSON data: `action` (its row of the plan), `customer`, `contacts`,
            `payee`, `plan`, `as_of`, `policy`, and `messages`: subject, text, html by channel, if they were written.
        redirect_to: for trials: where it goes instead of to the customer; the true recipient stays in `facts`.
    """

    key: str
    action: str
    attempt: int
    channel: str
    also: tuple[str, ...]
    customer: str
    facts: Mapping[str, Any]
    redirect_to: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the carrier said: a reference, a file, a message id; kept in the ledger as JSON text pairs."""

    details: Mapping[str, str] = field(default_factory=dict)


class Retry(Exception):  # noqa: N818 - a word of the protocol, not a mistake
    """Nothing left; it may work later, after `seconds` or when the ledger's back-off says."""

    def __init__(self, reason: str, seconds: float | None = None) -> None:
        super().__init__(reason)
        self.seconds = seconds


class Refused(Exception):  # noqa: N818 - a word of the protocol, not a mistake
    """Nothing left, and trying again won't help."""


@runtime_checkable
class Adapter(Protocol):
    """Delivers actions. Anything but `Retry` and `Refused` that `deliver` raises leaves the action in doubt.

    Attributes:
        name: what the ledger calls it.
        channels: the channels it can serve.
        idempotent: whether delivering a key twice is delivering it once. If not, an action whose worker died is in
            doubt until a person resolves it.
        real: whether anything leaves the house: only with `live: true` in the operator's file.
    """

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def channels(self) -> frozenset[str]: ...  # noqa: D102
    @property
    def idempotent(self) -> bool: ...  # noqa: D102
    @property
    def real(self) -> bool: ...  # noqa: D102

    def deliver(self, job: Job) -> Receipt:
        """Deliver. What is delivered must be durable after `settle`, not before.

        Raises:
            Retry: nothing left, try later.
            Refused: nothing left, and never will.
        """
        ...

    def settle(self) -> None:
        """Make durable what was delivered since the last call; the ledger records it as delivered after this.

        Raises:
            Retry: it isn't; only of adapters that are idempotent.
        """
        ...

    def close(self) -> None:
        """The run is over."""
        ...
