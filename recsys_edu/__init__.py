"""recsys_edu: learn recommender systems, and the performance engineering beneath them.

Every public name is imported at its first use, so that ``import recsys_edu`` costs next to nothing;
``__init__.pyi`` beside this file tells type checkers and editors the same.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from recsys_edu._version import __version__ as __version__

_HOME_OF = {
    "available_backends": "recsys_backends",
    "get_backend": "recsys_backends",
    "register_backend": "recsys_backends",
    "set_backend": "recsys_backends",
    "use_backend": "recsys_backends",
    "Features": "recsys_edu.features",
    "Interactions": "recsys_edu.interactions",
    "list_datasets": "recsys_edu.datasets",
    "load_dataset": "recsys_edu.datasets",
    "load_split": "recsys_edu.datasets",
    "Split": "recsys_edu.splits",
    "leave_last_out": "recsys_edu.splits",
    "per_user_split": "recsys_edu.splits",
    "random_split": "recsys_edu.splits",
    "time_split": "recsys_edu.splits",
    "ALS": "recsys_edu.models.als",
    "BPR": "recsys_edu.models.bpr",
    "ItemKNN": "recsys_edu.models.item_knn",
    "MostPopular": "recsys_edu.models.most_popular",
    "PureSVD": "recsys_edu.models.pure_svd",
    "TwoTower": "recsys_edu.models.two_tower",
    "UserKNN": "recsys_edu.models.user_knn",
    "Recommender": "recsys_edu.models.base",
    "load_model": "recsys_edu.models",
    "Callback": "recsys_edu.models.callbacks",
    "EarlyStopping": "recsys_edu.models.callbacks",
    "Ranker": "recsys_edu.serving.ranker",
    "export_onnx": "recsys_edu.serving.export",
    "Checkpoint": "recsys_edu.models.two_tower_checkpoint",
    "evaluate": "recsys_edu.evaluation",
    "benchmark": "recsys_edu.benchmarking",
    "measure": "recsys_edu.benchmarking",
    "RecsysError": "recsys_edu.errors",
}

__all__ = ["__version__", *_HOME_OF]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'recsys_edu' has no attribute {name!r}")
    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
