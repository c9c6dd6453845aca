"""Whatever comes through the pipe is a value, a FrameError or the end; and memory stays bounded."""

from __future__ import annotations

import io
import json
import struct
import sys
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from recsys_backends.plan import EpochPlan, UniformSampler
from recsys_backends.protocol import UpdateResult
from tito.wire.frames import MAX_HEADER, MAX_PARTS, read_frame, write_frame
from tito.wire.values import MAX_KEYS, FrameError, unpack

SIZES = struct.Struct("<QQ")
MIB = 2**20


def framed(header: bytes, body: bytes = b"") -> io.BytesIO:
    return io.BytesIO(SIZES.pack(len(header), len(body)) + header + body)


def received(stream: io.BytesIO) -> Any:
    """What is read; None where it was refused, as it should be."""
    try:
        return read_frame(stream)
    except (FrameError, EOFError):
        return None


@given(st.binary(max_size=200))
def test_random_bytes(data: bytes) -> None:
    received(io.BytesIO(data))


@given(st.binary(max_size=100), st.binary(max_size=50))
def test_random_headers(header: bytes, body: bytes) -> None:
    received(framed(header, body))


WORDS = st.sampled_from(
    ["array", "scalar", "bytes", "record", "dict", "tuple", "set", "<f4", "|b1", "<U2", "<M8[s]",
     "<i8", ">U1", "f12", "U0", "UpdateResult", "EpochPlan", "00", "ffffffff", ""]
)  # fmt: skip
LEAVES = (
    st.none() | st.booleans() | st.integers(-3, 2**65) | st.floats() | WORDS | st.text(max_size=4)
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(WORDS, inner, max_size=2),
    max_leaves=20,
)


@settings(max_examples=400)
@given(TREES, TREES, st.binary(max_size=64))
def test_headers_of_the_right_form_with_anything_in_them(
    tree: Any, sizes: Any, body: bytes
) -> None:
    received(framed(json.dumps([tree, sizes]).encode(), body))
    received(framed(json.dumps([tree, [len(body)]]).encode(), body))


@settings(max_examples=400)
@given(
    st.sampled_from(["array", "scalar", "bytes", "record", "dict", "tuple", "set", "other"]),
    TREES | st.lists(TREES, max_size=4),
)
def test_tagged_values_with_anything_in_them(kind: str, content: Any) -> None:
    try:
        unpack({kind: content}, [memoryview(b"\x02" * 8)])
    except FrameError:
        return


VALID: list[Any] = [
    {"value": np.arange(6, dtype=np.float32).reshape(2, 3), "changed": [[0, np.ones(2, bool)]]},
    UpdateResult(1.5, 2, 3),
    EpochPlan(*(np.zeros(2, np.int32) for _ in range(3)), np.array([0, 2])),
    [np.array(["ä", "b"]), np.float64(1.0), {1, 2}, (b"x", UniformSampler())],
    {"raised": "E", "message": "m" * 100, "place": "", "unwritten": False},
]


@settings(max_examples=400)
@given(st.data())
def test_valid_frames_with_some_bytes_changed(data: st.DataObject) -> None:
    stream = io.BytesIO()
    write_frame(stream, data.draw(st.sampled_from(VALID)))
    frame = bytearray(stream.getvalue())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(frame) - 1))
        frame[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(len(frame) // 2, len(frame)))
    value = received(io.BytesIO(bytes(frame[:cut])))
    repr(value)  # it can be looked at, too


@given(hnp.arrays(hnp.boolean_dtypes() | hnp.scalar_dtypes(), hnp.array_shapes(min_side=0)))
def test_arrays_come_back_as_they_were(array: np.ndarray[Any, Any]) -> None:
    stream = io.BytesIO()
    try:
        write_frame(stream, array)
    except FrameError:  # a dtype that cannot cross
        return
    back = read_frame(io.BytesIO(stream.getvalue()))
    assert back.dtype == array.dtype
    assert back.shape == array.shape
    assert back.tobytes() == array.tobytes()


@pytest.mark.parametrize(
    ("dtype", "body"),
    [("|b1", b"\x02"), ("<U1", b"\xff\xff\xff\x7f"), (">U1", b"\x7f\xff\xff\xff")],
)
def test_bytes_that_are_no_value_of_their_dtype_are_refused(dtype: str, body: bytes) -> None:
    array = {"array": [dtype, [1], True, 0]}
    with pytest.raises(FrameError):
        read_frame(framed(json.dumps([array, [len(body)]]).encode(), body))
    with pytest.raises(FrameError):
        unpack({"scalar": [dtype, body.hex()]}, [])


@pytest.mark.parametrize("kind", ["set", "dict"])
def test_keys_that_all_have_one_hash_are_refused(kind: str) -> None:
    keys = [n * sys.hash_info.modulus for n in range(MAX_KEYS)]
    content = keys if kind == "set" else [[key, 0] for key in keys]
    with pytest.raises(FrameError, match="slow"):
        unpack({kind: content}, [])
    assert len(unpack({"set": list(range(-5, MAX_KEYS - 5))}, [])) == MAX_KEYS


@pytest.mark.parametrize("kind", ["set", "frozenset", "dict"])
def test_more_keys_than_can_be_placed_in_a_moment_are_refused(kind: str) -> None:
    """Hashes that differ can be chosen to be slow as well; only their number bounds the time."""
    keys = list(range(MAX_KEYS + 1))
    content = [[key, 0] for key in keys] if kind == "dict" else keys
    with pytest.raises(FrameError, match="keys"):
        unpack({kind: content}, [])
    assert len(unpack({kind: content[1:]}, [])) == MAX_KEYS


def test_a_reader_may_take_fewer_parts() -> None:
    most = b"[[" + b"0," * 996 + b"0],[]]"
    assert len(read_frame(framed(most), parts=1000)) == 997
    with pytest.raises(FrameError, match="more parts"):
        read_frame(framed(most), parts=999)


def peak_of(stream: io.BytesIO) -> float:
    """The most memory that reading took, in MiB."""
    tracemalloc.start()
    try:
        received(stream)
        return tracemalloc.get_traced_memory()[1] / MIB
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("sizes", [(MAX_HEADER, 0), (2, 2**31), (2**63, 0), (0, 2**63)])
def test_a_claim_takes_no_memory(sizes: tuple[int, int]) -> None:
    assert peak_of(io.BytesIO(SIZES.pack(*sizes) + b"[]")) < 4


def test_a_header_of_many_small_parts_is_refused() -> None:
    dense = b"[[" + b"[]," * (MAX_HEADER // 3 - 10) + b"[]],[]]"
    with pytest.raises(FrameError, match="more parts"):
        read_frame(framed(dense))
    assert peak_of(framed(dense)) < 40
    most = b"[[" + b"[]," * (MAX_PARTS // 2 - 10) + b"[]],[]]"
    assert read_frame(framed(most))
    assert peak_of(framed(most)) < 200


def test_a_limit_of_ones_own_holds_for_header_and_arrays() -> None:
    stream = io.BytesIO()
    write_frame(stream, np.zeros(1000))
    assert read_frame(io.BytesIO(stream.getvalue()), limit=8000).size == 1000
    with pytest.raises(FrameError, match="larger"):
        read_frame(io.BytesIO(stream.getvalue()), limit=7999)
    with pytest.raises(FrameError, match="larger"):
        read_frame(framed(b'["' + b"x" * 100 + b'", []]'), limit=50)
