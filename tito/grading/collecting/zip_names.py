"""Open ZIPs in which a name is declared as UTF-8 and is not, which ``zipfile`` refuses as a whole.

The declaration is one bit, in the central directory at the end of the file and in the header before
each entry. For such names it is cleared while the file is read; nothing is written.
"""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Final

_DECLARED: Final = 0x800
_LISTED: Final = struct.Struct("<4s4xH18xHHH8xI")
"""Signature, flags, lengths of name, extra field and comment, and the header's place, of an entry
in the central directory."""
_HEADER_SIZE: Final = 30
_LISTED_SIGNATURE, _HEADER_SIGNATURE = b"PK\x01\x02", b"PK\x03\x04"


class DecodableZip(io.FileIO):
    """A ZIP file, open for reading, whose names can all be decoded.

    Attributes:
        listed: set it to True when the central directory has been read.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.listed = False
        self._wrong: set[int] = set()

    def read(self, size: int | None = -1, /) -> bytes:
        """Read bytes; correct the central directory, which is read at once, and wrong headers."""
        place = self.tell()
        content = super().read(-1 if size is None else size) or b""
        if not self.listed and content.startswith(_LISTED_SIGNATURE):
            return self._corrected_directory(content)
        if place in self._wrong and size == _HEADER_SIZE and content[:4] == _HEADER_SIGNATURE:
            header = bytearray(content)
            _clear(header, 6)
            return bytes(header)
        return content

    def _corrected_directory(self, content: bytes) -> bytes:
        corrected = bytearray(content)
        at = 0
        while at + _LISTED.size <= len(content):
            signature, flags, n_name, n_extra, n_comment, place = _LISTED.unpack_from(content, at)
            if signature != _LISTED_SIGNATURE:
                break
            end = at + _LISTED.size + n_name
            if flags & _DECLARED and not _is_utf8(content[at + _LISTED.size : end]):
                _clear(corrected, at + 8)
                self._wrong.add(place)
            at = end + n_extra + n_comment
        return bytes(corrected)


def _clear(content: bytearray, at: int) -> None:
    """Clear the declaration in the flags at this place."""
    (flags,) = struct.unpack_from("<H", content, at)
    struct.pack_into("<H", content, at, flags & ~_DECLARED)


def _is_utf8(name: bytes) -> bool:
    try:
        name.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
