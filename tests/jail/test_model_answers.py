"""Installed model answers are in no jail, and judged code cannot import them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.jail.conftest import needs_bubblewrap
from tito.jail import mounts
from tito.jail.packages import ANSWERS, entries_for, installed_modules, modules_of
from tito.judging.failures import LearnerError
from tito.judging.remote import Remote

OTHER = "of_somebody_else"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Installed packages: the answers, and another that requires them."""
    folder = tmp_path / "site"
    for name, needed in ((ANSWERS, ""), (OTHER, f"Requires-Dist: {ANSWERS}\n")):
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text("ANSWER = 42\n")
        info = folder / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{needed}"
        )
        (info / "RECORD").write_text(f"{name}/__init__.py,,\n")
    monkeypatch.syspath_prepend(str(folder))
    return folder


def test_a_lesson_cannot_allow_them(site: Path) -> None:
    assert entries_for([ANSWERS]) == []
    assert entries_for([OTHER]) == [site / OTHER]
    assert ANSWERS not in modules_of([ANSWERS, OTHER])
    assert OTHER in modules_of([ANSWERS, OTHER])
    assert ANSWERS in installed_modules()


@needs_bubblewrap
def test_the_jail_with_all_packages_hides_them(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mounts.sysconfig, "get_path", lambda name: str(site))
    view = mounts.Mounts()
    mounts.library(view)
    monkeypatch.undo()
    mounts.system(view, compilers=False)
    listed = f"{mounts.PACKAGES}/{{name}}"
    code = (
        "import os, sys;"
        f"print(*(sorted(os.listdir({listed!r}.format(name=n))) for n in sys.argv[1:]))"
    )
    done = subprocess.run(
        ["bwrap", *view.arguments, mounts.interpreter(), "-c", code, ANSWERS, OTHER],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "[] ['__init__.py']\n", done


@pytest.mark.parametrize("allowed", [(), (ANSWERS,)])
def test_judged_code_cannot_import_them(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, allowed: tuple[str, ...]
) -> None:
    module = tmp_path / "mine.py"
    module.write_text(f"def answer():\n    import {ANSWERS}\n    return {ANSWERS}.ANSWER\n")
    monkeypatch.setenv("PYTHONPATH", str(site))
    with (
        Remote(module, allowed=allowed) as remote,
        pytest.raises(LearnerError, match=f"{ANSWERS} cannot be imported"),
    ):
        remote.answer()
