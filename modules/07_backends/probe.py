"""Plays scenes with the learner's registry, switch and front door; knows no answers."""

import threading

import numpy as np


class SceneError(Exception):
    """Raised in a block on purpose."""


def _clean(learner):
    learner.loaders.clear()
    learner.loaded.clear()


def _outcome(function, *args, **kwargs):
    """What a call returns, or its error: the type's name, the message, and the cause's message."""
    try:
        return {"returned": function(*args, **kwargs)}
    except NotImplementedError:  # a stub
        raise
    except Exception as error:
        cause = error.__cause__
        return {
            "raised": [kind.__name__ for kind in type(error).__mro__[:-1]],
            "message": str(error),
            "cause": None if cause is None else str(cause),
        }


def play_registry(learner, steps):
    """Outcomes of a list of steps, and how often each loader has run after each of them.

    A step is ["register", name, answers, replace] or ["load", name]; the loader gives one answer
    after the other, the last one for ever, and ["!", text] is an error.
    """
    _clean(learner)
    runs, outcomes = {}, []

    def loader_of(name, number, answers):
        left = list(answers)

        def loader():
            key = f"{name} {number}"
            runs[key] = runs.get(key, 0) + 1
            answer = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(answer, list):
                raise ImportError(answer[1])
            return answer

        return loader

    for number, step in enumerate(steps):
        if step[0] == "register":
            _, name, answers, replace = step
            more = {"replace": True} if replace else {}
            found = _outcome(learner.register, name, loader_of(name, number, answers), **more)
        else:
            found = _outcome(learner.load, step[1])
        outcomes.append({**found, "runs": dict(runs)})
    _clean(learner)
    return outcomes


def play_switch(learner, engines, steps):
    """What current() says before and after each step, on engines of these names and values.

    A value ["!", text] stands for an engine that cannot be loaded. A step is ["enter", name], ["leave"], ["fail"] (an error leaves the block) or
    ["replace", name, value].
    """
    _clean(learner)
    for name, value in engines:
        learner.register(name, lambda value=value: _engine(value))
    seen, blocks = [_outcome(learner.current)], []
    for step in steps:
        told = None
        if step[0] == "enter":
            block = learner.use(step[1])
            told = _outcome(block.__enter__)
            if "returned" in told:
                blocks.append(block)
        elif step[0] == "replace":
            learner.register(step[1], lambda value=step[2]: value, replace=True)
        elif step[0] == "fail":
            told = _outcome(_fail, blocks.pop())
        else:
            blocks.pop().__exit__(None, None, None)
        seen.append({"current": _outcome(learner.current), "told": told})
    while blocks:
        blocks.pop().__exit__(None, None, None)
    _clean(learner)
    return seen


def _engine(value):
    if isinstance(value, list):
        raise ImportError(value[1])
    return value


def _fail(block):
    error = SceneError("on purpose")
    if not block.__exit__(type(error), error, None):
        raise error


def play_threads(learner, engines, names):
    """What each of several threads sees while all are in their blocks, and what is left outside."""
    _clean(learner)
    for name, value in engines:
        learner.register(name, lambda value=value: value)
    inside, done = (threading.Barrier(len(names) + 1, timeout=5) for _ in range(2))
    seen = [None] * len(names)

    def work(place, name):
        try:
            with learner.use(name):
                inside.wait()
                seen[place] = learner.current()
                done.wait()
        except Exception as error:
            seen[place] = type(error).__name__

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(names)]
    for thread in threads:
        thread.start()
    outside = []
    try:
        inside.wait()
        outside.append(learner.current())
        done.wait()
    except threading.BrokenBarrierError:
        inside.abort()
        done.abort()
    for thread in threads:
        thread.join()
    outside.append(learner.current())
    _clean(learner)
    return {"seen": seen, "outside": outside}


def knock(learner, name, kind, shape, values, dtype, n_dims, asked):
    """The outcome of check_array on an array that is made here, and whether it has changed.

    ``kind`` says how it is laid out: "plain", "transposed", "strided", "read-only", "swapped",
    "list" or "scalar".
    """
    array = np.array(values, dtype=dtype).reshape(shape)
    if kind == "transposed":
        array = np.ascontiguousarray(array.T).T
    elif kind == "strided":
        array = np.repeat(array, 2, axis=-1)[..., ::2]
    elif kind == "read-only":
        array.flags.writeable = False
    elif kind == "swapped":
        array = array.astype(array.dtype.newbyteorder())
    elif kind == "list":
        array = array.tolist()
    elif kind == "scalar":
        array = array.ravel()[0]
    before = np.array(array)
    wanted, more = asked["dtype"], {k: v for k, v in asked.items() if k != "dtype"}
    found = _outcome(learner.check_array, name, array, np.dtype(wanted).type, n_dims, **more)
    return {**found, "same": bool(np.array_equal(np.array(array), before, equal_nan=True))}
