"""Arrays of interactions and features are read-only, and stay so through copies and pickles."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from recsys_edu.errors import InvalidParameterError
from recsys_edu.features import Features
from recsys_edu.ids import IdIndex
from recsys_edu.interactions import Interactions, require_interactions


def rich() -> Interactions:
    """Interactions with everything that they can have."""
    bare = Interactions.from_events(
        ["a", "b", "b"], [3, 1, 2], values=[1.0, 2.0, 3.0], timestamps=[7, 8, 9]
    )
    return bare.with_features(
        users=Features(["a", "b"], categorical={"job": ["x", None]}, numeric={"age": [3, None]}),
        items=Features([1, 2, 3], multi_hot={"genres": [["p", "q"], [], None]}),
    )


def arrays_of(thing: Any, name: str = "interactions") -> Iterator[tuple[str, NDArray[Any]]]:
    """Every array that an object holds, with its path."""
    if isinstance(thing, np.ndarray):
        yield name, thing
    elif isinstance(thing, dict):
        for key, value in thing.items():
            yield from arrays_of(value, f"{name}[{key!r}]")
    else:
        for slot in getattr(thing, "__slots__", ()):
            yield from arrays_of(getattr(thing, slot), f"{name}.{slot}")


def by_buffers(thing: Interactions) -> Interactions:
    """Through protocol 5 with the arrays apart, as joblib and Dask send them."""
    buffers: list[pickle.PickleBuffer] = []
    head = pickle.dumps(thing, protocol=5, buffer_callback=buffers.append)
    made: Interactions = pickle.loads(head, buffers=[bytearray(buffer) for buffer in buffers])
    return made


WAYS: dict[str, Callable[[Interactions], Interactions]] = {
    "itself": lambda thing: thing,
    **{
        f"protocol {n}": lambda thing, n=n: pickle.loads(pickle.dumps(thing, protocol=n))  # type: ignore[misc]
        for n in range(2, pickle.HIGHEST_PROTOCOL + 1)
    },
    "buffers": by_buffers,
    "deepcopy": copy.deepcopy,
    "copy": copy.copy,
}


@pytest.mark.parametrize("way", WAYS)
def test_every_array_stays_read_only(way: str) -> None:
    original = rich()
    again = WAYS[way](original)
    found = dict(arrays_of(again))
    assert len(found) > 15
    assert [name for name, array in found.items() if array.flags.writeable] == []
    for name, array in arrays_of(original):
        assert np.array_equal(found[name], array), name
    assert again.user_rows(["b"]).tolist() == [1]
    assert again.keep(np.array([True, False, True])).nnz == 2


def test_everything_else_is_refused_with_one_sentence() -> None:
    made = rich()
    assert require_interactions(made, "train") is made
    for wrong in (pd.DataFrame({"user": [1]}), made.to_csr(), None, IdIndex([1])):
        sentence = (
            rf"^train must be Interactions, not {type(wrong).__name__}; make them with .*\)\.$"
        )
        with pytest.raises(InvalidParameterError, match=sentence):
            require_interactions(wrong, "train")
    with pytest.raises(InvalidParameterError, match="other must be Interactions, not DataFrame"):
        made.union(pd.DataFrame({"user": [1]}))  # type: ignore[arg-type]
