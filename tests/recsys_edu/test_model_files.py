"""Model files: the same model comes back, and nothing else does."""

from __future__ import annotations

import io
import json
import os
import pickle
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys_backends import use_backend
from recsys_edu import BPR, Interactions, MostPopular, Recommender, TwoTower, load_model
from recsys_edu.errors import ModelFileError, NotFittedError
from recsys_edu.models.factor_model import FactorModel

MODELS: dict[str, Callable[[], FactorModel]] = {
    "popularity": MostPopular,
    "bpr": lambda: BPR(
        5, 3, 0.03, (0.1, 0.02, 0.003), seed=7, n_threads=1, progress=False, n_blocks=2
    ),
    "bpr without biases": lambda: BPR(3, 2, use_biases=False, progress=False, init_scale=0.2),
    "two-tower": lambda: TwoTower(5, 2, 0.02, 1e-3, seed=3, batch_size=32, progress=False),
}


@pytest.fixture(autouse=True)
def _optimized() -> Iterator[None]:
    with use_backend("optimized"):
        yield


def interactions(ids: str) -> Interactions:
    cells = np.random.default_rng(2).choice(12 * 15, size=50, replace=False)
    users, items = cells // 15, cells % 15
    if ids == "integers":
        return Interactions.from_events(
            10 * users - 50, 3 * items, user_ids=10 * np.arange(13) - 50, item_ids=3 * np.arange(15)
        )
    return Interactions.from_events(
        [f"user {u} ü" for u in users],
        [f"片 {i}" for i in items],
        user_ids=[f"user {u} ü" for u in range(13)],
        item_ids=[f"片 {i}" for i in range(15)],
    )


