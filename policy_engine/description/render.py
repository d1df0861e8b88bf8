"""The page in the format asked for."""

import json
from dataclasses import fields, is_dataclass
from typing import Any

from policy_engine.description.html import page_html
from policy_engine.description.markdown import page_markdown
from policy_engine.description.page import Page
from policy_engine.values.text import inert_json


def render(page: Page, kind: str) -> str:
    """The page as `html`, `markdown` or `json`."""
    if kind == "html":
        return page_html(page)
    if kind == "json":
        return inert_json(json.dumps(_data(page), ensure_ascii=True, indent=2)) + "\n"
    return page_markdown(page)


def _data(value: Any) -> Any:
    """Blocks carry their kind, so that a program can tell them apart."""
    if is_dataclass(value) and not isinstance(value, type):
        data = {field.name: _data(getattr(value, field.name)) for field in fields(value)}
        return data if isinstance(value, Page) else {"block": type(value).__name__.lower(), **data}
    if isinstance(value, tuple):
        return [_data(part) for part in value]
    return value
