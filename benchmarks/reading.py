"""Reading a ratings file: ours beside pandas and polars, each in a process of its own.

    make reading
    make reading BENCH="--rows 20000000"

Rows are (user, film, rating, second), sorted by user and film, as MovieLens has them, or shuffled;
``--text`` writes ids as text. "read_csv" stops at a table of columns. "to interactions" goes on to
what ``Interactions`` hold: the latest event of each pair, ids numbered, rows in CSR order.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

_NAMES = {"user": "userId", "item": "movieId", "value": "rating", "timestamp": "timestamp"}

_MEASURE = """
import json, resource, sys, time
path, names = sys.argv[1], {names!r}
{prepare}
def peak():
    for line in open("/proc/self/status"):
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
before, start, cpu = peak(), time.perf_counter(), time.process_time()
{run}
seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
print(json.dumps([seconds, cpu, peak() - before]))
"""

_PANDAS_INTERACTIONS = """
frame = pandas.read_csv(path)
frame = frame.sort_values("timestamp", kind="stable")
frame = frame.drop_duplicates(["userId", "movieId"], keep="last")
rows, users = pandas.factorize(frame.userId, sort=True)
columns, items = pandas.factorize(frame.movieId, sort=True)
kept = scipy.sparse.csr_array((frame.rating.to_numpy("float32"), (rows, columns)))
kept.sort_indices()
"""

_POLARS_INTERACTIONS = """
frame = polars.read_csv(path).sort("timestamp", maintain_order=True)
frame = frame.unique(["userId", "movieId"], keep="last", maintain_order=True)
users, items = frame["userId"].unique().sort(), frame["movieId"].unique().sort()
rows, columns = users.search_sorted(frame["userId"]), items.search_sorted(frame["movieId"])
values = frame["rating"].to_numpy().astype("float32")
kept = scipy.sparse.csr_array((values, (rows.to_numpy(), columns.to_numpy())))
kept.sort_indices()
"""

_OURS = "import recsys_edu.reading.delimited\nfrom recsys_edu import Interactions"
_BLOCKED = "import sys\nfor name in ('pandas', 'polars', 'pyarrow'): sys.modules[name] = None\n"

CONTESTANTS = {
    "pandas.read_csv": ("import pandas", "kept = pandas.read_csv(path)"),
    "polars.read_csv": ("import polars", "kept = polars.read_csv(path)"),
    "pandas, to interactions": ("import pandas, scipy.sparse", _PANDAS_INTERACTIONS),
    "polars, to interactions": ("import polars, scipy.sparse", _POLARS_INTERACTIONS),
    "Interactions.from_csv": (_OURS, "kept = Interactions.from_csv(path, **names)"),
    "the same, NumPy alone": (_BLOCKED + _OURS, "kept = Interactions.from_csv(path, **names)"),
}


def write_ratings(path: Path, n: int, *, shuffled: bool, text: bool) -> None:
    """Write a file of so many ratings: 145 a user, film popularity long-tailed."""
    rng = np.random.default_rng(0)
    user = np.sort(rng.integers(max(n // 145, 1), size=n)) + 1
    film = (60_000 * rng.random(n) ** 3).astype(np.int64) + 1
    order = rng.permutation(n) if shuffled else np.lexsort((film, user))
    rating = rng.integers(1, 11, size=n) / 2
    second = rng.integers(789_652_009, 1_574_327_703, size=n)
    line = "u%d,film %d,%.1f,%d\n" if text else "%d,%d,%.1f,%d\n"
    with path.open("w", encoding="utf-8") as file:
        file.write("userId,movieId,rating,timestamp\n")
        for start in range(0, n, 1 << 19):
            part = order[start : start + (1 << 19)]
            columns = (user[part], film[part], rating[part], second[part])
            rows = zip(*(column.tolist() for column in columns), strict=True)
            file.writelines(line % row for row in rows)


def measured(name: str, path: Path) -> tuple[float, float, float]:
    """Seconds, processor seconds and megabytes above the start, in a process of its own."""
    prepare, run = CONTESTANTS[name]
    code = _MEASURE.format(names=_NAMES, prepare=prepare, run=run)
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{name} failed:\n{done.stderr}")
    seconds, cpu, megabytes = json.loads(done.stdout)
    return seconds, cpu, megabytes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[2_000_000, 20_000_000])
    parser.add_argument("--repeats", type=int, default=3, help="the fastest of so many counts")
    parser.add_argument("--shuffled", action="store_true")
    parser.add_argument("--text", action="store_true", help="ids as text")
    chosen = parser.parse_args()
    for n in chosen.rows:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "ratings.csv"
            write_ratings(path, n, shuffled=chosen.shuffled, text=chosen.text)
            print(f"{n:,} rows, {path.stat().st_size / 1e6:,.0f} MB")
            runs = {name: [] for name in CONTESTANTS}
            for _ in range(chosen.repeats):
                for name in CONTESTANTS:
                    runs[name].append(measured(name, path))
            for name, results in runs.items():
                seconds, cpu, megabytes = (min(column) for column in zip(*results, strict=True))
                print(
                    f"  {name:24} {seconds:7.2f} s {cpu:7.2f} s of processors {megabytes:7,.0f} MB"
                )


if __name__ == "__main__":
    main()
