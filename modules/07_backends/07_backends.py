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
# # Lesson 07. Backends: change the engine, keep the model
#
# **The question of this lesson: can my model change engines?** You will build the joint between a model
# and the code that computes for it: a registry of engines, a switch, a front door that checks
# arguments, and a test that says whether an engine is right. At the end one BPR model runs on every
# engine that your machine has.
#
# About three hours. You need NumPy, the loop of lesson 05 and the stopwatch of lesson 06. If a cell gets
# stuck, the square button stops it.
#
# | part | you write | points |
# | --- | --- | --- |
# | 1 | `register`, `load` | 4 |
# | 2 | `current`, `use` | 4 |
# | 3 | `check_array` | 4 |
# | 4 | `matmul` | 3 |
# | 5 | `matmul_by_rows` | 3 |
# | 6 | `agree` | 6 |
# | | three questions in words, one experiment | 12 |

# %% [markdown]
# ## Why
#
# Lesson 06 ended with a diagnosis: the model is fine, and one loop is slow. The tempting repair is to open
# the model and write a fast loop into it. Then the model works only where the fast loop does. Someone
# without a compiler cannot run it. Someone with a graphics card cannot use it. And nobody can compare
# the fast loop with the slow one any more, because the slow one is gone.
#
# A better repair takes the loop *out* of the model. The model asks for an operation by name, for instance
# `bpr_update`. Something else decides which code answers. In this course that code is called a
# **backend**, or an engine. You have used the idea since lesson 05:
#
# ```python
# set_backend("student")      # your loop
# set_backend("optimized")    # the same model, compiled
# ```
#
# Today you build the machinery behind these two lines.

# %% [markdown]
# These are the imports of everything that you will export. Run both cells and go on.

# %% nbgrader={"grade": false, "grade_id": "product_imports", "locked": true, "points": 0, "schema_version": 3, "solution": false} tags=["export", "op"]
import numpy as np
from numpy.typing import NDArray

# %% nbgrader={"grade": false, "grade_id": "backends_imports", "locked": true, "points": 0, "schema_version": 3, "solution": false} tags=["export"]
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

# %% [markdown]
# And these only look at things; they stay in the notebook.

# %%
import threading
from types import SimpleNamespace

import matplotlib.pyplot as plt

from recsys_backends import BackendUnavailableError
from recsys_edu import BPR, TwoTower, benchmark, evaluate, load_split, use_backend

generator = np.random.default_rng(7)

# %% [markdown]
# ## The whole way of a call
#
# This picture is the plan of the lesson. A model calls an operation. The front door checks the arguments.
# The switch says which engine is chosen in this block of code. The registry knows where that engine is and
# loads it when it is first needed.

# %%
_, axes = plt.subplots(figsize=(9, 2.6))
STATIONS = [
    ("model", "BPR.fit"),
    ("front door", "part 3\ncheck_array"),
    ("switch", "part 2\nuse, current"),
    ("registry", "part 1\nregister, load"),
    ("engine", "parts 4 and 5\nmatmul"),
]
for place, (name, about) in enumerate(STATIONS):
    axes.text(
        2.2 * place,
        0.25,
        f"{name}\n\n{about}",
        ha="center",
        va="center",
        fontsize=10,
        bbox={"boxstyle": "round,pad=0.6", "facecolor": "white", "edgecolor": "black"},
    )
    if place:
        axes.annotate(
            "",
            (2.2 * place - 0.78, 0.25),
            (2.2 * place - 1.42, 0.25),
            arrowprops={"arrowstyle": "->"},
        )
axes.text(4.4, -0.62, "part 6: agree, the test that every engine has to pass", ha="center")
axes.set_xlim(-1.2, 10)
axes.set_ylim(-0.8, 1)
axes.axis("off")
axes.set_title("One call, from the model to the engine")
plt.show()

# %% [markdown]
# ## 1. A registry that loads late
#
# A registry is a table of names. The easy version stores the engines themselves:
#
# ```python
# ENGINES = {"numpy": numpy_engine, "torch": torch_engine}
# ```
#
# To fill such a table, every engine must be imported first. PyTorch alone takes seconds. And on a machine
# without PyTorch the import fails, so the program does not even start, although nobody asked for PyTorch.
#
# So store a **loader** instead: a function without arguments that returns the engine. It is called when
# somebody asks for that engine for the first time, and its answer is kept. This is *late lookup*.
#
# Two different things can go wrong when an engine is asked for, and people need different advice:
#
# | what happened | error | what to do |
# | --- | --- | --- |
# | no engine has that name | `UnknownEngineError` | correct the spelling; so the message lists the known names |
# | the name is known, and loading fails | `EngineUnavailableError` | install something; so the message holds the reason |
#
# A failure is **not** kept. After `pip install torch` the next attempt must be able to succeed.
#
# The tests of this lesson ask for errors, with this small helper:


# %%
def error_of(function, *args, **kwargs):
    """The error that a call raises, or None."""
    try:
        function(*args, **kwargs)
    except Exception as error:
        return error
    return None


# %% nbgrader={"grade": false, "grade_id": "registry_state", "locked": true, "points": 0, "schema_version": 3, "solution": false} tags=["export"]
class UnknownEngineError(LookupError):
    """No engine has that name."""


class EngineUnavailableError(RuntimeError):
    """The engine is known, and cannot be loaded here."""


# The loader of each engine, and the engines that have been loaded, by name.
loaders: dict[str, Callable[[], Any]] = {}
loaded: dict[str, Any] = {}


# %% nbgrader={"grade": false, "grade_id": "registry", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
def register(name: str, loader: Callable[[], Any], *, replace: bool = False) -> None:
    """Make an engine known under a name, without loading it.

    Args:
        name: the name to ask for it by.
        loader: called without arguments when the engine is first needed; returns the engine.
        replace: allow a name that is taken. The old engine is forgotten, also if it was loaded.

    Raises:
        ValueError: the name is taken, and replace is False. Nothing is changed then.

    Example: register("numpy", lambda: SimpleNamespace(matmul=np.matmul))
    """
    ### BEGIN SOLUTION
    if name in loaders and not replace:
        raise ValueError(f"an engine {name!r} exists; pass replace=True to replace it.")
    loaders[name] = loader
    loaded.pop(name, None)
    ### END SOLUTION


