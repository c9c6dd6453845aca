"""Kernels that others start: Google Colab's in an empty folder, VS Code's beside the notebook."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.course.learner import solutions_of, type_in
from tests.packaging.commands import run
from tests.packaging.installed import FOREIGN, LESSONS, Installation, Learner
from tito.course.lessons import GLOSSARY

pytestmark = pytest.mark.slow


def test_colabs_first_cell_installs_the_wheel_and_leads_to_a_checkpoint(
    installation: Installation, tmp_path: Path
) -> None:
    """A kernel in an empty folder, whose Python has what Colab has, and no recsys_edu."""
    lesson = LESSONS[0]
    opened = tmp_path / lesson.notebook
    shutil.copy(lesson.release, opened)
    type_in(opened, solutions_of(lesson))
    colab = fake_colab(tmp_path / "colab", opened)
    python = environment_without(installation, tmp_path / "venv")
    (tmp_path / "content").mkdir()
    first = "".join(json.loads(lesson.release.read_text(encoding="utf-8"))["cells"][0]["source"])
    missing, _, done, exported = outputs_of(
        ("import google.colab; import recsys_edu", first, "%tito complete 1", EXPORTED),
        python,
        tmp_path / "content",
        {"PYTHONPATH": str(colab), "PIP_FIND_LINKS": str(installation.wheel.parent)},
    )
    assert "ModuleNotFoundError" in missing
    assert "Lesson 1 is complete." in done
    assert exported.startswith("my_recsys/interactions.py ")
    assert str(tmp_path / "venv") in exported


EXPORTED = """
import recsys_edu
from recsys_edu.workspace import find_workspace
root = find_workspace().root
print((root / "my_recsys" / "interactions.py").relative_to(root), recsys_edu.__file__)
"""


def test_vs_codes_kernel_stands_in_the_notebooks_folder(
    installation: Installation, learner: Learner
) -> None:
    """A kernel and a terminal in the folder of the notebook, not of the workspace."""
    lesson = next(lesson for lesson in LESSONS if lesson.name == "neighbors")
    learner.writes(lesson)
    folder = learner.folder / "notebooks"
    done = installation.run("tito", "complete", lesson.number, cwd=folder)
    assert f"Lesson {lesson.number} is complete." in done.out, done
    assert (folder / GLOSSARY).is_file(), "the lessons link to it"
    first = "".join(json.loads(lesson.release.read_text(encoding="utf-8"))["cells"][0]["source"])
    python = installation.folder / "bin" / "python"
    nothing, used = outputs_of((first, BY_STUDENT), python, folder, {})
    assert nothing == ""
    assert "student True" in used.splitlines()  # beside the sentence about whose ops are used


BY_STUDENT = """
from recsys_edu import ItemKNN, set_backend
from recsys_edu.datasets import make_synthetic
data = make_synthetic(60, 80, 1500, seed=3)
backend = set_backend("student")
print(backend.name, ItemKNN(k=5).fit(data).neighbors.values.max() > 0)
"""


def fake_colab(folder: Path, opened: Path) -> Path:
    """Modules that stand in for Colab's, with a notebook that is open; return their folder."""
    package = folder / "google" / "colab"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "drive.py").write_text(
        "from pathlib import Path\ndef mount(place): Path(place, 'MyDrive').mkdir(parents=True)\n"
    )
    (package / "_message.py").write_text(
        "import json\nfrom pathlib import Path\ndef blocking_request(kind, **_):\n"
        f"    return {{'ipynb': json.loads(Path({str(opened)!r}).read_text())}}\n"
    )
    return folder


def environment_without(installation: Installation, folder: Path) -> Path:
    """An environment like the installation's, but without the wheel; return its Python."""
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    (packages,) = folder.glob("lib/python*/site-packages")
    (others,) = installation.folder.glob("lib/python*/site-packages")
    shutil.copy(others / "what_it_needs.pth", packages)
    return folder / "bin" / "python"


def outputs_of(
    cells: tuple[str, ...], python: Path, folder: Path, environment: dict[str, str]
) -> list[str]:
    """Texts that cells print, or their tracebacks, in one kernel of a Python."""
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbformat import v4

    manager = AsyncKernelManager()
    launch = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    manager._kernel_spec = KernelSpec(argv=launch, display_name="Colab", language="python")
    notebook = v4.new_notebook(cells=[v4.new_code_cell(code) for code in cells])  # type: ignore[no-untyped-call]
    where = {"metadata": {"path": str(folder)}}
    client = NotebookClient(notebook, km=manager, timeout=600, allow_errors=True, resources=where)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN)}
    pip = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_IGNORE_INSTALLED": "1"}
    client.execute(cleanup_kc=True, env={**kept, **pip, **environment})
    return [
        "".join(out.get("text") or "\n".join(out.get("traceback", ())) for out in cell.outputs)
        for cell in notebook.cells
    ]
