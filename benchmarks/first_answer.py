"""How long from starting a process to its first answer, with PyTorch, ONNX Runtime, and neither?

    make first-answer [BENCH="--rounds 5"]     or     python benchmarks/first_answer.py

A TwoTower is trained, saved and exported, and a BPR of the same size saved. Each row of the table
is a program of its own, started in turn with the others; its time is from the start of the process
to its end by the clock of whoever starts it, and memory is the most that the process held. "warm"
is the median of further answers in the same process: the 10 best items of one user a call. Reads
/proc, so Linux only.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from recsys_edu import BPR, TwoTower, export_onnx, load_split, set_backend
from recsys_edu.machine import describe_machine

PROGRAMS = {
    "Python alone": "",
    "import numpy": "import numpy",
    "import onnxruntime": "import onnxruntime",
    "import torch": "import torch",
    "Ranker, first answer": "from recsys_edu import Ranker; answer(Ranker({onnx!r}))",
    "tito recommend": None,
    "TwoTower of a file, first answer": (
        "from recsys_edu import load_model, set_backend; set_backend('optimized'); "
        "answer(load_model({npz!r}))"
    ),
    "its vectors, torch alone": "import torch; answer(torch_model({npz!r}))",
    "BPR of a file, first answer": (
        "from recsys_edu import load_model, set_backend; set_backend('optimized'); "
        "answer(load_model({bpr!r}))"
    ),
}
"""What each process runs; None for the command line."""
FRAME = """
import statistics, time
warm = 0.0

def answer(model):
    global warm
    first = model.recommend([{user}], 10)
    assert len(first[0][0]) == 10
    if not {again}:
        return
    times = []
    for _ in range(300):
        began = time.perf_counter()
        model.recommend([{user}], 10)
        times.append(time.perf_counter() - began)
    warm = 1e6 * statistics.median(times)


def torch_model(path):
    import numpy as np
    file = np.load(path)
    users, items, biases = (
        torch.from_numpy(file[name]) for name in ("user_factors", "item_factors", "item_biases")
    )
    indptr, seen = file["train.indptr"], file["train.indices"]
    rows = dict(zip(file["train.user_ids"].tolist(), range(len(users))))
    ids = file["train.item_ids"]

    class Model:
        def recommend(self, wanted, k):
            row = rows[wanted[0]]
            with torch.inference_mode():
                scores = torch.addmv(biases, items, users[row])
                scores[torch.from_numpy(seen[indptr[row] : indptr[row + 1]]).long()] = -torch.inf
                best, found = torch.topk(scores, k)
            return [ids[found.numpy()]], [best.numpy()]

    return Model()

{program}
kb = next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]
print(float(kb) * 1024 / 1e6, warm)
"""


class Row(NamedTuple):
    """What one program took."""

    ms: float
    memory_mb: float
    warm_us: float


def main() -> None:
    """Print a line for each program, and the sizes of what they need installed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="ml-1m-implicit")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--quick", action="store_true", help="synthetic data, one round: a try")
    asked = parser.parse_args()
    if asked.quick:
        asked.dataset, asked.rounds = "synthetic-100k", 1
    for name, value in describe_machine().items():
        print(f"{name}: {value}")
    with tempfile.TemporaryDirectory() as folder:
        files = {name: str(Path(folder, name)) for name in ("npz", "onnx", "bpr")}
        user = prepare(asked.dataset, files)
        commands = {name: command(name, files, user) for name in PROGRAMS}
        measured = in_turn(commands, asked.rounds)
    print("\nprogram                             start to end, ms  peak MB  warm answer, µs")
    for name, row in measured.items():
        warm = f"{row.warm_us:,.0f}" if row.warm_us else "–"
        memory = f"{row.memory_mb:,.0f}" if row.memory_mb else "–"
        print(f"{name:<35} {row.ms:17,.0f}  {memory:>7}  {warm:>15}")
    print("\ninstalled, MB: " + ", ".join(f"{p} {size(p):,.0f}" for p in ("torch", "onnxruntime")))


def prepare(dataset: str, files: dict[str, str]) -> str:
    """Train, save and export; returns the id of a user, as Python writes it."""
    set_backend("optimized")
    train = load_split(dataset).fold_valid().train
    model = TwoTower(64, 2, progress=False, device="cpu").fit(train)
    model.save(files["npz"])
    BPR(64, 2, progress=False).fit(train).save(files["bpr"])
    parity = export_onnx(model, files["onnx"])
    print(f"\n{dataset}: {train!r}, 64 factors")
    print(
        f"{Path(files['onnx']).stat().st_size / 1e6:.1f} MB; first {parity.k} items of "
        f"{parity.n_users:,} users: scores within {parity.largest_difference:.1g}, "
        f"{parity.n_exchanged} exchanged"
    )
    return repr(train.user_ids[len(train.user_ids) // 2].item())


def command(name: str, files: dict[str, str], user: str) -> list[str]:
    """The arguments of the process."""
    program = PROGRAMS[name]
    if program is None:
        script = "from tito.main import main; main()"
        return [sys.executable, "-c", script, "recommend", files["onnx"], user.strip("'")]
    program = program.format(**files)
    return [sys.executable, "-c", FRAME.replace("{program}", program).replace("{user}", user)]


def in_turn(commands: dict[str, list[str]], rounds: int) -> dict[str, Row]:
    """Medians over rounds; one more comes first, which goes on answering instead."""
    told = {name: started(name, arguments, again=True)[1] for name, arguments in commands.items()}
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, arguments in commands.items():
            times[name].append(started(name, arguments, again=False)[0])
    rows = {}
    for name, taken in times.items():
        memory, warm = (0.0, 0.0) if PROGRAMS[name] is None else map(float, told[name].split())
        rows[name] = Row(1e3 * statistics.median(taken), memory, warm)
    return rows


def started(name: str, arguments: list[str], *, again: bool) -> tuple[float, str]:
    """Seconds from start to end, and what was printed."""
    arguments = [argument.replace("{again}", str(again)) for argument in arguments]
    began = time.perf_counter()
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    taken = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stderr}")
    return taken, done.stdout


def size(package: str) -> float:
    """MB of a package's files."""
    files = importlib.metadata.files(package) or []
    paths = [Path(str(file.locate())) for file in files]
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


if __name__ == "__main__":
    main()
