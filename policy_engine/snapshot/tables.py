"""Every table and column of a snapshot, defined once (language.md section 4).

Readers, the JSON Schemas, `docs/snapshot.md` and the messages of the checks are all made from `TABLES`. Plain
names that somebody who exports from an ERP expects; one row of a table becomes one value of `snapshot.model`.
"""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from policy_engine.facts.table import INVOICE_KINDS, INVOICE_STATUSES, KINDS
from policy_engine.snapshot.model import HISTORY_STATUSES

ColumnType: TypeAlias = Literal[
    "id", "text", "word", "flag", "date", "amount", "percent", "number", "count", "currency", "country", "rate",
    "ids", "words", "allocations", "schedule",
]  # fmt: skip
"""What a cell holds.

`id` a trimmed key; `word` one of `choices`; `amount` a decimal in major units with at most the currency's decimals;
`percent` a decimal, 12.15 for 12.15 %; `ids` and `words` several separated by `;`; `allocations` `F-1=120.00; F-2=30`;
`schedule` `2026-09-30=500.00; 2026-10-31=500.00`; `rate` a positive decimal.
"""

Holds: TypeAlias = Literal["customer", "credit_notes", "nothing"]
"""What a broken row takes with it (3.2): every invoice of its customer; the same, but only when it is a credit note
or its kind can't be read; nothing but its own facts."""

CHANNELS = (
    "email", "letter", "registered_letter", "call", "task", "webhook", "placement", "order_hold", "order_release",
)  # fmt: skip


ORDER_STATUSES = ("open", "confirmed", "billed", "cancelled")


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        name: the header in CSV, the key in YAML and JSON.
        type: what a cell holds.
        description: one sentence for the person who fills it.
        example: a cell as it stands in CSV.
        required: the column must be there, with a value in each row.
        unit: of a number, for people.
        choices: the words it may hold, for `word`.
        default: what an empty cell means, for people; None = not known.
    """

    name: str
    type: ColumnType
    description: str
    example: str
    required: bool = False
    unit: str | None = None
    choices: tuple[str, ...] = ()
    default: str | None = None

    @property
    def nullable(self) -> bool:
        """Whether a cell may be empty."""
        return not self.required


@dataclass(frozen=True, slots=True)
class Table:
    """One table: `columns` in the order in which documentation and readers take them."""

    name: str
    title: str
    description: str
    holds: Holds
    columns: tuple[Column, ...]
    required: bool = False
    attributes: Literal["customer", "invoice"] | None = None
    index: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "index", {column.name: place for place, column in enumerate(self.columns)})

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises:
            KeyError: no such column.
        """
        return self.columns[self.index[name]]


def _id(what: str, example: str) -> Column:
    return Column("id", "id", f"Unique key of the {what}; blanks around it are dropped.", example, required=True)


def _customer(*, required: bool = True, default: str | None = None) -> Column:
    return Column("customer", "id", "The customer's id.", "C-1042", required=required, default=default)


_OF_INVOICE = "the invoice's customer"
_MAJOR = "major units, decimal point, no thousands separators"

CUSTOMERS = Table(
    "customers",
    "Customers",
    "Who owes: one row a debtor.",
    "customer",
    (
        _id("customer", "C-1042"),
        Column("name", "text", "Name as it stands on letters.", "Menuiserie Duval SARL", required=True),
        Column("kind", "word", "What law sees in the customer.", "business", required=True, choices=KINDS),
        Column("country", "country", "ISO 3166-1 alpha-2 code of the country.", "FR"),
        Column("language", "text", "Language for messages, as a BCP 47 tag.", "fr"),
        Column("category", "text", "The company's own grouping, for segments.", "key_account"),
        Column("status", "text", "The company's own status word.", "active"),
        Column("tags", "words", "Any number of marks, separated by `;`.", "export; vip"),
        Column("since", "date", "Customer since.", "2019-03-01", default="the first issue date"),
        Column("parent", "id", "Id of the customer that this one belongs to; its own id counts as none.", "C-1000"),
        Column("terms", "text", "Payment terms for invoices that have neither a due date nor terms.", "net_30"),
        Column("insolvent", "flag", "Whether insolvency proceedings are open.", "no",
               default="`yes` when `insolvent_since` is given, else `no`"),
        Column("insolvent_since", "date", "Day of the judgment that opened the proceedings.", "2026-05-12"),
        Column("contract_rate", "percent", "Late-interest rate agreed in the contract, 0 to 100.", "12.15",
               unit="percent a year"),
        Column("credit_limit", "amount", "The customer's own credit limit.", "25000.00", unit=_MAJOR,
               default="the segment's limit"),
        Column("limit_currency", "currency", "Currency of `credit_limit`.", "EUR", default="the policy's currency"),
        Column("registration", "text", "Company register number (SIREN or the like).", "552100554"),
    ),
    required=True,
    attributes="customer",
)  # fmt: skip

