"""What MovieLens 100k says about users and films: files good and bad."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from recsys_edu import load_dataset
from recsys_edu.datasets.movielens_features import (
    GENRES,
    read_ml_100k_items,
    read_ml_100k_users,
)
from recsys_edu.errors import DataError
from recsys_edu.feature_columns import MultiHot
from recsys_edu.features import Features
from tests.recsys_edu.test_features import told

USERS = "1|24|M|technician|85711\n2|53|F|other|T8H1N\n"


def film(number: int, title: str, date: str, *genres: str) -> str:
    flags = "|".join("1" if genre in genres else "0" for genre in GENRES)
    return f"{number}|{title}|{date}||http://example/{number}|{flags}\n"


ITEMS = film(1, "Toy Story (1995)", "01-Jan-1995", "Comedy", "Animation") + film(
    267, "unknown", "", "unknown"
)


def written(folder: Path, content: str) -> Path:
    path = folder / "file"
    path.write_bytes(content.encode("latin-1"))
    return path


def test_users_have_an_age_a_gender_and_an_occupation(tmp_path: Path) -> None:
    users = read_ml_100k_users(written(tmp_path, USERS))
    assert users.ids.tolist() == [1, 2]
    assert told(users) == {
        "gender": ["M", "F"],
        "occupation": ["technician", "other"],
        "age": [24.0, 53.0],
    }


def test_films_have_genres_and_a_year_that_may_be_missing(tmp_path: Path) -> None:
    items = read_ml_100k_items(written(tmp_path, ITEMS + film(9, "Misérables, Les", "01-Jan-1978")))
    assert items.ids.tolist() == [1, 267, 9]
    assert told(items) == {
        "year": [1995.0, None, 1978.0],
        "genres": [["Animation", "Comedy"], ["unknown"], []],
    }


@pytest.mark.parametrize(
    ("read", "content", "match"),
    [
        (read_ml_100k_users, USERS + "3|24|M|artist\n", "line 3: 4 fields .*, not 5"),
        (read_ml_100k_users, "1|old|M|artist|1\n", "line 1: 'old' is not a whole number"),
        (read_ml_100k_users, "1|-4|M|artist|1\n", "line 1: '-4' is not a whole number"),
        (read_ml_100k_users, USERS + USERS, "distinct; 1 repeats"),
        (read_ml_100k_users, "", "is empty"),
        (read_ml_100k_items, ITEMS[:-3] + "\n", "line 2: 23 fields .*, not 24"),
        (read_ml_100k_items, ITEMS.replace("|1|", "|2|", 1), "line 1: each genre must be 0 or 1"),
        (read_ml_100k_items, film(1, "x", "01-Jan-19x5"), "line 1: '19x5' is not a whole number"),
    ],
)
def test_a_malformed_line_is_named(
    read: Callable[[Path], Features], content: str, match: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=match):
        read(written(tmp_path, content))


def test_a_dataset_without_features_says_so() -> None:
    with pytest.raises(DataError, match="synthetic-100k has no features; ml-100k has"):
        load_dataset("synthetic-100k", features=True)


@pytest.mark.skipif(
    not (Path(os.environ.get("RECSYS_EDU_DATA", "absent")) / "ml-100k/u.item").is_file(),
    reason="ml-100k is not in the folder that RECSYS_EDU_DATA names",
)
def test_the_real_files() -> None:
    plain, whole = load_dataset("ml-100k"), load_dataset("ml-100k", features=True)
    assert plain.user_features is None
    assert plain.item_features is None
    assert (whole.shape, whole.nnz) == (plain.shape, plain.nnz)
    assert whole.user_features is not None
    assert whole.item_features is not None
    users = told(whole.user_features.rows(whole.user_rows([1, 943])))
    assert users["age"] == [24.0, 22.0]
    assert len(set(told(whole.user_features)["occupation"])) == 21
    genres = whole.item_features.columns["genres"]
    assert isinstance(genres, MultiHot)
    assert sorted(genres.labels) == sorted(GENRES)
    films = told(whole.item_features.rows(whole.item_columns([1, 50])))
    assert films["genres"][0] == ["Animation", "Children's", "Comedy"]
    assert films["year"] == [1995.0, 1977.0]
