"""The tables that a message may show, made from its context in its language: `[table: demanded]` in a template.

Columns that would be empty on every row are left out. Every sum below a table is that of the rows above it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from policy_engine.explanation.locale import Language, Locale, locale_of
from policy_engine.templates.context import InvoiceLine, MessageContext, Money, Settlement
from policy_engine.templates.document import Column, Table, clean
from policy_engine.templates.table_words import CHANNELS, KINDS, STAGES, WORDS


@dataclass(frozen=True, slots=True)
class _Pen:
    """Writes cells in the message's language."""

    context: MessageContext
    locale: Locale

    def word(self, name: str) -> str:
        return WORDS[self.context.language][name]

    def columns(self, *names: str) -> tuple[Column, ...]:
        return _columns(self.context.language, names)

    def money(self, value: Money) -> str:
        return self.locale.amount(value.minor, value.currency)

    def maybe(self, value: Money) -> str:
        return self.money(value) if value else ""

    def sum(self, values: Iterable[Money]) -> str:
        return self.locale.amount(sum([value.minor for value in values]), self.context.currency)


@lru_cache(maxsize=200)
def _columns(language: Language, names: tuple[str, ...]) -> tuple[Column, ...]:
    """Figures stand on the right: names that end in `>`. What an item is needs most room, else the first column."""
    wide = names.index("item") if "item" in names else 0
    return tuple(
        Column(WORDS[language][name.rstrip(">")], name.endswith(">"), at == wide) for at, name in enumerate(names)
    )


def table(name: str, context: MessageContext) -> Table | None:
    """A table by its name, None when it would have no row.

    Raises:
        KeyError: there is no such table.
    """
    made = TABLES[name](_Pen(context, locale_of(context.language)))
    return made if made.rows else None


def _lines(name: str, pen: _Pen, lines: Sequence[InvoiceLine]) -> Table:
    """Invoices asked for: what was billed, what was settled, what is disputed, what isn't due, what is asked."""
    paid, credited = any(line.paid for line in lines), any(line.credited for line in lines)
    settled = "settled_credited>" if paid and credited else "credited>" if credited else "settled>"
    optional = (
        (settled, [line.paid.minor + line.credited.minor for line in lines]),
        ("disputed>", [line.disputed.minor for line in lines]),
        ("later>", [line.later.minor for line in lines]),
    )
    used = [(title, taken) for title, taken in optional if any(taken)]
    late = any(line.days_late > 0 for line in lines)
    titles = ["number", "issued", "due", *(["days_late>"] if late else []), "amount>", *[title for title, _ in used]]
    day, amount = pen.locale.day, pen.locale.amount
    rows = tuple(
        [
            (
                clean(line.number),
                day(line.issue_date),
                day(line.due_date),
                *([pen.locale.count(line.days_late)] if late else []),
                pen.money(line.amount),
                *[amount(-taken[at], line.amount.currency) if taken[at] else "" for _, taken in used],
                pen.money(line.principal),
            )
            for at, line in enumerate(lines)
        ]
    )
    blank = [""] * (len(titles) - 1)
    total = (pen.word("total"), *blank, pen.sum([line.principal for line in lines]))
    return Table(name, pen.columns(*titles, "asked>"), rows, total)


def _claim(pen: _Pen) -> Table:
    """Principal, interest and lump sum of each invoice, and the whole."""
    lines = pen.context.lines
    extra = _charged(lines)
    rows = tuple(
        (
            clean(line.number),
            pen.money(line.principal),
            *(pen.maybe(of(line)) for _, of in extra),
            pen.money(line.total),
        )
        for line in lines
    )
    total = (
        pen.word("total"),
        pen.sum(line.principal for line in lines),
        *(pen.sum(of(line) for line in lines) for _, of in extra),
        pen.sum(line.total for line in lines),
    )
    return Table("claim", pen.columns("number", "principal>", *(title for title, _ in extra), "total>"), rows, total)


_Charged: TypeAlias = tuple[str, Callable[[InvoiceLine], Money]]


def _charged(lines: Sequence[InvoiceLine]) -> list[_Charged]:
    """The columns of what is asked beside the principal: those that any invoice has."""
    both: tuple[_Charged, ...] = (
        ("interest>", lambda line: line.interest),
        ("lump_sum>", lambda line: line.lump_sums),
    )
    return [(title, of) for title, of in both if any(of(line) for line in lines)]


def _summary(pen: _Pen) -> Table:
    """The total and what makes it up."""
    c = pen.context
    before = Money(c.principal.minor + c.credits.minor, c.currency)
    rows = [(pen.word("principal"), pen.money(before))]
    if c.credits:
        rows.append((pen.word("credits"), pen.money(Money(-c.credits.minor, c.currency))))
    if c.interest:
        rows.append((pen.word("late_interest"), pen.money(c.interest)))
    if c.lump_sums:
        rows.append((pen.word("lump_sums"), pen.money(c.lump_sums)))
    return Table("summary", pen.columns("item", "sum>"), tuple(rows), (pen.word("to_pay"), pen.money(c.total)))


