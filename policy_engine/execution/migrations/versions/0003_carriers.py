"""What became of each carrier of a message, what left lately by channel, the days on which nothing leaves."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add columns, with what they hold for the rows that are there, and a table."""
    op.add_column("plans", sa.Column("closed", sa.Text, nullable=False, server_default="[]"))
    op.add_column("actions", sa.Column("carriers", sa.Text, nullable=False, server_default="{}"))
    op.add_column("actions", sa.Column("any_day", sa.Integer, nullable=False, server_default="0"))
    op.add_column("actions", sa.Column("written", sa.Integer))
    op.create_table(
        "departures",
        sa.Column("n", sa.Integer, primary_key=True),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
    )
    op.create_index("departures_by_channel", "departures", ["channel", "at"])
