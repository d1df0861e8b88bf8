"""What `validate` says of the templates that a policy names: each language, each channel, each fallback.

A policy without a `templates` folder of its own stands on the shipped set, which is checked like any other.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from policy_engine.explanation.locale import Language
from policy_engine.policy.resolved import Policy
from policy_engine.templates.check import check_source, closure
from policy_engine.templates.context import Carrier
from policy_engine.templates.source import NAME, Folders, template_name
from policy_engine.values.diagnostics import Diagnostic, did_you_mean, in_order
from policy_engine.values.position import Position

LANGUAGES: tuple[Language, ...] = ("fr", "en")
_CALLED = {"fr": "French", "en": "English"}


def template_findings(policy: Policy, sources: Mapping[str, Sequence[str]] | None = None) -> tuple[Diagnostic, ...]:
    """Every finding in the templates that a policy uses, and in every file of its own `templates` folder.

    Args:
        policy: whose templates.
        sources: the lines of the policy's files by name, to show those that a finding points at.
    """
    folders = Folders.beside(policy.file)
    found: list[Diagnostic] = []
    files: dict[tuple[Language, str], None] = {}
    for name, channel, at in _used(policy):
        for language in LANGUAGES:
            file = folders.find(name, language, channel)
            if file is None:
                found.append(_missing(name, channel, language, at, folders))
            else:
                files[language, file] = None
    files |= dict.fromkeys(folders.own_files())
    for language, file in files:
        texts, wrong = closure(file, language, folders)
        found += wrong
        for text in texts:
            found += check_source(text, language, folders)
    return in_order(replace(one, source=_line(one, sources or {})) if one.source is None else one for one in found)


def _line(found: Diagnostic, sources: Mapping[str, Sequence[str]]) -> str | None:
    lines = sources.get(found.position.file, ())
    return lines[found.position.line - 1] if 1 <= found.position.line <= len(lines) else None


def _used(policy: Policy) -> Iterator[tuple[str, Carrier, Position]]:
    """(template, channel, place) of every step and intervention: its channel, its fallback, its second carriers."""
    for ladder in policy.ladders:
        for step in ladder.steps:
            channels = [step.channel, *([step.otherwise] if step.otherwise else []), *step.also]
            for channel in channels:
                name = template_name(step.template, step.stage, channel, step.name)
                if name is not None:
                    yield name, channel, step.position
    for intervention in policy.interventions:
        name = template_name(intervention.template, "", intervention.channel, intervention.name)
        if name is not None:
            yield name, intervention.channel, intervention.position


def _missing(name: str, channel: str, language: Language, at: Position, folders: Folders) -> Diagnostic:
    known = folders.names(language)
    hint = did_you_mean(name, known) or f"write `{folders.shown}/{language}/{name[:60]}.jinja`"
    if not NAME.fullmatch(name):
        hint = "a template's name is small letters, digits and `_`"
    message = f"there is no template `{name[:60]}` in {_CALLED[language]} for the channel `{channel}`"
    return Diagnostic("DUN440", "error", message, at, hint)
