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
===========================  ===========================================================
"""

from __future__ import annotations

import dataclasses
import math
import re
import sys
from collections import Counter
from typing import Any, Final

import numpy as np

from recsys_backends.errors import RecsysError
from recsys_backends.plan import AdaptiveSampler, EpochPlan, UniformSampler, WeightedSampler
from recsys_backends.protocol import Neighbors, TopK, UpdateResult

MAX_DEPTH: Final = 32
MAX_BITS: Final = 4096
"""Of an int: Python writes out no longer ones than 4300 digits."""
MAX_SHARED_HASHES: Final = 16
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
_DTYPE: Final = re.compile(r"[<|>]?([biufc]\d{1,2}|U\d{1,6}|[Mm]8\[\w{1,4}\])")


class FrameError(RecsysError, ValueError):
    """What came through the pipe is not a value of the protocol, or a value that cannot cross."""


def pack(value: Any, buffers: list[np.ndarray[Any, Any]], depth: int = 0) -> Any:
    """A value as a tree for JSON; arrays are appended to ``buffers``. FrameError for any other."""
    if depth > MAX_DEPTH:
        raise FrameError("it is nested too deeply")
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        raise FrameError(f"an int of {value.bit_length():,} bits is too large")
    if value is None or type(value) in (bool, int, float, str):
        return value
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
    raise FrameError(f"a {type(value).__name__} is not plain data")


def unpack(tree: Any, buffers: list[memoryview], depth: int = 0) -> Any:
    """The value that ``pack`` made this tree of; FrameError where it cannot have."""
    if depth > MAX_DEPTH:
        raise FrameError("it is nested too deeply")
    if tree is None or isinstance(tree, (bool, int, float, str)):
        return tree
    if isinstance(tree, list):
        return [unpack(item, buffers, depth + 1) for item in tree]
    if not isinstance(tree, dict) or len(tree) != 1:
        raise FrameError("neither a value nor a tagged one")
    ((kind, content),) = tree.items()
    try:
        return _unpack_tagged(kind, content, buffers, depth + 1)
    except FrameError:
        raise  # about something inside of it
    except (TypeError, ValueError, KeyError, IndexError, OverflowError) as error:
        raise FrameError(f"a malformed {kind}: {error}") from None


def _unpack_tagged(kind: str, content: Any, buffers: list[memoryview], depth: int) -> Any:
    if kind == "array":
        return _unpack_array(content, buffers)
    if kind == "scalar":
        dtype, digits = content
        known = _check_dtype(dtype)
        if known.itemsize == 0:  # np.str_("")
            return known.type()
        return _checked(bytes.fromhex(digits), known)[0]
    if kind == "bytes":
        return bytes.fromhex(content)
    if kind == "record":
        return _RECORDS[content[0]](*(unpack(field, buffers, depth) for field in content[1:]))
    if kind == "dict":
        pairs = [(unpack(k, buffers, depth), unpack(v, buffers, depth)) for k, v in content]
        _check_keys([key for key, _ in pairs])
        return dict(pairs)
    items = [unpack(item, buffers, depth) for item in content]
    if kind in _COLLECTIONS:
        if kind != "tuple":
            _check_keys(items)
        return _COLLECTIONS[kind](items)
    raise FrameError(f"unknown kind {kind!r}")


def _fields_of(record: Any) -> list[Any]:
    """A record's contents; the types are told by name, as a learner's process may hold its own."""
    if dataclasses.is_dataclass(record):
        return [getattr(record, field.name) for field in dataclasses.fields(record)]
    return list(record)


def _pack_array(array: np.ndarray[Any, Any], buffers: list[np.ndarray[Any, Any]]) -> Any:
    _check_dtype(array.dtype.str)
    buffers.append(array)
    shape = list(array.shape)
    return {"array": [array.dtype.str, shape, bool(array.flags.writeable), len(buffers) - 1]}


def _unpack_array(content: Any, buffers: list[memoryview]) -> Any:
    text, shape, writeable, number = content
    dtype = _check_dtype(text)
    if not all(type(n) is int and n >= 0 for n in [*shape, number]):
        raise FrameError("sizes must be whole numbers")
    buffer = buffers[number]
    if math.prod(shape) * dtype.itemsize != len(buffer):
        raise FrameError(f"{len(buffer)} bytes are not a {text} of shape {shape}")
    array = _checked(buffer, dtype).reshape(shape).copy()
    array.flags.writeable = bool(writeable)
    return array


def _checked(buffer: bytes | memoryview, dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """The values in a buffer; FrameError for bytes that are no truth value or no character."""
    if dtype.kind == "b" and len(buffer) and np.frombuffer(buffer, np.uint8).max() > 1:
        raise FrameError("a truth value is 0 or 1")
    if dtype.kind == "U" and len(buffer):
        characters = np.frombuffer(buffer, np.dtype(np.uint32).newbyteorder(dtype.byteorder))
        if characters.max() > sys.maxunicode:
            raise FrameError("it has a character that does not exist")
    return np.frombuffer(buffer, dtype=dtype)


def _check_keys(keys: list[Any]) -> None:
    """FrameError where many keys share a hash: a dict of them would take for ever to make."""
    shared = Counter(map(hash, keys)).most_common(1)
    if shared and shared[0][1] > MAX_SHARED_HASHES:
        raise FrameError("its keys were chosen to be slow")


def _check_dtype(text: Any) -> np.dtype[Any]:
    """A dtype of numbers, truth values, text or dates: none that holds Python objects."""
    if not isinstance(text, str) or not _DTYPE.fullmatch(text):
        raise FrameError(f"arrays of dtype {text!r} cannot cross")
    return np.dtype(text)


def arrays_in(value: Any) -> list[np.ndarray[Any, Any]]:
    """The arrays of a value in the order in which ``pack`` meets them, the same at both ends."""
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, dict):
        parts = [part for pair in value.items() for part in pair]
    elif type(value).__name__ in _RECORDS:
        parts = _fields_of(value)
    else:
        parts = list(value) if isinstance(value, (list, tuple)) else []
    return [array for part in parts for array in arrays_in(part)]
