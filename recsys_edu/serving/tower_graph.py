"""The ONNX graph of a user tower: users by row, and users whom only their features describe.

    tower(columns, weights) = normalize(v + trunk(v)) / τ,      v = Σ weight · features[column]

where the trunk, the normalization (of the cosine) and the temperature τ are there if the model has
them. A user with a row gets the vector that the model keeps for that row; the row that is one past
the last stands for a user without, who gets what the tower makes of the features alone.

Importing it imports onnx.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recsys_edu.serving.builder import GraphBuilder
from recsys_edu.serving.tower import UserTower


def add_described_users(
    graph: GraphBuilder, user_factors: NDArray[np.float32], tower: UserTower
) -> tuple[str, str]:
    """The inputs ``users``, ``feature_columns`` and ``feature_weights``, and the users' vectors.

    Returns:
        The names of ``users``, int64 (n,), and of their vectors, float32 (n, d).
    """
    users = graph.input("users", np.int64, "n")
    described = _add_tower(graph, tower)
    last = graph.constant("last_user", [len(user_factors) - 1])
    is_new = graph.add("Unsqueeze", graph.add("Greater", users, last), "feature_axis")
    table = graph.constant("user_factors", user_factors)
    known = graph.add("Gather", table, graph.add("Min", users, last))
    return users, graph.add("Where", is_new, described, known)


def _add_tower(graph: GraphBuilder, tower: UserTower) -> str:
    columns = graph.input("feature_columns", np.int64, "n", "m")
    weights = graph.input("feature_weights", np.float32, "n", "m")
    table = graph.constant("tower_features", tower.features)
    inner = graph.constant("inner_axis", [2])
    weighted = graph.add(
        "Mul", graph.add("Gather", table, columns), graph.add("Unsqueeze", weights, inner)
    )
    vectors = graph.add("ReduceSum", weighted, graph.constant("feature_axis", [1]), keepdims=0)
    if tower.layers:
        vectors = graph.add("Add", vectors, _add_trunk(graph, vectors, tower.layers))
    if tower.cosine:
        norms = graph.add("ReduceL2", vectors, axes=[1], keepdims=1)
        least = graph.constant("least_norm", np.array([1e-12], dtype=np.float32))
        vectors = graph.add("Div", vectors, graph.add("Max", norms, least))
    if tower.temperature == 1.0:
        return vectors
    temperature = np.array([tower.temperature], dtype=np.float32)
    return graph.add("Div", vectors, graph.constant("temperature", temperature))


def _add_trunk(
    graph: GraphBuilder,
    vectors: str,
    layers: list[tuple[NDArray[np.float32], NDArray[np.float32]]],
) -> str:
    for number, (matrix, offset) in enumerate(layers):
        if number:
            vectors = graph.add("Relu", vectors)
        parameters = (
            graph.constant(f"trunk_{number}", matrix),
            graph.constant(f"trunk_{number}_offset", offset),
        )
        vectors = graph.add("Gemm", vectors, *parameters, transB=1)
    return vectors
