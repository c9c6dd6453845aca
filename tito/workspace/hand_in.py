"""Handing in a lesson: into the exchange, or a file to be uploaded; and feedback on it."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from recsys_edu.atomic import atomic_path
from recsys_edu.errors import WorkspaceError
from recsys_edu.workspace import Workspace
from tito.course.exchange import SECRET, STAMP, Exchange, drop_name, time_text
from tito.course.export import export_notebook, exported_cells, functions_of
from tito.course.lessons import Lesson
from tito.course.notebook import NotebookError, read_cells
from tito.workspace.files import exchange_in
from tito.workspace.progress import load_progress
from tito.workspace.steps import digest_of, learners_notebook

ENVIRONMENT_VARIABLE: Final = "RECSYS_EDU_EXCHANGE"


@dataclass(frozen=True)
class HandedIn:
    """A receipt, kept in ``.tito/handed-in/NN``."""

    lesson: str
    time: str
    """ISO 8601, in UTC."""
    sha256: str
    """Of the notebook."""
    place: str
    """Where it was put."""
    exchange: str = ""
    course: str = ""
    secret: str = ""
    """By which its feedback can be found; empty where it was handed in as a file."""

    @property
    def stamp(self) -> str:
        """The time as a part of a file's name."""
        return datetime.fromisoformat(self.time).strftime("%Y%m%d-%H%M%S-%f")


@dataclass(frozen=True)
class Feedback:
    """What there is on one hand-in."""

    of: HandedIn
    page: Path | None
    """Where it was put in the workspace; None where there is none yet."""


def exchange_of(workspace: Workspace) -> Exchange | None:
    """Where the course is handed in.

    That of ``RECSYS_EDU_EXCHANGE`` where it is set; else that of ``tito.toml``; None: nowhere.
    """
    named, written = os.environ.get(ENVIRONMENT_VARIABLE), exchange_in(workspace)
    if not named:
        return written
    root = Path(named).expanduser().absolute()
    return Exchange(root, written.course) if written is not None else Exchange(root)


def concerns(workspace: Workspace, lesson: Lesson) -> list[str]:
    """What somebody would want to know before handing in, a sentence each."""
    path = learners_notebook(workspace, lesson)
    try:
        answers, blank = (
            {cell.grade_id: cell.source.strip() for cell in read_cells(each) if cell.is_solution}
            for each in (path, lesson.release)
        )
        if all(answers.get(name) == text for name, text in blank.items()):
            return ["Nothing has been written into the notebook yet: it is as released."]
        functions = functions_of(exported_cells(lesson.release))
        export_notebook(path, lesson.name, functions)
    except NotebookError as error:
        return [f"What cannot be exported may earn no points: {error}"]
    done = load_progress(workspace).of(lesson.id)
    if done.passed and done.passed_digest == digest_of(path):
        return []
    since = " as it is now" if done.passed else ""
    return [f"Its checkpoint has not passed{since}: `tito complete {lesson.number}` asks it."]


def hand_in(workspace: Workspace, lesson: Lesson, folder: Path | None = None) -> HandedIn:
    """Hand in the notebook as it is; the caller holds the workspace's lock.

    Args:
        workspace, lesson: whose notebook.
        folder: put it there as a file; None: into the exchange, or where there is none
            ``handed-in/``.

    Raises:
        NotebookError: there is no notebook.
        WorkspaceError: the exchange has no such course, or does not let you in; or a file of
            another making is where it should be put.
    """
    content = learners_notebook(workspace, lesson).read_bytes()
    time = datetime.now(UTC)
    receipt = HandedIn(lesson.id, time.isoformat(), hashlib.sha256(content).hexdigest(), "")
    exchange = None if folder is not None else exchange_of(workspace)
    if exchange is None:
        place = ((folder or workspace.root / "handed-in") / lesson.notebook).absolute()
        _check_ours(workspace, lesson, place)
        receipt = replace(receipt, place=str(place))
    else:
        _check_inbound(exchange)
        place = exchange.inbound / drop_name(_user(), lesson.id, time)
        where = {"place": str(place), "exchange": str(exchange.root), "course": exchange.course}
        receipt = replace(receipt, **where, secret=secrets.token_hex(64))
    # First the receipt: of a hand-in whose secret is lost nobody can find the feedback.
    kept = _keep(workspace, receipt)
    try:
        if exchange is None:
            place.parent.mkdir(parents=True, exist_ok=True)
            with atomic_path(place) as unfinished:
                unfinished.write_bytes(content)
        else:
            stamp, secret = time_text(time).encode(), receipt.secret.encode()
            _drop(place, {lesson.notebook: content, STAMP: stamp, SECRET: secret})
    except BaseException:
        kept.unlink(missing_ok=True)
        raise
    return receipt


