"""A progress bar for epochs; tqdm is imported only when one is shown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Bar(Protocol):
    """Something that can be told of a finished epoch."""

    def advance(self, **figures: str) -> None:
        """One epoch further, with the figures to show beside the bar."""


class _Hidden:
    def advance(self, **figures: str) -> None:
        """Show nothing."""


class _Shown:
    def __init__(self, title: str, total: int) -> None:
        from tqdm import tqdm

        self.bar = tqdm(total=total, desc=title, unit="epoch", leave=False)

    def advance(self, **figures: str) -> None:
        """Move the bar on."""
        self.bar.set_postfix(figures, refresh=False)
        self.bar.update()


@contextmanager
def epochs_with_progress(title: str, total: int, *, shown: bool) -> Iterator[Bar]:
    """A bar for the block's epochs, removed at its end, whatever that is."""
    if not shown:
        yield _Hidden()
        return
    visible = _Shown(title, total)
    try:
        yield visible
    finally:
        visible.bar.close()
