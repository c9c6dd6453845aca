"""Wrong solutions of lesson 08: each has to be caught, with a message that helps."""

MUTANTS = {
    "test_row_offset": {
        "32 bits": (
            "return <Py_ssize_t>row * d",
            "return row * d",
            "Your offset is a product of two C ints of 32 bits: write <Py_ssize_t>row * d, "
            "which widens one of them before the multiplication.",
        ),
        "32 bits, widened too late": (
            "return <Py_ssize_t>row * d",
            "return <Py_ssize_t>(row * d)",
            "Your offset is widened after the multiplication: <Py_ssize_t> belongs before "
            "row, without brackets around the product.",
        ),
        "one row further": (
            "return <Py_ssize_t>row * d",
            "return <Py_ssize_t>(row + 1) * d",
            "Your offset is that of the next row: row r begins at r · d.",
        ),
        "by columns": (
            "return <Py_ssize_t>row * d",
            "return <Py_ssize_t>row + d",
            "Your offset is row + d: row r begins at r · d, the product.",
        ),
    },
    "test_dot": {
        "one beyond the end": (
            "    for f in range(a.shape[0]):",
            "    for f in range(a.shape[0] + 1):",
            "Your loop reads one number behind the end: range(n) goes to n − 1 by itself.",
        ),
        "one before the start": (
            "    for f in range(a.shape[0]):",
            "    for f in range(-1, a.shape[0]):",
            "Your loop reads the number before the first: begin at 0; −1 is not the last one here.",
        ),
        "without the last": (
            "    for f in range(a.shape[0]):",
            "    for f in range(a.shape[0] - 1):",
            "Your sum leaves out the last term: range(n) goes to n − 1 by itself.",
        ),
        "any lengths": (
            "    if a.shape[0] != b.shape[0]:",
            "    if a.shape[0] > 10**9:",
            "Your loop reads beyond the end of the shorter vector: compare the lengths, and "
            "raise ValueError.",
        ),
        "the shorter of the two": (
            '    if a.shape[0] != b.shape[0]:\n        raise ValueError("x and y must have the same length.")\n'
            "    for f in range(a.shape[0]):",
            "    for f in range(min(a.shape[0], b.shape[0])):",
            "Your dot of two lengths takes the shorter one in silence: raise ValueError.",
        ),
        "float sums": (
            "    cdef double total = 0\n    cdef Py_ssize_t f\n    if a",
            "    cdef float total = 0\n    cdef Py_ssize_t f\n    if a",
            "Your sum is kept in float, which loses digits: declare it as double.",
        ),
        "gaps are read": (
            "    cdef const float[::1] a = x\n    cdef const float[::1] b = y\n    cdef double total",
            "    cdef const float[:] first = x\n    cdef const float[:] second = y\n"
            "    cdef const float[::1] a = <const float[:first.shape[0]:1]>&first[0] if first.shape[0] else x\n"
            "    cdef const float[::1] b = <const float[:second.shape[0]:1]>&second[0] if second.shape[0] else y\n"
            "    cdef double total",
            "Your dot reads what lies in the gaps of a vector: use a memoryview [::1], "
            "which refuses it, and no pointer.",
        ),
        "squares": (
            "        total += <double>a[f] * b[f]\n    return",
            "        total += <double>a[f] * a[f]\n    return",
            "Your dot multiplies x by itself: the second factor is y.",
        ),
    },
    "test_log_sigmoid": {
        "overflows": (
            "    if x >= 0:\n        return -log1p(exp(-x))\n    return x",
            "    if x > -1e300:\n        return -log1p(exp(-x))\n    return x",
            "Your log_sigmoid takes the exponential of a large number where x is very "
            "negative: for x < 0 it is x − ln(1 + e^x).",
        ),
        "the sign": (
            "        return -log1p(exp(-x))\n    return x - log1p",
            "        return log1p(exp(-x))\n    return log1p(exp(x)) - x + 0 * log1p",
            "Your log_sigmoid has the wrong sign: ln σ(x) is below 0 everywhere.",
        ),
        "loses tiny numbers": (
            "from libc.math cimport exp, log1p\n\ndef log_sigmoid(double x):",
            "from libc.math cimport exp, log\n\n\ncdef double log1p(double y) noexcept nogil:\n    return log(1 + y)\n\n\ndef log_sigmoid(double x):",
            "Your log_sigmoid loses tiny results: log(1 + y) rounds 1 + y, and log1p(y) does not.",
        ),
        "branches exchanged": (
            "    if x >= 0:\n        return -log1p",
            "    if x < 0:\n        return -log1p",
            "Your log_sigmoid has its two cases exchanged: −ln(1 + e^−x) is for x ≥ 0.",
        ),
        "softplus": (
            "    return x - log1p(exp(x))",
            "    return log1p(exp(x))",
            "Your log_sigmoid returns ln(1 + e^x) for x < 0: it is x minus that.",
        ),
    },
    "test_nanoseconds_per_triple": {
        "the warm-up counts": (
            "    update()\n    best = math.inf\n",
            "    best = math.inf\n",
            "Your stopwatch measures from the first call on: one call comes before, and is "
            "not counted.",
        ),
        "mean": (
            "        best = min(best, seconds / result.n_updated)\n    return 1e9 * best",
            "        best = (0 if best == math.inf else best) + seconds / result.n_updated\n    return 1e9 * best / repeats",
            "Your stopwatch takes the mean: the smallest time is the one that nothing disturbed.",
        ),
        "the last": (
            "best = min(best, seconds / result.n_updated)",
            "best = seconds / result.n_updated",
            "Your stopwatch keeps the last time: keep the smallest.",
        ),
        "microseconds": (
            "return 1e9 * best",
            "return 1e6 * best",
            "Your stopwatch says microseconds: a second has 1e9 nanoseconds.",
        ),
        "of the whole update": (
            "min(best, seconds / result.n_updated)",
            "min(best, seconds)",
            "Your stopwatch tells the time of the whole update: divide by n_updated.",
        ),
        "divides by zero": (
            "        if result.n_updated == 0:\n            return math.nan\n",
            "",
            "Your stopwatch divides by zero where no triple is updated: the answer is "
            "math.nan then.",
        ),
        "starts too late": (
            "        start = clock()\n        result = update()\n",
            "        result = update()\n        start = clock()\n",
            "Your stopwatch asks the clock for the start after the update: ask before it.",
        ),
    },
    "test_bpr_update": {
        "row -1": (
            "            if negatives[t] < 0:\n                continue\n",
            "",
            "Your kernel touches the row of a negative of −1, which is memory before the "
            "array: skip the triple first.",
        ),
        "the user's new row": (
            "                user[f] = old_user + step * (old_positive - old_negative) - decay_user * old_user\n",
            "                user[f] = old_user + step * (old_positive - old_negative) - decay_user * old_user\n"
            "                old_user = user[f]\n",
            "Your items move along the user's new vector: keep user[f] in a variable before "
            "you write to it.",
        ),
        "keeps the lock": (
            "    with nogil:\n        for t in range(users.shape[0]):\n            if neg",
            "    if True:\n        for t in range(users.shape[0]):\n            if neg",
            None,
        ),
        "without the last triple": (
            "        for t in range(users.shape[0]):\n            if neg",
            "        for t in range(users.shape[0] - 1):\n            if neg",
            "Your loop leaves out the last triple of the plan.",
        ),
        "without the last factor": (
            "            for f in range(d):\n                x += user",
            "            for f in range(d - 1):\n                x += user",
            "Your x leaves out the last factor: the loop over f goes to d − 1 by itself.",
        ),
        "the wrong way": (
            "            step = rate * <float>g\n",
            "            step = -rate * <float>g\n",
            "Your step goes uphill: it is +η g for user and positive item.",
        ),
        "sigma of x": (
            "            g = 1 / (1 + exp(x)) if",
            "            g = 1 / (1 + exp(-x)) if",
            "Your g is σ(x) where x is not above 0: it is σ(−x) = 1 / (1 + e^x).",
        ),
        "one regulariser for both items": (
            "decay_negative * old_negative",
            "decay_positive * old_negative",
            "Your negative item is pulled by reg_positive: its own regulariser is reg_negative.",
        ),
        "biases left out of x": (
            "            if with_biases:\n                x +=",
            "            if with_biases and d < 0:\n                x +=",
            "Your x leaves out the biases: where there are any, add b_i − b_j.",
        ),
        "biases stay": (
            "            if with_biases:\n                item_biases[positives[t]] += step",
            "            if with_biases and d < 0:\n                item_biases[positives[t]] += step",
            "Your biases stay as they were: they move by the step, and are regularised as "
            "their items are.",
        ),
        "counts zero as correct": (
            "n_correct += x > 0",
            "n_correct += x >= 0",
            "Your n_correct counts triples with x = 0: only x > 0 is correct.",
        ),
        "counts skipped triples": (
            "            if negatives[t] < 0:\n                continue\n",
            "            if negatives[t] < 0:\n                n_updated += 1\n                continue\n",
            "Your n_updated counts triples that are skipped.",
        ),
        "loss of the other sign": (
            "log1p(exp(-x)) if x >= 0 else log1p(exp(x)) - x",
            "log1p(exp(x)) if x <= 0 else log1p(exp(-x)) + x",
            "Your loss is that of −x: a triple costs −ln σ(x), which is little for a large x.",
        ),
    },
    "test_best_items": {
        "ties the other way": (
            "high[place - 1] < score:",
            "high[place - 1] <= score:",
            "Your list puts the later of two equal items first: move an item up past "
            "strictly lower scores only.",
        ),
        "the last of a full list": (
            "if score <= high[k - 1]:",
            "if score <= high[0]:",
            "Your full list is compared at its first place: compare a new score with the last one.",
        ),
        "seen items": (
            "                n_seen += 1\n                continue\n",
            "                n_seen += 1\n",
            "Your list holds items that the user has seen: after stepping on in seen, go on "
            "to the next item.",
        ),
        "reads behind seen": (
            "if n_seen < seen.shape[0] and seen[n_seen] == i:",
            "if seen[n_seen] == i:",
            "Your loop reads behind the end of seen: look whether there is one left before "
            "you read it.",
        ),
        "only the first seen": (
            "                n_seen += 1\n                continue\n",
            "                continue\n",
            "Your list leaves out the first seen item only: step on in seen when you reach it.",
        ),
        "unfilled places": (
            "return numbers[:n_filled], scores[:n_filled]",
            "return numbers, scores",
            "Your list has places that were never filled: return the first n_filled only.",
        ),
        "worst first": (
            "return numbers[:n_filled], scores[:n_filled]",
            "return numbers[:n_filled][::-1].copy(), scores[:n_filled][::-1].copy()",
            "Your list begins with the worst item: best first.",
        ),
        "any lengths": (
            "    if user.shape[0] != items.shape[1]:",
            "    if user.shape[0] > 10**9:",
            "Your best_items takes a user and items of different lengths: raise ValueError "
            "before the loop.",
        ),
        "int64 numbers": (
            "return numbers[:n_filled], scores",
            "return numbers[:n_filled].astype(np.int64), scores",
            "Your item numbers are int64: return them as int32.",
        ),
    },
}
