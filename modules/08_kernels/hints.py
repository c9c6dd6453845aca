"""Hints of lesson 08, function by function: a question to ask oneself, the idea, the first line."""

HINTS = {
    "row_offset": (
        "Of which type is the product of two C ints, whatever you store it in?",
        "Make one of the two factors a Py_ssize_t before they are multiplied.",
    ),
    "dot": (
        "Which three things could be wrong with x and y, and which of them does a memoryview refuse by itself?",
        "Two memoryviews `const float[::1]`, a comparison of their lengths, and a loop whose sum is a double.",
        "Begin with `cdef const float[::1] a = x` and the same for y.",
    ),
    "log_sigmoid": (
        "For which sign of x is e^−x small?",
        "Two cases, as for softplus in lesson 05; each takes the exponential of something that is not positive.",
        "Begin with `if x >= 0:`; there ln σ(x) is −ln(1 + e^−x).",
    ),
    "nanoseconds_per_triple": (
        "Which call is not measured, and what do you divide each time by?",
        "One call first. Then repeat: clock, call, clock; divide by n_updated; keep the smallest.",
        "Begin with `update()` and `best = math.inf`.",
    ),
    "bpr_update": (
        "In which order must these happen for one triple: read the rows, skip, x, write the rows, g?",
        "All declarations first. Then `with nogil:`, the loop over t, the skip, three pointers, a loop over f for x, g, and a "
        "second loop over f that reads all three numbers before it writes one.",
        "Declare a pointer for each of the three rows above the loop, and let the user's point to "
        "`&user_factors[users[t], 0]` in it.",
    ),
    "best_items": (
        "The list is full. What do you compare the next score with, and when do you stop moving it up?",
        "Keep `n_filled`. An item that gets in starts at the last place; while the one before it has a strictly lower score, that "
        "one moves down by one.",
        "Begin with the two arrays: `numbers = np.empty(k, dtype=np.int32)` and `cdef int[::1] best = numbers`.",
    ),
}
