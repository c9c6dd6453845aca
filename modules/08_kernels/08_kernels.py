# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lesson 08. Kernels: write the loop for the processor
#
# **The question of this lesson: can I write the kernel?** You will write the inner loop of BPR again, in
# Cython, which becomes C. First its pieces, then the whole `bpr_update`, then the search for a user's best
# items. At the end your kernel runs under the library's BPR model, beside the kernel that ships with it.
#
# About three and a half hours. You need the loop of lesson 05, the diagnosis of lesson 06, and a C compiler:
#
# | system | compiler |
# | --- | --- |
# | Linux, Google Colab | Colab has one; elsewhere `apt install gcc` or `dnf install gcc` |
# | macOS | `xcode-select --install` |
# | Windows | Build Tools for Visual Studio, "Desktop development with C++" |
#
# Without a compiler you can read this lesson, `tito skip 8`, and go on.
#
# | part | you write | points |
# | --- | --- | --- |
# | 1 | `row_offset` | 2 |
# | 2 | `dot` | 4 |
# | 3 | `log_sigmoid` | 3 |
# | 4 | `nanoseconds_per_triple` | 3 |
# | 5 | `bpr_update` | 8 |
# | 6 | `best_items` | 5 |
# | | three questions in words, one experiment | 12 |

# %% [markdown]
# ## Why
#
# In lesson 06 you found that the loop is slow because of Python, not because of the arithmetic. For each `+`, Python
# looks up what is to be added, finds out its type, calls a function, makes a new object for the result, and counts who
# still uses it. C does none of that. The type is known when the program is *compiled*, and a `+` is one
# instruction.
#
# **Cython** is Python with types. A cell that begins with `%%cython` is translated to C and compiled; its functions
# can then be called from Python like any others. What has no type stays Python, and stays slow; so the work
# is to find what still lacks one.
#
# There is a price. C believes you. If you read element 10 of an array of 10, C reads whatever lies behind the
# array. Nothing crashes, or it crashes a minute later, somewhere else. The tests of this lesson put traps around your
# arrays, so that you are told at once. After such a message, or when the notebook's kernel dies without a word, mend
# the loop, restart the kernel and run all cells: a stray write may have damaged memory that is needed later.

# %% [markdown]
# These are the imports of everything that you will export. Run both cells and go on. The second one brings the magic
# `%%cython`: the course's own, which builds your cell here exactly as it is built for export.

# %% nbgrader={"grade": false, "grade_id": "kernels_imports", "locked": true, "points": 0, "schema_version": 3, "solution": false} tags=["export"]
import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np

# %%
# %load_ext recsys_edu.cython_magic

# %% [markdown]
# And these only look at things; they stay in the notebook.

# %%
import threading
from types import SimpleNamespace

import matplotlib.pyplot as plt

from recsys_backends import naive, ops
from recsys_backends.plan import SKIPPED, EpochPlan
from recsys_edu import BPR, MostPopular, evaluate, load_split, use_backend


def error_of(function, *args, **kwargs):
    """The error that a call raises, or None."""
    try:
        function(*args, **kwargs)
    except Exception as error:
        return error
    return None


# %% [markdown]
# ## 1. Where is row 40,000,000?
#
# A C array is a stretch of memory. A matrix of float32 with `d` columns is stored row after row, so the number in row
# $r$ and column $f$ is number $r \cdot d + f$ of the stretch. The picture shows a matrix of 4 rows and 3 columns, as you
# think of it, and as it lies in memory.

