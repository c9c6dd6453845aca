"""item_similarity: the same bytes everywhere, at sizes and values that few data have."""

from __future__ import annotations

import numpy as np
import pytest

from recsys_backends import ops, use_backend
from recsys_backends.contract.inputs import csr_of


@pytest.mark.parametrize("shrinkage", [0.0, 1e-45, 0.3, 20.0, 3e38])
@pytest.mark.parametrize(
    ("n_users", "n_items", "density", "k"), [(30, 20, 0.4, 5), (20, 200, 0.02, 3), (90, 70, 0.6, 9)]
)
def test_backends_give_the_same_bytes(
    n_users: int, n_items: int, density: float, k: int, shrinkage: float
) -> None:
    rng = np.random.default_rng(1)
    indptr, indices = csr_of(rng.random((n_users, n_items)) < 2 * density * rng.random(n_items))
    found = set()
    for name in ("naive", "optimized", "torch"):
        with use_backend(name):
            answer = ops.item_similarity(indptr, indices, n_items, k=k, shrinkage=shrinkage)
        found.add(b"|".join(part.tobytes() for part in answer))
    assert len(answer.indices) > n_items // 2
    assert len(found) == 1


@pytest.mark.parametrize("n_items", [255, 256, 257, 65_536, 65_537, 2**24 + 2])
def test_items_are_sorted_by_all_bytes_of_their_numbers(n_items: int) -> None:
    rng = np.random.default_rng(0)
    row = np.sort(rng.choice(n_items - 1, 40, replace=False)).astype(np.int32)
    row[-1] = n_items - 1
    indptr = np.array([0, len(row), 2 * len(row)])
    with use_backend("optimized"):
        found = ops.item_similarity(indptr, np.tile(row, 2), n_items, k=25)
    for place, item in enumerate(row.tolist()):
        others = np.delete(row, place)[:25]
        got = found.indices[found.indptr[item] : found.indptr[item + 1]]
        np.testing.assert_array_equal(got, others)
    assert (found.values == 1).all()
    assert len(found.indices) == 40 * 25
