"""Divisions are files: what they say is read, and what they may not say is refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from recsys_backends.protocol import OPS
from tito.leaderboard import division as module
from tito.leaderboard import open_quality
from tito.leaderboard.c_wrapper import wrapper_of
from tito.leaderboard.division import (
    FIT,
    FOLDER,
    SIZES,
    Division,
    DivisionKind,
    all_divisions,
    find_division,
    read_divisions,
)
from tito.leaderboard.draws import draw_call, generator_of
from tito.leaderboard.errors import DivisionError
from tito.leaderboard.trials import trial_of

SIZE = "[size]\nn_users = 3\nn_items = 4\nn_per_user = 2\nn_factors = 2\nk = 1\n"
GOOD = f'title = "t"\nkind = "kernel"\nop = "top_k"\n{SIZE}'
FIT_SIZE = "[size]\nn_users = 3\nn_items = 4\nn_interactions = 9\n"
MODEL = f'title = "t"\nkind = "open"\nop = "fit"\n{FIT_SIZE}'
KERNELS = sorted(set(OPS) - {"matmul"})


def read(folder: Path, text: str) -> list[Division]:
    path = folder / "my_division.toml"
    path.write_text(text, encoding="utf-8")
    return read_divisions(path)


def test_every_file_is_a_division_for_each_number_of_threads() -> None:
    files = {path.stem.replace("_", "-") for path in FOLDER.glob("*.toml")}
    assert {name.rpartition("-")[0] for name in all_divisions()} == files
    for op in KERNELS:
        both = [all_divisions()[f"{op.replace('_', '-')}-{n}"] for n in (1, 2)]
        assert [(d.op, d.n_threads, d.kind) for d in both] == [
            (op, 1, DivisionKind.KERNEL),
            (op, 2, DivisionKind.KERNEL),
        ]


def test_a_new_division_is_a_new_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read(tmp_path, GOOD)
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    all_divisions.cache_clear()
    try:
        assert list(all_divisions()) == ["my-division-1"]
        assert find_division("my-division-1").size["n_users"] == 3
        with pytest.raises(DivisionError, match="there are my-division-1"):
            find_division("top-k-1")
    finally:
        all_divisions.cache_clear()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title = ", "cannot be read"),
        (GOOD.replace("kernel", "poem"), "kind must be one of kernel"),
        (GOOD.replace("top_k", "bake"), "op must be one of"),
        (GOOD.replace("kernel", "time-to-quality"), "op must be one of fit"),
        (GOOD.replace("kernel", "open"), "op must be one of fit"),
        (GOOD.replace("title", "titel"), "no key 'titel'"),
        (GOOD.replace('op = "top_k"\n', ""), "the key 'op' is missing"),
        ('threads = "two"\n' + GOOD, "threads is a list"),
        ("threads = [0]\n" + GOOD, "threads is a list"),
        ('languages = ["fortran"]\n' + GOOD, "fortran"),
        ('languages = ["c"]\n' + MODEL, "languages has c"),
        (GOOD + "[limits]\nwall = 3\n", "no key 'wall'"),
        ("limits = 3\n" + GOOD, "limits must be a table"),
        ("threads = []\n" + GOOD, "threads is a list"),
        ('languages = "python"\n' + GOOD, "languages is a list"),
        ("languages = []\n" + GOOD, "languages is a list"),
        ("languages = [[1]]\n" + GOOD, "languages is a list"),
        (GOOD.replace('"t"', "7"), "title must be a text"),
        (GOOD.replace('"top_k"', '["top_k"]'), "op must be a text"),
        (GOOD.replace("top_k", "matmul"), "op must be one of"),
        (GOOD.replace('"kernel"', '["kernel"]'), "kind must be"),
        ("note = 3\n" + GOOD, "note must be a text"),
        (GOOD.replace("k = 1\n", ""), "n_factors, k; 'k' is missing"),
        (GOOD + "n_blocks = 2\n", "'n_blocks' is none of them"),
        (GOOD.replace("k = 1", 'k = "1"'), "size.k must be a whole number above 0"),
        (GOOD.replace("k = 1", "k = 0"), "size.k must be"),
        (GOOD.replace("k = 1", "k = true"), "size.k must be"),
        (GOOD.replace(SIZE, "") + "size = 3\n", "size must be a table"),
        (GOOD.replace(SIZE, ""), "the key 'size' is missing"),
        (GOOD + '[limits]\ncall_seconds = "30"\n', "call_seconds must be a number above 0"),
        (GOOD + "[limits]\ncall_seconds = -1\n", "call_seconds must be"),
        (GOOD + "[limits]\nmemory_mib = 0.5\n", "memory_mib must be a whole number"),
        (GOOD + "[rounds]\nhalf_width = nan\n", "half_width must be"),
        ("target = 0.9\n" + GOOD, "target is a key of"),
        ("target = 0.9\n" + MODEL, "target is a key of"),
        (MODEL.replace("open", "time-to-quality"), "target is a key of"),
        ("n_threads = 2\n" + GOOD, "n_threads"),
        ('name = "a"\n' + GOOD, "name"),
    ],
)
def test_a_wrong_file_is_refused_with_its_name(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(DivisionError, match=said) as caught:
        read(tmp_path, text)
    assert "my_division.toml" in str(caught.value)


def test_whole_numbers_are_numbers_and_the_rules_are_the_same(tmp_path: Path) -> None:
    one, other = (read(tmp_path, f"{GOOD}[limits]\ncall_seconds = {n}\n")[0] for n in ("9", "9.0"))
    assert one.rules == other.rules
    assert read(tmp_path, MODEL)[0].kind is DivisionKind.OPEN


class Recorder(dict[str, int]):
    """A size that knows which keys of it were read."""

    def __init__(self, size: Mapping[str, int]) -> None:
        super().__init__(size)
        self.read: set[str] = set()

    def __getitem__(self, key: str) -> int:
        self.read.add(key)
        return super().__getitem__(key)


@pytest.mark.parametrize("op", KERNELS)
def test_the_keys_of_a_size_are_those_that_draws_read(op: str) -> None:
    size = Recorder(dict.fromkeys(SIZES[op], 5))
    draw_call(op, generator_of(1), size, 1)
    assert size.read == set(SIZES[op])


@pytest.mark.parametrize("name", ["time-to-quality-1", "open-1"])
def test_the_keys_of_a_models_size_are_those_that_trials_read(name: str) -> None:
    size = Recorder({"n_users": 60, "n_items": 80, "n_interactions": 1200})
    division = replace(find_division(name), size=size)
    if division.kind is DivisionKind.OPEN:
        open_quality._drawn(division, generator_of(1))
    else:
        trial_of(division).draw(generator_of(1))
    assert size.read == set(SIZES[FIT])


def test_every_rule_is_part_of_the_digest_and_no_word_is() -> None:
    division = find_division("top-k-1")
    changed = {"n_threads": 3, "tiles": False, "target": 0.5, "languages": ("c",), "size": {"k": 1}}
    for name, value in changed.items():
        assert replace(division, **{name: value}).rules != division.rules, name
    for part in ("limits", "rounds"):
        record = getattr(division, part)
        for field in fields(record):
            other = replace(record, **{field.name: getattr(record, field.name) + 1})
            assert replace(division, **{part: other}).rules != division.rules, field.name
    assert replace(division, title="t", note="n").rules == division.rules


def test_the_contracts_version_is_a_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    before = find_division("top-k-1").rules
    monkeypatch.setattr(module, "CONTRACT_VERSION", module.CONTRACT_VERSION + 1)
    assert find_division("top-k-1").rules != before


@pytest.mark.parametrize("op", KERNELS)
def test_draws_depend_on_seed_repeat_and_round_alone(op: str) -> None:
    size = {k: max(2, v // 20) for k, v in find_division(f"{op.replace('_', '-')}-1").size.items()}
    first, same = (draw_call(op, generator_of(2**126, 3, 4), size, 2) for _ in range(2))
    assert first.kwargs == same.kwargs
    assert first.kwargs["n_threads"] == 2
    for mine, theirs in zip(first.args, same.args, strict=True):
        if isinstance(mine, np.ndarray):
            np.testing.assert_array_equal(mine, theirs)
    for place in ((3, 5), (4, 4), (43,)):
        other = draw_call(op, generator_of(2**126, *place), size, 2)
        assert not np.array_equal(first.args[0], other.args[0]), place


@pytest.mark.parametrize("op", KERNELS)
def test_every_kernel_can_be_written_in_c(op: str) -> None:
    assert f'"{op}"(' in wrapper_of(op)
    assert f"def {op}(" in wrapper_of(op)
