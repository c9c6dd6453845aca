"""Cleaner of HTML by strangers that ends early where cleaning would take long.

HTML's parser opens elements anew that ended too early: each of some hundred ``<b>`` of one
paragraph in every paragraph behind it. A text of 10,000 characters then becomes half a million
elements. What it opens anew was not written so, so that such a text is not harmless in any case.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from bleach.sanitizer import Cleaner

from tito.grading.pages.renderer import UnboundedError

PROTOCOLS = ("http", "https", "mailto", "data")
"""Protocols of links and pictures."""


def clean_once(
    html: str, tags: Collection[str], is_allowed: Callable[[str, str, str], bool]
) -> str:
    """Return HTML reduced to some tags and attributes.

    Args:
        html: the text.
        tags: names of tags that stay.
        is_allowed: returns True for a tag, an attribute's name and its value that stay.

    Raises:
        UnboundedError: the parser would open elements anew.
    """
    cleaner = Cleaner(tags, is_allowed, PROTOCOLS, strip_comments=True)
    tree: Any = cleaner.parser.tree
    reopen = tree.reconstructActiveFormattingElements

    def checked() -> None:
        open_before = tree.activeFormattingElements
        last = open_before[-1] if open_before else None  # None marks the beginning of a table
        if last is not None and last not in tree.openElements:
            raise UnboundedError("the answer has tags that end in another order than they begin.")
        reopen()

    tree.reconstructActiveFormattingElements = checked
    return str(cleaner.clean(html))
