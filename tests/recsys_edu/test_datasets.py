"""Datasets: the synthetic one, MovieLens files good and bad, and where they are looked for."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse.linalg import svds

from recsys_edu.datasets import _dataset as dataset_module
from recsys_edu.datasets import download as download_module
from recsys_edu.datasets import (
    download_dataset,
    list_datasets,
    load_dataset,
    load_split,
    make_synthetic,
)
from recsys_edu.datasets.archive import Archive
from recsys_edu.datasets.movielens import read_parts, read_ratings, read_user_lines
from recsys_edu.errors import DataError, DatasetNotFoundError, DownloadError, InvalidParameterError
from recsys_edu.evaluation import evaluate
from recsys_edu.interactions import Interactions
from recsys_edu.splits import random_split


class DenseScores:
    """Ranks by a full score matrix; what is fine for a test."""

    def __init__(self, scores: NDArray[np.floating], train: Interactions) -> None:
        self.scores = scores.astype(np.float32)
        self.scores[train.rows(), train.indices] = -np.inf

    def rank(
        self, rows: NDArray[np.int64], k: int
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        items = np.argsort(-self.scores[rows], axis=1, kind="stable")[:, :k].astype(np.int32)
        return items, np.take_along_axis(self.scores[rows], items, axis=1)


def has_dataset(name: str) -> bool:
    folder = os.environ.get("RECSYS_EDU_DATA")
    return bool(folder) and (Path(str(folder)) / name).is_dir()


def needs(name: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(
        not has_dataset(name), reason=f"{name} is not in the folder that RECSYS_EDU_DATA names"
    )


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder, and an empty cache beside it."""
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("RECSYS_EDU_DATA", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


@pytest.fixture(scope="module")
def synthetic() -> Interactions:
    return load_dataset("synthetic-100k")


def test_synthetic_has_the_promised_shape(synthetic: Interactions) -> None:
    assert synthetic.shape == (943, 1682)
    assert synthetic.nnz == 100_000
    assert np.diff(synthetic.indptr).min() >= 20
    assert synthetic.user_ids.tolist() == list(range(1, 944))
    assert synthetic.timestamps is not None
    assert synthetic.timestamps.min() >= 1_700_000_000


def test_synthetic_is_the_same_everywhere(synthetic: Interactions) -> None:
    assert synthetic.timestamps is not None
    digest = hashlib.sha256()
    for array in (synthetic.indptr, synthetic.indices, synthetic.timestamps):
        digest.update(array.tobytes())
    assert digest.hexdigest() == "a1eec5be436b3afbf17f13ac1f98610135c149c1b3b577b9d4d96962117778d2"


def test_synthetic_is_long_tailed(synthetic: Interactions) -> None:
    popularity = np.sort(synthetic.popularity())[::-1]
    assert popularity[:168].sum() > 0.35 * synthetic.nnz  # a tenth of the items
    assert popularity[841:].sum() < 0.15 * synthetic.nnz  # half of them
    activity = np.sort(np.diff(synthetic.indptr))[::-1]
    assert activity[0] > 5 * np.median(activity)
    assert activity[:94].sum() > 0.25 * synthetic.nnz


def test_synthetic_has_taste_that_personalised_models_find(synthetic: Interactions) -> None:
    split = random_split(synthetic)
    user_factors, strengths, item_factors = svds(split.train.to_csr(), k=16, random_state=0)
    svd = DenseScores((user_factors * strengths) @ item_factors, split.train)
    popular = DenseScores(np.tile(split.train.popularity(), (943, 1)), split.train)
    found, baseline = (
        evaluate(model, split, metrics=["ndcg"])["ndcg@10"] for model in (svd, popular)
    )
    assert baseline > 0.15  # popularity is planted too
    assert found > 1.4 * baseline


def test_make_synthetic_follows_its_arguments() -> None:
    made = make_synthetic(30, 20, 200, min_per_user=2, seed=1)
    assert (made.shape, made.nnz) == ((30, 20), 200)
    assert np.diff(made.indptr).min() >= 2
    again, other = (make_synthetic(30, 20, 200, min_per_user=2, seed=s) for s in (1, 2))
    assert np.array_equal(made.indices, again.indices)
    assert not np.array_equal(made.indices, other.indices)


def test_make_synthetic_at_its_limits() -> None:
    full = make_synthetic(5, 4, 20, min_per_user=1)
    assert full.to_csr().toarray().tolist() == [[1.0] * 4] * 5
    assert make_synthetic(5, 4, 19, min_per_user=1).nnz == 19
    assert np.diff(make_synthetic(7, 9, 21, min_per_user=3).indptr).tolist() == [3] * 7
    for arguments in ((5, 4, 21), (5, 4, 4), (0, 4, 0)):
        with pytest.raises(InvalidParameterError):
            make_synthetic(*arguments, min_per_user=1)
    with pytest.raises(InvalidParameterError, match="do not fit into"):
        make_synthetic(5, 4, 20, min_per_user=5)


RATINGS = "1\t10\t5\t881250949\n2\t10\t3\t881250950\n2\t7\t1\t881250951\n"


def write(folder: Path, name: str, content: str | bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


@pytest.mark.parametrize("separator", ["\t", "::"])
@pytest.mark.parametrize("change", [str, lambda s: s.replace("\n", "\r\n"), str.rstrip])
def test_ratings(tmp_path: Path, separator: str, change: Callable[[str], str]) -> None:
    file = write(tmp_path, "ratings", change(RATINGS.replace("\t", separator)))
    found = read_ratings(file, separator, n_ratings=3)
    assert found.user_ids.tolist() == [1, 2]
    assert found.item_ids.tolist() == [7, 10]
    assert found.rows().tolist() == [0, 1, 1]
    assert found.indices.tolist() == [1, 0, 1]
    assert found.values is not None
    assert found.values.tolist() == [5, 1, 3]
    assert found.timestamps is not None
    assert found.timestamps.tolist() == [881250949, 881250951, 881250950]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (RATINGS[:-12], r"line 3: '2\\t7\\t' is not 4 integers with '\\t' between"),
        (RATINGS + "3\t1\n", "line 4: "),
        (RATINGS + "3\t1\t5\t6\t7\n" + RATINGS, "line 4: "),
        ("3\t1\t5\n6\t" + RATINGS, "line 1: "),
        (RATINGS + "\n" + RATINGS, "line 4: '' is not"),
        (RATINGS + "3 1 5 6\n", "line 4: "),
        (RATINGS + "3\t1\t4.5\t6\n", "line 4: "),
        (RATINGS + "3\t-1\t4\t6\n", "line 4: "),
        (RATINGS + "3\t1\t6\t6\n" + RATINGS, "line 4: a rating of 6, which is not from 1 to 5"),
        (RATINGS + "3\t1\t5\t" + "9" * 19 + "\n", "line 4: "),
        (RATINGS.encode() + b"Jos\xe9\t1\t5\t6\n", "line 4: 'José"),
        (RATINGS.encode() + b"\xff\xfe\x00\n", "line 4: "),
        ("user\titem\trating\ttime\n" + RATINGS, "line 1: 'user"),
        ("x" * 1000, "line 1: 'x{60}…'"),
        ("", "holds no interactions"),
        ("\n\n", "holds no interactions"),
    ],
)
def test_malformed_ratings_name_file_and_line(
    tmp_path: Path, lines: str | bytes, message: str
) -> None:
    with pytest.raises(DataError, match=f"u.data.*{message}"):
        read_ratings(write(tmp_path, "u.data", lines), "\t")


