"""How many of the best 20 items does approximate retrieval find, and how much sooner?

    make retrieval [BENCH="--items 100000"]     or     python benchmarks/retrieval.py

BPR is trained on made-up interactions whose users each have a few of many genres, and some items of
a genre are had far more often. Its vectors are searched exactly (every score, the optimized
backend) and by the HNSW graph with more and more candidates, in turn: all users in one call, and
one user a call; medians. What users have seen is left in: it would cost both alike.
"""

from __future__ import annotations

import argparse
import time
from functools import partial
from typing import NamedTuple

import numpy as np
from speed import timed_in_turn

from recsys_backends import use_backend
from recsys_edu import BPR, Interactions
from recsys_edu.machine import describe_machine
from recsys_edu.serving.approximate import ApproximateIndex
from recsys_edu.serving.retrieval import ExactIndex, ItemIndex, recall

K = 20
GENRE = 1000
"""Items in a genre."""


class Settings(NamedTuple):
    """What to search, and how often."""

    items: int
    users: int
    factors: int
    epochs: int
    threads: int
    rounds: int
    queries: int
    connectivity: int
    expansion_add: int
    build_threads: int
    expansions: list[int]


def main() -> None:
    """Print the time to build, and recall and searches a second for each number of candidates."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--users", type=int, default=200_000)
    parser.add_argument("--factors", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--connectivity", type=int, default=32, help="links of each item")
    parser.add_argument("--expansion-add", type=int, default=128, help="candidates for them")
    parser.add_argument("--build-threads", type=int, default=0, help="0 for all cores")
    parser.add_argument("--expansions", type=int, nargs="+", default=[32, 64, 128, 256, 512])
    parser.add_argument("--quick", action="store_true", help="few items, one round: a try")
    given = vars(parser.parse_args())
    if given.pop("quick"):
        given |= {"items": 5000, "users": 500, "factors": 16, "epochs": 5, "rounds": 1}
        given |= {"queries": 100, "expansions": [32, 512]}
    asked = Settings(**given)
    for name, value in describe_machine().items():
        print(f"{name}: {value}")
    with use_backend("optimized"):
        compare(asked)


def compare(asked: Settings) -> None:
    """Train, build, search."""
    train = make_genres(asked.users, asked.items)
    print(f"\n{train!r}")
    model = BPR(asked.factors, asked.epochs, 0.05, 0.005, progress=False)
    model.fit(train)
    print(f"BPR, {asked.factors} factors, {model.history[-1].accuracy:.3f} of pairs in order")
    rng = np.random.default_rng(1)
    users = model.user_factors[rng.choice(train.n_users, asked.queries, replace=False)]
    vectors = model.item_factors, model.item_biases
    exact = ExactIndex(*vectors, n_threads=asked.threads)
    started = time.perf_counter(), time.process_time()
    index = ApproximateIndex(
        *vectors,
        n_threads=asked.build_threads,
        connectivity=asked.connectivity,
        expansion_add=asked.expansion_add,
    )
    wall, processor = time.perf_counter() - started[0], time.process_time() - started[1]
    print(f"built in {wall:.0f} s, {processor:.0f} s of the processor", flush=True)
    index.n_threads = asked.threads
    print(f"\nk {K}, {asked.threads} thread(s), median of {asked.rounds}")
    print("candidates  recall@20  searches/s  × exact  one alone, µs  × exact")
    best = exact.search(users, K).items
    found = {"all": 1.0}
    for expansion in asked.expansions:
        index.expansion_search = expansion
        found[str(expansion)] = recall(index.search(users, K).items, best)
    times = speeds(exact, index, users, asked)
    for name, share in found.items():
        print(line(name, share, times[name], times["all"]))


class Speed(NamedTuple):
    """Seconds for each user."""

    together: float
    alone: float


def speeds(
    exact: ExactIndex, index: ApproximateIndex, users: np.ndarray, asked: Settings
) -> dict[str, Speed]:
    """Median times a user, of all users in one call and of one user a call, measured in turn."""
    few = users[: min(50, len(users))]

    def together(expansion: int | None) -> None:
        at(expansion).search(users, K)

    def alone(expansion: int | None) -> None:
        for user in few:
            at(expansion).search(user[None], K)

    def at(expansion: int | None) -> ItemIndex:
        if expansion is None:
            return exact
        index.expansion_search = expansion
        return index

    choices: list[int | None] = [None, *asked.expansions]
    first = timed_in_turn({str(e): partial(together, e) for e in choices}, asked.rounds)
    second = timed_in_turn({str(e): partial(alone, e) for e in choices}, asked.rounds)
    return {
        "all" if e is None else str(e): Speed(first[str(e)] / len(users), second[str(e)] / len(few))
        for e in choices
    }


def make_genres(n_users: int, n_items: int, n_each: int = 50) -> Interactions:
    """Interactions of users who each like up to four genres; popular items are had more often."""
    rng = np.random.default_rng(0)
    n_genres = max(1, n_items // GENRE)
    genres = rng.integers(0, n_genres, (n_users, 4))
    chosen = np.take_along_axis(genres, rng.integers(0, 4, (n_users, n_each)), axis=1)
    ranks = (GENRE ** rng.random((n_users, n_each))).astype(np.int64) - 1  # P(rank) ∝ 1 / rank
    anywhere = rng.random((n_users, n_each)) < 0.1
    items = np.where(anywhere, rng.integers(0, n_items, chosen.shape), chosen * GENRE + ranks)
    users = np.repeat(np.arange(n_users), n_each)
    ids = {"user_ids": np.arange(n_users), "item_ids": np.arange(n_items)}
    return Interactions.from_events(users, np.minimum(items, n_items - 1).ravel(), **ids)


def line(name: str, found: float, speed: Speed, base: Speed) -> str:
    return (
        f"{name:>10}  {found:9.4f}  {1 / speed.together:10,.0f}  "
        f"{base.together / speed.together:7.1f}  {1e6 * speed.alone:13,.0f}  "
        f"{base.alone / speed.alone:7.1f}"
    )


if __name__ == "__main__":
    main()
