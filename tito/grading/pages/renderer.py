"""Render markdown of strangers at a bounded cost: no lexers of their choice, no picture twice."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from nbconvert.filters.markdown_mistune import IPythonRenderer

from recsys_edu.errors import RecsysError

MAX_TIMES_SHOWN: Final = 2
"""Number of times that an answer may show one picture: the page has it once for each."""


class UnboundedError(RecsysError, ValueError):
    """A part of an answer that would cost the page, or its readers, too much."""


class BoundedRenderer(IPythonRenderer):
    """Renderer of nbconvert that shows blocks of code as they are.

    nbconvert colours them by any of some hundred lexers, as the text asks; some of these take time
    that grows with a high power of the length.
    """

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._times_shown: Counter[str] = Counter()

    def block_code(self, code: str, info: str | None = None) -> str:
        """Return a block of code as HTML.

        Raises:
            UnboundedError: it is a diagram, which nbconvert draws by a script.
        """
        if info and info.strip().startswith("mermaid"):
            raise UnboundedError("the answer has a diagram.")
        return str(super().block_code(code, None))  # without a language, it stays as it is

    def _embed_image_or_attachment(self, src: str) -> str:
        """Return the address of a picture: its content, where it is an attachment.

        Raises:
            UnboundedError: the answer has shown it before, too many times.
        """
        self._times_shown[src] += 1
        if src.startswith("attachment:") and self._times_shown[src] > MAX_TIMES_SHOWN:
            raise UnboundedError("the answer shows a picture too often.")
        return str(super()._embed_image_or_attachment(src))
