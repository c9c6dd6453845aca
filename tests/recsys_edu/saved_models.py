"""Model files to load, to look into and to spoil."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys_edu import (
    ALS,
    BPR,
    EASE,
    Interactions,
    ItemKNN,
    MostPopular,
    PureSVD,
    Recommender,
    TwoTower,
    UserKNN,
)
from recsys_edu.errors import ModelFileError

MODELS: dict[str, Callable[[], Recommender]] = {
    "popularity": MostPopular,
    "item-knn": lambda: ItemKNN(4, 2.5, n_threads=1),
    "user-knn": lambda: UserKNN(3),
    "pure-svd": lambda: PureSVD(4, seed=5),
    "ease": lambda: EASE(3.5, n_threads=1),
    "als": lambda: ALS(5, 3, 0.7, 3.0, seed=7, n_threads=1, progress=False, init_scale=0.2),
    "bpr": lambda: BPR(
        5, 3, 0.03, (0.1, 0.02, 0.003), seed=7, n_threads=1, progress=False, n_blocks=2
    ),
    "bpr by popularity": lambda: BPR(
        5, 3, negatives="popularity", popularity_power=0.5, progress=False
    ),
    "bpr, adaptive": lambda: BPR(5, 3, negatives="adaptive", rank_scale=0.2, progress=False),
    "bpr without biases": lambda: BPR(3, 2, use_biases=False, progress=False, init_scale=0.2),
    "two-tower": lambda: TwoTower(5, 2, 0.02, 1e-3, seed=3, batch_size=32, progress=False),
}


def interactions(ids: str) -> Interactions:
    cells = np.random.default_rng(2).choice(12 * 15, size=50, replace=False)
    users, items = cells // 15, cells % 15
    if ids == "integers":
        return Interactions.from_events(
            10 * users - 50, 3 * items, user_ids=10 * np.arange(13) - 50, item_ids=3 * np.arange(15)
        )
    return Interactions.from_events(
        [f"user {u} ü" for u in users],
        [f"片 {i}" for i in items],
        user_ids=[f"user {u} ü" for u in range(13)],
        item_ids=[f"片 {i}" for i in range(15)],
    )


def saved(tmp_path: Path, model: str = "bpr", ids: str = "integers") -> Path:
    path = tmp_path / "model.npz"
    MODELS[model]().fit(interactions(ids)).save(path)
    return path


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_members(path: Path, parts: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, raw in parts.items():
            archive.writestr(name, raw)


def as_npy(array: Any, **named: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, **named)
    return buffer.getvalue()


def header_of(path: Path) -> dict[str, Any]:
    with np.load(path, allow_pickle=False) as archive:
        header: dict[str, Any] = json.loads(archive["header.json"].tobytes())
    return header


def with_header(path: Path, text: str) -> None:
    changed = as_npy(np.frombuffer(text.encode(), dtype=np.uint8))
    write_members(path, {**members(path), "header.json.npy": changed})


def assert_refused(
    path: Path, match: str | None = None, kind: type[Recommender] = Recommender
) -> None:
    with pytest.raises(ModelFileError, match=match) as caught:
        kind.load(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
