"""Export a trained model as one ONNX file that answers without the library that trained it."""

from __future__ import annotations

from os import PathLike

import numpy as np
from numpy.typing import NDArray

from recsys_edu.errors import ExportError, MissingDependencyError
from recsys_edu.ids import IdIndex
from recsys_edu.models.base import Recommender
from recsys_edu.models.factor_model import FactorModel
from recsys_edu.models.two_tower import TwoTower
from recsys_edu.serving.metadata import Metadata
from recsys_edu.serving.parity import Parity, check_parity
from recsys_edu.serving.ranker import Ranker
from recsys_edu.serving.seal import KIND, sealed
from recsys_edu.serving.tower import user_tower


def export_onnx(model: Recommender, path: str | PathLike[str]) -> Parity:
    """Write a model of users' and items' vectors as one ONNX graph; ``Ranker`` answers from it.

    The graph takes ``users``, int64 (n,): rows of the training interactions, and ``k``, int64 (1,);
    both may vary from call to call. It gives ``items``, int64 (n, min(k, n_items)): columns, best
    first, of equal scores the lower one first, without those seen in training, padded with −1;
    their ``scores``, float32, padded with −inf; and the users' ``vectors``, float32 (n, n_factors).
    The ids of users and items are in the file's metadata, as JSON lists. Needs the extra ``serve``.

    A TwoTower that learned from features of users answers for those it never met as well: the row
    that is one past the last stands for them, and ``feature_columns``, int64 (n, m), and
    ``feature_weights``, float32 (n, m), are what its encoder, in the metadata too, makes of their
    features (m is 1 and both are 0 where all users have rows).

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
            "such as BPR, ALS and TwoTower."
        )
    file = sealed(_serialized(model))
    with KIND.writing(path) as unfinished:
        unfinished.write_bytes(file)
        return check_parity(model, Ranker(unfinished))


def _popularity_for_cold_users(model: FactorModel) -> NDArray[np.float32] | None:
    """Return the scores of users who are ranked by popularity; None where nobody is."""
    rows = np.arange(model.train.n_users)
    return model._popular_items().counts if model._is_cold(rows).any() else None


def _serialized(model: FactorModel) -> bytes:
    try:
        from recsys_edu.serving.builder import GraphBuilder
        from recsys_edu.serving.graph import add_ranking, add_users
        from recsys_edu.serving.tower_graph import add_described_users
    except ImportError as error:
        raise MissingDependencyError.for_extra("onnx", "serve") from error
    train, graph = model.train, GraphBuilder()
    tower = user_tower(model) if isinstance(model, TwoTower) else None
    ids = IdIndex(train.user_ids), IdIndex(train.item_ids)
    if tower is None:
        metadata = Metadata(model.name, *ids)
        users, vectors = add_users(graph, model.user_factors)
    else:
        metadata = Metadata(model.name, *ids, tower.encoder)
        users, vectors = add_described_users(graph, model.user_factors, tower)
    add_ranking(
        graph,
        vectors,
        users,
        item_factors=model.item_factors,
        item_biases=model.item_biases,
        # Who has no row has seen nothing: one more row, that is empty.
        seen_indptr=np.append(train.indptr, train.indptr[-1:]),
        seen_indices=train.indices,
        popularity=_popularity_for_cold_users(model),
    )
    serialized: bytes = graph.model(model.name, metadata.as_entries()).SerializeToString()
    return serialized
