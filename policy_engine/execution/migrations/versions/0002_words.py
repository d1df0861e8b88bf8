"""Transitions that concern no action: what people say about the payee."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Let `action_n` be empty."""
    with op.batch_alter_table("transitions") as table:
        table.alter_column("action_n", existing_type=sa.Integer, nullable=True)
