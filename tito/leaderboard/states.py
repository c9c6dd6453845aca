"""States of an entry, from its submission to its place."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class State(StrEnum):
    """State of an entry."""

    QUEUED = "queued"
    BUILDING = "building"
    CHECKING = "checking"
    TIMING = "timing"
    VERIFIED = "verified"
    """Judged under all rules, in jails that the machine could hold."""
    LOCAL = "local"
    """Judged on its author's machine, or where the machine could not hold all rules."""
    UNSTABLE = "unstable"
    """The interval stayed too wide."""
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    HIDDEN = "hidden"


FINAL: Final = (State.VERIFIED, State.LOCAL, State.UNSTABLE, State.REJECTED)
"""States in which a judgement leaves an entry."""
OUT: Final = (State.WITHDRAWN, State.HIDDEN)
"""States of entries that are in no ranking, whatever their judgement says."""
