"""Words that say nothing to a learner of a lesson."""

from __future__ import annotations

import re

CODE_TALK = re.compile(r"^at \[| at \[\d|differs first at|‖|e[-+]\d\d\b.*expected|\(to 1e-\d+\)")
"""Words of an array library or of a residual, which say nothing of users and items."""


def in_the_lessons_words(message: str) -> str:
    """Return a message without what a contract adds in words of its own."""
    return message.partition("(In the contract's words")[0]
