"""What is asked of each part of lesson 07, on inputs that are drawn."""

import numpy as np

from recsys_backends.contract.clause import require
from tito.judging.judged_tests import judge_test, require_good

from .engines import GROUPS, REFERENCE, RIGHT, WRONG

_WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "indigo", "jade")


def _draw(rng: np.random.Generator, n: int) -> list[int]:
    return rng.choice(10**6, n, replace=False).tolist()


def _stories(rng: np.random.Generator) -> list[list[tuple[list, dict]]]:
    """Steps with an engine each, and what is expected of them: a value, or an error and its text."""
    names = rng.permutation(_WORDS).tolist()
    a, b, c, d, e, f, g = _draw(rng, 7)
    first, second = (f"no module named number {n}" for n in _draw(rng, 2))

    def put(name: str, *answers, replace: bool = False, error: str | None = None):
        return ["register", name, list(answers), replace], {"error": error, "text": ""}

    def get(name: str, value: int | None = None, runs: int = 1, reason: str = ""):
        error = "EngineUnavailableError" if reason else None
        return ["load", name], {"error": error, "value": value, "runs": runs, "text": reason}

    one, two, three, four, five, six = names[:6]
    kind = str(rng.choice(["OSError", "RuntimeError"]))
    return [
        [put(one, a), get(one, a), get(one, a)],
        [put(two, ["!", first], b), get(two, reason=first), get(two, b, 2), get(two, b, 2)],
        [
            put(three, c), get(three, c), put(three, d, error="ValueError"), get(three, c),
            put(three, d, replace=True), get(three, d),
        ],
        [put(four, e), put(four, f, replace=True), get(four, f), get(four, f)],
        [
            put(five, ["!", second, kind]), get(five, reason=second),
            get(five, runs=2, reason=second), put(five, g, replace=True), get(five, g),
        ],
        [(["load", six], {"error": "UnknownEngineError", "text": ""})] * 2,
    ]  # fmt: skip


def require_registry(remote, rng: np.random.Generator) -> None:
    """register() and load() in several stories that are told in turns."""
    left, steps, expected = _stories(rng), [], []
    while left:
        story = left[int(rng.integers(len(left)))]
        step, wanted = story.pop(0)
        steps.append(step)
        expected.append(wanted)
        left = [story for story in left if story]
    outcomes = remote.probe.play_registry(steps)
    known: list[str] = []
    for step, wanted, found in zip(steps, expected, outcomes, strict=True):
        told = f"{step[0]}({step[1]!r})" + (" with replace=True" if step[-1] is True else "")
        _require_outcome(told, wanted, found)
        if step[0] == "register" and step[1] not in known:
            known.append(step[1])
            require(
                not any(key.startswith(step[1]) for key in found["runs"]),
                f"{told} ran the loader: register only notes it.",
            )
        if wanted["error"] == "UnknownEngineError":
            missing = [name for name in known if name not in found["message"]]
            require(
                not missing,
                f"{told} of an unknown name does not list {', '.join(missing)}, which is known.",
            )
        if "runs" in wanted:
            _require_runs(told, step[1], wanted["runs"], found["runs"])


def _require_runs(told: str, name: str, expected: int, runs: dict[str, int]) -> None:
    """The loader that is registered last has run this often."""
    number, ran = max(
        ((int(key.split()[1]), n) for key, n in runs.items() if key.split()[0] == name),
        default=(0, 0),
    )
    require(
        ran == expected,
        f"after {told} the loader has run {ran} times instead of {expected}: an engine that was "
        "loaded is kept, and a failure is not.",
    )


def _require_outcome(told: str, wanted: dict, found: dict) -> None:
    if wanted["error"] is None:
        require(
            "returned" in found,
            f"{told} raised {(found.get('raised') or ['an error'])[0]}: {found.get('message')}",
        )
        if wanted.get("value") is not None:
            require(
                found["returned"] == wanted["value"],
                f"{told} returned {found['returned']!r}, which is not what its loader returned "
                "last.",
            )
        return
    require("raised" in found, f"{told} should raise {wanted['error']}, and raised nothing.")
    require(
        wanted["error"] in found["raised"],
        f"{told} should raise {wanted['error']}, and raised {found['raised'][0]}.",
    )
    require(
        wanted["text"] in found["message"],
        f"{told} raised {wanted['error']}, and its message does not say why loading failed.",
    )
    require(
        not wanted["text"] or wanted["text"] in (found["cause"] or ""),
        f"{told} lost the loader's own error: raise … from error.",
    )


