"""The ledger's tables. What is personal lies in `payloads` alone; the others hold ids, states, days and hashes."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, MetaData, Table, Text, UniqueConstraint

METADATA = MetaData()

PLANS = Table(
    "plans",
    METADATA,
    Column("identity", Text, primary_key=True),
    Column("as_of", Text, nullable=False),
    Column("valid_until", Text, nullable=False),
    Column("policy", Text, nullable=False),
    Column("policy_digest", Text, nullable=False),
    Column("snapshot_digest", Text, nullable=False),
    Column("taken_at", Text, nullable=False),
    Column("closed", Text, nullable=False, server_default="[]"),
)
"""One row a plan. `closed` lists the days from its own to `valid_until` that aren't business days, as JSON."""

ACTIONS = Table(
    "actions",
    METADATA,
    Column("n", Integer, primary_key=True),
    Column("action", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("plan", Text, ForeignKey("plans.identity"), nullable=False),
    Column("customer", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("also", Text, nullable=False),
    Column("adapter", Text),
    Column("intervention", Text),
    Column("currency", Text, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("planned_on", Text, nullable=False),
    Column("send_on", Text, nullable=False),
    Column("valid_until", Text, nullable=False),
    Column("role", Text),
    Column("people", Integer, nullable=False),
    Column("grave", Integer, nullable=False),
    Column("rests_on", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("decided_on", Text, nullable=False),
    Column("until", Text),
    Column("not_before", Text),
    Column("tries", Integer, nullable=False),
    Column("worker", Text),
    Column("worker_until", Text),
    Column("last", Integer, nullable=False),
    Column("carriers", Text, nullable=False, server_default="{}"),
    Column("any_day", Integer, nullable=False, server_default="0"),
    Column("written", Integer),
    UniqueConstraint("action", "attempt", name="one_attempt"),
    Index("actions_by_state", "state", "send_on"),
)
"""One row an action and attempt. An action that failed, expired or was rejected and is planned again is a new attempt.

`adapter` is the one that the policy names; `rests_on` holds the hashes of what the action rests upon (`basis`);
`decided_on` is the day of the present state, and stays that of the main carrier's delivery once it is done; `until` the
last day of a rejection; `worker` has claimed it until `worker_until`; `last` is the latest transition; `carriers` says
what became of each channel (`carriers`); `any_day` is 1 when it needs no business day; `written` is 1 when its messages
were made, 0 when not, NULL when nobody knows.
"""

ITEMS = Table(
    "items",
    METADATA,
    Column("n", Integer, primary_key=True),
    Column("action_n", Integer, ForeignKey("actions.n"), nullable=False, index=True),
    Column("item", Text, nullable=False),
    Column("live", Integer),
    Column("invoice", Text),
    Column("instalment", Text),
    Column("step", Text),
    Column("stage", Text),
    Column("role", Text, nullable=False),
    Column("carrier", Integer, nullable=False),
    Column("claimed", Text, nullable=False),
    UniqueConstraint("item", "live", name="one_live_item"),
)
"""The dunning items of an action (3.17). `live` is 1 or NULL, and NULLs never collide: one live row an item.

`claimed` lists what the message asks on top, `[[penalty, minor units], ...]`.
"""

TRANSITIONS = Table(
    "transitions",
    METADATA,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("action_n", Integer, ForeignKey("actions.n"), index=True),
    Column("action", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("before", Text),
    Column("after", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("adapter", Text),
    Column("tries", Integer, nullable=False),
    Column("commitment", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
)
"""Every change of state, appended, never changed; each row holds the hash of the one before (`chain`).

What concerns no action has no `action_n`: a word on the payee, whose account's hash stands in `action` (`payee`).
"""

PAYLOADS = Table(
    "payloads",
    METADATA,
    Column("seq", Integer, ForeignKey("transitions.seq"), primary_key=True, autoincrement=False),
    Column("salt", Text, nullable=False),
    Column("body", Text, nullable=False),
)
"""What is personal about a transition: who, why, the receipt, the message's facts. `purge` deletes rows here alone."""

DEPARTURES = Table(
    "departures",
    METADATA,
    Column("n", Integer, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("at", Text, nullable=False),
    Index("departures_by_channel", "channel", "at"),
)
"""What was claimed lately for channels that have a limit; rows older than the longest window are deleted."""