def test_ratings_that_were_cut_short_at_a_line_end(data: Path) -> None:
    write(data / "ml-100k", "u.data", RATINGS)
    with pytest.raises(DataError, match=r"u.data holds 3 ratings instead of 100,000"):
        load_dataset("ml-100k")


def parts(folder: Path, **texts: str) -> Path:
    given = {"train": "0 0 1\n1 2\n2\n", "valid": "1 0 \n", "test": "0 2\n2 1 0\n"} | texts
    for name, text in given.items():
        write(folder, f"{name}.txt", text)
    return folder


def test_user_lines(tmp_path: Path) -> None:
    users, owners, items = read_user_lines(write(tmp_path, "train.txt", "3 5 4\n1\n2 \n0 7"))
    assert users.tolist() == [3, 1, 2, 0]
    assert owners.tolist() == [3, 3, 0]
    assert items.tolist() == [5, 4, 7]


def test_a_dataset_that_comes_split(data: Path) -> None:
    parts(data / "ml-1m-implicit")
    split = load_split("ml-1m-implicit", test_fraction=0.5, seed=3)
    assert split.valid is not None
    for part, expected in (
        (split.train, [[0, 1], [2], []]),
        (split.valid, [[], [0], []]),
        (split.test, [[2], [], [0, 1]]),
    ):
        assert part.shape == (3, 3)
        assert [part.items_of(row).tolist() for row in range(3)] == expected
    whole = load_dataset("ml-1m-implicit")
    assert [whole.items_of(row).tolist() for row in range(3)] == [[0, 1, 2], [0, 2], [0, 1]]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({"train": "0 0 1\n1 x\n"}, r"train.txt, line 2: '1 x' is not a user and items"),
        ({"valid": "0 1\n\n1 2\n"}, r"valid.txt, line 2: ''"),
        ({"test": "0,1\n"}, r"test.txt, line 1: '0,1'"),
        ({"test": ""}, r"test.txt holds no interactions"),
        ({"test": "0\n1\n"}, r"test.txt holds no interactions"),
        ({"test": "0 2\n9 1\n"}, "4 user ids up to 9, and not 0, 1, 2 …"),
        ({"test": "0 123456789012345678\n"}, "4 item ids up to 123,456,789,012,345,678"),
        ({"test": "0 1 2\n"}, "a user with the same item in two of its files"),
    ],
)
def test_malformed_parts(tmp_path: Path, texts: dict[str, str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_parts(parts(tmp_path / "ml", **texts))


def test_any_other_dataset_is_split_at_random() -> None:
    split = load_split("synthetic-100k", seed=5)
    assert (split.train.nnz, split.test.nnz, split.valid) == (80_000, 20_000, None)
    expected = random_split(load_dataset("synthetic-100k"), seed=5)
    assert np.array_equal(split.test.indices, expected.test.indices)


def test_datasets_are_listed() -> None:
    listed = list_datasets()
    assert list(listed) == ["synthetic-100k", "ml-100k", "ml-1m", "ml-1m-implicit"]
    for line in listed.values():
        assert line
        assert "\n" not in line


def test_unknown_names() -> None:
    with pytest.raises(DatasetNotFoundError, match=r"'ml100k'; did you mean 'ml-100k'\?"):
        load_dataset("ml100k")
    with pytest.raises(DatasetNotFoundError, match=r"'zzz'; there are synthetic-100k, ml-100k"):
        load_split("zzz")


def test_data_folder_comes_before_the_cache(data: Path) -> None:
    cache = data.parent / "cache" / "recsys_edu" / "ml-1m-implicit"
    parts(cache, test="0 2\n")
    assert load_split("ml-1m-implicit").test.nnz == 1
    parts(data / "ml-1m-implicit")
    assert load_split("ml-1m-implicit").test.nnz == 3


def test_files_that_are_nowhere(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DatasetNotFoundError, match=r"is not at .*data.* or .*cache.*train.txt"):
        load_dataset("ml-1m-implicit")
    (data / "ml-1m-implicit").mkdir()
    with pytest.raises(DatasetNotFoundError, match=r"ml-1m-implicit lacks train.txt, valid.txt"):
        load_dataset("ml-1m-implicit")
    with pytest.raises(DatasetNotFoundError, match="cannot be downloaded"):
        download_dataset("ml-1m-implicit")
    monkeypatch.setenv("RECSYS_EDU_DATA", str(data / "typo"))
    with pytest.raises(DatasetNotFoundError, match=r"RECSYS_EDU_DATA is set to .*typo, which is"):
        load_dataset("ml-1m-implicit")


def test_what_is_not_there_is_downloaded(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Archive] = []

    def fetch(archive: Archive, destination: Path) -> None:
        asked.append(archive)
        write(destination, "u.data", RATINGS)

    monkeypatch.setattr(download_module, "fetch", fetch)
    with pytest.raises(DataError, match="3 ratings instead of 100,000"):
        load_dataset("ml-100k")
    with pytest.raises(DataError, match="3 ratings instead of 100,000"):
        load_dataset("ml-100k")
    (archive,) = asked  # the second time it was in the cache
    assert archive.url == "https://files.grouplens.org/datasets/movielens/ml-100k.zip"
    assert archive.checksum == "md5:0e33842e24a9c977be4e0107933c0723"


def test_the_cache_is_where_xdg_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for value, expected in (
        (str(tmp_path / "x"), tmp_path / "x" / "recsys_edu"),
        ("", tmp_path / ".cache" / "recsys_edu"),
        ("relative", tmp_path / ".cache" / "recsys_edu"),
    ):
        monkeypatch.setenv("XDG_CACHE_HOME", value)
        assert dataset_module.cache_folder() == expected


def test_what_cannot_be_downloaded(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RECSYS_EDU_TRUST_DOWNLOAD", raising=False)
    message = (
        r"ml-1m is not at .*data.* or .*cache.*, and the checksum of https://.*ml-1m.zip is not"
    )
    with pytest.raises(DownloadError, match=message):
        load_dataset("ml-1m")


@needs("ml-100k")
def test_ml_100k() -> None:
    ratings = load_dataset("ml-100k")
    assert (ratings.shape, ratings.nnz) == ((943, 1682), 100_000)
    (row,), (column,) = ratings.user_rows([196]), ratings.item_columns([242])
    place = int(ratings.indptr[row] + np.searchsorted(ratings.items_of(row), column))
    assert ratings.values is not None
    assert ratings.timestamps is not None
    # The first line of the file: 196, 242, 3, 881250949.
    assert (ratings.indices[place], ratings.values[place]) == (column, 3)
    assert ratings.timestamps[place] == 881250949


@needs("ml-100k")
def test_ml_100k_truncated(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    raw = (Path(os.environ["RECSYS_EDU_DATA"]) / "ml-100k" / "u.data").read_bytes()
    whole = raw[:1_000_000]
    n_lines = whole.count(b"\n")
    cut = whole[: whole.rindex(b"\n") + 6]  # into the item of the last line
    with pytest.raises(DataError, match=f"u.data, line {n_lines + 1}: "):
        read_ratings(write(data, "u.data", cut), "\t", n_ratings=100_000)


@needs("ml-1m-implicit")
def test_ml_1m_implicit() -> None:
    split = load_split("ml-1m-implicit")
    assert split.train.shape == split.test.shape == (6039, 3628)
    assert split.test.nnz == 164_848
    assert split.fold_valid().train.nnz == 671_630
    assert load_dataset("ml-1m-implicit").nnz == 671_630 + 164_848
