"""The answer key: every op in plain Python, to be read; a file a lesson.

Written by `tito dev build` from the lessons' op cells; `extended` is written by hand.
"""

from typing import Final

from recsys_backends.naive.backends import matmul
from recsys_backends.naive.bpr import bpr_update
from recsys_backends.naive.extended import plan_epoch
from recsys_backends.naive.factorization import als_half_step
from recsys_backends.naive.neighbors import item_similarity, top_k
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
