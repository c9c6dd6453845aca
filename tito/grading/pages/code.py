"""Code and outputs of strangers as HTML, at a bounded cost.

A lexer of Pygments can take minutes for a few thousand characters, and each of its tokens becomes
an element of the page, which costs a thousand times its characters. Beyond the limits here, code
and outputs are shown without colours.
"""

from __future__ import annotations

import re
from typing import Any, Final

from nbconvert.filters.ansi import ansi2html, strip_ansi
from nbconvert.filters.highlight import Highlight2HTML

MAX_COLOURED: Final = 10_000
"""Length of the longest cell with colours."""
MAX_COLOURED_ON_PAGE: Final = 100_000
"""Length of all cells of a page with colours."""
MAX_COLOUR_CHANGES: Final = 400
"""Number of changes of colour in an output that is shown with them."""
_BLANK_LINES: Final = re.compile(r"(?:[^\S\n]*\n){50}")
"""Blank lines, over which the lexer's search starts anew at each of them."""


class CodeFilter:
    """Filter of one page's templates that turns code into HTML.

    The lexer is that of Python. The one for IPython's commands takes 35 s for 5,000 lines that
    consist of a space.
    """

    def __init__(self) -> None:
        self._left = MAX_COLOURED_ON_PAGE
        self._python = Highlight2HTML(pygments_lexer="python3")  # type: ignore[no-untyped-call]
        self._text = Highlight2HTML(pygments_lexer="text")  # type: ignore[no-untyped-call]

    def __call__(self, source: str, language: str | None = None, metadata: Any = None) -> str:
        """Return the HTML of a code cell."""
        coloured = (
            len(source) <= min(MAX_COLOURED, self._left) and _BLANK_LINES.search(source) is None
        )
        if coloured:
            self._left -= len(source)
        return str((self._python if coloured else self._text)(source))


def output_html(text: str) -> str:
    """Return the HTML of an output, with its colours where it changes them rarely."""
    if text.count("\x1b[") > MAX_COLOUR_CHANGES:
        text = strip_ansi(text)  # type: ignore[no-untyped-call]
    return str(ansi2html(text))  # type: ignore[no-untyped-call]
