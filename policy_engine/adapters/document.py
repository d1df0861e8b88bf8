"""What documents that leave the house share: closed models with a word on every key, and JSON Schemas made of them."""

import json
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from policy_engine.language.schema import DRAFT
from policy_engine.values.text import inert_json

Amount = Annotated[str, Field(pattern=r"^-?[0-9]+(\.[0-9]+)?$", examples=["1250.50"])]
"""An amount as decimal text of its currency."""
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$", examples=["EUR"])]
Day = Annotated[str, Field(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$", examples=["2026-10-30"])]


class Part(BaseModel):
    """A part of a document."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def said(description: str, *examples: Any) -> Any:
    """A key with the words that its schema shows."""
    return Field(description=description, examples=list(examples) or None)


def midnight(day: date | str) -> str:
    """A day as a moment, RFC 3339: its beginning in UTC."""
    return f"{day}T00:00:00Z"


class Recipient(Part):
    """Whom a document is about."""

    id: str = said("As in the snapshot.", "C-0021")
    name: str = said("The customer's name.", "Garage Masson SA")
    registration: str | None = said("Registration number, e.g. SIREN.", "732829320")


class Invoice(Part):
    """An invoice as documents name it."""

    id: str = said("As in the snapshot.", "F-00147")
    number: str = said("The number printed on it.", "FA-2026-1149")
    currency: Currency = said("ISO 4217 code.")
    due_date: Day = said("Day by which it was to be paid.")
    days_late: int = said("Days since the due date.", 15)
    outstanding: Amount = said("What is outstanding.")


class Sent(Part):
    """What a document says of itself, the same at each try."""

    timestamp: str = said(
        "The day for which the plan was made, as a moment; the same at each try.", midnight("2026-10-30")
    )
    key: str = said("The idempotency key, the same at each try; of a webhook as in the header `webhook-id`.")
    trial: bool = said("Whether it is a trial.", False)  # noqa: FBT003


def json_bytes(document: Part) -> bytes:
    """The document as it is sent: JSON in UTF-8, the same bytes for the same values, nothing in it that acts."""
    text = json.dumps(document.model_dump(mode="json"), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return inert_json(text).encode("utf-8", "backslashreplace")


def schema_of(model: type[Part], name: str, title: str) -> dict[str, Any]:
    """The JSON Schema of documents, draft 2020-12, as the models say it."""
    schema: dict[str, Any] = _plain(model.model_json_schema(mode="serialization"))
    definitions = schema.pop("$defs", {})
    head = {"$schema": DRAFT, "$id": f"{name}.schema.json", "title": title}
    return {**head, **schema, "$defs": {key: definitions[key] for key in sorted(definitions)}}


def _plain(node: Any) -> Any:
    """Without the titles that say what the keys say already."""
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: {name: _plain(part) for name, part in value.items()} if key in {"properties", "$defs"} else _plain(value)
        for key, value in node.items()
        if key != "title"
    }
