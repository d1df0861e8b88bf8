"""The first tables: plans, actions, items, transitions, payloads."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "plans",
        *(_text(name) for name in ("as_of", "valid_until", "policy", "policy_digest", "snapshot_digest", "taken_at")),
        sa.Column("identity", sa.Text, primary_key=True),
    )
    op.create_table(
        "actions",
        sa.Column("n", sa.Integer, primary_key=True),
        _text("action"),
        _whole("attempt"),
        sa.Column("plan", sa.Text, sa.ForeignKey("plans.identity"), nullable=False),
        *(_text(name) for name in ("customer", "step", "stage", "channel")),
        _text("also"),
        sa.Column("adapter", sa.Text),
        sa.Column("intervention", sa.Text),
        _text("currency"),
        sa.Column("total", sa.BigInteger, nullable=False),
        *(_text(name) for name in ("planned_on", "send_on", "valid_until")),
        sa.Column("role", sa.Text),
        _whole("people"),
        _whole("grave"),
        *(_text(name) for name in ("rests_on", "state", "decided_on")),
        sa.Column("until", sa.Text),
        sa.Column("not_before", sa.Text),
        _whole("tries"),
        sa.Column("worker", sa.Text),
        sa.Column("worker_until", sa.Text),
        _whole("last"),
        sa.UniqueConstraint("action", "attempt", name="one_attempt"),
    )
    op.create_index("actions_by_state", "actions", ["state", "send_on"])
    op.create_table(
        "items",
        sa.Column("n", sa.Integer, primary_key=True),
        sa.Column("action_n", sa.Integer, sa.ForeignKey("actions.n"), nullable=False),
        _text("item"),
        sa.Column("live", sa.Integer),
        *(sa.Column(name, sa.Text) for name in ("invoice", "instalment", "step", "stage")),
        _text("role"),
        _whole("carrier"),
        _text("claimed"),
        sa.UniqueConstraint("item", "live", name="one_live_item"),
    )
    op.create_index("ix_items_action_n", "items", ["action_n"])
    op.create_table(
        "transitions",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("action_n", sa.Integer, sa.ForeignKey("actions.n"), nullable=False),
        _text("action"),
        _whole("attempt"),
        sa.Column("before", sa.Text),
        *(_text(name) for name in ("after", "at")),
        sa.Column("adapter", sa.Text),
        _whole("tries"),
        *(_text(name) for name in ("commitment", "previous", "hash")),
    )
    op.create_index("ix_transitions_action_n", "transitions", ["action_n"])
    op.create_table(
        "payloads",
        sa.Column("seq", sa.Integer, sa.ForeignKey("transitions.seq"), primary_key=True, autoincrement=False),
        _text("salt"),
        _text("body"),
    )


def _text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text, nullable=False)


def _whole(name: str) -> "sa.Column[int]":
    return sa.Column(name, sa.Integer, nullable=False)
