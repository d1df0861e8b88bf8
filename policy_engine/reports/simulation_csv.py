"""A simulation as CSV, one table at a time, safe to open in a spreadsheet.

RFC 4180, UTF-8, a line feed at the end of lines, amounts as plain decimals, dates ISO 8601. A text that a spreadsheet
would take for a formula gets an apostrophe in front, the sign that spreadsheets themselves use for "this is text".
"""

import csv
from collections.abc import Iterable, Sequence
from datetime import timedelta
from io import StringIO
from typing import IO, Literal, TypeAlias

from policy_engine.plan.model import Action
from policy_engine.simulation.compare import Did
from policy_engine.simulation.record import Position
from policy_engine.simulation.study import Study
from policy_engine.values.money import minor_text
from policy_engine.values.text import inert

TableName: TypeAlias = Literal["weeks", "days", "actions", "customers", "differences"]
TABLES: tuple[TableName, ...] = ("weeks", "days", "actions", "customers", "differences")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_AGED = ("not_due", "late_1_30", "late_31_60", "late_61_90", "late_91", "unallocated", "balance", "overdue")


def safe_text(text: str) -> str:
    """A text that no spreadsheet computes: inert, with an apostrophe before what would begin a formula."""
    shown = inert(text)
    return f"'{shown}" if text.lstrip(" ").startswith(_FORMULA) else shown


def write_csv(study: Study, table: TableName, stream: IO[str]) -> None:
    """Write one table of a study."""
    header, rows = _TABLES[table](study)
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)


def csv_text(study: Study, table: TableName) -> str:
    """One table of a study as text."""
    stream = StringIO()
    write_csv(study, table, stream)
    return stream.getvalue()


Rows: TypeAlias = tuple[Sequence[str], Iterable[Sequence[str]]]


def _label(study: Study, place: int) -> list[str]:
    return [study.labels[place], safe_text(study.runs[place].policy.name)]


def _aged(position: Position, currency: str) -> list[str]:
    amounts = (*position.aged, position.balance, position.overdue)
    return [*(minor_text(amount, currency) for amount in amounts), str(position.customers_overdue)]


def _stages(study: Study) -> list[str]:
    return list(dict.fromkeys(item.stage for figures in study.figures for item in figures.stages))


def _column(stage: str) -> str:
    return safe_text(stage) if stage else "interventions"


def _weeks(study: Study) -> Rows:
    stages = _stages(study)
    header = [
        "label", "policy", "week", "days", *map(_column, stages), "expired", "cash", "charges_paid", "invoiced",
        *_AGED, "customers_overdue",
    ]  # fmt: skip
    currency = study.runs[0].policy.currency
    rows = [
        [
            *_label(study, place), week.first.isoformat(), str(week.days),
            *(str(week.actions.get(stage, 0)) for stage in stages), str(week.expired),
            minor_text(week.cash, currency), minor_text(week.charges_paid, currency),
            minor_text(week.invoiced, currency), *_aged(week.closing, currency),
        ]
        for place, figures in enumerate(study.figures)
        for week in figures.weeks
    ]  # fmt: skip
    return header, rows


def _days(study: Study) -> Rows:
    header = [
        "label", "policy", "day", "planned", "delivered", "expired", "under_way", "missing_rate", "overridden", "cash",
        "charges_paid", "invoiced", *_AGED, "customers_overdue",
    ]  # fmt: skip
    currency = study.runs[0].policy.currency
    rows = [
        [
            *_label(study, place), day.day.isoformat(), str(len(day.planned)), str(len(day.delivered)),
            str(len(day.expired)), str(day.waiting), str(day.missing_rate), "yes" if day.overridden else "no",
            minor_text(day.cash, currency), minor_text(day.charges_paid, currency), minor_text(day.invoiced, currency),
            *_aged(day.morning, currency),
        ]
        for place, run in enumerate(study.runs)
        for day in run.days
    ]  # fmt: skip
    return header, rows


def _actions(study: Study) -> Rows:
    header = [
        "label", "policy", "day", "became", "customer", "name", "segment", "step", "stage", "channel", "invoices",
        "currency", "principal", "interest", "lump_sums", "total", "action",
    ]  # fmt: skip
    rows = [
        [*_label(study, place), day.day.isoformat(), became, *_action(action)]
        for place, run in enumerate(study.runs)
        for day in run.days
        for became, actions in (("delivered", day.delivered), ("expired", day.expired))
        for action in actions
    ]
    return header, rows


def _action(action: Action) -> list[str]:
    lines = [line.invoice for line in (*action.demanded, *action.mentioned)]
    invoices = lines or [line.invoice for line in action.listed]
    amounts = (action.principal, action.interest, action.lump_sums, action.total)
    return [
        safe_text(action.customer), safe_text(action.customer_name), safe_text(action.segment),
        safe_text(action.step), safe_text(action.stage), action.channel, safe_text("; ".join(invoices)),
        action.currency, *(minor_text(amount, action.currency) for amount in amounts), action.id,
    ]  # fmt: skip


def _customers(study: Study) -> Rows:
    stages = [stage for stage in _stages(study) if stage]
    header = ["label", "policy", "customer", "name", "contacts", "actions", *(f"first_{_column(s)}" for s in stages)]
    rows = []
    for place, figures in enumerate(study.figures):
        for found in figures.customers:
            days = (found.reached.get(stage) for stage in stages)
            rows.append(
                [
                    *_label(study, place), safe_text(found.customer), safe_text(found.name), str(found.contacts),
                    str(found.actions), *("" if day is None else day.isoformat() for day in days),
                ]
            )  # fmt: skip
    return header, rows


def _differences(study: Study) -> Rows:
    header = [
        "label", "against", "day", "customer", "name", "steps", "steps_against", "total", "total_against", "next_step",
        "next_day", "next_step_against", "next_day_against",
    ]  # fmt: skip
    currency = study.runs[0].policy.currency
    rows = []
    for label, found in zip(study.labels[1:], study.differences, strict=True):
        for row in found:
            following = [
                cell
                for item in (row.second_next, row.first_next)
                for cell in (("", "") if item is None else (safe_text(item[1].step), item[0].isoformat()))
            ]
            rows.append(
                [
                    label, study.labels[0], row.day.isoformat(), safe_text(row.customer), safe_text(row.name),
                    _steps(row.second), _steps(row.first), _total(row.second, currency), _total(row.first, currency),
                    *following,
                ]
            )  # fmt: skip
    return header, rows


def _steps(did: Sequence[Did]) -> str:
    return safe_text("; ".join(item.step for item in did))


def _total(did: Sequence[Did], currency: str) -> str:
    """The sum in the policy's currency; sums in others behind it, with their codes."""
    sums = {currency: 0}
    for item in did:
        sums[item.currency] = sums.get(item.currency, 0) + item.total
    own = minor_text(sums.pop(currency), currency)
    return "; ".join([own, *(f"{minor_text(amount, code)} {code}" for code, amount in sorted(sums.items()))])


_TABLES = {
    "weeks": _weeks,
    "days": _days,
    "actions": _actions,
    "customers": _customers,
    "differences": _differences,
}


def last_day(study: Study) -> str:
    """The last executed day, ISO 8601; "" when there is none."""
    days = study.figures[0].days
    return (study.start + timedelta(days=days - 1)).isoformat() if days else ""
