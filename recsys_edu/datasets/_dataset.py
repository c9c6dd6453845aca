"""Datasets: their description, and the search for their files."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from recsys_edu.datasets.archive import Archive
from recsys_edu.errors import DatasetNotFoundError, DownloadError
from recsys_edu.interactions import Interactions
from recsys_edu.splits import Split

DATA_VARIABLE = "RECSYS_EDU_DATA"


class DatasetFiles(NamedTuple):
    """The files that make up a dataset."""

    name: str
    """Name of the folder that holds them."""
    files: tuple[str, ...]
    archive: Archive | None = None
    """Archive that can be downloaded; None where there is none."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset that can be loaded by name."""

    name: str
    description: str
    """One line."""
    load: Callable[[], Interactions]
    load_split: Callable[[], Split] | None = None
    """Function that returns the split of a dataset that comes already split."""
    source: DatasetFiles | None = None
    """Files of a dataset that comes from files."""
    add_features: Callable[[Interactions], Interactions] | None = None
    """Function that adds features of users or items, which are read when they are asked for."""


def cache_folder() -> Path:
    """Return the folder of downloads: ``$XDG_CACHE_HOME/recsys_edu``, by default ``~/.cache/…``."""
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    # The XDG specification has relative paths ignored.
    return (base if base.is_absolute() else Path.home() / ".cache") / "recsys_edu"


def local_folder(source: DatasetFiles) -> Path | None:
    """Return the folder of a dataset on this computer, or None where there is none.

    Raises:
        DatasetNotFoundError: a folder of that name lacks files.
    """
    for folder in _places(source):
        if folder.is_dir():
            _check_complete(folder, source)
            return folder
    return None


def find_folder(source: DatasetFiles) -> Path:
    """Return the folder of a dataset: in ``$RECSYS_EDU_DATA``, else the cache, else downloaded.

    Raises:
        DatasetNotFoundError: nowhere to be found, or a folder of that name that lacks files.
        DownloadError: found nowhere, and the download failed.
    """
    found = local_folder(source)
    if found is not None:
        return found
    absent = f"{source.name} is not at {' or '.join(map(str, _places(source)))}"
    if source.archive is None:
        raise DatasetNotFoundError(
            f"{absent}; put "
            f"{', '.join(source.files)} there, or set {DATA_VARIABLE} to the folder that holds "
            f"{source.name}/."
        )
    from recsys_edu.datasets.download import fetch  # late, as it loads the web's machinery

    cached = cache_folder() / source.name
    try:
        fetch(source.archive, cached)
    except DownloadError as error:
        raise DownloadError(f"{absent}, and {error}") from error
    _check_complete(cached, source)
    return cached


def _places(source: DatasetFiles) -> list[Path]:
    """Return where a dataset's folder may be: ``$RECSYS_EDU_DATA`` first, then the cache."""
    places = [cache_folder() / source.name]
    own = os.environ.get(DATA_VARIABLE)
    if own:
        if not Path(own).is_dir():
            raise DatasetNotFoundError(f"{DATA_VARIABLE} is set to {own}, which is not a folder.")
        places.insert(0, Path(own) / source.name)
    return places


def _check_complete(folder: Path, source: DatasetFiles) -> None:
    missing = [name for name in source.files if not (folder / name).is_file()]
    if missing:
        raise DatasetNotFoundError(f"{folder} lacks {', '.join(missing)}.")
