"""Make examples/portfolio: the receivables of an invented French wholesaler, the same bytes on every run and machine.

    python examples/make_portfolio.py [FOLDER]

Everything follows from SEED: no clock, no floats, no network. The twelve customers of examples/twelve, written by
hand, are merged in. The columns are those of examples/twelve, too.
"""

import csv
import sys
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import TypeAlias

from desk import FORMAL_NOTICE, STEPS, Debtor, Document, Sent, due_step, work
from habits import DISPUTED, HABITS, TERMS, cents, due_date, gross, payday, weekday
from invented import PUBLIC_BODIES, address, company, person, register_number, slug

Row: TypeAlias = dict[str, str]
Tables: TypeAlias = dict[str, list[Row]]

SEED = 12
AS_OF = date(2026, 10, 30)
PAID_THROUGH = date(2026, 10, 29)
OPENED = date(2025, 4, 14)  # the first invoices
LAST_RUN = date(2026, 10, 16)  # then the autumn holidays: a fortnight's work is waiting
HERE = Path(__file__).resolve().parent
CUSTOMERS = 308
TABLES = (
    "customers", "invoices", "payments", "disputes", "promises", "payment_plans", "blocks", "history", "charges",
    "contact_persons", "credit_reports", "insurance",
)  # fmt: skip


