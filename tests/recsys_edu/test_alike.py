"""Similar items and users: the cosines or the neighbours of each model, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from recsys_edu import (
    ALS,
    BPR,
    EASE,
    ItemKNN,
    MostPopular,
    PureSVD,
    Recommender,
    TwoTower,
    UserKNN,
    set_backend,
)
from recsys_edu.errors import (
    InvalidParameterError,
    NotFittedError,
    UnknownItemError,
    UnknownUserError,
    UnsupportedError,
)
from recsys_edu.interactions import Interactions
from recsys_edu.models.base import Side
from recsys_edu.models.catalogue import model_names
from recsys_edu.models.factor_model import FactorModel
from recsys_edu.recommendations import Alike

pytestmark = pytest.mark.usefixtures("optimized_backend")

OF_FACTORS: dict[str, Callable[[], FactorModel]] = {
    "pure-svd": lambda: PureSVD(5),
    "als": lambda: ALS(6, 3, progress=False),
    "bpr": lambda: BPR(6, 5, progress=False),
    "two-tower": lambda: TwoTower(6, 2, progress=False, device="cpu"),
}
OTHERS: dict[str, Callable[[], Recommender]] = {
    "popularity": MostPopular,
    "item-knn": lambda: ItemKNN(6),
    "user-knn": lambda: UserKNN(6),
    "ease": EASE,
}
SIDES: tuple[Side, Side] = ("items", "users")


def train() -> Interactions:
    users, items = np.nonzero(np.random.default_rng(4).random((40, 25)) < 0.2)
    return Interactions.from_events([f"u{u:02}" for u in users], [f"i{i:02}" for i in items])


def alike(model: Recommender, side: Side, ids: object, k: int) -> Alike:
    return (model.similar_items if side == "items" else model.similar_users)(ids, k)


def test_every_model_is_here() -> None:
    assert sorted([*OF_FACTORS, *OTHERS]) == sorted(model_names())


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("name", OF_FACTORS)
def test_factors_are_compared_by_their_cosine(name: str, side: Side) -> None:
    model = OF_FACTORS[name]().fit(train())
    vectors, ids = (
        (model.item_factors, model.train.item_ids)
        if side == "items"
        else (model.user_factors, model.train.user_ids)
    )
    units = vectors.astype(np.float64) / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = units @ units.T
    np.fill_diagonal(cosines, -2.0)
    asked = ids[[7, 0, 7, 19]]
    found = alike(model, side, asked, 4)
    for place, row in enumerate((7, 0, 7, 19)):
        expected = np.argsort(-cosines[row], kind="stable")[:4]
        assert found.ids[place].tolist() == ids[expected].tolist()
        np.testing.assert_allclose(found.similarities[place], cosines[row, expected], rtol=1e-5)
    everybody = alike(model, side, asked[0], 1000).ids[0]
    assert sorted(everybody) == sorted(set(ids.tolist()) - {asked[0]})


@pytest.mark.parametrize("backend", ["naive", "optimized", "torch"])
def test_each_backend_finds_the_same(backend: str) -> None:
    model = ALS(6, 3, progress=False).fit(train())
    expected = model.similar_items(model.train.item_ids, 5)
    set_backend(backend)
    found = model.similar_items(model.train.item_ids, 5)
    assert [ids.tolist() for ids in found.ids] == [ids.tolist() for ids in expected.ids]


def test_vectors_of_zeros_are_like_nothing() -> None:
    model = PureSVD(3).fit(train())
    model.item_factors[[2, 5]] = 0
    ids = model.train.item_ids
    found = model.similar_items(ids, 25)
    assert [len(listed) for listed in found.ids] == [0 if n in (2, 5) else 22 for n in range(25)]
    assert not {ids[2], ids[5]} & {each for listed in found.ids for each in listed}
    model.item_factors[:] = 0
    assert model.similar_items(ids[0]).ids[0].size == 0


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_lengths_of_vectors_make_no_difference(scale: float) -> None:
    model = PureSVD(3).fit(train())
    before = model.similar_items(model.train.item_ids, 3)
    model.item_factors *= np.float32(scale)
    after = model.similar_items(model.train.item_ids, 3)
    assert [ids.tolist() for ids in after.ids] == [ids.tolist() for ids in before.ids]


@pytest.mark.parametrize(("make", "side"), [(ItemKNN, "items"), (UserKNN, "users")])
def test_neighbours_are_those_that_were_learned(
    make: Callable[[int], ItemKNN | UserKNN], side: Side
) -> None:
    model = make(6).fit(train())
    ids = model.train.item_ids if side == "items" else model.train.user_ids
    found = alike(model, side, ids, 4)
    indptr, indices, values = model.neighbors
    for row in range(len(ids)):
        own = slice(indptr[row], indptr[row + 1])
        order = np.lexsort((indices[own], -values[own]))[:4]
        assert found.ids[row].tolist() == ids[indices[own][order]].tolist()
        assert found.similarities[row].tolist() == values[own][order].tolist()
    assert max(map(len, alike(model, side, ids, 20).ids)) <= 6


@pytest.mark.parametrize(
    ("name", "side", "other"),
    [
        ("item-knn", "users", "UserKNN"),
        ("user-knn", "items", "ItemKNN"),
        ("popularity", "items", "ItemKNN"),
        ("popularity", "users", "UserKNN"),
        ("ease", "users", "UserKNN"),
        ("ease", "items", "ItemKNN"),
    ],
)
def test_models_that_compare_nothing_name_one_that_does(name: str, side: Side, other: str) -> None:
    model = OTHERS[name]().fit(train())
    with pytest.raises(UnsupportedError, match=f"does not compare {side}.*or {other}"):
        alike(model, side, ["u00" if side == "users" else "i00"], 3)


@pytest.mark.parametrize("name", [*OF_FACTORS, *OTHERS])
def test_unknown_ids_and_lengths_are_refused_and_none_is_none(name: str) -> None:
    model = {**OF_FACTORS, **OTHERS}[name]()
    with pytest.raises(NotFittedError):
        model.similar_items(["i00"])
    model.fit(train())
    with pytest.raises(UnknownItemError, match="nobody"):
        model.similar_items(["i00", "nobody"])
    with pytest.raises(UnknownUserError, match="nobody"):
        model.similar_users("nobody")
    with pytest.raises(InvalidParameterError, match="k"):
        model.similar_items(["i00"], 0)
    if name in OF_FACTORS:
        assert model.similar_items([]) == ([], [])
