"""Every kernel that is wrong in one way, of every op."""

from __future__ import annotations

from tests.contract.broken_als import BROKEN_ALS
from tests.contract.broken_matmul import BROKEN_MATMUL
from tests.contract.broken_memory import BROKEN_MEMORY
from tests.contract.broken_plans import BROKEN_PLANS
from tests.contract.broken_samplers import BROKEN_SAMPLERS
from tests.contract.broken_similarities import BROKEN_SIMILARITIES
from tests.contract.broken_sizes import BROKEN_SIZES
from tests.contract.broken_threads import BROKEN_THREADS
from tests.contract.broken_top_k import BROKEN_TOP_K
from tests.contract.broken_updates import BROKEN_UPDATES
from tests.contract.broken_values import BROKEN_VALUES

BROKEN_KERNELS = (
    *BROKEN_UPDATES,
    *BROKEN_PLANS,
    *BROKEN_SAMPLERS,
    *BROKEN_ALS,
    *BROKEN_SIMILARITIES,
    *BROKEN_TOP_K,
    *BROKEN_MATMUL,
    *BROKEN_VALUES,
    *BROKEN_SIZES,
    *BROKEN_THREADS,
    *BROKEN_MEMORY,
)
