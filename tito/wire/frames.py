"""Frames on a pipe: 16 bytes of lengths, a JSON header, then the bytes of the arrays in it."""

from __future__ import annotations

import itertools
import json
import struct
from typing import Any, Final, Protocol

import numpy as np

from tito.wire.values import FrameError, MakeHandle, pack, unpack

_LENGTHS: Final = struct.Struct("<QQ")
MAX_HEADER: Final = 16 * 2**20
MAX_BUFFERS: Final = 2**31
MAX_PARTS: Final = 2**20
_CHUNK: Final = 2**20


class Writer(Protocol):
    """Stream to write to."""

    def write(self, content: bytes, /) -> object: ...  # noqa: D102
    def flush(self) -> None: ...  # noqa: D102


class Reader(Protocol):
    """Stream to read from; fewer bytes than asked for may come at a time."""

    def read(self, n_bytes: int, /) -> bytes | None: ...  # noqa: D102


def write_frame(stream: Writer, value: Any) -> int:
    """Send a value and return the number of bytes sent.

    Raises:
        FrameError: the value is not plain data, or too large; nothing has been sent.
        OSError: nobody reads.
    """
    arrays: list[np.ndarray[Any, Any]] = []
    tree = pack(value, arrays)
    blobs = [np.ascontiguousarray(array).tobytes() for array in arrays]
    sizes = [len(blob) for blob in blobs]
    header = json.dumps([tree, sizes], separators=(",", ":")).encode()
    if len(header) > MAX_HEADER or sum(sizes) > MAX_BUFFERS:
        raise FrameError(f"it is too large to send ({len(header) + sum(sizes):,} bytes)")
    stream.write(_LENGTHS.pack(len(header), sum(sizes)) + header)
    for blob in blobs:
        stream.write(blob)
    stream.flush()
    return _LENGTHS.size + len(header) + sum(sizes)


def read_frame(
    stream: Reader,
    limit: int = MAX_BUFFERS,
    make_handle: MakeHandle | None = None,
    *,
    parts: int = MAX_PARTS,
) -> Any:
    """Receive a value.

    Args:
        stream: the pipe's end.
        limit: the most bytes that its arrays may have, or its header, if that is below MAX_HEADER.
        parts: the most values that it may have; Python takes up to a hundred bytes for each.
        make_handle: reads handles; without it there may be none.

    Raises:
        EOFError: the other end has closed.
        FrameError: the bytes are no frame.
    """
    header_size, buffer_size = _LENGTHS.unpack(_exactly(stream, _LENGTHS.size))
    if header_size > min(limit, MAX_HEADER) or buffer_size > min(limit, MAX_BUFFERS):
        raise FrameError("it claims to be larger than a frame may be")
    header = _exactly(stream, header_size)
    # Two bytes of JSON can be an object of a hundred.
    if sum(map(header.count, (b",", b"[", b"{"))) > parts:
        raise FrameError("it has more parts than a frame may have")
    body = memoryview(_exactly(stream, buffer_size))
    try:
        tree, sizes = json.loads(header)
        if not all(type(size) is int and size >= 0 for size in sizes):
            raise FrameError("its sizes must be whole numbers")
        ends = list(itertools.accumulate(sizes, initial=0))
        if ends[-1] != buffer_size:
            raise FrameError("its arrays do not fill it")
    except FrameError:
        raise
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise FrameError("its header is malformed") from None
    buffers = [body[start:stop] for start, stop in itertools.pairwise(ends)]
    return unpack(tree, buffers, make_handle)


def _exactly(stream: Reader, n_bytes: int) -> bytearray:
    """Read that many bytes; memory is taken as they come, not as they are claimed."""
    data = bytearray()
    while len(data) < n_bytes:
        chunk = stream.read(min(_CHUNK, n_bytes - len(data)))
        if not chunk:
            raise EOFError("the other end has closed the pipe")
        data += chunk
    return data
