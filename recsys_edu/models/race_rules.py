"""A model's part in a race: which settings it shares with the others, and its variants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class RaceRules:
    """Rules by which a race constructs a model; models declare them as ``race``."""

    shares: tuple[str, ...] = ("n_factors", "epochs")
    """Settings that come from the race, of those that the model has. Seed, threads and the hidden
    progress bar always do. Leave out those whose scale is the model's own, such as ALS's reg."""
    variants: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: {"": {}})
    """Own settings of each variant, by what follows the model's name: {"": {}, "-softmax": {…}}."""
    by_backend: bool = False
    """True for the model that races under the names of backends alone: BPR, as "optimized"."""