def load(name: str) -> Any:
    """Return the engine of that name; its loader runs at the first call, and not again.

    Raises:
        UnknownEngineError: no such name; the message lists the names that there are.
        EngineUnavailableError: the loader raised an error; the message holds the reason, and the
            loader's error is the cause.

    Approach: look into ``loaded``; then for the loader; call it; keep what it returns.
    Hint: ``raise EngineUnavailableError(f"… {error}") from error`` keeps the cause.
    """
    ### BEGIN SOLUTION
    if name in loaded:
        return loaded[name]
    if name not in loaders:
        raise UnknownEngineError(f"there is no engine {name!r}; there are {', '.join(loaders)}.")
    try:
        engine = loaders[name]()
    except Exception as error:
        raise EngineUnavailableError(f"{name!r} cannot be loaded here: {error}") from error
    loaded[name] = engine
    return engine
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_registry", "locked": true, "points": 4, "schema_version": 3, "solution": false}
loaders.clear()
loaded.clear()
calls = []


def numpy_loader():
    calls.append("numpy")
    return SimpleNamespace(matmul=np.matmul)


def broken_loader():
    calls.append("broken")
    if calls.count("broken") == 1:
        raise ImportError("No module named 'quantum'")
    return "mended"


register("numpy", numpy_loader)
assert calls == [], "register called the loader. It only notes it; load calls it, at the first use."
engine = load("numpy")
assert hasattr(engine, "matmul"), (
    f"load should return what the loader returns; yours returned {engine!r}."
)
assert load("numpy") is engine and calls == ["numpy"], (
    f"The second load must give the same engine without another call of the loader; it was called "
    f"{len(calls)} times. Keep the engine in `loaded`."
)

error = error_of(load, "nunpy")
assert type(error) is UnknownEngineError, (
    f"load of a name that nobody registered should raise UnknownEngineError, not {type(error).__name__}."
)
assert "numpy" in str(error), "The message of UnknownEngineError should list the names that exist."

register("quantum", broken_loader)
error = error_of(load, "quantum")
assert type(error) is EngineUnavailableError, (
    f"The loader of a known engine failed: expected EngineUnavailableError, not {type(error).__name__}."
)
assert "No module named" in str(error), (
    "EngineUnavailableError should say why: put the loader's message in."
)
assert isinstance(error.__cause__, ImportError), (
    "The loader's own error is lost: raise EngineUnavailableError(…) from error."
)
assert load("quantum") == "mended", (
    "Loading failed once, and the failure was kept. The next load must try the loader again."
)


def missing_library():
    raise OSError("libgpu.so: cannot open shared object file")


register("gpu", missing_library)
error = error_of(load, "gpu")
assert type(error) is EngineUnavailableError, (
    f"A loader may fail in other ways than by an ImportError. This one raised an OSError, and {type(error).__name__} "
    "came out of load: catch every Exception."
)

error = error_of(register, "numpy", broken_loader)
assert type(error) is ValueError, "The name was taken: register should raise ValueError."
assert load("numpy") is engine, "A refused register must change nothing."
error = error_of(register, "numpy", lambda: "another", replace=True)
assert error is None, (
    f"register(…, replace=True) of a name that is taken should work, and raised: {error}"
)
assert load("numpy") == "another", (
    "After register(…, replace=True) load still gives the old engine: forget it in `loaded` too."
)
print("Part 1 works: engines are found by name, and loaded late.")

# %% [markdown]
# ## 2. A switch that switches back
#
# Which engine is in use? One global variable would do, if nothing ever went wrong and only one thing ran at
# a time. Three demands make it harder:
#
# - **It switches back.** After `with use("optimized"): …` the engine is what it was before, also if the block
#   raised an error. You know the shape from lesson 06: `try`, `yield`, `finally`.
# - **It nests.** Blocks stand inside of blocks; each gives back what it found.
# - **Threads do not disturb one another.** While one thread computes on one engine, another must be able to
#   use another engine. With a global variable, the thread that ends its block first changes the engine of
#   the other one in the middle of its work.
#
# Python has a variable with exactly these properties, `contextvars.ContextVar`. Each thread sees its own value:
#
# | call | does |
# | --- | --- |
# | `chosen.get()` | returns the value in this thread |
# | `token = chosen.set(value)` | changes it in this thread, and returns a receipt |
# | `chosen.reset(token)` | changes it back to what it was when the receipt was written |
#
# What is kept in it is the **name**, not the engine. So an engine that is replaced in the registry is used from
# the next call on, wherever its name is chosen. That is late lookup again.


# %% nbgrader={"grade": false, "grade_id": "switch_state", "locked": true, "points": 0, "schema_version": 3, "solution": false} tags=["export"]
# The name of the engine that is chosen in this thread.
chosen: ContextVar[str] = ContextVar("chosen", default="numpy")


# %% nbgrader={"grade": false, "grade_id": "switch", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
def current() -> Any:
    """Return the engine that is chosen in this thread, as the registry has it now."""
    ### BEGIN SOLUTION
    return load(chosen.get())
    ### END SOLUTION


@contextmanager
def use(name: str) -> Iterator[Any]:
    """Choose an engine inside a ``with`` block; ``as`` gives the engine.

    Raises:
        UnknownEngineError, EngineUnavailableError: before the block begins; nothing is changed then.

    Example: with use("torch") as engine: …
    Approach: load the engine; set ``chosen``; yield the engine; reset ``chosen`` in ``finally``.
    """
    ### BEGIN SOLUTION
    engine = load(name)
    token = chosen.set(name)
    try:
        yield engine
    finally:
        chosen.reset(token)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_switch", "locked": true, "points": 4, "schema_version": 3, "solution": false}
loaders.clear()
loaded.clear()
chosen.set("numpy")  # where an earlier try of yours may have left another one
for name in ("numpy", "red", "blue"):
    register(name, lambda name=name: f"the {name} engine")
