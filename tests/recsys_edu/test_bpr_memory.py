"""BPR's fit holds the factors twice, one plan and little else."""

from __future__ import annotations

import math

import numpy as np

from recsys_backends import use_backend
from recsys_backends.random import uniforms
from recsys_edu import benchmark
from recsys_edu.models.random_vectors import random_rows
from tests.recsys_edu.small_bpr import random_interactions, small


def test_a_fit_takes_little_more_memory_than_what_it_leaves_behind() -> None:
    train = random_interactions(20_000, 50, 2_000)
    model = small(n_factors=64, epochs=1)
    with use_backend("optimized"), benchmark(memory=True) as run:
        model.fit(train)
    factors_mb = (model.user_factors.nbytes + model.item_factors.nbytes) / 1e6
    assert factors_mb > 5
    assert run.peak_memory_mb < 2.7 * factors_mb


def test_first_vectors_are_one_stream_however_many_pieces_it_is_drawn_in() -> None:
    rows = random_rows(7, 3_001, 48, 0.1)
    expected = (2.0 * uniforms(7, rows.size) - 1.0) * (math.sqrt(3.0) * 0.1)
    assert np.array_equal(rows.reshape(-1), expected.astype(np.float32))