def handed_in(workspace: Workspace, lesson: Lesson) -> list[HandedIn]:
    """The receipts of a lesson, oldest first; WorkspaceError where one is damaged."""
    found = []
    for path in sorted(_receipts(workspace, lesson.id).glob("*.json")):
        try:
            found.append(HandedIn(**json.loads(path.read_text(encoding="utf-8"))))
        except (ValueError, TypeError):
            raise WorkspaceError(f"{path} is damaged: move it away.") from None
    return found


def fetch_feedback(workspace: Workspace, lesson: Lesson) -> list[Feedback]:
    """Fetch what there is on each hand-in, oldest first.

    Raises:
        WorkspaceError: nothing of the lesson was handed in through an exchange.
    """
    receipts = [receipt for receipt in handed_in(workspace, lesson) if receipt.secret]
    if not receipts:
        raise WorkspaceError(
            f"nothing of {lesson.id} was handed in through an exchange from this workspace: "
            "feedback on a file that you uploaded is where you uploaded it."
        )
    return [Feedback(receipt, _fetched(workspace, lesson, receipt)) for receipt in receipts]


def _fetched(workspace: Workspace, lesson: Lesson, receipt: HandedIn) -> Path | None:
    page = Exchange(Path(receipt.exchange), receipt.course).page(receipt.secret, lesson.id)
    try:
        content = page.read_bytes()
    except FileNotFoundError:
        return None
    target = workspace.root / "feedback" / lesson.id / f"{receipt.stamp}.html"
    target.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(target) as unfinished:
        unfinished.write_bytes(content)
    return target


def _check_ours(workspace: Workspace, lesson: Lesson, place: Path) -> None:
    """Nothing is replaced but an earlier hand-in."""
    if not os.path.lexists(place):
        return
    known = {receipt.sha256 for receipt in handed_in(workspace, lesson)}
    if not place.is_file() or hashlib.sha256(place.read_bytes()).hexdigest() not in known:
        raise WorkspaceError(
            f"{place} is there, and is nothing that was handed in: name another folder by --to."
        )


def _check_inbound(exchange: Exchange) -> None:
    if not exchange.inbound.is_dir():
        raise WorkspaceError(
            f"there is no {exchange.inbound}: is [course] in tito.toml right? `--to FOLDER` makes "
            "a file to upload instead."
        )
    if not os.access(exchange.inbound, os.W_OK | os.X_OK):
        raise WorkspaceError(f"you may not hand in to {exchange.inbound}: ask your instructor.")


def _drop(place: Path, files: dict[str, bytes]) -> None:
    """Put a folder into the exchange in one step, with the modes that nbgrader sets.

    Everybody may write to it, so that the instructor can remove it; nobody else can find it.
    """
    staged = place.with_name(f".{secrets.token_hex(12)}")
    try:
        staged.mkdir(mode=0o700)
        for name, content in files.items():
            path = staged / name
            with path.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            path.chmod(0o644)
        staged.chmod(0o777)
        staged.rename(place)
    except BaseException:
        shutil.rmtree(staged, ignore_errors=True)
        raise


def _keep(workspace: Workspace, receipt: HandedIn) -> Path:
    path = _receipts(workspace, receipt.lesson) / f"{receipt.stamp}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as unfinished:
        unfinished.write_text(json.dumps(asdict(receipt), indent=1) + "\n", encoding="utf-8")
    path.chmod(0o600)
    return path


def _receipts(workspace: Workspace, lesson_id: str) -> Path:
    return workspace.state / "handed-in" / lesson_id


def _user() -> str:
    """The account's name, as nbgrader takes it."""
    import pwd

    name = pwd.getpwuid(os.getuid()).pw_name
    return os.environ.get("JUPYTERHUB_USER", name) if name == "jovyan" else name
