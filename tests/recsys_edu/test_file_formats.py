"""Files as people have them: ``from_file`` recognizes them, says so, and reads the same events."""

from __future__ import annotations

import builtins
import bz2
import gzip
import json
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from recsys_edu.errors import DataError, InvalidParameterError, MissingDependencyError
from recsys_edu.interactions import Interactions

EVENTS = [(1, 20, 4.0, 978346346), (1, 7, 2.5, 978485367), (2, 20, 5.0, 979195270)]
ROWS = [(user, item, f"{value:g}", time) for user, item, value, time in EVENTS]
Events = list[tuple[Any, Any, float | None, int | None]]


def entries(built: Interactions) -> Events:
    """Events in CSR order, with None for what is not there."""
    n = built.nnz
    return list(
        zip(
            built.user_ids[built.rows()].tolist(),
            built.item_ids[built.indices].tolist(),
            [None] * n if built.values is None else built.values.tolist(),
            [None] * n if built.timestamps is None else built.timestamps.tolist(),
            strict=True,
        )
    )


def of_width(width: int) -> Events:
    """The events in CSR order, with so many of their fields."""
    events = [(1, 7, 2.5, 978485367), (1, 20, 4.0, 978346346), (2, 20, 5.0, 979195270)]
    return [(u, i, v if width > 2 else None, t if width > 3 else None) for u, i, v, t in events]


def table(delimiter: str, header: str | None, width: int = 4) -> str:
    lines = [] if header is None else [delimiter.join(header.split()[:width])]
    lines += [delimiter.join(map(str, row[:width])) for row in ROWS]
    return "\n".join(lines) + "\n"


def put(folder: Path, content: str | bytes, name: str = "events.txt") -> Path:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


HEADERS = [
    "user item rating timestamp",
    "userId movieId rating timestamp",
    "User-ID ISBN Book-Rating Date",
    "user_id anime_id score created_at",
    "reviewerID asin overall unixReviewTime",
]


@pytest.mark.parametrize("header", [None, *HEADERS])
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|", "::", " "])
@pytest.mark.parametrize("width", [2, 3, 4])
def test_delimited_text(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    header: str | None,
    delimiter: str,
    width: int,
) -> None:
    built = Interactions.from_file(put(tmp_path, table(delimiter, header, width)))
    assert entries(built) == of_width(width)
    said = capsys.readouterr().err
    names = (header or "user item").split()
    assert said.count("\n") == 1
    assert f"fields between {delimiter!r}, {'with' if header else 'without'} a header" in said
    assert f"item {names[1]!r}" in said


def test_quiet_says_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Interactions.from_file(put(tmp_path, table(",", HEADERS[0])), quiet=True)
    assert capsys.readouterr() == ("", "")


def zipped(raw: bytes, folder: Path, others: tuple[str, ...] = ()) -> bytes:
    with zipfile.ZipFile(folder / "made.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data/", "")
        archive.writestr("data/ratings.csv", raw)
        archive.writestr("__MACOSX/data/._ratings.csv", b"\0")
        for other in others:
            archive.writestr(other, b"1,2\n")
    return (folder / "made.zip").read_bytes()


PACKERS: dict[str, Callable[[bytes, Path], bytes]] = {
    "gzip": lambda raw, _: gzip.compress(raw),
    "bzip2": lambda raw, _: bz2.compress(raw),
    "xz": lambda raw, _: lzma.compress(raw),
    "zip": zipped,
}


@pytest.mark.parametrize("packing", PACKERS)
def test_packed_text(tmp_path: Path, packing: str, capsys: pytest.CaptureFixture[str]) -> None:
    file = put(tmp_path, PACKERS[packing](table(",", HEADERS[1]).encode(), tmp_path))
    assert entries(Interactions.from_file(file)) == of_width(4)
    assert f"events.txt: {packing}, fields" in capsys.readouterr().err
    built = Interactions.from_csv(file, user="userId", item="movieId", value="rating")
    assert entries(built) == of_width(3)


