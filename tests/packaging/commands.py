"""Commands that have to end well, and the sources to build from."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(*command: str | Path, cwd: Path = ROOT, **environment: str) -> str:
    """What a command prints; AssertionError where it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


def copy_sources(target: Path) -> Path:
    """What git tracks, as it is in the working tree, away from what was built there."""
    tracked = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, tracked.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


def build_library(source: Path, library: Path, **environment: str) -> str:
    """Build the packages and their kernels into a folder; return what the build prints."""
    base = library.with_name("base")
    return run(
        sys.executable,
        *("setup.py", "-q", "build", "--build-base", base, "--build-lib", library),
        cwd=source,
        **environment,
    )


def installed(package: Path, code: str, **environment: str) -> str:
    """Run code with a built package first on the path, and nowhere near the sources."""
    return run(
        sys.executable, "-c", code, cwd=package, PYTHONPATH=str(package), **environment
    ).strip()


def failing_clauses(library: Path) -> str:
    """The clauses of the contract that the kernels of a built package break, as a list prints."""
    code = (
        "from recsys_backends.contract import check;"
        "print([r.name for r in check('optimized') if not r.passed])"
    )
    return installed(library, code)
