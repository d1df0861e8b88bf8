"""What the commands about a ledger share: its address, the operator's file, the clock, ids and remarks."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from policy_engine.cli import actor
from policy_engine.cli.about_text import about_lines
from policy_engine.cli.inputs import Day, UnusableInputError, today, unusable
from policy_engine.cli.logs import logged
from policy_engine.cli.main import DONE, FINDINGS
from policy_engine.cli.output import json_to_stdout, lines_to_stdout
from policy_engine.values.text import inert

if TYPE_CHECKING:
    from policy_engine.execution.clock import Clock
    from policy_engine.execution.ledger import Ledger
    from policy_engine.execution.operator_file import Operator
    from policy_engine.execution.people import Decided

LEDGER = click.option(
    "--ledger",
    "address",
    required=True,
    metavar="URL",
    help="The ledger: sqlite:///PATH, a path, or postgresql://USER@HOST/DATABASE.",
)
OPERATOR = click.option(
    "--operator", "operator_path", type=click.Path(), metavar="FILE", help="The operator's file (docs/execution.md)."
)
FORMAT = click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody decides about which actions, as the commands that decide are given it."""

    actions: tuple[str, ...]
    address: str
    operator_path: str | None
    remark: str | None
    day: date | None
    format_: str

    def decide(self, how: "Callable[[Ledger, Operator], Iterable[Decided]]") -> int:
        """Do it on the ledger, by the operator's file; tell what became of each action. The exit code."""
        operator = read_operator(self.operator_path)
        return report(how(open_to_decide(self.address, operator, self.day), operator), self.format_)


class Why(click.ParamType[str]):
    """A reason that is kept: some words."""

    name = "TEXT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The words without the blanks around them, or a usage error."""
        words = str(value).strip()
        if not words:
            self.fail("it is empty: say why in a few words", param, ctx)
        return words


def deciding(command: Callable[..., int]) -> Callable[..., int]:
    """Adds the ids of actions, `--ledger`, `--operator`, `--by`, `--on`, `--format`: as `Asked`; and `--log`."""

    @wraps(command)
    def asked(**given: Any) -> int:
        own = {part.name: given.pop(part.name) for part in fields(Asked)}
        return command(Asked(**own), **given)

    decorated: Callable[..., int] = asked
    options = (
        click.argument("actions", nargs=-1, required=True, metavar="ACTION..."),
        LEDGER,
        OPERATOR,
        click.option("--by", "remark", help="A remark that is kept; who you are is what the system says."),
        click.option("--on", "day", type=Day(), help="Decide as if today were another day; only for trials."),
        FORMAT,
        logged,
    )
    for option in reversed(options):
        decorated = option(decorated)
    return decorated


def clock(day: date | None = None, ahead: timedelta = timedelta(0)) -> "Clock":
    """The time of this computer, or of a clock that is `ahead` of it; `day` says another day."""
    from policy_engine.execution.clock import Moment

    return lambda: Moment(datetime.now(UTC) + ahead, day or today())


def open_ledger(address: str, *, create: bool = False, day: date | None = None) -> "Ledger":
    """The ledger, its time that of its database; it is closed when the command ends.

    Raises:
        LedgerError: it can't be used.
    """
    needs_ledger()
    from policy_engine.execution.database import ahead
    from policy_engine.execution.ledger import Ledger

    ledger = Ledger.open(address, actor.actor(), clock(day), create=create)
    ledger.clock = clock(day, ahead(ledger.engine))
    click.get_current_context().call_on_close(ledger.close)
    return ledger


def open_to_decide(address: str, operator: "Operator", day: date | None) -> "Ledger":
    """The ledger for somebody's decision; another day than today is for trials.

    Raises:
        UsageError: another day, with an operator's file that says `live: true` or on a ledger with real deliveries.
    """
    if day is not None and operator.live:
        raise click.UsageError("--on is for trials: this operator's file says `live: true`")
    ledger = open_ledger(address, day=day)
    if day is not None:
        from policy_engine.execution.trial import known_manner

        with ledger.reading() as connection:
            manner = known_manner(connection)
        if manner is not None and manner[0] == "live":
            raise click.UsageError(f"--on is for trials: this ledger holds real deliveries (since {manner[1]})")
    return ledger


def needs_ledger() -> None:
    """A usage error when the packages that ledgers need aren't installed."""
    from importlib.util import find_spec

    missing = [name for name in ("sqlalchemy", "alembic") if find_spec(name) is None]
    if missing:
        raise UnusableInputError(
            f"ledgers need more packages ({', '.join(missing)}): pip install 'dunning-policy-engine[ledger]'"
        )


def read_operator(path: str | None) -> "Operator":
    """The operator's file, or everything that is wrong with it; without one nobody may do anything."""
    from policy_engine.execution.operator_file import Operator, load_operator

    if path is None:
        return Operator()
    file = load_operator(Path(path))
    if file.operator is None:
        unusable(file.diagnostics)
    return file.operator


def report(decided: "Iterable[Decided]", format_: str) -> int:
    """What became of each action that was named; 1 when nothing was done about one."""
    every = list(decided)
    if format_ == "json":
        from policy_engine.execution.about import about_data

        json_to_stdout([
            {
                "named": one.named, "action": one.action, "state": one.state, "text": one.text,
                "about": None if one.about is None else about_data(one.about),
            }
            for one in every
        ])  # fmt: skip
    else:
        for one in every:
            line = f"{inert((one.action or one.named)[:12])}  {inert(one.text)}"
            if one.state is None:
                click.echo(line, err=True)
            else:
                more = () if one.about is None else about_lines(one.about)
                lines_to_stdout("\n".join([line, *more]) + "\n")
    return FINDINGS if any(one.state is None for one in every) else DONE