def require_switch(remote, rng: np.random.Generator) -> None:
    """use() and current() through blocks that begin, end, fail, and never begin."""
    names = ["numpy", *rng.permutation(_WORDS)[:4].tolist()]
    values = dict(zip(names, _draw(rng, 5), strict=True))
    engines = [[name, value] for name, value in values.items()] + [["absent", ["!", "no card"]]]
    blocks, steps, expected = [names[0]], [], []
    for _ in range(24):
        kind = rng.choice(["enter", "enter", "leave", "fail", "replace", "unknown", "absent"])
        error = None
        if kind == "enter" or (kind in ("leave", "fail") and len(blocks) == 1):
            blocks.append(str(rng.choice(names)))
            steps.append(["enter", blocks[-1]])
        elif kind == "replace":
            name = str(rng.choice(names))
            values[name] = _draw(rng, 1)[0]
            steps.append(["replace", name, values[name]])
        elif kind in ("unknown", "absent"):
            steps.append(["enter", str(kind)])
            error = {"unknown": "UnknownEngineError", "absent": "EngineUnavailableError"}[str(kind)]
        else:
            blocks.pop()
            steps.append([str(kind)])
            error = "SceneError" if kind == "fail" else None
        expected.append((values[blocks[-1]], error))
    found = remote.probe.play_switch(engines, steps)
    require(
        found[0].get("returned") is not None,
        "outside of all blocks, current() should return the engine 'numpy'.",
    )
    for step, (value, error), seen in zip(steps, expected, found[1:], strict=True):
        told = f"use({step[1]!r})" if step[0] == "enter" else f"a block that {step[0]}s"
        if error or step[0] == "enter":
            _require_outcome(told, {"error": error, "value": value, "text": ""}, seen["told"])
        require(
            seen["current"].get("returned") == value,
            f"after {' '.join(map(str, step[:2]))!r}, current() is not the engine that is chosen "
            "now: blocks give back what they found, and an engine that is replaced is seen at once.",
        )


def require_threads(remote, rng: np.random.Generator) -> None:
    """Several threads, all in their blocks at the same time."""
    names = ["numpy", *rng.permutation(_WORDS)[:3].tolist()]
    values = _draw(rng, 4)
    inside = [names[n] for n in (1, 2, 3, 1)]
    found = remote.probe.play_threads(
        [list(pair) for pair in zip(names, values, strict=True)], inside
    )
    require(
        found["seen"] == [values[names.index(name)] for name in inside],
        "four threads chose engines at the same time, and did not each see their own.",
    )
    require(
        found["outside"] == [values[0]] * 2,
        "while threads were in their blocks, the thread outside saw another engine than 'numpy'.",
    )


def draw_knocks(rng: np.random.Generator) -> list[tuple[str, tuple, dict, bool]]:
    """Arrays, what is asked of them, and whether they may come in."""
    m, n = (int(x) for x in rng.integers(2, 7, 2))
    numbers = rng.normal(size=(m, n)).round(3).tolist()
    top = int(rng.integers(5, 50))
    indices = [0, top, *rng.integers(0, top, 3).tolist()]
    no_number, infinite = (
        [[float(special) if x == y == 0 else 1.0 for x in range(n)] for y in range(m)]
        for special in ("nan", "inf")
    )
    matrix, vector = (m, n), (5,)

    def ask(dtype: str = "float32", **more) -> dict:
        return {"dtype": dtype, **more}

    return [
        ("a matrix", ("plain", matrix, numbers, "float32", 2, ask()), True),
        ("an empty matrix", ("plain", (0, n), [], "float32", 2, ask(finite=True)), True),
        ("a float64 matrix", ("plain", matrix, numbers, "float64", 2, ask()), False),
        ("a float64 matrix, as asked", ("plain", matrix, numbers, "float64", 2, ask("float64")), True),
        ("swapped bytes", ("swapped", matrix, numbers, "float32", 2, ask()), False),
        ("a list", ("list", matrix, numbers, "float32", 2, ask(writeable=True)), False),
        ("one number", ("scalar", (1,), [1.0], "float32", 0, ask()), False),
        ("a matrix for a vector", ("plain", matrix, numbers, "float32", 1, ask()), False),
        ("a vector for a matrix", ("plain", vector, indices, "float32", 2, ask()), False),
        ("a transposed matrix", ("transposed", matrix, numbers, "float32", 2, ask()), False),
        ("every second number", ("strided", matrix, numbers, "float32", 2, ask()), False),
        ("a read-only matrix", ("read-only", matrix, numbers, "float32", 2, ask()), True),
        ("a read-only matrix to be changed", ("read-only", matrix, numbers, "float32", 2, ask(writeable=True)), False),
        ("indices", ("plain", vector, indices, "int32", 1, ask("int32", below=top + 1)), True),
        ("an index that is too large", ("plain", vector, indices, "int32", 1, ask("int32", below=top)), False),
        ("a negative index", ("plain", vector, [3, 1, -1, 0, 2], "int32", 1, ask("int32", below=top)), False),
        ("an index where none is allowed", ("plain", (1,), [0], "int32", 1, ask("int32", below=0)), False),
        ("no indices", ("plain", (0,), [], "int32", 1, ask("int32", below=1)), True),
        ("int64 for int32", ("plain", vector, indices, "int64", 1, ask("int32", below=top + 1)), False),
        ("nan, where finite is asked", ("plain", matrix, no_number, "float32", 2, ask(finite=True)), False),
        ("inf, where finite is asked", ("plain", matrix, infinite, "float32", 2, ask(finite=True)), False),
        ("nan, where it is not asked", ("plain", matrix, no_number, "float32", 2, ask()), True),
    ]  # fmt: skip


