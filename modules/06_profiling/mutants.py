"""Wrong solutions of lesson 06: each has to be caught, with a message that helps."""

MUTANTS = {
    "test_timed": {
        "seconds": (
            "run.time_ms = 1e3 * (clock() - start)",
            "run.time_ms = clock() - start",
            "Your time is in seconds: time_ms is in milliseconds.",
        ),
        "wrong sign": (
            "1e3 * (clock() - start)",
            "1e3 * (start - clock())",
            "Your time is negative: it is the end minus the start.",
        ),
        "lost when the block fails": (
            "        yield run\n    finally:\n        run.time_ms",
            "        yield run\n    except OSError:\n        pass\n    else:\n        run.time_ms",
            "Your time is lost when the block raises an error: set it in finally.",
        ),
        "swallows errors": (
            "        yield run\n    finally:\n        run.time_ms",
            "        yield run\n    except Exception:\n        pass\n    finally:\n        run.time_ms",
            "Errors of the block do not come out: let them pass.",
        ),
        "processor time": (
            "def timed(clock: Callable[[], float] = time.perf_counter)",
            "def timed(clock: Callable[[], float] = time.process_time)",
            None,
        ),
        "measures before the block": (
            "    try:\n        yield run\n    finally:\n        run.time_ms = 1e3 * (clock() - start)",
            "    run.time_ms = 1e3 * (clock() - start)\n    yield run",
            "You measure before the block has run: read the clock again after yield.",
        ),
        "one start for all blocks": (
            "    start = clock()\n    try:\n        yield run\n    finally:\n        run.time_ms = 1e3 * (clock() - start)",
            "    global start\n    start = clock()\n    try:\n        yield run\n    finally:\n"
            "        run.time_ms = 1e3 * (clock() - start)",
            "All blocks share one start: a block inside of another one overwrites it.",
        ),
        "yields nothing": (
            "        yield run\n    finally:\n        run.time_ms",
            "        yield\n    finally:\n        run.time_ms",
            "Your block gets nothing: yield the Run, so that it can be read.",
        ),
    },
    "test_traced": {
        "tracing stays on": (
            "        if not was_tracing:\n            tracemalloc.stop()\n",
            "",
            "Tracing stays on after your block: stop it, unless it was on before.",
        ),
        "stops somebody else's tracing": (
            "        if not was_tracing:\n            tracemalloc.stop()",
            "        tracemalloc.stop()",
            "You stop tracing that somebody else had started: stop it only if it was off before.",
        ),
        "stale peak": (
            "    note_peak()\n    tracemalloc.reset_peak()\n",
            "    note_peak()\n",
            "Your peak is one from before the block: reset it at the start of the block.",
        ),
        "hides the outer peak": (
            "    note_peak()\n    tracemalloc.reset_peak()\n",
            "    tracemalloc.reset_peak()\n",
            "An inner block hides the peak of the outer one: note the peak before you reset it.",
        ),
        "peak not noted at the end": (
            "        note_peak()\n        open_runs.pop()",
            "        open_runs.pop()",
            "You do not note the peak at the end of the block.",
        ),
        "what was held before counts": (
            "run.peak_memory_mb = (run.highest - before) / 1e6",
            "run.peak_memory_mb = run.highest / 1e6",
            "Your peak counts what was held before the block: subtract it.",
        ),
        "binary megabytes": (
            "(current - before) / 1e6",
            "(current - before) / 2**20",
            "Your megabytes have 2**20 bytes: here they have 10**6.",
        ),
        "bytes": (
            "run.current_memory_mb = (current - before) / 1e6",
            "run.current_memory_mb = current - before",
            "Your memory is in bytes: it is in megabytes.",
        ),
        "inner block takes the outer off": (
            "        open_runs.pop()\n",
            "        open_runs.pop(0)\n",
            "An inner block takes the outer one off the list: it ends first, so take the last one "
            "off.",
        ),
        "stays open after an error": (
            "    try:\n        yield run\n    finally:\n        current =",
            "    yield run\n    if True:\n        current =",
            "Your block stays open after an error: end it in finally.",
        ),
        "current is the peak": (
            "        current = tracemalloc.get_traced_memory()[0]",
            "        current = tracemalloc.get_traced_memory()[1]",
            "Your current memory is the peak: get_traced_memory returns (current, peak).",
        ),
    },
    "test_compare": {
        "one after the other": (
            "    for _ in range(n):\n        for function, found in zip(functions, times, strict=True):\n            with",
            "    for function, found in zip(functions, times, strict=True):\n        for _ in range(n):\n            with",
            "You time one function after the other: take turns, so that a slow minute hits both.",
        ),
        "mean": (
            "return statistics.median(times[0]), statistics.median(times[1])",
            "return statistics.mean(times[0]), statistics.mean(times[1])",
            "You take the mean: one disturbed run moves it, so take the median.",
        ),
        "no warm-up": (
            "    for function in functions:\n        function()\n",
            "",
            "You do not warm up: call each function once before anything is timed.",
        ),
        "warm-up counted": (
            "    for function in functions:\n        function()\n    for _ in range(n):",
            "    for _ in range(n + 1):",
            "Your warm-up call is among the timed ones: call each function once before the loop.",
        ),
        "not sorted": (
            "return statistics.median(times[0]), statistics.median(times[1])",
            "return times[0][n // 2], times[1][n // 2]",
            "You take the time in the middle of the row as it came: a median is the middle of the "
            "sorted times.",
        ),
        "lower of the middle two": (
            "return statistics.median(times[0]), statistics.median(times[1])",
            "return statistics.median_low(times[0]), statistics.median_low(times[1])",
            "Of an even number of times you take the lower of the middle two: the median is their "
            "mean.",
        ),
        "exchanged": (
            "return statistics.median(times[0]), statistics.median(times[1])",
            "return statistics.median(times[1]), statistics.median(times[0])",
            "You have exchanged the two results.",
        ),
        "off by one": (
            "    for _ in range(n):",
            "    for _ in range(n - 1):",
            "You time one round too few: there are n.",
        ),
    },
    "test_time_shares": {
        "wrong normaliser": (
            "total = sum(entry[2] for entry in stats.values())",
            "total = sum(entry[3] for entry in stats.values())",
            "You divide by the sum of the cumulative times, which counts the time of a called "
            "function again in its callers: divide by the sum of the own times.",
        ),
        "largest cumulative time": (
            "total = sum(entry[2] for entry in stats.values())",
            "total = max(entry[3] for entry in stats.values())",
            "You divide by the largest cumulative time: divide by the sum of the own times.",
        ),
        "sorted by cumulative share": (
            "(-row[2], row[0])",
            "(-row[3], row[0])",
            "Your rows are sorted by the cumulative share: sort by the own share.",
        ),
        "smallest first": (
            "(-row[2], row[0])",
            "(row[2], row[0])",
            "Your rows begin with the smallest own share: the largest comes first.",
        ),
        "ties as they come": (
            "(-row[2], row[0])",
            "-row[2]",
            "Rows with the same own share stay in the order in which they come: sort them by name.",
        ),
        "by name alone": (
            "    return sorted(rows,",
            "    rows = list({row[0]: row for row in rows}.values())\n    return sorted(rows,",
            "Functions of the same name become one row: they are two where they stand in "
            "different places.",
        ),
        "recursive calls left out": (
            "(name, entry[1], entry[2]",
            "(name, entry[0], entry[2]",
            "Your calls leave out recursive ones: all calls are at index 1.",
        ),
        "own and cumulative exchanged": (
            "(name, entry[1], entry[2] / total, entry[3] / total)",
            "(name, entry[1], entry[3] / total, entry[2] / total)",
            "You have exchanged own and cumulative time: own is at index 2, cumulative at 3.",
        ),
        "divides by zero": (
            " or 1.0\n",
            "\n",
            "Your function fails where no time was spent at all: the shares are 0.0 then.",
        ),
    },
    "test_cost_per_call": {
        "the loop is in it": (
            "1e6 * (with_work - without) / n",
            "1e6 * with_work / n",
            "Your cost contains that of the loop: subtract the time of the empty one.",
        ),
        "of all the calls": (
            "1e6 * (with_work - without) / n",
            "1e6 * (with_work - without)",
            "Your cost is that of all the calls: divide by n.",
        ),
        "microseconds": (
            "1e6 * (with_work - without) / n",
            "1e3 * (with_work - without) / n",
            "Your cost is in another unit: milliseconds times 1e6 are nanoseconds.",
        ),
        "minimum of the differences": (
            "        without = min(without, run.time_ms)\n    return 1e6 * (with_work - without) / n",
            "        without = min(without, with_work - run.time_ms)\n    return 1e6 * without / n",
            "You take the smallest difference: take the smallest time of each loop, and then the "
            "difference.",
        ),
        "the last repeat": (
            "with_work = min(with_work, run.time_ms)",
            "with_work = run.time_ms",
            "You take the last repeat: the smallest time is the least disturbed.",
        ),
        "wrong sign": (
            "(with_work - without) / n",
            "(without - with_work) / n",
            "Your cost is negative: subtract the empty loop from the one with work.",
        ),
    },
    "test_speedup": {
        "the rest is divided": (
            "left = (1.0 - share) + share / factor",
            "left = share + (1.0 - share) / factor",
            "You divide the wrong part: the share becomes faster, and the rest stays as it is.",
        ),
        "the rest forgotten": (
            "left = (1.0 - share) + share / factor",
            "left = share / factor",
            "You leave out the rest: 1 − share takes as long as before.",
        ),
        "time, not speed-up": (
            "return 1.0 / left if left > 0 else math.inf",
            "return left",
            "You return the time that is left: the speed-up is 1 divided by it.",
        ),
        "divides by zero": (
            "return 1.0 / left if left > 0 else math.inf",
            "return 1.0 / left",
            "Your speedup fails where nothing is left: it is math.inf.",
        ),
        "negative factors": (
            "return share / left if left > 0 else math.inf",
            "return share / left",
            "Your factor_needed is negative for a target that cannot be reached: return math.inf.",
        ),
        "inverse without the rest": (
            "left = 1.0 / target - (1.0 - share)",
            "left = 1.0 / target",
            "Your factor_needed leaves out the rest: only 1 / target − (1 − share) is left for "
            "the part.",
        ),
        "at the bound": (
            "return share / left if left > 0 else math.inf",
            "return share / left if left >= 0 else math.inf",
            "Your factor_needed fails exactly at the bound: there it is math.inf.",
        ),
    },
    "test_triple_cost": {
        "one sign too few": (
            "3 * 5 * d",
            "3 * 4 * d",
            "Your operations of the three updates are too few: each number takes five.",
        ),
        "dot product without its sums": (
            "d + 2 * d + 3",
            "d + d + 3",
            "Your dot product counts its products alone: it has as many sums.",
        ),
        "read only": (
            "3 * 2 * 4 * d",
            "3 * 4 * d",
            "You count each row once: it is read and written.",
        ),
        "numbers, not bytes": (
            "3 * 2 * 4 * d",
            "3 * 2 * d",
            "You count numbers: a float32 has 4 bytes.",
        ),
        "float64": (
            "3 * 2 * 4 * d",
            "3 * 2 * 8 * d",
            "You count 8 bytes a number: a float32 has 4.",
        ),
        "products only": (
            "return 2 * m * k * n,",
            "return m * k * n,",
            "Your matrix product counts its products alone: each comes with a sum.",
        ),
        "result not written": (
            "(m * k + k * n + m * n)",
            "(m * k + k * n)",
            "You leave out the result: it is written.",
        ),
        "dimensions exchanged": (
            "(m * k + k * n + m * n)",
            "(m * n + k * n + n * n)",
            "You have exchanged dimensions: the matrices have m·k, k·n and m·n numbers.",
        ),
    },
    "test_roofline": {
        "the larger limit": (
            "return min(peak, bandwidth * intensity)",
            "return max(peak, bandwidth * intensity)",
            "You take the larger limit: the smaller one decides.",
        ),
        "no flat roof": (
            "return min(peak, bandwidth * intensity)",
            "return bandwidth * intensity",
            "Your roof never becomes flat: nothing is faster than the peak.",
        ),
        "bytes divided by intensity": (
            "return min(peak, bandwidth * intensity)",
            "return min(peak, bandwidth / intensity)",
            "You divide the bandwidth by the intensity: multiply them.",
        ),
        "ridge upside down": (
            "return peak / bandwidth",
            "return bandwidth / peak",
            "Your ridge point is upside down: it is the peak divided by the bandwidth.",
        ),
    },
}
