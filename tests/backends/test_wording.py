"""Counts in messages: one thing is not "1 things"."""

from __future__ import annotations

import pytest

from recsys_backends.wording import counted


@pytest.mark.parametrize(
    ("count", "words", "text"),
    [
        (0, ("answer",), "0 answers"),
        (1, ("answer",), "1 answer"),
        (2, ("answer",), "2 answers"),
        (1_000, ("answer",), "1,000 answers"),
        (1, ("entry", "entries"), "1 entry"),
        (3, ("entry", "entries"), "3 entries"),
    ],
)
def test_a_noun_follows_its_count(count: int, words: tuple[str, ...], text: str) -> None:
    assert counted(count, *words) == text
