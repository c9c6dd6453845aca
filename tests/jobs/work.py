"""Jobs for the pool's tests, in a module that workers can import."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tito.jobs.outcomes import OutcomeStore
from tito.jobs.pool import Job, Task, run_jobs


@dataclass(frozen=True)
class Order:
    """One job's argument."""

    folder: Path
    number: int
    kind: str = "square"


def square(order: Order) -> dict[str, Any]:
    """Compute a square, unless the order asks for something else; note that it was asked."""
    with (order.folder / "asked").open("a") as asked:
        asked.write(f"{order.number} {os.getpid()}\n")
    if order.kind == "raise":
        raise ArithmeticError("a secret")
    if order.kind == "exit" or (order.kind == "exit once" and _first(order)):
        time.sleep(0.2)
        os._exit(3)
    if order.kind == "slow":
        tempfile.NamedTemporaryFile(delete=False).close()
        time.sleep(0.3)
    return {
        "square": order.number**2,
        "threads": os.environ["OMP_NUM_THREADS"],
        "temporary": tempfile.gettempdir(),
    }


def _first(order: Order) -> bool:
    flag = order.folder / f"begun {order.number}"
    there = flag.exists()
    flag.touch()
    return not there


def failure(order: Order, error: Exception) -> dict[str, Any]:
    """Make the outcome of a job that failed."""
    return {"failed": type(error).__name__, "number": order.number}


def same(value: dict[str, Any]) -> dict[str, Any]:
    """Return JSON as it is; refuse what is no object."""
    if not isinstance(value, dict):
        raise TypeError("no object")
    return value


def task_in(folder: Path) -> Task[Order, dict[str, Any]]:
    """Keep outcomes in a folder."""
    return Task(square, failure, OutcomeStore(folder / "outcomes", same, same))


def jobs_in(folder: Path, kinds: list[str]) -> list[Job[Order]]:
    """Make one job per kind."""
    return [Job(f"j{n}", f"key {n}", Order(folder, n, kind)) for n, kind in enumerate(kinds)]


def main(folder: Path, count: int) -> None:
    """Run those of many slow jobs that no earlier run has done."""
    task = task_in(folder)
    jobs = [
        job
        for job in jobs_in(folder, ["slow"] * count)
        if task.store.find(job.name, job.key) is None
    ]
    for job, _ in run_jobs(task, jobs, workers=2, temporary=folder / "tmp"):
        print(job.name, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
