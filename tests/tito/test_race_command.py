"""``tito race``: real runs, what they write, and every way in which they can go wrong."""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from recsys_backends import get_backend, set_backend
from recsys_edu import __version__
from tito.main import main

SCRIPT = Path(sys.executable).with_name("tito")
QUICK = ("--epochs", "1", "--factors", "4", "--no-memory")


class Outcome(NamedTuple):
    status: int
    out: str
    err: str


Run = Callable[..., Outcome]


def write_tiny(folder: Path) -> None:
    """A dataset of 30 users and 40 items that comes already split."""
    rng = np.random.default_rng(0)
    parts: dict[str, list[str]] = {"train": [], "valid": [], "test": []}
    for user in range(30):
        items = [user, user + 1, *(rng.permutation(40)[:9])]
        items = list(dict.fromkeys(map(int, [*items, 31 + user % 9])))
        cuts = len(items) - 4, len(items) - 2
        parts["train"].append(f"{user} " + " ".join(map(str, items[: cuts[0]])))
        parts["valid"].append(f"{user} " + " ".join(map(str, items[cuts[0] : cuts[1]])))
        parts["test"].append(f"{user} " + " ".join(map(str, items[cuts[1] :])))
    (folder / "ml-1m-implicit").mkdir()
    for name, lines in parts.items():
        (folder / "ml-1m-implicit" / f"{name}.txt").write_text("\n".join(lines) + "\n")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    write_tiny(folder)
    return folder


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """An empty folder to write to."""
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture(autouse=True)
def _same_backend_afterwards() -> Iterator[None]:
    before = get_backend().name
    yield
    set_backend(before)


@pytest.fixture
def race(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], data: Path) -> Run:
    """Run ``tito race`` on the tiny data in this process."""
    monkeypatch.setenv("RECSYS_EDU_DATA", str(data))

    def call(*arguments: object) -> Outcome:
        argv = ["tito", "race", "--dataset", "ml-1m-implicit", *map(str, arguments)]
        monkeypatch.setattr(sys, "argv", argv)
        status = 0
        try:
            main()
        except SystemExit as leaving:
            status = leaving.code if isinstance(leaving.code, int) else int(bool(leaving.code))
        return Outcome(status, *capsys.readouterr())

    return call


def environment(**changes: object) -> dict[str, str]:
    ours = ("RECSYS_EDU_BACKEND", "RECSYS_EDU_SIMD", "FORCE_COLOR", "COLUMNS")
    clean = {key: value for key, value in os.environ.items() if key not in ours}
    changed = {key: str(value) for key, value in changes.items()}
    if "PYTHONPATH" in changed and "PYTHONPATH" in clean:
        changed["PYTHONPATH"] += os.pathsep + clean["PYTHONPATH"]
    return {**clean, **changed}


