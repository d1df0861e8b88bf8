"""Webhooks: each action as one signed JSON document to an endpoint of the operator's (Standard Webhooks)."""

from typing import TYPE_CHECKING

from policy_engine.adapters.http.settings import HttpSettings
from policy_engine.execution.job import Job, Receipt
from policy_engine.execution.kinds import Kind, SettingsError, Surroundings
from policy_engine.language.models.base import key
from policy_engine.language.scalars import Flag

if TYPE_CHECKING:
    from policy_engine.adapters.http.endpoint import Endpoint

CHANNELS = frozenset({"webhook", "email", "letter", "registered_letter", "call", "task", "placement"})
"""What a receiver may be asked for; orders are held and released by the kind `orders`."""


class WebhookSettings(HttpSettings):
    """Where webhooks go."""

    contacts: Flag = key(
        "Whether the document names the customer's contact persons: for receivers that write to them.",
        False, default=False,  # noqa: FBT003
    )  # fmt: skip


class WebhookAdapter:
    """Sends actions to one endpoint."""

    channels = CHANNELS
    real = True

    def __init__(self, name: str, endpoint: "Endpoint", *, idempotent: bool = True, contacts: bool = False) -> None:
        self.name = name
        self.idempotent = idempotent
        self._endpoint = endpoint
        self._contacts = contacts

    def deliver(self, job: Job) -> Receipt:
        """Send the action's document.

        Raises:
            Retry: it didn't arrive, or the receiver is busy.
            Unanswered: it may have arrived.
            Refused: the receiver doesn't want it, or the action's facts were purged.
            Broken: the receiver wants none, or isn't the one that was meant.
        """
        from policy_engine.adapters.document import json_bytes
        from policy_engine.adapters.webhook_document import document_of, ident_of

        body = json_bytes(document_of(job, contacts=self._contacts))
        return Receipt(self._endpoint.post(ident_of(job), body))

    def settle(self) -> None:
        """Nothing is left: an answer is final."""

    def close(self) -> None:
        """Close the connection."""
        self._endpoint.close()

    def check(self) -> list[str]:
        """Name, address and certificate of the receiver; no request is sent."""
        return self._endpoint.check()


def endpoint_of(settings: HttpSettings, around: Surroundings) -> "Endpoint":
    """The endpoint of settings, its secrets read.

    Raises:
        SettingsError: a secret is missing, the URL can't be used, or the extra isn't installed.
    """
    try:
        from policy_engine.adapters.http.endpoint import Endpoint
        from policy_engine.adapters.http.reach import reach_of
    except ModuleNotFoundError as error:
        if error.name != "httpcore2":
            raise
        raise SettingsError("it needs the extra `http`: pip install 'dunning-policy-engine[http]'") from error
    return Endpoint(reach_of(settings, around.folder))


def _build(name: str, settings: WebhookSettings, around: Surroundings) -> WebhookAdapter:
    endpoint = endpoint_of(settings, around)
    return WebhookAdapter(name, endpoint, idempotent=settings.idempotent, contacts=settings.contacts)


KIND = Kind(WebhookSettings, _build)
