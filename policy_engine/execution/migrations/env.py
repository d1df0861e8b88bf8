"""Runs the steps in the transaction that `database` has begun: all of them are done, or none."""

from alembic import context

from policy_engine.execution.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA, transactional_ddl=False)
context.run_migrations()
