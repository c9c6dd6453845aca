"""Quoting: a value as an error message shows it."""

from __future__ import annotations

from collections.abc import Sequence


def shown(value: object, most: int = 60) -> str:
    """Return the ``repr`` of a value, cut where it is long."""
    if isinstance(value, str) and len(value) > most:
        return repr(value[:most]) + "…"
    return repr(value)


def listed(names: Sequence[object], most: int = 20) -> str:
    """Return names for an error message, the first ones where there are many."""
    return ", ".join(map(shown, names[:most])) + (", …" if len(names) > most else "")
