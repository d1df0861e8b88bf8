"""A simulation as tables for people at a terminal: policies side by side, then week by week, then where they differ.

Every text that comes from files is made inert and never read as markup.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from fractions import Fraction
from textwrap import wrap

from policy_engine.explanation.locale import Language
from policy_engine.explanation.sentences import Words, words_of
from policy_engine.reports.screen import Column, Screen
from policy_engine.simulation.compare import Did, Divergence
from policy_engine.simulation.kpis import Figures, Week
from policy_engine.simulation.record import Run
from policy_engine.simulation.scenario import Moment, Rule
from policy_engine.simulation.study import Study
from policy_engine.values.text import inert

_BUCKETS = ("not_due", "1-30", "31-60", "61-90", "91+", "unallocated")


def simulation_text(
    study: Study, *, language: Language = "en", width: int = 100, colour: bool = False, limit: int = 12
) -> str:
    """The study as text `width` columns wide.

    Args:
        study: what to show.
        language: `en` or `fr`.
        width: columns of the terminal; at least 60 are used.
        colour: whether to write ANSI colours.
        limit: customers shown of each list of differences; the rest is counted.
    """
    screen = Screen(words_of(language), width, limit, colour=colour)
    _header(screen, study)
    _assumptions(screen, study)
    _position(screen, study)
    _done(screen, study)
    _charges(screen, study)
    _weeks(screen, study)
    _money(screen, study)
    _differences(screen, study)
    screen.line()
    words = screen.words
    for label, figures in zip(study.labels, study.figures, strict=True):
        text = words.say(
            "simulate.last",
            days=words.locale.count(figures.days),
            actions=words.locale.count(figures.delivered),
            cash=words.locale.amount(figures.cash, _currency(study)),
        )
        screen.line(f"{label}  {text}" if len(study.labels) > 1 else text, "bold red" if study.stopped else "bold")
    return screen.text()


def _currency(study: Study) -> str:
    return study.runs[0].policy.currency


def _header(screen: Screen, study: Study) -> None:
    words, scenario = screen.words, study.scenario
    end = study.start + timedelta(days=max(0, study.figures[0].days - 1))
    head = words.say("simulate.head", scenario=scenario.name, days=study.figures[0].days, start=study.start, end=end)
    screen.line(f"{words.say('simulate.title')} {head}", "bold")
    if scenario.description:
        _folded(screen, inert(scenario.description), "dim")
    for label, run in zip(study.labels, study.runs, strict=True):
        policy = run.policy
        text = words.say("simulate.policy", label=label, policy=policy.name, version=policy.version, file=policy.file)
        screen.line(f"  {text}")
    for label, run in zip(study.labels, study.runs, strict=True):
        if run.stopped is not None:
            for stop in run.stopped.stopped:
                text = words.say(
                    "simulate.stopped",
                    day=run.stopped.day,
                    safeguard=stop.safeguard,
                    label=label,
                    found=stop.found,
                    allowed=stop.allowed,
                    rule=stop.rule or "-",
                )
                screen.line(text, "bold red")


def _assumptions(screen: Screen, study: Study) -> None:
    words, scenario = screen.words, study.scenario
    screen.title("simulate.assumed")
    lines = [
        words.say("simulate.rule", whom=_whom(words, scenario.rules, place), when=_when(words, rule))
        for place, rule in enumerate(scenario.rules)
    ] or [words.say("simulate.nobody")]
    counts = {
        "payments": len(scenario.payments),
        "disputes": len(scenario.disputes),
        "promises": len(scenario.promises),
        "invoices": len(scenario.invoices),
    }
    if any(counts.values()):
        lines.append(words.say("simulate.events", **counts))
    if any(rule.pays for rule in scenario.rules):
        lines.append(words.say(f"simulate.disputed.{scenario.disputed}"))
    lines.append(words.say(f"simulate.charges.{scenario.charges}"))
    lines.append(words.say("simulate.also").join(_approvals(words, study)))
    if study.overrides:
        lines.append(words.say("simulate.override", names=", ".join(study.overrides)))
    if study.assumed_rate is not None:
        day, table = study.assumed_rate
        lines.append(words.say("simulate.rate_assumed", day=day, table=table))
    for line in lines:
        _folded(screen, line)
    missing = study.missing_rate
    worst = max(figures.missing_rate for figures in study.figures)
    if missing is not None and worst:
        screen.line("  " + words.say("simulate.rate_missing", day=missing[0], table=missing[1], count=worst), "yellow")


def _folded(screen: Screen, text: str, style: str | None = None) -> None:
    """A text of some length, its later lines indented."""
    for place, line in enumerate(wrap(text, screen.width - 4, break_on_hyphens=False)):
        screen.line(("    " if place else "  ") + line, style)


def _approvals(words: Words, study: Study) -> Iterable[str]:
    approvals = study.scenario.approvals
    if approvals.after is None:
        yield words.say("simulate.approved.never")
    else:
        yield words.say("simulate.approved" if approvals.after else "simulate.approved.0", days=approvals.after)
    for stage, wait in (approvals.stages or {}).items():
        key = "simulate.approved.stage" + ("" if wait is not None else ".never")
        yield words.say(key, stage=stage, days=wait)


def _whom(words: Words, rules: Sequence[Rule], place: int) -> str:
    rule = rules[place]
    parts = []
    if rule.segments is not None:
        parts.append(words.say("simulate.segments", names=", ".join(sorted(rule.segments))))
    if rule.customers is not None:
        parts.append(words.say("simulate.customers", names=", ".join(sorted(rule.customers))))
    return ", ".join(parts) or words.say("simulate.others" if place else "simulate.everybody")


def _when(words: Words, rule: Rule) -> str:
    if not rule.pays:
        return words.say("simulate.never")
    text = _moment(words, rule.pays[0])
    for moment in rule.pays[1:]:
        text = words.say("simulate.or", one=text, other=_moment(words, moment))
    return words.say("simulate.pays", when=text)


def _moment(words: Words, moment: Moment) -> str:
    what = moment.after if moment.after in ("due_date", "issue_date") else "stage"
    side = "after" if moment.days > 0 else "before" if moment.days < 0 else "on"
    return words.say(f"simulate.{side}_{what}", days=abs(moment.days), stage=moment.after)


def _table(screen: Screen, study: Study, rows: Sequence[tuple[str, Sequence[Fraction | int | None], str]]) -> None:
    """One row a figure, one column a policy, with two policies their difference. Kinds: money, count, ratio, days."""
    columns: list[Column] = [("", "left"), *((label, "right") for label in study.labels)]
    both = len(study.labels) == 2
    if both:
        columns.append((f"{study.labels[1]} - {study.labels[0]}", "right"))
    shown = []
    for name, values, kind in rows:
        cells = [_shown(screen.words, value, kind, _currency(study)) for value in values]
        if both:
            first, second = values
            change = None if first is None or second is None else second - first
            cells.append("" if not change else _signed(screen.words, change, kind, _currency(study)))
        shown.append([name, *cells])
    screen.table(columns, shown)


def _shown(words: Words, value: Fraction | int | None, kind: str, currency: str) -> str:
    if value is None:
        return "-"
    if kind == "money":
        return words.locale.plain(int(value), currency)
    if kind == "count":
        return words.locale.count(int(value))
    scaled = Fraction(value) * (100 if kind == "ratio" else 1)
    tenths = (abs(scaled) * 10 + Fraction(1, 2)).__floor__() * (1 if scaled >= 0 else -1)
    text = words.locale.decimal(Fraction(tenths, 10), 1)
    return f"{text} %" if kind == "ratio" else text


def _signed(words: Words, value: Fraction | int, kind: str, currency: str) -> str:
    text = _shown(words, value, kind, currency)
    return text if value < 0 else f"+{text}"


def _each(study: Study, take: Callable[[Run, Figures], Fraction | int | None]) -> list[Fraction | int | None]:
    return [take(run, figures) for run, figures in zip(study.runs, study.figures, strict=True)]


def _position(screen: Screen, study: Study) -> None:
    words = screen.words
    screen.title("simulate.position", day=study.runs[0].snapshot.as_of)
    rows: list[tuple[str, Sequence[Fraction | int | None], str]] = []
    for place, name in enumerate(_BUCKETS):
        known = name in ("not_due", "unallocated")
        title = words.say(f"report.bucket.{name}") if known else words.say("simulate.bucket", days=name)
        rows.append((title, [run.closing.aged[place] for run in study.runs], "money"))
    rows += [
        (words.say("simulate.balance"), _each(study, lambda run, _: run.closing.balance), "money"),
        (words.say("simulate.overdue"), _each(study, lambda run, _: run.closing.overdue), "money"),
        (words.say("simulate.overdue_ratio"), _each(study, lambda _, figures: figures.overdue_ratio), "ratio"),
        (words.say("simulate.mean_overdue"), _each(study, lambda _, figures: figures.mean_overdue), "money"),
        (words.say("simulate.customers_overdue"), _each(study, lambda run, _: run.closing.customers_overdue), "count"),
        (words.say("simulate.dso"), _each(study, lambda _, figures: figures.dso), "days"),
        (words.say("simulate.cash"), _each(study, lambda _, figures: figures.cash), "money"),
    ]
    if any(figures.invoiced for figures in study.figures):
        rows.append((words.say("simulate.invoiced"), _each(study, lambda _, figures: figures.invoiced), "money"))
    _table(screen, study, rows)
    _others(screen, study)


def _others(screen: Screen, study: Study) -> None:
    """What is owed and paid in other currencies: one row a currency and figure, each in its own."""
    words = screen.words
    positions = [{code: (balance, overdue) for code, balance, overdue in run.closing.others} for run in study.runs]
    cash = [figures.cash_others for figures in study.figures]
    rows = []
    for code in sorted({code for found in (*positions, *cash) for code in found}):
        for key, values in (
            ("simulate.balance", [found.get(code, (0, 0))[0] for found in positions]),
            ("simulate.overdue", [found.get(code, (0, 0))[1] for found in positions]),
            ("simulate.cash", [found.get(code, 0) for found in cash]),
        ):
            rows.append([f"{words.say(key)}, {code}", *(words.locale.plain(value, code) for value in values)])
    if rows:
        screen.table([("", "left"), *((label, "right") for label in study.labels)], rows)


def _done(screen: Screen, study: Study) -> None:
    words, count = screen.words, screen.words.locale.count
    screen.title("simulate.done")
    columns: list[Column] = [(words.say("simulate.stage"), "left")]
    for label in study.labels:
        columns += [
            (words.say("simulate.actions", label=label), "right"),
            (words.say("simulate.reached", label=label), "right"),
        ]
    rows = []
    for stage in _stages(study):
        row = [stage or words.say("simulate.interventions")]
        for figures in study.figures:
            found = next((item for item in figures.stages if item.stage == stage), None)
            row += [count(found.actions), count(found.customers)] if found is not None else ["", ""]
        rows.append(row)
    total = [words.say("simulate.all")]
    for figures in study.figures:
        total += [count(figures.delivered), count(len(figures.customers))]
    screen.table(columns, [*rows, total], last="bold")
    screen.line()
    more: list[tuple[str, Sequence[Fraction | int | None], str]] = [
        (words.say("simulate.contacts"), _each(study, lambda _, figures: figures.contacts), "count"),
        (words.say("simulate.contacted"), _each(study, lambda _, figures: figures.contacted), "count"),
        (
            words.say("simulate.contacts_mean"),
            _each(study, lambda _, f: Fraction(f.contacts, f.contacted) if f.contacted else None),
            "days",
        ),
        (words.say("simulate.contacts_most"), _each(study, lambda _, figures: figures.most_contacts), "count"),
        (words.say("simulate.expired"), _each(study, lambda _, figures: figures.expired), "count"),
        (words.say("simulate.under_way"), _each(study, lambda _, figures: figures.under_way), "count"),
    ]
    _table(screen, study, more)


def _stages(study: Study) -> list[str]:
    """The stages of all policies in the order of the first that knows each; interventions last, when there are any."""
    found: dict[str, None] = {}
    for figures in study.figures:
        found.update((item.stage, None) for item in figures.stages if item.stage)
    extra = any(item.actions for figures in study.figures for item in figures.stages if not item.stage)
    return [*found, ""] if extra else list(found)


def _charges(screen: Screen, study: Study) -> None:
    words = screen.words
    screen.title("simulate.charges")
    rows: list[tuple[str, Sequence[Fraction | int | None], str]] = []
    for stage in _stages(study):
        asked = [sum(item.newly_asked for item in figures.stages if item.stage == stage) for figures in study.figures]
        if any(asked):
            rows.append((words.say("simulate.newly_asked", stage=stage), asked, "money"))
    rows.append((words.say("simulate.charges_paid"), _each(study, lambda _, figures: figures.charges_paid), "money"))
    penalties = dict.fromkeys(row.penalty for run in study.runs for row in run.charges)
    for penalty in penalties:
        owed = [sum(row.owed for row in run.charges if row.penalty == penalty) for run in study.runs]
        rows.append((words.say("simulate.owed", penalty=penalty), owed, "money"))
    _table(screen, study, rows)
    unknown = max((row.unknown for run in study.runs for row in run.charges), default=0)
    if unknown:
        screen.line("  " + words.say("simulate.unknown", count=words.locale.count(unknown)), "yellow")


def _all_weeks(study: Study) -> list[date]:
    return sorted({week.first for figures in study.figures for week in figures.weeks})


def _weeks(screen: Screen, study: Study) -> None:
    """A row a week, a column a stage; the figures of several policies in one cell, `A/B`, where they differ.

    Stages that don't fit side by side stand below each other.
    """
    words = screen.words
    several = len(study.labels) > 1
    title = "simulate.weeks_both" if several else "simulate.weeks"
    screen.title(title, labels="/".join(study.labels))
    stages = _stages(study)
    for most in range(len(stages), 0, -1):
        groups = [stages[place : place + most] for place in range(0, len(stages), most)]
        tables = [_weeks_of(study, group, words) for group in groups]
        if most == 1 or all(screen.fits(columns, rows) for columns, rows in tables):
            for columns, rows in tables:
                screen.table(columns, rows)
            return


def _weeks_of(study: Study, stages: Sequence[str], words: Words) -> tuple[list[Column], list[list[str]]]:
    columns: list[Column] = [(words.say("simulate.week"), "left")]
    columns += [(stage or words.say("simulate.interventions"), "right") for stage in stages]
    rows = []
    for first in _all_weeks(study):
        weeks = [_week(figures, first) for figures in study.figures]
        rows.append([words.locale.day(first), *(_joined(weeks, stage, words) for stage in stages)])
    return columns, rows


def _week(figures: Figures, first: date) -> Week | None:
    return next((week for week in figures.weeks if week.first == first), None)


def _joined(weeks: Sequence[Week | None], stage: str, words: Words) -> str:
    counts = [0 if week is None else week.actions.get(stage, 0) for week in weeks]
    if not any(counts):
        return "."
    texts = [words.locale.count(value) for value in counts]
    return texts[0] if len(set(texts)) == 1 else "/".join(texts)


def _money(screen: Screen, study: Study) -> None:
    """Cash and overdue of each week; policies that don't fit side by side stand below each other."""
    words, plain = screen.words, screen.words.locale.plain
    screen.title("simulate.money")
    for places in _groups(len(study.labels), 2 if screen.width < 110 else 4):
        columns: list[Column] = [(words.say("simulate.week"), "left")]
        for place in places:
            columns.append((words.say("simulate.cash_of", label=study.labels[place]), "right"))
            columns.append((words.say("simulate.overdue_of", label=study.labels[place]), "right"))
        rows = []
        for first in _all_weeks(study):
            row = [words.locale.day(first)]
            for place in places:
                week = _week(study.figures[place], first)
                currency = _currency(study)
                row += ["", ""] if week is None else [plain(week.cash, currency), plain(week.closing.overdue, currency)]
            rows.append(row)
        screen.table(columns, rows)


