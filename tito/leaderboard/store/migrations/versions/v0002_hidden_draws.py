"""Make the table of hidden draws."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "hidden_draws",
        sa.Column("division", sa.String(80), primary_key=True),
        sa.Column("seed", sa.String(40), nullable=False),
    )
