"""``tito leaderboard``: each command, with good and bad arguments."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.leaderboard.toy import HONEST, judged, verdict
from tito.leaderboard import replay as replay_module
from tito.leaderboard import worker
from tito.leaderboard.judge import Report
from tito.leaderboard.states import State
from tito.leaderboard.store.store import Store
from tito.leaderboard.verdict import Verdict
from tito.main import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "board.db"
    monkeypatch.setenv("RECSYS_EDU_LEADERBOARD", str(path))
    return path


@pytest.fixture
def tito(board: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["tito", "leaderboard", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return run


@pytest.fixture
def entry(tmp_path: Path) -> str:
    path = tmp_path / "mine.py"
    path.write_text(HONEST, encoding="utf-8")
    return str(path)


def judging_as(monkeypatch: pytest.MonkeyPatch, found: Verdict) -> None:
    def given(task: worker.Task, report: Report) -> Verdict:
        report(State.CHECKING)
        return found

    monkeypatch.setattr(worker, "judge", given)
    for module in (worker, replay_module):
        monkeypatch.setattr(module, "require_jail", lambda: None)


def test_divisions_are_listed(tito: Run) -> None:
    status, out, _ = tito("divisions")
    assert status == 0
    assert all(name in out for name in ("top-k-1", "top-k-2", "plan-epoch-1"))
    rows = {line.split()[1]: line for line in out.splitlines() if len(line.split()) > 2}
    assert "± 3%" in rows["time-to-quality-1"]
    assert "±" not in rows["open-1"], "it is not timed"


def test_an_entry_from_submission_to_withdrawal(
    tito: Run, entry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    judging_as(monkeypatch, verdict(0.9))
    assert "no judged entry" in tito("show")[1]
    _, out, _ = tito("submit", entry, "--person", "ada", "--division", "top-k-1")
    assert out == "entry 1 in top-k-1: number 1 in the queue\n"
    assert "queued, number 1 in the queue" in tito("mine", "--person", "ada")[1]
    assert "entry 1: verified" in tito("judge", "--once")[2]
    out = tito("show", "--division", "top-k-1")[1]
    assert "ada" in out
    assert "0.900 (0.890 to 0.910)" in out
    assert "judgement 1 by" in tito("log", "1")[1]
    assert tito("verify", "1")[:2] == (0, _agreed("0.900 (0.890 to 0.910)"))
    assert tito("withdraw", "1", "--person", "bob")[0] == 1
    assert tito("withdraw", "1", "--person", "ada")[0] == 0
    assert "no judged entry" in tito("show")[1]
    assert "withdrawn" in tito("log", "1")[1]


def test_a_log_names_the_unit_of_a_score(
    tito: Run, board: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = {
        "top-k-1": "time / optimized: 0.900 (",
        "time-to-quality-1": "time / ALS on optimized: 0.900 (",
        "open-1": "NDCG@10: 0.900 (",
    }
    with Store(str(board)) as store:
        for division in wanted:
            judged(store, "ada", verdict(0.9), division=division)
    assert all(said in tito("log", str(n))[1] for n, said in enumerate(wanted.values(), 1))
    monkeypatch.setattr("tito.leaderboard.division.all_divisions", dict)
    assert "\nscore: 0.900 (" in tito("log", "1")[1]


def _agreed(score: str) -> str:
    return f"then: verified  {score}\nnow: verified  {score}\nThey agree.\n"


def test_a_replay_that_does_not_agree_has_status_1(
    tito: Run, board: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store(str(board)) as store:
        judged(store, "ada", verdict(1.0))
    judging_as(monkeypatch, verdict(2.0))
    status, out, _ = tito("verify", "1")
    assert (status, out.splitlines()[-1]) == (1, "They do not agree.")


def test_a_file_enters_every_division_of_its_functions(tito: Run, entry: str) -> None:
    _, out, _ = tito("submit", entry, "--person", "ada")
    assert "entry 1 in top-k-1" in out
    assert "entry 2 in top-k-2" in out


def test_local_entries_are_judged_at_once_and_stand_apart(
    tito: Run, entry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    judging_as(monkeypatch, verdict(0.5, state=State.LOCAL))
    words = ("submit", entry, "--division", "top-k-1", "--local", "--person", "ada")
    assert "entry 1: local" in tito(*words)[2]
    found = json.loads(tito("show", "--division", "top-k-1", "--json")[1])
    assert [(each["state"], len(each["places"])) for each in found] == [
        ("verified", 0),
        ("local", 1),
    ]


def test_a_judge_uses_jails_whatever_an_entry_says(
    tito: Run, entry: str, board: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An entry that says of itself that it is local is a stranger's to every judge."""
    from tests.leaderboard.toy import honest
    from tito.leaderboard.division import find_division
    from tito.leaderboard.store.entries import submit

    jailed: list[bool] = []

    def judge(task: worker.Task, report: object) -> Verdict:
        jailed.append(task.jailed)
        return verdict(1.0)

    judging_as(monkeypatch, verdict(1.0))
    monkeypatch.setattr(worker, "judge", judge)
    with Store(str(board)) as store:
        submit(store, "mallory", find_division("top-k-1"), honest(), own_machine=True)
    tito("judge", "--once")
    tito("verify", "1")
    assert jailed == [True, True]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("submit", "ENTRY", "--division", "nowhere"), "there is no division 'nowhere'"),
        (("submit", "ENTRY", "--division", "plan-epoch-1"), "no function plan_epoch"),
        (("submit", "ENTRY", "--person", "<b>"), "a person's name"),
        (("submit", "ENTRY", "--name", "a\nb"), "one line"),
        (("log", "7"), "there is no entry 7"),
        (("verify", "7"), "has not been judged"),
        (("withdraw", "7"), "there is no entry 7"),
        (("show", "--division", "nowhere"), "there is no division"),
        (("show", "--board", "mysql+none://x"), "no database that can be used"),
        (("export", "nowhere"), "there is no division"),
    ],
)
def test_a_mistake_is_one_sentence(
    tito: Run, entry: str, words: tuple[str, ...], said: str
) -> None:
    status, out, err = tito(*(entry if word == "ENTRY" else word for word in words))
    assert status == 1
    assert said in err
    assert err.count("\n") == 1
    assert "Traceback" not in err + out


@pytest.mark.parametrize("kind", ["csv", "pytest-benchmark"])
def test_a_ranking_is_exported(tito: Run, board: Path, tmp_path: Path, kind: str) -> None:
    with Store(str(board)) as store:
        judged(store, "ada", verdict(1.0))
    path = tmp_path / "out"
    assert tito("export", "top-k-1", "--format", kind, "-o", str(path))[0] == 0
    text = path.read_text(encoding="utf-8")
    assert tito("export", "top-k-1", "--format", kind)[1].splitlines()[0] == text.splitlines()[0]
    if kind == "csv":
        assert text.splitlines()[1].startswith("top-k-1,1,1,ada,an entry,python,1.0,")
    else:
        assert json.loads(text)["benchmarks"][0]["group"] == "top-k-1"


@pytest.mark.parametrize("arguments", [("show",), ("mine",), ("judge", "--once"), ("log", "1")])
def test_without_the_extra_a_sentence_names_it(
    arguments: tuple[str, ...], tito: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        "tito.commands.leaderboard.find_spec",
        lambda name: None if name == "sqlalchemy" else found(name),
    )
    status, _, err = tito(*arguments)
    assert status == 1
    assert "recsys_edu[leaderboard]" in err
    assert tito("divisions")[0] == 0
