"""Reading interactions from data frames and text files, and what malformed ones are told."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from recsys_edu.errors import DataError, InvalidParameterError
from recsys_edu.interactions import Interactions


def pairs(interactions: Interactions) -> set[tuple[object, object]]:
    users = interactions.user_ids[interactions.rows()].tolist()
    items = interactions.item_ids[interactions.indices].tolist()
    return set(zip(users, items, strict=True))


FRAME = {
    "who": ["b", "a", "b"],
    "what": [3, 1, 3],
    "stars": [1.5, 2.0, 4.5],
    "day": ["2024-01-02", "2024-01-01", "2024-01-01"],
    "n": [9, 8, 7],
}


@pytest.mark.parametrize("table", [pd.DataFrame, pl.DataFrame])
def test_from_frame(table: type) -> None:
    built = Interactions.from_frame(
        table(FRAME), user="who", item="what", value="stars", timestamp="n"
    )
    assert built.user_ids.tolist() == ["a", "b"]
    assert built.item_ids.tolist() == [1, 3]
    assert built.values is not None
    assert built.values.tolist() == [2.0, 1.5]  # 9 is later than 7
    assert built.timestamps is not None
    assert built.timestamps.tolist() == [8, 9]


def test_from_frame_understands_datetimes_and_categories() -> None:
    microseconds = 1_704_153_600_000_000  # 2024-01-02
    frame = pd.DataFrame(FRAME)
    frame["day"] = pd.to_datetime(frame["day"])
    frame["who"] = frame["who"].astype("category")
    polars = pl.DataFrame(FRAME).with_columns(
        pl.col("day").str.to_date(), pl.col("who").cast(pl.Categorical)
    )
    for table in (frame, polars):
        built = Interactions.from_frame(table, user="who", item="what", timestamp="day")
        assert built.user_ids.tolist() == ["a", "b"]
        assert built.timestamps is not None
        assert built.timestamps.tolist() == [microseconds - 86_400_000_000, microseconds]


def test_from_frame_of_nullable_integers() -> None:
    frame = pd.DataFrame({"user": [1, 2], "item": [3, 4]}).astype("Int64")
    assert pairs(Interactions.from_frame(frame)) == {(1, 3), (2, 4)}


@pytest.mark.parametrize("table", [pd.DataFrame, pl.DataFrame])
def test_from_frame_names_what_is_wrong(table: type) -> None:
    with pytest.raises(DataError, match="no column named 'item'; its columns are 'user', 'thing'"):
        Interactions.from_frame(table({"user": [1], "thing": [2]}))
    with pytest.raises(DataError, match=r"'user' has 1 missing value\(s\), the first in row 1"):
        Interactions.from_frame(table({"user": ["a", None], "item": [1, 2]}))
    with pytest.raises(DataError, match="ids of column 'user' must be integers or strings"):
        Interactions.from_frame(table({"user": [1.5, 2.5], "item": [1, 2]}))
    with pytest.raises(DataError, match="holds no interactions"):
        Interactions.from_frame(table({"user": [], "item": []}))


def test_from_frame_wants_a_table_in_memory() -> None:
    for wrong in (pl.DataFrame({"user": [1], "item": [1]}).lazy(), {"user": [1]}, None):
        with pytest.raises(InvalidParameterError, match="pandas, polars or pyarrow table"):
            Interactions.from_frame(wrong)


def write(path: Path, content: str | bytes) -> Path:
    file = path / "events.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def test_from_csv(tmp_path: Path) -> None:
    text = 'user,item,stars,time\r\n1,"a,b",2.5,10\r\n\r\n1,"a,b",3.5,9\r\n2,c,1,11'
    built = Interactions.from_csv(write(tmp_path, text), value="stars", timestamp="time")
    assert built.user_ids.tolist() == [1, 2]
    assert built.item_ids.tolist() == ["a,b", "c"]
    assert built.values is not None
    assert built.values.tolist() == [2.5, 1.0]
    assert built.timestamps is not None
    assert built.timestamps.tolist() == [10, 11]


def test_from_csv_without_header_and_with_another_encoding(tmp_path: Path) -> None:
    file = write(tmp_path, "José\t007\nAna\t7\n".encode("latin-1"))
    built = Interactions.from_csv(
        file, delimiter="\t", columns=["user", "item"], encoding="latin-1"
    )
    assert pairs(built) == {("José", "007"), ("Ana", "7")}


def test_from_csv_ignores_a_byte_order_mark(tmp_path: Path) -> None:
    assert Interactions.from_csv(write(tmp_path, "\ufeffuser,item\n1,2\n")).nnz == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("user,item,v,t\n1,2,3,4\n1,2,3\n", r"line 3: 3 field\(s\) between ',' instead of 4"),
        ("user,item,v,t\n1,2,3,4\n1,2,3,4,5\n", r"line 3: 5 field\(s\)"),
        ("user,item,v,t\n1,2,x,4\n", "line 2: 'x' in column 'v' is not a finite number"),
        ("user,item,v,t\n1,2,3,4\n\n1,3,nan,4\n", "line 4: 'nan' in column 'v' is not a finite"),
        ('user,item,v,t\n1,2,3,"4,5"\n', "line 2: '4,5' in column 't' is not a time"),
        ("user,item,v,t\n1,2,3,99999999999999999999\n", "line 2: '9+' in column 't' is not a time"),
        ("user,item,v,t\n1,,3,4\n", "line 2: '' in column 'item' is no id"),
        ('user,item,v,t\n1,"2,3,4\n', "line 2: not readable as CSV"),
        (b"user,item,v,t\n1,2,3,4\n1,\xe9,3,4\n", "line 3: not utf-8 text.*encoding='latin-1'"),
        ("user,thing,v,t\n1,2,3,4\n", "no column named 'item'; its columns are 'user', 'thing'"),
        ("user,item,item,t\n1,2,3,4\n", "more than one column named 'item'"),
        ("", "holds no interactions"),
        ("user,item,v,t\n", "holds no interactions"),
    ],
)
def test_from_csv_names_file_and_line(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(DataError, match=f"events.csv.*{message}"):
        Interactions.from_csv(write(tmp_path, content), value="v", timestamp="t")


def test_from_csv_parameters_and_missing_files(tmp_path: Path) -> None:
    file = write(tmp_path, "user,item\n1,2\n")
    for wrong in ({"delimiter": ""}, {"delimiter": "\n"}, {"delimiter": '"', "quotechar": '"'}):
        with pytest.raises(InvalidParameterError, match="delimiter must be characters of one line"):
            Interactions.from_csv(file, **wrong)
    for quote in ("", "ab", "\n", " "):
        with pytest.raises(InvalidParameterError, match="quotechar must be a single character"):
            Interactions.from_csv(file, quotechar=quote)
    with pytest.raises(InvalidParameterError, match=r"decimal must be '.' or ','"):
        Interactions.from_csv(file, decimal=",")
    with pytest.raises(InvalidParameterError, match="columns must be a list of names"):
        Interactions.from_csv(file, columns="user,item")
    with pytest.raises(InvalidParameterError, match="encoding 'utf-99' is not known"):
        Interactions.from_csv(file, encoding="utf-99")
    with pytest.raises(FileNotFoundError):
        Interactions.from_csv(tmp_path / "nowhere.csv")
