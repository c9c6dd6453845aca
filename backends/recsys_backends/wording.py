"""Wording of numbers in messages."""

from __future__ import annotations


def counted(count: int, noun: str, plural: str = "") -> str:
    """Return a count with its noun: "1 answer", "2 answers", "1,000 answers".

    Args:
        count: number of things.
        noun: word for one of them.
        plural: word for several, if it is not the noun with an "s".
    """
    return f"{count:,} {noun if count == 1 else plural or f'{noun}s'}"