assert current() == "the numpy engine", (
    f"Outside of all blocks it is 'numpy'; yours is {current()!r}."
)
with use("red") as engine:
    assert engine == "the red engine", f"`as` should give the engine; yours gives {engine!r}."
    with use("blue"):
        assert current() == "the blue engine", f"Inside of use('blue'), current() is {current()!r}."
    assert current() == "the red engine", (
        f"After an inner block the outer engine must be back; current() is {current()!r}."
    )
    register("red", lambda: "the new red engine", replace=True)
    assert current() == "the new red engine", (
        "The red engine was replaced, and current() still gives the old one: keep the name in `chosen`, and "
        "load it in current()."
    )
assert current() == "the numpy engine", f"After the block the engine is {current()!r}, not numpy's."

try:
    with use("blue"):
        raise ZeroDivisionError("from the block")
except ZeroDivisionError:
    came_out = True
else:
    came_out = False
assert came_out, "The block raised an error, and `use` swallowed it."
assert current() == "the numpy engine", (
    "The block raised an error, and its engine stayed: reset in `finally`."
)
error = error_of(use("green").__enter__)
assert type(error) is UnknownEngineError, (
    f"use of an unknown name should raise UnknownEngineError at once, not {type(error).__name__}."
)
assert current() == "the numpy engine", "use('green') failed, and yet the engine was changed."

seen, both_inside = {}, threading.Barrier(2, timeout=5)


def work(name):
    with use(name):
        both_inside.wait()  # now both threads are in their blocks
        seen[name] = current()
        both_inside.wait()  # and neither leaves before both have looked


threads = [threading.Thread(target=work, args=(name,)) for name in ("red", "blue")]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert seen == {"red": "the new red engine", "blue": "the blue engine"}, (
    f"Two threads chose red and blue at the same time, and then saw {seen}: use the context variable "
    "`chosen`, which each thread has for itself."
)
print("Part 2 works: the engine changes, and changes back.")

# %% [markdown]
# See what the global variable would have done. Two threads, the same moments; the left one with a global,
# the right one with a context variable. Time goes down.

# %%
GLOBAL = [
    ("A: use red", "red"),
    ("B: use blue", "blue"),
    ("A computes", "blue"),
    ("A ends", "numpy"),
    ("B computes", "numpy"),
]
LOCAL = [
    ("A: use red", "red"),
    ("B: use blue", "blue"),
    ("A computes", "red"),
    ("A ends", "numpy"),
    ("B computes", "blue"),
]
COLORS = {"red": "#c44e52", "blue": "#4c72b0", "numpy": "#999999"}
_, pair = plt.subplots(1, 2, figsize=(9, 3), sharey=True)
for axes, title, moments in zip(
    pair, ("a global variable", "a context variable"), (GLOBAL, LOCAL), strict=True
):
    for moment, (label, name) in enumerate(moments):
        wrong = "computes" in label and name != {"A": "red", "B": "blue"}[label[0]]
        axes.barh(moment, 1, color=COLORS[name], height=0.7)
        axes.text(
            0.02,
            moment,
            f"{label}: on {name}" + ("   ← wrong" if wrong else ""),
            va="center",
            color="white",
            fontweight="bold" if wrong else "normal",
        )
    axes.set_title(title)
    axes.set_xticks([])
    axes.set_yticks([])
pair[0].invert_yaxis()
plt.show()

# %% [markdown]
# On the left, A chose red and computes on blue, because B came in between. Nothing crashes. The results
# are simply those of another engine, now and then, depending on the moment. Such faults take weeks to find.

# %% [markdown]
# ## 3. The front door
#
# Engines are written for speed. A compiled loop does not ask whether the array that it gets has the right
# type; it reads the bytes that are there. With float64 bytes read as float32, it computes nonsense; with an
# index that is too large, it reads memory that belongs to something else.
#
# One could let every engine check for itself. Then five engines have five lists of checks, with five
# messages, and one of them forgets the fourth check. So check **once**, in front of all engines. What is
# behind the door can be simple.
#
# Your `check_array` asks, in this order, and the message begins with the argument's name:
#
# | check | refuses, for example |
# | --- | --- |
# | it is a NumPy array | a list |
# | its dtype is the one that is expected | float64 for float32; also float32 with swapped bytes |
# | it has the right number of dimensions | a vector for a matrix |
# | it is C-contiguous, so that its rows follow one another in memory | `a.T`, `a[:, ::2]` |
# | if it will be changed: it may be written to | an array with `flags.writeable` False |
# | if it holds indices, all are from 0 to `below` − 1 | −1, or an index as large as `below` |
# | if it is asked for: all numbers are finite | `nan`, `inf` |
#
# The order matters: the later checks only make sense once the earlier ones have passed. Nothing is repaired in
# silence. A door that converts float64 to float32 makes a copy of 2 GB without a word, and the engine
# then changes the copy instead of the caller's array.


# %% nbgrader={"grade": false, "grade_id": "bad_argument", "locked": true, "points": 0, "schema_version": 3, "solution": false} tags=["export"]
class BadArgumentError(ValueError):
    """An argument that no engine should get."""


