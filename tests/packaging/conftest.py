"""The sources to build from; an environment with the wheel, built once, and a learner in it."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

import pytest

from tests.packaging.commands import copy_sources, run
from tests.packaging.installed import LESSONS, Installation, Learner


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """What git tracks, in a folder of its own."""
    return copy_sources(tmp_path / "source")


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The wheel in an environment that sees this one's packages, but not its recsys_edu.

    This environment's site-packages come second and as a plain folder: the .pth files in it, the
    one of an editable install among them, are not read. What only authors have cannot be imported.
    """
    folder = tmp_path_factory.mktemp("installation")
    source, dist, environment = folder / "source", folder / "dist", folder / "venv"
    copy_sources(source)
    build = (sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", dist)
    run(*build, cwd=source, PYTHONPATH="")
    (wheel,) = dist.glob("*.whl")
    run(sys.executable, "-m", "venv", "--without-pip", environment)
    pip = (sys.executable, "-m", "pip", "--python", environment / "bin" / "python")
    run(*pip, "install", "-q", "--no-deps", "--no-index", wheel, cwd=folder, PYTHONPATH="")
    (packages,) = environment.glob("lib/python*/site-packages")
    needed = dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
    (packages / "what_it_needs.pth").write_text("\n".join(needed) + "\n", encoding="utf-8")
    for name in ("jupytext", "nbgrader"):
        text = f"raise ImportError('learners have no {name}')\n"
        (packages / f"{name}.py").write_text(text, encoding="utf-8")
    return Installation(wheel, environment)


@pytest.fixture
def learner(installation: Installation, tmp_path: Path) -> Learner:
    """Somebody with a new workspace."""
    made = installation.run("tito", "init", "mine", cwd=tmp_path)
    assert made.status == 0, made
    assert f"{len(LESSONS)} notebooks added" in made.out
    return Learner(installation, tmp_path / "mine")
