"""Ids are numbered before they become arrays, so that one long id costs its own length only."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_edu.errors import DataError, UnknownUserError
from recsys_edu.factorizing import factorize
from recsys_edu.ids import IdIndex
from recsys_edu.interactions import Interactions

LONG_IDS = """
import resource, sys
import numpy as np
from recsys_edu import Interactions
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
n = 300_000
urls = [f"https://example.org/{number % 1000}" for number in range(n)]
urls[7] = "https://example.org/" + "x" * 2000
users = [f"u{number % 5000}" for number in range(n)]
if sys.argv[1] == "csv":
    with open(sys.argv[2], "w") as file:
        file.write("user,item\\n" + "".join(f"{u},{i}\\n" for u, i in zip(users, urls)))
elif sys.argv[1] == "frame":
    import pandas as pd
    frame = pd.DataFrame({"user": users, "item": urls})
    Interactions.from_frame(frame[:10])
before = peak()
if sys.argv[1] == "csv":
    made = Interactions.from_csv(sys.argv[2])
elif sys.argv[1] == "frame":
    made = Interactions.from_frame(frame)
else:
    made = Interactions.from_events(users, urls)
    made.user_rows(users), made.item_columns(urls)
print(peak() - before, made.n_items)
"""


@pytest.mark.parametrize("way", ["csv", "frame", "events"])
def test_one_long_id_costs_its_own_length(tmp_path: Path, way: str) -> None:
    """Text of fixed width for 300,000 events with one address of 2,000 characters takes 2.4 GB."""
    done = subprocess.run(
        [sys.executable, "-c", LONG_IDS, way, str(tmp_path / "events.csv")],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    megabytes, n_items = map(int, done.stdout.split())
    assert n_items == 1001
    assert megabytes < 200


LONG = "x" * 2000


def test_an_id_that_is_longer_than_all_is_not_compared() -> None:
    """It would make an array of all ids as wide as it is: here 2.4 GB."""
    index = IdIndex([f"u{number:07}" for number in range(300_000)])
    tracemalloc.start()
    wanted = ["u0000003", LONG, "u0299999", "u", "u0000003" + LONG, "u00000035"]
    assert index.find(wanted).tolist() == [3, -1, 299_999, -1, -1, -1]
    with pytest.raises(UnknownUserError, match=r"^unknown users: 'x{60}'…\.$"):
        index.positions([LONG], "users", UnknownUserError)
    assert tracemalloc.get_traced_memory()[1] < 50 << 20
    tracemalloc.stop()


def test_a_vocabulary_that_no_memory_holds_is_refused() -> None:
    texts = [f"u{number}" for number in range(1000)] + ["y" * (2 << 20)]
    with pytest.raises(DataError, match=r"would take 8 GB, .* 'y{60}'…, with 2,097,152 characters"):
        Interactions.from_events(texts, range(len(texts)))


@given(st.lists(st.one_of(st.integers(-5, 5), st.integers(-(2**63), 2**63 - 1))))
def test_integers_are_numbered_in_order(ids: list[int]) -> None:
    found = factorize(np.array(ids, dtype=np.int64))
    assert found.vocabulary.tolist() == sorted(set(ids))
    assert found.vocabulary[found.codes].tolist() == ids


@given(st.lists(st.text(st.characters(exclude_characters="\0"), max_size=3), min_size=1))
def test_texts_are_numbered_in_order(ids: list[str]) -> None:
    as_array = np.array(ids, dtype=np.str_)
    for given_as in (ids, as_array, as_array.astype(object), pd.Series(ids, dtype=object)):
        found = factorize(given_as)
        assert found.vocabulary.tolist() == sorted(set(ids))
        assert found.vocabulary[found.codes].tolist() == ids
    index = IdIndex(list(dict.fromkeys(ids)))
    positions = index.find([*ids, "none of them", ids[0] + "\0"])
    assert index.ids[positions[:-2]].tolist() == ids
    assert positions[-2:].tolist() == [-1, -1]
