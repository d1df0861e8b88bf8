"""A plan as tables for people at a terminal: first the figures, then what to do, then who is left alone and why.

Every text that comes from files is made inert and never read as markup.
"""

from collections.abc import Sequence

from policy_engine.explanation.finding_sentences import alert_sentence, problem_sentence
from policy_engine.explanation.locale import Language
from policy_engine.explanation.sentences import Words, next_sentence, why_sentence, words_of
from policy_engine.plan.model import Action, Bucket, Outcome, Plan
from policy_engine.reports.credit import credit_tables
from policy_engine.reports.screen import Column, Screen
from policy_engine.values.text import inert

_LEFT_ALONE = ("held", "waiting")
_HOW, _CHARGES, _APPROVAL, _STEP = 2, 5, 7, -1
"""Columns of the actions: a narrow terminal does without approvals, then charges, then the step beside the channel."""


def plan_text(
    plan: Plan,
    *,
    language: Language = "en",
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
    screen = Screen(words, width, limit, colour=colour)
    _header(screen, plan)
    _aged(screen, plan)
    _outcomes(screen, plan)
    _actions(screen, plan)
    _left_alone(screen, plan)
    credit_tables(screen, plan)
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


def _header(screen: Screen, plan: Plan) -> None:
    words = screen.words
    engine = " ".join([plan.header.engine, *(text for name, text in plan.header.versions if name == "engine")])
    head = words.say("report.head", policy=plan.policy, version=plan.policy_version, as_of=plan.as_of, engine=engine)
    valid = words.say("report.valid", valid_until=plan.valid_until)
    screen.line(f"{words.say('report.title')} {head}{words.say('and')}{valid}", "bold")
    if not plan.vouched:
        screen.line(words.say("report.unvouched"), "yellow")
    for stop in plan.stopped:
        text = words.say(
            "report.stopped", safeguard=stop.safeguard, found=stop.found, allowed=stop.allowed, rule=stop.rule or "-"
        )
        screen.line(text, "bold red")


def _bucket(words: Words, name: str) -> str:
    return words.say(f"report.bucket.{name}") if name in ("not_due", "unallocated") else name


def _aged(screen: Screen, plan: Plan) -> None:
    """The aged balance: its columns add up to the ledger balance to the cent, in each currency of its own."""
    words, summary = screen.words, plan.summary
    screen.title("report.aged")
    columns: list[Column] = [("", "left")]
    columns += [(_bucket(words, bucket.name), "right") for bucket in summary.aged]
    columns.append((words.say("report.total"), "right"))
    blocks = [_aged_rows(words, plan.currency, summary.aged, summary.balance)]
    blocks += [_aged_rows(words, other.currency, other.aged, other.balance) for other in summary.other_currencies]
    rows = [row for block in blocks for row in block]
    if screen.fits(columns, rows):
        screen.table(columns, rows, last="dim")
    else:
        for block in blocks:
            upright = [[heading, *figures] for (heading, _), *figures in zip(columns, *block, strict=True)]
            headings: list[Column] = [("", "left"), (block[0][0], "right"), (block[1][0], "right")]
            screen.table(headings, upright[1:], last="bold")
    if summary.other_currencies:
        screen.line("  " + words.say("report.other_currencies"), "dim")


def _aged_rows(words: Words, currency: str, buckets: Sequence[Bucket], balance: int) -> list[list[str]]:
    """The amounts of a currency, and below them how many."""
    locale = words.locale
    money = [locale.plain(bucket.amount, currency) for bucket in buckets]
    counts = [locale.count(bucket.invoices) for bucket in buckets]
    items = locale.count(sum(bucket.invoices for bucket in buckets))
    return [[currency, *money, locale.plain(balance, currency)], [words.say("report.items"), *counts, items]]


def _outcomes(screen: Screen, plan: Plan) -> None:
    words, locale = screen.words, screen.words.locale
    screen.title("report.outcomes")
    several = bool(plan.summary.other_currencies)
    rows: list[list[str]] = []
    totals: dict[str, tuple[int, int, int]] = {}
    previous = ""
    for outcome, reason, currency, count, gross, outstanding in _by_currency(plan):
        name = words.say(f"outcome.{outcome}") if outcome != previous else ""
        previous = outcome
        own = [currency] if several else []
        money = [locale.plain(gross, currency), locale.plain(outstanding, currency)]
        rows.append([name, reason, *own, locale.count(count), *money])
        counted, grosses, rests = totals.get(currency, (0, 0, 0))
        totals[currency] = (counted + count, grosses + gross, rests + outstanding)
    for currency, (counted, grosses, rests) in (totals or {plan.currency: (0, 0, 0)}).items():
        own = [currency] if several else []
        money = [locale.plain(grosses, currency), locale.plain(rests, currency)]
        rows.append([words.say("report.all"), "", *own, locale.count(counted), *money])
    code: list[Column] = [("", "left")] if several else []
    columns: list[Column] = [
        (words.say("report.outcome"), "left"),
        (words.say("report.reason"), "left"),
        *code,
        (words.say("report.invoices"), "right"),
        (words.say("report.gross"), "right"),
        (words.say("report.outstanding"), "right"),
    ]
    screen.table(columns, rows, last="bold")
    if plan.summary.unreadable:
        text = words.say("report.unreadable", count=locale.count(plan.summary.unreadable))
        screen.line(f"  {text}", "yellow")


def _by_currency(plan: Plan) -> list[tuple[str, str, str, int, int, int]]:
    """(outcome, reason, currency, count, gross, outstanding): the policy's currency first, with the unreadable rows."""
    summary = plan.summary
    found: list[tuple[str, str, str, int, int, int]] = []
    others = {
        (outcome, reason, other.currency): (count, gross, outstanding)
        for other in summary.other_currencies
        for outcome, reason, count, gross, outstanding in other.outcomes
    }
    for outcome, reason, count, gross, outstanding in summary.outcomes:
        same = [(key[2], row) for key, row in others.items() if key[:2] == (outcome, reason)]
        own = count - sum(row[0] for _, row in same)
        if own:
            found.append((outcome, reason, plan.currency, own, gross, outstanding))
        found += [(outcome, reason, code, *row) for code, row in same]
    return found


def _totals(actions: Sequence[Action], words: Words) -> str:
    sums: dict[str, int] = {}
    for action in actions:
        sums[action.currency] = sums.get(action.currency, 0) + action.total
    return ", ".join(words.locale.amount(minor, code) for code, minor in sorted(sums.items()))


def _actions(screen: Screen, plan: Plan) -> None:
    """Actions by stage, the highest first; in it the policy's currency first, the largest first, then by customer."""
    words, locale = screen.words, screen.words.locale
    screen.title("report.actions", count=locale.count(len(plan.actions)))
    stages: dict[tuple[int, str], list[Action]] = {}
    for action in plan.actions:
        stages.setdefault((-action.rank, action.stage), []).append(action)
    if not stages:
        screen.line("  " + words.say("report.none"), "dim")
    for (_, stage), actions in sorted(stages.items(), key=lambda pair: pair[0]):
        actions.sort(key=lambda a: (a.currency != plan.currency, a.currency, -a.total, a.customer, a.id))
        count = locale.count(len(actions))
        if stage:
            heading = words.say("report.stage", stage=stage, count=count, total=_totals(actions, words))
        else:
            heading = words.say("report.interventions", count=count)
        grave = any(action.approval is not None and action.approval.grave for action in actions)
        screen.line(f"  {heading}", "bold red" if grave else "bold")
        _action_rows(screen, stage, actions[: screen.limit])
        screen.more(len(actions) - screen.limit)


def _action_rows(screen: Screen, stage: str, actions: Sequence[Action]) -> None:
    words, locale = screen.words, screen.words.locale
    rows = []
    for action in actions:
        how = words.channel(action.channel)
        if action.step != stage:
            how = f"{action.step}, {how}"
        charges = action.interest + action.lump_sums
        rows.append(
            [
                action.customer,
                action.customer_name,
                how,
                locale.count(len({line.invoice for line in action.demanded + action.mentioned}) or len(action.listed)),
                locale.amount(action.total, action.currency) if action.intervention is None else "",
                locale.plain(charges, action.currency) if charges else "",
                locale.day(action.send_on),
                action.approval.role if action.approval is not None else "",
            ]
        )
    columns: list[Column] = [
        (words.say("report.customer"), "left"),
        ("", "cut"),
        (words.say("report.how"), "left"),
        (words.say("report.invoices"), "right"),
        (words.say("report.asked"), "right"),
        (words.say("report.charges"), "right"),
        (words.say("report.send"), "left"),
        (words.say("report.approval"), "left"),
    ]
    used = [place for place in range(len(columns)) if any(row[place] for row in rows)]
    for dropped in (_APPROVAL, _CHARGES, _STEP):
        if screen.fits([columns[place] for place in used], [[row[place] for place in used] for row in rows], indent=4):
            break
        if dropped == _STEP:
            for row, action in zip(rows, actions, strict=True):
                row[_HOW] = words.channel(action.channel)
        used = [place for place in used if place != dropped]
    screen.table([columns[place] for place in used], [[row[place] for place in used] for row in rows], indent=4)


def _nearest(outcome: Outcome) -> tuple[bool, str, str, str]:
    on = outcome.next.on if outcome.next else None
    return (outcome.outcome == "waiting", on.isoformat() if on else "9999", outcome.customer, outcome.invoice)


def _left_alone(screen: Screen, plan: Plan) -> None:
    """Held and waiting invoices: what is nearest comes first, what has no date last. Some of each kind are shown."""
    words, locale = screen.words, screen.words.locale
    found = sorted((outcome for outcome in plan.outcomes if outcome.outcome in _LEFT_ALONE), key=_nearest)
    if not found:
        return
    screen.title("report.holds", count=locale.count(len(found)))
    shown = [o for name in _LEFT_ALONE for o in [o for o in found if o.outcome == name][: screen.limit]]
    rows = []
    for outcome in shown:
        money = ""
        if outcome.outstanding is not None and outcome.currency is not None:
            money = locale.amount(outcome.outstanding, outcome.currency)
        said = (why_sentence(outcome, words), next_sentence(outcome, words))
        rows.append([outcome.customer, outcome.number, money, *said])
    columns: list[Column] = [
        (words.say("report.customer"), "left"),
        (words.say("report.invoice"), "left"),
        (words.say("report.outstanding"), "right"),
        (words.say("report.why"), "wide"),
        (words.say("report.next"), "wide"),
    ]
    screen.table(columns, rows)
    screen.more(len(found) - len(shown))


def _charges_due(screen: Screen, plan: Plan) -> None:
    words, locale = screen.words, screen.words.locale
    found = [
        (sum(charge.asked for charge in outcome.charges), outcome)
        for outcome in plan.outcomes
        if outcome.outcome == "settled" and outcome.reason == "charges_due"
    ]
    if not found:
        return
    found.sort(key=lambda pair: (-pair[0], pair[1].customer, pair[1].invoice))
    screen.title("report.charges_due", count=locale.count(len(found)))
    rows = []
    for due, outcome in found[: screen.limit]:
        day = "" if outcome.due_date is None else locale.day(outcome.due_date)
        rows.append([outcome.customer, outcome.number, day, locale.amount(due, outcome.currency or plan.currency)])
    columns: list[Column] = [
        (words.say("report.customer"), "left"),
        (words.say("report.invoice"), "left"),
        (words.say("report.due"), "left"),
        (words.say("report.asked"), "right"),
    ]
    screen.table(columns, rows)
    screen.more(len(found) - screen.limit)


def _findings(screen: Screen, plan: Plan) -> None:
    count = screen.words.locale.count
    if plan.alerts:
        screen.title("report.alerts", count=count(len(plan.alerts)))
        for alert in plan.alerts[: screen.limit]:
            said = screen.words.say("line", heading=alert.code, said=alert_sentence(alert, screen.words))
            screen.line(f"  {inert(said)}", "yellow")
        screen.more(len(plan.alerts) - screen.limit)
    if plan.problems:
        screen.title("report.problems", count=count(len(plan.problems)))
        for problem in plan.problems[: screen.limit]:
            said = inert(problem_sentence(problem.code, problem.message, screen.words))
            screen.line(f"  {inert(problem.where)}: {inert(problem.code)} {said}", "yellow")
        screen.more(len(plan.problems) - screen.limit)


def _look_next(screen: Screen, plan: Plan, command: str) -> None:
    words = screen.words
    screen.title("report.look")
    ident = _telling(plan)
    hints = []
    if ident is not None:
        hints.append((f"dunning why {_quoted(ident)} {command}", words.say("report.look.why")))
    hints.append((f"dunning plan {command} -o plan.json", words.say("report.look.out")))
    for text, what in hints:
        screen.line(f"  {inert(text)}", whole=True)
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
