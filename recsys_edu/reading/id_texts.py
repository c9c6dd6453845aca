"""Ids written as text: one rule for text files and for tables.

Blanks around an id are no part of it. Words for a missing value are refused, and so are line breaks
and decimal numbers, which usually are integers that once had a missing value among them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from numpy.typing import NDArray

from recsys_edu.errors import DataError
from recsys_edu.factorizing import Factorized, Numbering, ascending

MISSING_WORDS: Final = frozenset(
    ("", "na", "n/a", "#n/a", "<na>", "nan", "nat", "null", "none", "\\n")
)
"""Words for a missing value, in lower case; the last one is MySQL's."""

_DECIMAL: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_INTEGER: Final = re.compile(r"-?[1-9][0-9]{0,18}|0")

_LONGEST: Final = 100_000
"""Characters of an id. The CSV reader takes fields of up to 131,072."""

Refusal = Callable[[int, str], DataError]
"""Makes the error about the distinct text of a given number, from what is wrong with it."""


def settle(
    texts: list[str], codes: NDArray[Any], refusal: Refusal, *, integers: bool
) -> Factorized:
    """Return the vocabulary of distinct texts, ascending, and the codes of events in it.

    Args:
        texts: the distinct texts, as they were written.
        codes: for each event its place in ``texts``.
        refusal: makes the error about a text.
        integers: make integers of ids that are all written as integers.

    Raises:
        DataError: a text is no id.
    """
    stripped = [text.strip() for text in texts]
    for number, text in enumerate(stripped):
        _check(number, text, refusal)
    if integers and all(map(_INTEGER.fullmatch, stripped)):
        numbers = list(map(int, stripped))
        if max(numbers) < 2**63 and min(numbers) >= -(2**63):
            return _renumbered(numbers, codes)
    if all(map(_DECIMAL.fullmatch, stripped)):
        for number, text in enumerate(stripped):
            if "." in text:
                raise refusal(
                    number,
                    "is a decimal number, not an id; convert the column to integers, or pass ids "
                    "as they are to Interactions.from_events.",
                )
    return _renumbered(stripped, codes)


def _check(number: int, text: str, refusal: Refusal) -> None:
    if len(text) <= 4 and text.lower() in MISSING_WORDS:
        raise refusal(
            number,
            "is no id but a missing value; leave such events out, or pass ids as they are to "
            "Interactions.from_events.",
        )
    if "\n" in text or "\r" in text:
        raise refusal(
            number,
            "is no id: it holds a line break, mostly since a quote is not closed; quotechar=None "
            "reads quotes as any other character.",
        )
    if len(text) > _LONGEST:
        raise refusal(number, f"is no id: it has {len(text):,} characters.")
    if "\0" in text:
        raise refusal(number, "is no id: it holds a NUL character.")


def _renumbered(ids: list[Any], codes: NDArray[Any]) -> Factorized:
    """Number ids in ascending order, of which blanks may have hidden that they are the same."""
    numbering = Numbering()
    places = numbering.numbers(ids, len(ids))
    if len(numbering) < len(ids):
        codes = places[codes]
    return ascending(list(numbering), codes)
