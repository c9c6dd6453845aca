"""The ONNX graph that ranks: rows of users in; the numbers and scores of their k best items out.

    vectors = user_factors[users]                                   (n, d)
    scores  = vectors · item_factorsᵀ + item_biases                 (n, n_items)
    scores[r, i] = −inf     for each item i that user r has seen
    scores, items = the k highest of each row; −1 where a score is −inf

(Where users without training interactions are ranked by popularity, their scores are that.)

The only step that ONNX has no word for is the third: rows have seen different numbers of items. The
seen items of all rows are laid end to end, as CSR has them, and each needs to know its row. That is
how many rows have ended at its place: a running sum over marks at the rows' ends.

Of equal scores the lower item number comes first: TopK's specification says so.

Importing it imports onnx.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recsys_edu.serving.builder import GraphBuilder


def add_users(graph: GraphBuilder, user_factors: NDArray[np.float32]) -> tuple[str, str]:
    """The input ``users``, int64 (n,), and the vectors of these rows; the names of both."""
    users = graph.input("users", np.int64, "n")
    return users, graph.add("Gather", graph.constant("user_factors", user_factors), users)


def add_ranking(
    graph: GraphBuilder,
    vectors: str,
    users: str,
    *,
    item_factors: NDArray[np.float32],
    item_biases: NDArray[np.float32] | None,
    seen_indptr: NDArray[np.int64],
    seen_indices: NDArray[np.int32],
    popularity: NDArray[np.float32] | None = None,
) -> None:
    """From the users' vectors and rows to the outputs ``items``, ``scores`` and ``vectors``.

    Args:
        graph: to add to; gets an input ``k``, int64 of shape (1,).
        vectors: name of a float32 value (n, d).
        users: name of an int64 value (n,), rows of ``seen_indptr``.
        item_factors: float32, shape (n_items, d).
        item_biases: float32, shape (n_items,); or None.
        seen_indptr, seen_indices: what each user has seen, as CSR.
        popularity: float32, shape (n_items,): scores for users who have seen nothing, in place of
            those by vectors; None to keep those.
    """
    n_items, n_factors = item_factors.shape
    k = graph.input("k", np.int64, 1)
    factors = [graph.constant("item_factors", item_factors)]
    if item_biases is not None:
        factors.append(graph.constant("item_biases", item_biases))
    scores = graph.add("Gemm", vectors, *factors, transB=1)
    indptr = graph.constant("seen_indptr", seen_indptr)
    starts = graph.add("Gather", indptr, users)
    after = graph.add("Add", users, graph.constant("one", [1]))
    counts = graph.add("Sub", graph.add("Gather", indptr, after), starts)
    if popularity is not None:
        nothing_seen = graph.add("Equal", counts, graph.constant("zero", [0]))
        cold = graph.add("Unsqueeze", nothing_seen, graph.constant("last_axis", [-1]))
        scores = graph.add("Where", cold, graph.constant("popularity", popularity), scores)
    masked = _add_mask(graph, scores, users, starts, counts, seen_indices)
    kept = graph.add("Min", k, graph.constant("n_items", [n_items]))
    best, columns = graph.add_many("TopK", 2, masked, kept, axis=1, largest=1, sorted=1)
    missing = graph.add("IsInf", best, detect_positive=0)
    items = graph.add("Where", missing, graph.constant("no_item", [-1]), columns)
    graph.output("items", items, np.int64, "n", "length")
    graph.output("scores", best, np.float32, "n", "length")
    graph.output("vectors", vectors, np.float32, "n", n_factors)


def _add_mask(
    graph: GraphBuilder,
    scores: str,
    users: str,
    starts: str,
    counts: str,
    seen_indices: NDArray[np.int32],
) -> str:
    """Set the scores of each user's ``counts`` items, from ``starts`` on, to −inf."""
    nothing = graph.constant("nothing", np.full(1, -np.inf, dtype=np.float32))
    zero, one = graph.constant("zero", [0]), graph.constant("one", [1])
    axis = graph.constant("first_axis", np.array(0, dtype=np.int64))
    ends = graph.add("CumSum", counts, axis)
    total = graph.add("ReduceSum", counts, keepdims=1)
    marks = graph.add(
        "ScatterElements",
        graph.add("Expand", zero, graph.add("Add", total, one)),
        ends,
        graph.add("Expand", one, graph.add("Shape", users)),
        reduction="add",
    )
    rows = graph.add("Slice", graph.add("CumSum", marks, axis), zero, total)
    # Place p of this batch's items is place p − (what came before its row) + start of all items.
    shifts = graph.add("Sub", starts, graph.add("Sub", ends, counts))
    places = graph.add("CumSum", graph.add("Expand", one, total), axis, exclusive=1)
    where = graph.add("Add", places, graph.add("Gather", shifts, rows))
    columns = graph.add("Gather", graph.constant("seen_indices", seen_indices), where)
    last = graph.constant("last_axis", [-1])
    pairs = graph.add(
        "Concat",
        graph.add("Unsqueeze", rows, last),
        graph.add("Unsqueeze", graph.add("Cast", columns, to=7), last),  # 7: int64
        axis=1,
    )
    return graph.add("ScatterND", scores, pairs, graph.add("Expand", nothing, total))
