"""MovieLens: ratings of films, collected by the GroupLens group since 1997.

Source: F. M. Harper and J. A. Konstan, The MovieLens Datasets: History and Context, ACM TiiS 5(4),
2015. The licence does not allow redistribution: the files are found or downloaded, never shipped.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recsys_edu.datasets._dataset import Dataset, DatasetFiles, find_folder
from recsys_edu.datasets.archive import Archive
from recsys_edu.datasets.movielens_features import read_ml_100k_items, read_ml_100k_users
from recsys_edu.errors import DataError
from recsys_edu.interactions import Interactions
from recsys_edu.splits import Split

_URL = "https://files.grouplens.org/datasets/movielens"
_INTEGER = rb"[0-9]{1,18}"
_USER_LINES = re.compile(rb"(?>%b(?: %b)*+ ?\n)*+" % (_INTEGER, _INTEGER))

ML_100K = DatasetFiles(
    "ml-100k",
    ("u.data",),
    Archive(f"{_URL}/ml-100k.zip", "ml-100k", "md5:0e33842e24a9c977be4e0107933c0723"),
)
ML_1M = DatasetFiles("ml-1m", ("ratings.dat",), Archive(f"{_URL}/ml-1m.zip", "ml-1m"))
ML_1M_IMPLICIT = DatasetFiles("ml-1m-implicit", ("train.txt", "valid.txt", "test.txt"))


def load_ml_100k() -> Interactions:
    """Return MovieLens 100k: values are ratings from 1 to 5, timestamps are Unix seconds."""
    return read_ratings(find_folder(ML_100K) / "u.data", "\t", n_ratings=100_000)


def load_ml_1m() -> Interactions:
    """Return MovieLens 1M: values are ratings from 1 to 5, timestamps are Unix seconds."""
    return read_ratings(find_folder(ML_1M) / "ratings.dat", "::", n_ratings=1_000_209)


def load_ml_1m_implicit() -> Interactions:
    """Return all interactions of the three files together, without values or timestamps."""
    parts = read_parts(find_folder(ML_1M_IMPLICIT))
    whole = parts.fold_valid()
    return whole.train.union(whole.test)


def load_ml_1m_implicit_split() -> Split:
    """Return the split that the files have, with its validation part."""
    return read_parts(find_folder(ML_1M_IMPLICIT))


def add_ml_100k_features(interactions: Interactions) -> Interactions:
    """Return the interactions with the features in u.user and u.item."""
    folder = find_folder(ML_100K._replace(files=("u.data", "u.user", "u.item")))
    return interactions.with_features(
        users=read_ml_100k_users(folder / "u.user"), items=read_ml_100k_items(folder / "u.item")
    )


def read_ratings(path: Path, separator: str, *, n_ratings: int | None = None) -> Interactions:
    """Read a file of lines "user, item, rating, timestamp", all integers.

    Args:
        path: the file.
        separator: what stands between the four.
        n_ratings: how many lines there should be; tells when the file was cut short.

    Raises:
        DataError: with file and line: a line that is something else, a rating that is not 1 to 5;
            no lines, or another number of them.
    """
    raw = _lines(path)
    mark = re.escape(separator.encode())
    line = mark.join([_INTEGER] * 4)
    _check_lines(
        path, raw, re.compile(rb"(?>%b\n)*+" % line), f"4 integers with {separator!r} between"
    )
    table = np.fromstring(raw.replace(separator.encode(), b" "), dtype=np.int64, sep=" ")
    users, items, ratings, timestamps = table.reshape(-1, 4).T
    wrong = np.flatnonzero((ratings < 1) | (ratings > 5))
    if wrong.size:
        row = int(wrong[0])
        raise DataError.at(path, row + 1, f"a rating of {ratings[row]}, which is not from 1 to 5.")
    if n_ratings is not None and len(users) != n_ratings:
        raise DataError(
            f"{path} holds {len(users):,} ratings instead of {n_ratings:,}: it is not the whole "
            "file; fetch it again, or read a file of your own with Interactions.from_csv."
        )
    return Interactions.from_events(users, items, values=ratings, timestamps=timestamps)


def read_parts(folder: Path) -> Split:
    """Read train.txt, valid.txt and test.txt of lines "user item item …", ids dense from 0.

    Raises:
        DataError: a malformed line, an empty file, ids with gaps, or a pair that two files share.
    """
    events = [read_user_lines(folder / name) for name in ML_1M_IMPLICIT.files]
    listed_users = np.unique(np.concatenate([listed for listed, _, _ in events]))
    listed_items = np.unique(np.concatenate([items for _, _, items in events]))
    for what, ids in (("user", listed_users), ("item", listed_items)):
        if ids[-1] != len(ids) - 1:
            raise DataError(
                f"{folder} has {len(ids):,} {what} ids up to {ids[-1]:,}, and not 0, 1, 2 …."
            )
    train, valid, test = (
        Interactions.from_events(users, items, user_ids=listed_users, item_ids=listed_items)
        for _, users, items in events
    )
    split = Split(train, test, valid)
    if split.fold_valid().train.union(test).nnz != train.nnz + valid.nnz + test.nnz:
        raise DataError(f"{folder} has a user with the same item in two of its files.")
    return split


def read_user_lines(
    path: Path,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Read lines "user item item …"; a line without items is a user who has none.

    Returns:
        The user of each line; and user and item of each interaction.
    """
    raw = _lines(path)
    _check_lines(path, raw, _USER_LINES, "a user and items, integers with a space between")
    lengths = np.array([len(line.split()) for line in raw.splitlines()], dtype=np.int64)
    numbers = np.fromstring(raw, dtype=np.int64, sep=" ")
    starts = np.cumsum(lengths) - lengths
    is_item = np.ones(len(numbers), dtype=np.bool_)
    is_item[starts] = False
    if not is_item.any():
        raise DataError(f"{path} holds no interactions.")
    users = numbers[starts]
    return users, np.repeat(users, lengths - 1), numbers[is_item]


def _lines(path: Path) -> bytes:
    """Return the bytes of a file of lines, each of which ends in a line feed."""
    raw = path.read_bytes().replace(b"\r\n", b"\n")
    if not raw.strip():
        raise DataError(f"{path} holds no interactions: it is empty.")
    return raw if raw.endswith(b"\n") else raw + b"\n"


def _check_lines(path: Path, raw: bytes, pattern: re.Pattern[bytes], expected: str) -> None:
    """Raise DataError about the first line that ``pattern``, which repeats lines, leaves out."""
    matched = pattern.match(raw)
    end = 0 if matched is None else matched.end()
    if end < len(raw):
        line = raw[end : raw.index(b"\n", end)].decode("latin-1")
        shown = line if len(line) <= 60 else line[:60] + "…"
        raise DataError.at(path, raw.count(b"\n", 0, end) + 1, f"{shown!r} is not {expected}.")


DATASETS = (
    Dataset(
        "ml-100k",
        "MovieLens 100k: 943 users, 1,682 films, 100,000 ratings with times",
        load_ml_100k,
        source=ML_100K,
        add_features=add_ml_100k_features,
    ),
    Dataset(
        "ml-1m",
        "MovieLens 1M: 6,040 users, 3,706 films, 1,000,209 ratings with times",
        load_ml_1m,
        source=ML_1M,
    ),
    Dataset(
        "ml-1m-implicit",
        "MovieLens 1M made implicit: 6,039 users, 3,628 films, already split in three",
        load_ml_1m_implicit,
        load_split=load_ml_1m_implicit_split,
        source=ML_1M_IMPLICIT,
    ),
)