def test_a_zip_archive_of_several(tmp_path: Path) -> None:
    file = put(tmp_path, zipped(table(",", HEADERS[0]).encode(), tmp_path, ("movies.csv", "z.csv")))
    said = "holds 3 files; name one with member=: 'data/ratings.csv', 'movies.csv', 'z.csv'"
    for read in (Interactions.from_file, Interactions.from_csv):
        with pytest.raises(DataError, match=said):
            read(file)
        with pytest.raises(DataError, match=r"holds no file 'tags.csv', only 'data/ratings.csv'"):
            read(file, member="tags.csv")
        assert read(file, member="data/ratings.csv").nnz == 3
    with pytest.raises(InvalidParameterError, match="member names a file in a zip archive"):
        Interactions.from_csv(put(tmp_path, "user,item\n1,2\n"), member="a")


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"]
)
def test_byte_order_marks(tmp_path: Path, encoding: str) -> None:
    marked = encoding.endswith(("16", "32", "sig"))
    text = "user,item\nJosé,ß\nann,x\n"
    raw = (text if marked else "\ufeff" + text).encode(encoding)
    for read in (Interactions.from_file, Interactions.from_csv):
        built = read(put(tmp_path, raw))
        assert [pair[:2] for pair in entries(built)] == [("José", "ß"), ("ann", "x")]


def test_other_encodings(tmp_path: Path) -> None:
    raw = b"user,item\n" + "José,x\n".encode("latin-1") * 3
    with pytest.raises(DataError, match=r"line 2: not utf-8 text; name .*encoding='latin-1'"):
        Interactions.from_file(put(tmp_path, raw))
    built = Interactions.from_file(put(tmp_path, raw), encoding="latin-1")
    assert built.user_ids.tolist() == ["José"]
    with pytest.raises(DataError, match="line 1: not utf-16-le text"):
        Interactions.from_csv(put(tmp_path, b"\xff\xfea\0\x00\xd8"), encoding="utf-16")
    with pytest.raises(DataError, match="line 1: not ascii text, here or soon after"):
        Interactions.from_file(put(tmp_path, "user,item\nJosé,x\n"), encoding="ascii")
    for wrong in ("utf-99", "base64", "rot13"):
        with pytest.raises(InvalidParameterError, match=f"encoding '{wrong}' is not known"):
            Interactions.from_csv(put(tmp_path, "user,item\n1,2\n"), encoding=wrong)


