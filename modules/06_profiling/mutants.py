"""Wrong solutions of lesson 06: each has to be caught, with a message that helps."""

MUTANTS = {
    "test_timed": {
        "seconds": ("run.time_ms = 1e3 * (clock() - start)", "run.time_ms = clock() - start"),
        "wrong sign": ("1e3 * (clock() - start)", "1e3 * (start - clock())"),
        "lost when the block fails": (
            "        yield run\n    finally:\n        run.time_ms",
            "        yield run\n    except OSError:\n        pass\n    else:\n        run.time_ms",
        ),
        "swallows errors": (
            "        yield run\n    finally:\n        run.time_ms",
            "        yield run\n    except Exception:\n        pass\n    finally:\n        run.time_ms",
        ),
        "processor time": (
            "def timed(clock: Callable[[], float] = time.perf_counter)",
            "def timed(clock: Callable[[], float] = time.process_time)",
        ),
        "measures before the block": (
            "    try:\n        yield run\n    finally:\n        run.time_ms = 1e3 * (clock() - start)",
            "    run.time_ms = 1e3 * (clock() - start)\n    yield run",
        ),
        "one start for all blocks": (
            "    start = clock()\n    try:\n        yield run\n    finally:\n        run.time_ms = 1e3 * (clock() - start)",
            "    global start\n    start = clock()\n    try:\n        yield run\n    finally:\n"
            "        run.time_ms = 1e3 * (clock() - start)",
        ),
        "yields nothing": (
            "        yield run\n    finally:\n        run.time_ms",
            "        yield\n    finally:\n        run.time_ms",
        ),
    },
    "test_traced": {
        "tracing stays on": ("        if not was_tracing:\n            tracemalloc.stop()\n", ""),
        "stops somebody else's tracing": (
            "        if not was_tracing:\n            tracemalloc.stop()",
            "        tracemalloc.stop()",
        ),
        "stale peak": ("    note_peak()\n    tracemalloc.reset_peak()\n", "    note_peak()\n"),
        "hides the outer peak": (
            "    note_peak()\n    tracemalloc.reset_peak()\n",
            "    tracemalloc.reset_peak()\n",
        ),
        "peak not noted at the end": (
            "        note_peak()\n        open_runs.pop()",
            "        open_runs.pop()",
        ),
        "what was held before counts": (
            "run.peak_memory_mb = (run.highest - before) / 1e6",
            "run.peak_memory_mb = run.highest / 1e6",
        ),
        "binary megabytes": ("(current - before) / 1e6", "(current - before) / 2**20"),
        "bytes": (
            "run.current_memory_mb = (current - before) / 1e6",
            "run.current_memory_mb = current - before",
        ),
        "inner block takes the outer off": (
            "        open_runs.pop()\n",
            "        open_runs.pop(0)\n",
        ),
        "stays open after an error": (
            "    try:\n        yield run\n    finally:\n        current =",
            "    yield run\n    if True:\n        current =",
        ),
        "current is the peak": (
            "        current = tracemalloc.get_traced_memory()[0]",
            "        current = tracemalloc.get_traced_memory()[1]",
        ),
    },
    "test_compare": {
        "one after the other": (
            "    for _ in range(n):\n        for function, found in zip(functions, times, strict=True):\n            with",
            "    for function, found in zip(functions, times, strict=True):\n        for _ in range(n):\n            with",
        ),
        "mean": (
            "return statistics.median(times[0]), statistics.median(times[1])",
            "return statistics.mean(times[0]), statistics.mean(times[1])",
        ),
        "no warm-up": ("    for function in functions:\n        function()\n", ""),
        "warm-up counted": (
            "    for function in functions:\n        function()\n    for _ in range(n):",
            "    for _ in range(n + 1):",
        ),
        "not sorted": (
            "return statistics.median(times[0]), statistics.median(times[1])",
            "return times[0][n // 2], times[1][n // 2]",
        ),
        "lower of the middle two": (
            "return statistics.median(times[0]), statistics.median(times[1])",
            "return statistics.median_low(times[0]), statistics.median_low(times[1])",
        ),
        "exchanged": (
            "return statistics.median(times[0]), statistics.median(times[1])",
            "return statistics.median(times[1]), statistics.median(times[0])",
        ),
        "off by one": ("    for _ in range(n):", "    for _ in range(n - 1):"),
    },
    "test_time_shares": {
        "wrong normaliser": (
            "total = sum(entry[2] for entry in stats.values())",
            "total = sum(entry[3] for entry in stats.values())",
        ),
        "largest cumulative time": (
            "total = sum(entry[2] for entry in stats.values())",
            "total = max(entry[3] for entry in stats.values())",
        ),
        "sorted by cumulative share": ("(-row[2], row[0])", "(-row[3], row[0])"),
        "smallest first": ("(-row[2], row[0])", "(row[2], row[0])"),
        "ties as they come": ("(-row[2], row[0])", "-row[2]"),
        "by name alone": (
            "    return sorted(rows,",
            "    rows = list({row[0]: row for row in rows}.values())\n    return sorted(rows,",
        ),
        "recursive calls left out": ("(name, entry[1], entry[2]", "(name, entry[0], entry[2]"),
        "own and cumulative exchanged": (
            "(name, entry[1], entry[2] / total, entry[3] / total)",
            "(name, entry[1], entry[3] / total, entry[2] / total)",
        ),
        "divides by zero": (" or 1.0\n", "\n"),
    },
    "test_cost_per_call": {
        "the loop is in it": ("1e6 * (with_work - without) / n", "1e6 * with_work / n"),
        "of all the calls": ("1e6 * (with_work - without) / n", "1e6 * (with_work - without)"),
        "microseconds": ("1e6 * (with_work - without) / n", "1e3 * (with_work - without) / n"),
        "minimum of the differences": (
            "        without = min(without, run.time_ms)\n    return 1e6 * (with_work - without) / n",
            "        without = min(without, with_work - run.time_ms)\n    return 1e6 * without / n",
        ),
        "the last repeat": ("with_work = min(with_work, run.time_ms)", "with_work = run.time_ms"),
        "wrong sign": ("(with_work - without) / n", "(without - with_work) / n"),
    },
    "test_speedup": {
        "the rest is divided": (
            "left = (1.0 - share) + share / factor",
            "left = share + (1.0 - share) / factor",
        ),
        "the rest forgotten": ("left = (1.0 - share) + share / factor", "left = share / factor"),
        "time, not speed-up": ("return 1.0 / left if left > 0 else math.inf", "return left"),
        "divides by zero": ("return 1.0 / left if left > 0 else math.inf", "return 1.0 / left"),
        "negative factors": (
            "return share / left if left > 0 else math.inf",
            "return share / left",
        ),
        "inverse without the rest": (
            "left = 1.0 / target - (1.0 - share)",
            "left = 1.0 / target",
        ),
        "at the bound": (
            "return share / left if left > 0 else math.inf",
            "return share / left if left >= 0 else math.inf",
        ),
    },
    "test_triple_cost": {
        "one sign too few": ("3 * 5 * d", "3 * 4 * d"),
        "dot product without its sums": ("d + 2 * d + 3", "d + d + 3"),
        "read only": ("3 * 2 * 4 * d", "3 * 4 * d"),
        "numbers, not bytes": ("3 * 2 * 4 * d", "3 * 2 * d"),
        "float64": ("3 * 2 * 4 * d", "3 * 2 * 8 * d"),
        "products only": ("return 2 * m * k * n,", "return m * k * n,"),
        "result not written": ("(m * k + k * n + m * n)", "(m * k + k * n)"),
        "dimensions exchanged": ("(m * k + k * n + m * n)", "(m * n + k * n + n * n)"),
    },
    "test_roofline": {
        "the larger limit": (
            "return min(peak, bandwidth * intensity)",
            "return max(peak, bandwidth * intensity)",
        ),
        "no flat roof": ("return min(peak, bandwidth * intensity)", "return bandwidth * intensity"),
        "bytes divided by intensity": (
            "return min(peak, bandwidth * intensity)",
            "return min(peak, bandwidth / intensity)",
        ),
        "ridge upside down": ("return peak / bandwidth", "return bandwidth / peak"),
    },
}
