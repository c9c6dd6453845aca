"""Wrong solutions of lesson 08: each has to be caught, with a message that helps."""

MUTANTS = {
    "test_row_offset": {
        "32 bits": ("return <Py_ssize_t>row * d", "return row * d"),
        "32 bits, widened too late": ("return <Py_ssize_t>row * d", "return <Py_ssize_t>(row * d)"),
        "one row further": ("return <Py_ssize_t>row * d", "return <Py_ssize_t>(row + 1) * d"),
        "by columns": ("return <Py_ssize_t>row * d", "return <Py_ssize_t>row + d"),
    },
    "test_dot": {
        "one beyond the end": (
            "    for f in range(a.shape[0]):",
            "    for f in range(a.shape[0] + 1):",
        ),
        "one before the start": (
            "    for f in range(a.shape[0]):",
            "    for f in range(-1, a.shape[0]):",
        ),
        "without the last": (
            "    for f in range(a.shape[0]):",
            "    for f in range(a.shape[0] - 1):",
        ),
        "any lengths": ("    if a.shape[0] != b.shape[0]:", "    if a.shape[0] > 10**9:"),
        "the shorter of the two": (
            '    if a.shape[0] != b.shape[0]:\n        raise ValueError("x and y must have the same length.")\n'
            "    for f in range(a.shape[0]):",
            "    for f in range(min(a.shape[0], b.shape[0])):",
        ),
        "float sums": (
            "    cdef double total = 0\n    cdef Py_ssize_t f\n    if a",
            "    cdef float total = 0\n    cdef Py_ssize_t f\n    if a",
        ),
        "gaps are read": (
            "    cdef const float[::1] a = x\n    cdef const float[::1] b = y\n    cdef double total",
            "    cdef const float[:] first = x\n    cdef const float[:] second = y\n"
            "    cdef const float[::1] a = <const float[:first.shape[0]:1]>&first[0] if first.shape[0] else x\n"
            "    cdef const float[::1] b = <const float[:second.shape[0]:1]>&second[0] if second.shape[0] else y\n"
            "    cdef double total",
        ),
        "squares": (
            "        total += <double>a[f] * b[f]\n    return",
            "        total += <double>a[f] * a[f]\n    return",
        ),
    },
    "test_log_sigmoid": {
        "overflows": (
            "    if x >= 0:\n        return -log1p(exp(-x))\n    return x",
            "    if x > -1e300:\n        return -log1p(exp(-x))\n    return x",
        ),
        "the sign": (
            "        return -log1p(exp(-x))\n    return x - log1p",
            "        return log1p(exp(-x))\n    return log1p(exp(x)) - x + 0 * log1p",
        ),
        "loses tiny numbers": (
            "from libc.math cimport exp, log1p\n\ndef log_sigmoid(double x):",
            "from libc.math cimport exp, log\n\n\ncdef double log1p(double y) noexcept nogil:\n    return log(1 + y)\n\n\ndef log_sigmoid(double x):",
        ),
        "branches exchanged": (
            "    if x >= 0:\n        return -log1p",
            "    if x < 0:\n        return -log1p",
        ),
        "softplus": ("    return x - log1p(exp(x))", "    return log1p(exp(x))"),
    },
    "test_nanoseconds_per_triple": {
        "the warm-up counts": ("    update()\n    best = math.inf\n", "    best = math.inf\n"),
        "mean": (
            "        best = min(best, seconds / result.n_updated)\n    return 1e9 * best",
            "        best = (0 if best == math.inf else best) + seconds / result.n_updated\n    return 1e9 * best / repeats",
        ),
        "the last": (
            "best = min(best, seconds / result.n_updated)",
            "best = seconds / result.n_updated",
        ),
        "microseconds": ("return 1e9 * best", "return 1e6 * best"),
        "of the whole update": ("min(best, seconds / result.n_updated)", "min(best, seconds)"),
        "divides by zero": ("        if result.n_updated == 0:\n            return math.nan\n", ""),
        "starts too late": (
            "        start = clock()\n        result = update()\n",
            "        result = update()\n        start = clock()\n",
        ),
    },
    "test_bpr_update": {
        "row -1": ("            if negatives[t] < 0:\n                continue\n", ""),
        "the user's new row": (
            "                user[f] = old_user + step * (old_positive - old_negative) - decay_user * old_user\n",
            "                user[f] = old_user + step * (old_positive - old_negative) - decay_user * old_user\n"
            "                old_user = user[f]\n",
        ),
        "keeps the lock": (
            "    with nogil:\n        for t in range(users.shape[0]):\n            if neg",
            "    if True:\n        for t in range(users.shape[0]):\n            if neg",
        ),
        "without the last triple": (
            "        for t in range(users.shape[0]):\n            if neg",
            "        for t in range(users.shape[0] - 1):\n            if neg",
        ),
        "without the last factor": (
            "            for f in range(d):\n                x += user",
            "            for f in range(d - 1):\n                x += user",
        ),
        "the wrong way": (
            "            step = rate * <float>g\n",
            "            step = -rate * <float>g\n",
        ),
        "sigma of x": (
            "            g = 1 / (1 + exp(x)) if",
            "            g = 1 / (1 + exp(-x)) if",
        ),
        "one regulariser for both items": (
            "decay_negative * old_negative",
            "decay_positive * old_negative",
        ),
        "biases left out of x": (
            "            if with_biases:\n                x +=",
            "            if with_biases and d < 0:\n                x +=",
        ),
        "biases stay": (
            "            if with_biases:\n                item_biases[positives[t]] += step",
            "            if with_biases and d < 0:\n                item_biases[positives[t]] += step",
        ),
        "counts zero as correct": ("n_correct += x > 0", "n_correct += x >= 0"),
        "counts skipped triples": (
            "            if negatives[t] < 0:\n                continue\n",
            "            if negatives[t] < 0:\n                n_updated += 1\n                continue\n",
        ),
        "loss of the other sign": (
            "log1p(exp(-x)) if x >= 0 else log1p(exp(x)) - x",
            "log1p(exp(x)) if x <= 0 else log1p(exp(-x)) + x",
        ),
    },
    "test_best_items": {
        "ties the other way": ("high[place - 1] < score:", "high[place - 1] <= score:"),
        "the last of a full list": ("if score <= high[k - 1]:", "if score <= high[0]:"),
        "seen items": (
            "                n_seen += 1\n                continue\n",
            "                n_seen += 1\n",
        ),
        "reads behind seen": (
            "if n_seen < seen.shape[0] and seen[n_seen] == i:",
            "if seen[n_seen] == i:",
        ),
        "only the first seen": (
            "                n_seen += 1\n                continue\n",
            "                continue\n",
        ),
        "unfilled places": (
            "return numbers[:n_filled], scores[:n_filled]",
            "return numbers, scores",
        ),
        "worst first": (
            "return numbers[:n_filled], scores[:n_filled]",
            "return numbers[:n_filled][::-1].copy(), scores[:n_filled][::-1].copy()",
        ),
        "any lengths": ("    if user.shape[0] != items.shape[1]:", "    if user.shape[0] > 10**9:"),
        "int64 numbers": (
            "return numbers[:n_filled], scores",
            "return numbers[:n_filled].astype(np.int64), scores",
        ),
    },
}