def test_decimal_commas(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "user;item;rating\n1;20;4,0\n1;7;2,5\n2;20;5\n"
    assert entries(Interactions.from_file(put(tmp_path, text))) == of_width(3)
    assert "decimal commas" in capsys.readouterr().err
    more: dict[str, Any] = {"value": "rating", "delimiter": ";"}
    built = Interactions.from_csv(put(tmp_path, text), decimal=",", **more)
    assert entries(built) == of_width(3)
    with pytest.raises(
        DataError, match="'4,0' in column 'rating' is a number only with decimal=','"
    ):
        Interactions.from_csv(put(tmp_path, text), **more)
    with pytest.raises(DataError, match=r"line 2: '4.0' in column 'rating' is not a finite number"):
        Interactions.from_csv(put(tmp_path, text.replace("4,0", "4.0")), decimal=",", **more)


DAY = 86_400_000_000


@pytest.mark.parametrize(
    ("written", "times"),
    [
        (["10", "-3"], [10, -3]),
        (["10.0", "11"], [10, 11]),
        (["1.5", "2"], [1_500_000, 2_000_000]),
        (["1.2e9", "5"], [1_200_000_000, 5]),
        (["1970-01-02", "1970-01-03"], [DAY, 2 * DAY]),
        (["1970-01-02 00:00:01", "1970-01-02T00:00:00.000002"], [DAY + 1_000_000, DAY + 2]),
        (["1970-01-02T00:00:00Z", "1970-01-02T01:00:00+01:00"], [DAY, DAY]),
        (["1147880044123456789", "1"], [1147880044123456789, 1]),
    ],
)
def test_times(tmp_path: Path, written: list[str], times: list[int]) -> None:
    text = "user,item,time\n" + "".join(f"1,{n},{time}\n" for n, time in enumerate(written))
    built = Interactions.from_csv(put(tmp_path, text), timestamp="time")
    assert built.timestamps is not None
    assert built.timestamps.tolist() == times
    if "-" in written[0]:
        frame = pl.DataFrame({"user": [1, 1], "item": [0, 1], "time": written})
        again = Interactions.from_frame(frame, timestamp="time")
        assert again.timestamps is not None
        assert again.timestamps.tolist() == times


def test_frames_of_seconds_with_decimals() -> None:
    for seconds, times in (([1.5, 2.0], [1_500_000, 2_000_000]), ([1.0, 2.0], [1, 2])):
        frame = pl.DataFrame({"user": [1, 1], "item": [0, 1], "time": seconds})
        built = Interactions.from_frame(frame, timestamp="time")
        assert built.timestamps is not None
        assert built.timestamps.tolist() == times


@pytest.mark.parametrize(
    ("written", "line", "said"),
    [
        (["10", "x"], 3, "'x' in column 'time' is not a time"),
        (["10", "1970-01-02"], 3, "is not a time"),
        (["1970-01-02", "10"], 3, "is not an ISO date like those before it"),
        (["26/11/2005", "1"], 2, "is not a time: not an integer, seconds with decimals or an ISO"),
        (["1970-02-30", "1"], 2, "is not a time"),
        (["1_000", "1"], 2, "is not a time"),
        (["nan", "1"], 2, "is not a time"),
        (["", "1"], 2, "is not a time"),
        (["now", "1"], 2, "is not a time"),
    ],
)
def test_times_that_are_none(tmp_path: Path, written: list[str], line: int, said: str) -> None:
    text = "user,item,time\n" + "".join(f"1,{n},{time}\n" for n, time in enumerate(written))
    with pytest.raises(DataError, match=f"line {line}: .*{said}"):
        Interactions.from_csv(put(tmp_path, text), timestamp="time")


def test_json_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keys = ("user_id", "parent_asin", "rating", "timestamp")
    text = "".join(
        json.dumps({"title": "ü", **dict(zip(keys, e, strict=True))}) + "\n" for e in EVENTS
    )
    assert entries(Interactions.from_file(put(tmp_path, text))) == of_width(4)
    assert "json lines; user 'user_id', item 'parent_asin'" in capsys.readouterr().err
    built = Interactions.from_file(put(tmp_path, text), item="title", quiet=True)
    assert built.item_ids.tolist() == ["ü"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"user": 1}', "nothing under 'item', where text or a number is due"),
        ('{"user": 1, "item": null}', "None' under 'item', where text or a number is due"),
        ('{"user": 1, "item": true}', "where text or a number is due"),
        ('{"user": 1, "item": [2]}', "where text or a number is due"),
        ('{"user": 1, "item": 2', "is not JSON"),
        ("[1, 2]", "is not a JSON object"),
        ("[" * 100_000, "is not JSON"),
        ('{"user": 1, "item": "a\\nb"}', "line break"),
        ('{"user": 1, "item": "NaN"}', "is no id but a missing value"),
        ('{"user": 1, "item": NaN}', "is no id but a missing value"),
    ],
)
def test_json_lines_that_are_wrong(tmp_path: Path, line: str, said: str) -> None:
    text = '{"user": 1, "item": 2}\n\n' + line + "\n"
    with pytest.raises(DataError, match=f"events.txt, line 3: .*{said}"):
        Interactions.from_file(put(tmp_path, text))
    with pytest.raises(DataError, match="line 1: looks like JSON, but is no object"):
        Interactions.from_file(put(tmp_path, '[\n{"user": 1, "item": 2}\n]\n'))


def test_recbole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    header = "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
    assert entries(Interactions.from_file(put(tmp_path, header + table("\t", None)))) == of_width(4)
    assert "user 'user_id:token'" in capsys.readouterr().err


