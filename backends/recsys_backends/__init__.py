"""Arrays in, arrays out: the same ops on several engines, chosen by name.

>>> from recsys_backends import available_backends, ops, set_backend
"""

from recsys_backends.errors import (
    BackendError,
    BackendUnavailableError,
    ContractViolation,
    InvalidArgumentError,
    UnknownBackendError,
    UnsupportedOperationError,
)
from recsys_backends.plan import (
    UNIFORM,
    AdaptiveSampler,
    EpochPlan,
    UniformSampler,
    WeightedSampler,
    default_n_blocks,
)
from recsys_backends.protocol import OPS, ComputeBackend, Neighbors, TopK, UpdateResult
from recsys_backends.registry import (
    Backend,
    BackendInfo,
    available_backends,
    get_backend,
    register_backend,
    set_backend,
    unregister_backend,
    use_backend,
)

__all__ = [
    "OPS",
    "UNIFORM",
    "AdaptiveSampler",
    "Backend",
    "BackendError",
    "BackendInfo",
    "BackendUnavailableError",
    "ComputeBackend",
    "ContractViolation",
    "EpochPlan",
    "InvalidArgumentError",
    "Neighbors",
    "TopK",
    "UniformSampler",
    "UnknownBackendError",
    "UnsupportedOperationError",
    "UpdateResult",
    "WeightedSampler",
    "available_backends",
    "default_n_blocks",
    "get_backend",
    "register_backend",
    "set_backend",
    "unregister_backend",
    "use_backend",
]
