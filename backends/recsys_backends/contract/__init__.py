"""The contract, as code: what every backend must do, in clauses that can be run.

``check(backend)`` runs all that apply. Tests, checkpoints, grading and leaderboards use the same
clauses, on backends by name and on any object that has ops.
"""

from recsys_backends.contract import (
    als_edges,
    als_half_step,
    bpr_edges,
    bpr_passes,
    bpr_update,
    item_similarity,
    matmul,
    plan_edges,
    plan_epoch,
    plan_samplers,
    top_k,
)
from recsys_backends.contract.clause import CLAUSES, Clause, ClauseResult, check, hold

__all__ = [
    "CLAUSES",
    "Clause",
    "ClauseResult",
    "als_edges",
    "als_half_step",
    "bpr_edges",
    "bpr_passes",
    "bpr_update",
    "check",
    "hold",
    "item_similarity",
    "matmul",
    "plan_edges",
    "plan_epoch",
    "plan_samplers",
    "top_k",
]