# %% nbgrader={"grade": false, "grade_id": "check_array", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
def check_array(
    name: str,
    array: Any,
    dtype: Any,
    n_dims: int,
    *,
    writeable: bool = False,
    below: int | None = None,
    finite: bool = False,
) -> None:
    """Raise BadArgumentError unless an argument is as engines need it; change nothing.

    Args:
        name: the argument's name; the message begins with it.
        array: what was given.
        dtype, n_dims: the dtype and the number of dimensions that are expected.
        writeable: the engine changes the array in place.
        below: the array holds indices, from 0 to below − 1.
        finite: refuse nan and infinity.

    Example: check_array("a", [1.0], np.float32, 1) raises "a must be a NumPy array, not list."
    Hint: ``array.dtype != np.dtype(dtype)``; ``array.flags.c_contiguous``; ``array.flags.writeable``.
    An empty array has no minimum: look at ``array.size`` before ``array.min()``.
    """
    ### BEGIN SOLUTION
    if not isinstance(array, np.ndarray):
        raise BadArgumentError(f"{name} must be a NumPy array, not {type(array).__name__}.")
    if array.dtype != np.dtype(dtype):
        raise BadArgumentError(f"{name} must be {np.dtype(dtype)}, not {array.dtype}.")
    if array.ndim != n_dims:
        raise BadArgumentError(f"{name} must have {n_dims} dimensions, not {array.ndim}.")
    if not array.flags.c_contiguous:
        raise BadArgumentError(f"{name} must be C-contiguous: its rows follow one another.")
    if writeable and not array.flags.writeable:
        raise BadArgumentError(f"{name} is changed in place, and is read-only.")
    if below is not None and array.size and not (array.min() >= 0 and array.max() < below):
        raise BadArgumentError(f"{name} must be from 0 to {below - 1}.")
    if finite and not np.isfinite(array).all():
        raise BadArgumentError(f"{name} must be finite.")
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_check_array", "locked": true, "points": 4, "schema_version": 3, "solution": false}
good = np.ones((3, 4), dtype=np.float32)
read_only = good.copy()
read_only.flags.writeable = False
users = np.array([0, 2, 1], dtype=np.int32)


def require_refused(what, hint, name, *args, **kwargs):
    error = error_of(check_array, name, *args, **kwargs)
    assert error is not None, f"{what} came through the door. {hint}"
    assert type(error) is BadArgumentError, (
        f"For {what}, raise BadArgumentError; yours raised {type(error).__name__}: {error}"
    )
    assert str(error).startswith(name), (
        f"The message about {what} should begin with the argument's name, {name!r}; yours is: {error}"
    )


def require_accepted(what, *args, **kwargs):
    error = error_of(check_array, *args, **kwargs)
    assert error is None, f"{what} is fine, and was refused: {error}"


require_accepted("a float32 matrix", "a", good, np.float32, 2)
require_accepted("an empty matrix", "a", np.ones((0, 4), np.float32), np.float32, 2)
require_accepted("no indices at all", "users", users[:0], np.int32, 1, below=3)
require_accepted("indices 0, 2, 1 below 3", "users", users, np.int32, 1, below=3)
require_accepted("a read-only array that nobody changes", "a", read_only, np.float32, 2)
require_accepted("nan where finite was not asked", "a", good * np.float32("nan"), np.float32, 2)
require_refused("A list", "Ask isinstance(array, np.ndarray).", "a", [[1.0]], np.float32, 2)
require_refused("A float64 matrix", "Compare the dtype.", "a", good.astype(float), np.float32, 2)
require_refused(
    "A float32 matrix with swapped bytes",
    "Compare array.dtype itself: kind and size are the same.",
    "a",
    good.astype(good.dtype.newbyteorder()),
    np.float32,
    2,
)
require_refused("A vector", "Compare ndim.", "b", good[0], np.float32, 2)
require_refused("A transposed matrix", "Look at flags.c_contiguous.", "b", good.T, np.float32, 2)
require_refused(
    "Every second column", "Look at flags.c_contiguous.", "b", good[:, ::2], np.float32, 2
)
require_refused(
    "A read-only array that is to be changed",
    "Look at flags.writeable.",
    "out",
    read_only,
    np.float32,
    2,
    writeable=True,
)
require_refused(
    "The index 2 below 2",
    "The largest index allowed is below − 1.",
    "users",
    users,
    np.int32,
    1,
    below=2,
)
require_refused(
    "The index −1", "Look at the minimum as well.", "users", users - 1, np.int32, 1, below=3
)
require_refused(
    "The index 0 below 0",
    "below may be 0: ask `below is not None`, since 0 counts as false.",
    "users",
    users[:1],
    np.int32,
    1,
    below=0,
)
one_nan = good.copy()
one_nan[1, 2] = np.nan
require_refused(
    "A matrix with one nan", "All numbers must be finite.", "a", one_nan, np.float32, 2, finite=True
)
require_refused(
    "A matrix with inf",
    "np.isfinite, for all numbers.",
    "a",
    np.full((2, 2), np.float32("inf")),
    np.float32,
    2,
    finite=True,
)
assert np.array_equal(good, np.ones((3, 4))), "check_array changed its argument. It only looks."
print("Part 3 works: what is behind the door can rely on its arguments.")

# %% [markdown]
# ## 4. The first engine: the product as it is defined
#
# Now something to choose between. The operation is the matrix product of an $m \times k$ and a $k \times n$
# matrix, which every score of every factor model is made of:
#
# $$c_{ij} = \sum_{l=1}^{k} a_{il}\, b_{lj}.$$
#
# Write it exactly like that: for each row $i$ and each column $j$ a loop over $l$. No NumPy for the sums. This is
# the engine that nobody doubts, and that all the others are compared with. So it is worth being exact:
# `.tolist()` turns a float32 array into Python floats, which are float64; the sum is kept in float64, and
# rounded once, when it is stored.


