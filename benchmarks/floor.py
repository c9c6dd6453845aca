"""How far is an epoch from the limit that memory sets? The kernel beside one that computes nothing.

    make floor [BENCH="--dataset ml-100k"]     or     python benchmarks/floor.py [--factors 64]

The floor (floor_kernel.h) loads and stores the rows and biases of each triple of the same plan, in
the same tiles, on the same threads, and does nothing with them. It is compiled anew, with the
compiler and the flags of the kernels. All are timed in turn; medians are compared.
"""

from __future__ import annotations

import argparse
import ast
import ctypes
import os
import shlex
import subprocess
import sysconfig
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from speed import timed_in_turn

from recsys_backends import default_n_blocks, ops, use_backend
from recsys_backends.memory import aligned_zeros
from recsys_backends.optimized import simd
from recsys_backends.plan import EpochPlan
from recsys_edu.datasets import load_split
from recsys_edu.interactions import Interactions
from recsys_edu.machine import describe_machine

HERE = Path(__file__).resolve().parent
INCLUDE = HERE.parent / "backends/recsys_backends/optimized/include"
RATES = {"learning_rate": 0.05, "reg_user": 0.01, "reg_positive": 0.01, "reg_negative": 0.01}


def main() -> None:
    """Print the floor, the update and the whole epoch for each number of factors and threads."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="ml-1m-implicit")
    parser.add_argument("--factors", nargs="+", type=int, default=[16, 64, 128])
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--quick", action="store_true", help="synthetic data, one round: a try")
    asked = parser.parse_args()
    if asked.quick:
        asked.dataset, asked.factors, asked.rounds = "synthetic-100k", [16], 1
    for name, value in describe_machine().items():
        print(f"{name}: {value}")
    train = load_split(asked.dataset).fold_valid().train
    print(f"\n{asked.dataset}: {train!r}, ns a triple, median of {asked.rounds}")
    print("factors threads |  floor  update   epoch | update / floor  epoch / floor")
    touch = compiled_floor()
    for n_factors in asked.factors:
        for n_threads in asked.threads:
            compare(touch, train, n_factors, n_threads, asked.rounds)


def compiled_floor() -> Callable[..., int]:
    """``touch_plan`` of floor_kernel.c, by the compiler and the flags that build the kernels."""
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder, "floor.so")
        command = [
            *shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc"),
            *shlex.split(sysconfig.get_config_var("CFLAGS") or ""),
            *(*kernel_flags(), "-fopenmp", "-fPIC", "-shared"),
            *(f"-I{INCLUDE}", f"-I{HERE}", str(HERE / "floor_kernel.c"), "-o", str(library)),
        ]
        subprocess.run(command, check=True)
        touch = ctypes.CDLL(str(library)).touch_plan  # it stays loaded when the file is gone
    touch.restype = ctypes.c_int64
    return touch


def kernel_flags() -> list[str]:
    """FLAGS_GNU of setup.py, which cannot be imported without building."""
    for node in ast.parse((HERE.parent / "setup.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "FLAGS_GNU":
            return ast.literal_eval(node.value)
    raise LookupError("setup.py has no FLAGS_GNU any more; floor.py compiles with these")


def touch_plan(
    touch: Callable[..., int],
    arrays: tuple[np.ndarray, np.ndarray, np.ndarray],
    plan: EpochPlan,
    n_threads: int,
    one: float = 1.0,
) -> int:
    """Multiply the rows of each triple by ``one``, tile by tile; returns the number of triples."""
    users, items, biases = arrays
    columns = (plan.users, plan.positives, plan.negatives, plan.bounds)
    return touch(
        *(ctypes.c_void_p(array.ctypes.data) for array in (users, items, biases)),
        ctypes.c_int64(len(items)),
        ctypes.c_int(items.shape[1]),
        ctypes.c_float(one),
        *(ctypes.c_void_p(array.ctypes.data) for array in columns),
        ctypes.c_int64(plan.n_blocks),
        ctypes.c_int(n_threads),
        ctypes.c_int(simd.current_level()),
    )


def compare(
    touch: Callable[..., int], train: Interactions, n_factors: int, n_threads: int, rounds: int
) -> None:
    """One line of the table."""
    rng = np.random.default_rng(0)
    arrays = aligned_zeros(train.n_users, n_factors), aligned_zeros(train.n_items, n_factors)
    for rows in arrays:
        rows[...] = rng.normal(0.0, 0.1, rows.shape)
    model = (*arrays, aligned_zeros(train.n_items))
    n_blocks = default_n_blocks(*train.shape, train.nnz)

    def planned() -> EpochPlan:
        data = (train.indptr, train.indices, train.n_items)
        return ops.plan_epoch(*data, seed=0, epoch=0, n_blocks=n_blocks, n_threads=n_threads)

    with use_backend("optimized"):
        plan = planned()
        n_triples = plan.n_triples - plan.n_skipped
        times = timed_in_turn(
            {
                "floor": lambda: touch_plan(touch, model, plan, n_threads),
                "update": lambda: ops.bpr_update(*model, plan, **RATES, n_threads=n_threads),
                "epoch": lambda: ops.bpr_update(*model, planned(), **RATES, n_threads=n_threads),
            },
            rounds,
        )
    floor, update, epoch = (1e9 * seconds / n_triples for seconds in times.values())
    print(
        f"{n_factors:7} {n_threads:7} | {floor:6.1f} {update:7.1f} {epoch:7.1f}"
        f" | {update / floor:14.2f} {epoch / floor:14.2f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
