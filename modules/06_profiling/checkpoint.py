"""Do I know where the time goes? The instruments, one after the other, and then a real profile."""

import cProfile
import math
import pstats

import numpy as np

from recsys_backends import ops, use_backend
from recsys_backends.contract.clause import require
from recsys_edu.datasets.synthetic import make_synthetic
from tito.judging.figures import require_figure

MB = 10**6


def my_stopwatch_is_right(remote, rng: np.random.Generator) -> None:
    """Milliseconds between two readings of the clock, for nested and for failing blocks."""
    require_stopwatch(remote, *rng.integers(1, 100, 4).tolist())
    found = remote.probe.time_a_sleep(0.05)
    require(
        found["least"] - 0.01 <= found["time_ms"] <= found["most"] + 0.01,
        f"A block that slept took between {found['least']:.2f} and {found['most']:.2f} ms, and "
        f"timed says {found['time_ms']:.2f}: is its clock time.perf_counter?",
    )


def my_memory_meter_is_right(remote, rng: np.random.Generator) -> None:
    """What a block held at most and what it left, whoever traces around it."""
    require_memory_meter(remote, (rng.integers(3, 20, 3) * MB).tolist())


def my_comparison_survives_a_slowing_machine(remote, rng: np.random.Generator) -> None:
    """Two functions in turns, on a machine that slows down all the time and stumbles once."""
    n = 8
    slowing = 1 + np.arange(2 * n + 2) / 10
    first, second = 0.1 * slowing[0::2], 0.12 * slowing[1::2]
    first[0], second[0] = 5.0, 3.0  # to warm up
    first[int(rng.integers(1, n // 2))] = 40.0
    require_comparison(remote, first, second)
    require_cost(remote, rng.uniform(0.01, 0.02, 5), rng.uniform(0.001, 0.002, 5), 1000)


def my_profile_points_to_the_loop(remote, rng: np.random.Generator) -> str:
    """A real profile of BPR in plain Python, read by your time_shares."""
    real = profile_of_bpr()
    rows = remote.time_shares(real)
    require_rows(rows, real)
    for stats in (made_up_profile(rng), {("a.py", 1, "idle"): (1, 1, 0.0, 0.0, {})}, {}):
        require_rows(remote.time_shares(stats), stats)
    name, _, own, _ = rows[0]
    bound = f"making it infinitely fast makes the epoch {1 / (1 - own):.1f} times as fast"
    return f"in an epoch of plain Python {name} itself takes {own:.0%} of the time, and {bound}"


def my_bounds_are_right(remote, rng: np.random.Generator) -> None:
    """Amdahl's law and the roofline, from a share and a machine to the most that can be won."""
    share, factor = float(rng.uniform(0.6, 0.9)), float(rng.uniform(5, 50))
    require_amdahl(remote, share, factor)
    require_amdahl(remote, 0.75, factor)
    require(
        remote.speedup(1.0, math.inf) == math.inf,
        "speedup(1.0, math.inf) should be math.inf: nothing is left.",
    )
    d, (m, k, n) = int(rng.integers(8, 128)), rng.integers(2, 30, 3).tolist()
    require_counts(remote, d, m, k, n)
    require_roof(remote, *rng.uniform([0.1, 1e10, 1e9], [0.9, 1e11, 9e9]).tolist())


# What the clauses above are made of. --------------------------------------------------------------


def require_stopwatch(remote, start: float, before: float, inside: float, after: float) -> None:
    """timed() on blocks that take these seconds."""
    found = remote.probe.time_blocks(start, before, inside, after)
    for name, seconds in (("outer", before + inside + after), ("inner", inside)):
        require(found[name] is not None, f"After the {name} block its time_ms is still None.")
        about = f"One block in another: by the clock the {name} one takes, in ms,"
        require_figure(found[name], 1e3 * seconds, 1e-5, about)
    require(found["memory"] is None, "timed must leave peak_memory_mb None: it was not measured.")
    found = remote.probe.time_a_block_that_raises(inside)
    require(found["came_out"], "An error in the block does not come out of timed: it is swallowed.")
    require(found["time_ms"] is not None, "A block raised an error, and its time got lost.")
    about = "A block raises an error, and until then takes, in ms,"
    require_figure(found["time_ms"], 1e3 * inside, 1e-5, about)


def require_memory_meter(remote, sizes: list[int]) -> None:
    """traced() on blocks of these bytes: three sizes."""
    small, middle, large = sorted(sizes)
    large += 5 * MB
    found = remote.probe.trace_a_block(large, small)
    about = "A block holds much, drops it, and keeps a little"
    _require_megabytes(found["current"], small, f"{about}: its current memory")
    _require_megabytes(found["peak"], large, f"{about}: its peak memory")
    require(not found["still"], "The block has ended, and memory is still being traced.")
    require(found["time_ms"] is None, "traced must leave time_ms None: tracing falsifies it.")

    found = remote.probe.trace_while_tracing(large + middle, middle, small)
    require(found["still"], "Memory was traced before the block, and traced has switched it off.")
    about = "Somebody else traces already, and has held more: of the block inside the"
    _require_megabytes(found["current"], small, f"{about} current memory")
    _require_megabytes(found["peak"], small, f"{about} peak memory")
    _require_megabytes(
        found["dropping"]["current"], -middle, "A block only drops memory: its current memory"
    )
    _require_megabytes(found["dropping"]["peak"], 0, "A block only drops memory: its peak memory")

    for first, last in ((large, small), (small, large)):
        found = remote.probe.trace_nested(first, middle, last)
        names = (
            "the outer block",
            "an inner block",
            "the innermost, which does nothing",
            "a later one",
        )
        for peak, size, name in zip(found["peaks"], (large, middle, 0, 0), names, strict=True):
            _require_megabytes(peak, size, f"Blocks in blocks: the peak memory of {name}")
        require(found["still_inside"], "An inner block has switched off the tracing of the outer.")
        require(not found["still_after"], "After nested blocks, memory is still being traced.")
        require(found["open"] == 0, f"After nested blocks, {found['open']} are still in open_runs.")

    found = remote.probe.trace_a_block_that_raises(middle)
    require(
        found["came_out"], "An error in the block does not come out of traced: it is swallowed."
    )
    require(not found["still"], "A block raised an error, and memory is still being traced.")
    require(found["open"] == 0, "A block raised an error, and its Run is still in open_runs.")
    _require_megabytes(found["peak"], middle, "A block raises an error: its peak memory")
    _require_megabytes(found["current"], middle, "A block raises an error: its current memory")


def _require_megabytes(got: float | None, size: int, what: str) -> None:
    require(got is not None, f"{what} is None after the block.")
    require_figure(got, size / MB, 0.1, f"{what} is, in MB,")


def require_comparison(remote, first: np.ndarray, second: np.ndarray) -> None:
    """compare() on functions that take these seconds; the first of each is the warm-up."""
    n = len(first) - 1
    found = remote.probe.stage_a_comparison(first.tolist(), second.tolist(), n)
    calls = found["calls"]
    require(
        calls.count("A") == calls.count("B") == n + 1,
        f"With n = {n} each function is to be called {n + 1} times; the calls were {calls}.",
    )
    require(
        all({calls[k], calls[k + 1]} == {"A", "B"} for k in range(2, 2 * n + 2, 2)),
        f"After one warm-up of each the two should take turns; the calls were {calls}.",
    )
    expected = 1e3 * np.median(first[1:]), 1e3 * np.median(second[1:])
    require(len(found["medians"]) == 2, "compare should return two medians.")
    for which, got, median in zip(("first", "second"), found["medians"], expected, strict=True):
        about = (
            f"The machine slows down from call to call: of the {n} measured calls of the {which} "
            "function, without the warm-up, the median is, in ms,"
        )
        require_figure(got, median, 1e-5, about)


def require_cost(remote, work: np.ndarray, empty: np.ndarray, n: int) -> None:
    """cost_per_call() on loops that take these seconds in each repeat."""
    found = remote.probe.weigh_an_operation(work.tolist(), empty.tolist(), n)
    wanted = sorted([[name, n] for name in ("work", "empty")] * len(work))
    require(
        sorted(found["asked"]) == wanted,
        f"With {len(work)} repeats and n = {n}, work(n) and empty(n) are to be called once in each "
        f"repeat; the calls were {found['asked']}.",
    )
    expected = 1e9 * (work.min() - empty.min()) / n
    about = (
        f"The fastest of {len(work)} loops with the work takes {1e6 * work.min():.1f} µs, the fastest "
        f"empty one {1e6 * empty.min():.1f} µs, for {n} operations: one costs, in ns,"
    )
    require_figure(found["cost"], expected, 1e-6 * expected, about)


def profile_of_bpr() -> dict:
    """The profile of one epoch of BPR in plain Python, on a small catalogue."""
    data = make_synthetic(60, 80, 1500, seed=6)
    factors = [np.full((rows, 8), 0.1, dtype=np.float32) for rows in (60, 80)]
    rates = {"learning_rate": 0.05, "reg_user": 0.01, "reg_positive": 0.01, "reg_negative": 0.01}
    profiler = cProfile.Profile()
    with use_backend("naive"):
        plan = ops.plan_epoch(data.indptr, data.indices, 80, seed=0, epoch=0, n_blocks=1)
        profiler.enable()
        ops.bpr_update(*factors, np.zeros(80, dtype=np.float32), plan, **rates)
        profiler.disable()
    return {key: (*entry[:4], {}) for key, entry in pstats.Stats(profiler).stats.items()}


def made_up_profile(rng: np.random.Generator) -> dict:
    """A profile with equal names, equal times and recursive calls."""
    own = rng.choice([0.0, 0.25, 0.5, 1.0], 12)
    calls = rng.integers(1, 9, 12)
    return {
        (f"{place % 4}.py", place, "abc"[place % 3]): (
            int(calls[place]), int(calls[place]) + place, float(own[place]),
            float(own[place]) + place / 8, {},
        )
        for place in rng.permutation(12).tolist()
    }  # fmt: skip


_COLUMNS = ("this number of all calls:", "these own seconds:", "these cumulative seconds:")


def require_rows(rows: list, stats: dict) -> None:
    """time_shares() of a profile: nothing lost, in order, and shares of the right whole."""
    require(
        len(rows) == len(stats),
        f"{len(stats)} functions were called, and time_shares has {len(rows)} rows.",
    )
    owns = [own for _, _, own, _ in rows]
    spent = sum(entry[2] for entry in stats.values())
    about = "Own times add up to the whole: the sum of all own shares is"
    require_figure(sum(owns), 1.0 if spent else 0.0, 1e-9, about)
    names = [key[2] for key in sorted(stats, key=lambda key: (-stats[key][2], key[2]))]
    mine = [row[0] for row in rows]
    for place, (got, right) in enumerate(zip(mine, names, strict=True), start=1):
        require(
            got == right,
            f"By own share, and by name where shares are equal, row {place} of time_shares is "
            f"{right}; yours has {got} there.",
        )
    told = sorted(
        (name, calls, round(own * spent, 9), cumulative * spent)
        for name, calls, own, cumulative in rows
    )
    noted = sorted((key[2], e[1], round(e[2], 9), e[3]) for key, e in stats.items())
    for (name, *figures), (wanted, *expected) in zip(told, noted, strict=True):
        require(name == wanted, f"There is no row for {wanted}, or one too many for {name}.")
        for got, right, what in zip(figures, expected, _COLUMNS, strict=True):
            require_figure(got, right, 1e-8, f"By the profile {name} has {what}")


def require_amdahl(remote, share: float, factor: float) -> None:
    """speedup() and factor_needed() for a share and a factor."""
    whole = 1 / (1 - share + share / factor)
    about = f"A part that takes {share:.1%} of the time"
    faster = f"{about} becomes {factor:.4g} times faster: the whole becomes faster by a factor of"
    require_figure(remote.speedup(share, factor), whole, 1e-9, faster)
    bound = 1 / (1 - share)
    free = f"{about} takes no time any more: the whole becomes faster by a factor of"
    require_figure(remote.speedup(share, math.inf), bound, 1e-9, free)
    needed = remote.factor_needed(share, whole)
    wanted = f"{about} has to become faster, for the whole to be {whole:.4g} times as fast, by a factor of"
    require_figure(needed, factor, 1e-6 * factor, wanted)
    # Where 1 / (1 − share) is exact, the bound itself cannot be reached either.
    beyond = (bound, 2 * bound) if share in (0.5, 0.75) else (1.01 * bound, 3 * bound)
    for target in beyond:
        needed = remote.factor_needed(share, target)
        require(
            needed == math.inf,
            f"{about} cannot make the whole {bound:.3f} times as fast or more, so no factor is "
            f"enough for {target:.3f}: math.inf, and factor_needed says {needed:.7g}.",
        )


class _Number:
    """A number that counts what is done with it."""

    flops = 0

    def _done(self, other: object) -> "_Number":
        _Number.flops += 1
        return self

    __add__ = __sub__ = __mul__ = _done


def _flops_of(function, *arrays: np.ndarray) -> int:
    """How many +, − and × a function does on arrays of such numbers."""
    _Number.flops = 0
    function(*arrays)
    return _Number.flops


def _numbers(*shape: int) -> np.ndarray:
    return np.full(shape, _Number(), dtype=object)


def _triple(user, positive, negative) -> None:
    """One step of BPR on three vectors."""
    rate, g, reg = _Number(), _Number(), _Number()
    delta = positive - negative
    product = user * delta
    for term in product:
        g + term
    for vector, direction in ((user, delta), (positive, user), (negative, user)):
        vector + (direction * g - vector * reg) * rate


def _product(a, b) -> None:
    """The product of two matrices, as on paper."""
    for row in a:
        for column in b.T:
            for term in row * column:
                row[0] + term


def require_counts(remote, d: int, m: int, k: int, n: int) -> None:
    """triple_cost() and matmul_cost() for these sizes, against operations that were counted."""
    flops, traffic = remote.triple_cost(d)
    triple, right = f"A triple with {d} factors", _flops_of(_triple, *_numbers(3, d))
    require_figure(flops, right, 0, f"{triple} takes this many +, − and ×, as counted one by one:")
    rows = np.zeros((3, d), dtype=np.float32).nbytes
    require_figure(traffic, rows + rows, 0, f"{triple} reads and writes three rows, in bytes")
    flops, traffic = remote.matmul_cost(m, k, n)
    counted = _flops_of(_product, _numbers(m, k), _numbers(k, n))
    product = f"The product of {m} × {k} and {k} × {n} numbers"
    require_figure(flops, counted, 0, f"{product} takes this many + and ×, as counted one by one:")
    a, b = np.zeros((m, k), dtype=np.float32), np.zeros((k, n), dtype=np.float32)
    moved = a.nbytes + b.nbytes + (a @ b).nbytes
    require_figure(traffic, moved, 0, f"{product} reads both and writes the result, in bytes")


def require_roof(remote, fraction: float, peak: float, bandwidth: float) -> None:
    """ridge_point() and attainable() for a machine, on both sides of its ridge."""
    ridge = peak / bandwidth
    machine = f"With {peak:.4g} flops and {bandwidth:.4g} bytes a second"
    about = f"{machine} both limits are equal at, in flops per byte,"
    require_figure(remote.ridge_point(peak, bandwidth), ridge, 1e-9 * ridge, about)
    for intensity in (fraction * ridge, ridge / fraction):
        limit = "memory" if intensity < ridge else "arithmetic"
        require_figure(
            remote.attainable(intensity, peak, bandwidth),
            min(peak, bandwidth * intensity),
            1e-6 * peak,
            f"{machine} a program of {intensity:.3g} flops a byte is limited by {limit}, to, in flops "
            "per second,",
        )
