"""The database: nothing lost, nothing twice, whoever judges and however judges end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from tests.leaderboard.toy import honest, judged, verdict
from tito.leaderboard.division import find_division
from tito.leaderboard.errors import LeaderboardError, StoreError
from tito.leaderboard.states import OUT, State
from tito.leaderboard.store import store as store_module
from tito.leaderboard.store.entries import (
    entries_of,
    events_of,
    find_entry,
    source_of,
    submit,
    take_out,
    waits,
)
from tito.leaderboard.store.judged import first_judgement, judgements_of
from tito.leaderboard.store.queue import (
    Lease,
    add_replay,
    finish,
    give_back,
    heartbeat,
    report_state,
    take,
)
from tito.leaderboard.store.schema import judgements, metadata, tasks
from tito.leaderboard.store.store import HEAD, Store

DIVISION = find_division("top-k-1")
JUDGE = """
import sys, time
from tito.leaderboard.store.queue import take, finish
from tito.leaderboard.store.store import Store
from tito.leaderboard.division import find_division
from tests.leaderboard.toy import verdict
store = Store(sys.argv[1])
while (lease := take(store, "killed", seconds=0.05)) is not None:
    print(lease.task_id, flush=True)
    time.sleep(0.02)
    finish(store, lease, verdict(1.0), find_division("top-k-1"), 1)
