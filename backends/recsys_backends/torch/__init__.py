"""The ops on PyTorch: batched, on a GPU where there is one, otherwise on the CPU.

Importing this package imports torch, which takes seconds; the registry does so at first use.
``RECSYS_EDU_TORCH_DEVICE`` ("cpu", "cuda", "cuda:1") overrides the choice of the device.
"""

from typing import Final

from recsys_backends.plan import SAMPLERS
from recsys_backends.protocol import Order
from recsys_backends.threads import let_waiting_threads_sleep

let_waiting_threads_sleep()  # before torch brings OpenMP along

from recsys_backends.torch.als_half_step import als_half_step  # noqa: E402
from recsys_backends.torch.bpr_update import bpr_update  # noqa: E402
from recsys_backends.torch.item_similarity import item_similarity  # noqa: E402
from recsys_backends.torch.matmul import matmul  # noqa: E402
from recsys_backends.torch.plan_epoch import plan_epoch  # noqa: E402
from recsys_backends.torch.top_k import top_k  # noqa: E402

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

order: Final[Order] = "batched"
samplers: Final = SAMPLERS
