"""Names, late lookup and the two errors."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from recsys_backends import (
    OPS,
    BackendUnavailableError,
    InvalidArgumentError,
    UnknownBackendError,
    UnsupportedOperationError,
    available_backends,
    get_backend,
    naive,
    ops,
    register_backend,
    set_backend,
    unregister_backend,
    use_backend,
)
from recsys_backends import registry as registry_module

EYE = np.eye(2, dtype=np.float32)


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = registry_module._process_wide
    registered = dict(registry_module._registered)
    monkeypatch.delenv("RECSYS_EDU_BACKEND", raising=False)
    yield
    registry_module._process_wide = before
    registry_module._registered.clear()
    registry_module._registered.update(registered)
    for name in set(registry_module._loaded) - set(registered):
        del registry_module._loaded[name]


def constant(value: float) -> SimpleNamespace:
    """A backend whose every product is one number."""
    return SimpleNamespace(
        order="sequential", matmul=lambda a, b: np.full((len(a), b.shape[1]), value, np.float32)
    )


def in_fresh_process(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return (done.stdout + done.stderr).strip()


def test_naive_is_the_default_and_the_environment_overrides_it() -> None:
    code = "from recsys_backends import get_backend; print(get_backend().name)"
    os.environ.pop("RECSYS_EDU_BACKEND", None)
    assert in_fresh_process(code) == "naive"
    assert in_fresh_process(code, RECSYS_EDU_BACKEND="optimized") == "optimized"
    assert in_fresh_process(code, RECSYS_EDU_BACKEND="") == "naive"
    assert "there is no backend 'fast'" in in_fresh_process(code, RECSYS_EDU_BACKEND="fast")


def test_set_is_for_the_process_and_use_for_a_block() -> None:
    set_backend("naive")
    with use_backend("optimized") as chosen:
        assert chosen.name == get_backend().name == "optimized"
        with use_backend("naive"):
            assert get_backend().name == "naive"
        assert get_backend().name == "optimized"
    assert get_backend().name == "naive"


def test_use_is_undone_by_an_exception() -> None:
    set_backend("naive")
    with pytest.raises(RuntimeError), use_backend("optimized"):
        raise RuntimeError
    assert get_backend().name == "naive"


def test_threads_do_not_see_each_others_blocks() -> None:
    set_backend("naive")
    seen = []
    with use_backend("optimized"):
        thread = threading.Thread(target=lambda: seen.append(get_backend().name))
        thread.start()
        thread.join()
    assert seen == ["naive"]


def test_auto_is_the_fastest_that_loads() -> None:
    assert set_backend("auto").name == "optimized"


def test_auto_goes_on_to_the_next_one() -> None:
    register_backend("optimized", "no_such_module_anywhere", replace=True)
    register_backend("torch", "no_such_module_anywhere", replace=True)
    assert set_backend("auto").name == "naive"


def test_unknown_name_suggests_and_changes_nothing() -> None:
    set_backend("naive")
    with pytest.raises(UnknownBackendError, match="Did you mean 'optimized'"):
        set_backend("optimised")
    assert get_backend().name == "naive"
    assert issubclass(UnknownBackendError, LookupError)


def test_a_backend_that_cannot_be_loaded_is_another_error() -> None:
    set_backend("naive")
    register_backend("broken", "no_such_module_anywhere")
    with pytest.raises(BackendUnavailableError, match="no_such_module_anywhere"):
        set_backend("broken")
    assert get_backend().name == "naive"
    assert issubclass(BackendUnavailableError, LookupError)
    assert not issubclass(BackendUnavailableError, UnknownBackendError)
    (info,) = [info for info in available_backends() if info.name == "broken"]
    assert not info.available
    assert "no_such_module_anywhere" in info.reason


def test_replacing_a_backend_shows_at_the_next_call() -> None:
    register_backend("mine", constant(1.0))
    set_backend("mine")
    assert ops.matmul(EYE, EYE)[0, 0] == 1.0
    with pytest.raises(InvalidArgumentError, match="replace=True"):
        register_backend("mine", constant(2.0))
    assert ops.matmul(EYE, EYE)[0, 0] == 1.0
    register_backend("mine", constant(2.0), replace=True)
    assert ops.matmul(EYE, EYE)[0, 0] == 2.0


def test_a_backend_is_registered_by_the_path_of_its_attribute() -> None:
    register_backend("again", "recsys_backends:naive")
    assert set_backend("again").implementation is naive
    for target in ("no spaces please", "a:b:c", "", ":attr"):
        with pytest.raises(InvalidArgumentError, match="target"):
            register_backend("other", target)
    for name in ("", "auto", " padded"):
        with pytest.raises(InvalidArgumentError, match="name"):
            register_backend(name, "recsys_backends:naive")


def test_unregistering_brings_the_built_in_back() -> None:
    register_backend("naive", constant(3.0), replace=True)
    set_backend("naive")
    assert ops.matmul(EYE, EYE)[0, 1] == 3.0
    unregister_backend("naive")
    assert ops.matmul(EYE, EYE)[0, 1] == 0.0
    register_backend("mine", constant(1.0))
    set_backend("mine")
    unregister_backend("mine")
    assert get_backend().name == "naive"
    with pytest.raises(UnknownBackendError):
        unregister_backend("mine")


def test_a_missing_op_names_the_backends_that_have_it() -> None:
    register_backend("mine", constant(1.0))
    with (
        use_backend("mine"),
        pytest.raises(
            UnsupportedOperationError, match=r"'mine' has no op 'top_k'.*naive, optimized"
        ),
    ):
        ops.top_k(EYE, EYE, None, np.zeros(3, dtype=np.int64), np.empty(0, dtype=np.int32), k=1)


def test_any_object_with_ops_can_be_used_in_a_block() -> None:
    with use_backend(constant(5.0)) as chosen:
        assert ops.matmul(EYE, EYE).tolist() == [[5.0, 5.0], [5.0, 5.0]]
        assert not chosen.trusted


def test_entry_points_offer_backends(tmp_path: Path) -> None:
    code = """
