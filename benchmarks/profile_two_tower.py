"""Where does TwoTower's time go: into torch's operations, or into the interpreter between them?

    make profile-towers   or   RECSYS_EDU_DATA=… python benchmarks/profile_two_tower.py [--compile]

An epoch is timed with nothing watching, by the processor's clock, so that other programs matter
less; once more under torch's profiler, which says how much of it operations took; and once
instruction by instruction, which counts those at which the interpreter hands over to a function, an
operator or a subscript, and is entered again afterwards. The plain loop of ``reference_loop.py`` is
counted beside it. The same epoch is run by the optimized backend's kernel, which has no towers.
``--compile`` has torch.compile make one function of a step, and says when that has paid for itself.
"""

from __future__ import annotations

import argparse
import dis
import functools
import os
import statistics
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

import numpy as np
import reference_loop
import torch

from recsys_edu import BPR, TwoTower, load_split, set_backend
from recsys_edu.interactions import Interactions
from recsys_edu.machine import describe_machine
from recsys_edu.models.two_tower_losses import bpr_loss
from recsys_edu.models.two_tower_training import Trainer

TOWERS: dict[str, dict[str, Any]] = {
    "bpr, batches of 256": {"batch_size": 256},
    "bpr, batches of 4096": {"batch_size": 4096},
    "bpr, 4096, trunks of 64": {"batch_size": 4096, "hidden": (64,)},
    "softmax, 512 negatives": {"batch_size": 2048, "loss": "softmax"},
}

HANDING_OVER = {
    *("CALL", "CALL_FUNCTION_EX", "CALL_KW", "BINARY_OP", "BINARY_SUBSCR", "BINARY_SLICE"),
    *("STORE_SUBSCR", "COMPARE_OP", "CONTAINS_OP", "UNARY_NEGATIVE", "UNARY_INVERT"),
}
"""Instructions at which the interpreter hands over to somebody else, and waits."""


def main() -> None:
    """Print shares and counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="ml-100k")
    parser.add_argument("--factors", type=int, default=32)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=5, help="epochs timed; the median counts")
    parser.add_argument("--compile", action="store_true", help="try torch.compile, too")
    parser.add_argument("--quick", action="store_true", help="made-up data, one epoch: a try")
    asked = parser.parse_args()
    if asked.quick:
        asked.dataset, asked.epochs = "synthetic-100k", 1
    torch.set_num_threads(asked.threads)
    for name, value in describe_machine().items():
        print(f"{name}: {value}")
    train = load_split(asked.dataset).fold_valid().train
    print(f"\n{asked.dataset}, {train.nnz:,} interactions, {asked.factors} factors, an epoch")
    print("\nms       in torch  entries   a batch  a triple  what")
    for label, arguments in TOWERS.items():
        trainer = trainer_of(train, asked.factors, **arguments)
        epoch = functools.partial(trainer.run_epoch, 0)
        print_epoch(label, epoch, len(list(trainer._batches())), train.nnz, asked)
    print_plain_loop(train, asked.factors)
    print_kernel(train, asked)
    if asked.compile:
        print_compiled(train, asked)


def trainer_of(train: Interactions, n_factors: int, **arguments: Any) -> Trainer:
    model = TwoTower(n_factors, 1, progress=False, use_features=False, device="cpu", **arguments)
    return Trainer(model._settings, train)


def print_epoch(
    label: str, epoch: Callable[[], object], n_batches: int, nnz: int, asked: argparse.Namespace
) -> None:
    epoch()
    seconds = statistics.median(timed(epoch) for _ in range(asked.epochs))
    share, entries = share_of_operations(epoch), counted(epoch)
    print(
        f"{1e3 * seconds:7.1f}  {share:8.0%}  {entries:8,}  {entries / n_batches:7.0f}  "
        f"{entries / nnz:8.2f}  {label}",
        flush=True,
    )


def print_plain_loop(train: Interactions, n_factors: int) -> None:
    """A tenth of the data, as every triple costs the same."""
    some = train.keep(np.arange(train.nnz) % 10 == 0)

    def epoch() -> None:
        reference_loop.train(some.rows(), some.indices, *some.shape, n_factors=n_factors, epochs=1)

    seconds, entries = timed(epoch), counted(epoch)
    times = train.nnz / some.nnz
    print(
        f"{1e3 * seconds * times:7.0f}            {int(entries * times):8,}           "
        f"{entries / some.nnz:8.2f}  the plain loop (from a tenth of the data)"
    )


def print_kernel(train: Interactions, asked: argparse.Namespace) -> None:
    set_backend("optimized")
    model = BPR(asked.factors, asked.epochs + 1, n_threads=asked.threads, progress=False)
    model.fit(train)
    seconds = statistics.median(report.seconds for report in model.history[1:])
    print(f"{1e3 * seconds:7.1f}                                         BPR in the C kernel")


def timed(call: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
    started = clock()
    call()
    return clock() - started


def with_children() -> float:
    """Processor time of this process and of those that it has waited for, such as a compiler."""
    return sum(os.times()[:4])


def share_of_operations(epoch: Callable[[], object]) -> float:
    """Time inside torch's operations as a share of all, both under torch's profiler."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        seconds = timed(epoch, time.perf_counter)
    inside = sum(
        event.self_cpu_time_total
        for event in profile.key_averages()
        if event.key.startswith(("aten::", "BPRLoss", "Decayed"))
    )
    return inside / 1e6 / seconds


def counted(call: Callable[[], object]) -> int:
    """How many instructions hand over to a function, an operator or a subscript, of whatever."""
    n = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal n
        frame.f_trace_opcodes = True
        if event == "opcode":
            n += dis.opname[frame.f_code.co_code[frame.f_lasti]] in HANDING_OVER
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return n


def print_compiled(train: Interactions, asked: argparse.Namespace) -> None:
    """The step of BPR, forward and backward, as it is and by torch.compile."""
    trainer = trainer_of(train, asked.factors, batch_size=4096)
    batches = list(trainer._batches())[:-1]  # all of one size
    users, items = trainer.towers.users.ids.weight, trainer.towers.items.ids.weight

    def step(user: torch.Tensor, positive: torch.Tensor, negative: torch.Tensor) -> torch.Tensor:
        losses, _ = bpr_loss(
            users.index_select(0, user),
            items.index_select(0, positive),
            items.index_select(0, negative).unsqueeze(1),
            None,
        )
        return losses.mean()

    def epoch(function: Callable[..., torch.Tensor]) -> None:
        for batch in batches:
            assert batch.negatives is not None
            function(batch.users, batch.positives, batch.negatives.squeeze(1)).backward()

    compiled = torch.compile(step)
    first = timed(lambda: epoch(compiled), with_children)
    as_it_is = [timed(lambda: epoch(step)) for _ in range(asked.epochs + 3)]
    later = [timed(lambda: epoch(compiled)) for _ in range(asked.epochs + 3)]
    eager, fast = statistics.median(as_it_is), statistics.median(later)
    print(
        f"\ntorch.compile: {first - fast:.1f} s to compile; forward and backward of an epoch ",
        end="",
    )
    print(f"{1e3 * eager:.1f} ms as it is, {1e3 * fast:.1f} ms compiled; ", end="")
    if fast < eager:
        print(f"pays after {(first - fast) / (eager - fast):,.0f} epochs")
    else:
        print("never pays")


if __name__ == "__main__":
    main()
