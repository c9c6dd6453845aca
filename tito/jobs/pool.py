"""A pool of worker processes that survives its jobs, and whose workers end with their parent.

Each outcome is kept before it is handed on. However a run ends, the next one finds what was done.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, TypeVar

import loky
from loky.process_executor import TerminatedWorkerError

from recsys_edu.errors import RecsysError
from tito.jobs.outcomes import OutcomeStore

A = TypeVar("A")
R = TypeVar("R")
_PR_SET_PDEATHSIG: Final = 1
_ONE_THREAD: Final = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


class WorkerEndedError(RecsysError, RuntimeError):
    """A job ended its worker process twice while it was the only job."""


@dataclass(frozen=True)
class Job(Generic[A]):
    """One call of a task's function.

    Args:
        name: name of the job's outcome in the store, and unique among the jobs of a run.
        key: digest of all that the outcome depends on.
        argument: argument of the function; it has to be picklable.
    """

    name: str
    key: str
    argument: A


@dataclass(frozen=True)
class Task(Generic[A, R]):
    """The work that all jobs of a run share. It is sent to workers, so it has to be picklable.

    Args:
        function: compute a job's outcome from its argument, in a worker.
        on_failure: make the outcome of a job whose function raised an exception, or which ended its
            worker (:class:`WorkerEndedError`). Such an outcome is not final: the job runs again.
        store: the place where outcomes are kept.
    """

    function: Callable[[A], R]
    on_failure: Callable[[A, Exception], R]
    store: OutcomeStore[R]


def run_jobs(
    task: Task[A, R], jobs: Sequence[Job[A]], *, workers: int, temporary: Path
) -> Iterator[tuple[Job[A], R]]:
    """Run jobs in parallel, and keep each outcome.

    A job that raises gets the outcome of ``task.on_failure``. After a worker has ended, the jobs
    that are left run one by one, and so does one that ends its worker twice more.

    Args:
        task: the work.
        jobs: the jobs; none of them is looked up in the store beforehand.
        workers: number of jobs that run at a time.
        temporary: TMPDIR of the workers. Whatever a run that was killed has left in this folder is
            removed first, so the caller must hold a lock on it.

    Yields:
        Each job with its outcome, in the order in which they end.
    """
    missing = {job.name: job for job in jobs}
    if not missing:
        return
    with _empty_folder(temporary):
        try:
            for job, outcome in _in_pool(task, jobs, workers, temporary):
                del missing[job.name]
                yield job, outcome
        except TerminatedWorkerError:
            for job in missing.values():
                yield job, _alone(task, job, temporary)


def _alone(task: Task[A, R], job: Job[A], temporary: Path) -> R:
    """Run one job with no other beside it, and once more if it ends its worker.

    It may not have begun when a worker ended, so that one try would not tell.
    """
    for _ in range(2):
        try:
            ((_, outcome),) = _in_pool(task, [job], 1, temporary)
        except TerminatedWorkerError:
            continue
        return outcome
    return _failed(task, job, WorkerEndedError(f"{job.name} ended its own process, twice."))


def _in_pool(
    task: Task[A, R], jobs: Sequence[Job[A]], workers: int, temporary: Path
) -> Iterator[tuple[Job[A], R]]:
    """Yield outcomes as they come, from processes that are gone afterwards."""
    pool = loky.ProcessPoolExecutor(
        max_workers=min(workers, len(jobs)),
        initializer=_end_with,
        initargs=(os.getpid(),),
        env={**_ONE_THREAD, "TMPDIR": str(temporary)},
    )
    try:
        futures = {pool.submit(_run, task, job): job for job in jobs}
        for future in loky.as_completed(futures):
            yield futures[future], future.result()
    finally:
        pool.shutdown(wait=True, kill_workers=True)


def _run(task: Task[A, R], job: Job[A]) -> R:
    """Run one job and keep its outcome; called in a worker."""
    try:
        outcome = task.function(job.argument)
    except Exception as error:  # one job's failure never stops the others
        return _failed(task, job, error)
    task.store.write(job.name, job.key, outcome)
    return outcome


def _failed(task: Task[A, R], job: Job[A], error: Exception) -> R:
    outcome = task.on_failure(job.argument, error)
    task.store.write(job.name, job.key, outcome, final=False)
    return outcome


def _end_with(parent: int) -> None:
    """Have the kernel end this worker with the process that started it, and the jails with it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # the parent ended before the kernel was told
        os._exit(1)


@contextmanager
def _empty_folder(folder: Path) -> Iterator[None]:
    """Make a folder, empty whatever a killed run has left in it; remove it afterwards."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)
