"""A triage on a terminal: how many wait, what the ladder would do with them at once, then customer by customer."""

from policy_engine.explanation.locale import Language
from policy_engine.explanation.sentences import Words, words_of
from policy_engine.reports.screen import Column, Screen
from policy_engine.triage.model import Triage, TriageCustomer, TriageItem
from policy_engine.triage.words import argument_text, choice_text
from policy_engine.values.text import inert

_LATE_THEN, _THEN = 3, 7
"""Columns of an invoice that a narrow terminal does without."""


def triage_text(
    triage: Triage,
    *,
    language: Language = "en",
    width: int = 100,
    colour: bool = False,
    limit: int = 12,
    command: str = "-p POLICY -s SNAPSHOT",
) -> str:
    """The triage as text `width` columns wide.

    Args:
        triage: what to show.
        language: `en` or `fr`.
        width: columns of the terminal; at least 60 are used.
        colour: whether to write ANSI colours.
        limit: customers shown; the rest is counted.
        command: the options to repeat in the hints.
    """
    words = words_of(language)
    screen = Screen(words, width, limit, colour=colour)
    _header(screen, triage)
    if triage.items:
        _at_once(screen, triage)
        shown = sorted(triage.customers, key=_largest_first)[:limit]
        for customer in shown:
            _customer(screen, customer)
        left = len(triage.customers) - len(shown)
        if left:
            screen.line()
            screen.line("  " + words.say("triage.more", count=words.locale.count(left)), "dim")
    _suggestion(screen, triage)
    _look_next(screen, triage, command)
    return screen.text()


def _largest_first(customer: TriageCustomer) -> tuple[int, str]:
    return (-sum(item.outstanding for item in customer.items), customer.id)


def _sums(words: Words, items: tuple[TriageItem, ...]) -> str:
    found: dict[str, int] = {}
    for item in items:
        found[item.currency] = found.get(item.currency, 0) + item.outstanding
    return ", ".join(words.locale.amount(minor, code) for code, minor in sorted(found.items())) or "0"


def _header(screen: Screen, triage: Triage) -> None:
    words, items = screen.words, triage.items
    head = words.say("triage.head", policy=triage.policy, version=triage.version, as_of=triage.as_of)
    screen.line(f"{words.say('triage.title')} {head}", "bold")
    facts: dict[str, object] = {
        "count": words.locale.count(len(items)),
        "customers": words.locale.count(len(triage.customers)),
        "amount": _sums(words, items),
        "day": triage.day,
    }
    if not items:
        screen.line(words.say(f"triage.nothing.{triage.mode}", **facts))
        return
    key = f"triage.{triage.mode}" if triage.mode != "none" or not triage.history else "triage.none_missed"
    screen.line(words.say(key, **facts), "bold red" if triage.mode == "none" else None)


def _at_once(screen: Screen, triage: Triage) -> None:
    """What would happen today to the invoices that nothing else holds, by step; and the oldest of each."""
    words, locale = screen.words, screen.words.locale
    groups: dict[tuple[str, str], list[TriageItem]] = {}
    for item in triage.items:
        taken = (item.enters.stage, item.enters.step) if item.enters is not None and item.at_once else ("", "")
        groups.setdefault(taken, []).append(item)
    screen.title(f"triage.at_once.{triage.mode}")
    rows: list[list[str]] = []
    for (stage, step), items in sorted(groups.items()):
        stopped = sum(bool(item.against) for item in items)
        rows.append(
            [
                step or words.say("triage.nothing_today"),
                stage,
                locale.count(len(items)),
                _sums(words, tuple(items)),
                locale.count(max(item.late for item in items)),
                locale.count(stopped),
            ]
        )
    columns: list[Column] = [
        (words.say("triage.step"), "left"),
        (words.say("triage.stage"), "left"),
        (words.say("report.invoices"), "right"),
        (words.say("report.outstanding"), "right"),
        (words.say("triage.oldest"), "right"),
        (words.say("triage.argued"), "right"),
    ]
    screen.table(columns, rows)


def _customer(screen: Screen, customer: TriageCustomer) -> None:
    words, locale = screen.words, screen.words.locale
    screen.line()
    heading = f"{customer.id}  {customer.name}  ({customer.ladder}, {_sums(words, customer.items)})"
    screen.line(inert(heading), "bold")
    rows = []
    for item in customer.items:
        proposal = item.proposal
        rows.append(
            [
                item.number,
                locale.amount(item.outstanding, item.currency),
                locale.day(item.due_date),
                "" if item.late_then is None else locale.count(item.late_then),
                locale.count(item.late),
                _enters(words, item),
                choice_text(proposal, words),
                proposal.then or "",
            ]
        )
    columns: list[Column] = [
        (words.say("report.invoice"), "left"),
        (words.say("report.outstanding"), "right"),
        (words.say("report.due"), "left"),
        (words.say("triage.late_then"), "right"),
        (words.say("triage.late"), "right"),
        (words.say("triage.enters"), "wide"),
        (words.say("triage.proposed"), "wide"),
        (words.say("triage.then"), "wide"),
    ]
    used = [place for place in range(len(columns)) if any(row[place] for row in rows)]
    for dropped in (_LATE_THEN, _THEN):
        if screen.fits([columns[place] for place in used], [[row[place] for place in used] for row in rows]):
            break
        used = [place for place in used if place != dropped]
    screen.table([columns[place] for place in used], [[row[place] for place in used] for row in rows])
    for item in customer.items:
        if item.against:
            known = "; ".join(argument_text(argument, words) for argument in item.against)
            screen.line(f"    {inert(item.number)}: {known}", "yellow")


def _enters(words: Words, item: TriageItem) -> str:
    if item.enters is None:
        return words.say("triage.no_step")
    if item.at_once:
        return item.enters.step
    return words.say("triage.enters_on", step=item.enters.step, on=item.enters.on)


def _suggestion(screen: Screen, triage: Triage) -> None:
    if triage.suggestion:
        screen.title("triage.suggestion")
        for line in triage.suggestion:
            screen.line(f"  {line}", whole=True)


def _look_next(screen: Screen, triage: Triage, command: str) -> None:
    words = screen.words
    if not triage.items:
        return
    screen.title("report.look")
    oldest = max(triage.items, key=lambda item: (item.late, item.outstanding, item.invoice))
    hints = [(f"dunning triage {command} --worksheet triage.csv", words.say("triage.look.worksheet"))]
    hints.append((f"dunning triage {command} --apply triage.csv", words.say("triage.look.apply")))
    hints += [(f"dunning why {_quoted(oldest.invoice)} {command}", words.say("report.look.why"))]
    for text, what in hints:
        screen.line(f"  {inert(text)}", whole=True)
        screen.line(f"      {what}", "dim")


def _quoted(text: str) -> str:
    import shlex

    return shlex.quote(inert(text))
