"""Numbers and times written as text, one by one: the rule that the fast ways keep to."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_INTEGER: Final = re.compile(r"[+-]?[0-9]+")
_NUMBER: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_ISO: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:.*)?")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_MOST: Final = 2**63 - 1


def number(text: str, decimal: str = ".") -> float | None:
    """Return the number that a text is, blanks around it apart; None if it is none."""
    text = text.strip()
    if decimal != ".":
        text = text.replace(".", "?").replace(decimal, ".")
    return float(text) if _NUMBER.fullmatch(text) else None


def integer(text: str) -> int | None:
    """Return the integer of at most 64 bits that a text is; None if it is none."""
    text = text.strip()
    if len(text) > 20 or not _INTEGER.fullmatch(text):
        return None
    found = int(text)
    return found if -_MOST <= found <= _MOST else None


def microseconds(text: str) -> int | None:
    """Return microseconds since 1970 of an ISO 8601 date or time; None if the text is none.

    A time without a zone is taken as UTC.
    """
    text = text.strip()
    if not _ISO.fullmatch(text):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    aware = found if found.tzinfo else found.replace(tzinfo=UTC)
    return (aware - _EPOCH) // _MICROSECOND