INVOICES = Table(
    "invoices",
    "Invoices and credit notes",
    "What is or was on the ledger: one row a document, open or not. Each row gets exactly one outcome.",
    "credit_notes",
    (
        _id("document", "F-2026-0815"),
        Column("number", "text", "Number as printed on the document.", "2026-0815", default="the id"),
        _customer(),
        Column("kind", "word", "What the document is.", "invoice", required=True, choices=INVOICE_KINDS),
        Column("status", "word", "Its state in the ledger.", "open", choices=INVOICE_STATUSES, default="`open`"),
        Column("currency", "currency", "ISO 4217 code.", "EUR", required=True),
        Column("amount", "amount", "Gross amount; credit notes are negative, everything else is not.", "1200.00",
               required=True, unit=_MAJOR),
        Column("issue_date", "date", "Date of the document.", "2026-06-01", required=True),
        Column("due_date", "date", "Last day to pay in time.", "2026-07-01",
               default="computed from `terms`, else from the customer's terms"),
        Column("terms", "text",
               "Payment terms: `net_30`, `45_days_then_end_of_month`, `end_of_month_then_45_days`, `end_of_month`, "
               "`due_on_receipt`; any number of days.", "net_30", default="the customer's terms"),
        Column("payment_method", "text", "How it is to be paid.", "transfer"),
        Column("e_status", "text", "Status of the electronic invoice.", "accepted"),
        Column("factored", "flag", "Whether the claim was sold to a factor.", "no", default="`no`"),
        Column("allocated_to", "id", "For a credit note: the invoice that its whole amount settles.", "F-2026-0790"),
        Column("allocations", "allocations", "For a credit note: the invoices that it settles, with amounts.",
               "F-2026-0790=120.00; F-2026-0791=30.00"),
    ),
    required=True,
    attributes="invoice",
)  # fmt: skip

INSTALMENTS = Table(
    "instalments",
    "Instalments",
    "Parts of an invoice with due dates of their own; the parts of an invoice add up to it.",
    "customer",
    (
        _id("part", "F-2026-0815-1"),
        _customer(required=False, default=_OF_INVOICE),
        Column("invoice", "id", "The invoice's id.", "F-2026-0815", required=True),
        Column("amount", "amount", "Amount of the part, in the invoice's currency.", "600.00", required=True,
               unit=_MAJOR),
        Column("due_date", "date", "Last day to pay the part in time.", "2026-07-31", required=True),
    ),
)  # fmt: skip

PAYMENTS = Table(
    "payments",
    "Payments",
    "Money that arrived. What no allocation names is unallocated. A negative amount is a full reversal of another "
    "payment (`reverses`) or a refund allocated wholly to credit notes.",
    "customer",
    (
        _id("payment", "P-77120"),
        _customer(),
        Column("date", "date", "Day on which the money arrived.", "2026-07-14", required=True),
        Column("amount", "amount", "Amount received; negative for reversals and refunds.", "1200.00", required=True,
               unit=_MAJOR),
        Column("currency", "currency", "ISO 4217 code.", "EUR", required=True),
        Column("invoice", "id", "The invoice that the whole payment settles.", "F-2026-0815"),
        Column("allocations", "allocations", "The invoices that it settles, with amounts.",
               "F-2026-0815=1000.00; F-2026-0816=200.00"),
        Column("reverses", "id", "Id of the payment that this one undoes (rejected direct debit, bounced cheque).",
               "P-77001"),
    ),
)  # fmt: skip

