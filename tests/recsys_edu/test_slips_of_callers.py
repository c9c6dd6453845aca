"""Slips in the arguments of files, tables and splits: one sentence each, and nothing hangs."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys_edu import (
    Checkpoint,
    Interactions,
    MostPopular,
    Ranker,
    leave_last_out,
    load_model,
    per_user_split,
    random_split,
    time_split,
)
from recsys_edu.errors import DataError, InvalidParameterError, ModelFileError

EVENTS = Interactions.from_events([1, 1, 1, 2, 2], [1, 2, 3, 1, 2], timestamps=[1, 2, 3, 4, 5])


def save(path: Any) -> None:
    MostPopular().fit(EVENTS).save(path)


DOORS: list[Callable[[Any], object]] = [
    *(Interactions.from_csv, Interactions.from_file, load_model, Ranker, Checkpoint, save),
]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("path", [None, 0, b"a.csv", ["a.csv"], "a\0b.csv"])
def test_what_is_no_path_is_refused(door: Callable[[Any], object], path: Any) -> None:
    with pytest.raises(InvalidParameterError, match=r"^path .*\.$|^path "):
        door(path)


@pytest.mark.parametrize("door", [load_model, Ranker])
def test_loading_does_not_wait_at_a_pipe(tmp_path: Path, door: Callable[[Any], object]) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ModelFileError, match=r"pipe is not .*: it is a FIFO, not a file"):
        door(tmp_path / "pipe")
    with pytest.raises(ModelFileError, match="device or a socket"):
        door("/dev/zero")


def test_model_files_that_unpack_to_more_are_refused(tmp_path: Path) -> None:
    save(tmp_path / "m.npz")
    with np.load(tmp_path / "m.npz") as arrays:
        more = {**arrays, "bomb": np.zeros(10**6)}
    np.savez_compressed(tmp_path / "bomb.npz", **more)
    with pytest.raises(ModelFileError, match=r"bomb\.npz .*its arrays are packed"):
        load_model(tmp_path / "bomb.npz")


@pytest.mark.parametrize("split", [random_split, per_user_split, time_split])
@pytest.mark.parametrize("name", ["test_fraction", "valid_fraction"])
@pytest.mark.parametrize("share", ["0.2", None, [0.2], True])
def test_fractions_are_numbers(split: Callable[..., object], name: str, share: Any) -> None:
    with pytest.raises(InvalidParameterError, match=f"^{name} must be a number such as 0.2, not"):
        split(EVENTS, **{name: share})


def test_fractions_may_be_of_numpy() -> None:
    assert random_split(EVENTS, test_fraction=np.float32(0.4)).test.nnz == 2  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["n_test", "n_valid"])
@pytest.mark.parametrize("count", [1.5, "1", None, True])
def test_counts_are_whole(name: str, count: Any) -> None:
    with pytest.raises(InvalidParameterError, match=f"^{name} must be a whole number"):
        leave_last_out(EVENTS, **{name: count})


@pytest.mark.parametrize("row", ["a", 1.5, None, -1, 2])
def test_rows_are_whole(row: Any) -> None:
    with pytest.raises(InvalidParameterError, match=r"^row must be a whole number"):
        EVENTS.items_of(row)


def test_encodings_are_names(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("user,item\n1,2\n")
    with pytest.raises(InvalidParameterError, match="encoding must be a name such as 'utf-8'"):
        Interactions.from_csv(tmp_path / "a.csv", encoding=None)  # type: ignore[arg-type]


ROLES = [("user", "item"), ("item", "value"), ("value", "timestamp")]


@pytest.mark.parametrize("roles", ROLES)
def test_no_column_is_two_things(tmp_path: Path, roles: tuple[str, str]) -> None:
    pl = pytest.importorskip("polars")
    file = tmp_path / "a.csv"
    file.write_text("user,item,x\n1,2,3\n")
    names = dict.fromkeys(roles, "x")
    said = f"^{roles[0]} and {roles[1]} both name the column 'x'"
    with pytest.raises(InvalidParameterError, match=said):
        Interactions.from_csv(file, **names)
    with pytest.raises(InvalidParameterError, match=said):
        Interactions.from_file(file, quiet=True, **names)
    with pytest.raises(InvalidParameterError, match=said):
        Interactions.from_frame(pl.read_csv(file), **names)


def test_many_and_long_names_do_not_fill_the_message(tmp_path: Path) -> None:
    pl = pytest.importorskip("polars")
    file = tmp_path / "a.csv"
    file.write_text(
        "a" * 100_000 + "".join(f",c{n}" for n in range(1000)) + "\n" + "1," * 1000 + "1\n"
    )
    for read in (Interactions.from_csv, lambda path: Interactions.from_file(path, quiet=True)):
        with pytest.raises(DataError) as caught:
            read(file)
        assert len(str(caught.value)) < 1000
    with pytest.raises(DataError) as caught:
        Interactions.from_frame(pl.DataFrame({f"c{n}": [1] for n in range(1000)}))
    assert len(str(caught.value)) < 1000


def test_faults_of_a_table_name_its_file(tmp_path: Path) -> None:
    pl = pytest.importorskip("polars")
    file = tmp_path / "events.parquet"
    for column in ([1, None], [1.5, 2.5], [True, False], [10**30, 1]):
        frame = pl.DataFrame({"user": pl.Series(column), "item": [1, 2]}, strict=False)
        frame.write_parquet(file)
        with pytest.raises(DataError, match=r"events\.parquet.*column 'user'"):
            Interactions.from_file(file, quiet=True)
        with pytest.raises(DataError, match=r"^the data frame.*column 'user'"):
            Interactions.from_frame(frame)


def test_columns_of_the_same_name_are_refused() -> None:
    pd = pytest.importorskip("pandas")
    with pytest.raises(DataError, match="the data frame has columns of the same name"):
        Interactions.from_frame(pd.DataFrame([[1, 2, 3]], columns=["user", "item", "item"]))


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_decimal_commas_are_recognized_in_the_message(tmp_path: Path, delimiter: str) -> None:
    (tmp_path / "a.csv").write_text(delimiter.join(("user", "item", "x")) + "\n")
    with (tmp_path / "a.csv").open("a") as file:
        file.write(delimiter.join(("1", "2", '"3,5"')) + "\n")
    with pytest.raises(DataError, match=r"line 2: '3,5' in column 'x' is a number only with deci"):
        Interactions.from_csv(tmp_path / "a.csv", value="x", delimiter=delimiter)


def test_a_first_line_with_numbers_may_hold_data(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("ann\tx\tA song\t10\n")
    with pytest.raises(DataError, match="if the first line holds data, give the names with col"):
        Interactions.from_csv(tmp_path / "a.tsv", delimiter="\t")
