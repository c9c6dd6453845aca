"""The process in which timed calls run: all that can be done before the clock starts is done then.

Started as ``python -m tito.wire.timed_runner``, with pipes as its standard input and output and
two files that it maps. Its judge writes inputs into ``given``, which the process only reads;
``shared`` holds the arrays that a call updates, and the answer. A call goes like this:

1. a frame says which function comes, and how its arrays lie in the files; their contents are not
   there yet. The arrays are made over the mapped memory. ``READY`` is sent.
2. *go*: 8 bytes, the length of the call's tree in ``given``. The function is called.
3. *done*: 8 bytes, the length of the answer in ``shared``, a frame as ``frames`` writes them.

Between these the judge freezes the process. An answer is one of those of ``runner``, without the
arrays that changed: the judge reads them from ``shared``.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
from collections.abc import Callable
from typing import Any, BinaryIO, Final

import numpy as np

from recsys_edu.exported import text_of
from tito.wire.frames import read_frame, write_frame
from tito.wire.pipe import claim_standard_pipes
from tito.wire.runner import Runner
from tito.wire.values import FrameError, pack, unpack

READY: Final = b"r"
LENGTH: Final = struct.Struct("<Q")
_FRAME: Final = struct.Struct("<QQ")
_PAGE: Final = 4096
# Made once: what runs within a timed call is kept short.
_encode: Final = json.JSONEncoder(separators=(",", ":")).encode
_decode: Final = json.JSONDecoder().decode
_Array = np.ndarray[Any, Any]


class Region:
    """A file of fixed name and growing size, mapped."""

    def __init__(self, path: str, *, writable: bool) -> None:
        self._writable = writable
        self._descriptor = os.open(path, os.O_RDWR if writable else os.O_RDONLY)
        self._touched = 0
        self.bytes = np.empty(0, np.uint8)

    def map(self, size: int, n_touched: int) -> None:
        """Map that many bytes, and touch each page of the first ones: no fault comes later."""
        if size > len(self.bytes):
            access = mmap.ACCESS_WRITE if self._writable else mmap.ACCESS_READ
            mapped = mmap.mmap(self._descriptor, size, access=access)
            self.bytes, self._touched = np.frombuffer(mapped, np.uint8), 0
        pages = self.bytes[self._touched // _PAGE * _PAGE : n_touched : _PAGE]
        if self._writable:
            pages |= 0
        else:
            pages.sum()
        self._touched = max(self._touched, n_touched)

    def array(self, offset: int, dtype: str, shape: list[int]) -> _Array:
        """Return an array over mapped memory."""
        return np.ndarray(tuple(shape), np.dtype(dtype), self.bytes.data, offset)


class TimedRunner:
    """Timed calls of one learner's module."""

    def __init__(self, settings: dict[str, Any], incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._incoming, self._outgoing = incoming, outgoing
        given, shared = settings["given"], settings["shared"]
        self._regions = [Region(given, writable=False), Region(shared, writable=True)]
        self._runner = Runner(settings["module"], None, settings["allowed"], settings["masked"])

    def serve(self) -> None:
        """Answer calls until the other end closes."""
        write_frame(self._outgoing, self._runner.hello())
        while True:
            try:
                layout = read_frame(self._incoming)
            except EOFError:
                return
            self._answer(layout)

    def _answer(self, layout: dict[str, Any]) -> None:
        for region, (size, n_touched) in zip(self._regions, layout["sizes"], strict=True):
            region.map(size, n_touched)
        arrays = [self._regions[number].array(*place) for number, *place in layout["arrays"]]
        function = self._runner.function_named(layout["function"])
        tree = self._regions[0].bytes.data[layout["tree"] :]
        answers = self._regions[1].bytes.data[layout["answers"] :]
        self._outgoing.write(READY)
        self._outgoing.flush()
        (length,) = LENGTH.unpack(self._incoming.read(LENGTH.size))
        answer = self._call(function, tree[:length], arrays)
        self._outgoing.write(LENGTH.pack(_write_answer(answer, answers)))
        self._outgoing.flush()

    def _call(self, function: Callable[..., Any], tree: memoryview, arrays: list[_Array]) -> Any:
        args, kwargs = unpack(_decode(str(tree, "ascii")), arrays)
        try:
            return {"value": function(*args, **kwargs)}
        except FrameError as error:
            return {"refused": str(error)}
        except BaseException as error:
            return self._runner.raised(error)


def _write_answer(answer: dict[str, Any], room: memoryview) -> int:
    """Write a frame, with one copy of each array; return its length."""
    try:
        return _write_frame(answer, room)
    except Exception as error:  # its own classes may raise anything
        why = f"it returned what cannot be sent to its judges: {text_of(error)}"
        return _write_frame({"refused": why[:1000]}, room)


def _write_frame(answer: dict[str, Any], room: memoryview) -> int:
    arrays: list[_Array] = []
    tree = pack(answer, arrays)
    sizes = [array.nbytes for array in arrays]
    header = _encode([tree, sizes]).encode()
    end = _FRAME.size + len(header)
    if end + sum(sizes) > len(room):
        raise FrameError(f"it is too large ({end + sum(sizes):,} bytes)")
    room[:end] = _FRAME.pack(len(header), sum(sizes)) + header
    for array, size in zip(arrays, sizes, strict=True):
        np.ndarray(array.shape, array.dtype, room, end)[...] = array
        end += size
    return end


def serve() -> None:
    """Serve timed calls on the standard input and output."""
    incoming, outgoing = claim_standard_pipes(silent=True)
    TimedRunner(read_frame(incoming), incoming, outgoing).serve()


if __name__ == "__main__":
    serve()
