"""Errors of leaderboards."""

from __future__ import annotations

from recsys_edu.errors import RecsysError


class LeaderboardError(RecsysError, ValueError):
    """A problem of whoever uses a leaderboard; the message says what to do."""


class EntryError(LeaderboardError):
    """An entry that cannot be accepted: damaged, too large, or without its functions."""


class MissingFunctionError(EntryError):
    """An entry without a function that its division asks for."""


class DivisionError(LeaderboardError):
    """A division that is not there, or whose file is wrong."""


class StoreError(LeaderboardError):
    """A database that cannot be used."""
