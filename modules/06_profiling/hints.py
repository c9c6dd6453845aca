"""Hints of lesson 06, function by function: a question to ask oneself, the idea, the first line."""

HINTS = {
    "timed": (
        "The block may raise an error. Which lines of a generator still run then?",
        "Read the clock before the `yield`, and again in a `finally` after it. Both readings are in "
        "seconds, and `time_ms` is in milliseconds.",
        "Begin with `run = Run()` and `start = clock()`; the `yield run` stands in a `try`.",
    ),
    "traced": (
        "Somebody else may be tracing around your block. What do you have to know at the start, so that "
        "you can leave everything as you found it?",
        "Before: was tracing on; note the peak for the blocks around; reset it; remember the level. "
        "After: read the level, note the peak, take the Run off the list, stop tracing only if you "
        "began it. Both figures are differences from the level before, in 10⁶ bytes.",
        "Begin with `was_tracing = tracemalloc.is_tracing()`. Read the level *before* `note_peak()` in "
        "the `finally`.",
    ),
    "compare": (
        "The machine slows down in the middle of the measurement. What is wrong with timing all calls "
        "of the first function and then all of the second?",
        "Call both once without measuring. Then take turns: in each round, time one call of the first "
        "and one of the second, with your `timed(clock)`. Return the two medians, in milliseconds.",
        "Begin with `first()` and `second()` as the warm-up, and two empty lists for the times.",
    ),
    "time_shares": (
        "Cumulative times overlap: a caller's holds those of what it calls. Which times add up to the "
        "whole?",
        "The whole is the sum of all own times (the third entry). Divide own and cumulative time by it, "
        "take the number of all calls (the second entry), and sort by own share, then by name.",
        "Begin with `total = sum(entry[2] for entry in stats.values())`, and think of a profile in which "
        "it is 0.",
    ),
    "cost_per_call": (
        "Part of the time of work(n) is the loop itself. How do you get to know how much?",
        "In each repeat time work(n) and empty(n), and keep the smallest time of each: noise only adds. "
        "The difference of the two minima, divided by n, is the cost of one operation.",
        "Begin with `with_work, without = math.inf, math.inf`, and take the minimum in each repeat. From "
        "milliseconds to nanoseconds it is a factor of 10⁶.",
    ),
    "speedup": (
        "Of 100 seconds the part takes 75. It becomes 3 times faster. How many seconds are left, of "
        "which two kinds?",
        "What is left of a whole of 1 is (1 − p) + p / f, and the speed-up is one over it. If nothing is "
        "left, the answer is infinity.",
        "Begin with `left = (1.0 - share) + share / factor`.",
    ),
    "factor_needed": (
        "The whole is to take 1 / S of its old time. How much of that is already used by what does not "
        "change?",
        "Solve 1/S = (1 − p) + p / f for f. The time that is left for the part is 1/S − (1 − p); if it "
        "is not above 0, no factor is enough.",
        "Begin with `left = 1.0 / target - (1.0 - share)`.",
    ),
    "triple_cost": (
        "Which vectors are read and which are written in one step of BPR? How many operations does one "
        "entry of one of the three updates take?",
        "Flops: d for the difference, 2 d for the product with the user, and for each of the three "
        "updates five signs an entry. Bytes: three rows of d float32, each read once and written once.",
        "Begin with the one entry of p + η × (g × δ − λ × p): count its signs, and take them for d "
        "entries of three rows.",
    ),
    "matmul_cost": (
        "How many numbers does the product have, and what does each of them take?",
        "Each of the m n results takes k products and k additions, as counted above. Bytes: both "
        "matrices are read and the result is written, 4 bytes a number.",
    ),
    "ridge_point": (
        "At the ridge both limits are equal. Which intensity makes bandwidth times intensity as large "
        "as the peak?",
        "Divide the peak, in flops per second, by the bandwidth, in bytes per second: flops per byte.",
    ),
    "attainable": (
        "A program has two limits at once. Which of them counts: the higher or the lower one?",
        "Bandwidth times intensity is the limit by memory, and the peak is the limit by arithmetic; the "
        "program reaches the smaller of the two.",
    ),
}