def saved(tmp_path: Path, model: str = "bpr", ids: str = "integers") -> Path:
    path = tmp_path / "model.npz"
    MODELS[model]().fit(interactions(ids)).save(path)
    return path


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_members(path: Path, parts: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, raw in parts.items():
            archive.writestr(name, raw)


def as_npy(array: Any, **named: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, **named)
    return buffer.getvalue()


def header_of(path: Path) -> dict[str, Any]:
    with np.load(path, allow_pickle=False) as archive:
        header: dict[str, Any] = json.loads(archive["header.json"].tobytes())
    return header


def with_header(path: Path, text: str) -> None:
    changed = as_npy(np.frombuffer(text.encode(), dtype=np.uint8))
    write_members(path, {**members(path), "header.json.npy": changed})


def assert_refused(
    path: Path, match: str | None = None, kind: type[Recommender] = Recommender
) -> None:
    with pytest.raises(ModelFileError, match=match) as caught:
        kind.load(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message


# There and back


@pytest.mark.parametrize("ids", ["integers", "strings"])
@pytest.mark.parametrize("name", MODELS)
def test_the_same_model_comes_back(name: str, ids: str, tmp_path: Path) -> None:
    train = interactions(ids)
    model = MODELS[name]().fit(train)
    path = tmp_path / "model.npz"
    model.save(path)
    loaded = load_model(str(path))
    assert type(loaded) is type(model)
    assert isinstance(loaded, FactorModel)
    assert loaded.settings() == model.settings()
    assert loaded.epochs_done == model.epochs_done
    for array in ("user_factors", "item_factors", "item_biases"):
        before, after = getattr(model, array), getattr(loaded, array)
        assert (before is None) == (after is None)
        if before is not None:
            assert after.tobytes() == before.tobytes()
            assert after.dtype == np.float32
            assert after.shape == before.shape
    for part in ("indptr", "indices", "user_ids", "item_ids"):
        np.testing.assert_array_equal(getattr(loaded.train, part), getattr(train, part))
        assert getattr(loaded.train, part).dtype == getattr(train, part).dtype
    expected, found = (m.recommend(train.user_ids, 20) for m in (model, loaded))
    for before, after in zip(expected.items, found.items, strict=True):
        np.testing.assert_array_equal(before, after)
    for before, after in zip(expected.scores, found.scores, strict=True):
        np.testing.assert_array_equal(before, after)
    pair = [train.user_ids[3]], [train.item_ids[4]]
    assert loaded.score(*pair) == model.score(*pair)


def test_every_class_loads_its_own_and_the_base_class_any(tmp_path: Path) -> None:
    classes = {"popularity": MostPopular, "bpr": BPR, "two-tower": TwoTower}
    for name, kind in classes.items():
        path = saved(tmp_path, name)
        assert type(kind.load(path)) is kind
        assert type(Recommender.load(path)) is kind
        assert type(FactorModel.load(path)) is kind
        for other in set(classes.values()) - {kind}:
            assert_refused(path, f"holds a {kind.__name__}, not a {other.__name__}", other)


def test_a_loaded_model_warm_starts_as_if_it_had_never_left(tmp_path: Path) -> None:
    train = interactions("strings")
    path = saved(tmp_path, "bpr", "strings")
    loaded = BPR.load(path).fit(train, warm_start=True)
    stayed = MODELS["bpr"]().fit(train)
    assert isinstance(stayed, BPR)
    stayed.fit(train, warm_start=True)
    assert loaded.epochs_done == stayed.epochs_done == 6
    np.testing.assert_array_equal(loaded.user_factors, stayed.user_factors)
    np.testing.assert_array_equal(loaded.item_factors, stayed.item_factors)
    np.testing.assert_array_equal(loaded.item_biases, stayed.item_biases)


def test_saving_again_replaces_the_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = saved(tmp_path)
    first = header_of(path)
    saved(tmp_path, "popularity")
    assert header_of(path)["model"] == "popularity" != first["model"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["model.npz"]


def test_a_file_has_the_permissions_that_new_files_have(tmp_path: Path) -> None:
    path = saved(tmp_path)
    ordinary = tmp_path / "ordinary"
    ordinary.touch()
    assert path.stat().st_mode == ordinary.stat().st_mode


def test_a_name_without_a_suffix_is_kept_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "model of mine"
    MostPopular().fit(interactions("integers")).save(path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["model of mine"]
    assert isinstance(load_model(path), MostPopular)


def test_a_file_holds_no_pickle_and_a_readable_header(tmp_path: Path) -> None:
    path = saved(tmp_path, "bpr", "strings")
    for raw in members(path).values():
        array = np.load(io.BytesIO(raw), allow_pickle=False)
        assert array.dtype.kind in "iufU"
    header = header_of(path)
    assert header["format"] == 1
    assert header["model"] == "bpr"
    assert header["settings"]["reg"] == [0.1, 0.02, 0.003]


def test_an_unfitted_model_is_not_saved(tmp_path: Path) -> None:
    for make in MODELS.values():
        with pytest.raises(NotFittedError):
            make().save(tmp_path / "model.npz")
    assert not list(tmp_path.iterdir())


# Paths that cannot be written


def test_an_unwritable_path_is_one_sentence(tmp_path: Path) -> None:
    model = MostPopular().fit(interactions("integers"))
    (tmp_path / "file").write_text("a file")
    bad = [
        tmp_path / "missing" / "model.npz",
        tmp_path,
        tmp_path / "file" / "model.npz",
        tmp_path / ("x" * 300),
    ]
    for path in bad:
        with pytest.raises(ModelFileError, match="cannot be written") as caught:
            model.save(path)
        assert str(path) in str(caught.value)
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "a file"


def test_what_is_no_ordinary_file_is_not_replaced_by_one(tmp_path: Path) -> None:
    """As root, writing to /dev/null must not turn it into a model."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(ModelFileError, match="pipe"):
        MostPopular().fit(interactions("integers")).save(pipe)
    assert pipe.is_fifo()


def test_a_link_is_followed_rather_than_replaced(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    target, link = tmp_path / "elsewhere" / "model.npz", tmp_path / "model.npz"
    target.write_bytes(b"an older model")
    link.symlink_to(target)
    MostPopular().fit(interactions("integers")).save(link)
    assert link.is_symlink()
    assert isinstance(load_model(target), MostPopular)


def test_a_full_disk_leaves_the_old_file_alone(tmp_path: Path) -> None:
    """A real limit on file sizes, in another process: the write fails halfway through."""
    path = saved(tmp_path)
    before = path.read_bytes()
    code = (
        "import resource, sys, numpy as np\n"
        "from recsys_edu import BPR, Interactions, set_backend\n"
        "from recsys_edu.errors import ModelFileError\n"
        "set_backend('optimized')\n"
        "train = Interactions.from_events(np.arange(300), np.arange(300))\n"
        "model = BPR(n_factors=64, epochs=1, progress=False).fit(train)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "try: model.save(sys.argv[1])\n"
        "except ModelFileError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{path} cannot be written: File too large\n"
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["model.npz"]


def test_an_interrupt_while_writing_leaves_the_old_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path)
    before = path.read_bytes()

    def interrupted(file: Any, **arrays: Any) -> None:
        file.write(b"half a model")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", interrupted)
    with pytest.raises(KeyboardInterrupt):
        MostPopular().fit(interactions("integers")).save(path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["model.npz"]


# Files that are not what they should be


def test_what_is_no_model_file_is_refused(tmp_path: Path) -> None:
    for content in (
        b"",
        b"hello",
        b"PK\x03\x04 not really",
        as_npy(np.arange(5)),
        b"\x80\x04K\x01.",
    ):
        path = tmp_path / "model.npz"
        path.write_bytes(content)
        assert_refused(path, "truncated, or was never a model")
    assert_refused(tmp_path / "missing.npz", "cannot be read")
    assert_refused(tmp_path, "cannot be read")


def test_an_archive_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    np.savez(path, a=np.arange(5))
    assert_refused(path)
    write_members(path, {"readme.txt": b"hello"})
    assert_refused(path)
    write_members(path, {})
    assert_refused(path)


def test_a_truncated_file_is_refused_wherever_it_ends(tmp_path: Path) -> None:
    path = saved(tmp_path)
    whole = path.read_bytes()
    for length in range(0, len(whole) - 1, 17):
        path.write_bytes(whole[:length])
        assert_refused(path)


@pytest.mark.parametrize("missing", ["train.indptr", "item_factors", "epochs_done", "header.json"])
def test_a_missing_part_is_refused(missing: str, tmp_path: Path) -> None:
    path = saved(tmp_path)
    parts = members(path)
    del parts[f"{missing}.npy"]
    write_members(path, parts)
    assert_refused(path)


def test_damaged_bytes_are_refused_or_harmless(tmp_path: Path) -> None:
    """Whatever bytes are changed: ModelFileError, or the very same model."""
    path = saved(tmp_path, "bpr", "strings")
    good = BPR.load(path)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(3000):
        raw = bytearray(whole)
        for _ in range(rng.integers(1, 4)):
            raw[rng.integers(len(raw))] = rng.integers(256)
        path.write_bytes(raw)
        try:
            loaded = BPR.load(path)
        except ModelFileError:
            refused += 1
            continue
        assert loaded.settings() == good.settings()
        assert loaded.epochs_done == good.epochs_done
        for array in ("user_factors", "item_factors", "item_biases"):
            np.testing.assert_array_equal(getattr(loaded, array), getattr(good, array))
        for array in ("indptr", "indices", "user_ids", "item_ids"):
            np.testing.assert_array_equal(getattr(loaded.train, array), getattr(good.train, array))
    assert 2000 < refused < 3000


def test_a_newer_format_says_to_upgrade(tmp_path: Path) -> None:
    path = saved(tmp_path)
    with_header(path, json.dumps({**header_of(path), "format": 2, "recsys_edu": "9.9.9"}))
    assert_refused(path, r"recsys_edu 9\.9\.9 wrote it.*upgrade")


def test_a_newer_format_is_recognised_whatever_else_the_header_holds(tmp_path: Path) -> None:
    path = saved(tmp_path)
    with_header(path, json.dumps({"format": 3}))
    assert_refused(path, "upgrade")


def test_an_unknown_model_is_named(tmp_path: Path) -> None:
    path = saved(tmp_path)
    with_header(path, json.dumps({**header_of(path), "model": "hologram"}))
    assert_refused(path, "'hologram'")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "3",
        '"format"',
        "{}",
        '{"format": "1"}',
        '{"format": null, "model": "bpr", "settings": {}}',
        '{"format": 1, "model": ["bpr"], "settings": {}}',
        '{"format": 1, "model": "bpr"}',
        '{"format": 1, "model": "bpr", "settings": []}',
        '{"format": 1, "model": "bpr", "settings": null}',
        '{"format": 1, "model": "bpr", "settings": {"n_factors": -1}}',
        '{"format": 1, "model": "bpr", "settings": {"colour": "red"}}',
        '{"format": 1, "model": "bpr", "settings": {"n_factors": 1e400}}',
        "[" * 100_000,
        "\x00\xff not JSON",
    ],
    ids=lambda text: text[:50] or "empty",
)
def test_a_corrupted_header_is_refused(text: str, tmp_path: Path) -> None:
    path = saved(tmp_path)
    with_header(path, text)
    assert_refused(path)


@pytest.mark.parametrize(
    "changed",
    [
        {"user_factors": np.zeros((13, 4), np.float32)},
        {"user_factors": np.zeros((12, 5), np.float32)},
        {"item_factors": np.zeros((14, 5), np.float32)},
        {"user_factors": np.zeros((13, 5), np.float64)},
        {"user_factors": np.zeros(65, np.float32)},
        {"item_biases": np.zeros(14, np.float32)},
        {"item_biases": np.zeros((15, 1), np.float32)},
        {"user_factors": np.full((13, 5), np.nan, np.float32)},
        {"epochs_done": np.array("three")},
        {"epochs_done": np.array(-1)},
        {"epochs_done": np.arange(2)},
        {
            "user_factors": np.zeros((13, 9), np.float32),
            "item_factors": np.zeros((15, 9), np.float32),
        },
        {"train.indptr": np.zeros(14, np.int64)},
        {"train.indices": np.full(50, 99)},
        {"train.user_ids": np.zeros(13, np.int64)},
        {"train.user_ids": np.arange(12)},
        {"train.item_ids": np.linspace(0, 1, 15)},
    ],
    ids=lambda changed: "+".join(changed),
)
def test_arrays_that_do_not_fit_together_are_refused(
    changed: dict[str, np.ndarray], tmp_path: Path
) -> None:
    path = saved(tmp_path)
    parts = {f"{name}.npy": as_npy(array) for name, array in changed.items()}
    write_members(path, {**members(path), **parts})
    assert_refused(path)


class Trap:
    """Unpickling it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("part", ["header.json", "user_factors", "train.user_ids", "extra"])
def test_pickled_objects_are_refused_and_never_unpickled(part: str, tmp_path: Path) -> None:
    path, sprung = saved(tmp_path), tmp_path / "sprung"
    trap = as_npy(np.array([Trap(sprung)], dtype=object), allow_pickle=True)
    np.load(io.BytesIO(trap), allow_pickle=True)
    assert sprung.exists()  # the trap works
    sprung.unlink()
    write_members(path, {**members(path), f"{part}.npy": trap})
    assert_refused(path)
    assert not sprung.exists()


def test_a_pickle_is_refused_and_never_unpickled(tmp_path: Path) -> None:
    path, sprung = tmp_path / "model.npz", tmp_path / "sprung"
    path.write_bytes(pickle.dumps(Trap(sprung)))
    assert_refused(path)
    assert not sprung.exists()


def test_an_encrypted_or_oddly_compressed_part_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path)
    whole = path.read_bytes()
    # Of each entry in the central directory: 6 version, 8 flags (bit 0: encrypted), 10 compression.
    for offset, value in ((6, 125), (8, 1), (10, 97)):
        raw = bytearray(whole)
        place = raw.index(b"PK\x01\x02")
        raw[place + offset] = value
        path.write_bytes(raw)
        assert_refused(path)


def test_a_part_repeated_in_the_archive_does_not_warn_or_win(tmp_path: Path) -> None:
    path = saved(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile says that it is a duplicate
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("user_factors.npy", as_npy(np.zeros((2, 2), np.float32)))
    assert_refused(path, "do not fit")


def test_a_part_that_claims_to_be_huge_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path)
    huge = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        huge, {"descr": "<f4", "fortran_order": False, "shape": (10**13, 5)}
    )
    write_members(path, {**members(path), "user_factors.npy": huge.getvalue()})
    assert_refused(path)


def test_a_two_tower_without_torch_says_what_to_install(tmp_path: Path) -> None:
    path = saved(tmp_path, "two-tower")
    (tmp_path / "torch.py").write_text("raise ImportError('hidden by a test')\n")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from recsys_edu import RecsysError, load_model\n"
        "try: load_model(sys.argv[2])\n"
        "except RecsysError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "pip install 'recsys_edu[torch]'" in done.stdout
    assert done.stdout.count("\n") == 1