"""


def n_waiting(store: Store) -> int:
    with store.reading() as connection:
        return connection.execute(sa.select(sa.func.count(tasks.c.id)).where(waits())).scalar_one()


def taken(store: Store, **options: float) -> Lease:
    lease = take(store, "a judge", **options)  # type: ignore[arg-type]
    assert lease is not None
    return lease


def test_migrations_make_the_tables_of_the_schema(store: Store) -> None:
    with store.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert store.revision(connection) == HEAD
    scripts = ScriptDirectory(str(Path(store_module.__file__).with_name("migrations")))
    assert scripts.get_current_head() == HEAD


def test_a_database_of_a_newer_version_is_refused(store: Store) -> None:
    with store.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="newer version"):
        Store(store.url)


@pytest.mark.parametrize("url", ["nothing://here", "sqlite:////proc/none/board.db", "x://"])
def test_what_is_no_database_is_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(StoreError):
        Store(url)


@pytest.mark.parametrize(
    "url",
    [
        "nothing://judge:s3cret@host/board",
        "nothing://host/board?password=s3cret",
        "nothing://judge:pw@host:s3cret/board",
        "no thing://judge:s3cret@host/board",
    ],
)
def test_a_refusal_of_a_url_tells_no_password(url: str) -> None:
    with pytest.raises(StoreError, match=r"URL|host") as caught:
        Store(url)
    assert "s3cret" not in str(caught.value)


def test_stores_opened_at_once_make_the_tables_once(tmp_path: Path) -> None:
    faults: list[Exception] = []

    def opened() -> None:
        try:
            Store(str(tmp_path / "board.db")).close()
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=opened) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def test_an_entry_goes_through_its_states_and_keeps_them_all(store: Store) -> None:
    number = submit(store, "ada", DIVISION, honest())
    assert find_entry(store, number).position == 1
    lease = taken(store)
    for state in (State.BUILDING, State.CHECKING, State.TIMING):
        report_state(store, lease, state)
    assert find_entry(store, number).state is State.TIMING
    assert finish(store, lease, verdict(1.0), DIVISION, seed=2**126 + 5)
    states = [state for _, state, _ in events_of(store, number)]
    assert states == ["queued", "building", "checking", "timing", "verified"]
    assert find_entry(store, number).position == 0
    kept = first_judgement(store, number)
    assert kept.seed == 2**126 + 5
    assert kept.rules == DIVISION.rules
    assert kept.circumstances["contract"]
    assert kept.repeats == verdict(1.0).repeats
    assert source_of(store, number) == honest()


def test_tasks_are_taken_in_order_and_by_one_judge_each(store: Store) -> None:
    numbers = [submit(store, "ada", DIVISION, honest(f"# {n}")) for n in range(3)]
    assert [find_entry(store, n).position for n in numbers] == [1, 2, 3]
    assert [taken(store).entry_id for _ in numbers] == numbers
    assert take(store, "another") is None


@pytest.mark.parametrize("state", OUT)
def test_what_is_out_has_no_place_in_the_queue(store: Store, state: State) -> None:
    first, second, third = (submit(store, "ada", DIVISION, honest(f"# {n}")) for n in range(3))
    take_out(store, first, state, "a reason")
    assert [find_entry(store, n).position for n in (first, second, third)] == [0, 1, 2]
    assert n_waiting(store) == 2


def test_a_task_is_judged_once_however_many_judges_end_it(store: Store) -> None:
    number = submit(store, "ada", DIVISION, honest())
    slow = taken(store, seconds=-1.0)
    fast = taken(store)
    assert fast.n_taken == 2
    assert not heartbeat(store, slow)
    report_state(store, slow, State.TIMING)
    assert find_entry(store, number).state is State.QUEUED, "a lost lease writes no state"
    assert finish(store, slow, verdict(0.5), DIVISION, 1) == 0
    assert finish(store, fast, verdict(1.0), DIVISION, 1)
    assert finish(store, fast, verdict(0.1), DIVISION, 1) == 0
    assert [j.score.value for j in judgements_of(store, number) if j.score] == [1.0]


def test_a_late_verdict_counts_where_nobody_has_taken_over(store: Store) -> None:
    submit(store, "ada", DIVISION, honest())
    late = taken(store, seconds=-1.0)
    assert finish(store, late, verdict(1.0), DIVISION, 1)
    assert take(store, "another") is None


def test_a_heartbeat_keeps_a_task(store: Store) -> None:
    submit(store, "ada", DIVISION, honest())
    lease = taken(store, seconds=-1.0)
    assert heartbeat(store, lease, seconds=60)
    assert take(store, "another") is None


def test_a_task_that_is_given_back_waits_and_is_taken_again(store: Store) -> None:
    number = submit(store, "ada", DIVISION, honest())
    lease = taken(store)
    give_back(store, lease, "the machine is at fault", wait=60)
    assert find_entry(store, number).state is State.QUEUED
    assert take(store, "another") is None
    assert finish(store, lease, verdict(1.0), DIVISION, 1) == 0, "it is no longer this judge's"


def test_an_entry_whose_judges_end_keeps_no_other_waiting(store: Store) -> None:
    poison = submit(store, "mallory", DIVISION, honest("# poison"))
    assert taken(store, seconds=-1.0).entry_id == poison
    other = submit(store, "ada", DIVISION, honest())
    assert taken(store).entry_id == other
    assert taken(store).entry_id == poison


def test_what_is_withdrawn_is_not_judged_and_stays_withdrawn(store: Store) -> None:
    number = submit(store, "ada", DIVISION, honest())
    lease = taken(store, seconds=-1.0)
    take_out(store, number, State.WITHDRAWN, "by ada")
    assert take(store, "another") is None
    assert finish(store, lease, verdict(1.0), DIVISION, 1), "the verdict is kept all the same"
    assert find_entry(store, number).state is State.WITHDRAWN
    with pytest.raises(LeaderboardError, match="withdrawn already"):
        take_out(store, number, State.HIDDEN, "again")


def test_a_replay_changes_no_state(store: Store) -> None:
    number = judged(store, "ada", verdict(1.0))
    add_replay(store, number, first_judgement(store, number).id)
    lease = taken(store)
    assert lease.replays == 1
    report_state(store, lease, State.TIMING)
    give_back(store, lease, "the machine is at fault")
    assert find_entry(store, number).state is State.VERIFIED
    lease = taken(store)
    assert finish(store, lease, verdict(9.0, state=State.REJECTED), DIVISION, 7)
    assert [state for _, state, _ in events_of(store, number)] == ["queued", "verified"]
    assert [j.replays for j in judgements_of(store, number)] == [None, 1]


def test_people_see_their_own_entries(store: Store) -> None:
    numbers = [submit(store, p, DIVISION, honest(f"# {p}")) for p in ("ada", "bob", "ada")]
    assert [e.id for e in entries_of(store, "ada")] == [numbers[2], numbers[0]]


def test_submissions_at_once_are_all_kept(store: Store) -> None:
    def many(person: str) -> None:
        for n in range(8):
            submit(store, person, DIVISION, honest(f"# {n}"))  # sources shared by all people

    threads = [threading.Thread(target=many, args=(f"person {n}",)) for n in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert n_waiting(store) == 40


def test_judges_that_are_killed_leave_every_entry_judged_once(store: Store) -> None:
    """Judges are killed at whatever they are doing; the last one is left to finish."""
    root = Path(__file__).parents[2]
    path = f"{root}{os.pathsep}{root / 'backends'}"
    numbers = [submit(store, "ada", DIVISION, honest(f"# {n}")) for n in range(12)]
    for delay in (0.0, 0.03, 0.06):
        process = subprocess.Popen(
            [sys.executable, "-c", JUDGE, store.url],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
        )
        assert process.stdout is not None
        process.stdout.readline()  # it has a task
        threading.Event().wait(delay)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    while n_waiting(store):
        lease = take(store, "the last", seconds=5)
        if lease is not None:
            assert finish(store, lease, verdict(1.0), DIVISION, 1)
    with store.reading() as connection:
        found = connection.execute(sa.select(judgements.c.entry_id)).scalars().all()
    assert sorted(found) == numbers
