"""The ranking: one query, tie groups by intervals, and what is in none."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from tests.leaderboard.toy import honest, judged, verdict
from tito.leaderboard.benchmark_json import benchmark_json
from tito.leaderboard.division import find_division
from tito.leaderboard.errors import LeaderboardError
from tito.leaderboard.states import State
from tito.leaderboard.store.entries import submit, take_out
from tito.leaderboard.store.queue import finish, take
from tito.leaderboard.store.ranking import Place, ranking, ranking_query
from tito.leaderboard.store.store import Store
from tito.leaderboard.tables import ranking_csv, ranking_json, ranking_table

DIVISION = find_division("top-k-1")


def ranks(store: Store, state: State = State.VERIFIED) -> list[tuple[int, str]]:
    return [(place.rank, place.person) for place in ranking(store, DIVISION, state)]


def test_nobody_is_in_an_empty_ranking(store: Store) -> None:
    submit(store, "ada", DIVISION, honest())
    assert ranks(store) == []


def test_the_best_entry_of_each_person_counts(store: Store) -> None:
    for person, score in (("ada", 1.2), ("bob", 1.1), ("ada", 1.0), ("ada", 1.3)):
        judged(store, person, verdict(score, 0.001))
    places = ranking(store, DIVISION)
    assert [(p.rank, p.person, p.score) for p in places] == [(1, "ada", 1.0), (2, "bob", 1.1)]


def test_a_tie_group_is_its_best_entry_and_those_that_overlap_that_one(store: Store) -> None:
    """b overlaps a, and c overlaps b but not a: c begins a group of its own."""
    for person, score in (("a", 1.0), ("b", 1.015), ("c", 1.03), ("d", 1.045), ("e", 2.0)):
        judged(store, person, verdict(score, 0.01))
    assert ranks(store) == [(1, "a"), (1, "b"), (3, "c"), (3, "d"), (5, "e")]


def test_a_wide_interval_does_not_reach_beyond_its_group(store: Store) -> None:
    for person, score, half in (("a", 1.0, 0.01), ("b", 1.1, 0.01), ("c", 1.2, 0.5)):
        judged(store, person, verdict(score, half))
    assert ranks(store) == [(1, "a"), (2, "b"), (2, "c")]


def test_of_equal_scores_the_earlier_entry_stands_first(store: Store) -> None:
    for person in ("late in the alphabet", "a"):
        judged(store, person, verdict(1.0))
    assert [person for _, person in ranks(store)] == ["late in the alphabet", "a"]


@pytest.mark.parametrize("state", [State.WITHDRAWN, State.HIDDEN])
def test_what_is_out_is_in_no_ranking_and_the_next_best_counts(store: Store, state: State) -> None:
    best = judged(store, "ada", verdict(0.5))
    judged(store, "ada", verdict(0.9))
    take_out(store, best, state, "a reason")
    assert [place.score for place in ranking(store, DIVISION)] == [0.9]


@pytest.mark.parametrize("state", [State.LOCAL, State.UNSTABLE, State.REJECTED])
def test_only_what_is_verified_is_ranked_and_local_stands_apart(store: Store, state: State) -> None:
    judged(store, "ada", verdict(0.1, state=state))
    judged(store, "bob", verdict(1.0))
    assert ranks(store) == [(1, "bob")]
    assert ranks(store, State.LOCAL) == ([(1, "ada")] if state is State.LOCAL else [])


def test_figures_of_other_rules_do_not_compare(store: Store) -> None:
    judged(store, "ada", verdict(1.0))
    changed = replace(DIVISION, size={**DIVISION.size, "k": 11})
    assert changed.rules != DIVISION.rules
    assert ranking(store, changed) == []


def test_the_query_is_one_that_postgresql_knows_too() -> None:
    text = str(ranking_query(DIVISION, State.VERIFIED).compile(dialect=postgresql.dialect()))
    assert text.count("WITH RECURSIVE") == 1
    assert isinstance(ranking_query(DIVISION, State.VERIFIED), sa.Select)


def test_csv_and_json_hold_every_place(store: Store) -> None:
    judged(store, "ada", verdict(1.0), "=HYPERLINK(1)")
    judged(store, "bob", verdict(2.0), 'quotes " and, commas')
    places = ranking(store, DIVISION)
    rows = list(csv.DictReader(io.StringIO(ranking_csv(DIVISION, places))))
    assert [row["name"] for row in rows] == ["'=HYPERLINK(1)", 'quotes " and, commas']
    assert [float(row["score"]) for row in rows] == [1.0, 2.0]
    found = json.loads(json.dumps(ranking_json(DIVISION, places)))
    assert [Place(**place) for place in found["places"]] == places


def test_a_table_shows_names_as_they_are(store: Store) -> None:
    judged(store, "ada", verdict(1.0), "[bold]no markup[/bold]")
    from rich.console import Console

    console = Console(width=200, file=io.StringIO(), record=True)
    console.print(ranking_table(DIVISION, ranking(store, DIVISION), "title"))
    assert "[bold]no markup[/bold]" in console.export_text()


def test_statistics_for_pytest_benchmark_are_those_of_the_repeats(store: Store) -> None:
    judged(store, "ada", verdict(2.0))
    (found,) = benchmark_json(store, DIVISION, ranking(store, DIVISION))["benchmarks"]
    pairs = verdict(2.0).repeats
    assert found["stats"]["data"] == [entry for entry, _ in pairs]
    assert found["stats"]["rounds"] == len(pairs)
    assert found["stats"]["mean"] == pytest.approx(sum(e for e, _ in pairs) / len(pairs))
    assert found["stats"]["min"] <= found["stats"]["q1"] <= found["stats"]["median"]


def test_where_quality_counts_the_highest_score_stands_first(store: Store) -> None:
    """The same query, the other way round; the best entry of a person is their highest."""
    division = find_division("open-1")
    for person, score in (("a", 0.30), ("b", 0.33), ("c", 0.40), ("c", 0.20), ("d", 0.375)):
        number = submit(store, person, division, honest(f"# {person} {score}"))
        lease = take(store, "a judge", entry_id=number)
        assert lease is not None
        assert finish(store, lease, verdict(score, 0.02), division, 1)
    places = ranking(store, division)
    assert [(p.rank, p.person, p.score) for p in places] == [
        (1, "c", 0.40), (1, "d", 0.375), (3, "b", 0.33), (3, "a", 0.30),
    ]  # fmt: skip
    with pytest.raises(LeaderboardError, match="not by time"):
        benchmark_json(store, division, places)
