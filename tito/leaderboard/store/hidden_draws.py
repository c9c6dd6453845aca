"""Secret draws of quality divisions: one for all entries, or their scores would not compare."""

from __future__ import annotations

import secrets
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from tito.leaderboard.division import Division
from tito.leaderboard.store.schema import hidden_draws
from tito.leaderboard.store.store import Store

SECRET_BITS: Final = 127
"""Bits of a secret from which data are drawn."""


def hidden_seed(store: Store, division: Division) -> int:
    """Return the secret of a division, which is drawn when it is first asked for."""
    chosen = sa.select(hidden_draws.c.seed).where(hidden_draws.c.division == division.name)
    try:
        with store.writing() as connection:
            found = connection.execute(chosen).scalar_one_or_none()
            if found is None:
                found = f"{secrets.randbits(SECRET_BITS):x}"
                row = {"division": division.name, "seed": found}
                connection.execute(sa.insert(hidden_draws).values(**row))
    except IntegrityError:  # another judge was faster
        with store.reading() as connection:
            found = connection.execute(chosen).scalar_one()
    return int(found, 16)
