"""One call or task of a list, from the facts of its action: whom, about how much, what went before, what to say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from policy_engine.adapters.lists.words import (
    WORDS,
    amount_said,
    channel_said,
    day_said,
    language_of,
    state_said,
    step_said,
)
from policy_engine.explanation.locale import Language
from policy_engine.templates.table_words import role_said

Kind: TypeAlias = Literal["call", "task"]
KINDS: tuple[Kind, ...] = ("call", "task")
CONTACTS = 5
"""Earlier contacts that an entry shows, the latest."""


@dataclass(frozen=True, slots=True)
class Line:
    """An invoice, or a part of one, that the entry is about. Amounts are decimal texts."""

    number: str
    due_date: str
    days_late: int
    amount: str
    currency: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A call to make, or a task to do.

    Attributes:
        key: `action id-attempt`.
        on: the day, ISO.
        deadline: a task's legal deadline, ISO.
        phone: whom to call; in trials the text that stands in its place.
        others: further numbers, with whose they are.
        asked: what is asked in all: principal, interest, lump sums, total, as decimal texts by name.
        contacts: what reached the customer last, newest first.
        broken: promises broken; `promises` all that are known, in words, newest first.
        disputes: open ones, in words.
        script: what to say, or the task's text; "" when no message was written.
        script_file: where the script lies, seen from the list.
        place: the file with all facts.
        trial: whether this is a rehearsal: nobody must be called.
        house: the language of its own words: of whoever works the list off.
    """

    key: str
    kind: Kind
    on: str
    deadline: str | None
    customer: str
    name: str
    language: str
    step: str
    stage: str
    currency: str
    asked: Mapping[str, str]
    lines: tuple[Line, ...]
    person: str
    role: str
    phone: str
    others: tuple[str, ...]
    contacts: tuple[str, ...]
    promises: tuple[str, ...]
    broken: int
    disputes: tuple[str, ...]
    collector: str
    subject: str
    script: str
    script_file: str
    place: str
    trial: bool
    house: Language

    @property
    def oldest_days_late(self) -> int:
        """Of what it is about; 0 when nothing is late."""
        return max((line.days_late for line in self.lines), default=0)

    @property
    def total(self) -> str:
        """What is asked; of a task that asks nothing, as a claim to declare, what is open of its invoices."""
        asks = any(amount.strip("0.") for amount in self.asked.values())
        if asks or {line.currency for line in self.lines} != {self.currency}:
            return self.asked["total"]
        return str(sum(Decimal(line.amount) for line in self.lines))

    @property
    def numbers(self) -> str:
        """The invoices' numbers, each once."""
        return ", ".join(dict.fromkeys(line.number for line in self.lines))


def entry_of(
    document: Mapping[str, Any],
    kind: Kind,
    *,
    script: tuple[str, str] = ("", ""),
    script_file: str = "",
    place: str = "",
    collector: str | None = None,
    language: Language | None = None,
) -> Entry:
    """An entry of the facts of an action, as the folder and the lists keep them.

    Args:
        document: the facts, with `key` and `redirected_to`.
        kind: call or task.
        script: subject and text.
        script_file: where the script lies, seen from the list.
        place: the file with all facts.
        collector: the customer's attribute that names who calls.
        language: of its own words; without it that of the policy, if it was known when the plan was taken in.
    """
    action, customer = document["action"], document["customer"]
    told = document.get("dossier") or {}
    redirected = document["redirected_to"]
    people = [person for person in document["contacts"] if person["phone"]]
    best = _best(people or document["contacts"])
    promises = list(reversed([row for row in told.get("promises", ()) if row["about"]]))
    house = language or language_of(told.get("locale"))
    return Entry(
        key=document["key"],
        kind=kind,
        on=action["send_on"],
        deadline=action["deadline"],
        customer=customer["id"],
        name=customer["name"],
        language=str(best.get("language") or customer["language"] or ""),
        step=action["step"],
        stage=action["stage"],
        currency=action["currency"],
        asked={name: action[name] for name in ("principal", "interest", "lump_sums", "total")},
        lines=_lines(action),
        person=str(best.get("name") or ""),
        role=role_said(str(best.get("role") or ""), house),
        phone=trial_mark(redirected, house) if redirected else str(best.get("phone") or ""),
        others=()
        if redirected
        else tuple(_number(person, house) for person in people if person["id"] != best.get("id")),
        contacts=tuple(_contact(row, house) for row in reversed(told.get("contacts", ())))[:CONTACTS],
        promises=tuple(_promise(row, action["currency"], house) for row in promises),
        broken=sum(row["state"] == "broken" for row in told.get("promises", ())),
        disputes=tuple(
            _dispute(row, action["currency"], house) for row in told.get("disputes", ()) if _open(row, told)
        ),
        collector=_collector(told, collector),
        subject=script[0],
        script=script[1],
        script_file=script_file,
        place=place,
        trial=redirected is not None,
        house=house,
    )


