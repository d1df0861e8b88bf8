"""`dunning`: the commands, loaded when they are used. Errors go to stderr as one line, never as a traceback."""

import errno
import importlib
import sys
from collections.abc import Mapping
from typing import ClassVar, NoReturn

import click

from policy_engine import __version__
from policy_engine.cli.memory import hold_collector

DONE, FINDINGS, USAGE, STOPPED, INTERNAL = range(5)
"""Exit codes: done, findings, unusable input, stopped by a safeguard, internal error."""

COMMANDS = {
    "init": "a policy repository to start from: policy, tests, CI, hooks, editor settings",
    "validate": "check policies: all findings at once, each with its place and a fix",
    "test": "run the policies' own tests, and list the rules that none of them reaches",
    "describe": "a policy on one page, in plain French or English",
    "plan": "what a policy does to a portfolio: who is contacted, why, and why everybody else is left alone",
    "diff": "what a policy change does to the portfolio, before it is merged",
    "execute": "carry a plan out: every action once, recorded in a ledger",
    "approve": "let actions leave that wait for a person",
    "reject": "leave the invoices of actions alone for some days",
    "resolve": "say what became of actions in doubt",
    "void": "what was delivered stops counting; what waits is cancelled",
    "returned": "what was delivered came back: the next plan asks again",
    "ledger": "look at a ledger, verify its chain, purge what is personal and old",
    "payee": "confirm the bank details that messages name; a change needs two people",
    "adapters": "check the adapters of the operator's file; ask them what came back",
    "explain": "why, why not, and when next, for a customer or an invoice",
    "why": "the same as explain",
    "preview": "the message of a step for a customer: text, page, letter as PDF",
    "triage": "invoices that need a person before dunning begins: the list, a worksheet, and back",
    "simulate": "what-if over months: several policies side by side on one scenario, day by day",
    "import": "other people's files into a snapshot: any ledger's CSV export, the French FEC",
    "desk": "note a promise, a dispute, a block, a waiver, a note; nothing is edited",
    "rates": "the reference rates: how far they are known, their checks, a company's own",
    "schema": "the JSON Schemas of policies, snapshots and plans",
}
_MODULES = {"why": "explain", "import": "imports"}


class LazyGroup(click.Group):
    """Knows its commands by name and loads a module when its command is called.

    Class attributes:
        COMMANDS: what each command does, in the order of a day's work.
        MODULES: the module of a command that isn't called like it.
    """

    COMMANDS: ClassVar[Mapping[str, str]] = COMMANDS
    MODULES: ClassVar[Mapping[str, str]] = _MODULES

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of a day's work."""
        del ctx
        return list(self.COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, loaded now."""
        del ctx
        if cmd_name not in self.COMMANDS:
            return None
        module = importlib.import_module(f"policy_engine.cli.{self.MODULES.get(cmd_name, cmd_name)}")
        command = module.command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with the nearest name when there is no such command."""
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in self.COMMANDS:
            from policy_engine.values.diagnostics import did_you_mean
            from policy_engine.values.text import inert

            hint = did_you_mean(name, self.COMMANDS)
            ctx.fail(f"no command `{inert(name)}`" + (f"; {hint}" if hint else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without loading any."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(self.COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="dunning")
def app() -> None:
    """Dunning policy as code: a policy and a snapshot of the receivables become an explained action plan.

    Example: dunning plan -p policies/fr-b2b.yaml -s examples/portfolio

    Exit codes: 0 done; 1 findings; 2 wrong usage or input that can't be used; 3 a safeguard stopped the plan;
    4 internal error.
    """


def main() -> NoReturn:
    """Run the command line and exit."""
    hold_collector()
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run the command line; the exit code. Nothing a user does ends in a traceback."""
    try:
        # Not `app.main`: it answers a closed pipe with exit code 1.
        with app.make_context("dunning", list(arguments)) as context:
            code = app.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        _show(error)
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped by the keyboard", err=True)
        return 130
    except BrokenPipeError:
        _close_stdout()
        return DONE
    except OSError as error:
        from policy_engine.values.text import inert

        if error.errno in (errno.ENOSPC, errno.EDQUOT):  # a write names no file
            click.echo(f"Error: {error.strerror}; make room, and run the same command again", err=True)
            return USAGE
        if error.filename is None:
            click.echo(_report(error), err=True)
            return INTERNAL
        click.echo(f"Error: {inert(str(error.filename))}: {error.strerror}", err=True)
        return USAGE
    except Exception as error:  # noqa: BLE001 - the last line of defence: one line instead of a traceback
        from policy_engine.execution.errors import LedgerError
        from policy_engine.values.text import inert

        if isinstance(error, LedgerError):
            click.echo(f"Error: {inert(str(error))}", err=True)
            return USAGE
        if isinstance(error, ModuleNotFoundError) and error.name in ("sqlalchemy", "alembic"):
            needs = f"this needs one more package ({error.name}): pip install 'dunning-policy-engine[ledger]'"
            click.echo(f"Error: {needs}", err=True)
            return USAGE
        click.echo(_report(error), err=True)
        return INTERNAL
    return code if isinstance(code, int) else DONE


def _show(error: click.ClickException) -> None:
    """As click does, inert: arguments may be names of files that strangers made."""
    from io import StringIO

    from policy_engine.values.text import inert

    lines = StringIO()
    error.show(lines)
    for line in lines.getvalue().splitlines():
        click.echo(inert(line), err=True)


def _report(error: Exception) -> str:
    """One line for a bug report: what, where in the package, which version."""
    from policy_engine.values.text import inert

    place = ""
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if "policy_engine" in file:
            place = f" at {file.rpartition('policy_engine')[2].lstrip('/')}:{trace.tb_lineno}"
        trace = trace.tb_next
    what = inert(f"{type(error).__name__}: {error}")[:300]
    return f"internal error: {what}{place} (dunning {__version__}); please report this line with the command you ran"


def _close_stdout() -> None:
    """The reader went away: nobody is left to write to, and the interpreter mustn't complain about it at exit."""
    import os

    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
