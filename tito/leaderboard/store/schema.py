"""Tables. A migration makes them; a test compares the two.

Rows are only added, but for leases, which say who is at work now. Times are seconds since 1970 in
UTC, by the database's clock where it has one.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata: Final = MetaData()

sources: Final = Table(
    "sources",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("language", String(16), nullable=False),
    Column("source", Text, nullable=False),
)

entries: Final = Table(
    "entries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person", String(80), nullable=False),
    Column("division", String(80), nullable=False),
    Column("name", String(80), nullable=False),
    Column("digest", String(64), ForeignKey("sources.digest"), nullable=False),
    Column("own_machine", Boolean, nullable=False),
    Column("submitted_at", Float, nullable=False),
    Index("entries_of_a_division", "division", "person"),
)

events: Final = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("entry_id", Integer, ForeignKey("entries.id"), nullable=False),
    Column("at", Float, nullable=False),
    Column("state", String(16), nullable=False),
    Column("sentence", Text, nullable=False),
    Index("events_of_an_entry", "entry_id", "id"),
)

tasks: Final = Table(
    "tasks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("entry_id", Integer, ForeignKey("entries.id"), nullable=False),
    Column("replays", Integer, nullable=True),
    Column("created_at", Float, nullable=False),
)

leases: Final = Table(
    "leases",
    metadata,
    Column("task_id", Integer, ForeignKey("tasks.id"), primary_key=True),
    Column("judge", String(120), nullable=False),
    Column("token", String(32), nullable=False),
    Column("n_taken", Integer, nullable=False),
    Column("expires_at", Float, nullable=False),
)

judgements: Final = Table(
    "judgements",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("task_id", Integer, ForeignKey("tasks.id"), nullable=False),
    Column("entry_id", Integer, ForeignKey("entries.id"), nullable=False),
    Column("state", String(16), nullable=False),
    Column("clause", String(120), nullable=False),
    Column("sentence", Text, nullable=False),
    Column("score", Float, nullable=True),
    Column("low", Float, nullable=True),
    Column("high", Float, nullable=True),
    Column("seconds", Float, nullable=True),
    Column("baseline_seconds", Float, nullable=True),
    Column("repeats", Text, nullable=False),
    Column("seed", String(40), nullable=False),
    Column("rules", String(16), nullable=False),
    Column("circumstances", Text, nullable=False),
    Column("log", Text, nullable=False),
    Column("judge", String(120), nullable=False),
    Column("started_at", Float, nullable=False),
    Column("finished_at", Float, nullable=False),
    UniqueConstraint("task_id", name="a_task_is_judged_once"),
    Index("judgements_of_an_entry", "entry_id", "id"),
)

hidden_draws: Final = Table(
    "hidden_draws",
    metadata,
    Column("division", String(80), primary_key=True),
    Column("seed", String(40), nullable=False),
)