import sys, pathlib
folder = pathlib.Path(sys.argv[1])
info = folder / "plugin-1.0.dist-info"
info.mkdir()
(info / "METADATA").write_text("Metadata-Version: 2.1\\nName: plugin\\nVersion: 1.0\\n")
(info / "entry_points.txt").write_text("[recsys_edu.backends]\\nplugged = plugin_backend\\n")
(folder / "plugin_backend.py").write_text("from recsys_backends.naive import matmul\\n")
sys.path.insert(0, str(folder))
from recsys_backends import available_backends, set_backend
print(set_backend("plugged").name, [i.ops for i in available_backends() if i.name == "plugged"])
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "plugged [('matmul',)]", done.stderr


def test_available_backends_says_what_each_has() -> None:
    found = {info.name: info for info in available_backends()}
    for name in ("naive", "optimized", "torch"):
        assert found[name].available, found[name].reason
        assert found[name].ops == OPS
        assert found[name].reason == ""


def test_a_choice_made_while_the_default_loads_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_module, "_process_wide", None)
    monkeypatch.setenv("RECSYS_EDU_BACKEND", "slow")
    loading, go_on = threading.Event(), threading.Event()

    def import_slowly(target: object) -> object:
        if target == "slow_module":
            loading.set()
            go_on.wait(10)
        return naive

    monkeypatch.setattr(registry_module, "_import_target", import_slowly)
    monkeypatch.setattr(registry_module, "_loaded", {})
    register_backend("slow", "slow_module")
    first = threading.Thread(target=get_backend)
    first.start()
    assert loading.wait(10)
    second = threading.Thread(target=lambda: set_backend("optimized"))
    second.start()
    go_on.set()
    first.join(10)
    second.join(10)
    assert get_backend().name == "optimized"


