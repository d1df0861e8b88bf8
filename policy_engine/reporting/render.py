"""The formats by name, each loaded when it is asked for."""

from typing import Any, Literal, get_args

from policy_engine.reporting.model import Report
from policy_engine.reporting.places import Root

Format = Literal["text", "json", "sarif", "junit", "github", "markdown"]
FORMATS: tuple[Format, ...] = get_args(Format)


def render(
    report: Report,
    format_: Format,
    *,
    root: Root | None = None,
    docs: str | None = None,
    more: dict[str, Any] | None = None,
    width: int | None = None,
) -> str:
    """The report in a format.

    Args:
        report: what to render.
        format_: one of `FORMATS`.
        root: the top of the repository, for formats that CI reads.
        docs: the address below which the documentation's pages are; without it there are no links.
        more: further keys for JSON.
        width: columns at which the sentences of text are folded, for a terminal; None leaves them whole.
    """
    top = Root() if root is None else root
    match format_:
        case "text":
            from policy_engine.reporting.as_text import as_text

            return as_text(report, width)
        case "json":
            from policy_engine.reporting.as_json import as_json

            return as_json(report, more, docs=docs)
        case "sarif":
            from policy_engine.reporting.as_sarif import as_sarif

            return as_sarif(report, top, docs=docs)
        case "junit":
            from policy_engine.reporting.as_junit import as_junit

            return as_junit(report)
        case "github":
            from policy_engine.reporting.as_github import as_github

            return as_github(report, top)
        case "markdown":
            from policy_engine.reporting.as_markdown import as_markdown

            return as_markdown(report, docs=docs)
