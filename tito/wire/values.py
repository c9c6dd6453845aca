"""Plain data as JSON and raw bytes, there and back; never pickle, which would run code.

``pack`` turns a value into a tree that JSON can hold and a list of buffers, one for each array.
``unpack`` trusts nothing: what is not exactly of the expected form raises ``FrameError``.

===========================  ===========================================================
None, bool, int, float, str  themselves
list                         a JSON list
tuple, set, frozenset        ``{"tuple": […]}``, ``{"set": […]}``, ``{"frozenset": […]}``
dict                         ``{"dict": [[key, value], …]}``
bytes                        ``{"bytes": "…"}``, in hexadecimal
NumPy array                  ``{"array": [dtype, shape, writeable, number of its buffer]}``
NumPy scalar                 ``{"scalar": [dtype, hexadecimal]}``
a record of the protocol     ``{"record": [name, field, …]}``
a ``Handle``                 ``{"handle": number}``, where the reader takes handles
a tensor of PyTorch          as the array that it is equal to
===========================  ===========================================================
"""

from __future__ import annotations

import dataclasses
import math
import re
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from recsys_backends.errors import RecsysError
from recsys_backends.plan import AdaptiveSampler, EpochPlan, UniformSampler, WeightedSampler
from recsys_backends.protocol import Neighbors, TopK, UpdateResult
from tito.wire.tensors import array_of_tensor

Buffer = memoryview | np.ndarray[Any, Any]
MAX_DEPTH: Final = 32
MAX_BITS: Final = 4096
"""Largest size of an int. Python writes out no longer ones than 4300 digits."""
MAX_SHARED_HASHES: Final = 16
MAX_KEYS: Final = 2**13
"""Keys of one dict or set. Keys of different hashes can be chosen so that each search for a place
visits most of the table: 80,000 of them take ten seconds, in which no other thread runs."""
MAX_EMPTY: Final = 2**20
"""Elements of an array without bytes, dimensions of length 0 not counted: shape (20,000,000, 0)
would become as many lists."""
_RECORDS: Final[dict[str, type[Any]]] = {
    record.__name__: record
    for record in (
        EpochPlan, Neighbors, TopK, UpdateResult,
        UniformSampler, WeightedSampler, AdaptiveSampler,
    )
}  # fmt: skip
_COLLECTIONS: Final[dict[str, type[Any]]] = {
    "tuple": tuple, "set": set, "frozenset": frozenset,
}  # fmt: skip
_KINDS: Final = frozenset({"array", "scalar", "bytes", "handle", "record", "dict", *_COLLECTIONS})
_DTYPE: Final = re.compile(r"[<|>]?([biufc]\d{1,2}|U\d{1,6}|[Mm]8\[\w{1,4}\])")


class FrameError(RecsysError, ValueError):
    """Damaged frame, or value that cannot cross. Never quotes anything that came through a pipe."""


@dataclasses.dataclass(frozen=True)
class Handle:
    """Function that stays on the trusted side: what crosses is its number."""

    number: int


MakeHandle = Callable[[int], Any]
"""Function that turns the number of a handle into what stands for it on this side."""


def pack(value: Any, buffers: list[np.ndarray[Any, Any]], depth: int = 0) -> Any:
    """Return a value as a tree for JSON, and append its arrays to ``buffers``.

    Raises:
        FrameError: the value is not plain data.
    """
    if depth > MAX_DEPTH:
        raise FrameError("it is nested too deeply")
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        raise FrameError(f"an int of {value.bit_length():,} bits is too large")
    if value is None or type(value) in (bool, int, float, str):
        return value
    if type(value) is Handle:
        return {"handle": value.number}
    if isinstance(value, np.ma.MaskedArray):  # without its mask it would be another value
        raise FrameError("a masked array is not plain data")
    if isinstance(value, np.ndarray):
        return _pack_array(value, buffers)
    if isinstance(value, np.generic):
        _check_dtype(value.dtype.str)
        return {"scalar": [value.dtype.str, value.tobytes().hex()]}
    if isinstance(value, (bytes, bytearray)):
        return {"bytes": bytes(value).hex()}
    if type(value).__name__ in _RECORDS:
        fields = _fields_of(value)
        return {"record": [type(value).__name__, *(pack(f, buffers, depth + 1) for f in fields)]}
    if isinstance(value, dict):
        pairs = [[pack(part, buffers, depth + 1) for part in pair] for pair in value.items()]
        return {"dict": pairs}
    for kind in (tuple, set, frozenset):
        if isinstance(value, kind):
            return {kind.__name__: [pack(item, buffers, depth + 1) for item in value]}
    if isinstance(value, list):
        return [pack(item, buffers, depth + 1) for item in value]
    for plain in (int, float, str):
        if isinstance(value, plain):  # of a class made from it, such as an IntEnum
            return plain(value)
    array = array_of_tensor(value)
    if array is None:
        raise FrameError(f"a {type(value).__name__} is not plain data")
    return _pack_array(array, buffers)


def unpack(tree: Any, buffers: Sequence[Buffer], make_handle: MakeHandle | None = None) -> Any:
    """Return the value that ``pack`` made this tree of.

    Args:
        tree: from JSON.
        buffers: bytes of the arrays, each of which belongs to one array; or the array itself where
            it has been made already.
        make_handle: reads handles; without it there may be none.

    Raises:
        FrameError: ``pack`` cannot have made this tree.
    """
    return _Unpacker(buffers, make_handle).value(tree, 0)


