"""Every entry point that takes interactions refuses everything else with the same sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from recsys_edu import (
    BPR,
    EarlyStopping,
    Interactions,
    ItemKNN,
    MostPopular,
    Split,
    TwoTower,
    evaluate,
    leave_last_out,
    per_user_split,
    random_split,
    time_split,
)
from recsys_edu.errors import InvalidParameterError
from tests.recsys_edu.rankers import matrix

TRAIN = matrix({(0, 0), (1, 1), (2, 0)}, 3, 3)
TEST = matrix({(0, 1), (1, 0)}, 3, 3)
FITTED = MostPopular().fit(TRAIN)

ENTRY_POINTS: dict[str, Callable[[Any], object]] = {
    "random_split": random_split,
    "per_user_split": per_user_split,
    "leave_last_out": leave_last_out,
    "time_split": time_split,
    "evaluate": lambda given: evaluate(FITTED, given),
    "evaluate, test of a split": lambda given: evaluate(FITTED, Split(TRAIN, given)),
    "evaluate, train of a split": lambda given: evaluate(FITTED, Split(given, TEST)),
    "fit": MostPopular().fit,
    "fit with epochs": BPR(progress=False).fit,
    "fit with resume": TwoTower(progress=False, device="cpu").fit,
    "warm start": lambda given: BPR(progress=False).fit(given, warm_start=True),
    "neighbours": ItemKNN().fit,
    "EarlyStopping": EarlyStopping,
    "union": TRAIN.union,
    "fold_valid": lambda given: Split(TRAIN, TEST, given).fold_valid(),
}
WRONG = {
    "a frame": pd.DataFrame({"user": [1], "item": [2]}),
    "a matrix": TRAIN.to_csr(),
    "an array": np.zeros((2, 2)),
    "a path": "ratings.csv",
    "a class": Interactions,
    "a tuple": (TRAIN, TEST),
}


@pytest.mark.parametrize("given", WRONG)
@pytest.mark.parametrize("name", ENTRY_POINTS)
def test_one_sentence_for_all(name: str, given: str) -> None:
    message = (
        rf" must be Interactions, not {type(WRONG[given]).__name__}; make them with Inter.*\)\.$"
    )
    with pytest.raises(InvalidParameterError, match=message):
        ENTRY_POINTS[name](WRONG[given])


@pytest.mark.parametrize("model", [{}, None, "als", print, TRAIN])
def test_what_cannot_rank_is_no_model(model: Any) -> None:
    message = (
        rf"^model must be a fitted model, or anything with rank.*got {type(model).__name__}\.$"
    )
    with pytest.raises(InvalidParameterError, match=message):
        evaluate(model, TEST)


def test_a_class_is_no_model() -> None:
    with pytest.raises(InvalidParameterError, match=r"got MostPopular, a class: make one, and fit"):
        evaluate(MostPopular, TEST)  # type: ignore[arg-type]


@pytest.mark.parametrize("make", [MostPopular, lambda: BPR(progress=False)])
@pytest.mark.parametrize(
    ("callbacks", "message"),
    [
        ([print], r"a callback must be .* on_epoch\(model, report\), not builtin_function"),
        ([lambda model, report: True], "a callback must be .* not function\\.$"),
        ([EarlyStopping], "a callback must be .* not type\\.$"),
        (print, r"callbacks must be a list, \[callback\], not builtin_function_or_method"),
        (EarlyStopping(TEST), r"callbacks must be a list, \[callback\], not EarlyStopping"),
        (None, "callbacks must be a list.*not NoneType"),
    ],
)
def test_callbacks_are_objects_in_a_list(
    make: Callable[[], Any], callbacks: Any, message: str
) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        make().fit(TRAIN, callbacks=callbacks)


def test_another_treatment_of_ties_is_refused() -> None:
    with pytest.raises(InvalidParameterError, match="ties must be 'expected' or 'index'; got 'av"):
        evaluate(FITTED, TEST, ties="average")