def trial_mark(redirected: str, language: Language) -> str:
    """What stands in the place of a number that a rehearsal mustn't call."""
    return f"{WORDS[language]['trial mark']}{WORDS[language]['colon']} {redirected}"


def _best(people: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Whom to ask for: who pays invoices before anybody else, then the first by id."""
    paying = ("account", "compta", "payable", "fournisseur", "financ", "treasur", "trésor")
    return next(
        (person for person in people if any(word in str(person["role"] or "").lower() for word in paying)),
        next(iter(people), {}),
    )


def _lines(action: Mapping[str, Any]) -> tuple[Line, ...]:
    asked = [
        Line(row["number"], row["due_date"], row["days_late"], row["principal"], action["currency"])
        for row in (*action["demanded"], *action["mentioned"])
    ]
    listed = [
        Line(row["number"], row["due_date"], row["days_late"], row["outstanding"], row["currency"])
        for row in action["listed"]
    ]
    return tuple(asked or listed)


def _number(person: Mapping[str, Any], language: Language) -> str:
    who = ", ".join(
        part for part in (str(person["name"] or ""), role_said(str(person["role"] or ""), language)) if part
    )
    return f"{person['phone']} ({who})" if who else str(person["phone"])


def _contact(row: Mapping[str, Any], language: Language) -> str:
    step = row["step"] or row["intervention"]
    what = step_said(step, row.get("stage"), language) if step else ""
    by = channel_said(row["channel"], language) if row["channel"] else ""
    said = f"{what}, {by}" if language == "fr" and what and by else f"{what} {by}".strip()
    status = "" if row["status"] == "delivered" else f", {state_said(row['status'], language)}"
    return f"{day_said(row['day'], language)} {said}".rstrip() + status


def _promise(row: Mapping[str, Any], currency: str, language: Language) -> str:
    words = WORDS[language]
    amount = words["all"] if row["amount"] is None else amount_said(row["amount"], currency, language)
    made, day = day_said(row["made"], language), day_said(row["day"], language)
    said = words["promise"].format(made=made, amount=amount, day=day)
    return said if row["state"] is None else f"{said}{words['colon']} {state_said(row['state'], language)}"


def _dispute(row: Mapping[str, Any], currency: str, language: Language) -> str:
    words = WORDS[language]
    amount = ""
    if row["amount"] is not None:
        amount = f" {row['amount']}" if language == "en" else f" {amount_said(row['amount'], currency, language)}"
    said = words["dispute"].format(invoice=row["invoice"], amount=amount, day=day_said(row["opened"], language))
    return f"{said}{words['colon']} {row['reason']}" if row["reason"] else said


def _open(row: Mapping[str, Any], told: Mapping[str, Any]) -> bool:
    return row["closed"] is None or row["closed"] > told["as_of"]


def _collector(told: Mapping[str, Any], name: str | None) -> str:
    if name is None:
        return ""
    return str((told.get("customer") or {}).get("attributes", {}).get(name, ""))
