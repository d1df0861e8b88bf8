"""A plan as tables for people at a terminal: first the figures, then what to do, then who is left alone and why.

Every text that comes from files is made inert and never read as markup. Rich is loaded only here.
"""

from collections.abc import Callable, Iterable, Sequence
from io import StringIO
from typing import TYPE_CHECKING

from policy_engine.explain.sentences import Money, Words, next_sentence, why_sentence, words_of
from policy_engine.plan.model import Action, Outcome, Plan
from policy_engine.values.text import inert

if TYPE_CHECKING:
    from rich.table import Table

    from policy_engine.explain.locale import Language

NARROWEST = 60
"""Below this width tables can't be read anyway; columns are laid out for it."""
_LEFT_ALONE = ("held", "waiting")


class _Screen:
    """Where lines and tables are put: a rich console that writes into text."""

    def __init__(self, words: Words, width: int, limit: int, *, colour: bool) -> None:
        from rich.console import Console

        self.words = words
        self.limit = limit
        self._file = StringIO()
        self.width = max(NARROWEST, width)
        self._console: Console = Console(
            file=self._file,
            width=self.width,
            force_terminal=colour,
            color_system="standard" if colour else None,
            no_color=not colour,
            highlight=False,
            markup=False,
            emoji=False,
            legacy_windows=False,
            _environ={},
        )

    def line(self, text: str = "", style: str | None = None) -> None:
        """A line of text, folded at the width."""
        from rich.text import Text

        self._console.print(Text(text, style=style or ""), soft_wrap=False)

    def title(self, key: str, **facts: object) -> None:
        """A blank line and a heading."""
        self.line()
        self.line(self.words.say(key, **facts), style="bold")

    def table(self, columns: Sequence[tuple[str, str]]) -> "Table":
        """An empty table; a column is (heading, `left`, `right` or `wide`: folds and takes what is left)."""
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, pad_edge=False, header_style="dim")
        for heading, kind in columns:
            table.add_column(
                Text(heading),
                justify="right" if kind == "right" else "left",
                overflow="fold",
                no_wrap=kind == "right",
                ratio=None,
            )
        return table

    def show(self, table: "Table", indent: int = 2) -> None:
        """Print a table."""
        from rich.padding import Padding

        self._console.print(Padding(table, (0, 0, 0, indent)))

    def more(self, left: int) -> None:
        """Say how many rows were cut."""
        if left > 0:
            self.line("  " + self.words.say("report.more", count=self.words.locale.count(left)), style="dim")

    def text(self) -> str:
        """All that was printed, without blanks at the ends of lines."""
        return "\n".join(line.rstrip() for line in self._file.getvalue().splitlines()) + "\n"


def _row(table: "Table", cells: Iterable[str], style: str | None = None) -> None:
    from rich.text import Text

    table.add_row(*(Text(inert(cell)) for cell in cells), style=style)


def _header(screen: _Screen, plan: Plan) -> None:
    words = screen.words
    engine = " ".join([plan.header.engine, *(text for name, text in plan.header.versions if name == "engine")])
    head = words.say("report.head", policy=plan.policy, version=plan.policy_version, as_of=plan.as_of, engine=engine)
    screen.line(
        f"{words.say('report.title')}: {head}; {words.say('report.valid', valid_until=plan.valid_until)}", "bold"
    )
    if not plan.vouched:
        screen.line(words.say("report.unvouched"), "yellow")
    for stop in plan.stopped:
        text = words.say(
            "report.stopped", safeguard=stop.safeguard, found=stop.found, allowed=stop.allowed, rule=stop.rule or "-"
        )
        screen.line(text, "bold red")


def _bucket(words: Words, name: str) -> str:
    return words.say(f"report.bucket.{name}") if name in ("not_due", "unallocated") else name


def _aged(screen: _Screen, plan: Plan) -> None:
    """The aged balance: its columns add up to the ledger balance to the cent."""
    words, locale = screen.words, screen.words.locale
    summary = plan.summary
    screen.title("report.aged")
    table = screen.table(
        [
            ("", "left"),
            *((_bucket(words, bucket.name), "right") for bucket in summary.aged),
            (words.say("report.total"), "right"),
        ]
    )
    money = [locale.plain(bucket.amount, plan.currency) for bucket in summary.aged]
    _row(table, [plan.currency, *money, locale.plain(summary.balance, plan.currency)])
    counts = [locale.count(bucket.invoices) for bucket in summary.aged]
    total = locale.count(sum(bucket.invoices for bucket in summary.aged))
    _row(table, [words.say("report.items"), *counts, total], style="dim")
    screen.show(table)
    others = [Money(minor, code) for code, minor in summary.amount if code != plan.currency]
    if others:
        amounts = ", ".join(locale.amount(money.minor, money.currency) for money in others)
        screen.line("  " + words.say("report.other_currencies", amounts=amounts), "dim")


