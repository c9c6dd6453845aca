"""Model files: one NumPy archive with the arrays, the ids and a JSON header. No pickle."""

from __future__ import annotations

import json
import zipfile
from os import PathLike
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from recsys_edu._version import __version__
from recsys_edu.atomic import atomic_path
from recsys_edu.errors import ModelFileError
from recsys_edu.interactions import Interactions
from recsys_edu.models.base import Recommender

FORMAT: Final = 1
"""Raised when files of before can no longer be read."""
_HEADER: Final = "header.json"
_TRAIN: Final = "train."

Model = TypeVar("Model", bound=Recommender)


def save_model(model: Recommender, path: str | PathLike[str]) -> None:
    """See ``Recommender.save``."""
    train = model.train
    header = {
        "format": FORMAT,
        "recsys_edu": __version__,
        "model": model.name,
        "settings": model.settings(),
    }
    arrays: dict[str, Any] = {
        **model._fitted_arrays(),
        f"{_TRAIN}indptr": train.indptr,
        f"{_TRAIN}indices": train.indices,
        f"{_TRAIN}user_ids": train.user_ids,
        f"{_TRAIN}item_ids": train.item_ids,
        _HEADER: np.frombuffer(json.dumps(header).encode(), dtype=np.uint8),
    }
    target = Path(path)
    try:
        with atomic_path(target) as unfinished, unfinished.open("wb") as file:
            np.savez(file, **arrays)
    except OSError as error:
        raise ModelFileError(f"{target} cannot be written: {error.strerror or error}") from error


def load_model(path: str | PathLike[str], kind: type[Model]) -> Model:
    """A model of that class, or of one derived from it, from a file."""
    source = Path(path)
    try:
        header, arrays = _read(source)
        model = _class_of(header, kind)(**header["settings"])
        train = Interactions(
            *(arrays.pop(_TRAIN + part) for part in ("indptr", "indices", "user_ids", "item_ids"))
        )
        model._restore(arrays, train)
    except OSError as error:
        raise ModelFileError(f"{source} cannot be read: {error.strerror or error}") from error
    except Exception as error:
        # Whatever the pieces of a foreign or damaged file set off, the file is to blame.
        raise ModelFileError(f"{source} is not a model that can be loaded: {error}") from error
    model._train = train
    return model


def _read(source: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    with source.open("rb") as file:
        if not zipfile.is_zipfile(file):
            raise ModelFileError("it is truncated, or was never a model file")
        file.seek(0)
        with np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    header = json.loads(arrays.pop(_HEADER).tobytes())
    if header["format"] > FORMAT:
        raise ModelFileError(
            f"recsys_edu {header.get('recsys_edu', '(newer)')} wrote it, and this is "
            f"{__version__}; upgrade"
        )
    return header, arrays


def _class_of(header: dict[str, Any], kind: type[Model]) -> type[Model]:
    """The class that the file names, if it is the one that was asked for or derived from it."""
    from recsys_edu.models import model_classes

    name = header["model"]
    known = model_classes()
    if name not in known:
        raise ModelFileError(f"it holds a {name!r}, which this version does not know")
    found = known[name]
    if not issubclass(found, kind):
        raise ModelFileError(f"it holds a {found.__name__}, not a {kind.__name__}")
    return found
