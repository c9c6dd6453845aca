"""The answer key: every op in plain Python, one short file each, meant to be read."""

from typing import Final

from recsys_backends.naive.bpr_update import bpr_update
from recsys_backends.naive.item_similarity import item_similarity
from recsys_backends.naive.matmul import matmul
from recsys_backends.naive.plan_epoch import plan_epoch
from recsys_backends.naive.top_k import top_k
from recsys_backends.protocol import Order

__all__ = ["bpr_update", "item_similarity", "matmul", "order", "plan_epoch", "top_k"]

order: Final[Order] = "sequential"