def _interest(name: str, pen: _Pen, lines: Sequence[InvoiceLine]) -> Table:
    """Interest by period: days, base, yearly rate, amount; what was invoiced, paid or waived before is taken off."""
    rows: list[tuple[str, ...]] = []
    for line in lines:
        rows += [
            (clean(line.number), pen.locale.day(period.first), pen.locale.day(period.last),
             pen.locale.count(period.days), pen.money(period.balance), pen.locale.percent(period.rate.ppm),
             pen.money(period.interest))
            for period in line.periods
        ]  # fmt: skip
        for charge in line.charges:
            before = charge.asked.minor - charge.accrued.minor
            if charge.kind == "interest" and before:
                gone = pen.money(Money(before, charge.asked.currency))
                rows.append((clean(line.number), pen.word("already_counted"), "", "", "", "", gone))
    total = (pen.word("total"), "", "", "", "", "", pen.sum([line.interest for line in lines]))
    return Table(name, pen.columns("number", "from", "to", "days>", "base>", "rate>", "interest>"), tuple(rows), total)


def _listed(pen: _Pen) -> Table:
    rows = tuple(
        (clean(row.number), pen.locale.day(row.due_date), pen.locale.count(row.days_late), pen.money(row.outstanding))
        for row in pen.context.listed
    )
    owed = pen.context.owed
    total = (pen.word("total"), "", "", pen.money(owed[0])) if len(owed) == 1 else None
    return Table("listed", pen.columns("number", "due", "days_late>", "outstanding>"), rows, total)


def _settlements(pen: _Pen) -> Table:
    """Payments and credit notes that lowered what is asked, invoice by invoice."""
    rows = tuple(
        (pen.locale.day(one.day), _settlement(pen, one), clean(line.number), pen.money(one.amount))
        for line in pen.context.lines
        for one in line.settlements
    )
    return Table("settlements", pen.columns("date", "item", "on_invoice", "sum>"), rows)


def _settlement(pen: _Pen, one: Settlement) -> str:
    word = KINDS[pen.context.language][one.kind]
    return f"{word} {clean(one.number)}" if one.number else word


def _instalments(pen: _Pen) -> Table:
    rows = tuple(
        (clean(line.number), pen.locale.day(part.due_date), pen.money(part.amount), pen.money(part.outstanding),
         pen.word("yes" if part.asked else "no"))
        for line in pen.context.lines
        for part in line.instalments
    )  # fmt: skip
    return Table("instalments", pen.columns("number", "due", "sum>", "outstanding>", "asked_now"), rows)


def _statement(pen: _Pen) -> Table:
    """The open account: invoices, credit notes, money not yet allocated; the sum is the balance."""
    kinds = KINDS[pen.context.language]
    rows = tuple(
        (pen.locale.day(row.day), f"{kinds[row.kind]} {clean(row.number)}",
         "" if row.due_date is None else pen.locale.day(row.due_date),
         pen.locale.count(row.days_late) if row.days_late > 0 else "",
         pen.money(row.amount), pen.money(row.balance))
        for row in pen.context.statement
    )  # fmt: skip
    total = (pen.word("balance"), "", "", "", "", pen.money(pen.context.balance))
    return Table("statement", pen.columns("date", "item", "due", "days_late>", "amount>", "open>"), rows, total)


def _history(pen: _Pen) -> Table:
    language = pen.context.language
    rows = tuple(
        (pen.locale.day(one.day), STAGES[language].get(one.stage, clean(one.step)),
         CHANNELS[language].get(one.channel or "", ""), pen.locale.count(one.invoices))
        for one in pen.context.history
    )  # fmt: skip
    return Table("history", pen.columns("date", "item", "by", "invoices>"), rows)


def _promises(pen: _Pen) -> Table:
    rows = tuple(
        (
            pen.locale.day(one.made),
            pen.locale.day(one.day),
            pen.word("all") if one.amount is None else pen.money(one.amount),
        )
        for one in pen.context.promises
    )
    return Table("promises", pen.columns("promised_on", "promised_for", "sum>"), rows)


def _settled(pen: _Pen) -> Table:
    """Invoices paid late, with the interest and the lump sum that they still owe."""
    lines = pen.context.settled
    extra = _charged(lines)
    rows = tuple(
        (clean(line.number), pen.locale.day(line.due_date),
         pen.locale.day(max((one.day for one in line.settlements), default=line.due_date)),
         pen.money(line.amount), *(pen.maybe(of(line)) for _, of in extra), pen.money(line.total))
        for line in lines
    )  # fmt: skip
    total = (
        pen.word("total"), "", "", "", *(pen.sum(of(line) for line in lines) for _, of in extra),
        pen.sum(line.total for line in lines),
    )  # fmt: skip
    columns = pen.columns("number", "due", "paid_on", "amount>", *(title for title, _ in extra), "total>")
    return Table("settled", columns, rows, total)


TABLES: dict[str, Callable[[_Pen], Table]] = {
    "demanded": lambda pen: _lines("demanded", pen, pen.context.demanded),
    "mentioned": lambda pen: _lines("mentioned", pen, pen.context.mentioned),
    "listed": _listed,
    "claim": _claim,
    "summary": _summary,
    "interest": lambda pen: _interest("interest", pen, pen.context.lines),
    "settlements": _settlements,
    "instalments": _instalments,
    "statement": _statement,
    "history": _history,
    "promises": _promises,
    "settled": _settled,
    "settled_interest": lambda pen: _interest("settled_interest", pen, pen.context.settled),
}
"""Every table by the name that templates use."""
