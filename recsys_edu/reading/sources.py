"""Sources: the bytes of a file as UTF-8, unpacked and decoded on the way, never all at once."""

from __future__ import annotations

import bz2
import codecs
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import IO, Any, Final, NamedTuple, Protocol

from recsys_backends.wording import counted
from recsys_edu.errors import DataError, InvalidParameterError
from recsys_edu.paths import as_path, special_kind
from recsys_edu.quoting import listed

_PACKED: Final = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",  # of no files
}
TABLES: Final = {b"PAR1": "Parquet", b"ARROW1": "Arrow"}
_STRANGERS: Final = {
    b"\x28\xb5\x2f\xfd": "a zstd file; unpack it first",
    b"\x89HDF": "an HDF5 file; read it with pandas, and give the frame to Interactions.from_frame",
    b"SQLite format 3": "an SQLite database; give a query's result to Interactions.from_frame",
    b"%PDF": "a PDF file",
    b"\x93NUMPY": "a NumPy file; load it, and give the arrays to Interactions.from_events",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive; unpack it first",
}
_MARKS: Final = (  # the longer ones first: that of UTF-32 begins like that of UTF-16
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BOMB_BYTES: Final = 64 << 20
_BOMB_RATIO: Final = 200
"""Text of events becomes three to twenty times as long when it is unpacked."""

_DAMAGED: Final = (EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)


class Stream(Protocol):
    """Bytes that can be read one after the other."""

    def read(self, size: int, /) -> bytes:
        """Return at most so many bytes; none at the end."""


class Source(NamedTuple):
    """An open file of text or of a table."""

    path: Path
    stream: Stream
    """UTF-8 without a byte order mark, if it is text."""
    packing: str | None
    """Name of the compression, such as "gzip"; None without one."""
    table: str | None
    """Name of the table format, such as "Parquet"; None for text."""
    encoding: str


@contextmanager
def opened(
    path: str | PathLike[str], *, encoding: str = "utf-8", member: str | None = None
) -> Iterator[Source]:
    """Open a file of events.

    Args:
        path: a regular file: text or a table, as it is or in gzip, bzip2, xz or zip.
        encoding: of text without a byte order mark.
        member: the file in a zip archive to read, where it holds several.

    Raises:
        DataError: no regular file, a damaged one, or one of a kind that cannot be read.
        OSError: there is no such file, or it may not be read.
    """
    path = as_path(path)
    _check_encoding(encoding)
    _check_regular(path)
    with path.open("rb") as file:
        packing = _first_match(file.read(16), _PACKED)
        file.seek(0)
        with _unpacked(path, file, packing, member) as plain:
            start = plain.read(512)
            _refuse_strangers(path, start, packing)
            table = _first_match(start, TABLES)
            stream: Stream = _Rest(start, plain)
            if table is None:
                length, encoding = _mark_of(start, encoding)
                stream.read(length)
                if codecs.lookup(encoding).name != "utf-8":
                    stream = _Recoded(path, stream, encoding)
            yield Source(path, stream, packing, table, encoding)


def _check_encoding(encoding: str) -> None:
    if not isinstance(encoding, str):
        raise InvalidParameterError(f"encoding must be a name such as 'utf-8', not {encoding!r}.")
    try:
        codecs.getincrementaldecoder(encoding)
        b"a".decode(encoding)  # refuses encodings that are not of text, such as base64
    except LookupError:
        raise InvalidParameterError(f"encoding {encoding!r} is not known to Python.") from None
    except UnicodeError:
        pass  # half a character of UTF-16


def _check_regular(path: Path) -> None:
    kind = special_kind(path)
    if kind is not None:
        raise DataError(f"{path} is {kind}, not a file; write what it sends into a file first.")
    if path.is_dir():
        raise DataError(f"{path} is a folder; name a file in it.")


def _first_match(start: bytes, kinds: dict[bytes, str]) -> str | None:
    return next((name for magic, name in kinds.items() if start.startswith(magic)), None)


def _refuse_strangers(path: Path, start: bytes, packing: str | None) -> None:
    stranger = _first_match(start, _STRANGERS)
    if start[257:262] == b"ustar":
        stranger = "a tar archive; unpack it first"
    if packing and _first_match(start, _PACKED):
        stranger = f"packed twice ({packing}, {_first_match(start, _PACKED)}); unpack it first"
    if stranger:
        raise DataError(f"{path} is {stranger}.")


def _mark_of(start: bytes, encoding: str) -> tuple[int, str]:
    """Return the length of the byte order mark, and the encoding that it or the caller says."""
    for mark, name in _MARKS:
        if start.startswith(mark):
            return len(mark), name
    return 0, encoding


@contextmanager
def _unpacked(
    path: Path, file: IO[bytes], packing: str | None, member: str | None
) -> Iterator[Stream]:
    """Open the content of a file that may be packed."""
    if member is not None and packing != "zip":
        raise InvalidParameterError(f"member names a file in a zip archive, which {path} is not.")
    if packing is None:
        yield file
    elif packing == "zip":
        with _zip_member(path, file, member) as inner:
            yield _Guarded(path, inner, file, packing)
    else:
        opener: Any = {"gzip": gzip.open, "bzip2": bz2.open, "xz": lzma.open}[packing]
        with opener(file, "rb") as inner:
            yield _Guarded(path, inner, file, packing)


@contextmanager
def _zip_member(path: Path, file: IO[bytes], member: str | None) -> Iterator[IO[bytes]]:
    """Open the one file in a zip archive, or the one that is named."""
    try:
        archive = zipfile.ZipFile(file)
    except _DAMAGED as error:
        raise _damage(path, "zip", error) from None
    with archive:
        names = [name for name in archive.namelist() if not _is_no_data(name)]
        if "[Content_Types].xml" in names:
            raise DataError(f"{path} is an Office file; save the sheet as CSV.")
        known = listed(names, 5)
        if member is None and len(names) != 1:
            raise DataError(
                f"{path} holds {counted(len(names), 'file')}"
                + (f"; name one with member=: {known}" if names else "")
                + "."
            )
        name = names[0] if member is None else member
        if name not in archive.namelist():
            raise DataError(f"{path} holds no file {name!r}, only {known}.")
        try:
            inner = archive.open(name)
        except (RuntimeError, NotImplementedError, *_DAMAGED) as error:
            raise _damage(path, "zip", error) from None
        with inner:
            yield inner


def _is_no_data(name: str) -> bool:
    """Return true for folders and for what a Mac adds to an archive."""
    return name.endswith("/") or name.startswith("__MACOSX/") or name.split("/")[-1][:1] == "."


def _damage(path: Path, packing: str, error: BaseException) -> DataError:
    if isinstance(error, EOFError):
        return DataError(f"{path} is cut short ({packing}); fetch it again.")
    return DataError(f"{path} cannot be unpacked ({packing}): {error}; fetch it again.")


class _Guarded:
    """A stream that is unpacked; damage and archives made to fill the memory are errors."""

    def __init__(self, path: Path, inner: Stream, packed: IO[bytes], packing: str) -> None:
        self._path, self._inner, self._packed, self._packing = path, inner, packed, packing
        self._read = 0

    def read(self, size: int, /) -> bytes:
        try:
            found = self._inner.read(size)
        except _DAMAGED as error:
            raise _damage(self._path, self._packing, error) from None
        self._read += len(found)
        if self._read > max(_BOMB_BYTES, _BOMB_RATIO * self._packed.tell()):
            raise DataError(
                f"{self._path} holds more than {_BOMB_RATIO} times its own length "
                f"({self._packing}), which events do not; if you trust it, unpack it first."
            )
        return found


class _Rest:
    """A stream that begins with bytes that were looked at already."""

    def __init__(self, start: bytes, stream: Stream) -> None:
        self._start, self._stream = start, stream

    def read(self, size: int, /) -> bytes:
        if not self._start:
            return self._stream.read(size)
        found, self._start = self._start[:size], self._start[size:]
        return found


class _Recoded:
    """A stream of text in some encoding, as UTF-8."""

    def __init__(self, path: Path, stream: Stream, encoding: str) -> None:
        self._path, self._stream, self._encoding = path, stream, encoding
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._line = 1

    def read(self, size: int, /) -> bytes:
        while True:
            raw = self._stream.read(size)
            try:
                found = self._decoder.decode(raw, final=not raw).encode()
            except UnicodeError:
                raise DataError.at(
                    self._path, self._line, f"not {self._encoding} text, here or soon after."
                ) from None
            self._line += found.count(b"\n")
            if found or not raw:
                return found
