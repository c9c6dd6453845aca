"""Files in memory through which a timed call gets its arrays and gives its answer.

Contents are written while the process at the other end is frozen, and read while it is frozen, by
the calls for files: a mapping here could be cut short by the other end.
"""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from tito.jail.temporary import TemporaryFolder
from tito.judging.connection import numbers_of_mutated
from tito.wire.frames import read_frame
from tito.wire.values import FrameError, arrays_in, pack, unpack

ANSWER_BYTES: Final = 2**25
"""Size of the largest answer, in bytes."""
_FREE_BYTES: Final = 2**28
_ALIGNMENT: Final = 64
_TREE_ROOM: Final = 2**12
_TOUCHED: Final = 2**16
GIVEN, SHARED = 0, 1


@dataclass(frozen=True)
class Call:
    """One call of a function.

    Args:
        function: its name.
        args: positional arguments.
        kwargs: named arguments.
        updates: positions and names of the arguments whose arrays the call may write to; those that
            the protocol says for an op of that name where None.
    """

    function: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    updates: Collection[int | str] | None = None

    def numbers_of_updated(self) -> frozenset[int]:
        """Return the numbers, as ``arrays_in`` counts, of the arrays that may be written to."""
        if self.updates is None:
            return numbers_of_mutated(self.function, self.args, self.kwargs)
        found: list[int] = []
        n_arrays = 0
        for key, argument in (*enumerate(self.args), *self.kwargs.items()):
            n_own = len(arrays_in(argument))
            if key in self.updates:
                found += range(n_arrays, n_arrays + n_own)
            n_arrays += n_own
        return frozenset(found)


@dataclass(frozen=True)
class Placement:
    """A call as it lies in the files."""

    function: str
    tree: bytes
    arrays: list[np.ndarray[Any, Any]]
    places: list[tuple[int, int]]
    """File and offset of each array."""
    ends: tuple[int, int]
    """End of the arrays in each file: of the call's tree, and of the answer, it is the start."""

    def layout(self, n_touched: int) -> dict[str, Any]:
        """Return what a runner is told before it may see the contents."""
        tree, answers = self.ends
        sizes = [tree + max(len(self.tree), _TREE_ROOM), answers + ANSWER_BYTES]
        arrays = [
            [number, offset, array.dtype.str, list(array.shape)]
            for array, (number, offset) in zip(self.arrays, self.places, strict=True)
        ]
        return {
            "function": self.function,
            "sizes": [[sizes[0], sizes[0]], [sizes[1], answers + max(n_touched, _TOUCHED)]],
            "arrays": arrays,
            "tree": tree,
            "answers": answers,
        }


def place(call: Call) -> Placement:
    """Decide where each array of a call lies; FrameError for what cannot cross."""
    updated = call.numbers_of_updated()
    arrays: list[np.ndarray[Any, Any]] = []
    tree = json.dumps(
        pack([list(call.args), dict(call.kwargs)], arrays), separators=(",", ":")
    ).encode()
    ends, places = [0, 0], []
    for place_in_call, array in enumerate(arrays):
        number = SHARED if place_in_call in updated else GIVEN
        places.append((number, ends[number]))
        ends[number] += -(-array.nbytes // _ALIGNMENT) * _ALIGNMENT
    return Placement(call.function, tree, arrays, places, (ends[0], ends[1]))


class SharedFiles:
    """The two files of one process. Close them once it has mapped them: it goes on with them."""

    def __init__(self) -> None:
        self._folder = TemporaryFolder("timed", _memory())
        folder = self._folder.path
        self.given, self.shared = folder / "given", folder / "shared"
        self._descriptors = []
        for path, mode in ((self.given, 0o644), (self.shared, 0o666)):
            self._descriptors.append(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            path.chmod(mode)  # for the user in the jail; nobody else gets into the folder
        self._sizes = [0, 0]

    def unlink(self) -> None:
        """Remove the files' names, so that nothing is left however this process ends."""
        self._folder.close()

    def close(self) -> None:
        """Close the files."""
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors = []
        self._folder.close()

    def make_room(self, layout: dict[str, Any]) -> None:
        """Grow the files to what a layout takes."""
        for number, (size, _) in enumerate(layout["sizes"]):
            if size > self._sizes[number]:
                os.ftruncate(self._descriptors[number], size)
                self._sizes[number] = size

    def write(self, placed: Placement) -> None:
        """Write the contents of a call."""
        for array, (number, offset) in zip(placed.arrays, placed.places, strict=True):
            _write(self._descriptors[number], np.ascontiguousarray(array).reshape(-1), offset)
        _write(self._descriptors[GIVEN], np.frombuffer(placed.tree, np.uint8), placed.ends[GIVEN])

    def read_answer(self, placed: Placement, length: int) -> Any:
        """Read an answer of that many bytes; FrameError where there is none."""
        if length > ANSWER_BYTES:
            raise FrameError("it claims to be larger than an answer may be")
        frame = os.pread(self._descriptors[SHARED], length, placed.ends[SHARED])
        try:
            return read_frame(io.BytesIO(frame), length)
        except EOFError as error:
            raise FrameError("it is cut short") from error

    def read_arguments(self, placed: Placement) -> tuple[list[Any], dict[str, Any]]:
        """Return a call's arguments as they are now: copies of the updated ones, the others."""
        buffers: list[Any] = []
        for array, (number, offset) in zip(placed.arrays, placed.places, strict=True):
            if number == SHARED:
                content = os.pread(self._descriptors[number], array.nbytes, offset)
                buffers.append(memoryview(content))
            else:
                buffers.append(array)
        args, kwargs = unpack(json.loads(placed.tree), buffers)
        return args, kwargs


def _write(descriptor: int, array: np.ndarray[Any, Any], offset: int) -> None:
    content = array.view(np.uint8).data if array.nbytes else memoryview(b"")
    done = 0
    while done < len(content):
        done += os.pwrite(descriptor, content[done:], offset + done)


def _memory() -> str | None:
    """Return a folder in memory with room for files; None for the usual one."""
    shared = "/dev/shm"
    if os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > _FREE_BYTES:
        return shared
    return None
