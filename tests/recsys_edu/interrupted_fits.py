"""Interrupt fits at random moments; a script, as only a process of its own may get SIGINT.

    python -m tests.recsys_edu.interrupted_fits MODEL ENGINE MOMENTS SEED

Goes on until MOMENTS fits were cut short, with at most ten times as many tries: on a busy machine
some fits end before their signal. Prints for each moment what was found wrong,
and in the end how many fits were cut short, how many of them before the first epoch had ended, and
how long the slowest took to answer.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import Any

import numpy as np

from recsys_backends import set_backend
from recsys_edu import ALS, BPR, Callback, Interactions, TwoTower

N_EPOCHS = 6 if sys.argv[2:3] != ["optimized"] else 60  # long enough to be cut short


def data() -> Interactions:
    rng = np.random.default_rng(0)
    cells = rng.choice(60 * 50, size=900, replace=False)
    return Interactions.from_events(
        cells // 50,
        cells % 50,
        values=1.0 + cells % 3,
        user_ids=np.arange(60),
        item_ids=np.arange(50),
    )


def make(model: str, epochs: int = N_EPOCHS) -> Any:
    if model == "als":
        return ALS(8, epochs, progress=False, n_threads=2, seed=3)
    if model == "two-tower":
        return TwoTower(8, epochs, batch_size=64, n_threads=1, progress=False, device="cpu", seed=3)
    if model == "bpr":
        return BPR(8, epochs, progress=False, n_threads=2, seed=3, n_blocks=4)
    return BPR(8, epochs, progress=False, n_threads=2, seed=3, negatives="adaptive")


def state(model: Any) -> list[bytes]:
    """Everything that a file of the model would hold."""
    return [array.tobytes() for _, array in sorted(model._fitted_arrays().items())]


class Remember(Callback):
    """Keeps the state after each epoch."""

    def __init__(self) -> None:
        self.states: dict[int, list[bytes]] = {}

    def on_epoch(self, model: Any, report: Any) -> bool:
        self.states[model.epochs_done] = state(model)
        return False


def interrupted(model: Any, train: Interactions, after: float) -> tuple[bool, float]:
    """Fit, with SIGINT ``after`` seconds.

    Returns:
        True and the seconds to its answer, or False and the seconds of a fit that ended first.
    """
    sent, took, started = [0.0], 0.0, time.perf_counter()

    def send() -> None:
        sent[0] = time.perf_counter()
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(after, send)
    try:
        timer.start()
        model.fit(train)
        took = time.perf_counter() - started
        timer.join()
        time.sleep(1.0)  # a signal that comes too late ends this
    except KeyboardInterrupt:
        if not took:
            return True, time.perf_counter() - sent[0]
    return False, took


def check(name: str, model: Any, train: Interactions, whole: Remember) -> None:
    """Print what is wrong with an interrupted fit, and with what it goes on to."""
    done = model.epochs_done
    if model._train is None:
        if done:
            print(f"not fitted after {done} epochs")
        model = make(name).fit(train)
    else:
        if state(model) != whole.states[done]:
            print(f"the vectors are not those of {done} epochs")
        if [report.epoch for report in model.history] != list(range(1, done + 1)):
            print(f"the history is not that of {done} epochs")
        if done < N_EPOCHS:
            model.set_params(epochs=N_EPOCHS - done).fit(train, warm_start=True)
    if state(model) != whole.states[N_EPOCHS]:
        print(f"going on from {done} epochs did not lead where one fit does")


def main(name: str, engine: str, moments: int, seed: int) -> None:
    set_backend(engine)
    train, whole = data(), Remember()
    make(name, 1).fit(train)  # imports and thread pools
    started = time.perf_counter()
    make(name).fit(train, callbacks=[whole])
    shortest = time.perf_counter() - started
    cut = unfitted = 0
    slowest = 0.0
    for share in np.random.default_rng(seed).uniform(0.0, 1.0, 10 * moments):
        model = make(name)
        was_cut, seconds = interrupted(model, train, share * shortest)
        cut += was_cut
        if was_cut:
            slowest = max(slowest, seconds)
        else:
            shortest = min(shortest, seconds)
        unfitted += model._train is None
        check(name, model, train, whole)
        if cut == moments:
            break
    print(f"cut short {cut}, before the first epoch {unfitted}, slowest answer {slowest:.3f} s")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
