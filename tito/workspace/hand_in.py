"""Hand in a lesson, into the exchange or as a file to upload, and fetch feedback on it."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from recsys_edu.atomic import atomic_path
from recsys_edu.errors import WorkspaceError
from recsys_edu.workspace import Workspace
from tito.course.exchange import SECRET, STAMP, Exchange, drop_name, time_text
from tito.course.export import export_notebook, exported_cells, functions_of
from tito.course.lessons import Lesson
from tito.course.notebook import NotebookError, read_cells
from tito.workspace.files import exchange_of
from tito.workspace.progress import load_progress
from tito.workspace.steps import digest_of, learners_notebook


@dataclass(frozen=True)
class HandInReceipt:
    """A receipt, kept in ``.tito/handed-in/NN``."""

    lesson: str
    time: str
    """Time of the hand-in in ISO 8601, in UTC."""
    sha256: str
    """SHA-256 of the notebook."""
    place: str
    """Path of the file or folder that was handed in."""
    exchange: str = ""
    course: str = ""
    secret: str = ""
    """Key to the feedback in the exchange; empty if the notebook was handed in as a file."""

    @property
    def stamp(self) -> str:
        """Return the time as part of a file's name."""
        return datetime.fromisoformat(self.time).strftime("%Y%m%d-%H%M%S-%f")


@dataclass(frozen=True)
class Feedback:
    """Feedback on one hand-in."""

    receipt: HandInReceipt
    page: Path | None
    """Path of the page in the workspace; None if there is no feedback yet."""


def concerns(workspace: Workspace, lesson: Lesson) -> list[str]:
    """Return warnings about a notebook that is to be handed in, one sentence each."""
    path = learners_notebook(workspace, lesson)
    try:
        answers, blank = (
            {cell.grade_id: cell.source.strip() for cell in read_cells(each) if cell.is_solution}
            for each in (path, lesson.release)
        )
        if all(answers.get(name) == text for name, text in blank.items()):
            return ["The notebook is as released: nothing has been written into it yet."]
        functions = functions_of(exported_cells(lesson.release))
        export_notebook(path, lesson.name, functions)
    except NotebookError as error:
        return [f"The notebook cannot be exported, and may earn no points: {error}"]
    done = load_progress(workspace).of(lesson.id)
    if done.passed and done.passed_digest == digest_of(path):
        return []
    since = " as it is now" if done.passed else ""
    return [f"Its checkpoint has not passed{since}: `tito complete {lesson.number}` runs it."]


def hand_in(workspace: Workspace, lesson: Lesson, folder: Path | None = None) -> HandInReceipt:
    """Hand in the notebook as it is; the caller holds the workspace's lock.

    Args:
        workspace: the workspace.
        lesson: the lesson.
        folder: folder for the notebook as a file; None for the exchange, or for ``handed-in/`` if
            there is no exchange.

    Raises:
        NotebookError: there is no notebook.
        WorkspaceError: the exchange has no such course, or may not be written to; or a file that
            was not handed in is in the way.
    """
    content = learners_notebook(workspace, lesson).read_bytes()
    time = datetime.now(UTC)
    receipt = HandInReceipt(lesson.id, time.isoformat(), hashlib.sha256(content).hexdigest(), "")
    exchange = None if folder is not None else exchange_of(workspace)
    if exchange is None:
        place = ((folder or workspace.root / "handed-in") / lesson.notebook).absolute()
        _check_replaceable(workspace, lesson, place)
        receipt = replace(receipt, place=str(place))
    else:
        _check_inbound(exchange)
        place = exchange.inbound / drop_name(_user(), lesson.id, time)
        where = {"place": str(place), "exchange": str(exchange.root), "course": exchange.course}
        receipt = replace(receipt, **where, secret=secrets.token_hex(64))
    # First the receipt: without its secret, nobody can find the feedback.
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


def receipts_of(workspace: Workspace, lesson: Lesson) -> list[HandInReceipt]:
    """Return the receipts of a lesson, oldest first; raise WorkspaceError if one is damaged."""
    found = []
    for path in sorted(_receipts(workspace, lesson.id).glob("*.json")):
        try:
            found.append(HandInReceipt(**json.loads(path.read_text(encoding="utf-8"))))
        except (ValueError, TypeError):
            raise WorkspaceError(f"{path} is damaged: move it away.") from None
    return found


def fetch_feedback(workspace: Workspace, lesson: Lesson) -> list[Feedback]:
    """Fetch the feedback on each hand-in, oldest first.

    Raises:
        WorkspaceError: the lesson was not handed in through an exchange.
    """
    receipts = [receipt for receipt in receipts_of(workspace, lesson) if receipt.secret]
    if not receipts:
        raise WorkspaceError(
            f"{lesson.id} was not handed in through an exchange from this workspace: feedback on a "
            "file that you uploaded is in the place where you uploaded it."
        )
    return [Feedback(receipt, _fetched(workspace, lesson, receipt)) for receipt in receipts]


def _fetched(workspace: Workspace, lesson: Lesson, receipt: HandInReceipt) -> Path | None:
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


def _check_replaceable(workspace: Workspace, lesson: Lesson, place: Path) -> None:
    """Raise WorkspaceError if a file that was not handed in would be replaced."""
    if not os.path.lexists(place):
        return
    known = {receipt.sha256 for receipt in receipts_of(workspace, lesson)}
    if not place.is_file() or hashlib.sha256(place.read_bytes()).hexdigest() not in known:
        raise WorkspaceError(
            f"{place} exists, and was not handed in from here: name another folder by --to."
        )


def _check_inbound(exchange: Exchange) -> None:
    if not exchange.inbound.is_dir():
        raise WorkspaceError(
            f"there is no {exchange.inbound}: is [course] in tito.toml right? `--to FOLDER` writes "
            "a file to upload instead."
        )
    if not os.access(exchange.inbound, os.W_OK | os.X_OK):
        raise WorkspaceError(f"you may not hand in to {exchange.inbound}: ask your instructor.")


def _drop(place: Path, files: dict[str, bytes]) -> None:
    """Put a folder into the exchange in one step, with the modes that nbgrader sets.

    Everybody may write to it, so that the instructor can remove it, but nobody else can find it.
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


def _keep(workspace: Workspace, receipt: HandInReceipt) -> Path:
    path = _receipts(workspace, receipt.lesson) / f"{receipt.stamp}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as unfinished:
        unfinished.write_text(json.dumps(asdict(receipt), indent=1) + "\n", encoding="utf-8")
    path.chmod(0o600)
    return path


def _receipts(workspace: Workspace, lesson_id: str) -> Path:
    return workspace.state / "handed-in" / lesson_id


def _user() -> str:
    """Return the name of the account, as nbgrader does."""
    import pwd

    name = pwd.getpwuid(os.getuid()).pw_name
    return os.environ.get("JUPYTERHUB_USER", name) if name == "jovyan" else name
