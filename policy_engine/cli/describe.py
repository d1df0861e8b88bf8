"""`dunning describe`: a policy on one page, in plain French or English."""

from datetime import date
from pathlib import Path

import click

from policy_engine.cli.inputs import Day, company_rates_option, read_company_rates, show, today
from policy_engine.cli.main import DONE, USAGE
from policy_engine.cli.output import text_to_stdout, to_file


@click.command(
    "describe",
    short_help="a policy on one page, in plain French or English",
    epilog="Example: dunning describe policies/fr-b2b.yaml --lang fr --format html -o policy.html",
)
@click.argument("policy", metavar="POLICY")
@click.option("--lang", "language", type=click.Choice(["en", "fr"]), help="By default the policy's own `locale`.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["markdown", "html", "json"]),
    help="By default HTML for an output file that ends in .html, else Markdown.",
)
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="Write the page to a file.")
@click.option("--as-of", type=Day(), help="The day whose reference rates are shown; today without it.")
@company_rates_option
def command(
    policy: str,
    language: str | None,
    format_: str | None,
    output: Path | None,
    as_of: date | None,
    rates_folder: str | None,
) -> int:
    """Say what a policy does, on one page that a director can read: made from the YAML, so never out of date."""
    from policy_engine.description.build import describe
    from policy_engine.description.render import render
    from policy_engine.language.load import load_policy

    day = as_of or today()
    rates, wrong = read_company_rates(rates_folder)
    path = Path(policy)
    result = load_policy(path, as_of=day, rates=rates)
    show([*wrong, *(d for d in result.diagnostics if d.severity == "error")])
    if result.policy is None or any(d.severity == "error" for d in wrong):
        return USAGE
    chosen = language or ("fr" if result.policy.locale.lower().startswith("fr") else "en")
    page = describe(
        result.policy, language="fr" if chosen == "fr" else "en", as_of=day, description=result.description or ""
    )
    kind = format_ or ("html" if output is not None and output.suffix.lower() in (".html", ".htm") else "markdown")
    text = render(page, kind)
    if output is None:
        text_to_stdout(text)
    else:
        to_file(output, lambda stream: _written(stream.write(text)))
    return DONE


def _written(_count: int) -> None:
    """What `write` returns doesn't matter."""
