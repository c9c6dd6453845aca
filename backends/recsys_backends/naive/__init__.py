"""The answer key: every op in plain Python, one short file each, meant to be read."""

from typing import Final

from recsys_backends.naive.bpr import bpr_update
from recsys_backends.naive.factorization import als_half_step
from recsys_backends.naive.item_similarity import item_similarity
from recsys_backends.naive.matmul import matmul
from recsys_backends.naive.plan_epoch import plan_epoch
from recsys_backends.naive.top_k import top_k
from recsys_backends.plan import SAMPLERS
from recsys_backends.protocol import Order

__all__ = [
    "als_half_step",
    "bpr_update",
    "item_similarity",
    "matmul",
    "order",
    "plan_epoch",
    "samplers",
    "top_k",
]

order: Final[Order] = "sequential"
samplers: Final = SAMPLERS
