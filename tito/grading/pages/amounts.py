"""Amounts of a stranger's notebook that a page shows.

Each output, line and character that is not plain costs the page, and whoever makes it, up to a
thousand times its length.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

MAX_SOURCE: Final = 20_000
"""Length of the longest code that is shown in full."""
MAX_OUTPUTS: Final = 500
"""Number of outputs of a page."""
MAX_OUTPUT: Final = 20_000
"""Length of the longest output that is shown in full."""
MAX_ALL_OUTPUTS: Final = 200_000
"""Length of all outputs of a page, pictures not counted."""
MAX_PICTURES: Final = 16 << 20
"""Length of all pictures of a page that its code has drawn, in base64."""
CUT: Final = "[Cut here: the rest is too long for this page.]"


def shortened_source(source: str) -> str:
    """Return code, cut where it is too long for a page."""
    if len(source) <= MAX_SOURCE:
        return source
    return f"{source[:MAX_SOURCE]}\n# {CUT}"


class OutputAmounts:
    """Amounts of outputs that are left for one page."""

    def __init__(self) -> None:
        self._outputs = MAX_OUTPUTS
        self._characters = MAX_ALL_OUTPUTS
        self._pictures = MAX_PICTURES

    def fitting(self, outputs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return the outputs of a cell that fit into what is left; the last one says so if not."""
        found = []
        for output in outputs:
            if self._outputs <= 0 or self._characters <= 0:
                found.append({"output_type": "stream", "name": "stdout", "text": f"{CUT}\n"})
                break
            self._outputs -= 1
            found.append(self._shortened(output))
        return found

    def _shortened(self, output: Mapping[str, Any]) -> dict[str, Any]:
        if output["output_type"] == "stream":
            return {**output, "text": self._text(output["text"])}
        if output["output_type"] == "error":
            lines = self._text("\n".join(output["traceback"])).split("\n")
            return {**output, "evalue": output["evalue"][:MAX_OUTPUT], "traceback": lines}
        data = dict(output["data"])
        picture = data.get("image/png", "")
        self._pictures -= len(picture)
        if picture and self._pictures < 0:
            data = {"text/plain": CUT}
        if "text/plain" in data:
            data["text/plain"] = self._text(data["text/plain"])
        return {**output, "data": data}

    def _text(self, text: str) -> str:
        most = max(0, min(MAX_OUTPUT, self._characters))
        self._characters -= min(len(text), most)
        return text if len(text) <= most else f"{text[:most]}\n{CUT}\n"