DISPUTES = Table(
    "disputes",
    "Disputes",
    "What customers contest.",
    "customer",
    (
        _id("dispute", "D-31"),
        _customer(required=False, default=_OF_INVOICE),
        Column("invoice", "id", "The contested invoice.", "F-2026-0815", required=True),
        Column("opened", "date", "First day of the dispute.", "2026-07-10", required=True),
        Column("closed", "date", "Day from which it no longer counts.", "2026-08-02", default="still open"),
        Column("amount", "amount", "Contested amount, in the invoice's currency.", "300.00", unit=_MAJOR,
               default="the whole invoice"),
        Column("reason", "text", "Why, in the desk's words.", "two pallets damaged"),
        Column("by", "text", "Who noted it.", "m.leroy"),
    ),
)  # fmt: skip

PROMISES = Table(
    "promises",
    "Promises to pay",
    "What customers promised, and by when.",
    "customer",
    (
        _id("promise", "PR-12"),
        _customer(),
        Column("invoices", "ids", "The promised invoices, separated by `;`.", "F-2026-0815; F-2026-0816",
               default="every invoice of the customer issued up to `made`"),
        Column("made", "date", "Day of the promise.", "2026-07-20", required=True),
        Column("date", "date", "Day by which the money was promised.", "2026-07-31", required=True),
        Column("amount", "amount", "Promised amount, in the invoices' currency.", "500.00", unit=_MAJOR,
               default="all that was outstanding"),
        Column("by", "text", "Who noted it.", "m.leroy"),
    ),
)  # fmt: skip

PAYMENT_PLANS = Table(
    "payment_plans",
    "Payment plans",
    "Agreements to pay invoices in instalments.",
    "customer",
    (
        _id("plan", "PL-4"),
        _customer(),
        Column("invoices", "ids", "The invoices of the plan, separated by `;`.", "F-2026-0815; F-2026-0816",
               required=True),
        Column("made", "date", "Day of the agreement.", "2026-08-01", required=True),
        Column("schedule", "schedule", "Days and amounts agreed, in the invoices' currency.",
               "2026-09-30=500.00; 2026-10-31=500.00", required=True),
    ),
)  # fmt: skip

BLOCKS = Table(
    "blocks",
    "Blocks",
    "A person's word that a customer or an invoice is to be left alone.",
    "customer",
    (
        _id("block", "B-9"),
        _customer(required=False, default=_OF_INVOICE),
        Column("invoice", "id", "The invoice to leave alone.", "F-2026-0815", default="every invoice of the customer"),
        Column("from", "date", "First day of the block.", "2026-07-01", required=True),
        Column("until", "date", "Last day of the block.", "2026-07-31", default="until it is lifted"),
        Column("reason", "text", "Why.", "merger under way"),
        Column("by", "text", "Who decided.", "m.leroy"),
    ),
)  # fmt: skip

HISTORY = Table(
    "history",
    "History",
    "What became of past actions: one row for each invoice (or intervention) of an action. Dates lie on or before "
    "`as_of`, unless the manifest says `rewound: true`.",
    "customer",
    (
        _id("row", "H-5001"),
        _customer(required=False, default=_OF_INVOICE),
        Column("invoice", "id", "The invoice it was about; empty for an intervention about the customer.",
               "F-2026-0815"),
        Column("instalment", "id", "The part of the invoice that it was about.", "F-2026-0815-1",
               default="the whole invoice"),
        Column("step", "text", "The ladder's step; with status `set` an empty one means before the first step.",
               "courtesy_reminder"),
        Column("stage", "text", "The step's stage.", "reminder"),
        Column("channel", "word", "How it went out.", "email", choices=CHANNELS),
        Column("status", "word", "What became of it; `executed` is taken as `delivered`.", "delivered", required=True,
               choices=(*sorted(HISTORY_STATUSES), "executed")),
        Column("date", "date", "Day of the delivery; of the plan while pending; of the decision otherwise.",
               "2026-07-04", required=True),
        Column("sequence", "count", "Order of recording within a day.", "1", default="0"),
        Column("action", "id", "Id of the action; the rows of one message share it.", "9f2c41"),
        Column("role", "word", "Whether the message asked for the invoice at its step or only mentioned it.",
               "demanded", choices=("demanded", "mentioned"), default="`demanded`"),
        Column("carrier", "flag", "With `scope: customer`: whether the message went at this invoice's age.", "yes",
               default="`no`"),
        Column("until", "date", "For `rejected`: last day that the rejection holds.", "2026-07-11",
               default="7 days after `date`"),
        Column("intervention", "text", "The intervention's name, instead of a step.", "declare_claim"),
        Column("by", "text", "Who decided.", "m.leroy"),
    ),
)  # fmt: skip

