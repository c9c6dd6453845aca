"""Make the first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "sources",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
    )
    op.create_table(
        "entries",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("person", sa.String(80), nullable=False),
        sa.Column("division", sa.String(80), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("digest", sa.String(64), sa.ForeignKey("sources.digest"), nullable=False),
        sa.Column("own_machine", sa.Boolean, nullable=False),
        sa.Column("submitted_at", sa.Float, nullable=False),
    )
    op.create_index("entries_of_a_division", "entries", ["division", "person"])
    op.create_table(
        "events",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("entry_id", sa.Integer, sa.ForeignKey("entries.id"), nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("sentence", sa.Text, nullable=False),
    )
    op.create_index("events_of_an_entry", "events", ["entry_id", "id"])
    _make_tables_of_judges()


def _make_tables_of_judges() -> None:
    op.create_table(
        "tasks",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("entry_id", sa.Integer, sa.ForeignKey("entries.id"), nullable=False),
        sa.Column("replays", sa.Integer, nullable=True),
        sa.Column("created_at", sa.Float, nullable=False),
    )
    op.create_table(
        "leases",
        sa.Column("task_id", sa.Integer, sa.ForeignKey("tasks.id"), primary_key=True),
        sa.Column("judge", sa.String(120), nullable=False),
        sa.Column("token", sa.String(32), nullable=False),
        sa.Column("n_taken", sa.Integer, nullable=False),
        sa.Column("expires_at", sa.Float, nullable=False),
    )
    op.create_table(
        "judgements",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("task_id", sa.Integer, sa.ForeignKey("tasks.id"), nullable=False),
        sa.Column("entry_id", sa.Integer, sa.ForeignKey("entries.id"), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("clause", sa.String(120), nullable=False),
        sa.Column("sentence", sa.Text, nullable=False),
        *(
            sa.Column(name, sa.Float, nullable=True)
            for name in ("score", "low", "high", "seconds", "baseline_seconds")
        ),
        sa.Column("repeats", sa.Text, nullable=False),
        sa.Column("seed", sa.String(40), nullable=False),
        sa.Column("rules", sa.String(16), nullable=False),
        sa.Column("circumstances", sa.Text, nullable=False),
        sa.Column("log", sa.Text, nullable=False),
        sa.Column("judge", sa.String(120), nullable=False),
        sa.Column("started_at", sa.Float, nullable=False),
        sa.Column("finished_at", sa.Float, nullable=False),
        sa.UniqueConstraint("task_id", name="a_task_is_judged_once"),
    )
    op.create_index("judgements_of_an_entry", "judgements", ["entry_id", "id"])