def _groups(count: int, most: int) -> list[range]:
    return [range(first, min(count, first + most)) for first in range(0, count, most)]


def _differences(screen: Screen, study: Study) -> None:
    words = screen.words
    for label, found in zip(study.labels[1:], study.differences, strict=True):
        if not found:
            screen.line()
            screen.line(words.say("simulate.same", label=label, against=study.labels[0]), "bold")
            continue
        count = words.locale.count(len(found))
        screen.title("simulate.differences", label=label, against=study.labels[0], count=count)
        columns: list[Column] = [
            (words.say("simulate.customer"), "left"),
            ("", "cut"),
            (words.say("simulate.day"), "left"),
            (study.labels[0], "wide"),
            (label, "wide"),
        ]
        rows = [_difference(row, words) for row in found[: screen.limit]]
        if not screen.fits(columns, rows):
            columns, rows = [columns[0], *columns[2:]], [[row[0], *row[2:]] for row in rows]
        screen.table(columns, rows)
        if len(found) > screen.limit:
            left = words.locale.count(len(found) - screen.limit)
            screen.line("  " + words.say("simulate.more", count=left, table="differences"), "dim")


def _difference(row: Divergence, words: Words) -> list[str]:
    whole = [item.step for item in row.first] == [item.step for item in row.second]  # else the steps say enough
    return [
        row.customer,
        row.name,
        words.locale.day(row.day),
        _did(row.first, row.first_next, words, amounts=whole),
        _did(row.second, row.second_next, words, amounts=whole),
    ]


def _did(did: Sequence[Did], following: tuple[date, Did] | None, words: Words, *, amounts: bool) -> str:
    """What was done; with amounts also about how many invoices and for how much."""
    if did and not amounts:
        return ", ".join(item.step for item in did)
    if did:
        return ", ".join(
            words.say(
                "simulate.did",
                step=item.step,
                invoices=words.locale.count(len(item.invoices)),
                total=words.locale.amount(item.total, item.currency),
            )
            for item in did
        )
    if following is None:
        return words.say("simulate.nothing")
    return words.say("simulate.nothing_then", step=following[1].step, day=following[0])
