"""The credit part of a plan on a terminal: what becomes of open orders, and whom the policy's alerts name."""

from policy_engine.plan.model import CreditAlert, Decision, Plan
from policy_engine.reports.screen import Column, Screen

_RANK = {"refuse": 0, "refer": 1, "approve": 2}
_ROLE, _EXPOSURE, _NAME = 6, 7, 1
"""Columns that a narrow terminal does without, in this order: whose decision it is, the exposure, the name."""


def credit_tables(screen: Screen, plan: Plan) -> None:
    """Orders, the refused ones first, and credit alerts; nothing when there are none."""
    if plan.decisions:
        _decisions(screen, plan)
    if plan.credit_alerts:
        _alerts(screen, plan)


def _limit(screen: Screen, limit: int | None, currency: str) -> str:
    return screen.words.say("credit.no_limit") if limit is None else screen.words.locale.plain(limit, currency)


def _first(decision: Decision) -> tuple[int, str, str, str]:
    return (_RANK[decision.decision], decision.customer, decision.date.isoformat(), decision.order)


def _decisions(screen: Screen, plan: Plan) -> None:
    words, locale = screen.words, screen.words.locale
    found = sorted(plan.decisions, key=_first)
    counts = {name: sum(row.decision == name for row in found) for name in _RANK}
    said = ", ".join(
        f"{words.say(f'decision.{name}')} {locale.count(count)}" for name, count in counts.items() if count
    )
    screen.title("report.orders", count=locale.count(len(found)), said=said)
    rows = [
        [
            row.customer,
            row.customer_name,
            row.order,
            locale.amount(row.amount, row.currency),
            words.say(f"decision.{row.decision}"),
            row.reason,
            row.role or "",
            locale.plain(row.exposure, plan.currency),
            _limit(screen, row.limit, plan.currency),
        ]
        for row in found[: screen.limit]
    ]
    columns: list[Column] = [
        (words.say("report.customer"), "left"),
        ("", "cut"),
        (words.say("report.order"), "left"),
        (words.say("report.amount"), "right"),
        (words.say("report.decision"), "left"),
        (words.say("report.rule"), "left"),
        (words.say("report.role"), "left"),
        (words.say("report.exposure"), "right"),
        (words.say("report.limit"), "right"),
    ]
    _fitted(screen, columns, rows, (_ROLE, _EXPOSURE, _NAME))
    screen.more(len(found) - screen.limit)


def _alerts(screen: Screen, plan: Plan) -> None:
    words, locale = screen.words, screen.words.locale
    found = sorted(plan.credit_alerts, key=_most)
    screen.title("report.credit_alerts", count=locale.count(len(found)))
    rows = [
        [
            alert.alert,
            alert.customer,
            alert.customer_name,
            locale.plain(alert.exposure, plan.currency),
            _limit(screen, alert.limit, plan.currency),
        ]
        for alert in found[: screen.limit]
    ]
    columns: list[Column] = [
        (words.say("report.alert"), "left"),
        (words.say("report.customer"), "left"),
        ("", "cut"),
        (words.say("report.exposure"), "right"),
        (words.say("report.limit"), "right"),
    ]
    _fitted(screen, columns, rows, (2,))
    screen.more(len(found) - screen.limit)


def _most(alert: CreditAlert) -> tuple[str, int, str]:
    """By alert, the largest exposure first."""
    return (alert.alert, -alert.exposure, alert.customer)


def _fitted(screen: Screen, columns: list[Column], rows: list[list[str]], droppable: tuple[int, ...]) -> None:
    """The table without columns that are empty, and without as many of the droppable ones as the width asks for."""
    used = [place for place in range(len(columns)) if any(row[place] for row in rows)]
    for dropped in droppable:
        if screen.fits([columns[place] for place in used], [[row[place] for place in used] for row in rows]):
            break
        used = [place for place in used if place != dropped]
    screen.table([columns[place] for place in used], [[row[place] for place in used] for row in rows])
