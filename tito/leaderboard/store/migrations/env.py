"""Environment of a migration: the connection of the store that is opened."""

from __future__ import annotations

from alembic import context

from tito.leaderboard.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
