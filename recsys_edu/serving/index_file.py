"""Index files: one NumPy archive with the graph as usearch writes it and a JSON header. No pickle.

The archive's checksums tell damage, not forgery: usearch believes what it reads, so load only files
from where you would install software.
"""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsys_edu.errors import ModelFileError
from recsys_edu.versioned_files import FileKind, read_archive, write_archive

KIND: Final = FileKind("index file", "an index that can be loaded", 1, ModelFileError)
_GRAPH: Final = "graph.usearch"


class Stored(NamedTuple):
    """Contents of an index file."""

    shape: tuple[int, int]
    """Number and length of the graph's vectors."""
    has_biases: bool
    """True where the last but one number of each vector is a bias."""
    expansion_search: int
    """Candidates that are kept while searching."""
    graph: NDArray[np.uint8]
    """The graph and its vectors, as usearch writes them."""


def write_index(path: str | PathLike[str], stored: Stored) -> None:
    """Write an index file, whole or not at all; ModelFileError where that fails."""
    header = KIND.header(index="hnsw", **stored._asdict())
    del header["graph"]
    write_archive(KIND, path, header, {_GRAPH: stored.graph})


def read_index(source: Path) -> Stored:
    """Read an index file; call it in a block of ``KIND.reading``."""
    header, arrays = read_archive(KIND, source)
    if header.get("index") != "hnsw":
        raise ModelFileError("it holds something else than an index.")
    n, width = map(int, header["shape"])
    return Stored(
        (n, width), bool(header["has_biases"]), int(header["expansion_search"]), arrays[_GRAPH]
    )
