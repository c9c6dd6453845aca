"""All clauses, in the order in which they are run: from simple to subtle, op by op.

The first clause that fails is the one that a learner reads. So the order is written down here and
does not follow from file names.
"""

from __future__ import annotations

from typing import Final

from recsys_backends.contract import (
    als_edges,
    als_half_step,
    als_large,
    bpr_edges,
    bpr_large,
    bpr_passes,
    bpr_update,
    concurrency,
    item_similarity,
    matmul,
    matmul_edges,
    memory_use,
    plan_edges,
    plan_epoch,
    plan_large,
    plan_sampler_sizes,
    plan_samplers,
    races,
    reuse,
    similarity_large,
    sizes,
    thread_ladder,
    top_k,
    top_k_edges,
)
from recsys_backends.contract.clause import Clause, clauses_of
from recsys_backends.protocol import OPS

VERSION: Final = 2
"""Number of the contract; counts up whenever an engine that passed may fail afterwards."""

SIMPLE_TO_SUBTLE: Final = (
    matmul,
    matmul_edges,
    plan_epoch,
    plan_samplers,
    plan_edges,
    bpr_update,
    bpr_passes,
    bpr_edges,
    als_half_step,
    als_edges,
    item_similarity,
    top_k,
    top_k_edges,
    sizes,
    thread_ladder,
    memory_use,
    reuse,
    plan_large,
    plan_sampler_sizes,
    bpr_large,
    als_large,
    similarity_large,
    concurrency,
    races,
)

CLAUSES: Final[tuple[Clause, ...]] = tuple(
    item
    for op in OPS
    for module in SIMPLE_TO_SUBTLE
    for item in clauses_of(module)
    if item.op == op
)
"""Every clause, in the order in which a check runs them."""
