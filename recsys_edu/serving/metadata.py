"""Metadata of an exported file, beside the graph: the model, the ids, the features."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from recsys_edu.ids import IdIndex
from recsys_edu.models.feature_encoding import FeatureEncoder


class Metadata(NamedTuple):
    """Model that was exported, and the ids behind rows and columns."""

    model: str
    """The model's name, such as "bpr"."""
    users: IdIndex
    """The id of each row."""
    items: IdIndex
    """The id of each column."""
    encoder: FeatureEncoder | None = None
    """Encoder of users' features as input of the graph; None for a model without features."""

    def as_entries(self) -> dict[str, str]:
        """Key and value as ONNX files hold them: JSON, in ASCII."""
        values = {"model": self.model, "user_ids": self.users.ids, "item_ids": self.items.ids}
        if self.encoder is not None:
            values["user_features"] = self.encoder.to_json()
        return {key: json.dumps(value, default=_listed) for key, value in values.items()}

    @classmethod
    def from_entries(cls, entries: Mapping[str, str]) -> Metadata:
        """The inverse; KeyError, ValueError or TypeError where it is something else."""
        users, items = (json.loads(entries[key]) for key in ("user_ids", "item_ids"))
        name = json.loads(entries["model"])
        if not isinstance(name, str):
            raise TypeError(f"it calls its model {name!r}")
        features = json.loads(entries.get("user_features", "null"))
        encoder = None if features is None else FeatureEncoder.from_json(features)
        return cls(name, IdIndex(users, "user_ids"), IdIndex(items, "item_ids"), encoder)


def _listed(ids: Any) -> Any:
    return ids.tolist()