class Portfolio:
    """The tables while they are made; ids are numbered in the order of making."""

    def __init__(self) -> None:
        self.rng = Random(SEED)  # noqa: S311  # sample data, no secret
        self.tables: Tables = {name: [] for name in TABLES}
        self.taken: set[str] = set()
        self.debtors: list[Debtor] = []
        self.numbers: Counter[str] = Counter()
        self.documents: list[tuple[str, Document]] = []
        self.payments: dict[tuple[str, date], list[tuple[str, int]]] = {}

    def next(self, prefix: str) -> str:
        """The next id of a kind."""
        self.numbers[prefix] += 1
        return f"{prefix}-{self.numbers[prefix]:04d}"

    def add(self, table: str, **cells: object) -> None:
        """A row; a cell that isn't named is empty."""
        self.tables[table].append({key.rstrip("_"): str(value) for key, value in cells.items() if value is not None})

    def add_customer(self, place: int) -> None:
        """A customer with its documents, contact person and reports."""
        rng = self.rng
        key = self.next("C")
        kind, category = "business", None
        if place < 6:
            kind = "public"
        elif place < 16:
            kind = "consumer"
        elif place < 26:
            category = "key_account"
        elif place == 26:
            category = "intercompany"
        habit = HABITS[0] if category == "intercompany" else rng.choice([h for h in HABITS for _ in range(h[1])])
        if kind == "public":
            name = PUBLIC_BODIES[place]
        elif kind == "consumer":
            name = person(rng)
        elif category == "intercompany":
            name = "Comptoir Ligérien Logistique SAS"
        else:
            name = company(rng, self.taken)
        terms = rng.choice(TERMS) if kind == "business" else "net_30"
        self.add(
            "customers", id=key, name=name, kind=kind, country="FR", language="fr", category=category, terms=terms,
            since=date(rng.randrange(2009, 2026), rng.randrange(1, 13), rng.randrange(1, 29)) if place % 3 else None,
            contract_rate=rng.choice(("12.00", "15.00", "18.00", "6.00")) if kind == "business" and not place % 19
            else None,
            credit_limit=cents(rng.randrange(5, 60) * 100_000) if kind == "business" and not place % 7 else None,
            registration=register_number(rng) if kind == "business" else None,
        )  # fmt: skip
        street, phone = address(rng)
        has_email = kind != "business" or bool(place % 13)
        who = name if kind == "consumer" else person(rng)
        self.add(
            "contact_persons", id=self.next("K"), customer=key, name=who, phone=phone, address=street, language="fr",
            role=rng.choice(("accounting", "accounting", "manager")) if kind != "consumer" else None,
            email=f"compta@{slug(name)}.example" if has_email else None,
        )  # fmt: skip
        if kind == "business" and not place % 6:
            reported = AS_OF - timedelta(days=rng.randrange(20, 300))
            self.add("credit_reports", id=self.next("CR"), customer=key, date=reported,
                     score=rng.randrange(25, 95), source="agency")  # fmt: skip
        if kind == "business" and not place % 8:
            self.add("insurance", id=self.next("IN"), customer=key, limit=cents(rng.randrange(1, 12) * 500_000),
                     currency="EUR", from_="2026-01-01", until="2026-12-31")  # fmt: skip
        ladder = "gentle" if category == "key_account" else "firm" if habit[0] == "very_late" else "standard"
        debtor = Debtor(key, ladder, has_email)
        size = 3 if category == "key_account" else rng.choice((1, 1, 1, 2))
        gap = rng.choice((30, 45, 61, 61, 91, 91)) if kind == "business" else 91
        issued = OPENED + timedelta(days=rng.randrange(gap))
        while issued < AS_OF:
            self.add_invoice(debtor, terms, habit, weekday(issued), gross(rng, size))
            issued += timedelta(days=max(3, gap + rng.randrange(-6, 7)))
        if kind == "business" and category != "intercompany":
            self.debtors.append(debtor)
        self.note_credit(debtor, place)

    def add_invoice(
        self, debtor: Debtor, terms: str, habit: tuple[str, int, tuple[int, int], tuple[int, ...]], issued: date,
        amount: int,
    ) -> None:  # fmt: skip
        """An invoice, when it will be paid, and whether it is disputed."""
        rng = self.rng
        if issued > AS_OF:
            return
        self.numbers["F"] += 1
        document = Document(f"F-{self.numbers['F']:05d}", amount, issued, due_date(terms, issued))
        debtor.documents.append(document)
        self.documents.append((debtor.id, document))
        method = rng.choice(("transfer", "transfer", "transfer", "direct_debit", "cheque"))
        self.add(
            "invoices", id=document.id, customer=debtor.id, kind="invoice", status="open",
            currency="EUR", amount=cents(amount), issue_date=issued, terms=terms, payment_method=method,
        )  # fmt: skip
        late, runs = habit[2], habit[3]
        paid = payday(rng, document.due, late, runs)
        if rng.randrange(30) == 0 and habit[0] != "punctual":  # forgotten, or no money
            paid = payday(rng, document.due, (35, 75), ())
        left = amount
        if amount > 60_000 and rng.randrange(28) == 0:
            left -= self.dispute(debtor, document)
            paid = max(paid, weekday((document.held[-1][1] or AS_OF) + timedelta(days=rng.randrange(3, 12))))
        elif habit[0] == "partial" and rng.randrange(2):
            first = left * rng.randrange(30, 70) // 100
            document.money.append((paid, first))
            left -= first
            paid = weekday(paid + timedelta(days=rng.randrange(18, 45)))
        document.money.append((paid, left))

    def dispute(self, debtor: Debtor, document: Document) -> int:
        """A dispute of all or a part; some end in a credit note. Returns what the credit note takes off, in cents."""
        rng = self.rng
        opened = document.due + timedelta(days=rng.randrange(-4, 9))
        closed = opened + timedelta(days=rng.randrange(12, 50))
        part = document.amount * rng.choice((10, 20, 25)) // 100 if rng.randrange(2) else None
        document.held.append((opened, closed - timedelta(days=1)))
        if opened <= AS_OF:
            self.add(
                "disputes", id=self.next("D"), customer=debtor.id, invoice=document.id, opened=opened,
                closed=closed if closed <= AS_OF else None, amount=None if part is None else cents(part),
                reason=rng.choice(DISPUTED),
            )  # fmt: skip
        if part is None or rng.randrange(3) == 0:
            return 0
        issued = weekday(closed)
        document.notes.append((issued, part))
        if issued <= AS_OF:
            self.numbers["AV"] += 1
            self.add(
                "invoices", id=f"AV-{self.numbers['AV']:04d}", customer=debtor.id, kind="credit_note", status="open",
                currency="EUR", amount=cents(-part), issue_date=issued, due_date=issued, allocated_to=document.id,
            )  # fmt: skip
        return part

    def note_credit(self, debtor: Debtor, place: int) -> None:
        """A few customers have a free credit note for a year's turnover, one has paid twice."""
        if place in (40, 77, 130):
            self.numbers["AV"] += 1
            self.add(
                "invoices", id=f"AV-{self.numbers['AV']:04d}", customer=debtor.id, kind="credit_note", status="open",
                currency="EUR", amount=cents(-self.rng.randrange(8_000, 40_000)),
                issue_date="2026-10-05", due_date="2026-10-05",
            )  # fmt: skip
        if place == 101:
            self.add("payments", id=self.next("P"), customer=debtor.id, date="2026-10-21", amount="318.60",
                     currency="EUR")  # fmt: skip

    def arrange(self) -> None:
        """Payment plans, blocks and factored invoices on what will still be open."""
        rng = self.rng
        plans = blocks = factored = 0
        for debtor in self.debtors:
            for document in debtor.documents:
                late = document.outstanding(AS_OF) > 0 and (AS_OF - document.due).days
                if not late or late < 0 or document.held:
                    continue
                if plans < 2 and late > 35 and document.amount > 120_000 and len(document.money) == 1:
                    plans += 1
                    self.plan(debtor, document)
                elif blocks < 4 and late > 10 and rng.randrange(4) == 0:
                    blocks += 1
                    first = document.due + timedelta(days=rng.randrange(4, 9))
                    document.held.append((first, None))
                    self.add(
                        "blocks", id=self.next("B"), customer=debtor.id, invoice=document.id, from_=first,
                        until="2026-11-15" if blocks % 2 else None, by="m.leroy",
                        reason=rng.choice(("merger under way", "proof of delivery is being looked for")),
                    )  # fmt: skip
                elif factored < 3 and rng.randrange(5) == 0:
                    factored += 1
                    document.held.append((document.issued, None))
                    row = next(row for row in self.tables["invoices"] if row["id"] == document.id)
                    row["factored"] = "yes"
        self.add("blocks", id=self.next("B"), customer="C-0027", from_="2025-01-01", by="c.benoit",
                 reason="group company: settled by clearing at the end of the year")  # fmt: skip

    def plan(self, debtor: Debtor, document: Document) -> None:
        """Three instalments, the first paid on its day."""
        made = document.due + timedelta(days=22)
        third = document.amount // 3
        schedule = [(made + timedelta(days=10), third), (made + timedelta(days=60), third)]
        schedule.append((made + timedelta(days=91), document.amount - 2 * third))
        document.money = [(weekday(day), part) for day, part in schedule]
        document.held.append((made, None))
        self.add(
            "payment_plans", id=self.next("PL"), customer=debtor.id, invoices=document.id, made=made,
            schedule="; ".join(f"{weekday(day)}={cents(part)}" for day, part in schedule),
        )  # fmt: skip

    def keep_history(self) -> None:
        """What the desk did, and the promises it was given on the telephone."""
        sent: list[Sent] = []
        number = 0
        day = OPENED
        while day <= LAST_RUN:  # a week at a time, so that promises of one week hold the next
            week = work(self.debtors, day, min(day + timedelta(days=6), LAST_RUN), self.rng, number)
            sent += week
            number += len({row.action for row in week})
            for row in week:
                if STEPS[row.step][0] == "phone_call" and row.role == "demanded":
                    self.promise(row)
            day += timedelta(days=7)
        for row in sent:
            name, stage = STEPS[row.step][:2]
            self.add(
                "history", id=self.next("H"), customer=row.debtor.id, invoice=row.document.id, step=name, stage=stage,
                channel=row.channel, status="delivered", date=row.day, action=row.action, role=row.role,
                by="c.benoit" if row.step >= FORMAL_NOTICE else "m.leroy" if row.channel == "call" else None,
            )  # fmt: skip
            if row.channel == "email" and self.numbers["H"] % 90 == 0:  # the mailbox was full the day before
                self.add(
                    "history", id=self.next("H"), customer=row.debtor.id, invoice=row.document.id, step=name,
                    stage=stage, channel="email", status="returned", date=row.day - timedelta(days=1), role="demanded",
                )  # fmt: skip
        self.decide()

    def decide(self) -> None:
        """Two formal notices that a person has in hand: one turned down for a week, one whose letter is on its way."""
        ready = [
            (debtor, document)
            for debtor in self.debtors
            for document in debtor.documents
            if due_step(document, debtor.ladder, AS_OF) == FORMAL_NOTICE
        ]
        for (debtor, document), status in zip(ready, ("rejected", "sending"), strict=False):
            self.add(
                "history", id=self.next("H"), customer=debtor.id, invoice=document.id, step="formal_notice",
                stage="formal_notice", channel="registered_letter", status=status, date="2026-10-28", by="c.benoit",
                until="2026-11-06" if status == "rejected" else None, action=f"A-9{self.numbers['H']:04d}",
                role="demanded",
            )  # fmt: skip

    def promise(self, row: Sent) -> None:
        """Half of those called name a day; most keep to it."""
        rng, document = self.rng, row.document
        if rng.randrange(2):
            return
        promised = weekday(row.day + timedelta(days=rng.randrange(6, 15)))
        left = document.outstanding(row.day)
        if rng.randrange(10) < 7:
            document.money = [pair for pair in document.money if pair[0] <= row.day]
            document.money.append((promised, left))
        document.held.append((row.day, promised + timedelta(days=2)))
        self.add("promises", id=self.next("PR"), customer=row.debtor.id, invoices=document.id, made=row.day,
                 date=promised, amount=cents(left))  # fmt: skip

    def collect(self) -> None:
        """Payments by customer and day: several invoices in one transfer, as people pay."""
        for customer, document in self.documents:
            for day, part in document.money:
                if day <= PAID_THROUGH and part:
                    self.payments.setdefault((customer, day), []).append((document.id, part))
        for (customer, day), parts in sorted(self.payments.items(), key=lambda entry: (entry[0][1], entry[0][0])):
            whole = parts[0][0] if len(parts) == 1 else None
            listed = None if whole else "; ".join(f"{invoice}={cents(part)}" for invoice, part in parts)
            self.add(
                "payments", id=self.next("P"), customer=customer, date=day, amount=cents(sum(p for _, p in parts)),
                currency="EUR", invoice=whole, allocations=listed,
            )  # fmt: skip

    def settle_charges(self) -> None:
        """The house waives what a payment before the formal notice would owe; after it, the lump sum is paid."""
        for debtor in self.debtors:
            for document in debtor.documents:
                done = document.settled()
                if done is None or done <= document.due or done > date(2026, 9, 30):
                    continue
                day = weekday(done + timedelta(days=5))
                noticed = document.position >= FORMAL_NOTICE
                for penalty in ("late_interest", "recovery_indemnity"):
                    paid = noticed and penalty == "recovery_indemnity"
                    self.add(
                        "charges", id=self.next("CH"), customer=debtor.id, invoice=document.id, penalty=penalty,
                        status="paid" if paid else "waived", date=day, amount="40.00" if paid else None,
                        until=None if paid else "settled",
                    )  # fmt: skip

    def bounce(self) -> None:
        """Two direct debits came back and were paid again a week later."""
        rows = [row for row in self.tables["payments"] if row.get("invoice") and row["date"] > "2026-03"]
        for row in rows[40:160:80]:
            back = weekday(date.fromisoformat(row["date"]) - timedelta(days=9))
            first = self.next("P")
            self.tables["payments"].append({**row, "id": first, "date": str(back - timedelta(days=4))})
            self.add("payments", id=self.next("P"), customer=row["customer"], date=back, amount=f"-{row['amount']}",
                     currency="EUR", reverses=first)  # fmt: skip

    def number(self) -> None:
        """Printed numbers: one unbroken series a year, in the order of the dates (CGI ann. II art. 242 nonies A)."""
        for row in sorted(self.tables["invoices"], key=lambda row: (row["issue_date"], row["id"])):
            series = "AV" if row["kind"] == "credit_note" else "FA"
            year = row["issue_date"][:4]
            self.numbers[series + year] += 1
            row["number"] = f"{series}-{year}-{self.numbers[series + year]:04d}"

    def make(self) -> Tables:
        """All tables, each in the order of making."""
        for place in range(CUSTOMERS):
            self.add_customer(place)
        self.arrange()
        self.keep_history()
        self.collect()
        self.bounce()
        self.settle_charges()
        self.number()
        return self.tables