def _outcomes(screen: _Screen, plan: Plan) -> None:
    words, locale = screen.words, screen.words.locale
    screen.title("report.outcomes")
    table = screen.table(
        [
            (words.say("report.outcome"), "left"),
            (words.say("report.reason"), "left"),
            (words.say("report.invoices"), "right"),
            (words.say("report.gross"), "right"),
            (words.say("report.outstanding"), "right"),
        ]
    )
    previous = ""
    for outcome, reason, count, gross, outstanding in plan.summary.outcomes:
        name = words.say(f"outcome.{outcome}") if outcome != previous else ""
        previous = outcome
        shown = (locale.count(count), locale.plain(gross, plan.currency), locale.plain(outstanding, plan.currency))
        _row(table, [name, reason, *shown])
    rows = plan.summary.outcomes
    count, gross, outstanding = (sum(row[column] for row in rows) for column in (2, 3, 4))
    totals = (locale.count(count), locale.plain(gross, plan.currency), locale.plain(outstanding, plan.currency))
    _row(table, [words.say("report.all"), "", *totals], style="bold")
    screen.show(table)
    if plan.summary.unreadable:
        text = words.say("report.unreadable", count=locale.count(plan.summary.unreadable))
        screen.line(f"  {text}", "yellow")


def _totals(actions: Sequence[Action], words: Words) -> str:
    sums: dict[str, int] = {}
    for action in actions:
        sums[action.currency] = sums.get(action.currency, 0) + action.total
    return ", ".join(words.locale.amount(minor, code) for code, minor in sorted(sums.items()))


def _actions(screen: _Screen, plan: Plan) -> None:
    """Actions by stage, the highest first; within a stage the largest first, then by customer."""
    words, locale = screen.words, screen.words.locale
    screen.title("report.actions", count=locale.count(len(plan.actions)))
    stages: dict[tuple[int, str], list[Action]] = {}
    for action in plan.actions:
        stages.setdefault((-action.rank, action.stage), []).append(action)
    if not stages:
        screen.line("  " + words.say("report.none"), "dim")
    for (_, stage), actions in sorted(stages.items()):
        actions.sort(key=lambda action: (-action.total, action.customer, action.id))
        grave = any(action.approval is not None and action.approval.grave for action in actions)
        count = locale.count(len(actions))
        heading = words.say("report.stage", stage=stage, count=count, total=_totals(actions, words))
        screen.line(f"  {heading}", "bold red" if grave else "bold")
        narrow = screen.width < 100
        table = screen.table(
            [
                (words.say("report.customer"), "wide"),
                ("", "left"),
                (words.say("report.how"), "left"),
                (words.say("report.invoices"), "right"),
                (words.say("report.asked"), "right"),
                *([] if narrow else [(words.say("report.charges"), "right")]),
                (words.say("report.send"), "left"),
                *([] if narrow else [(words.say("report.approval"), "left")]),
            ]
        )
        for action in actions[: screen.limit]:
            how = words.channel(action.channel)
            if action.step != stage:
                how = f"{action.step}, {how}"
            charges = action.interest + action.lump_sums
            approval = "" if action.approval is None else action.approval.role
            _row(
                table,
                [
                    action.customer,
                    _short(action.customer_name, 24 if narrow else 34),
                    how,
                    locale.count(len(action.demanded) + len(action.mentioned)),
                    locale.amount(action.total, action.currency),
                    *([] if narrow else [locale.plain(charges, action.currency) if charges else ""]),
                    locale.day(action.send_on),
                    *([] if narrow else [approval]),
                ],
            )
        screen.show(table, indent=4)
        screen.more(len(actions) - screen.limit)


def _short(text: str, width: int) -> str:
    text = inert(text)
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _left_alone(screen: _Screen, plan: Plan) -> None:
    """Held and waiting invoices: what is nearest comes first, what has no date last."""
    words = screen.words
    found = [outcome for outcome in plan.outcomes if outcome.outcome in _LEFT_ALONE]
    if not found:
        return
    screen.title("report.holds", count=words.locale.count(len(found)))
    found.sort(key=_nearest)
    _outcome_rows(screen, plan, found, lambda outcome: next_sentence(outcome.next, words))


def _nearest(outcome: Outcome) -> tuple[bool, str, str, str]:
    on = outcome.next.on if outcome.next else None
    waiting = outcome.outcome == "waiting"
    return (waiting, on.isoformat() if on else "9999", outcome.customer, outcome.invoice)