def require_front_door(remote, rng: np.random.Generator) -> None:
    """check_array() on good and bad arrays, in a random order."""
    knocks = draw_knocks(rng)
    for place in rng.permutation(len(knocks)).tolist():
        what, (kind, shape, values, dtype, n_dims, asked), welcome = knocks[place]
        name = str(rng.choice(_WORDS))
        found = remote.probe.knock(name, kind, list(shape), values, dtype, n_dims, asked)
        require(found["same"], f"check_array changed its argument, {what}.")
        if welcome:
            require("returned" in found, f"{what}: refused, and it should come in.")
            continue
        require("raised" in found, f"{what}: came in, and should be refused.")
        require(
            "BadArgumentError" in found["raised"],
            f"{what}: should raise BadArgumentError, and raised {found['raised'][0]}.",
        )
        require(
            found["message"].startswith(name),
            f"{what}: the message should begin with the argument's name.",
        )


def _require_product(found: np.ndarray, expected: np.ndarray, tolerance: float, about: str) -> None:
    """Name the first number of a product that is wrong."""
    require(
        isinstance(found, np.ndarray) and found.dtype == np.float32,
        f"{about}: the result should be a float32 array, not {getattr(found, 'dtype', type(found))}.",
    )
    require(
        found.shape == expected.shape,
        f"{about}: the result should have the shape {expected.shape}, not {found.shape}.",
    )
    wrong = np.argwhere(~(np.abs(found.astype(np.float64) - expected) <= tolerance))
    if len(wrong):
        i, j = wrong[0].tolist()
        require(
            False,
            f"{about}: the number in row {i} and column {j} is {found[i, j]:g} instead of "
            f"{expected[i, j]:g}; {len(wrong)} of {expected.size} numbers are wrong.",
        )


def require_matmul(remote, rng: np.random.Generator) -> None:
    """matmul() where large terms cancel, which the contract does not ask for."""
    a = rng.uniform(1, 9, (3, 5)).astype(np.float32) * np.float32([1e7, 1, 1, 1, 1e-2])
    a[:, 3] = -a[:, 0]
    b = np.ones((5, 2), np.float32)
    exact = (a.astype(np.float64) @ b).astype(np.float32)
    about = "matmul of rows such as (10⁷, 1, 1, −10⁷, 0.01), summed in float64"
    _require_product(remote.matmul(a, b), exact, 1e-5, about)


def require_matmul_by_rows(remote, rng: np.random.Generator) -> None:
    """matmul_by_rows() of whole and real numbers, in blocks that do and do not fit."""
    for m, k, n, block in ((3, 4, 5, 2), (2, 6, 9, 4), (4, 3, 8, 8), (1, 1, 1, 5), (2, 0, 3, 2)):
        a = rng.integers(-9, 10, (m, k)).astype(np.float32)
        b = rng.integers(-9, 10, (k, n)).astype(np.float32)
        about = f"matmul_by_rows of {m} × {k} and {k} × {n} in blocks of {block}"
        _require_product(remote.matmul_by_rows(a, b, block), a @ b, 0, about)
    a, b = rng.normal(size=(2, 50)).astype(np.float32), rng.normal(size=(50, 70)).astype(np.float32)
    exact = a.astype(np.float64) @ b.astype(np.float64)
    _require_product(remote.matmul_by_rows(a, b), exact, 1e-4, "matmul_by_rows of 70 columns")


def require_test(
    remote, rng: np.random.Generator, group: str = "", right: dict[str, str] = RIGHT
) -> None:
    """agree() on right engines, and on wrong ones: all of them, or those of one group."""
    wrong = {name: WRONG[name] for name in GROUPS[group]} if group else WRONG
    require_good(
        judge_test(
            remote, "agree", "matmul", right=right, wrong=wrong, rng=rng, reference=REFERENCE
        )
    )


def require_part_of_test(remote, rng: np.random.Generator, group: str) -> None:
    """agree() on one right engine, and on the wrong ones of a group."""
    require_test(remote, rng, group, {"numpy": RIGHT["numpy"]})
