"""A progress bar for epochs; tqdm is imported only when one is shown.

Bars are for people who watch: on a terminal and in a notebook. A file that stderr is redirected to
would fill with one line an update.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Bar(Protocol):
    """Display of the epochs done so far."""

    def advance(self, **figures: str) -> None:
        """Count one more epoch, and show the figures beside it."""


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
    """Make a bar for the block's epochs, removed at its end, whatever that is.

    Args:
        title: text before the bar.
        total: number of epochs.
        shown: false for no bar; with true there is one where somebody watches.
    """
    if not (shown and _is_watched()):
        yield _Hidden()
        return
    visible = _Shown(title, total)
    try:
        yield visible
    finally:
        visible.bar.close()


def _is_watched() -> bool:
    """Tell whether stderr is a terminal or the output of a notebook's cell."""
    stream = sys.stderr
    if stream is None:
        return False
    kernel = sys.modules.get("ipykernel.iostream")  # whose streams say that they are no terminals
    return stream.isatty() or (kernel is not None and isinstance(stream, kernel.OutStream))