def read(folder: Path, table: str) -> tuple[list[str], list[Row]]:
    """The columns and rows of a table written by hand."""
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        return list(reader.fieldnames or ()), list(reader)


def manifest(tables: Tables) -> str:
    """The manifest with row counts and control totals."""
    lines = [
        "# Made by examples/make_portfolio.py; don't edit by hand.",
        f"as_of: {AS_OF}",
        "source: invented portfolio of a French wholesaler, and the twelve customers of examples/twelve",
        'exported_at: "2026-10-30T06:00:00+01:00"',
        f"payments_complete_through: {PAID_THROUGH}",
        "tables:",
    ]
    for name, rows in tables.items():
        total = ""
        if name in ("invoices", "payments"):
            amount = sum(int(row["amount"].replace(".", "")) for row in rows)
            total = f', amount: {{EUR: "{cents(amount)}"}}'
        lines.append(f"  {name}: {{rows: {len(rows)}{total}}}")
    return "\n".join(lines) + "\n"


def write(folder: Path, twelve: Path) -> None:
    """Write every table and the manifest to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Portfolio().make()
    for name in TABLES:
        columns, by_hand = read(twelve, name)
        made[name] += by_hand
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(made[name])
    (folder / "manifest.yaml").write_text(manifest(made), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "portfolio", HERE / "twelve")
