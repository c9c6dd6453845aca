"""Plain output where a terminal is none: in a notebook's cell, and where the user asks for it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rich.console import Console

_KERNEL_PLOTS: Final = ("module://matplotlib_inline", "module://ipykernel")
"""Beginnings of MPLBACKEND in a kernel, whoever started it."""


def in_kernel() -> bool:
    """Return True if a cell of a notebook runs this process (``!tito``)."""
    return "JPY_PARENT_PID" in os.environ or os.environ.get("MPLBACKEND", "").startswith(
        _KERNEL_PLOTS
    )


def make_plain() -> bool:
    """Turn colours and movements of the cursor off where they would be shown as codes.

    A kernel gives its commands a terminal of its own, and shows whatever they write to it.

    Returns:
        True if colours are off.
    """
    if in_kernel():
        for name in ("FORCE_COLOR", "CLICOLOR_FORCE"):
            os.environ.pop(name, None)
        os.environ["TERM"] = "dumb"  # rich and tqdm move no cursor
    if os.environ.get("TERM") == "dumb":
        os.environ["NO_COLOR"] = "1"
    return bool(os.environ.get("NO_COLOR"))


def wide_console(width: int = 140) -> Console:
    """Return a console for tables, as wide as they need where there is no terminal to fit into."""
    from rich.console import Console

    console = Console()
    return console if console.is_terminal else Console(width=width)


def can_overwrite() -> bool:
    """Return True if stderr is a terminal on which a line can be written over."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
