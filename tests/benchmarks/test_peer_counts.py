"""What other libraries skip: the expectations against draws made as they make them."""

from __future__ import annotations

import numpy as np
import pytest
from peer_counts import SKIPS, check_counts

from recsys_edu.datasets import make_synthetic
from recsys_edu.interactions import Interactions

N_DRAWS = 200_000


@pytest.fixture(scope="module")
def train() -> Interactions:
    return make_synthetic(60, 40, 700, min_per_user=5)


def skipped(train: Interactions, library: str) -> int:
    """How many of N_DRAWS draws the library would skip, by drawing them."""
    rng = np.random.default_rng(0)
    users = train.rows()[rng.integers(train.nnz, size=N_DRAWS)]
    by_popularity = train.indices[rng.integers(train.nnz, size=N_DRAWS)]
    uniform = rng.integers(train.n_items, size=N_DRAWS)
    negatives = {"implicit": by_popularity, "cornac": uniform}[library]
    has = train.to_csr().toarray() > 0
    return int(has[users, negatives].sum())


@pytest.mark.parametrize("library", SKIPS)
def test_the_expected_share_is_the_drawn_one(train: Interactions, library: str) -> None:
    drawn = skipped(train, library) / N_DRAWS
    assert SKIPS[library](train) == pytest.approx(drawn, abs=0.006)


def test_popular_negatives_are_skipped_more_often(train: Interactions) -> None:
    assert SKIPS["implicit"](train) > 1.1 * SKIPS["cornac"](train)


def test_counts_as_the_sampling_leads_to_expect_pass(train: Interactions) -> None:
    for library, share in SKIPS.items():
        learned = N_DRAWS - skipped(train, library)
        check_counts(library, [learned // 2, learned - learned // 2], N_DRAWS // 2, share(train))


@pytest.mark.parametrize("claimed", [1.0, 0.5])
def test_other_counts_are_refused_by_the_library_s_name(
    train: Interactions, claimed: float
) -> None:
    for library, share in SKIPS.items():
        with pytest.raises(RuntimeError, match=f"{library} says .* were to be expected"):
            check_counts(library, [int(claimed * N_DRAWS)], N_DRAWS, share(train))