def _outcome_rows(screen: _Screen, plan: Plan, found: Sequence[Outcome], after: Callable[[Outcome], str]) -> None:
    words, locale = screen.words, screen.words.locale
    table = screen.table(
        [
            (words.say("report.customer"), "left"),
            (words.say("report.invoice"), "left"),
            (words.say("report.outstanding"), "right"),
            (words.say("report.why"), "wide"),
            (words.say("report.next"), "wide"),
        ]
    )
    limit = screen.limit
    # Some of each kind: twelve holds must not hide every wait.
    shown = [outcome for name in _LEFT_ALONE for outcome in [o for o in found if o.outcome == name][:limit]]
    shown = shown or list(found[:limit])
    for outcome in shown:
        money = ""
        if outcome.outstanding is not None and outcome.currency is not None:
            money = locale.amount(outcome.outstanding, outcome.currency)
        _row(table, [outcome.customer, outcome.number, money, why_sentence(outcome, words), after(outcome)])
    screen.show(table)
    screen.more(len(found) - len(shown))


def _charges_due(screen: _Screen, plan: Plan) -> None:
    words, locale = screen.words, screen.words.locale
    found = [outcome for outcome in plan.outcomes if outcome.reason == "charges_due" and outcome.outcome == "settled"]
    if not found:
        return
    screen.title("report.charges_due", count=locale.count(len(found)))

    def due(outcome: Outcome) -> int:
        return sum(charge.asked for charge in outcome.charges)

    found.sort(key=lambda outcome: (-due(outcome), outcome.customer, outcome.invoice))
    table = screen.table(
        [
            (words.say("report.customer"), "left"),
            (words.say("report.invoice"), "left"),
            (words.say("report.due"), "left"),
            (words.say("report.asked"), "right"),
        ]
    )
    for outcome in found[: screen.limit]:
        day = "" if outcome.due_date is None else locale.day(outcome.due_date)
        money = locale.amount(due(outcome), outcome.currency or plan.currency)
        _row(table, [outcome.customer, outcome.number, day, money])
    screen.show(table)
    screen.more(len(found) - screen.limit)


def _findings(screen: _Screen, plan: Plan) -> None:
    words = screen.words
    if plan.alerts:
        screen.title("report.alerts", count=words.locale.count(len(plan.alerts)))
        for alert in plan.alerts[: screen.limit]:
            times = f" (x {words.locale.count(alert.count)})" if alert.count > 1 else ""
            screen.line(f"  {inert(alert.code)}: {inert(alert.message)}{times}", "yellow")
        screen.more(len(plan.alerts) - screen.limit)
    if plan.problems:
        screen.title("report.problems", count=words.locale.count(len(plan.problems)))
        for problem in plan.problems[: screen.limit]:
            screen.line(f"  {inert(problem.where)}: {inert(problem.code)} {inert(problem.message)}", "yellow")
        screen.more(len(plan.problems) - screen.limit)


def _look_next(screen: _Screen, plan: Plan, command: str) -> None:
    words = screen.words
    screen.title("report.look")
    ident = _telling(plan)
    hints = []
    if ident is not None:
        hints.append((f"dunning why {_quoted(ident)} {command}", words.say("report.look.why")))
    hints.append((f"dunning plan {command} -o plan.json", words.say("report.look.out")))
    for text, what in hints:
        screen.line(f"  {text}")
        screen.line(f"      {what}", "dim")


def _telling(plan: Plan) -> str | None:
    """A customer worth a look: of the highest action, else of the first invoice left alone, else of any invoice."""
    if plan.actions:
        return max(plan.actions, key=lambda action: (action.rank, action.total)).customer
    alone = [outcome.customer for outcome in plan.outcomes if outcome.outcome in _LEFT_ALONE]
    return next(iter(alone), plan.outcomes[0].customer if plan.outcomes else None)


def _quoted(text: str) -> str:
    import shlex

    return shlex.quote(inert(text))


def plan_text(
    plan: Plan,
    *,
    language: "Language" = "en",
    width: int = 100,
    colour: bool = False,
    limit: int = 12,
    command: str = "-p POLICY -s SNAPSHOT",
) -> str:
    """The plan as text `width` columns wide, ending with the line that counts the problems.

    Args:
        plan: what to show.
        language: `en` or `fr`.
        width: columns of the terminal; at least 60 are used.
        colour: whether to write ANSI colours.
        limit: rows shown of each list; the rest is counted.
        command: the options to repeat in the hints, e.g. `-p policies/fr-b2b.yaml -s examples/portfolio`.
    """
    words = words_of(language)
    screen = _Screen(words, width, limit, colour=colour)
    _header(screen, plan)
    _aged(screen, plan)
    _outcomes(screen, plan)
    _actions(screen, plan)
    _left_alone(screen, plan)
    _charges_due(screen, plan)
    _findings(screen, plan)
    _look_next(screen, plan, command)
    screen.line()
    count = words.locale.count
    last = words.say(
        "report.last",
        actions=count(len(plan.actions)),
        invoices=count(plan.summary.invoices),
        problems=count(len(plan.problems)),
        alerts=count(len(plan.alerts)),
    )
    screen.line(last, "bold red" if plan.problems or plan.stopped else "bold")
    return screen.text()