# %% nbgrader={"grade": false, "grade_id": "matmul", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export", "op"]
def matmul(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """The matrix product, one multiplication at a time.

    Args:
        a, b: float32, shapes (m, k) and (k, n).

    Returns:
        float32 of shape (m, n); zeros where k is 0.

    Approach: ``rows = a.tolist()``; ``columns = b.T.tolist()``; an array of zeros for the result;
    then for each row and each column one sum.
    """
    ### BEGIN SOLUTION
    rows = a.tolist()
    columns = b.T.tolist()
    out = np.zeros((len(rows), len(columns)), dtype=np.float32)
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            total = 0.0
            for x, y in zip(row, column, strict=True):
                total += x * y
            out[i, j] = total
    return out
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_matmul", "locked": true, "points": 3, "schema_version": 3, "solution": false}
a = np.array([[1, 2, 3], [4, 5, 6]], dtype=np.float32)
b = np.array([[1, 0], [0, 1], [2, 2]], dtype=np.float32)
error = error_of(matmul, a, b)
assert error is None, f"matmul of a 2 × 3 and a 3 × 2 matrix raised {type(error).__name__}: {error}"
c = matmul(a, b)
assert isinstance(c, np.ndarray) and c.shape == (2, 2), (
    f"A 2 × 3 by a 3 × 2 matrix makes 2 × 2; yours is {getattr(c, 'shape', type(c).__name__)}."
)
assert c.dtype == np.float32, f"The result should be float32, not {c.dtype}."
assert np.array_equal(c, [[7, 8], [16, 17]]), (
    f"The product should be [[7, 8], [16, 17]], yours is {c.tolist()}: c[0, 0] is 1·1 + 2·0 + 3·2."
)
assert np.array_equal(matmul(b, a), [[1, 2, 3], [4, 5, 6], [10, 14, 18]]), (
    "The product of a 3 × 2 by a 2 × 3 matrix is wrong: do rows and columns have the right ends?"
)
square = np.array([[1, 2], [3, 4]], dtype=np.float32)
assert np.array_equal(matmul(square, np.array([[0, 1], [0, 0]], np.float32)), [[0, 1], [0, 3]]), (
    "Of square matrices, one is taken transposed, or the two are exchanged."
)
nothing = matmul(np.ones((2, 0), np.float32), np.ones((0, 3), np.float32))
assert nothing.shape == (2, 3) and not nothing.any(), (
    f"With k = 0 there is nothing to sum: zeros of shape (2, 3) are expected, not {nothing.shape}."
)
large = np.array([[1e8, 1, -1e8]], dtype=np.float32)
kept = matmul(large, np.ones((3, 1), np.float32))[0, 0]
assert kept == 1, (
    f"1e8 + 1 − 1e8 is 1, and yours is {kept:g}: float32 has no room for 100,000,001. Sum Python floats "
    "(float64), and round once, when the sum is stored."
)
print("Part 4 works: you have a reference.")

# %% [markdown]
# ## 5. The second engine: the same product, in another order
#
# The sums can be made in any order of the three loops. Take $i$ and $l$ outside, and let NumPy do the
# innermost loop, which then runs along a **row** of $b$ and a row of $c$:
#
# $$c_{i,:} \leftarrow c_{i,:} + a_{il} \cdot b_{l,:}$$
#
# Rows are what lies together in memory. The picture shows in which order the numbers of $b$ are touched to
# make the first row of $c$. In the order of part 4 the loop jumps from row to row; here it runs straight
# ahead. Compiled code gains a lot from that, because a processor fetches memory in pieces of 64 bytes,
# that is, 16 numbers at a time.

# %%
k, n = 6, 8
by_columns = np.arange(k * n).reshape(n, k).T  # for each column, all rows
by_rows = np.arange(k * n).reshape(k, n)
_, pair = plt.subplots(1, 2, figsize=(9, 3.2))
for axes, order, title in zip(
    pair, (by_columns, by_rows), ("part 4: along columns", "part 5: along rows"), strict=True
):
    image = axes.imshow(order, cmap="viridis")
    places = np.argsort(order, axis=None)
    axes.plot(places % n, places // n, color="white", linewidth=0.8)
    axes.set_title(f"{title}")
    axes.set_xlabel("column of b")
    axes.set_ylabel("row of b")
plt.colorbar(image, ax=pair, label="touched as number …")
plt.show()

# %% [markdown]
# And it works in **blocks** of columns: with `block = 64`, it makes columns 0 to 63 of $c$ first, then 64 to 127, and
# so on. Such a block of $b$ has only k · 64 numbers: it fits into the cache, the small fast memory of lesson 06, and stays there while
# it is used again for the next row of $a$. The last block may be narrower; forgetting that is the most
# common mistake in blocked code.
#
# Here all sums are float32: each step rounds. So the last digits differ from those of part 4. Both are right.


# %% nbgrader={"grade": false, "grade_id": "matmul_by_rows", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
def matmul_by_rows(
    a: NDArray[np.float32], b: NDArray[np.float32], block: int = 64
) -> NDArray[np.float32]:
    """The matrix product, row of b by row of b, in blocks of columns.

    Args:
        a, b: float32, shapes (m, k) and (k, n).
        block: how many columns are made before the next ones are begun; at least 1.

    Returns:
        float32 of shape (m, n), summed in float32.

    Approach: zeros for the result; for each start 0, block, 2 · block, … below n: for each row i and each l:
    ``out[i, start:end] += a[i, l] * b[l, start:end]``.
    Hint: a slice may end beyond the array: it then ends where the array does.
    """
    ### BEGIN SOLUTION
    out = np.zeros((a.shape[0], b.shape[1]), dtype=np.float32)
    for start in range(0, b.shape[1], block):
        end = start + block
        for i in range(a.shape[0]):
            for l in range(a.shape[1]):  # noqa: E741  l, as in the equation
                out[i, start:end] += a[i, l] * b[l, start:end]
    return out
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_matmul_by_rows", "locked": true, "points": 3, "schema_version": 3, "solution": false}
for m, k, n, block in ((3, 4, 5, 2), (2, 3, 6, 3), (4, 2, 3, 64), (1, 5, 7, 1), (3, 3, 3, 3)):
    a = generator.integers(-4, 5, (m, k)).astype(np.float32)
    b = generator.integers(-4, 5, (k, n)).astype(np.float32)
    before = a.copy(), b.copy()
    c = matmul_by_rows(a, b, block)
    assert c.shape == (m, n), f"({m} × {k}) · ({k} × {n}) makes {m} × {n}, not {c.shape}."
    assert c.dtype == np.float32, f"The result should be float32, not {c.dtype}."
    wrong = np.argwhere(c != a @ b)
    assert not len(wrong), (
        f"With {n} columns in blocks of {block}, {len(wrong)} numbers are wrong, the first in column "
        f"{wrong[0][1]}"
        + (
            ": the last block is narrower, and was left out."
            if wrong[:, 1].min() >= n - n % block and n % block
            else ". Does each step add to what the earlier ones left there, and end where its block ends?"
        )
    )
    assert np.array_equal(a, before[0]) and np.array_equal(b, before[1]), "It changed a or b."
nothing = matmul_by_rows(np.ones((2, 0), np.float32), np.ones((0, 3), np.float32))
assert nothing.shape == (2, 3) and not nothing.any(), (
    "With k = 0 the product is zeros of shape (2, 3)."
)
print("Part 5 works: the same product, by another way.")

# %% [markdown]
# Two engines, and the switch chooses. Register them, with a third one that uses NumPy's own product, and
# time them on the matrices of one step of a factor model:

# %% tags=["experiment"]
loaders.clear()
loaded.clear()
register("plain", lambda: SimpleNamespace(matmul=matmul))
register("rows", lambda: SimpleNamespace(matmul=matmul_by_rows))
register("numpy", lambda: SimpleNamespace(matmul=np.matmul))
p = generator.normal(size=(60, 32)).astype(np.float32)
q = np.ascontiguousarray(generator.normal(size=(400, 32)).astype(np.float32).T)
for name in loaders:
    with use(name), benchmark() as run:
        current().matmul(p, q)
    print(f"{name:<6} {run.time_ms:9.3f} ms")

# %% [markdown]
# ## 6. Is this engine right?
#
# This is the most valuable function of the lesson. An engine that is fast and wrong is worse than none: the
# model still trains, the numbers still look like numbers, and the ranking is a little worse for a reason that
# nobody will ever find.
#
# `agree(reference, candidate)` tries a candidate on inputs that you choose, and compares with the reference.
# **Equality is the wrong test.** Here is the difference between engines that are all right, beside two that are wrong:

# %%
a = generator.normal(size=(40, 200)).astype(np.float32)
b = generator.normal(size=(200, 50)).astype(np.float32)
exact = a.astype(np.float64) @ b.astype(np.float64)
scale = np.abs(a).astype(np.float64) @ np.abs(b)  # the sum of the magnitudes
CANDIDATES = {
    "by rows, float32": matmul_by_rows(a, b),
    "NumPy": a @ b,
    "backwards": a[:, ::-1] @ b[::-1],
    "float16 inside (wrong)": (a.astype(np.float16) @ b.astype(np.float16)).astype(np.float32),
    "0.1 % too large (wrong)": ((a @ b) * np.float32(1.001)),
}
for name, found in CANDIDATES.items():
    difference = np.abs(found - exact) / scale
    plt.hist(
        np.log10(difference + 1e-12).ravel(), bins=np.arange(-12, 0, 0.2), alpha=0.6, label=name
    )
plt.axvline(-5, color="black", linestyle="--", label="a tolerance of $10^{-5}$")
plt.xlabel(
    "difference from the exact product, relative to $\\sum_l |a_{il} b_{lj}|$, as a power of 10"
)
plt.ylabel("numbers of the product")
plt.title("Right engines differ in the last digits")
plt.legend(fontsize=8, loc="upper left")
plt.show()

# %% [markdown]
# The right ones lie near $10^{-8}$ and end before $10^{-6}$: one rounding of float32 is an error of $2^{-24} \approx 6 \cdot
# 10^{-8}$ at most. Most numbers of the wrong engines are beyond $10^{-5}$. Some come out right by luck; but one
# number beyond the line is enough to refuse an engine.
#
# Why relative to the sum of the *magnitudes*, and not to the result? Because the terms may cancel: the sum of 1, 1e-8
# and −1 is tiny, but each rounding on the way was relative to 1.
#
# So an answer $c$ is right where
#
# $$|c_{ij} - \hat c_{ij}| \le 10^{-5} \sum_l |a_{il}|\,|b_{lj}|,$$
#
# with $\hat c$ from the reference. (Then both sides are 0 where there is nothing to sum.)
#
# **And on which inputs?** One random matrix finds only the mistakes that show everywhere. Think like someone who
# wants to find a fault. Where do engines break?
#
# - *Shapes:* square ones hide a transposed result. One row; one column; sizes that are no multiple of 4, 8
#   or 16; more than 64 or 100 of each; k = 0, no rows, no columns.
# - *Values:* negative numbers, large ones and tiny ones (10⁻³⁰ is a number too), zeros. `nan` and `inf` must come through:
#   an engine that turns `nan` into 0 hides a model that has diverged.
# - *The form of the answer:* dtype float32, the right shape, a NumPy array.
# - *Side effects:* the arguments must be unchanged afterwards.
# - *Memory of earlier calls:* an engine may be right at the first call and wrong later, for instance if it keeps
#   answers by shape. Call it again, with the same shape and other numbers.
#
# Your `agree` will be tried on engines that you cannot see: several right ones, with sums in another order, and a
# dozen wrong ones. It earns its points by catching the wrong ones **and** by accepting the right ones.


# %% nbgrader={"grade": false, "grade_id": "agree", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
def agree(reference: Callable[..., Any], candidate: Callable[..., Any]) -> bool:
    """Return True if a candidate computes the matrix product as a reference does.

    Args:
        reference: a function of a and b that is known to be right.
        candidate: the one in question; it may raise errors.

    Approach: a list of shapes; for each, matrices of several kinds; for each, the candidate's answer and what
    it did to its arguments; at the first disagreement, False. An error of the candidate is a disagreement.
    Hint: give the candidate copies; np.isnan(c) and np.isnan(expected) must be the same; compare the other
    numbers by the inequality above. Some 50 calls are enough; keep the matrices small, but for one.
    """
    ### BEGIN SOLUTION
    rng = np.random.default_rng(20_07)
    shapes = [(1, 1, 1), (2, 3, 4), (3, 3, 3), (5, 7, 17), (1, 9, 130), (33, 5, 1)]
    shapes += [(4, 0, 3), (0, 2, 3), (2, 3, 0), (9, 70, 67), (130, 2, 3)]
    for m, k, n in shapes:
        for kind in range(5):
            a = rng.normal(size=(m, k)).astype(np.float32)
            b = rng.normal(size=(k, n)).astype(np.float32)
            if kind == 1:
                a *= np.float32(1e12)
            elif kind == 2:
                a[rng.random(a.shape) < 0.5] = 0.0
                b[rng.random(b.shape) < 0.2] = np.float32("inf")
            elif kind == 3:
                a[rng.random(a.shape) < 0.2] = np.float32("nan")
            elif kind == 4:
                a *= np.float32(1e-12)
                b *= np.float32(1e-12)
            if not _agrees_on(reference, candidate, a, b):
                return False
    return True


def _agrees_on(
    reference: Callable[..., Any],
    candidate: Callable[..., Any],
    a: NDArray[np.float32],
    b: NDArray[np.float32],
) -> bool:
    """Return True if a candidate's answer to one call is right, and its arguments are unchanged."""
    given = a.copy(), b.copy()
    try:
        found = candidate(*given)
    except Exception:
        return False
    unchanged = np.array_equal(given[0], a, equal_nan=True) and np.array_equal(
        given[1], b, equal_nan=True
    )
    expected = reference(a.copy(), b.copy())
    form = isinstance(found, np.ndarray) and found.dtype == np.float32
    if not unchanged or not form or found.shape != expected.shape:
        return False
    regular = np.isfinite(expected)
    if not np.array_equal(found[~regular], expected[~regular], equal_nan=True):
        return False
    scale = np.abs(a.astype(np.float64)) @ np.nan_to_num(np.abs(b.astype(np.float64)), posinf=0.0)
    difference = np.abs(found[regular].astype(np.float64) - expected[regular])
    return bool((difference <= 1e-5 * scale[regular]).all())
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_agree", "locked": true, "points": 6, "schema_version": 3, "solution": false}
def wrong_transposed(a, b):
    return np.ascontiguousarray((a @ b).T)


def wrong_last_column(a, b):
    out = a @ b
    out[:, out.shape[1] - out.shape[1] % 4 :] = 0
    return out


def wrong_float16(a, b):
    return (a.astype(np.float16) @ b.astype(np.float16)).astype(np.float32)


def wrong_argument(a, b):
    out = a @ b
    a *= 2
    return out


with np.errstate(all="ignore"):
    for name, right in {
        "NumPy's product": np.matmul,
        "your matmul_by_rows": matmul_by_rows,
        "a product summed backwards": lambda a, b: a[:, ::-1] @ b[::-1],
        "a product in float64, rounded once": lambda a, b: (
            a.astype(float) @ b.astype(float)
        ).astype(np.float32),
    }.items():
        answer = agree(matmul, right)
        assert answer is not None, "agree returned None: return True or False."
        assert answer, (
            f"agree refuses {name}, which is right: is your tolerance too small, or relative to the result "
            "instead of the sum of the magnitudes?"
        )
    for name, wrong in {
        "one that returns the transposed product": wrong_transposed,
        "one that leaves out the last columns where their number is no multiple of 4": wrong_last_column,
        "one that computes in float16": wrong_float16,
        "one that doubles its argument a": wrong_argument,
        "one that returns float64": lambda a, b: a.astype(float) @ b.astype(float),
        "one that raises an error if there are no rows": lambda a, b: a @ b if len(a) else 1 / 0,
    }.items():
        assert not agree(matmul, wrong), f"agree accepts a wrong engine: {name}."
print("Part 6 works. Whether it catches the engines that you cannot see, the checkpoint tells.")

# %% [markdown]
# ## 7. One model, five engines
#
# Here is what all this was for. The library has the same parts: `register_backend`, `use_backend`, a front door for
# every operation, and a contract of some two hundred clauses in the place of your `agree`. One BPR model, the
# same data and seed, on each engine that your machine has; and the PyTorch two-tower model, which is another
# model for the same task.
#
# `student` is your own loop of lesson 05, in the workspace in which you exported it.

# %% tags=["experiment"]
split = load_split("synthetic-100k").fold_valid()
SETTINGS = {
    "n_factors": 16,
    "epochs": 1,
    "learning_rate": 0.05,
    "reg": 0.01,
    "seed": 0,
    "n_threads": 1,
    "progress": False,
}
results = {}
for engine in ("student", "naive", "torch", "optimized"):
    try:
        with use_backend(engine):
            BPR(**SETTINGS, n_blocks=1).fit(split.test)  # to warm up: it loads what it needs
            with benchmark() as run:
                model = BPR(**SETTINGS, n_blocks=1).fit(split.train)
    except BackendUnavailableError as error:
        print(f"{engine}: {error}")
        continue
    results[f"BPR, {engine}"] = (
        run.time_ms,
        evaluate(model, split, metrics="ndcg@10")["ndcg@10"],
        model,
    )
try:
    with benchmark() as run:
        tower = TwoTower(**SETTINGS | {"reg": 0.0}).fit(split.train)
    results["two-tower, PyTorch"] = (
        run.time_ms,
        evaluate(tower, split, metrics="ndcg@10")["ndcg@10"],
        None,
    )
except ImportError as error:
    print(f"two-tower: {error}")

print(f"{'one epoch':<20} {'ms':>10} {'NDCG@10':>9}")
for name, (ms, quality, _) in results.items():
    print(f"{name:<20} {ms:>10.1f} {quality:>9.3f}")

# %% tags=["experiment"]
names = list(results)
plt.figure(figsize=(8, 3.5))
plt.barh(names, [results[name][0] for name in names], color="#4c72b0")
for place, name in enumerate(names):
    ms, quality, _ = results[name]
    plt.text(ms * 1.1, place, f"{ms:,.0f} ms, NDCG@10 {quality:.3f}", va="center")
plt.xscale("log")
times = [ms for ms, *_ in results.values()]
plt.xlim(0.3 * min(times), 30 * max(times))
plt.xlabel("one epoch (milliseconds, each line is ten times the one before)")
plt.title("The same model, another engine")
plt.gca().invert_yaxis()
plt.show()

# %% [markdown]
# The engines that take the triples one after another end with the same model, up to the last digits. PyTorch
# takes them in batches: a triple of a batch does not see what the others of that batch have changed. So its
# vectors are different ones, by more than rounding. How different?

# %% tags=["experiment"]
reference = next(model for name, (_, _, model) in results.items() if name == "BPR, naive")
for name, (_, _, model) in results.items():
    if model is not None and model is not reference:
        difference = np.abs(model.item_factors - reference.item_factors).max()
        print(f"{name:<16} differs from naive by {difference:.1e} at most")

# %% [markdown]
# **And a wrong engine?** Here is one that looks right: fast, the right shape, and correct in nearly every
# number. It skips the last term of each sum where k is odd. Would you have seen it in the NDCG? Your `agree` does:


# %% tags=["experiment"]
def hasty(a, b):
    """Two terms at a time, and the odd one out is forgotten."""
    even = a.shape[1] - a.shape[1] % 2
    return a[:, :even] @ b[:even]


with np.errstate(all="ignore"):
    print("agree(matmul, np.matmul):", agree(matmul, np.matmul))
    print("agree(matmul, hasty):    ", agree(matmul, hasty))

# %% [markdown]
# ## 8. Questions
#
# A few sentences each. They are marked by a person.
#
# **a) Late or early?** `current` looks the engine up at every call. A colleague wants to save that time: "Let the
# model look it up once, in its constructor, and keep it." What would go wrong, and for whom? How much time does the
# lookup cost, compared with what an operation does (measure it, or use your figures of lesson 06)? When would
# the colleague be right?

# %% [markdown] nbgrader={"grade": true, "grade_id": "late_or_early", "locked": false, "points": 3, "schema_version": 3, "solution": true}
# A model that keeps its engine ignores `set_backend` and `use_backend` from then on: one made under `naive` stays slow,
# one that is saved or sent to another process holds on to an engine that may not exist there, and an engine that is
# replaced lives on. Nobody notices, because the results are the same. A lookup is a context variable and a dictionary, a
# fraction of a microsecond to a microsecond; an operation such as `bpr_update` works for milliseconds to seconds. The
# colleague would be right if one call did only a few hundred nanoseconds of work.
#
# === BEGIN MARK SCHEME ===
# 1 point: a concrete thing that goes wrong (a later choice has no effect; a saved or sent model; a replaced engine). 1 point:
# compares two times, and concludes that the lookup does not matter here. 1 point: when it would: very small operations.
# === END MARK SCHEME ===

# %% [markdown]
# **b) Two errors.** Why are there two errors in part 1, and not one `EngineError`? Say who reads each, and what
# they do next. Then think of a program that shall use a graphics card where there is one, and otherwise something
# else: which of the two may it catch, and what would happen if it caught both?

# %% [markdown] nbgrader={"grade": true, "grade_id": "two_errors", "locked": false, "points": 3, "schema_version": 3, "solution": true}
# An unknown name is a mistake of whoever wrote it: they correct the spelling. An engine that cannot be loaded is a matter
# of the machine: whoever runs it installs something or takes another engine. A program with a fallback catches only
# `EngineUnavailableError`. If it caught both, `use("touch")` for `torch` would silently fall back to the slow engine
# on every machine, for ever, and nobody would be told.
#
# === BEGIN MARK SCHEME ===
# 1 point: different causes and different things to do. 1 point: the fallback catches the unavailable one alone. 1 point:
# catching both hides a misspelt name: it always falls back in silence.
# === END MARK SCHEME ===

# %% [markdown]
# **c) How close is close enough?** Your tolerance is 10⁻⁵ of the sum of the magnitudes. What would a test with
# exact equality do? What would one with 10⁻² let pass? And one that compares *one* random 100 × 100 product
# very carefully: name two faults that it cannot see.

# %% [markdown] nbgrader={"grade": true, "grade_id": "close_enough", "locked": false, "points": 3, "schema_version": 3, "solution": true}
# Exact equality refuses right engines: a sum in another order is rounded differently. With 10⁻² an engine that computes in
# float16, or is wrong by a constant factor of 0.5 %, passes. One random 100 × 100 product is square and a multiple of
# 4, so a transposed or exchanged argument may go unseen if the test is symmetric, and remainders of blocks always do; it
# has no empty matrix, no nan, no second call, and does not look at the arguments.
#
# === BEGIN MARK SCHEME ===
# 1 point: equality refuses engines that sum in another order. 1 point: a fault that 10⁻² lets pass (half precision, a small
# systematic error). 1 point: two faults that one product cannot show (remainders, empty shapes, nan, memory, side effects).
# === END MARK SCHEME ===

# %% [markdown]
# **d) Your experiment.** From which size on is one engine faster than another? Choose two engines (of part 5, or two
# backends of the library) and one operation. Write down your guess first. Measure at five sizes or more, with
# `benchmark` or your `compare` of lesson 06; draw both curves. Then write: the guess, what you measured and how, where
# the curves cross, and one reason why. Put your code into cells above this one.

# %% [markdown] nbgrader={"grade": true, "grade_id": "crossing_point", "locked": false, "points": 3, "schema_version": 3, "solution": true}
# My guess was that `rows` beats `plain` from 4 × 4 on. I measured both on n × n matrices for n = 1, 2, 4, 8, 16, 32 with
# `compare`, five times each in turns, and took the medians. For n up to 2 `plain` is faster, and at 8 `rows` is clearly
# ahead. A step of `rows` calls NumPy, which costs about a microsecond whatever the length of the row; a step of `plain`
# costs some 50 ns for one number. So a row has to be longer than about ten or twenty numbers to be worth the call.
#
# === BEGIN MARK SCHEME ===
# 1 point: a guess that was written down, and five sizes or more. 1 point: a fair measurement (interleaved or repeated, median or
# minimum), told so that it can be repeated. 1 point: the crossing point, with a reason that fits the figures.
# === END MARK SCHEME ===

# %% [markdown]
# ## What next
#
# In a terminal, in your workspace:
#
# ```
# tito complete 7
# ```
#
# It runs the tests above, exports your functions to `my_recsys/backends.py`, and asks the question of this lesson:
# can my model change engines? From then on `matmul` of the backend `student` is yours.
#
# If you want more: write `agree` for `bpr_update`, where the answer is what became of the arguments. The library's
# own contract for it is in `recsys_backends/contract/bpr_update.py`; how many of its faults would you have thought of?
#
# The joint is there: any engine that passes the test can be put in. So let us make one that is fast. Lesson 08,
# kernels: you write `bpr_update` again, in a language that the processor understands.