CHARGES = Table(
    "charges",
    "Charges",
    "What became of interest and lump sums: claimed, invoiced, waived or paid.",
    "customer",
    (
        _id("charge", "CH-88"),
        _customer(required=False, default=_OF_INVOICE),
        Column("invoice", "id", "The late invoice.", "F-2026-0815", required=True),
        Column("penalty", "text", "The penalty's name in the policy.", "late_interest", required=True),
        Column("status", "word", "What was done.", "waived", required=True,
               choices=("claimed", "invoiced", "waived", "paid")),
        Column("date", "date", "When.", "2026-08-15", required=True),
        Column("amount", "amount", "How much, in the invoice's currency.", "40.00", unit=_MAJOR,
               default="for a waiver: what accrued up to `date` and isn't paid"),
        Column("until", "word", "`settled`: a waiver of all of it, for good.", "settled", choices=("settled",)),
        Column("by", "text", "Who noted it.", "m.leroy"),
    ),
)  # fmt: skip

NOTES = Table(
    "notes",
    "Notes",
    "What people wrote down about a customer or an invoice. Checked and counted; decides nothing.",
    "nothing",
    (
        _id("note", "N-17"),
        _customer(required=False, default=_OF_INVOICE),
        Column("invoice", "id", "The invoice that it is about.", "F-2026-0815", default="the customer as a whole"),
        Column("date", "date", "Day of the note.", "2026-07-21", required=True),
        Column("text", "text", "What there is to know.", "new accountant as of August", required=True),
        Column("by", "text", "Who wrote it.", "m.leroy"),
    ),
)  # fmt: skip

CORRECTIONS = Table(
    "corrections",
    "Corrections",
    "New rows that end or withdraw others, so that nothing noted is edited. From `date` on (never before it) a dispute "
    "or block that `ended` has that day as its end; a row that was `withdrawn` counts as if it had never been noted.",
    "customer",
    (
        _id("correction", "CO-5"),
        _customer(required=False, default="the row's customer"),
        Column("table", "word", "The table of the corrected row.", "blocks", required=True,
               choices=("disputes", "promises", "payment_plans", "blocks", "history", "charges", "notes")),
        Column("row", "id", "The corrected row's id.", "B-9", required=True),
        Column("change", "word",
               "`ended`: disputes and blocks only. `withdrawn`: of charges only waivers, of history only `set`.",
               "ended", required=True, choices=("ended", "withdrawn")),
        Column("date", "date", "First day on which the row no longer counts.", "2026-07-25", required=True),
        Column("reason", "text", "Why.", "delivered again"),
        Column("by", "text", "Who decided.", "m.leroy"),
    ),
)  # fmt: skip

CONTACT_PERSONS = Table(
    "contact_persons",
    "Contact persons",
    "Whom to write to, and where. Without this table addresses are not known, and every channel counts as reachable.",
    "nothing",
    (
        _id("person", "K-301"),
        _customer(),
        Column("name", "text", "The person's name.", "Claire Petit"),
        Column("role", "text", "What the person does.", "accounting"),
        Column("email", "text", "E-mail address.", "claire.petit@example.org"),
        Column("phone", "text", "Telephone number.", "+33 1 23 45 67 89"),
        Column("address", "text", "Postal address, in lines.", "12 rue des Lilas, 44000 Nantes"),
        Column("language", "text", "Language for this person.", "fr", default="the customer's"),
    ),
)  # fmt: skip

CREDIT_REPORTS = Table(
    "credit_reports",
    "Credit reports",
    "What agencies say.",
    "nothing",
    (
        _id("report", "CR-7"),
        _customer(),
        Column("date", "date", "Date of the report.", "2026-06-15", required=True),
        Column("score", "number", "The agency's score, up to four decimals.", "62"),
        Column("source", "text", "Who made it.", "agency"),
    ),
)  # fmt: skip