def script(*arguments: object, **changes: object) -> Outcome:
    """Run the installed ``tito race`` in a process of its own."""
    done = subprocess.run(
        [SCRIPT, "race", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment(**changes),
        check=False,
        timeout=200,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def assert_one_sentence(outcome: Outcome) -> None:
    """An error as a person wants it: a line that says what is wrong, and no table or traceback."""
    assert outcome.status in (1, 2)
    assert "Traceback" not in outcome.err
    said = [line for line in outcome.err.splitlines() if line.strip()]
    said = [line for line in said if not line.startswith(("Usage:", "Try "))]
    assert len(said) == 1, outcome.err
    assert len(said[0]) > 20
    assert outcome.out == ""


def without_torch(folder: Path) -> Path:
    """A folder for PYTHONPATH that hides PyTorch."""
    (folder / "hidden").mkdir()
    (folder / "hidden" / "torch.py").write_text("raise ImportError('hidden by a test')\n")
    return folder / "hidden"


def without_extension(folder: Path) -> Path:
    """A folder for PYTHONPATH that hides the compiled kernels."""
    (folder / "hidden").mkdir()
    (folder / "hidden" / "sitecustomize.py").write_text(
        "import sys\n"
        "class Hide:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.startswith('recsys_backends.optimized._'):\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Hide())\n"
    )
    return folder / "hidden"


# A race that goes well


def test_the_script_races_and_writes_what_it_was_asked_for(data: Path, work: Path) -> None:
    status, out, err = script(
        *("--dataset", "ml-1m-implicit", "--epochs", "2", "--factors", "4"),
        *("--models", "naive, optimized,torch,two-tower,popularity", "--seeds", "1"),
        *("--json", work / "race.json", "--plot", work / "race.png"),
        RECSYS_EDU_DATA=data,
    )
    assert (status, err) == (0, "")
    for expected in ("ml-1m-implicit: 30 users", "NDCG@10", "vs naive", "1.0 ×", "2 epochs"):
        assert expected in out
    assert out.endswith(f"wrote {work / 'race.json'}\nwrote {work / 'race.png'}\n")
    assert sorted(entry.name for entry in work.iterdir()) == ["race.json", "race.png"]

    picture = (work / "race.png").read_bytes()
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", picture[16:24]) == (1200, 750)

    found = json.loads((work / "race.json").read_text())
    assert set(found) == {
        *("dataset", "n_users", "n_items", "n_train", "n_test", "seeds", "settings"),
        *("machine", "entries", "left_out"),
    }
    assert found["dataset"] == "ml-1m-implicit"
    assert (found["n_users"], found["n_items"], found["seeds"]) == (30, 40, [1])
    assert found["settings"] == {
        "epochs": 2,
        "n_factors": 4,
        "learning_rate": 0.05,
        "reg": 0.01,
        "n_threads": 1,
    }
    assert found["machine"]["recsys_edu"] == __version__
    assert found["machine"]["python"] == ".".join(map(str, sys.version_info[:3]))
    assert {"processor", "cores", "system", "numpy", "torch", "simd"} <= set(found["machine"])
    assert found["left_out"] == []
    names = ["naive", "optimized", "torch", "two-tower", "popularity"]
    assert [entry["name"] for entry in found["entries"]] == names
    for entry in found["entries"]:
        assert set(entry) == {
            *("name", "model", "backend", "fit_seconds", "n_repeats", "triples_per_second"),
            *("speedup_over_naive", "peak_memory_mb", "metrics", "metrics_by_seed"),
        }
        assert entry["fit_seconds"] > 0
        assert entry["peak_memory_mb"] >= 0
        assert set(entry["metrics"]) == {"recall@10", "ndcg@10", "coverage@10"}
        assert entry["metrics_by_seed"] == {k: [v] for k, v in entry["metrics"].items()}
        assert entry["name"] in out
    models = [entry["model"] for entry in found["entries"]]
    assert models == ["BPR", "BPR", "BPR", "TwoTower", "MostPopular"]
    assert found["entries"][0]["metrics"] == found["entries"][1]["metrics"]


def test_without_paths_nothing_is_written(
    race: Run, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(work)
    status, out, err = race(*QUICK, "--models", "optimized,popularity")
    assert (status, err) == (0, "")
    assert "wrote" not in out
    assert not list(work.iterdir())


def test_an_older_json_is_replaced(race: Run, work: Path) -> None:
    (work / "race.json").write_text("older")
    assert race(*QUICK, "--models", "popularity", "--json", work / "race.json").status == 0
    assert json.loads((work / "race.json").read_text())["entries"]
    assert [entry.name for entry in work.iterdir()] == ["race.json"]


def test_a_pipe_has_the_whole_width_and_no_colors() -> None:
    status, out, _ = script(*QUICK, "--models", "popularity", "--seeds", "0,1")
    assert status == 0
    assert "\x1b" not in out
    assert "…" not in out
    assert "seeds 0, 1" in out


# What is missing


def test_a_missing_torch_is_one_sentence_when_asked_for(tmp_path: Path) -> None:
    hidden = without_torch(tmp_path)
    for name, remedy in (("torch", "pip install -e '.[torch]'"), ("two-tower", "[torch]'")):
        outcome = script("--models", f"popularity,{name}", PYTHONPATH=hidden)
        assert_one_sentence(outcome)
        assert outcome.status == 1
        assert "torch" in outcome.err
        assert remedy in outcome.err


def test_a_missing_torch_is_left_out_by_default_and_said(
    tmp_path: Path, data: Path, work: Path
) -> None:
    status, out, err = script(
        *("--dataset", "ml-1m-implicit", "--json", work / "race.json", *QUICK),
        PYTHONPATH=without_torch(tmp_path),
        RECSYS_EDU_DATA=data,
    )
    assert status == 0
    words = " ".join(err.split())
    assert "torch is left out:" in words
    assert "two-tower is left out:" in words
    assert "pip install -e '.[torch]'" in words  # with its brackets
    assert "pip install 'recsys_edu[torch]'" in words
    assert "naive" in out
    assert "optimized" in out
    found = json.loads((work / "race.json").read_text())
    assert [entry["name"] for entry in found["entries"]] == ["popularity", "naive", "optimized"]
    assert len(found["left_out"]) == 2


def test_a_missing_extension_is_one_sentence_when_asked_for(tmp_path: Path) -> None:
    outcome = script("--models", "optimized", PYTHONPATH=without_extension(tmp_path))
    assert_one_sentence(outcome)
    assert "pip install -e ." in outcome.err
    assert "compiler" in outcome.err


def test_without_the_extension_everything_else_runs(tmp_path: Path, data: Path, work: Path) -> None:
    status, out, err = script(
        *("--dataset", "ml-1m-implicit", "--json", work / "race.json", *QUICK),
        PYTHONPATH=without_extension(tmp_path),
        RECSYS_EDU_DATA=data,
    )
    assert status == 0
    assert "optimized is left out:" in " ".join(err.split())
    found = json.loads((work / "race.json").read_text())
    names = [entry["name"] for entry in found["entries"]]
    assert names == ["popularity", "naive", "torch", "two-tower"]
    assert "not built" in found["machine"]["simd"]
    assert "two-tower" in out


def test_an_unknown_backend_is_one_sentence_with_a_suggestion() -> None:
    outcome = script("--models", "optimised,naive")
    assert_one_sentence(outcome)
    assert outcome.status == 1
    assert "'optimised'" in outcome.err
    assert "Did you mean 'optimized'?" in outcome.err


def test_a_missing_matplotlib_is_said_before_the_race(tmp_path: Path, work: Path) -> None:
    (tmp_path / "matplotlib.py").write_text("raise ImportError('hidden by a test')\n")
    outcome = script(
        *QUICK, "--models", "popularity", "--plot", work / "race.png", PYTHONPATH=tmp_path
    )
    assert_one_sentence(outcome)
    assert "recsys_edu[plot]" in outcome.err
    assert not list(work.iterdir())


def test_a_bad_simd_wish_does_not_cost_a_race_that_does_not_need_it(data: Path) -> None:
    """It is refused at once or makes no difference, rather than after the race was run."""
    status, out, err = script(
        *("--dataset", "ml-1m-implicit", "--models", "popularity", *QUICK),
        RECSYS_EDU_DATA=data,
        RECSYS_EDU_SIMD="sse9",
    )
    assert (status, err) == (0, "")
    assert "popularity" in out


# Paths


def no_race(*arguments: object, **named: object) -> None:
    raise AssertionError("the race was run")


@pytest.mark.parametrize("option", ["--json", "--plot"])
@pytest.mark.parametrize(
    "place",
    [
        "missing/race.png",
        "folder.png",
        "file/race.png",
        "x" * 300 + ".png",
        "/proc/race.png",
        "pipe.png",
        ".",
    ],
    ids=lambda place: place[:20],
)
def test_a_path_that_cannot_be_written_is_refused_before_the_race(
    option: str, place: str, race: Run, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recsys_edu.race.run_race", no_race)
    (work / "folder.png").mkdir()
    (work / "file").write_text("a file")
    os.mkfifo(work / "pipe.png")
    before = sorted(work.iterdir())
    outcome = race(*QUICK, "--models", "popularity", option, work / place)
    assert_one_sentence(outcome)
    assert place.rsplit("/", maxsplit=1)[-1] in outcome.err
    assert sorted(work.iterdir()) == before
    assert (work / "pipe.png").is_fifo()


def test_one_path_for_both_is_refused(
    race: Run, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The picture would replace the numbers."""
    monkeypatch.setattr("recsys_edu.race.run_race", no_race)
    both = work / "race.svg"
    outcome = race(*QUICK, "--models", "popularity", "--json", both, "--plot", both)
    assert_one_sentence(outcome)
    assert not list(work.iterdir())


@pytest.mark.parametrize("name", ["race.bmp", "race", "race.json"])
def test_an_unknown_kind_of_picture_is_refused_before_the_race(
    name: str, race: Run, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recsys_edu.race.run_race", no_race)
    outcome = race(*QUICK, "--models", "popularity", "--plot", work / name)
    assert_one_sentence(outcome)
    assert ".png" in outcome.err
    assert name in outcome.err
    assert not list(work.iterdir())


def test_a_disk_that_is_full_at_the_end_is_one_sentence(
    race: Run, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table has been shown by then; the file is not there, and nothing beside it."""
    real = Path.write_text

    def full(self: Path, text: str, *arguments: str, **named: str) -> int:
        real(self, text[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    status, out, err = race(*QUICK, "--models", "popularity", "--json", work / "race.json")
    assert status == 1
    assert "popularity" in out
    assert err == f"tito: {work / 'race.json'} cannot be written: No space left on device.\n"
    assert not list(work.iterdir())


# Numbers and names


@pytest.mark.parametrize(
    ("option", "value", "named"),
    [
        *[("--epochs", v, "epochs") for v in ("0", "-1", "1.5", "many", "99999999999999999999")],
        *[("--factors", v, "factors") for v in ("0", "-4", "1e3", "1000000", "")],
        *[("--learning-rate", v, "learning.rate") for v in ("0", "-1", "nan", "inf", "1e9", "x")],
        *[("--reg", v, "reg") for v in ("-0.1", "nan", "inf", "1e300", "x")],
        *[("--threads", v, "threads") for v in ("-1", "1000000", "two")],
        *[("--seeds", v, "seed") for v in ("", "a", "-1", "0,", "0;1", "0,0", str(2**64))],
        *[("--models", v, "") for v in (",", "optimized,optimized", "nave")],
    ],
)
def test_a_bad_argument_is_named_before_the_race(
    option: str, value: str, named: str, race: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recsys_edu.race.runner._fit", no_race)
    models = () if option == "--models" else ("--models", "optimized")
    outcome = race(*models, option, value)
    assert_one_sentence(outcome)
    assert named.replace(".", "-") in outcome.err or named.replace(".", "_") in outcome.err


def test_a_learning_rate_that_diverges_is_one_sentence(race: Run, work: Path) -> None:
    outcome = race(
        *("--models", "optimized", "--learning-rate", "100000", "--json", work / "race.json")
    )
    assert_one_sentence(outcome)
    assert "diverged in epoch" in outcome.err
    assert "learning_rate" in outcome.err
    assert not list(work.iterdir())


def test_more_memory_than_there_is_is_one_sentence() -> None:
    code = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_AS, (10**9, 10**9))\n"
        "sys.argv = ['tito', 'race', '--models', 'optimized', '--factors', '65536']\n"
        "from tito.main import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment(OPENBLAS_NUM_THREADS=1),
        check=False,
        timeout=100,
    )
    outcome = Outcome(done.returncode, done.stdout, done.stderr)
    assert_one_sentence(outcome)
    assert "memory" in outcome.err.lower() or "allocate" in outcome.err.lower()


# Data


def test_an_unknown_dataset_is_one_sentence_with_a_suggestion() -> None:
    outcome = script("--dataset", "ml100k")
    assert_one_sentence(outcome)
    assert "Did you mean 'ml-100k'?".lower() in outcome.err.lower()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"1\t2\t3\t4\n", "1 ratings instead of 100,000"),
        (b"1\t2\t3\t4\n1\t3\t5\n", "line 2"),
        (b"1\t2\t3\t4\n1\tx\t5\t6\n2\t2\t2\t2\n", "line 2"),
        (b"1\t2\t3\t4\n" * 99_999 + b"943\t16", "line 100000"),
        (b"1\t2\t9\t4\n", "rating of 9"),
        (b"1,2,3,4\n", "line 1"),
        (b"\x00\xff\xfe binary\n", "line 1"),
        (b"<!DOCTYPE html>\n<html>not found</html>\n", "line 1"),
    ],
    ids=lambda value: value[:12].decode("latin-1") if isinstance(value, bytes) else None,
)
def test_a_bad_data_file_is_one_sentence_with_its_line(
    content: bytes,
    said: str,
    race: Run,
    tmp_path: Path,
    work: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "own" / "ml-100k").mkdir(parents=True)
    (tmp_path / "own" / "ml-100k" / "u.data").write_bytes(content)
    monkeypatch.setenv("RECSYS_EDU_DATA", str(tmp_path / "own"))
    outcome = race("--dataset", "ml-100k", *QUICK, "--models", "popularity", "--json", work / "j")
    assert_one_sentence(outcome)
    assert "u.data" in outcome.err
    assert said in outcome.err
    assert not list(work.iterdir())


def test_the_script_says_where_a_data_file_is_broken(tmp_path: Path) -> None:
    (tmp_path / "ml-100k").mkdir()
    (tmp_path / "ml-100k" / "u.data").write_text("1\t2\t3\t4\noops\n")
    outcome = script("--dataset", "ml-100k", RECSYS_EDU_DATA=tmp_path)
    assert_one_sentence(outcome)
    assert outcome.status == 1
    assert f"{tmp_path / 'ml-100k' / 'u.data'}, line 2: 'oops'" in outcome.err


def test_a_data_folder_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    outcome = script("--dataset", "ml-100k", RECSYS_EDU_DATA=tmp_path / "missing")
    assert_one_sentence(outcome)
    assert "RECSYS_EDU_DATA" in outcome.err
    (tmp_path / "ml-100k").mkdir()
    outcome = script("--dataset", "ml-100k", RECSYS_EDU_DATA=tmp_path)
    assert_one_sentence(outcome)
    assert "u.data" in outcome.err


# Ctrl-C

ANNOUNCED = """
import os, signal, sys, threading
import recsys_backends.naive as naive
import recsys_edu.race.runner as runner

fit, measure = naive.bpr_update, runner.peak_memory_of_fit
when = sys.argv.pop(1)

def announced_fit(*arguments, **named):
    if when == "fit":
        print("now", flush=True)
    return fit(*arguments, **named)

def announced_measure(*arguments, **named):
    if when == "memory":
        threading.Timer(0.1, print, ["now"], {"flush": True}).start()
    return measure(*arguments, **named)

naive.bpr_update, runner.peak_memory_of_fit = announced_fit, announced_measure

if when == "plot":
    import recsys_edu.race.plot as plot

    def interrupted(*arguments, **named):
        os.kill(os.getpid(), signal.SIGINT)
        signal.pause()

    plot.plot_race = interrupted

sys.argv = ["tito", "race", *sys.argv[1:]]
from tito.main import main
main()
"""


def interrupted_race(when: str, whole_group: bool, work: Path, *arguments: str) -> Outcome:
    """A race in a session of its own that gets SIGINT as soon as it says "now"."""
    command = [sys.executable, "-c", ANNOUNCED, when, "--json", str(work / "race.json")]
    with subprocess.Popen(
        [*command, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        if when != "plot":
            assert process.stdout.readline() == "now\n"
            if whole_group:  # what a terminal does
                os.killpg(process.pid, signal.SIGINT)
            else:
                process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    out = "".join(line for line in out.splitlines(keepends=True) if line != "now\n")
    deadline = time.monotonic() + 10
    while process_group_lives(process.pid):
        assert time.monotonic() < deadline, "processes are left"
        time.sleep(0.05)
    return Outcome(process.returncode, out, err)


def process_group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("whole_group", [True, False], ids=["terminal", "kill"])
@pytest.mark.parametrize("when", ["fit", "memory"])
def test_an_interrupt_is_one_sentence_and_leaves_nothing(
    when: str, whole_group: bool, work: Path
) -> None:
    epochs = "100" if when == "fit" else "1"
    status, out, err = interrupted_race(
        when, whole_group, work, "--models", "naive", "--epochs", epochs, "--factors", "4"
    )
    assert status == 130
    assert out == ""
    assert err.strip().startswith("tito: interrupted")
    assert err.strip().count("\n") == 0
    assert not list(work.iterdir())


def test_an_interrupt_after_the_numbers_were_written_does_not_deny_it(work: Path) -> None:
    status, out, err = interrupted_race(
        "plot", False, work, "--models", "popularity", "--no-memory", "--plot", str(work / "r.png")
    )
    assert status == 130
    assert "popularity" in out
    assert [line for line in err.splitlines() if line.strip()] == [err.strip()]
    assert (work / "race.json").exists() == ("nothing was written" not in err)
    assert not (work / "r.png").exists()
