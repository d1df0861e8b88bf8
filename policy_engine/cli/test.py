"""`dunning test`: the policies' own YAML tests."""

from pathlib import Path
from typing import Literal

import click

from policy_engine import __version__
from policy_engine.cli.inputs import company_rates_option, progress, read_company_rates, unusable
from policy_engine.cli.main import DONE, FINDINGS, USAGE
from policy_engine.cli.reporting import report_options, write_report
from policy_engine.reporting.render import Format
from policy_engine.values.text import inert


@click.command(
    "test",
    short_help="the policies' own tests",
    epilog="Example: dunning test policies --coverage --min-coverage 95",
)
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path())
@click.option("-p", "--policy", "policy_path", help="Test this policy instead of the one that the test files name.")
@click.option("-k", "--only", "part", metavar="TEXT", help="Only tests whose name contains TEXT, in any case.")
@click.option("--coverage", is_flag=True, help="List the rules that no test reached.")
@click.option("--min-coverage", "least", type=click.IntRange(0, 100), help="Exit 1 below this share of rules, in %.")
@report_options
@click.option("--lang", "language", type=click.Choice(["en", "fr"]), default="en", help="Of the explanations.")
@company_rates_option
def command(
    paths: tuple[str, ...],
    policy_path: str | None,
    part: str | None,
    coverage: bool,  # noqa: FBT001 - click passes options by name
    least: int | None,
    format_: Format,
    output: str | None,
    docs_url: str | None,
    language: Literal["en", "fr"],
    rates_folder: str | None,
) -> int:
    """Run the tests in files called NAME.test.yaml: of a folder, of a policy (acme.yaml, pack:fr-b2b), or one file.

    Without PATH: of this folder and all below it. Every test runs, whatever became of the others.

    Exit codes: 0 all passed; 1 a test failed or can't be run, or too few rules were reached; 2 a file or its policy
    can't be used, or there is no test.
    """
    from policy_engine.testing.coverage import Coverage
    from policy_engine.testing.find import find_tests
    from policy_engine.testing.load import load_suite
    from policy_engine.testing.policies import Policies
    from policy_engine.testing.report import coverage_data, tests_report
    from policy_engine.testing.run import Runner, run_suite

    files, missing = find_tests([Path(path) for path in paths] or [Path()])
    rates, wrong = read_company_rates(rates_folder)
    if wrong or missing:
        unusable((*missing, *wrong))
    observer = Coverage() if coverage or least is not None else None
    policies = Policies(instead=None if policy_path is None else Path(policy_path), rates=rates)
    runner = Runner(policies, observer, language)
    wanted = None if part is None else part.casefold()
    progress(f"running the tests of {len(files)} files ...")
    suites = [
        run_suite(load_suite(file), runner, None if wanted is None else lambda name: wanted in name.casefold())
        for file in files
    ]
    covered = () if observer is None else observer.covered()
    if part is not None and not any(suite.cases or suite.diagnostics for suite in suites):
        raise click.UsageError(f"no test has `{inert(part)}` in its name")
    report = tests_report(suites, covered, least, __version__)
    more = {"coverage": coverage_data(covered, least)} if observer is not None else None
    write_report(report, format_, output, docs_url, more=more)
    return {"passed": DONE, "failed": FINDINGS, "unusable": USAGE}[report.verdict]
