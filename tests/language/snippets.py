"""A snippet as an editor inserts it: texts raw, as the author would type them, with what stands in their places."""

from typing import Any

import yaml

from policy_engine.language.schema_help import Snippet


class Core(yaml.SafeLoader):
    """YAML 1.2's core schema, nearly: dates stay text, as an editor reads them."""


Core.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read(text: str) -> Any:
    return yaml.load(text, Loader=Core)  # noqa: S506 -- a safe loader with fewer types


def inserted(snippet: Snippet) -> Any:
    """What the inserted text means."""
    raw: list[str] = []

    def marked(body: Any) -> Any:
        if isinstance(body, dict):
            return {marked(key): marked(value) for key, value in body.items()}
        if isinstance(body, list):
            return [marked(item) for item in body]
        if isinstance(body, str):
            raw.append(body)
            return f"place-{len(raw):03}-"
        return body

    text = yaml.safe_dump(marked(snippet.filled()), sort_keys=False)
    for number, words in enumerate(raw, 1):
        text = text.replace(f"place-{number:03}-", words)
    return read(text)
