"""The catalogue of models: found by name, imported at their first use.

A model is a line in ``recsys_edu/models/__init__.pyi`` and a file beside it. Its name is that of
the file, with hyphens: ``ItemKNN`` of ``item_knn.py`` is ``item-knn`` in model files, in races and
on the command line.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from recsys_backends.lazy import exported_names

if TYPE_CHECKING:
    from recsys_edu.models.base import Recommender

_BASE: Final = "recsys_edu.models.base"
_HOMES: Final = {
    home.rpartition(".")[2].replace("_", "-"): (home, name)
    for name, home in exported_names(
        "recsys_edu.models", Path(__file__).with_name("__init__.pyi")
    ).items()
    if home != _BASE
}


def model_names() -> tuple[str, ...]:
    """Return the names of all models, such as "als"; none of them is imported."""
    return tuple(_HOMES)


def model_class(name: str) -> type[Recommender]:
    """Return the class of a model by name; KeyError for a name that is not in the catalogue."""
    home, class_name = _HOMES[name]
    found: type[Recommender] = getattr(import_module(home), class_name)
    return found
