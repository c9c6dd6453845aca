"""Values: one rule says which events are interactions, wherever they come from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp

from recsys_edu.errors import DataError, InvalidParameterError
from recsys_edu.interactions import Interactions

Maker = Callable[..., Interactions]

USERS, ITEMS = [0, 0, 1, 1, 2], [0, 1, 0, 2, 1]
DOORS = ("arrays", "matrix", "pandas", "polars", "csv", "file", "json lines")


def door(name: str, values: list[float], folder: Path, **more: Any) -> Interactions:
    """Interactions of the same events by one of the ways into the library."""
    table = {"user": USERS, "item": ITEMS, "rating": [float(value) for value in values]}
    file = folder / "ratings.txt"
    if name == "arrays":
        return Interactions.from_events(USERS, ITEMS, values=values, **more)
    if name == "matrix":
        matrix = sp.csr_array((np.array(values), (USERS, ITEMS)), shape=(3, 3))
        assert matrix.nnz == len(values)  # zeros are stored
        return Interactions.from_csr(matrix, **more)
    if name in ("pandas", "polars"):
        frame = {"pandas": pd.DataFrame, "polars": pl.DataFrame}[name](table)
        return Interactions.from_frame(frame, value="rating", **more)
    if name == "json lines":
        pd.DataFrame(table).to_json(file, orient="records", lines=True)
        return Interactions.from_file(file, quiet=True, **more)
    pd.DataFrame(table).to_csv(file, index=False)
    if name == "file":
        return Interactions.from_file(file, quiet=True, **more)
    return Interactions.from_csv(file, value="rating", **more)


def entries(built: Interactions) -> dict[tuple[int, int], float]:
    assert built.values is not None
    pairs = zip(
        built.user_ids[built.rows()].tolist(), built.item_ids[built.indices].tolist(), strict=True
    )
    return dict(zip(pairs, built.values.tolist(), strict=True))


@pytest.mark.parametrize("name", DOORS)
@pytest.mark.parametrize(
    ("min_value", "values", "kept"),
    [
        (None, [5, 0, 3, 1, 0], {(0, 0): 5, (1, 0): 3, (1, 2): 1}),
        (
            None,
            [0.5, 1e-30, 3, 1, 2],
            {(0, 0): 0.5, (0, 1): 1e-30, (1, 0): 3, (1, 2): 1, (2, 1): 2},
        ),
        (0, [5, 0, -1, 1, 0], {(0, 0): 5, (0, 1): 0, (1, 2): 1, (2, 1): 0}),
        (1, [5, 0, -1, 1, 0.9], {(0, 0): 5, (1, 2): 1}),
        (-1, [5, 0, -1, -1.5, 0], {(0, 0): 5, (0, 1): 0, (1, 0): -1, (2, 1): 0}),
        (4, [5, 0, -1, 1, 3], {(0, 0): 5}),
    ],
)
def test_all_ways_in_keep_the_same_events(
    tmp_path: Path, name: str, min_value: float | None, values: list[float], kept: dict[Any, float]
) -> None:
    built = door(name, values, tmp_path, min_value=min_value)
    assert entries(built) == pytest.approx(kept)
    assert built.shape == (3, 3)  # ids stay, so that catalogues do not depend on opinions


@pytest.mark.parametrize("name", DOORS)
def test_all_ways_in_refuse_negative_values_with_one_sentence(tmp_path: Path, name: str) -> None:
    place = {
        **{"arrays": "position 2", "matrix": "position 2"},
        **dict.fromkeys(("pandas", "polars"), r"row 2 \(counted from 0\)"),
        **{"csv": "ratings.txt, line 4", "file": "ratings.txt, line 4"},
        "json lines": "ratings.txt, line 3",
    }[name]
    with pytest.raises(
        DataError, match=rf"{place}: a value of -1, one of 2 below 0; .* min_value=1"
    ):
        door(name, [5, 0, -1, -2, 0], tmp_path)


def test_the_latest_event_decides_before_its_value_does() -> None:
    """A rating that was withdrawn must not leave the one before it."""
    built = Interactions.from_events(
        [1, 1, 2, 2], [7, 7, 7, 7], values=[5, -1, 1, 4], timestamps=[1, 2, 9, 3], min_value=2
    )
    assert built.nnz == 0
    assert built.user_ids.tolist() == [1, 2]


def test_min_value_wants_values_and_a_number() -> None:
    with pytest.raises(InvalidParameterError, match="min_value needs values"):
        Interactions.from_events([1], [1], min_value=1)
    for wrong in ("1", True, float("nan"), [1]):
        with pytest.raises(InvalidParameterError, match="min_value must be a number"):
            Interactions.from_events([1], [1], values=[1], min_value=wrong)  # type: ignore[arg-type]


def test_false_is_no_interaction() -> None:
    matrix = sp.csr_array((np.array([True, False]), ([0, 1], [0, 1])))
    assert Interactions.from_csr(matrix).nnz == 1
    assert Interactions.from_events([0, 1], [0, 1], values=[True, False]).nnz == 1
