"""Connection to a leaderboard's database, whose tables are brought up to date when it is opened."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from tito.leaderboard.errors import StoreError

HEAD: Final = "0002"
"""Revision of the newest migration."""
_SECONDS_TO_WAIT: Final = 60
_MIGRATIONS: Final = Path(__file__).with_name("migrations")
_LOCK: Final = 0x7265_6373
"""Number of the lock that one migration at a time holds in PostgreSQL."""
_WRITES: Final = "recsys_writes"


class Store:
    """Database of one leaderboard. Several processes and machines may use it at a time.

    Args:
        url: of the database as SQLAlchemy reads it, such as ``sqlite:////srv/board.db`` or
            ``postgresql+psycopg://judge@host/board``; or the path of a file for SQLite.

    Raises:
        StoreError: it cannot be opened, or was made by a newer version of this software.
    """

    def __init__(self, url: str) -> None:
        self.url = url if "://" in url else f"sqlite:///{Path(url).absolute()}"
        parsed = _parsed(self.url)
        try:
            self._is_sqlite = parsed.get_backend_name() == "sqlite"
            if self._is_sqlite and parsed.database:
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            options = {"connect_args": {"timeout": _SECONDS_TO_WAIT}} if self._is_sqlite else {}
            self._engine = sa.create_engine(parsed, **options)
            if self._is_sqlite:
                _prepare_sqlite(self._engine)
            self._migrate()
        except (ArgumentError, NoSuchModuleError, ImportError) as error:
            shown = parsed.set(query={}).render_as_string(hide_password=True)
            why = str(error).rstrip(".")
            raise StoreError(f"{shown!r} names no database that can be used: {why}.") from None
        except (DBAPIError, OSError) as error:
            why = str(getattr(error, "orig", error)).strip().splitlines()[0].rstrip(".")
            raise StoreError(f"the leaderboard's database cannot be opened: {why}.") from None

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection to read with."""
        with self._engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield a connection whose changes are all kept, or none where the block fails."""
        with self._engine.connect() as connection:
            connection = connection.execution_options(**{_WRITES: True})
            with connection.begin():
                yield connection

    def now(self, connection: Connection) -> float:
        """Return the time: the database's where several machines share it, else this machine's."""
        if self._is_sqlite:
            return time.time()
        clock = sa.select(sa.extract("epoch", sa.func.clock_timestamp()))
        return float(connection.execute(clock).scalar_one())

    def revision(self, connection: Connection) -> str | None:
        """Return the revision of the tables; None where there are none."""
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        found = connection.execute(sa.text("SELECT version_num FROM alembic_version"))
        return found.scalar_one_or_none()

    def _migrate(self) -> None:
        with self.reading() as connection:
            if self.revision(connection) == HEAD:
                return
        with self.writing() as connection:
            if not self._is_sqlite:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            found = self.revision(connection)  # another process may have been faster
            if found == HEAD:
                return
            if found is not None and found > HEAD:
                raise StoreError(
                    f"the leaderboard's database was made by a newer version (revision {found}; "
                    f"this one knows {HEAD}): upgrade recsys_edu."
                )
            _upgrade(connection)


def _parsed(url: str) -> URL:
    """Return a URL's parts; StoreError, which does not quote it, where it has none."""
    try:
        return make_url(url)
    except (ArgumentError, ValueError):  # either may quote a password
        raise StoreError(
            "the URL of the leaderboard's database cannot be read; one is "
            "postgresql+psycopg://judge@host:5432/board, where @ : / in a password are %40 %3A %2F."
        ) from None


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _prepare_sqlite(engine: Engine) -> None:
    """Let SQLite wait for others, and take its lock when a transaction that writes begins."""

    @sa.event.listens_for(engine, "connect")
    def connect(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # the driver would begin and commit by rules of its own
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
