"""E-mail: messages by SMTP, and news of those that came back."""

from typing import TYPE_CHECKING

from policy_engine.adapters.email.settings import EmailSettings
from policy_engine.execution.kinds import Kind, Surroundings

if TYPE_CHECKING:
    from policy_engine.execution.job import Adapter


def _build(name: str, settings: EmailSettings, around: Surroundings) -> "Adapter":
    from policy_engine.adapters.email.build import build_email

    return build_email(name, settings, around)


KIND = Kind(EmailSettings, _build)
