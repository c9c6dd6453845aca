"""Runs the learner's rounds on tiles that are watched; knows no answers."""

import threading

PATIENCE = 10.0
"""Seconds until a tile gives up waiting for others to run beside it."""
SHORT_PATIENCE = 1.5
"""The same where no mark depends on it."""
LINGER = 0.25
"""Seconds in which a tile may still be joined by one that should not run yet."""


class _Stage:
    """Tiles that write down when they begin and end.

    Those of the first round stay until as many run at once as there are to be; tiles 0 and 1 stay a
    moment longer. Tile 0 leaves last of its round, so that losses do not arrive in their order.
    """

    def __init__(self, losses, n_blocks, n_threads, failing, patience):
        self.losses, self.n_blocks, self.failing = losses, n_blocks, failing
        self.wanted = min(n_blocks, n_threads)
        self.events, self.running, self.most, self.ended = [], 0, 0, set()
        self.patience = patience
        self.change = threading.Condition()

    def update_tile(self, number):
        with self.change:
            self.events.append(["begin", int(number)])
            self.running += 1
            self.most = max(self.most, self.running)
            self.change.notify_all()
            if number < self.n_blocks and self.wanted > 1:
                self._stay(number)
            self.events.append(["end", int(number)])
            self.running -= 1
            self.ended.add(number)
            self.change.notify_all()
        if number == self.failing:
            raise ValueError("this tile fails")
        return self.losses[number]

    def _stay(self, number):
        together = self.change.wait_for(lambda: self.most >= self.wanted, self.patience)
        if not together:
            self.patience = 0.0  # nobody comes
            return
        if number == 0:
            others = set(range(1, self.n_blocks))
            self.change.wait_for(lambda: others <= self.ended, self.patience)
        if number <= 1:
            self.change.wait_for(lambda: self.most > self.wanted, LINGER)


def play_rounds(learner, losses, n_blocks, n_threads, failing, patience=PATIENCE):
    """run_rounds() on watched tiles: what it returned or raised, and what happened in which order."""
    stage = _Stage(losses, n_blocks, n_threads, failing, patience)
    try:
        found = {"returned": learner.run_rounds(stage.update_tile, n_blocks, n_threads)}
    except NotImplementedError:  # a stub
        raise
    except Exception as error:
        found = {"raised": type(error).__name__}
    with stage.change:
        return {**found, "events": list(stage.events)}


def order_of_rounds(learner, losses, n_blocks, n_threads, failing):
    """The part of play_rounds() that is the same each time: the result, and what it shows of the threads."""
    seen = play_rounds(learner, losses, n_blocks, n_threads, failing, SHORT_PATIENCE)
    running, most, mixed = [], 0, False
    for what, number in seen.pop("events"):
        if what == "begin":
            mixed = mixed or any(other // n_blocks != number // n_blocks for other in running)
            running.append(number)
            most = max(most, len(running))
        else:
            running.remove(number)
    return [
        seen.get("returned"),
        seen.get("raised"),
        mixed,
        most >= min(n_blocks, n_threads),
        most <= n_threads,
    ]


def error_of_fit(learner, n_threads, seconds):
    """The name of the error that fit_amdahl() raises, or an empty text."""
    try:
        learner.fit_amdahl(n_threads, seconds)
    except NotImplementedError:  # a stub
        raise
    except Exception as error:
        return type(error).__name__
    return ""