class _Unpacker:
    """Reader of one frame."""

    def __init__(self, buffers: Sequence[Buffer], make_handle: MakeHandle | None) -> None:
        self._buffers: dict[int, Buffer] = dict(enumerate(buffers))
        self._make_handle = make_handle

    def value(self, tree: Any, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise FrameError("it is nested too deeply")
        if tree is None or isinstance(tree, (bool, int, float, str)):
            return tree
        if isinstance(tree, list):
            return [self.value(item, depth + 1) for item in tree]
        if not isinstance(tree, dict) or len(tree) != 1:
            raise FrameError("neither a value nor a tagged one")
        ((kind, content),) = tree.items()
        if kind not in _KINDS:
            raise FrameError("it has a value of an unknown kind")
        try:
            return self._tagged(kind, content, depth + 1)
        except FrameError:
            raise  # about something inside of it
        except (TypeError, ValueError, KeyError, IndexError, OverflowError):
            raise FrameError(f"it has a malformed {kind}") from None

    def _tagged(self, kind: str, content: Any, depth: int) -> Any:
        if kind == "array":
            return self._array(content)
        if kind == "scalar":
            return _scalar(*content)
        if kind == "bytes":
            return bytes.fromhex(content)
        if kind == "handle":
            return self._handle(content)
        if kind == "record":
            return _RECORDS[content[0]](*(self.value(field, depth) for field in content[1:]))
        if kind == "dict":
            pairs = [(self.value(k, depth), self.value(v, depth)) for k, v in content]
            _check_keys([key for key, _ in pairs])
            return dict(pairs)
        items = [self.value(item, depth) for item in content]
        if kind != "tuple":
            _check_keys(items)
        return _COLLECTIONS[kind](items)

    def _array(self, content: Any) -> Any:
        text, shape, writeable, number = content
        dtype = _check_dtype(text)
        if not all(type(n) is int and n >= 0 for n in [*shape, number]):
            raise FrameError("sizes must be whole numbers")
        buffer = self._buffers.pop(number)  # a second array of the same bytes would cost nothing
        if isinstance(buffer, np.ndarray):
            return buffer
        if math.prod(shape) * dtype.itemsize != len(buffer):
            raise FrameError("the bytes of an array do not fill its shape")
        if not buffer and math.prod(n for n in shape if n) > MAX_EMPTY:
            raise FrameError("it has too large an array of nothing")
        array = _checked(buffer, dtype).reshape(shape).copy()
        array.flags.writeable = bool(writeable)
        return array

    def _handle(self, number: Any) -> Any:
        if self._make_handle is None or type(number) is not int:
            raise FrameError("it has a handle, and nothing was handed")
        return self._make_handle(number)


def _fields_of(record: Any) -> list[Any]:
    """Return a record's contents. Types go by name: a learner's process may hold its own."""
    if dataclasses.is_dataclass(record):
        return [getattr(record, field.name) for field in dataclasses.fields(record)]
    return list(record)


def _pack_array(array: np.ndarray[Any, Any], buffers: list[np.ndarray[Any, Any]]) -> Any:
    _check_dtype(array.dtype.str)
    buffers.append(array)
    shape = list(array.shape)
    return {"array": [array.dtype.str, shape, bool(array.flags.writeable), len(buffers) - 1]}


def _scalar(dtype: Any, digits: Any) -> Any:
    known = _check_dtype(dtype)
    if known.itemsize == 0:  # np.str_("")
        return known.type()
    return _checked(bytes.fromhex(digits), known)[0]


def _checked(buffer: bytes | memoryview, dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """Return the values in a buffer; FrameError for bytes that are none of their dtype."""
    if dtype.kind == "b" and len(buffer) and np.frombuffer(buffer, np.uint8).max() > 1:
        raise FrameError("a truth value is 0 or 1")
    if dtype.kind == "U" and len(buffer):
        characters = np.frombuffer(buffer, np.dtype(np.uint32).newbyteorder(dtype.byteorder))
        if characters.max() > sys.maxunicode:
            raise FrameError("it has a character that does not exist")
    return np.frombuffer(buffer, dtype=dtype)


def _check_keys(keys: list[Any]) -> None:
    """Raise FrameError where keys are so many, or so chosen, that their dict takes long to make."""
    if len(keys) > MAX_KEYS:
        raise FrameError(f"a dict or set has more than {MAX_KEYS:,} keys")
    shared = Counter(map(hash, keys)).most_common(1)
    if shared and shared[0][1] > MAX_SHARED_HASHES:
        raise FrameError("its keys were chosen to be slow")


def _check_dtype(text: Any) -> np.dtype[Any]:
    """Return the dtype of that name; FrameError where it could hold Python objects."""
    if not isinstance(text, str) or not _DTYPE.fullmatch(text):
        raise FrameError("arrays of numbers, truth values, text and dates can cross, and no others")
    return np.dtype(text)


def arrays_in(value: Any) -> list[np.ndarray[Any, Any]]:
    """Return the arrays of a value in the order in which ``pack`` meets them."""
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, dict):
        parts = [part for pair in value.items() for part in pair]
    elif type(value).__name__ in _RECORDS:
        parts = _fields_of(value)
    else:
        parts = list(value) if isinstance(value, (list, tuple)) else []
    return [array for part in parts for array in arrays_in(part)]
