"""Text is read by columns where it is plain, and line by line elsewhere: both give the same."""

from __future__ import annotations

import csv
import io
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from recsys_edu.errors import DataError
from recsys_edu.interactions import Interactions
from recsys_edu.reading import blocks
from recsys_edu.reading.fields import Fields

Outcome = tuple[Any, ...] | str

ids = st.one_of(
    st.integers(-3, 40).map(str),
    st.integers(-(2**65), 2**65).map(str),
    st.sampled_from(["007", "x", "ü", " 1", "2 ", "1.0", "nan", "", '"q"', '"a,b"', 'a"b', "+1"]),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=4),
)
numbers = st.one_of(
    st.integers(0, 10).map(str),
    st.decimals(0, 10, places=1).map(str),
    st.floats(0, 1e6).map(repr),
    st.sampled_from(["-1", "5.", ".5", ".", "1e3", " 4", "4,5", "x", "1_0", "12345678.5", "-.5"]),
)
times = st.one_of(
    st.integers(0, 2**31).map(str),
    st.sampled_from(["1147880044.5", "2005-09-06", "10.0", "-5", "", "2005-09-06T10:00:00Z"]),
)
endings = st.sampled_from(["\n", "\r\n", "\r", "\n\n", " \n"])
lines = st.tuples(ids, ids, numbers, times, endings)
plain_lines = st.tuples(
    st.integers(0, 10**18 - 1).map(str),
    st.integers(-9, 9).map(str),
    st.decimals(0, 99, places=2).map(str),
    st.integers(0, 2**40).map(str),
    st.just("\n"),
)


def read(file: Path, **more: Any) -> Outcome:
    """All that was read, or what was said instead."""
    try:
        built = Interactions.from_csv(file, value="v", timestamp="t", min_value=-math.inf, **more)
    except DataError as error:
        return str(error)
    arrays = (built.indptr, built.indices, built.values, built.timestamps)
    vocabularies = (built.user_ids, built.item_ids)
    return (
        *(array.tolist() for array in (*arrays, *vocabularies) if array is not None),
        *(ids.dtype.kind for ids in vocabularies),
    )


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
@given(
    st.one_of(st.lists(lines, max_size=12), st.lists(plain_lines, min_size=1, max_size=12)),
    st.sampled_from([",", "\t", "::", ";"]),
    st.integers(3, 60),
    st.sampled_from(["auto", None, '"']),
)
@example([("1", "2", "4.5", "10", "\n"), ("1", "03", "4.5", "11", "\n")], ",", 8, "auto")
@example([("1", "2", "4.5", "10", "\n"), ("1", '"a\nb"', "4.5", "11", "\n")], ",", 20, "auto")
def test_odd_files(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    rows: list[tuple[str, ...]],
    delimiter: str,
    block_bytes: int,
    quotechar: str | None,
) -> None:
    file = tmp_path / "events.csv"
    text = delimiter.join(["user", "item", "v", "t"]) + "\n"
    text += "".join(delimiter.join(row[:-1]) + row[-1] for row in rows)
    file.write_bytes(text.encode())
    more = {"delimiter": delimiter, "quotechar": quotechar}
    with monkeypatch.context() as patch:
        by_columns = read(file, **more)
        patch.setattr(blocks, "BLOCK_BYTES", block_bytes)
        in_small_blocks = read(file, **more)
        patch.setattr(Fields, "of", lambda *_: None)
        by_lines = read(file, **more)
    outcomes = (by_columns, in_small_blocks, by_lines)
    if isinstance(by_lines, str):  # of several faults, the first that is met is named
        assert [type(outcome) for outcome in outcomes] == [str] * 3
    else:
        assert outcomes == (by_lines,) * 3


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
@given(st.lists(plain_lines, min_size=1, max_size=30), st.booleans())
def test_plain_files_hold_what_python_reads(
    tmp_path: Path, rows: list[tuple[str, ...]], as_text: bool
) -> None:
    if as_text:
        rows = [("u" + user, *rest) for user, *rest in rows]
    text = "user,item,v,t\n" + "".join(",".join(row[:-1]) + "\n" for row in rows)
    file = tmp_path / "events.csv"
    file.write_text(text, encoding="utf-8")
    kind = str if as_text else int
    latest: dict[tuple[Any, int], tuple[int, float]] = {}
    for record in csv.DictReader(io.StringIO(text)):
        pair = kind(record["user"]), int(record["item"])
        if pair not in latest or int(record["t"]) >= latest[pair][0]:
            latest[pair] = int(record["t"]), float(np.float32(float(record["v"])))
    built = Interactions.from_csv(file, value="v", timestamp="t", min_value=0)
    assert built.values is not None
    assert built.timestamps is not None
    found = zip(
        built.user_ids[built.rows()].tolist(),
        built.item_ids[built.indices].tolist(),
        zip(built.timestamps.tolist(), built.values.tolist(), strict=True),
        strict=True,
    )
    assert {(user, item): rest for user, item, rest in found} == latest


@given(st.lists(st.text("0123456789.-+ e", max_size=20), min_size=1, max_size=4))
@example(["0", "10", "123456789012345678"])
@example(["1234567.", ".1234567", "12345678", "0.5"])
def test_fields_by_columns_are_those_one_by_one(written: list[str]) -> None:
    text = "".join(f"{field},x\n" for field in written)
    fields = Fields.of(text, text.encode(), ",", 2)
    assert fields is not None
    assert fields.n_lines == len(written)
    assert fields.texts(0) == written
    found = fields.distinct(0)
    assert found is not None
    assert [found[0][place].decode() for place in found[1]] == written
    integers = fields.integers(0)
    plain = all(re.fullmatch("0|-?[1-9][0-9]{0,17}", field) for field in written)
    assert (integers is not None) == plain
    if integers is not None:
        assert integers.tolist() == list(map(int, written))
    decimals = fields.decimals(0, ".")
    plain = all(len(f) <= 8 and re.fullmatch(r"[0-9]+\.?[0-9]*|\.[0-9]+", f) for f in written)
    assert (decimals is not None) == plain
    if decimals is not None:
        assert decimals.tolist() == list(map(float, written))


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n,"), max_size=14),
        min_size=1,
        max_size=6,
    ),
    st.integers(0, 2**32),
)
def test_texts_by_columns(texts: list[str], seed: int) -> None:
    written = [texts[n] for n in np.random.default_rng(seed).integers(len(texts), size=40)]
    text = "".join(f"x,{field}\n" for field in written)
    fields = Fields.of(text, text.encode(), ",", 2)
    assert fields is not None
    found = fields.distinct(1)
    if max(len(field.encode()) for field in written) > 40:
        assert found is None
    else:
        assert found is not None
        assert [found[0][place].decode() for place in found[1]] == written
        assert len(found[0]) <= len(set(written)) + 2


def test_the_fast_way_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the tests above would compare the slow way with itself."""
    file = tmp_path / "events.csv"
    file.write_text("user,item,v,t\n1,2,4.5,10\n1,3,4.0,11\n", encoding="utf-8")
    taken: list[Fields | None] = []
    original = Fields.of
    monkeypatch.setattr(Fields, "of", lambda *a: taken.append(original(*a)) or taken[-1])
    monkeypatch.setattr(Fields, "texts", None)
    read(file)
    assert len(taken) == 1
    assert taken[0] is not None
