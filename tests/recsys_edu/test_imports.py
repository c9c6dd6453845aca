"""Imports: light where they are promised to be light, and public names that stay what they are."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import recsys_backends
import recsys_edu
import recsys_edu.models
from recsys_backends.lazy import exported_names
from recsys_edu.models.catalogue import model_class, model_names

HEAVY = ("torch", "matplotlib", "narwhals", "click", "rich", "tqdm", "scipy", "pandas", "nbformat")


def loaded_by(code: str) -> list[str]:
    """Which top-level modules a fresh process has loaded after running ``code``."""
    report = (
        "\nimport json, sys\nprint(json.dumps([name for name in sys.modules if '.' not in name]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code + report], capture_output=True, text=True, check=True
    )
    names: list[str] = json.loads(done.stdout.splitlines()[-1])
    return names


def test_importing_the_library_loads_nothing_heavy() -> None:
    loaded = loaded_by("import recsys_edu")
    assert "recsys_edu" in loaded
    assert [name for name in HEAVY if name in loaded] == []


def test_the_heavy_modules_are_found_when_they_are_loaded() -> None:
    """Otherwise the test above could not fail."""
    assert "scipy" in loaded_by("import recsys_edu, scipy.sparse")


def test_asking_for_the_version_and_the_names_loads_nothing_heavy() -> None:
    loaded = loaded_by("import recsys_edu; recsys_edu.__version__; dir(recsys_edu)")
    assert [name for name in (*HEAVY, "numpy") if name in loaded] == []


def test_training_and_evaluating_load_neither_torch_nor_the_command_line() -> None:
    loaded = loaded_by(
        "import recsys_edu as r\n"
        "r.set_backend('optimized')\n"
        "split = r.random_split(r.Interactions.from_events([1, 1, 2, 2, 3], [1, 2, 2, 3, 1]))\n"
        "r.evaluate(r.BPR(epochs=1, progress=False).fit(split.train), split)\n"
    )
    assert "numpy" in loaded
    assert [name for name in HEAVY if name in loaded] == []


@pytest.mark.parametrize("argument", ["--version", "--help", "-h"])
def test_the_command_line_says_its_version_without_numpy(argument: str) -> None:
    loaded = loaded_by(
        f"import sys; sys.argv = ['tito', {argument!r}]\n"
        "from tito.main import main\n"
        "try: main()\n"
        "except SystemExit as leaving: assert not leaving.code\n"
    )
    assert "click" in loaded
    assert [name for name in ("numpy", "torch", "rich", "scipy", "tqdm") if name in loaded] == []


def stub_of(package: ModuleType) -> Path:
    assert package.__file__
    return Path(package.__file__).with_suffix(".pyi")


def homes_of(package: ModuleType) -> dict[str, str]:
    return exported_names(package.__name__, stub_of(package))


PUBLIC = [
    (package, name)
    for package in (recsys_backends, recsys_edu, recsys_edu.models)
    for name in homes_of(package)
]


@pytest.mark.parametrize(
    ("package", "name"), PUBLIC, ids=[f"{package.__name__}-{name}" for package, name in PUBLIC]
)
def test_every_public_name_is_what_its_home_has(package: ModuleType, name: str) -> None:
    home: Any = importlib.import_module(homes_of(package)[name])
    assert getattr(package, name) is getattr(home, name)
    assert name in vars(package)  # found once, kept
    assert name in package.__all__
    assert name in dir(package)
    if not isinstance(getattr(package, name), str | tuple):
        assert getattr(package, name).__doc__


def test_all_models_of_the_catalogue_are_public() -> None:
    for name in model_names():
        found = model_class(name)
        assert found.name == name
        assert getattr(recsys_edu, found.__name__) is found


def test_a_stub_with_another_kind_of_line_is_refused(tmp_path: Path) -> None:
    """A line that only type checkers understood would be a name that Python does not have."""
    for line in (
        "import numpy",
        "from a import b",
        "from a import b as c",
        "from a import *",
        "x: int",
    ):
        stub = tmp_path / "__init__.pyi"
        stub.write_text(f"from a import b as b\n{line}\n")
        with pytest.raises(SyntaxError, match="line 2: not `from module import name as name`"):
            exported_names(f"package of {line}", stub)


def test_star_imports_see_all_public_names() -> None:
    found: dict[str, Any] = {}
    exec("from recsys_edu import *", found)
    assert set(homes_of(recsys_edu)) <= set(found)


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'BPRR'"):
        _ = recsys_edu.BPRR  # type: ignore[attr-defined]
    with pytest.raises(ImportError, match="BPRR"):
        exec("from recsys_edu import BPRR")


def test_public_names_are_not_replaced_by_modules() -> None:
    """A submodule becomes an attribute of its package: none may be called like a public name."""
    code = (
        "import importlib, pkgutil, recsys_edu, types\n"
        "found = [m.name for m in pkgutil.walk_packages(recsys_edu.__path__, 'recsys_edu.')]\n"
        "for name in found: importlib.import_module(name)\n"
        "assert 'recsys_edu.race.runner' in found and 'recsys_edu.benchmarking' in found, found\n"
        "from recsys_edu import benchmark\n"
        "with benchmark() as run: pass\n"
        "assert run.time_ms >= 0\n"
        "for name in recsys_edu.__all__:\n"
        "    assert not isinstance(getattr(recsys_edu, name), types.ModuleType), name\n"
        "print('all is well')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("all is well\n", "")
