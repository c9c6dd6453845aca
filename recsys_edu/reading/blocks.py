"""Blocks: whole lines of a source, about a megabyte at a time, checked to be text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from recsys_edu.errors import DataError
from recsys_edu.reading.sources import Source

BLOCK_BYTES: Final = 1 << 20
LONGEST_LINE: Final = 16 << 20
"""Bytes of a line: about a million items of one user."""


class Block(NamedTuple):
    """Lines, each of which ends in a line feed."""

    text: str
    raw: bytes
    """The same in UTF-8."""
    first_line: int
    """Number in the file of the first of them, counted from 1."""

    def lines(self, blank: str = " \t") -> Iterator[tuple[int, str]]:
        """Yield the number and the text of each line that holds more than blanks."""
        for number, line in enumerate(self.text.split("\n"), self.first_line):
            if line.strip(blank):
                yield number, line


def blocks_of(source: Source) -> Iterator[Block]:
    """Yield the lines of a source of text, in blocks; carriage returns end lines, too.

    Raises:
        DataError: a line that is too long, bytes that are no text of that encoding, or NUL bytes.
    """
    line = 1
    rest = b""
    for chunk in _chunks(source):
        data = rest + chunk if rest else chunk
        cut = data.rfind(b"\n") + 1
        rest, data = data[cut:], data[:cut]
        if data:
            yield _checked(source, data, line)
            line += int(np.count_nonzero(np.frombuffer(data, dtype=np.uint8) == ord("\n")))
        if len(rest) > LONGEST_LINE:
            raise DataError.at(
                source.path,
                line,
                f"longer than {LONGEST_LINE >> 20} MiB: not a file with one event a line.",
            )
    if rest:
        yield _checked(source, rest + b"\n", line)


def _chunks(source: Source) -> Iterator[bytes]:
    """Yield bytes in which only line feeds end lines."""
    held = b""
    while chunk := source.stream.read(BLOCK_BYTES):
        chunk = held + chunk
        held = b""
        if b"\r" in chunk:
            if chunk.endswith(b"\r"):  # its line feed may be the next byte
                chunk, held = chunk[:-1], b"\r"
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        yield chunk
    if held:
        yield b"\n"


def _checked(source: Source, raw: bytes, first_line: int) -> Block:
    nul = raw.find(b"\0")
    if nul >= 0:
        raise DataError.at(
            source.path,
            first_line + raw.count(b"\n", 0, nul),
            "a NUL byte, which text has not; if this is UTF-16 without a byte order mark, say "
            "encoding='utf-16-le', and else it is no text file.",
        )
    try:
        return Block(raw.decode(), raw, first_line)
    except UnicodeDecodeError as error:
        raise DataError.at(
            source.path,
            first_line + raw.count(b"\n", 0, error.start),
            "not utf-8 text; name the file's encoding, such as encoding='latin-1'.",
        ) from None