def test_lines_of_a_user_and_items(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    built = Interactions.from_file(put(tmp_path, "1 7 20 \n2 20\n3\n"))
    assert entries(built) == of_width(2)
    assert "user lines" in capsys.readouterr().err
    built = Interactions.from_file(put(tmp_path, "1 2 3 4\n"), format="user lines")
    assert built.nnz == 3


def test_netflix(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "20:\n1,4,1970-01-02\n2,5,1970-01-03\n7:\n1,2.5,1970-01-04\n"
    built = Interactions.from_file(put(tmp_path, text))
    times = [3 * DAY, DAY, 2 * DAY]
    assert entries(built) == [(*e[:3], t) for e, t in zip(of_width(4), times, strict=True)]
    assert "netflix" in capsys.readouterr().err
    with pytest.raises(DataError, match="line 3: '7;' is neither 'item:' nor 'user,rating,date'"):
        Interactions.from_file(put(tmp_path, "20:\n1,4,1970-01-02\n7;\n"))


@pytest.mark.parametrize("kind", ["parquet", "ipc"])
def test_tables(tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    frame = pl.DataFrame(EVENTS, schema=HEADERS[1].split(), orient="row")
    file = tmp_path / "events.bin"
    getattr(frame, f"write_{kind}")(file)
    assert entries(Interactions.from_file(file)) == of_width(4)
    name = {"parquet": "Parquet", "ipc": "Arrow"}[kind]
    assert f"{name}; user 'userId', item 'movieId'" in capsys.readouterr().err
    with pytest.raises(DataError, match=f"is a {name} file; Interactions.from_file reads it"):
        Interactions.from_csv(file)
    file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(DataError, match=f"events.bin is no {name} file that can be read: ."):
        Interactions.from_file(file)
    packed = put(tmp_path, gzip.compress(b"PAR1" + bytes(100)))
    with pytest.raises(DataError, match=r"is a packed Parquet file .gzip.; unpack it first"):
        Interactions.from_file(packed)


def test_a_table_that_nothing_can_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.split(".")[0] in ("polars", "pyarrow"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingDependencyError, match=r"polars or pyarrow can read.*pip install"):
        Interactions.from_file(put(tmp_path, b"PAR1" + bytes(100)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b,c\nx,y,z\n", "line 1: 3 fields without a header say nothing"),
        ("a,item,c\nx,y,z\n", "no column looks like that of the users; name it with user="),
        (
            "user,b,c\nx,y,z\n",
            "looks like that of the items; name it with item=, one of 'user', 'b'",
        ),
        ("1,2,3,4\n5,6,7,8\n", "line 1: 4 fields without a header say nothing"),
        ("1,2,3,4,5\n5,6,7,8,9\n", "line 1: 5 fields without a header say nothing"),
        ("hello\nworld\n", "line 1: no delimiter is found"),
        ("user,item\n1,2\n3\n", r"line 3: 1 field\(s\) between ',' instead of 2"),
    ],
)
def test_text_that_is_not_recognized(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(DataError, match=f"events.txt.*{said}"):
        Interactions.from_file(put(tmp_path, text))
    with pytest.raises(InvalidParameterError, match="format must be one of delimited, json lines"):
        Interactions.from_file(put(tmp_path, text), format="csv")


def test_the_caller_names_columns(tmp_path: Path) -> None:
    text = "a,b,userId,c\n1,20,9,4.0\n1,7,9,2.5\n2,20,9,5\n"
    built = Interactions.from_file(put(tmp_path, text), user="a", item="b", value="c")
    assert entries(built) == of_width(3)
    with pytest.raises(DataError, match="no column named 'd'; its columns are 'a', 'b', 'userId'"):
        Interactions.from_file(put(tmp_path, text), user="a", item="d")


def test_the_caller_leaves_columns_out(tmp_path: Path) -> None:
    file = put(tmp_path, "user,item,rating,date\n1,20,4.0,26/11/2005\n1,7,2.5,\n2,20,5,x\n")
    with pytest.raises(DataError, match="line 2: '26/11/2005' in column 'date' is not a time"):
        Interactions.from_file(file)
    assert entries(Interactions.from_file(file, timestamp="")) == of_width(3)
    assert entries(Interactions.from_file(file, timestamp="", value="")) == of_width(2)


def test_unrated_films_are_not_liked(tmp_path: Path) -> None:
    text = "user_id,anime_id,rating\n1,20,8\n1,22,-1\n2,22,8\n"
    with pytest.raises(DataError, match="line 3: a value of -1, one of 1 below 0"):
        Interactions.from_file(put(tmp_path, text))
    assert Interactions.from_file(put(tmp_path, text), min_value=0).nnz == 2