# %%
_, (left, right) = plt.subplots(1, 2, figsize=(9, 2), width_ratios=(1, 3))
numbers = np.arange(12)
left.imshow(np.repeat(np.arange(4), 3).reshape(4, 3), cmap="Pastel1", vmax=8)
right.imshow(np.repeat(np.arange(4), 3).reshape(1, 12), cmap="Pastel1", vmax=8)
for n in numbers:
    left.text(n % 3, n // 3, f"({n // 3}, {n % 3})", ha="center", va="center", fontsize=8)
    right.text(n, 0, n, ha="center", va="center")
left.set_title("row and column")
right.set_title("place in memory: row · d + column")
for axes in (left, right):
    axes.set_xticks([])
    axes.set_yticks([])
plt.show()

# %% [markdown]
# **Here is the first trap.** A Python int has as many digits as it needs. An `int` in C has 32 bits, so its largest value
# is 2,147,483,647, and the product of two `int` is again an `int`. With 64 factors, row 40,000,000 begins at
# 2,560,000,000. That does not fit, and C does not say so: the product comes out *negative*, and your kernel
# writes somewhere before the array.
#
# The type for places in memory is `Py_ssize_t`, which has 64 bits on today's machines. It is not enough to store the
# product in one: the product itself must be made of them. `<Py_ssize_t>row` turns an `int` into one.


# %% language="cython" nbgrader={"grade": false, "grade_id": "row_offset", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
# def row_offset(int row, int d):
#     """The place of the first number of a row in a matrix of d columns.
#
#     Example: row_offset(2, 3) is 6.
#     Hint: ``<Py_ssize_t>row`` before the multiplication, not around it.
#     """
#     ### BEGIN SOLUTION
#     return <Py_ssize_t>row * d
#     ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_row_offset", "locked": true, "points": 2, "schema_version": 3, "solution": false}
assert row_offset(2, 3) == 6, (
    f"Row 2 of a matrix with 3 columns begins at place 6, not {row_offset(2, 3)}."
)
assert row_offset(0, 7) == 0 and row_offset(5, 1) == 5, "Row r begins at place r · d."
far = row_offset(40_000_000, 64)
assert far == 2_560_000_000, (
    f"Row 40,000,000 of 64 columns begins at 2,560,000,000, and yours says {far:,}. The product of two C ints is a C "
    "int of 32 bits: turn one of them into a Py_ssize_t first, <Py_ssize_t>row * d."
)
print("Part 1 works: no array is too large for you.")

# %% [markdown]
# ## 2. A sum without Python
#
# Three things turn a loop into C:
#
# - `cdef` gives a variable a C type: `cdef double total = 0`, `cdef Py_ssize_t f`.
# - A **memoryview** gives C access to an array: `cdef const float[::1] a = x`. `float` is its dtype: another one is refused with
#   an error. `const` promises not to write. `[::1]` says that its numbers follow one another without gaps (contiguous), and
#   an array with gaps is refused; `[:]` would accept gaps, and pay for it with a multiplication at each access.
# - `for f in range(n)` over typed variables becomes a C loop.
#
# And one saves time and takes away protection: the line `# cython: boundscheck=False, wraparound=False` at the top of the
# cell. By default each `a[f]` is checked: is `f` inside? Is it negative, so that it counts from the end? Without these
# checks the loop is faster, **and an index outside of the array reads or writes foreign memory**. So whoever switches them off
# must make sure that every index is inside. Here: that `x` and `y` have the same length.
#
# `%%cython -a` shows the annotated source below the cell: the yellower a line, the more Python is left in it. Click on a
# line to see its C. A good kernel has yellow lines at its beginning and at its end, and none in its loop.


# %% language="cython" nbgrader={"grade": false, "grade_id": "dot", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
# # cython: boundscheck=False, wraparound=False
#
# def dot(x, y):
#     """The sum of x[f] · y[f] over two float32 vectors of one length, summed in double; a float.
#
#     Raises:
#         ValueError: the lengths differ, or an argument is no contiguous float32 vector.
#
#     Approach: two memoryviews of x and y; compare their lengths, ``a.shape[0]``; a typed loop.
#     Hint: ``total += <double>a[f] * b[f]``. An argument with the wrong dtype or with gaps is refused by the
#     memoryview ``const float[::1]`` itself.
#     """
#     ### BEGIN SOLUTION
#     cdef const float[::1] a = x
#     cdef const float[::1] b = y
#     cdef double total = 0
#     cdef Py_ssize_t f
#     if a.shape[0] != b.shape[0]:
#         raise ValueError("x and y must have the same length.")
#     for f in range(a.shape[0]):
#         total += <double>a[f] * b[f]
#     return total
#     ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_dot", "locked": true, "points": 4, "schema_version": 3, "solution": false}
def fenced(values, fence=1e6):
    """A float32 vector with a trap just before and just behind it."""
    memory = np.array([fence, *values, fence], dtype=np.float32)
    return memory[1:-1]


x, y = fenced([1, 2, 3]), fenced([4, 5, -6])
assert dot(x, y) is not None, "dot returned None: is there a `return`?"
assert dot(x, y) != 14, "The last term is missing: range(n) goes to n − 1 by itself."
assert abs(dot(x, y)) < 1e6, (
    f"dot([1, 2, 3], [4, 5, −6]) is −4, and yours is {dot(x, y):g}: your loop left the array and read the trap "
    "beside it. range(n) goes from 0 to n − 1."
)
assert dot(x, y) == -4, f"1·4 + 2·5 − 3·6 is −4; yours is {dot(x, y):g}."
assert dot(x[:0], y[:0]) == 0, "The sum of nothing is 0."
many = np.full(10_000, 0.1, dtype=np.float32)
assert abs(dot(many, np.ones_like(many)) - 10_000 * float(many[0])) < 1e-4, (
    "10,000 times 0.1 comes out wrong in the fourth digit: sum in double, not in float."
)
error = error_of(dot, x, fenced([1, 2]))
assert error is not None, (
    "Three numbers by two: your loop read beyond the end of the shorter one, without a word. Compare the lengths, and "
    "raise ValueError."
)
assert type(error) is ValueError, (
    f"For lengths that differ raise ValueError, not {type(error).__name__}."
)
assert type(error_of(dot, x.astype(float), y)) is ValueError, (
    "A float64 vector should be refused: read it through a memoryview of float, which raises ValueError by itself."
)
with_gaps = np.arange(6, dtype=np.float32)[::2]
error = error_of(dot, with_gaps, np.ones(3, np.float32))
assert error is not None or dot(with_gaps, np.ones(3, np.float32)) == 6, (
    "The vector [0, 2, 4] lies in memory with gaps, and your loop read [0, 1, 2]: declare the memoryview "
    "[::1], so that such a vector is refused, or use no pointer."
)
print("Part 2 works: a sum at the speed of C.")

# %% [markdown]
# ## 3. A logarithm that survives
#
# BPR's loss is $-\ln \sigma(x)$. Mathematically $\ln\sigma(x) = -\ln(1 + e^{-x})$, and you know from lesson 05 what is
# wrong with that: for $x = -1000$ the exponential is infinite. In C, nobody raises an error; you get
# `-inf`, and after the next subtraction `nan`, and then the whole model is `nan`.
#
# C's functions come from `libc.math`: `from libc.math cimport exp, log1p`. (`cimport` is `import` for C.) A function of your own
# that only C code calls begins with `cdef` and says what it returns:
#
# ```cython
# cdef double square(double x) noexcept nogil:
#     return x * x
# ```
#
# `noexcept` promises that it raises no Python error, so that nobody has to look after each call. `nogil` says that it can
# run without the interpreter; part 5 needs that.


# %% language="cython" nbgrader={"grade": false, "grade_id": "log_sigmoid", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
# from libc.math cimport exp, log1p
#
# def log_sigmoid(double x):
#     """ln σ(x), without overflow at either end.
#
#     Example: log_sigmoid(0.0) is −0.693…; log_sigmoid(-1000.0) is −1000.0.
#     Hint: ln σ(x) = −ln(1 + e^−x) for x ≥ 0, and x − ln(1 + e^x) for x < 0; log1p(y) is ln(1 + y).
#     """
#     ### BEGIN SOLUTION
#     if x >= 0:
#         return -log1p(exp(-x))
#     return x - log1p(exp(x))
#     ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_log_sigmoid", "locked": true, "points": 3, "schema_version": 3, "solution": false}
assert abs(log_sigmoid(0.0) + math.log(2)) < 1e-15, (
    f"ln σ(0) is −ln 2 = −0.6931, yours is {log_sigmoid(0.0):.4f}."
)
assert log_sigmoid(2.0) > log_sigmoid(-2.0), "ln σ rises with x; yours falls."
for x in (-3.0, -0.5, 0.25, 4.0):
    assert abs(log_sigmoid(x) - math.log(1 / (1 + math.exp(-x)))) < 1e-12, (
        f"ln σ({x}) is {math.log(1 / (1 + math.exp(-x))):.6f}, yours is {log_sigmoid(x):.6f}."
    )
assert log_sigmoid(-1000.0) == -1000.0, (
    f"ln σ(−1000) is −1000, yours is {log_sigmoid(-1000.0)}: for x < 0 take the exponential of x, not of −x. In C an "
    "overflow raises no error; it is infinite."
)
assert log_sigmoid(40.0) < 0, (
    "ln σ(40) is −4e−18, a little less than 0, and yours is 0: log(1 + y) loses a tiny y, log1p(y) does not."
)
print("Part 3 works: no overflow will turn your model into nan.")

# %% [markdown]
# ## 4. A stopwatch for nanoseconds
#
# Soon you will compare versions that differ by a few nanoseconds a triple. An honest figure needs four things:
#
# - **Warm up:** one call that is not counted. It fills the caches.
# - **Repeat, and take the minimum.** Whatever disturbs a measurement makes it longer, never shorter. (In lesson 06 `compare`
#   took the median, because it compared two things under the same disturbance. Here we ask what the code itself costs.)
# - **Count what was done.** An update skips triples without a negative. Dividing by all triples would flatter a kernel that
#   skips; so divide by `n_updated`, which the update returns.
# - **The clock is an argument,** as in lesson 06, so that the stopwatch can be tested.


# %% nbgrader={"grade": false, "grade_id": "nanoseconds_per_triple", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
def nanoseconds_per_triple(
    update: Callable[[], Any], repeats: int = 5, clock: Callable[[], float] = time.perf_counter
) -> float:
    """The time of an update in nanoseconds for each triple that it updates.

    Args:
        update: called without arguments, repeats + 1 times; returns something with ``n_updated``.
        repeats: how many calls are measured; the first call of all is not.
        clock: returns the time in seconds.

    Returns:
        the smallest of the measured times per updated triple; nan where no triple is updated.
    """
    ### BEGIN SOLUTION
    update()
    best = math.inf
    for _ in range(repeats):
        start = clock()
        result = update()
        seconds = clock() - start
        if result.n_updated == 0:
            return math.nan
        best = min(best, seconds / result.n_updated)
    return 1e9 * best
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_nanoseconds_per_triple", "locked": true, "points": 3, "schema_version": 3, "solution": false}
def staged(durations, n_updated=1000):
    """An update that takes these seconds, call by call, on a clock that moves only then."""
    now, left = [50.0], list(durations)

    def update():
        assert left, "update was called too often: repeats + 1 times are enough."
        now[0] += left.pop(0)
        return SimpleNamespace(loss=0.0, n_correct=0, n_updated=n_updated)

    return update, lambda: now[0]


update, clock = staged([9.0, 0.003, 0.002, 0.005])
found = nanoseconds_per_triple(update, 3, clock)
assert found is not None, "nanoseconds_per_triple returned None."
assert abs(found - 2000) < 1e-3, (
    f"Calls of 9 s (to warm up), 3, 2 and 5 ms for 1,000 triples: the best is 2 ms, 2,000 ns a triple. Yours says {found:g}: "
    "3,333 would be the mean, 2 a time in ms, 2e6 one that was not divided."
)
update, clock = staged([0.001, 0.004], n_updated=500)
assert abs(nanoseconds_per_triple(update, 1, clock) - 8000) < 1e-3, (
    "The warm-up was faster than the measured call, and counted. Only the calls after it count."
)
update, clock = staged([0.1] * 3, n_updated=0)
error = error_of(nanoseconds_per_triple, update, 2, clock)
assert error is None, (
    f"Without an updated triple, yours raised {type(error).__name__}: look at n_updated first."
)
update, clock = staged([0.1] * 3, n_updated=0)
assert math.isnan(nanoseconds_per_triple(update, 2, clock)), (
    "Without an updated triple the answer is math.nan."
)
print("Part 4 works: you can measure a nanosecond.")

# %% [markdown]
# ## The ladder
#
# Now watch what each step brings. The task is a piece of BPR: for many pairs of a user and an item, add up
# $p_u \cdot q_i$. Five versions stand in one cell. Each differs from the one before in one thing only. Write ` -a`
# behind its `%%cython`, run it, and look at the annotation: click on the line `total +=` of each version.

# %% language="cython" tags=["experiment"]
# # cython: boundscheck=True, wraparound=True
# cimport cython
#
#
# def scores_1(float[:, :] p, float[:, :] q, int[:] users, int[:] items):
#     """Typed variables and memoryviews; everything is checked."""
#     cdef double total = 0
#     cdef Py_ssize_t t, f
#     for t in range(users.shape[0]):
#         for f in range(p.shape[1]):
#             total += p[users[t], f] * q[items[t], f]
#     return total
#
#
# @cython.boundscheck(False)
# @cython.wraparound(False)
# def scores_2(float[:, :] p, float[:, :] q, int[:] users, int[:] items):
#     """No checks of indices."""
#     cdef double total = 0
#     cdef Py_ssize_t t, f
#     for t in range(users.shape[0]):
#         for f in range(p.shape[1]):
#             total += p[users[t], f] * q[items[t], f]
#     return total
#
#
# @cython.boundscheck(False)
# @cython.wraparound(False)
# def scores_3(const float[:, ::1] p, const float[:, ::1] q, const int[::1] users, const int[::1] items):
#     """Contiguous memoryviews: no multiplication for the column."""
#     cdef double total = 0
#     cdef Py_ssize_t t, f
#     for t in range(users.shape[0]):
#         for f in range(p.shape[1]):
#             total += p[users[t], f] * q[items[t], f]
#     return total
#
#
# @cython.boundscheck(False)
# @cython.wraparound(False)
# def scores_4(const float[:, ::1] p, const float[:, ::1] q, const int[::1] users, const int[::1] items):
#     """Without the interpreter's lock."""
#     cdef double total = 0
#     cdef Py_ssize_t t, f
#     with nogil:
#         for t in range(users.shape[0]):
#             for f in range(p.shape[1]):
#                 total += p[users[t], f] * q[items[t], f]
#     return total
#
#
# cdef double _lanes(const float *a, const float *b, Py_ssize_t d) noexcept nogil:
#     cdef float s0 = 0, s1 = 0, s2 = 0, s3 = 0
#     cdef Py_ssize_t f = 0
#     while f + 4 <= d:
#         s0 += a[f] * b[f]
#         s1 += a[f + 1] * b[f + 1]
#         s2 += a[f + 2] * b[f + 2]
#         s3 += a[f + 3] * b[f + 3]
#         f += 4
#     while f < d:
#         s0 += a[f] * b[f]
#         f += 1
#     return (s0 + s1) + (s2 + s3)
#
#
# @cython.boundscheck(False)
# @cython.wraparound(False)
# def scores_5(const float[:, ::1] p, const float[:, ::1] q, const int[::1] users, const int[::1] items):
#     """Pointers to the rows, and four sums side by side."""
#     cdef double total = 0
#     cdef Py_ssize_t t, d = p.shape[1]
#     with nogil:
#         for t in range(users.shape[0]):
#             total += _lanes(&p[users[t], 0], &q[items[t], 0], d)
#     return total

# %% [markdown]
# | step | what vanished from the C code |
# | --- | --- |
# | 1 typed | objects: numbers are in registers, the loop is a C loop |
# | 2 no checks | for each access, a comparison with the length and one with zero, and the jump to an error |
# | 3 contiguous | for each access, a multiplication by the distance between columns |
# | 4 `nogil` | nothing in the loop; but other threads of Python may run meanwhile |
# | 5 pointers, lanes | for each access, finding the row again; and the wait for the previous sum |
#
# The last point needs a word. `total += a * b` must wait until the addition before it has ended, some four cycles. Four sums do not
# wait for one another, so the processor works on all of them at once, and it may keep four numbers in one wide register. The compiler
# may not do that for you: it would change the order of the additions, and so the last digits.
#
# *float64 creeps in* at steps 1 to 4: `total` is a double, so each product is converted. That is right for a sum that must be
# exact, and it costs. In step 5 the lanes are float.

# %% tags=["experiment"]
generator = np.random.default_rng(8)
d = 64
p = generator.normal(size=(1000, d)).astype(np.float32)
q = generator.normal(size=(2000, d)).astype(np.float32)
users = generator.integers(0, 1000, 20_000).astype(np.int32)
items = generator.integers(0, 2000, 20_000).astype(np.int32)


def plain(p, q, users, items):
    """The same in Python, with NumPy for each product."""
    total = 0.0
    for u, i in zip(users.tolist(), items.tolist()):
        total += float(p[u] @ q[i])
    return total


ladder = {
    "Python, NumPy": plain,
    "1 typed": scores_1,
    "2 no checks": scores_2,
    "3 contiguous": scores_3,
    "4 nogil": scores_4,
    "5 lanes": scores_5,
}
measured = {}
for name, function in ladder.items():

    def run(function=function):
        function(p, q, users, items)
        return SimpleNamespace(n_updated=len(users))

    measured[name] = nanoseconds_per_triple(run)
    print(f"{name:<14} {measured[name]:8.1f} ns a pair")

# %% tags=["experiment"]
plt.figure(figsize=(8, 3))
plt.barh(list(measured), list(measured.values()), color="#4c72b0")
for place, ns in enumerate(measured.values()):
    plt.text(ns * 1.05, place, f"{ns:,.0f} ns", va="center")
plt.xscale("log")
plt.xlim(right=3 * max(measured.values()))
plt.xlabel(f"nanoseconds a pair, with {d} factors")
plt.title("Five steps from Python to the processor")
plt.gca().invert_yaxis()
plt.show()

# %% [markdown]
# Your figures will differ from anybody else's. On many machines the step from Python to typed loops is the largest, and the
# last one is the second largest. If two neighbours are equal on yours, the compiler saw through the difference by itself.

# %% [markdown]
# ## 5. The kernel
#
# The whole of it: `bpr_update`, the same operation as in lesson 05, with the same arguments and the same steps. For
# each triple $(u, i, j)$ of the plan, in order, with all right-hand sides from *before* the triple:
#
# $$\begin{aligned}
# x &= p_u \cdot (q_i - q_j) + b_i - b_j, \qquad g = \sigma(-x) \\
# p_u &\leftarrow p_u + \eta\,(g\,(q_i - q_j) - \lambda_u p_u) \\
# q_i &\leftarrow q_i + \eta\,(g\,p_u - \lambda_i q_i), \qquad b_i \leftarrow b_i + \eta\,(g - \lambda_i b_i) \\
# q_j &\leftarrow q_j + \eta\,(-g\,p_u - \lambda_j q_j), \qquad b_j \leftarrow b_j + \eta\,(-g - \lambda_j b_j)
# \end{aligned}$$
#
# and add $-\ln\sigma(x)$ to the loss, count $x > 0$, and count the triple. A triple whose negative is `SKIPPED` (−1) changes nothing.
#
# **Four traps, and all of them are silent.**
#
# - *Row −1.* With `wraparound=False`, `item_factors[-1]` is not the last row. It is the memory *before* the first one. Skip
#   the triple before you touch the row.
# - *The new row.* Within one pass over the columns, keep `p[f]`, `q_i[f]` and `q_j[f]` in variables before you write
#   any of them. Otherwise the items move along the user's new vector, as in the classic bug of lesson 05.
# - *No biases.* `item_biases` may be `None`. Look before the loop: `cdef bint with_biases = item_biases is not None`. Reading an element of a
#   memoryview that is None, without checks, ends the process.
# - *The lock.* Python's interpreter has a lock, the GIL: one thread at a time. A kernel that runs for seconds and keeps the lock stops every
#   other thread: the notebook's own display, a web server's answers, and in lesson 09 the other workers. Inside of
#   `with nogil:` the lock is free. There you may use typed variables, memoryviews and `nogil` functions, and no Python object.
#
# Pointers make the inner loop short: `cdef float *user = &user_factors[u, 0]`. Declare them above, assign them in the loop.


# %% language="cython" nbgrader={"grade": false, "grade_id": "bpr_update", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export", "op"]
# # cython: boundscheck=False, wraparound=False, cdivision=True
# from libc.math cimport exp, log1p
#
# from recsys_backends.protocol import UpdateResult
#
#
# def bpr_update(
#     float[:, ::1] user_factors,
#     float[:, ::1] item_factors,
#     float[::1] item_biases,
#     plan,
#     *,
#     double learning_rate,
#     double reg_user,
#     double reg_positive,
#     double reg_negative,
#     int n_threads=1,
# ):
#     """One pass over the plan, in place: a step of −ln σ(x_ui − x_uj) + ½ Σ λ ‖θ‖² for each triple.
#
#     Args:
#         user_factors, item_factors: float32, shapes (n_users, d) and (n_items, d); overwritten.
#         item_biases: float32, shape (n_items,); overwritten. None for a model without biases.
#         plan: the triples; its users, positives and negatives are int32 vectors.
#         learning_rate, reg_user, reg_positive, reg_negative: η and the three λ.
#         n_threads: has no effect here.
#
#     Returns:
#         UpdateResult(loss, n_correct, n_updated).
#
#     Approach: declare everything; ``with nogil:``; for each triple skip, or point to the three rows, x in one
#     loop, g, then the three updates in a second loop, the biases, the sums.
#     """
#     cdef const int[::1] users = plan.users
#     cdef const int[::1] positives = plan.positives
#     cdef const int[::1] negatives = plan.negatives
#     cdef double loss = 0
#     cdef Py_ssize_t n_correct = 0, n_updated = 0
#     ### BEGIN SOLUTION
#     cdef Py_ssize_t t, f, d = user_factors.shape[1]
#     cdef bint with_biases = item_biases is not None
#     cdef float *user
#     cdef float *positive
#     cdef float *negative
#     cdef float old_user, old_positive, old_negative, step
#     cdef float rate = <float>learning_rate
#     cdef float decay_user = <float>(learning_rate * reg_user)
#     cdef float decay_positive = <float>(learning_rate * reg_positive)
#     cdef float decay_negative = <float>(learning_rate * reg_negative)
#     cdef double x, g
#     with nogil:
#         for t in range(users.shape[0]):
#             if negatives[t] < 0:
#                 continue
#             user = &user_factors[users[t], 0]
#             positive = &item_factors[positives[t], 0]
#             negative = &item_factors[negatives[t], 0]
#             x = 0
#             for f in range(d):
#                 x += user[f] * (positive[f] - negative[f])
#             if with_biases:
#                 x += <double>item_biases[positives[t]] - item_biases[negatives[t]]
#             g = 1 / (1 + exp(x)) if x <= 0 else exp(-x) / (1 + exp(-x))
#             step = rate * <float>g
#             for f in range(d):
#                 old_user, old_positive, old_negative = user[f], positive[f], negative[f]
#                 user[f] = old_user + step * (old_positive - old_negative) - decay_user * old_user
#                 positive[f] = old_positive + step * old_user - decay_positive * old_positive
#                 negative[f] += -step * old_user - decay_negative * old_negative
#             if with_biases:
#                 item_biases[positives[t]] += step - decay_positive * item_biases[positives[t]]
#                 item_biases[negatives[t]] += -step - decay_negative * item_biases[negatives[t]]
#             loss += log1p(exp(-x)) if x >= 0 else log1p(exp(x)) - x
#             n_correct += x > 0
#             n_updated += 1
#     ### END SOLUTION
#     return UpdateResult(loss, n_correct, n_updated)


# %% nbgrader={"grade": true, "grade_id": "test_bpr_update", "locked": true, "points": 8, "schema_version": 3, "solution": false}
def one_step(user, items, biases, triple=(0, 0, 1), **settings):
    """Apply one triple, with a row of sevens before the factors, and return what has become of all."""
    users = np.array([[7.0] * len(user[0]), *user], dtype=np.float32)
    rows = np.array([[7.0] * len(user[0]), *items], dtype=np.float32)
    numbers = None if biases is None else np.array([7.0, *biases], dtype=np.float32)
    columns = [np.array([number], dtype=np.int32) for number in triple]
    rates = {
        "learning_rate": 0.5,
        "reg_user": 0.0,
        "reg_positive": 0.0,
        "reg_negative": 0.0,
        **settings,
    }
    result = bpr_update(
        users[1:],
        rows[1:],
        None if biases is None else numbers[1:],
        EpochPlan(*columns, np.array([0, 1])),
        **rates,
    )
    assert (users[0] == 7).all() and (rows[0] == 7).all() and (biases is None or numbers[0] == 7), (
        "The memory before the first row was written: row −1 is not the last row here. Skip a triple whose "
        "negative is −1 before you touch its row."
    )
    return users[1:], rows[1:], None if biases is None else numbers[1:], result


skipped = one_step(
    [[1, 2]], [[0.5, 0], [0, 0.25]], [0.1, 0.2], triple=(0, 0, SKIPPED), reg_user=0.1
)
assert np.array_equal(skipped[0], [[1, 2]]) and skipped[3].n_updated == 0, (
    "A triple whose negative is SKIPPED (−1) must change nothing, and is not counted."
)
level = one_step([[1, 2]], [[0.5, 0], [0, 0.25]], [0, 0])
assert isinstance(level[3].loss, float), (
    "bpr_update should return UpdateResult(loss, n_correct, n_updated)."
)
assert abs(level[3].loss - math.log(2)) < 1e-6, (
    f"Here x = (1, 2) · ((0.5, 0) − (0, 0.25)) = 0, so the loss is ln 2 = 0.6931, not {level[3].loss:.4f}."
)
assert np.allclose(level[0], [[1.125, 1.9375]]), (
    f"The user should become (1.125, 1.9375): p + 0.5 · g · (q_i − q_j) with g = σ(0) = 0.5; yours is {level[0].tolist()}."
)
assert not np.allclose(level[1], [[0.78125, 0.484375], [-0.28125, -0.234375]]), (
    "The items moved along the user's NEW vector. Keep user[f] in a variable before you write to it."
)
assert np.allclose(level[1], [[0.75, 0.5], [-0.25, -0.25]]), (
    f"The items should become (0.75, 0.5) and (−0.25, −0.25); yours are {level[1].tolist()}."
)
assert np.allclose(level[2], [0.25, -0.25]), (
    f"The biases should become 0.25 and −0.25; yours are {level[2].tolist()}."
)
assert level[3].n_correct == 0 and level[3].n_updated == 1, (
    "x = 0 is not correct (only x > 0 is), and counts as updated."
)
led = one_step([[1, 2]], [[0.5, 0], [0, 0.25]], [1, -1])
assert abs(led[3].loss - math.log1p(math.exp(-2))) < 1e-6 and led[3].n_correct == 1, (
    f"With biases 1 and −1, x = 2: the loss is 0.1269 and the triple is correct; yours: {led[3]}."
)
assert np.allclose(led[2], [1.0596015, -1.0596015]), (
    f"At x = 2 the step is g = σ(−2) = 0.1192, so the biases become ±1.0596; yours are {led[2].tolist()}."
)
behind = one_step([[1, 2]], [[0.5, 0], [0, 0.25]], [-1, 1])
assert abs(behind[3].loss - math.log1p(math.exp(2))) < 1e-6, (
    f"With biases −1 and 1, x = −2: the loss is 2.1269, not {behind[3].loss:.4f}."
)
assert np.allclose(behind[2], [-1 + 0.4403985, 1 - 0.4403985]), (
    f"At x = −2 the step is g = σ(2) = 0.8808, so the biases become ∓0.5596; yours are {behind[2].tolist()}."
)
pulled = one_step(
    [[1, 2]], [[0.5, 0], [0, 0.25]], [0.4, 0.4], reg_user=0.2, reg_positive=0.4, reg_negative=0.8
)
assert np.allclose(pulled[0], [[1.025, 1.7375]]), (
    "reg_user pulls the user's vector towards zero: − η λ_u p."
)
assert np.allclose(pulled[1], [[0.65, 0.5], [-0.25, -0.35]]), (
    "reg_positive belongs to item i and reg_negative to item j, each with its own OLD row."
)
assert np.allclose(pulled[2], [0.57, -0.01]), "A bias is regularised as its item is."
without = one_step([[1, 2]], [[0.5, 0], [0, 0.25]], None)
assert np.allclose(without[0], [[1.125, 1.9375]]), (
    "With item_biases=None the step is the same, without the b terms."
)
far = one_step([[1000, 0]], [[-1000, 0], [1000, 0]], [0, 0])
assert np.isfinite(far[3].loss), "A badly wrong score gives a loss that is not finite: see part 3."

n = 400_000
plan = EpochPlan(*(np.arange(n, dtype=np.int32) % m for m in (50, 80, 81)), np.array([0, n]))
arrays = [np.full((rows, 16), 0.01, np.float32) for rows in (50, 81)]
rates = {"learning_rate": 0.01, "reg_user": 0.0, "reg_positive": 0.0, "reg_negative": 0.0}
thread = threading.Thread(
    target=bpr_update, args=(*arrays, np.zeros(81, np.float32), plan), kwargs=rates
)
turns, started = 0, time.perf_counter()
thread.start()
while thread.is_alive():
    turns += 1
    time.sleep(0)
seconds = time.perf_counter() - started
assert turns > 20, (
    f"While your kernel worked for {seconds:.2f} s, another thread got only {turns} turns: your loop keeps the "
    "interpreter's lock. Put it into `with nogil:`."
)
print("Part 5 works: you have a kernel.")

# %% [markdown]
# ## 6. The best items of one user
#
# Training is half of the work; the other half is answering: which $k$ of all items have the highest score? Sorting all of them
# would do far too much. Keep a short list of the best $k$ so far, in order, worst at the end. Most items score below the
# worst of the list, and cost one comparison. One that does not is moved up from the end until it stands right.
#
# Two rules make the answer unique. *Ties:* of equal scores the item with the lower number comes first; so an item moves up only past
# scores that are **strictly lower**. *Seen items:* `seen` holds the items that the user has, in ascending order; keep a place in it,
# and step on when you reach that item. (Take care with that place: at the end of `seen` there is nothing to read.)


# %% language="cython" nbgrader={"grade": false, "grade_id": "best_items", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
# # cython: boundscheck=False, wraparound=False
# import numpy as np
#
#
# def best_items(const float[::1] user, const float[:, ::1] items, const int[::1] seen, int k):
#     """The k best unseen items of a user, best first.
#
#     Args:
#         user: float32, shape (d,).
#         items: float32, shape (n_items, d); the score of item i is the product of row i and user.
#         seen: int32, ascending without repeats; never listed.
#         k: length of the list, at least 1.
#
#     Returns:
#         (numbers, scores): int32 and float32, as long as there are unseen items, at most k.
#
#     Raises:
#         ValueError: user and the rows of items differ in length, or k is below 1.
#
#     Approach: two arrays of length k, and how many places are filled. For each item: skip what is seen; its
#     score; if the list is full and the score is not above its last one, go on; else find its place from the end,
#     moving the others down by one.
#     """
#     ### BEGIN SOLUTION
#     if k < 1:
#         raise ValueError("k must be at least 1.")
#     if user.shape[0] != items.shape[1]:
#         raise ValueError("user and the rows of items must have the same length.")
#     numbers, scores = np.empty(k, dtype=np.int32), np.empty(k, dtype=np.float32)
#     cdef int[::1] best = numbers
#     cdef float[::1] high = scores
#     cdef Py_ssize_t i, f, place, n_filled = 0, n_seen = 0
#     cdef float score
#     with nogil:
#         for i in range(items.shape[0]):
#             if n_seen < seen.shape[0] and seen[n_seen] == i:
#                 n_seen += 1
#                 continue
#             score = 0
#             for f in range(user.shape[0]):
#                 score += user[f] * items[i, f]
#             if n_filled == k:
#                 if score <= high[k - 1]:
#                     continue
#             else:
#                 n_filled += 1
#             place = n_filled - 1
#             while place > 0 and high[place - 1] < score:
#                 best[place] = best[place - 1]
#                 high[place] = high[place - 1]
#                 place -= 1
#             best[place] = <int>i
#             high[place] = score
#     return numbers[:n_filled], scores[:n_filled]
#     ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_best_items", "locked": true, "points": 5, "schema_version": 3, "solution": false}
user = np.array([1, 0], dtype=np.float32)
rows = np.array([[3, 9], [5, 9], [5, 9], [1, 9], [4, 9]], dtype=np.float32)
nobody = np.zeros(0, dtype=np.int32)
numbers, scores = best_items(user, rows, nobody, 3)
assert numbers.dtype == np.int32 and scores.dtype == np.float32, (
    "Return int32 numbers and float32 scores."
)
assert numbers.tolist() != [2, 1, 4], (
    "Of equal scores the lower item comes first: move up past strictly lower scores only."
)
assert numbers.tolist() == [1, 2, 4] and scores.tolist() == [5, 5, 4], (
    f"With scores 3, 5, 5, 1, 4 the best three are items 1, 2, 4; yours are {numbers.tolist()}, {scores.tolist()}."
)
numbers, _ = best_items(user, rows, np.array([1, 4], dtype=np.int32), 3)
assert numbers.tolist() == [2, 0, 3], (
    f"Without items 1 and 4, which were seen, the list is 2, 0, 3; yours is {numbers.tolist()}."
)
numbers, _ = best_items(user, rows, np.arange(5, dtype=np.int32), 3)
assert len(numbers) == 0, (
    f"Who has seen everything gets an empty list; yours has {len(numbers)} places. Return only the places that are "
    "filled, numbers[:filled] and scores[:filled]."
)
numbers, scores = best_items(user, rows, nobody, 9)
assert numbers.tolist() == [1, 2, 4, 0, 3] and len(scores) == 5, (
    f"Five items and k = 9: all five, best first, and not more; yours is {numbers.tolist()}."
)
memory = np.array([0, 3, 4, 1], dtype=np.int32)  # what lies behind `seen` is no seen item
numbers, _ = best_items(user, rows, memory[:2], 5)
assert numbers.tolist() == [1, 2, 4], (
    f"`seen` holds items 0 and 3, and yours also left out what lies behind its end: {numbers.tolist()}. Look whether "
    "there is still one before you read it."
)
assert type(error_of(best_items, user[:1], rows, nobody, 3)) is ValueError, (
    "A user of 1 number and items of 2: raise ValueError, before your loop reads beyond the end."
)
assert type(error_of(best_items, user, rows, nobody, 0)) is ValueError, (
    "For k = 0 raise ValueError, before your loop writes into a list without places. (Yours may just have done so: mend "
    "it, and restart the kernel.)"
)
print("Part 6 works: you can answer.")

# %% [markdown]
# ## 7. Your kernel, the library's, and the floor
#
# One plan, one set of factors, three kernels. `naive` is the loop of lesson 05; `optimized` is the library's own kernel, on one
# thread. The dashed line is the floor of lesson 06: what memory allows, at the speed of copying arrays as large as the model.

# %% tags=["experiment"]
mine = SimpleNamespace(name="mine", tiles=False, bpr_update=bpr_update)
split = load_split("synthetic-100k").fold_valid()
n_factors = 64
train = split.train
with use_backend("naive"):
    plan = ops.plan_epoch(train.indptr, train.indices, train.n_items, seed=0, epoch=0, n_blocks=1)
shortened = EpochPlan(
    plan.users[:4000], plan.positives[:4000], plan.negatives[:4000], np.array([0, 4000])
)


def update_on(backend, plan):
    """A function that runs one pass of the plan on a backend, on factors of its own."""
    generator = np.random.default_rng(0)
    factors = [
        (0.1 * generator.normal(size=(rows, n_factors))).astype(np.float32)
        for rows in (train.n_users, train.n_items)
    ]
    biases = np.zeros(train.n_items, dtype=np.float32)

    def update():
        with use_backend(backend):
            return ops.bpr_update(
                *factors,
                biases,
                plan,
                learning_rate=0.05,
                reg_user=0.01,
                reg_positive=0.01,
                reg_negative=0.01,
                n_threads=1,
            )

    return update


times = {"naive (lesson 05)": nanoseconds_per_triple(update_on("naive", shortened), 2)}
times["yours (Cython)"] = nanoseconds_per_triple(update_on(mine, plan))
try:
    times["optimized (the library)"] = nanoseconds_per_triple(update_on("optimized", plan))
except LookupError as error:
    print(f"optimized: {error}")

model = np.ones((train.n_users + train.n_items) * n_factors // 2, dtype=np.float32)
target = np.empty_like(model)


def copy():
    np.copyto(target, model)
    return SimpleNamespace(n_updated=2 * model.nbytes)


floor = nanoseconds_per_triple(copy, 50) * 3 * 2 * 4 * n_factors
for name, ns in times.items():
    print(f"{name:<24} {ns:10.1f} ns a triple, {ns / floor:8.1f} times the floor")

# %% tags=["experiment"]
plt.figure(figsize=(8, 2.6))
plt.barh(list(times), list(times.values()), color="#4c72b0")
for place, ns in enumerate(times.values()):
    plt.text(ns * 1.1, place, f"{ns:,.0f} ns", va="center")
plt.axvline(floor, color="black", linestyle="--", label=f"the floor: {floor:.0f} ns")
plt.xscale("log")
plt.xlim(floor / 3, 5 * max(times.values()))
plt.xlabel(f"nanoseconds a triple, with {n_factors} factors (logarithmic)")
plt.title("bpr_update, one thread")
plt.gca().invert_yaxis()
plt.legend(loc="lower right")
plt.show()

# %% [markdown]
# And the whole model, on your kernel. The plan still comes from the plain loop of lesson 05, so the fit is not
# faster by as much as the kernel is: that is Amdahl's law again. Lesson 09 makes `plan_epoch` yours.

# %% tags=["experiment"]
mine.plan_epoch = naive.plan_epoch
started = time.perf_counter()
with use_backend(mine):
    fitted = BPR(
        n_factors=16, epochs=8, learning_rate=0.1, reg=0.01, n_blocks=1, progress=False
    ).fit(train)
print(f"{time.perf_counter() - started:.1f} s")
for name, model in (("your kernel", fitted), ("most popular", MostPopular().fit(train))):
    print(f"{name:<14} NDCG@10 {evaluate(model, split, metrics='ndcg@10')['ndcg@10']:.3f}")

# %% [markdown]
# ## 8. Questions
#
# A few sentences each. They are marked by a person.
#
# **a) Without a net.** You have switched off the checks of indices. Name what protects memory now, in each of these cases: a user
# number as large as the number of users; a negative of −1; a matrix of float64; a vector with gaps. Which of the
# four would do harm in silence if that protection were missing, and what harm?

# %% [markdown] nbgrader={"grade": true, "grade_id": "without_a_net", "locked": false, "points": 3, "schema_version": 3, "solution": true}
# A user number that is too large is refused by the front door of lesson 07 (`below=n_users`), once, before the kernel
# runs; without it the kernel writes into foreign memory behind the factors. A negative of −1 is skipped by the kernel's own line;
# without it, the row before the first one is read and written. A float64 matrix and a vector with gaps are refused by the
# memoryview `float[:, ::1]` with an error, so nothing silent can happen unless one works around it with a bare pointer.
#
# === BEGIN MARK SCHEME ===
# 1 point: the front door (or a check before the kernel) for the user number. 1 point: the kernel's own skip for −1, and the
# memoryview's dtype and contiguity for the other two. 1 point: harm in silence: foreign memory is read or overwritten.
# === END MARK SCHEME ===

# %% [markdown]
# **b) Without the lock.** What may a loop not do inside of `with nogil:`, and why? Your kernel, without the lock, is called by two threads
# at once on the *same* factors: is anything wrong then? And on different factors?

# %% [markdown] nbgrader={"grade": true, "grade_id": "without_the_lock", "locked": false, "points": 3, "schema_version": 3, "solution": true}
# It may not touch Python objects: make, read, count or drop them, raise an error or print, because the interpreter's
# own data may be changed by another thread at that moment. On the same factors two threads can read a row, both change
# it, and both write it: one of the two updates is lost, and the result depends on timing. Nothing crashes, but runs differ.
# On different factors nothing is shared, so nothing is wrong.
#
# === BEGIN MARK SCHEME ===
# 1 point: no Python objects (or errors, prints), since others may change the interpreter's state. 1 point: same factors: a data race;
# lost updates, or results that depend on timing. 1 point: different factors are safe.
# === END MARK SCHEME ===

# %% [markdown]
# **c) What is left?** How far is your kernel from the floor, and from `optimized`? Name two things that `optimized` may do
# that yours does not (think of how many numbers one instruction can handle, and of rows that are not in the cache yet). Is it worth
# the work? For whom?

# %% [markdown] nbgrader={"grade": true, "grade_id": "what_is_left", "locked": false, "points": 3, "schema_version": 3, "solution": true}
# Mine takes about three to six times the floor, and `optimized` about half of mine or less. It can use wide registers (8 or 16
# float32 in one instruction), with several sums side by side; fetch the rows of coming triples into the cache ahead of time; choose
# the code for the processor at run time. For a class or a small shop it is not worth it: a fit takes seconds either way. It is
# for who trains every hour on hundreds of millions of triples, where a factor of two is a machine.
#
# === BEGIN MARK SCHEME ===
# 1 point: both ratios from own figures. 1 point: two of: wide instructions (SIMD), several sums, prefetching, run-time
# choice, a cheaper exponential. 1 point: a judgement with a reason that depends on the size of the task.
# === END MARK SCHEME ===

# %% [markdown]
# **d) Your experiment.** How does the cost of a triple depend on the number of factors? Write down first what the count of lesson 06
# predicts for d = 4, 16, 64, 256. Measure your kernel and one other at these values or more, and draw both with the prediction. Then write: what
# you expected, how you measured, what came out, and one place where the prediction fails, with a reason.

# %% [markdown] nbgrader={"grade": true, "grade_id": "cost_of_factors", "locked": false, "points": 3, "schema_version": 3, "solution": true}
# The count says 18 d flops and 24 d bytes, so the cost should be proportional to d: from 4 to 256 a factor of 64. I measured with
# `nanoseconds_per_triple`, five repeats, one plan. From d = 64 to 256 my kernel takes nearly four times as long, as predicted;
# from 4 to 16 it hardly grows. A triple has costs that do not depend on d: the exponential, the logarithm, three rows to be
# found. At d = 4 they are nearly all of it. `optimized` is flatter still at the left, since four numbers are one instruction.
#
# === BEGIN MARK SCHEME ===
# 1 point: a prediction written down, four values or more. 1 point: a measurement that can be repeated (warm-up, minimum of
# several, same plan). 1 point: a place where it fails (small d, or beyond the cache), with a reason that fits the figures.
# === END MARK SCHEME ===

# %% [markdown]
# ## What next
#
# In a terminal, in your workspace:
#
# ```
# tito complete 8
# ```
#
# It runs the tests above, exports your functions, builds your kernels and asks the question of this lesson: can I write the kernel?
# From then on `bpr_update` of the backend `student` is this one. `tito race --models naive,student,optimized` shows your
# kernel between the plain loop and the library's. What it says of `student` is the whole fit, with a plan that is not compiled.
#
# If you want more: give `dot` the four lanes of the ladder, or write `als_half_step` for one user; the library's clauses will
# tell whether it is right.
#
# One thread of your kernel is fast. The machine has more than one core. Lesson 09, parallel: what happens when all of them write to the
# same factors, and how to get the same bytes every time.