def test_a_backend_may_register_others_while_it_is_imported(tmp_path: Path) -> None:
    (tmp_path / "breeding_backend.py").write_text(
        "from recsys_backends import register_backend\n"
        "from recsys_backends.naive import matmul\n"
        "register_backend('bred', 'recsys_backends.naive', replace=True)\n"
    )
    sys.path.insert(0, str(tmp_path))
    try:
        register_backend("breeding", "breeding_backend")
        assert {"breeding", "naive"} <= {info.name for info in available_backends()}
    finally:
        sys.path.remove(str(tmp_path))


@pytest.mark.parametrize("name", [None, 3, []])
def test_names_are_strings(name: object) -> None:
    with pytest.raises(InvalidArgumentError, match="name"):
        set_backend(name)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgumentError, match="name"):
        register_backend(name, naive)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgumentError, match="target"):
        register_backend("nothing", None)


def test_a_backend_that_exits_while_it_is_imported_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "exiting_backend.py").write_text("raise SystemExit(3)\n")
    sys.path.insert(0, str(tmp_path))
    try:
        register_backend("exiting", "exiting_backend")
        with pytest.raises(BackendUnavailableError, match="SystemExit"):
            set_backend("exiting")
    finally:
        sys.path.remove(str(tmp_path))


# worker processes

WORKER = (
    "import multiprocessing as m\n"
    "from recsys_backends import get_backend, register_backend, set_backend\n"
    "def ask(_):\n"
    "    try:\n"
    "        return get_backend().name\n"
    "    except LookupError as error:\n"
    "        return str(error)\n"
    "if __name__ == '__main__':\n"
    "    {choice}\n"
    "    print(m.get_context({method!r}).Pool(1).map(ask, [0])[0])\n"
)


def in_worker(tmp_path: Path, choice: str, method: str) -> str:
    script = tmp_path / "script.py"
    script.write_text(WORKER.format(choice=choice, method=method))
    (tmp_path / "my_engine.py").write_text("def matmul(a, b): ...\n")
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.strip()


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_workers_compute_on_the_backend_that_was_set(tmp_path: Path, method: str) -> None:
    assert in_worker(tmp_path, "set_backend('optimized')", method) == "optimized"
    by_path = "register_backend('mine', 'my_engine'); set_backend('mine')"
    assert in_worker(tmp_path, by_path, method) == "mine"


def test_a_worker_says_that_it_does_not_have_an_object(tmp_path: Path) -> None:
    by_object = "import my_engine; register_backend('mine', my_engine); set_backend('mine')"
    assert "registered as an object in the process" in in_worker(tmp_path, by_object, "spawn")


def test_what_is_written_for_workers_follows_the_choice() -> None:
    set_backend("optimized")
    assert os.environ["RECSYS_EDU_BACKEND"] == "optimized"
    register_backend("mine", "recsys_backends.naive")
    set_backend("mine")
    assert os.environ["RECSYS_EDU_BACKEND"] == "mine=recsys_backends.naive"
    with use_backend("naive"):
        assert os.environ["RECSYS_EDU_BACKEND"] == "mine=recsys_backends.naive"
    unregister_backend("mine")
    assert "RECSYS_EDU_BACKEND" not in os.environ


def test_the_default_is_not_written_for_workers() -> None:
    code = "import os; from recsys_backends import get_backend; get_backend(); "
    assert in_fresh_process(code + "print(os.environ.get('RECSYS_EDU_BACKEND'))") == "None"


def test_a_backend_of_the_environment_may_come_with_its_path(tmp_path: Path) -> None:
    code = "from recsys_backends import get_backend; print(get_backend().path)"
    told = in_fresh_process(code, RECSYS_EDU_BACKEND="mine=recsys_backends.naive")
    assert told == "recsys_backends.naive"
    told = in_fresh_process(code, RECSYS_EDU_BACKEND="mine=not a path")
    assert "is not of the form" in told
