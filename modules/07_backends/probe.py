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
    after the other, the last one for ever, and ["!", text, kind] is an error; without its kind, an
    ImportError.
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
                raise _error(answer)
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

    A value ["!", text] stands for an engine that cannot be loaded. A step is ["enter", name],
    ["leave"], ["fail"] (an error leaves the block) or ["replace", name, value].
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
        raise _error(value)
    return value


def _error(value):
    _, text, kind = [*value, "ImportError"][:3]
    kinds = {"ImportError": ImportError, "OSError": OSError, "RuntimeError": RuntimeError}
    return kinds[kind](text)


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


def registry_signs(learner, steps):
    """What is known of a registry's answers to steps, whatever the words of its messages are.

    For each step the value or the error's kind; how many of the names registered so far the message
    holds, and whether it and its cause hold the loader's own text; and how often loaders have run.
    """
    names, signs = [], []
    for step, found in zip(steps, play_registry(learner, steps), strict=True):
        if step[0] == "register" and step[1] not in names:
            names.append(step[1])
        signs.append([*_sign(found, names, _told_by_loaders(steps)), sum(found["runs"].values())])
    return signs


def _told_by_loaders(steps):
    answers = [answer for step in steps if step[0] == "register" for answer in step[2]]
    return [answer[1] for answer in answers if isinstance(answer, list)]


def _sign(found, names=(), texts=()):
    """An outcome without the words of its message."""
    if "raised" not in found:
        return [found["returned"], "", 0, False, False]
    kind, message, cause = found["raised"][0], found["message"], found["cause"] or ""
    listed = sum(name in message for name in names) if kind == "UnknownEngineError" else 0
    told = kind == "EngineUnavailableError" and any(text in message for text in texts)
    return [None, kind, listed, told, any(text in cause for text in texts)]


def switch_signs(learner, engines, steps):
    """What current() and each step come to, as values and kinds of errors."""
    return [
        [_sign(seen)[:2], None]
        if "current" not in seen
        else [_sign(seen["current"])[:2], None if seen["told"] is None else _sign(seen["told"])[:2]]
        for seen in play_switch(learner, engines, steps)
    ]


def threads_at_home(learner, engines, names):
    """The number of threads that see their own engine while all are in their blocks."""
    own, seen = dict(engines), play_threads(learner, engines, names)["seen"]
    return sum(own[name] == found for name, found in zip(names, seen, strict=True))


def knock_signs(learner, name, kind, shape, values, dtype, n_dims, asked):
    """The kind of error of check_array, whether its message begins with the name, and any change."""
    found = knock(learner, name, kind, shape, values, dtype, n_dims, asked)
    if "raised" not in found:
        return ["", True, found["same"]]
    return [found["raised"][0], found["message"].startswith(name), found["same"]]


def agree_on(learner, lines):
    """Whether agree() accepts NumPy's product with these lines before it is returned."""
    space = {"np": np, "n_calls": 0, "kept": {}}
    body = "".join(f"    {line}\n" for line in ["global n_calls", "n_calls += 1", *lines])
    exec(f"def candidate(a, b):\n    out = a @ b\n{body}    return out\n", space)
    with np.errstate(all="ignore"):
        return bool(learner.agree(_reference, space["candidate"]))


def _reference(a, b):
    with np.errstate(all="ignore"):
        return (a.astype(np.float64) @ b.astype(np.float64)).astype(np.float32)
