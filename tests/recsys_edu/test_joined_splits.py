"""Splits of parts that were made apart: the same ids for all, nothing lost, and right numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys_edu import ALS, Features, Interactions, MostPopular, Split, evaluate, random_split
from recsys_edu.errors import DataError, InvalidParameterError, UnknownItemError
from recsys_edu.feature_columns import Numeric


def pairs(part: Interactions) -> set[tuple[Any, Any]]:
    users, items = part.user_ids[part.rows()], part.item_ids[part.indices]
    return set(zip(users.tolist(), items.tolist(), strict=True))


def test_files_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("user,item\na,x\na,y\nb,x\nc,y\n")
    (tmp_path / "test.csv").write_text("user,item\na,z\nb,y\n")
    train = Interactions.from_csv(tmp_path / "train.csv")
    test = Interactions.from_csv(tmp_path / "test.csv")
    with pytest.raises(DataError, match=r"bring them together by Split.joined\(train, test\)"):
        evaluate(MostPopular().fit(train), test)
    split = Split.joined(train, test)
    assert pairs(split.train) == pairs(train)
    assert pairs(split.test) == pairs(test)
    assert split.train.user_ids.tolist() == split.test.user_ids.tolist() == ["a", "b", "c"]
    assert split.train.item_ids.tolist() == split.test.item_ids.tolist() == ["x", "y", "z"]
    found = evaluate(MostPopular().fit(split.train), split, metrics=["mrr@2"])
    assert found["mrr@2"] == 1.0  # a has z alone left; b has y before z


def test_parts_that_were_torn_apart_give_the_same_numbers() -> None:
    rng = np.random.default_rng(0)
    users, items = np.repeat(np.arange(40), 10), rng.integers(0, 25, 400)
    whole = random_split(Interactions.from_events(users, items, values=rng.random(400) + 1))

    def apart(part: Interactions) -> Interactions:
        return Interactions.from_events(
            part.user_ids[part.rows()], part.item_ids[part.indices], values=part.values
        )

    again = Split.joined(apart(whole.train), apart(whole.test), apart(whole.test))
    assert again.valid is not None
    assert pairs(again.valid) == pairs(whole.test)
    for one, other in zip(whole[:2], again[:2], strict=True):
        assert (one.to_csr() != other.to_csr()).nnz == 0
    models = (ALS(n_factors=4, epochs=2).fit(split.train) for split in (whole, again))
    first, second = (
        evaluate(model, split) for model, split in zip(models, (whole, again), strict=True)
    )
    assert str(first) == str(second)


def test_what_cannot_be_joined() -> None:
    numbers, texts = Interactions.from_events([1], [1]), Interactions.from_events(["1"], [1])
    with pytest.raises(DataError, match="users have integers for ids in one part and strings in"):
        Split.joined(numbers, texts)
    with pytest.raises(InvalidParameterError, match="valid must be Interactions, not str"):
        Split.joined(numbers, numbers, "valid.csv")  # type: ignore[arg-type]
    with pytest.raises(UnknownItemError, match="unknown item ids: 1"):
        numbers.over([1], [2])


def test_parts_with_times_and_features_keep_them() -> None:
    events = Interactions.from_events([2, 1], [5, 6], timestamps=[20, 10])
    events = events.with_features(users=Features([1, 2], numeric={"age": [10.0, 20.0]}))
    split = Split.joined(events, Interactions.from_events([0], [6]))
    assert split.train.user_ids.tolist() == [0, 1, 2]
    assert split.train.timestamps is not None
    assert split.train.timestamps.tolist() == [10, 20]
    assert split.train.user_features is not None
    ages = split.train.user_features.columns["age"]
    assert isinstance(ages, Numeric)
    assert ages.known.tolist() == [False, True, True]
    assert ages.values.tolist() == [0.0, 10.0, 20.0]


class Silent:
    """A model that does not say what it was trained on."""

    def rank(self, rows: Any, k: int) -> Any:
        return np.zeros((len(rows), 1), dtype=np.int32), np.zeros((len(rows), 1), dtype=np.float32)


def test_a_split_of_other_ids_is_refused_whatever_the_model_is() -> None:
    train, test = Interactions.from_events([1], [1]), Interactions.from_events([2], [1])
    assert train.shape == test.shape
    with pytest.raises(DataError, match="other user_ids than the training ones"):
        evaluate(Silent(), Split(train, test))


@pytest.mark.parametrize("metrics", [None, 3])
def test_metrics_are_a_list(metrics: Any) -> None:
    train = Interactions.from_events([1, 2], [1, 2])
    with pytest.raises(InvalidParameterError, match="metrics must be a list of names, not"):
        evaluate(MostPopular().fit(train), train, metrics=metrics)
