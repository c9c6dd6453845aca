"""Plain data cross the pipe unchanged; nothing else crosses."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from recsys_backends.plan import EpochPlan, WeightedSampler
from recsys_backends.protocol import TopK, UpdateResult
from tito.wire.frames import read_frame, write_frame
from tito.wire.values import FrameError, arrays_in

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
ARRAYS = hnp.arrays(
    hnp.boolean_dtypes() | hnp.integer_dtypes() | hnp.floating_dtypes(sizes=(32, 64)),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)
VALUES = st.recursive(
    SCALARS | ARRAYS | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers(), inner, max_size=4)
    ),
    max_leaves=12,
)


def through(value: Any) -> Any:
    stream = io.BytesIO()
    write_frame(stream, value)
    stream.seek(0)
    return read_frame(stream)


def same(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray):
        return (
            isinstance(b, np.ndarray)
            and a.dtype == b.dtype
            and a.shape == b.shape
            and a.tobytes() == b.tobytes()
            and a.flags.writeable == b.flags.writeable
        )
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return isinstance(b, dict) and list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    return type(a) is type(b) and a == b


@given(VALUES)
@settings(max_examples=200, deadline=None)
def test_values_come_out_as_they_went_in(value: Any) -> None:
    assert same(value, through(value))


def test_records_of_the_protocol_keep_their_types() -> None:
    plan = EpochPlan(*(np.arange(3, dtype=np.int32) for _ in range(3)), np.array([0, 3]))
    weights = WeightedSampler(np.array([1, 2]))
    found = through([plan, TopK(np.zeros((1, 2), np.int32), np.ones((1, 2), np.float32)), weights])
    assert [type(item) for item in found] == [EpochPlan, TopK, WeightedSampler]
    assert np.array_equal(found[0].users, plan.users)
    assert through(UpdateResult(0.5, 1, 2)) == UpdateResult(0.5, 1, 2)


def test_special_values() -> None:
    assert np.isnan(through(float("nan")))
    assert through([np.float32(0.1), np.int64(-3), np.bool_(True), {1, 2}]) == [
        np.float32(0.1), -3, True, {1, 2},
    ]  # fmt: skip
    assert type(through(np.float32(1))) is np.float32
    frozen = np.arange(3)
    frozen.flags.writeable = False
    assert not through(frozen).flags.writeable
    assert through(np.array(["é", "abc"])).tolist() == ["é", "abc"]


@pytest.mark.parametrize(
    "value",
    [
        {frozenset([1, 2]), frozenset()}, {(1, frozenset([2])): 3}, np.str_(""), {np.str_(""): 1},
        np.float16(1.5), np.complex64(1j), 2**99, -(2**4000), "\ud800", {np.int64(1): None},
    ],
    ids=ascii,
)  # fmt: skip
def test_odd_values_keep_their_types(value: Any) -> None:
    found = through(value)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "array",
    [
        np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.arange(12.0).reshape(3, 4)[::-1, ::2],
        np.arange(3, dtype=">f4"), np.array(5.0), np.zeros((3, 0), np.float16), np.array(["", ""]),
        np.arange(2) * 1j, np.arange(3, dtype=np.longdouble) / 3, np.array(["NaT"], "M8[D]"),
        np.broadcast_to(np.float32(2), (2, 2)),
    ],
)  # fmt: skip
def test_arrays_keep_dtype_shape_and_values_whatever_their_layout(array: Any) -> None:
    found = through(array)
    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    assert found.tobytes() == array.tobytes()
    assert found.flags.c_contiguous


MASKED: Any = np.ma.masked_array([1.0, 2.0], [True, False])  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    "value",
    [object(), print, np.array([object()]), (i for i in "a"), 1j, 10**5000, MASKED],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_plain_data_is_refused_and_nothing_is_sent(value: Any) -> None:
    stream = io.BytesIO()
    with pytest.raises(FrameError):
        write_frame(stream, [1, value])
    assert stream.getvalue() == b""


def test_what_contains_itself_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(FrameError, match="nested too deeply"):
        write_frame(io.BytesIO(), loop)


@pytest.mark.parametrize(
    "tree",
    [
        '{"array": ["|O8", [1], true, 0]}',
        '{"array": ["<f8", [-1], true, 0]}',
        '{"array": ["<f8", [2], true, 0]}',
        '{"array": ["<f8", [1], true, 7]}',
        '{"record": ["Popen", ["ls"]]}',
        '{"record": ["EpochPlan", 1]}',
        '{"dict": [[[], 1]]}',
        '{"pickle": "gASV"}',
        '{"a": 1, "b": 2}',
        '{"scalar": ["|O8", "00"]}',
        '{"bytes": "zz"}',
    ],
)
def test_malformed_trees_are_refused(tree: str) -> None:
    header = f"[{tree}, [8]]".encode()
    with pytest.raises(FrameError):
        read_frame(io.BytesIO(struct.pack("<QQ", len(header), 8) + header + b"\0" * 8))


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ('[{"array": ["<f8", [1], true, 0]}, {"array": ["<f8", [1], true, 0]}]', "malformed array"),
        ('{"array": ["<U0", [20000000], true, 1]}', "array of nothing"),
        ('{"array": ["<f8", [20000000, 0], true, 1]}', "array of nothing"),
        ('{"handle": 0}', "nothing was handed"),
    ],
)
def test_a_frame_becomes_no_more_than_its_bytes(tree: str, said: str) -> None:
    """Neither by one buffer for many arrays, nor by arrays of nothing."""
    header = f"[{tree}, [8, 0]]".encode()
    with pytest.raises(FrameError, match=said):
        read_frame(io.BytesIO(struct.pack("<QQ", len(header), 8) + header + b"\0" * 8))


@pytest.mark.parametrize("shape", [(0,), (0, 10), (3, 0), (1000, 0, 7)])
def test_empty_arrays_cross(shape: tuple[int, ...]) -> None:
    assert through(np.zeros(shape)).shape == shape


SCRIPT = "<script>f()</script>"


@pytest.mark.parametrize(
    "tree",
    [
        f'{{"{SCRIPT}": 1}}',
        f'{{"array": ["{SCRIPT}", [1], true, 0]}}',
        f'{{"array": ["<f8", ["{SCRIPT}"], true, 0]}}',
        f'{{"bytes": "{SCRIPT}"}}',
        f'{{"scalar": ["<f8", "{SCRIPT}"]}}',
        f'{{"record": ["{SCRIPT}", 1]}}',
        f'{{"dict": [["{SCRIPT}"]]}}',
        f'{{"dict": [[{{"set": [["{SCRIPT}"]]}}, 1]]}}',
        f'{{"handle": "{SCRIPT}"}}',
        f'"{SCRIPT}',
    ],
)
def test_no_error_quotes_the_frame(tree: str) -> None:
    """Messages about frames stand on pages that a trusted person reads."""
    header = f"[{tree}, [8]]".encode()
    with pytest.raises(FrameError) as caught:
        read_frame(io.BytesIO(struct.pack("<QQ", len(header), 8) + header + b"\0" * 8))
    assert "script" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_both_ends_number_the_arrays_alike() -> None:
    plan = EpochPlan(*(np.arange(n, dtype=np.int32) for n in (1, 2, 3)), np.array([0, 1]))
    value = [np.ones(4), {"b": np.ones(5), "a": (plan, [np.ones(6)])}]
    sizes = [len(array) for array in arrays_in(value)]
    assert sizes == [4, 5, 1, 2, 3, 2, 6]
    assert [len(array) for array in arrays_in(through(value))] == sizes


@pytest.mark.parametrize("sizes", ["[9.3e18]", "[8.0]", "[true]", "[-8, 16]", "8", '"8"', "null"])
def test_sizes_that_are_no_whole_numbers_are_refused(sizes: str) -> None:
    header = f"[null, {sizes}]".encode()
    with pytest.raises(FrameError):
        read_frame(io.BytesIO(struct.pack("<QQ", len(header), 8) + header + b"\0" * 8))
