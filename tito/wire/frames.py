"""Frames on a pipe: 16 bytes of lengths, a JSON header, then the bytes of the arrays in it."""

from __future__ import annotations

import itertools
import json
import struct
from typing import IO, Any, Final

import numpy as np

from tito.wire.values import FrameError, pack, unpack

_LENGTHS: Final = struct.Struct("<QQ")
MAX_HEADER: Final = 16 * 2**20
MAX_BUFFERS: Final = 2**31
MAX_PARTS: Final = 2**20
_CHUNK: Final = 2**20


def write_frame(stream: IO[bytes], value: Any) -> None:
    """Send a value. FrameError where it is not plain data (nothing has been sent then); OSError
    where nobody reads.
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


def read_frame(stream: IO[bytes], limit: int = MAX_BUFFERS) -> Any:
    """Receive a value. EOFError where the other end has closed; FrameError for what is no frame.

    Args:
        stream: where from.
        limit: the most bytes that its arrays may have, or its header, if that is below MAX_HEADER.
    """
    header_size, buffer_size = _LENGTHS.unpack(_exactly(stream, _LENGTHS.size))
    if header_size > min(limit, MAX_HEADER) or buffer_size > min(limit, MAX_BUFFERS):
        raise FrameError("it claims to be larger than a frame may be")
    header = _exactly(stream, header_size)
    # Two bytes of JSON can be an object of a hundred.
    if sum(map(header.count, (b",", b"[", b"{"))) > MAX_PARTS:
        raise FrameError("it has more parts than a frame may have")
    body = memoryview(_exactly(stream, buffer_size))
    try:
        tree, sizes = json.loads(header)
        if not all(type(size) is int and size >= 0 for size in sizes):
            raise FrameError("its sizes must be whole numbers")
        ends = list(itertools.accumulate(sizes, initial=0))
        if ends[-1] != buffer_size:
            raise FrameError("its arrays do not fill it")
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise FrameError(f"its header is malformed: {error}") from None
    buffers = [body[start:stop] for start, stop in itertools.pairwise(ends)]
    return unpack(tree, buffers)


def _exactly(stream: IO[bytes], n_bytes: int) -> bytearray:
    """That many bytes; memory is taken as they come, not as they are claimed."""
    data = bytearray()
    while len(data) < n_bytes:
        chunk = stream.read(min(_CHUNK, n_bytes - len(data)))
        if not chunk:
            raise EOFError("the other end has closed the pipe")
        data += chunk
    return data
