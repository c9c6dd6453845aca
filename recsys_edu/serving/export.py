"""Export a trained model as one ONNX file that answers without the library that trained it."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Final

from recsys_edu.atomic import atomic_path
from recsys_edu.errors import ExportError, MissingDependencyError, ModelFileError
from recsys_edu.ids import IdIndex
from recsys_edu.models.base import Recommender
from recsys_edu.models.factor_model import FactorModel
from recsys_edu.serving.metadata import Metadata
from recsys_edu.serving.parity import Parity, check_parity
from recsys_edu.serving.ranker import Ranker
from recsys_edu.serving.seal import sealed

_MOST_BYTES: Final = 2**31 - 2**20
"""Protobuf messages hold less than 2 GiB; the rest is for names and nodes."""


def export_onnx(model: Recommender, path: str | PathLike[str]) -> Parity:
    """Write a model of users' and items' vectors as one ONNX graph; ``Ranker`` answers from it.

    The graph takes ``users``, int64 (n,): rows of the training interactions, and ``k``, int64 (1,);
    both may vary from call to call. It gives ``items``, int64 (n, min(k, n_items)): columns, best
    first, of equal scores the lower one first, without those seen in training, padded with −1;
    their ``scores``, float32, padded with −inf; and the users' ``vectors``, float32 (n, n_factors).
    The ids of users and items are in the file's metadata, as JSON lists. Needs the extra ``serve``.

    Before the file is kept, its answers for up to 1,000 users are compared with the model's own.

    Returns:
        What that comparison found.

    Raises:
        ExportError: a model that does not score by vectors, or one beyond 2 GiB, or a graph that
            does not answer as the model does.
        NotFittedError: before ``fit``.
        ModelFileError: the file cannot be written.
        MissingDependencyError: the extra is not installed.
    """
    if not isinstance(model, FactorModel):
        raise ExportError(
            f"{type(model).__name__} cannot be exported: only models that score by vectors can, "
            "such as BPR, ALS and TwoTower"
        )
    file = sealed(_serialized(model))
    target = Path(path)
    try:
        with atomic_path(target) as unfinished:
            unfinished.write_bytes(file)
            return check_parity(model, Ranker(unfinished))
    except OSError as error:
        raise ModelFileError(f"{target} cannot be written: {error.strerror or error}") from error


def _serialized(model: FactorModel) -> bytes:
    train = model.train
    metadata = Metadata(model.name, IdIndex(train.user_ids), IdIndex(train.item_ids)).as_entries()
    factors = model.user_factors, model.item_factors, model.item_biases
    arrays = [array for array in (*factors, train.indptr, train.indices) if array is not None]
    size = sum(array.nbytes for array in arrays) + sum(map(len, metadata.values()))
    if size > _MOST_BYTES:
        raise ExportError(
            f"the model takes {size / 2**30:.1f} GiB, and an ONNX file holds less than 2; fit it "
            "with fewer factors, or to fewer users"
        )
    try:
        from recsys_edu.serving.builder import GraphBuilder
        from recsys_edu.serving.graph import add_ranking, add_users
    except ImportError as error:
        raise MissingDependencyError.for_extra("onnx", "serve") from error
    graph = GraphBuilder()
    users, vectors = add_users(graph, model.user_factors)
    add_ranking(
        graph,
        vectors,
        users,
        item_factors=model.item_factors,
        item_biases=model.item_biases,
        seen_indptr=train.indptr,
        seen_indices=train.indices,
    )
    serialized: bytes = graph.model(model.name, metadata).SerializeToString()
    return serialized
