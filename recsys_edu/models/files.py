"""Model files: one NumPy archive with the arrays, the interactions and a JSON header. No pickle."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Final, NamedTuple

from numpy.typing import NDArray

from recsys_edu.errors import ModelFileError
from recsys_edu.interactions import Interactions
from recsys_edu.models.stored_interactions import arrays_of, interactions_of
from recsys_edu.versioned_files import FileKind, read_archive, write_archive

KIND: Final = FileKind("model file", "a model that can be loaded", 2, ModelFileError)
"""Format 2 has values, timestamps and features of the interactions, which format 1 left out."""
_TRAIN: Final = "train."
_WITHOUT_VALUES: Final = 1


class StoredModel(NamedTuple):
    """Contents of a model file."""

    name: str
    """Name of the model in the catalogue."""
    own_class: str | None
    """Module and name of a class outside the catalogue; None for a class of the catalogue."""
    settings: dict[str, Any]
    """Arguments of the constructor."""
    arrays: Mapping[str, NDArray[Any]]
    """Everything that fitting found, by name."""
    train: Interactions
    """The interactions that the model was fitted to."""
    train_is_whole: bool = True
    """False for a file of format 1, in which values, timestamps and features were left out."""


def write_model(path: str | PathLike[str], stored: StoredModel) -> None:
    """Write a model file, whole or not at all; ModelFileError where that fails."""
    described, train = arrays_of(stored.train)
    header = KIND.header(model=stored.name, settings=stored.settings, train=described)
    if stored.own_class is not None:
        header["class"] = stored.own_class
    arrays = {**stored.arrays, **{_TRAIN + name: array for name, array in train.items()}}
    write_archive(KIND, path, header, arrays)


def read_model(source: Path) -> StoredModel:
    """Read a model file; call it in a block of ``KIND.reading``."""
    header, arrays = read_archive(KIND, source)
    train = {
        name.removeprefix(_TRAIN): arrays.pop(name)
        for name in list(arrays)
        if name.startswith(_TRAIN)
    }
    return StoredModel(
        header["model"],
        header.get("class"),
        header["settings"],
        arrays,
        interactions_of(header.get("train", {}), train),
        header["format"] > _WITHOUT_VALUES,
    )
