"""Datasets by name: made by code, found in ``$RECSYS_EDU_DATA`` or the cache, or downloaded."""

from __future__ import annotations

import difflib

from recsys_edu.datasets import movielens, synthetic
from recsys_edu.datasets._dataset import Dataset, cache_folder
from recsys_edu.datasets.synthetic import make_synthetic
from recsys_edu.datasets.titles import load_titles
from recsys_edu.errors import DataError, DatasetNotFoundError
from recsys_edu.interactions import Interactions
from recsys_edu.splits import Split, random_split

__all__ = [
    "DEFAULT_DATASET",
    "download_dataset",
    "list_datasets",
    "load_dataset",
    "load_split",
    "load_titles",
    "make_synthetic",
]

DEFAULT_DATASET = "synthetic-100k"

_DATASETS = {dataset.name: dataset for dataset in (*synthetic.DATASETS, *movielens.DATASETS)}


def list_datasets() -> dict[str, str]:
    """Return the names of all datasets, each with one line about it."""
    return {dataset.name: dataset.description for dataset in _DATASETS.values()}


def load_dataset(name: str = DEFAULT_DATASET, *, features: bool = False) -> Interactions:
    """Return all interactions of a dataset; for one that comes split, those of all its parts.

    Args:
        name: see ``list_datasets``.
        features: what is known about users and items as well, for "ml-100k": age, gender and
            occupation; genres and year.

    Raises:
        DatasetNotFoundError: no dataset of that name, or its files are nowhere to be found.
        DownloadError: it had to be downloaded, and that failed.
        DataError: a file of it is malformed; or features were asked for, and it has none.
    """
    dataset = _named(name)
    if not features:
        return dataset.load()
    if dataset.add_features is None:
        having = [other.name for other in _DATASETS.values() if other.add_features]
        raise DataError(f"{name} has no features; {', '.join(having)} has.")
    return dataset.add_features(dataset.load())


def load_split(
    name: str = DEFAULT_DATASET,
    *,
    test_fraction: float = 0.2,
    valid_fraction: float = 0.0,
    seed: int = 0,
) -> Split:
    """Return a dataset divided into a part to train on and one to be judged by.

    A dataset that comes already split is given as it is, with its validation part, and the
    arguments make no difference (``.fold_valid()`` adds that part to the training part). Any other
    is split by ``random_split``. Errors are those of ``load_dataset``.
    """
    dataset = _named(name)
    if dataset.load_split is not None:
        return dataset.load_split()
    return random_split(
        dataset.load(), test_fraction=test_fraction, valid_fraction=valid_fraction, seed=seed
    )


def download_dataset(name: str, *, checksum: str | None = None, trust: bool | None = None) -> None:
    """Download a dataset into the cache, unless it is there.

    Args:
        name: of a dataset that can be downloaded.
        checksum: what its archive must have, such as "sha256:…", where we do not know it.
        trust: accept what the server sends where nobody knows a checksum; the default asks the
            environment variable RECSYS_EDU_TRUST_DOWNLOAD, which must be 1.

    Raises:
        DatasetNotFoundError: no such dataset, or there is nowhere to download it from.
        DownloadError: no checksum and no trust, or the download failed.
    """
    from recsys_edu.datasets.download import fetch  # late, as it loads the web's machinery

    source = _named(name).source
    if source is None or source.archive is None:
        raise DatasetNotFoundError(f"{name} cannot be downloaded.")
    destination = cache_folder() / source.name
    if not destination.is_dir():
        fetch(source.archive, destination, checksum=checksum, trust=trust)


def _named(name: str) -> Dataset:
    if name in _DATASETS:
        return _DATASETS[name]
    close = difflib.get_close_matches(name, _DATASETS, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(_DATASETS)}."
    raise DatasetNotFoundError(f"no dataset is called {name!r}; {hint}")
