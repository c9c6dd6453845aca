"""Functions of the optimized backend, as the module that is timed beside an entry."""

from __future__ import annotations

from recsys_backends.optimized import (
    als_half_step,
    bpr_update,
    item_similarity,
    plan_epoch,
    top_k,
)

__all__ = ["als_half_step", "bpr_update", "item_similarity", "plan_epoch", "top_k"]
