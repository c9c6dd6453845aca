"""Requirements for each part of lesson 09, on inputs that are drawn: even, skewed, tiny, one hub."""

import itertools
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from recsys_backends.contract.clause import require
from recsys_backends.plan import SKIPPED


def whole(value: Any, about: str) -> int:
    """Return an answer that has to be a whole number."""
    good = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    require(good, f"{about}: it is no int.")
    return int(value)


def listed(value: Any, about: str) -> list[Any]:
    """Return an answer that has to be a list, or a tuple."""
    require(isinstance(value, (list, tuple)), f"{about}: it is no list.")
    return list(value)


def wholes(value: Any, about: str) -> list[int]:
    """Return an answer that has to be a list of whole numbers."""
    return [whole(item, about) for item in listed(value, about)]


def item_weights(kind: str, n_items: int) -> np.ndarray:
    """Return how often each item occurs, as shares, in a catalogue of some kind."""
    weights = np.ones(n_items)
    if kind == "skewed":
        weights = 1 / (1.0 + np.arange(n_items))
    if kind == "one hub":
        weights[n_items // 2] = 2 * n_items
    return weights / weights.sum()


KINDS = ("even", "skewed", "one hub")


# Conflicts ----------------------------------------------------------------------------------------


def _triples(rng: np.random.Generator, kind: str, n: int, n_users: int, n_items: int) -> np.ndarray:
    positives = rng.choice(n_items, n, p=item_weights(kind, n_items))
    negatives = (positives + rng.integers(1, n_items, n)) % n_items
    negatives[rng.random(n) < 0.1] = SKIPPED
    return np.stack([rng.integers(0, n_users, n), positives, negatives], axis=1).astype(np.int32)


def _conflicts(lanes: list[np.ndarray]) -> int:
    touched: Counter[tuple[int, str, int]] = Counter()
    for lane in lanes:
        for step, (user, *items) in enumerate(lane.tolist()):
            if SKIPPED not in items:
                touched.update({(step, "user", user), *((step, "item", item) for item in items)})
    return sum(n - 1 for n in touched.values())


def require_conflicts(remote, rng: np.random.Generator) -> None:
    """count_conflicts() of lanes of any number and length."""
    shapes = (
        (1, 9, 3, 4),
        (2, 40, 6, 5),
        (3, 60, 4, 9),
        (5, 33, 12, 40),
        (9, 9, 2, 3),
        (4, 0, 2, 3),
    )
    for kind in KINDS:
        for n_lanes, n, n_users, n_items in shapes:
            cuts = np.sort(rng.integers(0, n + 1, n_lanes - 1))
            lanes = np.split(_triples(rng, kind, n, n_users, n_items), cuts)
            about = f"{n} triples, {n_users} users and {n_items} items ({kind}), in {n_lanes} lanes"
            found, expected = whole(remote.count_conflicts(lanes), about), _conflicts(lanes)
            require(
                found == expected,
                f"{about}: {expected} conflicts, and count_conflicts says {found}.",
            )


# Rounds and tiles ---------------------------------------------------------------------------------


def _rounds(n_blocks: int) -> list[list[tuple[int, int]]]:
    return [[(b, (b + r) % n_blocks) for b in range(n_blocks)] for r in range(n_blocks)]


def require_rounds(remote, rng: np.random.Generator) -> None:
    """conflict_free_rounds(): no shared block in a round, every tile once, in everybody's order."""
    for n_blocks in (1, 2, 3, 4, 8, int(rng.integers(9, 40))):
        about = f"the rounds of {n_blocks} blocks"
        answer = listed(remote.conflict_free_rounds(n_blocks), about)
        rounds = [[tuple(wholes(t, about)) for t in listed(r, about)] for r in answer]
        require(
            len(rounds) == n_blocks and all(len(r) == n_blocks for r in rounds),
            f"{n_blocks} blocks make {n_blocks} rounds of {n_blocks} tiles.",
        )
        require(all(len(t) == 2 for r in rounds for t in r), f"{about}: a tile is a pair.")
        for number, tiles in enumerate(rounds):
            for place, what in enumerate(("user", "item")):
                require(
                    len({tile[place] for tile in tiles}) == n_blocks,
                    f"two tiles of round {number} of {n_blocks} share their {what} block.",
                )
        require(
            len({tile for tiles in rounds for tile in tiles}) == n_blocks**2,
            f"with {n_blocks} blocks some tiles occur twice, and others never.",
        )
        require(
            rounds == _rounds(n_blocks),
            f"{about} hold the right tiles in another order: round r is (b, (b + r) mod B) for "
            "b = 0, 1, …",
        )


def _lists(rng: np.random.Generator, kind: str, n_users: int, n_items: int) -> list[np.ndarray]:
    """Return each user's items, ascending; some users have none, and one has all."""
    likely = np.minimum(1.0, 0.3 * n_items * item_weights(kind, n_items))
    lists = [np.flatnonzero(rng.random(n_items) < likely) for _ in range(n_users)]
    lists[0] = np.arange(n_items)
    return [items.astype(np.int32) for items in lists]


def _dealt(rng: np.random.Generator, n: int, n_blocks: int) -> list[list[int]]:
    cuts = np.sort(rng.integers(0, n + 1, n_blocks - 1))
    return [part.tolist() for part in np.split(rng.permutation(n), cuts)]


def require_layout(remote, rng: np.random.Generator) -> None:
    """lay_out_tiles() of blocks of any size, also empty ones."""
    for kind, (n_users, n_items, n_blocks) in itertools.product(
        KINDS, ((1, 1, 1), (5, 4, 2), (12, 20, 3), (20, 9, 5))
    ):
        lists = _lists(rng, kind, n_users, n_items)
        indptr = np.concatenate([[0], np.cumsum([len(items) for items in lists])]).astype(np.int64)
        blocks = [_dealt(rng, n, n_blocks) for n in (n_users, n_items)]
        about = (
            f"lay_out_tiles of {n_users} users and {n_items} items ({kind}) in {n_blocks} blocks"
        )
        tiles = listed(remote.lay_out_tiles(indptr, np.concatenate(lists), *blocks), about)
        require(len(tiles) == n_blocks**2, f"{about}: {len(tiles)} tiles.")
        order = [tile for tiles_of_round in _rounds(n_blocks) for tile in tiles_of_round]
        for number, ((b, c), tile) in enumerate(zip(order, tiles, strict=True)):
            here = f"{about}, tile {number}, which is ({b}, {c})"
            columns = [wholes(part, here) for part in listed(tile, here)]
            require(len(columns) == 3, f"{here}: users, positives and items are three lists.")
            members = set(blocks[1][c])
            pairs = [(u, i) for u in blocks[0][b] for i in lists[u].tolist() if i in members]
            require(columns[2] == blocks[1][c], f"{here}: its items are not those of its block.")
            require(
                len(columns[0]) == len(columns[1])
                and sorted(zip(*columns[:2], strict=True)) == sorted(pairs),
                f"{here}: it should have {len(pairs)} pairs, those of its two blocks; it has "
                f"{len(columns[0])} users and {len(columns[1])} items.",
            )
            require(
                list(zip(*columns[:2], strict=True)) == pairs,
                f"{here}: its pairs are in another order; it is that of the users in their block, "
                "and for one user of the items.",
            )


# Sums and rounds on threads -----------------------------------------------------------------------


def in_turn(values: list[float]) -> float:
    """Return the sum of values, added one after another."""
    total = 0.0
    for value in values:
        total += value
    return total


def losses_of_any_size(rng: np.random.Generator, n: int) -> list[float]:
    """Return values whose sum depends on the order, at nearly every place."""
    return (rng.uniform(0.5, 1, n) * 10.0 ** rng.integers(-9, 9, n)).tolist()


def require_same_float(found: Any, expected: float, about: str) -> None:
    """Require the very same float."""
    require(type(found) in (float, np.float64), f"{about}: it is no float.")
    require(
        float(found).hex() == float(expected).hex(),
        f"{about}: it is {found!r}, and should be {expected!r} to the last bit.",
    )


def require_sum(remote, rng: np.random.Generator) -> None:
    """ordered_sum() of parts that arrive in any order, also with gaps in their numbers."""
    for n in (0, 1, 2, 3, 9, 40, 300):
        values = losses_of_any_size(rng, n)
        numbers = np.sort(rng.permutation(3 * n)[:n]).tolist()
        for _ in range(3):
            order = rng.permutation(n).tolist()
            found = remote.ordered_sum([(numbers[place], values[place]) for place in order])
            about = f"the sum of {n} parts that arrived in some order, added by their numbers"
            require_same_float(found, in_turn(values), about)


def _losses_of_tiles(rng: np.random.Generator, n_blocks: int) -> list[float]:
    """Return losses that cancel: added in another order, or round by round, they lose other digits.

    With four blocks the huge ones are in round 0, with three in rounds 0 and 1.
    """
    losses = losses_of_any_size(rng, n_blocks**2)
    if n_blocks > 2:
        a, b, c, d = (rng.integers(1, 100, 4) + 0.25).tolist()
        losses[:6] = [a, 1e16, b, -1e16, c, d]
    return losses


def require_run(remote, rng: np.random.Generator) -> None:
    """run_rounds(): rounds apart, tiles of a round at once, the sum by number, errors passed on."""
    for n_blocks, n_threads in ((4, 2), (2, 3), (3, 3), (3, 1), (1, 4)):
        losses = _losses_of_tiles(rng, n_blocks)
        about = f"run_rounds with {n_blocks} blocks on {n_threads} threads"
        seen = remote.probe.play_rounds(losses, n_blocks, n_threads, -1)
        require("returned" in seen, f"{about} raised {seen.get('raised')}.")
        _require_scene(seen["events"], n_blocks, n_threads, about)
        require_same_float(seen["returned"], in_turn(losses), f"{about}: the sum of the losses")
    for failing in (1, 5):
        seen = remote.probe.play_rounds(losses_of_any_size(rng, 9), 3, 2, failing)
        about = f"run_rounds, where tile {failing} of 9 raises ValueError"
        require("raised" in seen, f"{about}, should raise it; it returned as if nothing had been.")
        require(seen["raised"] == "ValueError", f"{about}, raised {seen['raised']}.")
        later = [number for what, number in seen["events"] if what == "begin" and number > failing]
        require(
            all(number // 3 == failing // 3 for number in later),
            f"{about}, began tiles of later rounds afterwards.",
        )


def _require_scene(events: list, n_blocks: int, n_threads: int, about: str) -> None:
    """Require what happened to be rounds one after another, on so many threads."""
    begun = [number for what, number in events if what == "begin"]
    ended = [number for what, number in events if what == "end"]
    every = list(range(n_blocks**2))
    require(
        sorted(begun) == every and sorted(ended) == every,
        f"{about}: tiles 0 to {n_blocks**2 - 1} should run once each; those begun are {sorted(begun)}.",
    )
    for what, number in _with_running(events):
        require(
            {other // n_blocks for other in what} <= {number // n_blocks},
            f"{about}: tile {number} was begun while a tile of an earlier round was running.",
        )
    most = max(len(running) + 1 for running, _ in _with_running(events))
    wanted = min(n_blocks, n_threads)
    require(most >= wanted, f"{about}: never more than {most} of the tiles ran at once.")
    require(most <= n_threads, f"{about}: {most} tiles ran at once.")


def _with_running(events: list) -> Iterator[tuple[set[int], int]]:
    """Yield each tile that begins, with those that are running then."""
    running: set[int] = set()
    for what, number in events:
        if what == "begin":
            yield set(running), number
            running.add(number)
        else:
            running.discard(number)


# Balance and the fit ------------------------------------------------------------------------------


def _largest_first(sizes: np.ndarray, n_blocks: int) -> int:
    sums = [0] * n_blocks
    for size in sorted(sizes.tolist(), reverse=True):
        sums[sums.index(min(sums))] += size
    return max(sums)


def require_balance(remote, rng: np.random.Generator) -> None:
    """balance_blocks(): every row once, and no block fuller than the rule gives."""
    for kind, (n, n_blocks) in itertools.product(
        KINDS, ((1, 1), (1, 3), (7, 2), (10, 4), (60, 8), (300, 7), (5, 9))
    ):
        total = int(rng.integers(20, 2000))
        sizes = rng.permutation(rng.multinomial(total, item_weights(kind, n))).astype(np.int64)
        about = f"balance_blocks of {n} rows ({kind}) into {n_blocks}"
        blocks = [wholes(b, about) for b in listed(remote.balance_blocks(sizes, n_blocks), about)]
        require(len(blocks) == n_blocks, f"{about}: {len(blocks)} lists came back.")
        require(
            sorted(row for block in blocks for row in block) == list(range(n)),
            f"{about}: every row should be in exactly one block.",
        )
        fullest = max(int(sizes[block].sum()) if block else 0 for block in blocks)
        bound = _largest_first(sizes, n_blocks)
        require(
            fullest <= bound,
            f"{about}: the fullest block has {fullest} of {total}; dealing the largest rows first, "
            f"each to the block that has least so far, gives {bound}.",
        )


def _fit(numbers: list[int], seconds: list[float]) -> tuple[float, float]:
    """Return the best s and w, in exact fractions."""
    x, t = [Fraction(1, n) for n in numbers], [Fraction(second) for second in seconds]
    n, sum_x, sum_t = len(x), sum(x), sum(t)
    sum_xx, sum_xt = sum(a * a for a in x), sum(a * b for a, b in zip(x, t, strict=True))
    shared = (n * sum_xt - sum_x * sum_t) / (n * sum_xx - sum_x**2)
    serial = (sum_t - shared * sum_x) / n
    if shared < 0:
        return float(sum_t / n), 0.0
    if serial < 0:
        return 0.0, float(sum_xt / sum_xx)
    return float(serial), float(shared)


def _require_line(remote, numbers: list[int], seconds: list[float], about: str) -> None:
    """Require the s and w of one fit."""
    found = listed(remote.fit_amdahl(numbers, seconds), about)
    require(len(found) == 2, f"{about}: return two numbers, (s, w).")
    names = ("the serial part s", "the shared part w")
    for name, got, wanted in zip(names, found, _fit(numbers, seconds), strict=True):
        require(type(got) in (int, float, np.float64), f"{about}: {name} is no float.")
        require(
            abs(float(got) - wanted) <= 1e-9 * max(seconds),
            f"{about}: {name} is {float(got):.6f} s, and that of the best line {wanted:.6f} s.",
        )


def require_fit(remote, rng: np.random.Generator) -> None:
    """fit_amdahl() of noisy times, with a serial part, without one, and where nothing is shared."""
    truths = ((0.3, 2.0, 0.05), (1.0, 0.5, 0.05), (0.0, 4.0, 0.1), (0.0, 1.0, 0.2), (2.0, 0.0, 0.1))
    for serial, shared, noise in truths:
        for count in (2, 3, 5, 12):
            numbers = [1, 4, *rng.integers(1, 33, count - 2).tolist()]
            even = serial + shared / np.array(numbers)
            times = (even * (1 + noise * rng.uniform(-1, 1, count))).tolist()
            about = f"fit_amdahl of {count} times around {serial:g} + {shared:g}/n"
            _require_line(remote, numbers, times, about)
    for seconds in ([1.0, 0.4, 0.15], [1.0, 1.5, 2.5]):  # too fast for any s, and slower each time
        about = f"fit_amdahl of {', '.join(map(str, seconds))} s on 1, 2 and 4 threads"
        _require_line(remote, [1, 2, 4], seconds, about)
    for numbers, times in (([3, 3, 3], [1.0, 1.1, 0.9]), ([2], [1.0]), ([1, 2, 3], [2.0, 1.0])):
        raised = remote.probe.error_of_fit(numbers, times)
        require(
            raised == "ValueError",
            f"fit_amdahl of threads {numbers} and {len(times)} times: no line is fixed by them, so "
            f"raise ValueError; yours {f'raised {raised}' if raised else 'returned'}.",
        )
