"""Quoting: a value as an error message shows it."""

from __future__ import annotations


def shown(value: object, most: int = 60) -> str:
    """Return the ``repr`` of a value, cut where it is long."""
    if isinstance(value, str) and len(value) > most:
        return repr(value[:most]) + "…"
    return repr(value)
