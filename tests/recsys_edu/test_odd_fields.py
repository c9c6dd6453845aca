"""Fields of text files that are not what they seem: quotes, blanks, missing words, headers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

from recsys_edu.errors import DataError
from recsys_edu.interactions import Interactions


def read(folder: Path, text: str | bytes, name: str = "events.csv", **more: Any) -> Interactions:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return Interactions.from_csv(file, **more)


def pairs(built: Interactions) -> list[tuple[Any, Any]]:
    users = built.user_ids[built.rows()].tolist()
    return list(zip(users, built.item_ids[built.indices].tolist(), strict=True))


TAB = {"delimiter": "\t", "columns": ["user", "item", "value"]}
SWALLOW = 'u1\tm1\t10\nu1\t"heroes\t12\nu2\tabba\t3\nu3\tkraftwerk\t7\nu4\tlow"\t4\nu5\tcan\t1\n'


def test_quotes_between_tabs_are_characters(tmp_path: Path) -> None:
    built = read(tmp_path, SWALLOW, **TAB)
    assert pairs(built) == [
        *(("u1", '"heroes'), ("u1", "m1"), ("u2", "abba"), ("u3", "kraftwerk"), ("u4", 'low"')),
        ("u5", "can"),
    ]
    built = read(tmp_path, 'u1\t"heroes"\t5\nu2\theroes\t6\n', **TAB)
    assert built.item_ids.tolist() == ['"heroes"', "heroes"]
    quoted = read(tmp_path, 'u1\t"her\toes"\t5\n', quotechar='"', **TAB)
    assert quoted.item_ids.tolist() == ["her\toes"]


def test_quotes_between_commas_can_be_characters(tmp_path: Path) -> None:
    text = 'user,item\nu1,5" pipe\nu2,"x"\n'
    assert pairs(read(tmp_path, text, quotechar=None)) == [("u1", '5" pipe'), ("u2", '"x"')]
    assert pairs(read(tmp_path, text)) == [("u1", '5" pipe'), ("u2", "x")]


@pytest.mark.parametrize("more", [{}, TAB | {"quotechar": '"'}])
def test_an_id_with_a_line_break_is_refused(tmp_path: Path, more: dict[str, Any]) -> None:
    text = 'user,item,value\nu0,m0,1\n\nu1,"a\nu2,b",3\nu3,m3,4\n'
    text = text.replace(",", "\t").partition("\n")[2] if more else text
    line = 3 if more else 4
    with pytest.raises(DataError, match=rf"events.csv, line {line}: .*line break.*quotechar=None"):
        read(tmp_path, text, **more)


def test_a_quote_that_stays_open_is_refused_where_it_opens(tmp_path: Path) -> None:
    text = "user,item\n1,2\n" + '3,"4\n' + "5,6\n" * 200_000
    with pytest.raises(DataError, match=r"line 3: a field of more than 131,072 characters"):
        read(tmp_path, text)
    with pytest.raises(DataError, match=r"line 3: not readable as CSV.*quotechar=None"):
        read(tmp_path, 'user,item\n1,2\n3,"4\n5,6\n')
    with pytest.raises(DataError, match=r"line 1: not readable as CSV"):
        read(tmp_path, '"user,item\n1,2\n')


def test_line_breaks_in_other_columns_are_no_harm(tmp_path: Path) -> None:
    text = 'user,review,item\n1,"so\n\ngood",2\n\n3,"bad",4\n5,,nan\n'
    with pytest.raises(DataError, match="line 7: 'nan' in column 'item' is no id but a missing"):
        read(tmp_path, text)
    assert pairs(read(tmp_path, text.replace("nan", "6"))) == [(1, 2), (3, 4), (5, 6)]


def test_blanks_around_an_id_are_no_part_of_it(tmp_path: Path) -> None:
    built = read(tmp_path, "user , item \n 1 , 2\n1,2 \n\t1,2\n1,\u00a03\n")
    assert pairs(built) == [(1, 2), (1, 3)]
    built = read(tmp_path, 'user,item\nann ,"x "\n ann,x\n')
    assert pairs(built) == [("ann", "x")]
    frames = [pd.DataFrame, pl.DataFrame]
    for frame in frames:
        made = Interactions.from_frame(frame({"user": ["ann ", " ann"], "item": ["x", "x\t"]}))
        assert pairs(made) == [("ann", "x")]


MISSING = ["N/A", "NaN", "null", "None", "", "NA", "  ", "<NA>", "nan", "\\N", "#N/A", "NULL"]


@pytest.mark.parametrize("word", MISSING)
def test_words_for_missing_values_are_no_ids(tmp_path: Path, word: str) -> None:
    said = "is no id but a missing value; leave such events out, or pass ids as they are to"
    with pytest.raises(DataError, match=rf"events.csv, line 3: '.*' in column 'user' {said}"):
        read(tmp_path, f"user,item\n1,2\n{word},3\n4,3\n")
    with pytest.raises(DataError, match=rf"line 2: '.*' in column 'item' {said}"):
        read(tmp_path, f"user,item\nann,{word}\nbob,3\n")
    for frame in (pd.DataFrame, pl.DataFrame):
        table = frame({"user": ["a", "b", word], "item": [1, 2, 3]})
        with pytest.raises(DataError, match=rf"row 2 .*in column 'user' {said}"):
            Interactions.from_frame(table)
    assert Interactions.from_events([word, "b"], [1, 2]).n_users == 2  # taken as they are


def test_ids_that_only_contain_such_words_are_ids(tmp_path: Path) -> None:
    built = read(tmp_path, "user,item\nnancy,nandos\nnone at all,NA-1\n")
    assert built.user_ids.tolist() == ["nancy", "none at all"]


def test_decimal_numbers_are_no_ids(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"line 2: '1.0' in column 'user' is a decimal number"):
        read(tmp_path, "user,item\n1.0,10\n2.0,11\n")
    with pytest.raises(DataError, match=r"line 3: '10.5' in column 'item' is a decimal number"):
        read(tmp_path, "user,item\n1,10\n2,10.5\n")
    for frame in (pd.DataFrame, pl.DataFrame):
        with pytest.raises(DataError, match="must be integers or strings; got float64"):
            Interactions.from_frame(frame({"user": [1.0, 2.0], "item": [1, 2]}))
        with pytest.raises(DataError, match=r"row 0 .*'1.0' in column 'user' is a decimal number"):
            Interactions.from_frame(frame({"user": ["1.0", "2.0"], "item": [1, 2]}))
    assert read(tmp_path, "user,item\nv1.0,10\n2.0,11\n").user_ids.tolist() == ["2.0", "v1.0"]


@pytest.mark.parametrize(
    ("written", "ids"),
    [
        (["1", "2"], [1, 2]),
        (["1", "-2"], [-2, 1]),
        (["1", "007"], ["007", "1"]),
        (["1", "+2"], ["+2", "1"]),
        (["0", "-0"], ["-0", "0"]),
        (["1", "1_000"], ["1", "1_000"]),
        (["1", "٣"], ["1", "٣"]),
        (["9223372036854775807", "-9223372036854775808"], [-(2**63), 2**63 - 1]),
        (["9223372036854775808", "1"], ["1", "9223372036854775808"]),
        (["76561197960265728", "76561197960265729"], [76561197960265728, 76561197960265729]),
        (["1e5", "12"], ["12", "1e5"]),
        (["1 ", "2"], [1, 2]),
    ],
)
@pytest.mark.parametrize("filler", [1, 400_000])
def test_ids_are_integers_where_all_are_written_so(
    tmp_path: Path, written: list[str], ids: list[Any], filler: int
) -> None:
    """Also if the last block alone shows that they are not."""
    lines = [f"{written[0]},{n}" for n in range(filler)] + [f"{text},0" for text in written]
    built = read(tmp_path, "user,item\n" + "\n".join(lines))
    assert built.user_ids.tolist() == ids
    assert built.nnz == filler + len(written) - 1
    assert built.item_ids[-1] == filler - 1


def test_a_header_that_is_read_as_data_is_refused(tmp_path: Path) -> None:
    said = "line 1: 'user' and 'item' look like the names of columns; leave out columns="
    for data in ("1,2\n", "1,2\n3,4\n", "ann,x\nbob,y\n"):
        with pytest.raises(DataError, match=said):
            read(tmp_path, "user,item\n" + data, columns=["user", "item"])
    with pytest.raises(DataError, match="line 1: 'userId' and 'movieId' look like the names"):
        read(tmp_path, "userId,movieId\n1,2\n3,4\n", columns=["user", "item"])
    assert read(tmp_path, "ann,x\nbob,y\n", columns=["user", "item"]).nnz == 2
    assert read(tmp_path, "ann,1\nbob,2\n", columns=["user", "item"]).nnz == 2
    assert read(tmp_path, "user,item\n", columns=["user", "item"]).nnz == 1


def test_data_that_is_read_as_a_header_gets_advice(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="give the names with columns="):
        read(tmp_path, "196,242,3\n186,302,3\n")
    with pytest.raises(DataError, match="quotechar='\"' takes the quotes away"):
        read(tmp_path, '"user"\t"item"\n1\t2\n', delimiter="\t")


def test_only_line_feeds_and_carriage_returns_end_lines(tmp_path: Path) -> None:
    text = "\nuser,item,note\x0b\x0c\x1c\x85\u2028\nann\x0b,x\u2028y,\x1d\nbob,PK,\x0c\rcy,z,\r\n"
    built = read(tmp_path, text)
    assert pairs(built) == [("ann", "x\u2028y"), ("bob", "PK"), ("cy", "z")]
    with pytest.raises(DataError, match="line 4: 'nan' in column 'item'"):
        read(tmp_path, text.replace("PK", "nan"))
    assert read(tmp_path, "PK,item\nann,x\n", user="PK").nnz == 1  # like a zip archive, but text


def test_repeats_are_one_interaction(tmp_path: Path) -> None:
    text = "user,item\nann,x\nann,x\nann,x\nann,y\nbob,y\n"
    assert pairs(read(tmp_path, text)) == [("ann", "x"), ("ann", "y"), ("bob", "y")]
