"""Index files: one NumPy archive with the graph as usearch writes it and a JSON header. No pickle.

The archive's checksums tell damage, not forgery: usearch believes what it reads, so load only files
from where you would install software.
"""

from __future__ import annotations

import json
import zipfile
from os import PathLike
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsys_edu._version import __version__
from recsys_edu.atomic import atomic_path
from recsys_edu.errors import ModelFileError

FORMAT: Final = 1
"""Raised when files of before can no longer be read."""
_HEADER: Final = "header.json"
_GRAPH: Final = "graph.usearch"


class Stored(NamedTuple):
    """What an index file holds."""

    shape: tuple[int, int]
    """Number and length of the graph's vectors."""
    has_biases: bool
    """Whether the last but one number of each vector is a bias."""
    expansion_search: int
    """Candidates that are kept while searching."""
    graph: NDArray[np.uint8]
    """The graph and its vectors, as usearch writes them."""


def write_index(path: str | PathLike[str], stored: Stored) -> None:
    """See ``ApproximateIndex.save``."""
    header = {"format": FORMAT, "recsys_edu": __version__, "index": "hnsw", **stored._asdict()}
    del header["graph"]
    arrays: dict[str, Any] = {
        _HEADER: np.frombuffer(json.dumps(header).encode(), dtype=np.uint8),
        _GRAPH: stored.graph,
    }
    target = Path(path)
    try:
        with atomic_path(target) as unfinished, unfinished.open("wb") as file:
            np.savez(file, **arrays)
    except OSError as error:
        raise ModelFileError(f"{target} cannot be written: {error.strerror or error}") from error


def read_index(source: Path) -> Stored:
    """See ``ApproximateIndex.load``; whatever is wrong with a file is some Exception."""
    with source.open("rb") as file:
        if not zipfile.is_zipfile(file):
            raise ModelFileError("it is truncated, or was never an index file")
        file.seek(0)
        with np.load(file, allow_pickle=False) as archive:
            header = json.loads(archive[_HEADER].tobytes())
            if header["format"] > FORMAT:
                raise ModelFileError(
                    f"recsys_edu {header.get('recsys_edu', '(newer)')} wrote it, and this is "
                    f"{__version__}; upgrade"
                )
            if header.get("index") != "hnsw":
                raise ModelFileError("it holds something else than an index")
            graph = archive[_GRAPH]
    n, width = map(int, header["shape"])
    return Stored((n, width), bool(header["has_biases"]), int(header["expansion_search"]), graph)
