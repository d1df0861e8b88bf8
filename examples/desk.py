"""A dunning desk in miniature: what was sent, promised and placed up to a day, for a believable history.

It knows the ladders of policies/fr-b2b.yaml by heart and nothing of the engine, so that the sample data can't be
right for the wrong reason. The desk writes on Fridays, and places claims with the agency on the last Friday of a month.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

STEPS = (  # name, stage, channel, days after the previous step, least outstanding in cents
    ("pre_due_notice", "notice", "email", 7, 100_000),
    ("courtesy_reminder", "reminder", "email", 7, 0),
    ("second_reminder", "reminder", "email", 7, 0),
    ("phone_call", "call", "call", 5, 50_000),
    ("formal_notice", "formal_notice", "registered_letter", 8, 0),
    ("collection_agency", "agency", "placement", 15, 15_000),
)
DAYS = {  # ladder: days after the due date, None where the ladder lacks the step
    "standard": (-5, 3, 12, 20, 30, 60),
    "gentle": (None, 7, 18, 28, 60, 100),
    "firm": (-5, 3, 10, 15, 23, 45),
}
FORMAL_NOTICE, AGENCY = 4, 5
CAP = 7  # at most one contact in so many days
WEEK = timedelta(days=7)


@dataclass
class Document:
    """An invoice on its way: cents, days, what the desk noted. `money` and `notes` are (day, cents) that settle it."""

    id: str
    amount: int
    issued: date
    due: date
    money: list[tuple[date, int]] = field(default_factory=list)
    notes: list[tuple[date, int]] = field(default_factory=list)
    held: list[tuple[date, date | None]] = field(default_factory=list)
    position: int = -1
    last: date | None = None

    def outstanding(self, day: date) -> int:
        """What is left on a day."""
        return self.amount - sum(cents for when, cents in self.money + self.notes if when <= day)

    def is_held(self, day: date) -> bool:
        """Whether a dispute, promise, plan or block runs."""
        return any(first <= day and (last is None or day <= last) for first, last in self.held)

    def settled(self) -> date | None:
        """The day on which nothing was left, None when something is."""
        left = self.amount
        for day, cents in sorted(self.money + self.notes):
            left -= cents
            if left <= 0:
                return day
        return None


@dataclass
class Debtor:
    """A customer that the desk chases on `ladder`."""

    id: str
    ladder: str
    has_email: bool
    documents: list[Document] = field(default_factory=list)
    last_contact: date | None = None


@dataclass(frozen=True)
class Sent:
    """One history row to be."""

    debtor: Debtor
    document: Document
    step: int
    channel: str
    day: date
    action: str
    role: str


def run_days(first: date, last: date) -> list[date]:
    """Fridays."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [day for day in days if day.weekday() == 4]


def due_step(document: Document, ladder: str, day: date) -> int | None:
    """The index of the step that the document is due for on a day, None when there is none."""
    if document.outstanding(day) < 1_000 or document.issued > day or document.is_held(day):
        return None
    for index in range(document.position + 1, len(STEPS)):
        delay = DAYS[ladder][index]
        _, _, _, after_previous, least = STEPS[index]
        if delay is None or (delay < 0 and day >= document.due) or document.outstanding(day) < least:
            continue
        if day < document.due + timedelta(days=delay):
            return None
        if document.last is not None and day < document.last + timedelta(days=after_previous):
            return None
        if index == AGENCY and (day + WEEK).month == day.month:
            return None
        return index
    return None


def work(debtors: list[Debtor], first: date, last: date, rng: Random, number: int) -> list[Sent]:
    """Everything the desk sent from `first` to `last`. Actions are numbered from `number`."""
    sent: list[Sent] = []
    for day in run_days(first, last):
        for debtor in debtors:
            due = [
                (index, document)
                for document in debtor.documents
                if (index := due_step(document, debtor.ladder, day)) is not None
            ]
            placed = [pair for pair in due if pair[0] == AGENCY]
            late = [pair for pair in due if pair[0] != AGENCY and pair[1].due < day]
            early = [pair for pair in due if pair[1].due >= day] if not late and debtor.has_email else []
            for group in (placed, late or early):
                if not group:
                    continue
                top = max(index for index, _ in group)
                capped = debtor.last_contact is not None and (day - debtor.last_contact).days < CAP
                if top < FORMAL_NOTICE and capped:
                    continue
                number += 1
                channel = STEPS[top][2] if debtor.has_email or STEPS[top][2] != "email" else "letter"
                for index, document in sorted(group, key=lambda pair: pair[1].id):
                    role = "demanded" if index == top else "mentioned"
                    document.position, document.last = index, day
                    sent.append(Sent(debtor, document, index, channel, day, f"A-{number:05d}", role))
                    if index == AGENCY:  # what the agency has, it collects sooner or later
                        left = document.outstanding(day)
                        document.money = [pair for pair in document.money if pair[0] <= day]
                        document.money.append((day + timedelta(days=rng.randrange(20, 80)), left))
                if top != AGENCY:
                    debtor.last_contact = day
    return sent