INSURANCE = Table(
    "insurance",
    "Insured limits",
    "What a credit insurer covers.",
    "nothing",
    (
        _id("cover", "IN-2"),
        _customer(),
        Column("limit", "amount", "Insured limit.", "50000.00", required=True, unit=_MAJOR),
        Column("currency", "currency", "ISO 4217 code.", "EUR", required=True),
        Column("from", "date", "First day of the cover.", "2026-01-01", required=True),
        Column("until", "date", "Last day of the cover.", "2026-12-31", default="open"),
    ),
)  # fmt: skip

ORDERS = Table(
    "orders",
    "Orders",
    "Orders that wait for a credit decision (`open`), and those that will be invoiced (`confirmed`): the part of a "
    "confirmed order that isn't billed yet counts as unbilled in the exposure.",
    "nothing",
    (
        _id("order", "O-6001"),
        _customer(),
        Column("amount", "amount", "Value of the order.", "8400.00", required=True, unit=_MAJOR),
        Column("currency", "currency", "ISO 4217 code.", "EUR", required=True),
        Column("date", "date", "Day of the order.", "2026-07-21", required=True),
        Column("kind", "text", "The company's own word for it.", "export"),
        Column("status", "word", "`open`: waits for a decision; `confirmed`: accepted, to be delivered and invoiced; "
               "`billed`: invoiced in full; `cancelled`. Only the first two count.", "confirmed",
               choices=ORDER_STATUSES, default="`open`"),
        Column("billed", "amount", "What of `amount` was invoiced already.", "2400.00", unit=_MAJOR, default="0"),
    ),
)  # fmt: skip

EXCHANGE_RATES = Table(
    "exchange_rates",
    "Exchange rates",
    "1 unit of `base` is `rate` units of `quote`: `USD,EUR,2026-07-20,0.9172` says that 1 USD is 0.9172 EUR. A row is"
    " read both ways, the other way round exactly; of a pair the newest row dated `as_of` or before counts. Two rows"
    " are never chained: one of the two currencies is the policy's.",
    "nothing",
    (
        Column("base", "currency", "ISO 4217 code.", "USD", required=True),
        Column("quote", "currency", "ISO 4217 code.", "EUR", required=True),
        Column("date", "date", "Day of the rate.", "2026-07-20", required=True),
        Column("rate", "rate", "Units of `quote` for one of `base`.", "0.9172", required=True),
    ),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        CUSTOMERS, INVOICES, INSTALMENTS, PAYMENTS, DISPUTES, PROMISES, PAYMENT_PLANS, BLOCKS, HISTORY, CHARGES,
        NOTES, CORRECTIONS, CONTACT_PERSONS, CREDIT_REPORTS, INSURANCE, ORDERS, EXCHANGE_RATES,
    )
}  # fmt: skip
"""Every table by name, in the order of the documentation."""


@dataclass(frozen=True, slots=True)
class ManifestKey:
    """One key of the manifest."""

    name: str
    type: Literal["date", "text", "flag", "totals"]
    description: str
    example: str


MANIFEST: tuple[ManifestKey, ...] = (
    ManifestKey("as_of", "date", "The snapshot's date: everything is judged as of this day.", "2026-07-21"),
    ManifestKey("source", "text", "Where the data comes from.", "ERP production"),
    ManifestKey("exported_at", "text", "When it was exported, as the exporter writes it.", "2026-07-21T22:04:00Z"),
    ManifestKey("payments_complete_through", "date", "Last day whose payments are all in the snapshot.", "2026-07-20"),
    ManifestKey("rewound", "flag", "Whether history after `as_of` is to be ignored (back-tests).", "false"),
    ManifestKey("tables", "totals",
                "Control totals of the tables beside it: `rows`, and `amount` as sums by currency.",
                '{invoices: {rows: 2, amount: {EUR: "1500.00"}}}'),
)  # fmt: skip
"""The manifest's keys. Only `as_of` is required, and a later snapshot's manifest may leave it out."""

TOTALLED = ("invoices", "payments", "orders")
"""Tables whose amounts a manifest may give control totals for: those with a currency of their own."""
