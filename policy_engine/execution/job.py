"""What an adapter gets and gives back: the small protocol behind which anything can deliver."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Job:
    """One action to deliver.

    Attributes:
        key: `action id-attempt`: the idempotency key, the same for every try of an attempt.
        channel: the one that this adapter is asked to serve.
        also: further channels of the action that this adapter serves with it, in one delivery.
        facts: what the message is made of, as JSON data: `action` (its row of the plan), `customer`, `contacts`,
            `payee`, `plan`, `as_of`, `policy`; `messages`: subject, text, html, letter by channel, if they were
            written; and what the adapter `wants`, each under its name.
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


MESSAGES = "messages"
"""What an adapter wants that delivers nothing without the message's own words."""


class Retry(Exception):  # noqa: N818 - a word of the protocol, not a mistake
    """Nothing left; it may work later, after `seconds` or when the ledger's back-off says.

    `tried=False` says that nothing was even tried, as the carrier asked for a pause: it counts for no try.
    """

    def __init__(self, reason: str, seconds: float | None = None, *, tried: bool = True) -> None:
        super().__init__(reason)
        self.seconds = seconds
        self.tried = tried


class Unanswered(Exception):  # noqa: N818 - a word of the protocol, not a mistake
    """Perhaps it left: the carrier was reached and didn't say.

    An idempotent adapter is given the same key again, after `seconds` or when the ledger's back-off says; if it stays
    without an answer, is refused then, or its ground changes meanwhile, the action is in doubt. Other adapters leave it
    in doubt at once.
    """

    def __init__(self, reason: str, seconds: float | None = None) -> None:
        super().__init__(reason)
        self.seconds = seconds


class Refused(Exception):  # noqa: N818 - a word of the protocol, not a mistake
    """Nothing left, and trying again won't help."""


class Broken(Exception):  # noqa: N818 - as above
    """Nothing left, and nothing will before a person has set it right: a login refused, a wrong certificate.

    The run gives the adapter no more actions, and says so once; no try is counted.
    """


@runtime_checkable
class Adapter(Protocol):
    """Delivers actions. Anything else than the exceptions above that `deliver` raises leaves the action in doubt.

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
            Unanswered: perhaps it left.
            Refused: nothing left, and never will.
            Broken: nothing left, and no other action would.
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


@runtime_checkable
class Wanting(Protocol):
    """An adapter that wants more facts than the action: names of what `facts` adds for it.

    `messages` says that nothing of it can leave without the message's own words: a plan of which nobody writes them is
    refused before anything leaves.
    `statement` is the customer's open account as a letter's data; `dossier` the story of the invoices: contacts,
    promises, disputes, proofs out of the ledger (`dossier`); `notices` the formal notices that were delivered, so that
    their letters can be made again; `thread` the ids of e-mails about the same invoices; `figures` how the
    customer stands (`figures`). They cost time when a plan is taken in, so they are asked for.
    """

    @property
    def wants(self) -> frozenset[str]: ...  # noqa: D102


@runtime_checkable
class WantingByChannel(Protocol):
    """An adapter that wants more facts for some of its channels only."""

    def wants_for(self, channel: str) -> frozenset[str]:
        """As `Wanting.wants`, for the actions of one channel."""
        ...


@runtime_checkable
class Checked(Protocol):
    """An adapter that can say whether it would work: `dunning adapters check` asks."""

    def check(self) -> list[str]:
        """What would keep it from delivering, a line each; nothing is sent."""
        ...


@runtime_checkable
class Foreseeing(Protocol):
    """An adapter that sees from an action's facts alone that it would refuse it: the dry run says so."""

    def foresee(self, channel: str, facts: Mapping[str, Any]) -> str | None:
        """Why, or None; `deliver` may still find something else."""
        ...


@runtime_checkable
class Preparing(Protocol):
    """An adapter that can begin with many jobs at once, before each is delivered: to set letters side by side, say."""

    def prepare(self, jobs: Sequence[Job]) -> None:
        """Begin with what `deliver` will be asked for next. Nothing leaves; what fails here fails again there."""
        ...


@runtime_checkable
class LookingAhead(Preparing, Protocol):
    """An adapter that may go on with the next jobs while those before are settled and recorded.

    If `looks_ahead`, it is prepared for the next jobs before the ones at hand are delivered; idempotent adapters only.
    """

    @property
    def looks_ahead(self) -> bool: ...  # noqa: D102


@runtime_checkable
class Noting(Protocol):
    """An adapter that has something to tell people at the end of a run: where a batch lies, what couldn't be made."""

    def notes(self) -> list[str]:
        """What there is to tell since the last call, a line each."""
        ...


@dataclass(frozen=True, slots=True)
class Return:
    """News that a delivered action came back.

    Attributes:
        key: the job's.
        reason: what the carrier said, one line.
        source: where the news lies, for the receipt.
        permanent: False for news of a delay: nothing came back yet.
    """

    key: str
    reason: str
    source: str
    permanent: bool = True


@runtime_checkable
class Returning(Protocol):
    """An adapter that hears of what comes back: bounces, undeliverable letters."""

    def returns(self) -> "list[Return]":
        """The news since what was `noted` last; the same again when the process died before."""
        ...

    def noted(self, news: "list[Return]") -> None:
        """These stand in the ledger now; they needn't be told again."""
        ...
