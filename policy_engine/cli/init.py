"""`dunning init`: a policy repository to start from."""

import shlex
from pathlib import Path
from typing import Literal

import click

from policy_engine import __version__
from policy_engine.cli.main import DONE, USAGE
from policy_engine.cli.output import json_to_stdout
from policy_engine.values.text import inert


class InitError(click.ClickException):
    """A repository that can't be made there."""

    exit_code = USAGE


@click.command(
    "init",
    short_help="a policy repository to start from",
    epilog="Example: dunning init acme-dunning --pack fr-b2b --lang fr",
)
@click.argument("folder", metavar="DIR", type=click.Path())
@click.option("--pack", default="fr-b2b", show_default=True, help="The ready policy that yours extends.")
@click.option("--name", help="The policy's name; the folder's without it.")
@click.option(
    "--lang", "language", type=click.Choice(["en", "fr"]), default="en", show_default=True,
    help="Of the README, the comments and the tests' names.",
)  # fmt: skip
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(folder: str, pack: str, name: str | None, language: Literal["en", "fr"], format_: str) -> int:
    """Scaffold a policy repository in DIR that passes its own CI.

    A policy that extends a pack, its tests, an invented sample, a GitHub Actions workflow, pre-commit hooks, settings
    that bind the JSON Schemas in editors, a desk. Nothing that is there is replaced: what is in the way is listed, and
    then nothing is written.
    """
    from policy_engine.scaffold.content import is_policy_name, packs, policy_name, repository_files
    from policy_engine.scaffold.put import in_the_way, put
    from policy_engine.values.diagnostics import did_you_mean

    known = packs()
    pack = pack.removeprefix("pack:")
    if pack not in known:
        hint = did_you_mean(pack, known) or f"one of {', '.join(known)}"
        raise InitError(f"no pack is called `{inert(pack)}`; {hint}")
    path = Path(folder)
    if name is None:
        name = policy_name(path.resolve().name)
    elif not is_policy_name(name):
        raise InitError(f"`{inert(name)}` is no name for a policy: lower-case letters, figures and hyphens")
    files = repository_files(name, pack, language, __version__)
    obstacles = in_the_way(path, files)
    if obstacles:
        listed = "\n".join(f"  {inert(str(path / one))}" for one in obstacles)
        raise InitError(f"nothing was written, because this is there already:\n{listed}")
    try:
        put(path, files)
    except OSError as error:
        raise InitError(f"can't write to {inert(folder)}: {error.strerror or 'something is in the way'}") from error
    if format_ == "json":
        json_to_stdout({"folder": folder, "policy": name, "pack": pack, "written": list(files)})
    else:
        _tell(folder, name, list(files))
    return DONE


def _tell(folder: str, name: str, files: list[str]) -> None:
    for file in files:
        click.echo(inert(f"{folder}/{file}"))
    click.echo(f"\n{len(files)} files written. Look next:")
    for line in (
        f"cd {shlex.quote(folder)}",
        f"dunning validate policies/{name}.yaml",
        "dunning test policies",
        f"dunning plan -p policies/{name}.yaml -s sample -s desk",
    ):
        click.echo(f"  {inert(line)}")
